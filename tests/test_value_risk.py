"""Value at risk and the plan: worked by hand, never worse than other orders, within the budget, without ids."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.risk import RetentionPlan, ValueAtRisk, by_customer, retention_plan, value_at_risk

IDS = ["17850", "13047", "12583", "15311"]
KEY = b"a secret of the market"
ROWS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e4)), min_size=1, max_size=25)


def at_risk(probability: list[float], value: list[float]) -> ValueAtRisk:
    ids = [f"c{n}" for n in range(len(value))] if len(value) != len(IDS) else IDS
    frame = pd.DataFrame({"customer_id": ids, "probability": probability, "value": value})
    return value_at_risk(frame[["customer_id", "value"]], frame[["customer_id", "probability"]])


def plan(*, budget: float = 10, key: bytes | None = KEY) -> RetentionPlan:
    found = at_risk([0.9, 0.5, 0.1, 0.8], [100.0, 400.0, 900.0, 10.0])
    return retention_plan(found, budget=budget, contact_cost=5, save_rate=0.2, key=key, head=1)


def test_value_at_risk_adds_up_with_the_chance_of_who_leaves() -> None:
    found = at_risk([0.9, 0.5, 0.1, 0.8], [100.0, 400.0, 900.0, 10.0])
    assert found.customers["customer_id"].tolist() == ["13047", "12583", "17850", "15311"]
    assert found.total == pytest.approx(90 + 200 + 90 + 8)
    assert found.share == pytest.approx(388 / 1410)
    # 0.09 * 100^2 + 0.25 * 400^2 + 0.09 * 900^2 + 0.16 * 10^2 = 113,816; 388 less 1.96 roots of it is below 0
    assert (found.low, found.high) == (0, pytest.approx(388 + 1.959964 * 113_816**0.5))


def test_the_interval_holds_what_chance_makes_of_it() -> None:
    rng = np.random.default_rng(1)
    chance, value = rng.beta(1, 3, 500), rng.gamma(1, 80, 500)
    found = at_risk(chance.tolist(), value.tolist())
    lost = (rng.random((4000, 500)) < chance) @ value
    assert ((lost >= found.low) & (lost <= found.high)).mean() == pytest.approx(0.95, abs=0.015)


def test_nobody_at_risk_is_certain() -> None:
    found = at_risk([0.0, 1.0], [50.0, 0.0])
    assert (found.total, found.low, found.high) == (0, 0, 0)


def test_who_cannot_be_counted_is_said() -> None:
    valued = pd.DataFrame({"customer_id": ["a", "b", "c"], "value": [1.0, 2.0, None]})
    scores = pd.DataFrame({"customer_id": ["a", "d"], "probability": [0.5, 0.5]})
    note = value_at_risk(valued, scores).note
    assert "1 customers without a value, 1 customers without a churn score, 1 customers with a score" in note


def test_without_common_customers_nothing_is_known() -> None:
    scores = pd.DataFrame({"customer_id": ["x"], "probability": [0.5]})
    found = value_at_risk(pd.DataFrame({"customer_id": ["a"], "value": [1.0]}), scores)
    assert np.isnan([found.total, found.low, found.high, found.share]).all()
    assert found.note.startswith("Not enough data: no customer has both")
    assert retention_plan(found, budget=9, contact_cost=1, save_rate=1).customers.empty


def test_the_largest_saving_comes_first_and_the_budget_ends_the_plan() -> None:
    found = plan()
    # 0.2 x 200 - 5 and 0.2 x 90 - 5, the last for two customers; the fourth would cost more than it saves
    assert found.customers["value_saved"].tolist() == pytest.approx([35, 13])
    assert found.customers["cumulative_cost"].tolist() == [5, 10]
    assert (found.cost, found.value_saved) == (10, pytest.approx(48))
    assert plan(budget=1000).customers["customer_id"].tolist() == ["13047", "12583", "17850"]


def test_other_orders_save_less_with_as_many_contacts() -> None:
    found = plan().orders.set_index("order")
    assert found.loc["probability alone", "value_saved"] == pytest.approx(13 - 3.4)
    assert found.loc["at random", "value_saved"] == pytest.approx(2 * (35 + 13 + 13 - 3.4) / 4)
    assert found["customers"].tolist() == [2, 2, 2]
    assert (found["low"] < found["value_saved"]).all()


def test_a_random_order_varies_as_drawing_lots_does() -> None:
    rng = np.random.default_rng(5)
    value = rng.gamma(1, 100, 40)
    found = retention_plan(at_risk([0.5] * 40, value.tolist()), budget=10, contact_cost=1, save_rate=0.5)
    saved = value * (rng.random((20_000, 40)) < 0.25) - 1
    drawn = [row[rng.permutation(40)[:10]].sum() for row in saved]
    row = found.orders.set_index("order").loc["at random"]
    assert (row["high"] - row["low"]) / (2 * 1.96) == pytest.approx(np.std(drawn), rel=0.05)


def test_a_random_order_of_nearly_all_hardly_varies() -> None:
    value = np.random.default_rng(6).gamma(1, 100, 40)
    found = retention_plan(at_risk([1.0] * 40, value.tolist()), budget=36, contact_cost=1, save_rate=1)
    row = found.orders.set_index("order").loc["at random"]
    spread = value.std(ddof=1) * (36 * (1 - 36 / 40)) ** 0.5
    assert row["high"] - row["low"] == pytest.approx(2 * 1.959964 * spread)


@settings(max_examples=60)
@given(ROWS, st.floats(0, 50), st.floats(0.1, 10), st.floats(0, 1))
def test_no_order_beats_the_plan(rows: list[tuple[float, float]], budget: float, cost: float, rate: float) -> None:
    chance, value = map(list, zip(*rows, strict=True))
    found = retention_plan(at_risk(chance, value), budget=budget, contact_cost=cost, save_rate=rate)
    assert found.cost <= budget * (1 + 1e-9)
    assert (found.customers["value_saved"] > 0).all()
    assert found.orders["value_saved"].max() <= found.value_saved + 1e-6


def test_the_tenth_contact_does_not_fail_by_a_rounding() -> None:
    found = retention_plan(at_risk([1.0] * 20, [9.0] * 20), budget=0.3, contact_cost=0.1, save_rate=1)
    assert len(found.customers) == 3


def test_where_contacts_cost_nothing_everybody_who_gains_is_contacted() -> None:
    found = retention_plan(at_risk([1.0, 0.0, 1.0], [9.0, 9.0, 1.0]), budget=0, contact_cost=0, save_rate=1)
    assert (len(found.customers), found.cost) == (2, 0)


def test_what_a_report_shows_holds_no_id() -> None:
    found = plan()
    shown = found.masked.to_csv() + found.orders.to_csv() + found.curves.to_csv() + found.caption
    assert not any(name in shown for name in IDS)
    assert found.masked["customer"].tolist() == found.customers["customer"].tolist()[:1]
    assert plan().customers["customer"].tolist() == found.customers["customer"].tolist()
    assert "fresh in every run" in plan(key=None).caption


def test_the_caption_says_what_is_assumed_and_why_the_plan_is_empty() -> None:
    assert "holds back 20% is an assumption until a hold-out measures it" in plan().caption
    assert "nobody: the budget pays for no contact" in plan(budget=4).caption
    dear = retention_plan(at_risk([0.1], [1.0]), budget=9, contact_cost=5, save_rate=0.5)
    assert "nobody: no contact saves more than it costs" in dear.caption


def test_reasons_are_joined_customer_by_customer() -> None:
    why = pd.DataFrame({"customer_id": ["13047", "13047"], "reason": ["silent", "fewer orders"]})
    said = plan().with_reasons(why).customers["reasons"].tolist()
    assert said == ["silent; fewer orders", "no single reason stands out"]


def test_curves_run_from_nothing_to_everybody() -> None:
    curves = plan().curves.groupby("order")["value_saved"]
    assert curves.first().tolist() == [0, 0, 0]
    assert curves.last().tolist() == pytest.approx([57.6] * 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("budget", -1.0), ("contact_cost", np.nan), ("save_rate", 1.1), ("head", -1), ("budget", np.inf)],
)
def test_terms_that_make_no_sense_are_refused(name: str, value: float) -> None:
    terms = {"budget": 10.0, "contact_cost": 1.0, "save_rate": 0.1} | {name: value}
    with pytest.raises(InputError, match=f"{name}: .* found"):
        retention_plan(at_risk([0.5], [1.0]), **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"customer_id": ["a"], "valu": [1]}, "valued: no column 'value'; did you mean 'valu'"),
        ({"customer_id": ["a", "a"], "value": [1, 2]}, "1 customers are there more than once"),
        ({"customer_id": ["a"], "value": [-2.0]}, "valued: value -2 among 1 like it; allowed: finite numbers"),
    ],
)
def test_a_frame_that_cannot_be_used_is_refused(frame: dict[str, list[object]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        by_customer(pd.DataFrame(frame), "value", place="valued")


def test_a_probability_beyond_one_is_refused() -> None:
    with pytest.raises(InputError, match=r"scores: probability 1\.5 among 1 like it; allowed: 0 to 1"):
        at_risk([1.5], [1.0])
