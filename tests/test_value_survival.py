"""Survival: known hazards and closed forms come back; what was not known is not used; the sample's truth is met."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.survival import (
    fit_hazard,
    holders,
    kaplan_meier,
    mean_survival,
    subscription_months,
    subscription_value,
    survival,
    survival_check,
)

START, AS_OF = pd.Timestamp("2022-01-15"), pd.Timestamp("2025-01-15")


def geometric(hazard: float, *, size: int = 50_000, months: int = 36, plan: str = "M") -> pd.DataFrame:
    """Return person-months of which exactly this share ends each month, as far as whole customers allow."""
    at_risk = np.round(size * (1 - hazard) ** np.arange(months)).astype(int)
    ended = np.round(at_risk * hazard).astype(int)
    parts = [
        pd.DataFrame({"month": m + 1, "ended": [1] * e + [0] * (n - e)})
        for m, (n, e) in enumerate(zip(at_risk, ended, strict=True))
    ]
    return pd.concat(parts, ignore_index=True).assign(customer_id="a", plan=plan, price=10.0)


def drawn(size: int, *, hazard: float = 0.06, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    started = START + pd.to_timedelta(rng.uniform(0, 1000, size), unit="D")
    ended = pd.Series(started + pd.to_timedelta(rng.exponential(30.44 / hazard, size), unit="D"))
    frame = pd.DataFrame({"customer_id": [f"id{n}" for n in range(size)], "started_at": started, "price": 10.0})
    return frame.assign(ended_at=ended.where(ended < AS_OF), plan=rng.choice(["M", "L"], size))


def held(tenure: float, *, price: float = 10.0, plan: str = "M") -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ["b"], "tenure_months": [tenure], "plan": [plan], "price": [price]})


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2024-01-15", "2024-03-15", [0, 1]),
        ("2024-01-15", "2024-03-16", [0, 0, 1]),
        ("2024-01-31", "2024-02-29", [1]),
        ("2024-07-01 12:00", "2024-09-01 12:01", [0, 0, 1]),
        ("2024-07-01", "2024-07-01", [1]),
    ],
)
def test_a_month_runs_from_day_to_day(start: str, end: str, months: list[int]) -> None:
    table = pd.DataFrame(
        {"customer_id": ["a"], "started_at": pd.to_datetime([start]), "ended_at": pd.to_datetime([end])}
    )
    assert subscription_months(table, as_of=AS_OF)["ended"].tolist() == months


def test_who_still_holds_it_is_censored_at_the_last_whole_month() -> None:
    table = pd.DataFrame({"customer_id": ["a"], "started_at": [pd.Timestamp("2024-11-20")]})
    found = subscription_months(table, as_of=AS_OF)
    assert found[["month", "ended"]].values.tolist() == [[1, 0]]
    assert found["calendar_month"].astype(str).tolist() == ["2024-11"]


def test_an_end_that_lies_ahead_is_not_known() -> None:
    table = drawn(300)
    then = AS_OF - pd.DateOffset(months=12)
    hidden = table[table["started_at"] < then]
    hidden = hidden.assign(ended_at=hidden["ended_at"].where(hidden["ended_at"] < then))
    pd.testing.assert_frame_equal(subscription_months(table, as_of=then), subscription_months(hidden, as_of=then))
    pd.testing.assert_frame_equal(holders(table, as_of=then), holders(hidden, as_of=then))


def test_a_change_of_plan_is_no_end() -> None:
    days = pd.to_datetime(["2024-01-01", "2024-04-01", "2024-01-01"])
    ends = pd.to_datetime(["2024-04-01", None, "2024-04-01"])
    table = pd.DataFrame({"customer_id": ["a", "a", "b"], "started_at": days, "ended_at": ends, "plan": list("MLM")})
    found = subscription_months(table, as_of=pd.Timestamp("2024-05-15"))
    assert found.groupby(["customer_id", "plan"])["ended"].sum().to_dict() == {
        ("a", "L"): 0,
        ("a", "M"): 0,
        ("b", "M"): 1,
    }


def test_holders_have_the_latest_plan_and_pay_for_all_that_run() -> None:
    days = pd.to_datetime(["2024-01-01", "2024-07-15", "2024-01-01"])
    ends = pd.to_datetime([None, None, "2024-02-01"])
    table = pd.DataFrame({"customer_id": ["a", "a", "b"], "started_at": days, "ended_at": ends})
    found = holders(table.assign(plan=list("MLM"), price=[5.0, 7.0, 9.0]), as_of=AS_OF)
    assert found.values.tolist() == [["a", 6.0, "L", 12.0]]


def test_kaplan_meier_is_that_of_freireichs_trial() -> None:
    # Weeks to relapse under 6-MP (Freireich et al., 1963), + is censored: the textbook's survival .857, .807, .753, ...
    weeks = {6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 1), 11: (0, 1), 13: (1, 0), 16: (1, 0), 17: (0, 1)}
    weeks |= {19: (0, 1), 20: (0, 1), 22: (1, 0), 23: (1, 0), 25: (0, 1), 32: (0, 2), 34: (0, 1), 35: (0, 1)}
    rows = [(m, int(m == week and left)) for week, (ends, stays) in weeks.items()
            for left in [1] * ends + [0] * stays for m in range(1, week + 1)]  # fmt: skip
    found = kaplan_meier(pd.DataFrame(rows, columns=["month", "ended"])).set_index("month")
    assert found.loc[[6, 7, 10, 13, 16, 22, 23], "survival"].round(3).tolist() == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]  # fmt: skip
    assert found.loc[6, ["low", "high"]].tolist() == pytest.approx([0.620, 0.952], abs=1e-3)


@pytest.mark.parametrize("hazard", [0.03, 0.1, 0.3])
def test_a_constant_hazard_comes_back(hazard: float) -> None:
    model = fit_hazard(geometric(hazard))
    stays = survival(model, held(7.25), months=12)["survival"].to_numpy()
    assert stays == pytest.approx((1 - hazard) ** np.arange(1, 13), abs=1e-3)
    terms = model.terms.set_index("term")
    assert terms.loc["log_month", "low"] < 0 < terms.loc["log_month", "high"]
    assert list(terms.index) == ["intercept", "log_month", "after_first_year"]


def test_a_month_ahead_spans_two_months_of_tenure() -> None:
    first, later = geometric(0.1, months=12), geometric(0.3, months=12)
    model = fit_hazard(pd.concat([first, later.assign(month=later["month"] + 12)]))
    assert survival(model, held(11.25), months=1)["survival"][0] == pytest.approx(0.9**0.75 * 0.7**0.25, abs=2e-3)


def test_a_price_counts_against_the_usual_of_its_plan_and_only_as_far_as_prices_were_seen() -> None:
    prices = {8.0: 0.05, 10.0: 0.1, 12.5: 0.2}
    parts = [geometric(hazard, size=5000, months=6).assign(price=price) for price, hazard in prices.items()]
    model = fit_hazard(pd.concat(parts))
    cheap, usual, dear, unseen = (
        survival(model, held(0.0, price=price), months=1)["survival"][0] for price in (8.0, 10.0, 12.5, 500.0)
    )
    assert [cheap, usual, dear] == pytest.approx([0.95, 0.9, 0.8], abs=0.01)
    assert unseen == dear


def test_beyond_what_was_seen_the_baseline_goes_on_as_in_its_last_year() -> None:
    first, later = geometric(0.2, months=12), geometric(0.05, months=12)
    months = pd.concat([first, later.assign(month=later["month"] + 12)])
    found = mean_survival(months, held(40.0), ahead_months=1, resamples=2)
    assert found["kaplan_meier"][0] == pytest.approx(0.95, abs=1e-3)


def test_value_has_its_closed_form() -> None:
    hazard, monthly = 0.1, 1.1 ** (-1 / 12)
    chances = survival(fit_hazard(geometric(hazard)), held(3.0), months=24)
    row = subscription_value(chances, held(3.0), months=24, margin=0.5, annual_discount_rate=0.1).iloc[0]
    kept = (1 - hazard) * monthly
    assert row["value"] == pytest.approx(5 * kept * (1 - kept**24) / (1 - kept), rel=1e-3)
    # 0.9 is already below 95 %, so that 5 % pay nothing; after all 24 months still 8 % are there.
    assert row["low"] == 0
    assert row["high"] == pytest.approx(5 * (monthly ** np.arange(1, 25)).sum())


def test_the_interval_holds_what_customers_bring() -> None:
    rng, months = np.random.default_rng(2), 24
    stays = 0.97 ** np.arange(1, months + 1)
    chances = pd.DataFrame({"customer_id": "b", "month": range(1, months + 1), "survival": stays})
    row = subscription_value(chances, held(0.0), months=months, margin=1, annual_discount_rate=0.08).iloc[0]
    paid = np.minimum(rng.geometric(0.03, 50_000) - 1, months)
    brought = 10 * np.concatenate([[0], np.cumsum(1.08 ** (-np.arange(1, months + 1) / 12))])[paid]
    assert ((brought >= row["low"]) & (brought <= row["high"])).mean() >= 0.9
    assert brought.mean() == pytest.approx(row["value"], rel=0.01)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 60), st.floats(0.1, 1e4), st.integers(1, 30))
def test_survival_falls_from_one_and_value_stays_below_the_price(tenure: float, price: float, months: int) -> None:
    chances = survival(MODEL, held(tenure, price=price), months=months)
    stays = np.concatenate([[1], chances["survival"]])
    assert (np.diff(stays) <= 1e-12).all()
    assert stays.min() >= 0
    row = subscription_value(chances, held(tenure, price=price), months=months, margin=0.4, annual_discount_rate=0.1)
    found = row.iloc[0]
    assert 0 <= found["low"] <= found["high"] <= 0.4 * price * months
    assert found["value"] <= 0.4 * price * months


MODEL = fit_hazard(subscription_months(drawn(800), as_of=AS_OF))


def test_a_plan_that_nobody_leaves_and_one_that_nobody_knows_have_a_chance() -> None:
    model = fit_hazard(pd.concat([geometric(0.1, size=2000), geometric(0.0, size=100, months=6, plan="L")]))
    loyal, unknown, usual = (survival(model, held(0.0, plan=p), months=6)["survival"].iloc[-1] for p in ("L", "X", "M"))
    assert loyal > 0.98
    assert unknown == usual


def test_the_band_is_as_wide_as_chance_and_holds_the_truth() -> None:
    # A hazard of one figure has a log with a standard error of 1 / sqrt(ends); a curve of tenure and plan knows less.
    table = drawn(600)
    months = subscription_months(table, as_of=AS_OF)
    found = mean_survival(months, holders(table, as_of=AS_OF), ahead_months=12, resamples=100).iloc[-1]
    assert found["low"] < np.exp(-0.06 * 12) < found["high"]
    assert found["low"] < found["survival"] < found["high"]
    spread = (found["high"] - found["low"]) / 3.92
    assert 0.9 < spread / (found["survival"] * 0.72 / months["ended"].sum() ** 0.5) < 2.3


def test_a_year_ago_is_checked_against_what_happened() -> None:
    found = survival_check(drawn(3000), as_of=AS_OF).set_index("month")
    assert list(found.index) == [3, 6, 12]
    assert (found["predicted"] - found["observed"]).abs().max() < 0.05
    assert found["low"].lt(found["observed"]).all()
    # Of one hazard for all, the model can know no more than Kaplan and Meier.
    assert found["brier_gain"].abs().max() < 0.01
    assert found["brier"].to_numpy() == pytest.approx(
        (found["observed"] * (1 - found["observed"])).to_numpy(), abs=0.01
    )


def test_plans_that_differ_are_told_apart_better_than_by_kaplan_meier() -> None:
    loyal, fickle = drawn(1500, hazard=0.01, seed=1), drawn(1500, hazard=0.15, seed=2)
    table = pd.concat([loyal.assign(plan="L"), fickle.assign(plan="M")], ignore_index=True)
    table["customer_id"] = [f"id{n}" for n in range(len(table))]
    found = survival_check(table, as_of=AS_OF)
    assert (found["brier_gain_low"] > 0).all()


def test_the_planted_hazards_of_the_sample_lie_within_the_intervals(sample_folder: Path) -> None:
    table = pd.read_parquet(sample_folder / "subscriptions.parquet")
    terms = fit_hazard(subscription_months(table, as_of=pd.Timestamp("2026-01-01"))).terms.set_index("term")
    planted = {"plan plus": -0.3, "plan premium": -0.6, "after_first_year": -0.5}
    for term, size in planted.items():
        assert terms.loc[term, "low"] <= size <= terms.loc[term, "high"], term


def test_too_few_ends_are_not_enough() -> None:
    table = drawn(20)
    months = subscription_months(table, as_of=AS_OF)
    model = fit_hazard(months)
    assert model.classifier is None
    assert model.reason.startswith("not enough data: ")
    chances = survival(model, held(1.0), months=3)
    assert chances["survival"].isna().all()
    found = subscription_value(chances, held(1.0), months=3, margin=0.3, annual_discount_rate=0.1)
    assert found[["value", "low", "high"]].isna().all(axis=None)
    assert mean_survival(months, held(1.0), ahead_months=3)["kaplan_meier"].notna().all()


def test_nobody_is_no_crash() -> None:
    none = drawn(0)
    months, nobody = subscription_months(none, as_of=AS_OF), holders(none, as_of=AS_OF)
    chances = survival(fit_hazard(months), nobody, months=3)
    assert subscription_value(chances, nobody, months=3, margin=0.3, annual_discount_rate=0.1).empty
    assert mean_survival(months, nobody, ahead_months=3).drop(columns="month").isna().all(axis=None)
    assert survival_check(none, as_of=AS_OF)["observed"].isna().all()


def test_a_holder_without_a_price_has_no_value() -> None:
    chances = survival(MODEL, held(1.0, price=np.nan), months=3)
    found = subscription_value(chances, held(1.0, price=np.nan), months=3, margin=0.3, annual_discount_rate=0.1)
    assert chances["survival"].notna().all()
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_input_that_cannot_be_used_is_refused() -> None:
    early = pd.DataFrame({"customer_id": ["a"], "started_at": [AS_OF], "ended_at": [START]})
    with pytest.raises(InputError, match="subscriptions: 1 end before they start"):
        subscription_months(early, as_of=AS_OF + pd.Timedelta(days=1))
    with pytest.raises(InputError, match="no column 'started_at'; did you mean 'start_at'"):
        holders(pd.DataFrame({"customer_id": ["a"], "start_at": [START]}), as_of=AS_OF)
    with pytest.raises(InputError, match="months: 0 found"):
        survival(MODEL, held(1.0), months=0)
    with pytest.raises(InputError, match="after_months"):
        survival_check(drawn(5), as_of=AS_OF, after_months=(18,))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"margin": 30}, "margin: 30 found"),
        ({"annual_discount_rate": -0.1}, "annual_discount_rate: -0.1"),
        ({"months": 9}, "1 to 3"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, float], message: str) -> None:
    given_terms = {"months": 3, "margin": 0.3, "annual_discount_rate": 0.1} | terms
    chances = survival(MODEL, held(1.0), months=3)
    with pytest.raises(InputError, match=message):
        subscription_value(chances, held(1.0), **given_terms)  # type: ignore[arg-type]
