"""Acquisition: costs from where they are known, young leads not taken for lost, small sources drawn to the others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.acquisition import acquisition, predicted_cac, predicted_cac_check, ratio_of_sums

AS_OF = pd.Timestamp("2025-01-01")


def won(size: int = 200, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": [f"id{n}" for n in range(size)], "acquisition_channel": "search"})
    return frame.assign(acquisition_cost=10.0, value=40.0).assign(**columns)


def leads(size: int, *, chance: float, source: str = "search", cost: float = 2.0, seed: int = 0) -> pd.DataFrame:
    """Return leads of three years, converted after 30 days on average, as far as this lies before the export."""
    rng = np.random.default_rng(seed)
    created = AS_OF - pd.to_timedelta(rng.uniform(0, 3 * 365, size), unit="D")
    converted = pd.Series(created + pd.to_timedelta(rng.exponential(30, size), unit="D"))
    seen = (rng.random(size) < chance) & (converted < AS_OF)
    frame = pd.DataFrame({"source": source, "created_at": created, "converted_at": converted.where(seen)})
    return frame.assign(cost=cost * rng.uniform(0.5, 1.5, size), lead_id=[f"{source}{n}" for n in range(size)])


def test_cost_value_and_payback_are_worked_by_hand() -> None:
    row = acquisition(won(), won(), horizon_months=12).iloc[0]
    assert row[["customers", "spent", "cac", "cltv", "ratio", "payback_months"]].tolist() == [200, 2000, 10, 40, 4, 3]
    assert (row["cac_low"], row["cac_high"], row["ratio_low"]) == (10, 10, 4)
    assert row["cost_from"] == "customers.acquisition_cost"


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (40.0, "pays: 4.0 of margin for each 1 spent"),
        (5.0, "does not pay: 0.5 of margin for each 1 spent; payback is not within the horizon of 12 months"),
    ],
)
def test_the_verdict_is_in_words(value: float, verdict: str) -> None:
    row = acquisition(won(), won(value=value), horizon_months=12).iloc[0]
    assert row["verdict"] == verdict
    assert np.isnan(row["payback_months"]) == (value < 10)


def test_what_may_be_chance_is_not_clear() -> None:
    values = np.random.default_rng(0).exponential(10, 200)
    assert acquisition(won(), won(value=values), horizon_months=12)["verdict"][0].startswith("not clear: about even")


def test_a_channel_without_cost_is_paid_from_its_leads_and_campaigns() -> None:
    found = leads(1000, chance=0.4, cost=4)
    spent = pd.DataFrame({"channel": ["search", "email"], "cost": [500.0, 9e9], "starts_at": AS_OF})
    customers = won().drop(columns="acquisition_cost")
    row = acquisition(customers, won(), horizon_months=12, leads=found, campaigns=spent).iloc[0]
    assert row["spent"] == pytest.approx(found["cost"].sum() + 500)
    assert row["cac"] == pytest.approx(row["spent"] / found["converted_at"].notna().sum())
    assert row["cac_low"] < row["cac"] < row["cac_high"]
    assert row["cost_from"] == "leads and campaigns"


def test_without_a_channel_it_is_that_of_the_lead_or_one_for_all() -> None:
    bare = won()[["customer_id", "acquisition_cost"]]
    came = pd.DataFrame({"customer_id": [f"id{n}" for n in range(120)], "source": "social"})
    found = acquisition(bare, won(), horizon_months=12, leads=came)
    assert found["channel"].tolist() == ["social", "not known"]
    assert found["customers"].tolist() == [120, 80]
    assert acquisition(bare, won(), horizon_months=12)["channel"].tolist() == ["all channels"]


def test_without_any_cost_it_is_not_applicable() -> None:
    row = acquisition(won()[["customer_id"]], won(), horizon_months=12).iloc[0]
    assert row["verdict"] == "not applicable: no cost of winning a customer is known"
    assert row[["spent", "cac", "ratio", "payback_months"]].isna().all()
    assert row["cltv"] == 40


def test_few_customers_are_not_enough_and_free_ones_have_no_ratio() -> None:
    assert "not enough data: 20 valued" in acquisition(won(20), won(20), horizon_months=12)["verdict"][0]
    free = acquisition(won(acquisition_cost=0.0), won(), horizon_months=12).iloc[0]
    assert free["verdict"] == "costs nothing on record"
    assert np.isnan(free["ratio"])
    assert free["payback_months"] == 0


def test_rare_channels_are_put_together_as_their_text_may_name_a_person() -> None:
    names = ["search"] * 150 + ["search post@example.org"] + ["social"] * 49
    found = acquisition(won(acquisition_channel=names), won(), horizon_months=12)
    assert found["channel"].tolist() == ["search", "social", "other channels"]


def test_only_customers_won_since_are_counted() -> None:
    signup = pd.date_range("2024-01-01", periods=200, freq="D")
    found = acquisition(won(signup_at=signup), won(), horizon_months=12, won_since=signup[150])
    assert found["customers"].tolist() == [50]
    with pytest.raises(InputError, match="no column 'signup_at'"):
        acquisition(won(), won(), horizon_months=12, won_since=signup[0])


def test_intervals_are_as_wide_as_those_of_a_mean() -> None:
    values = np.random.default_rng(1).exponential(40, 5_000)
    row = acquisition(won(5_000), won(5_000, value=values), horizon_months=12).iloc[0]
    assert row["cltv_high"] - row["cltv_low"] == pytest.approx(2 * 1.96 * 40 / 5_000**0.5, rel=0.1)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), max_size=40))
def test_draws_of_a_ratio_lie_within_the_ratios_of_rows(rows: list[tuple[float, float]]) -> None:
    above, below = (np.array([row[place] for row in rows]) for place in (0, 1))
    value, draws = ratio_of_sums(above, below + 1, rng=np.random.default_rng(0))
    assert np.isnan(value) == (not rows)
    if rows:
        ends = (above / (below + 1)).min() - 1e-6, (above / (below + 1)).max() * (1 + 1e-9) + 1e-6
        assert ends[0] <= draws.min() <= draws.max() <= ends[1]


def test_the_next_customer_costs_a_lead_over_its_chance_though_young_leads_have_not_converted_yet() -> None:
    row = predicted_cac(leads(20_000, chance=0.25), as_of=AS_OF).iloc[0]
    assert row["chance"] == pytest.approx(0.25, abs=0.015)
    assert row["predicted_cac"] == pytest.approx(8, rel=0.06)
    assert row["low"] < 8 < row["high"]


def test_small_sources_are_drawn_to_the_mean_of_all_and_large_ones_are_not() -> None:
    parts = [("search", 6000, 0.30), ("social", 6000, 0.10), ("partner", 120, 0.5)]
    found = predicted_cac(
        pd.concat([leads(n, chance=p, source=s, seed=k) for k, (s, n, p) in enumerate(parts)]), as_of=AS_OF
    ).set_index("source")
    raw = found["converted"] / found["ripe_leads"]
    moved = (found["chance"] - raw).abs()
    assert found.loc["partner", "chance"] < raw["partner"]
    assert moved["partner"] > 3 * moved[["search", "social"]].max()


def test_sources_of_one_chance_are_drawn_together_more_than_sources_that_differ() -> None:
    def shrunk(chances: list[float]) -> float:
        parts = [leads(300, chance=p, source=f"s{k}", seed=9 + k) for k, p in enumerate(chances)]
        found = predicted_cac(pd.concat(parts), as_of=AS_OF)
        raw = found["converted"] / found["ripe_leads"]
        return float(found["chance"].std() / raw.std())

    assert shrunk([0.3] * 6) < 0.7 < shrunk([0.05, 0.2, 0.4, 0.6, 0.8, 0.9])


def test_a_source_that_converts_nobody_has_no_price() -> None:
    found = predicted_cac(pd.concat([leads(900, chance=0.3), leads(900, chance=0, source="fair")]), as_of=AS_OF)
    row = found.set_index("source").loc["fair"]
    assert np.isnan(row["predicted_cac"])
    assert row["note"].startswith("not enough data: no lead of this source")


def test_campaigns_of_a_source_make_its_leads_dearer() -> None:
    found = leads(3000, chance=0.3)
    spent = pd.DataFrame({"channel": ["search"], "cost": [1000.0], "starts_at": [AS_OF - pd.Timedelta(days=30)]})
    plain, dearer = (predicted_cac(found, as_of=AS_OF, campaigns=c).iloc[0] for c in (None, spent))
    assert dearer["cost_per_lead"] - plain["cost_per_lead"] == pytest.approx(1000 / plain["leads"])


def test_nothing_after_the_cutoff_is_looked_at() -> None:
    found, then = leads(3000, chance=0.3), AS_OF - pd.Timedelta(days=365)
    known = found[found["created_at"] < then]
    known = known.assign(converted_at=known["converted_at"].where(known["converted_at"] < then))
    pd.testing.assert_frame_equal(predicted_cac(found, as_of=then), predicted_cac(known, as_of=then))


def test_a_year_later_the_same_process_agrees_and_a_changed_one_does_not() -> None:
    found = leads(12_000, chance=0.3)
    assert predicted_cac_check(found, as_of=AS_OF)["agrees"].tolist() == [True]
    doubled = found.assign(cost=found["cost"].where(found["created_at"] < AS_OF - pd.DateOffset(months=12), 9.0))
    row = predicted_cac_check(doubled, as_of=AS_OF).iloc[0]
    assert not row["agrees"]
    assert row["error"] < -0.6


def test_leads_without_cost_or_conversion_are_not_applicable_and_not_a_crash() -> None:
    bare = leads(500, chance=0.3)
    no_cost = predicted_cac(bare.drop(columns="cost"), as_of=AS_OF)
    assert no_cost["note"].tolist() == ["not applicable: no cost of leads in the last 12 months is known"]
    no_end = predicted_cac_check(bare[["created_at", "cost"]], as_of=AS_OF)
    assert no_end["source"].tolist() == ["all sources"]
    assert no_end["note"][0].startswith("not enough data")
    assert no_end["agrees"].isna().all()


def test_input_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(InputError, match="leads: no column 'created_at'"):
        predicted_cac(pd.DataFrame({"source": ["a"]}), as_of=AS_OF)
    with pytest.raises(InputError, match="horizon_months: 0 found"):
        acquisition(won(), won(), horizon_months=0)
    with pytest.raises(InputError, match="customers: no column 'customer_id'"):
        acquisition(pd.DataFrame({"name": ["a"]}), won(), horizon_months=12)
