"""The smallest change that crosses: within ranges, never of what nobody can change, and none smaller was overlooked."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.explain import whatif
from workbench.explain.whatif import Lever, Move, altered, is_immutable, read_levers, what_if

CALLS = Lever(name="fewer_calls", moves={"calls": Move(by=-1, lowest=0)}, most_steps=3)
CHEAPER = {"price": Move(by=-0.1, of="price"), "change": Move(by=-0.1, of="price")}
PRICE = Lever(name="lower_price", moves=CHEAPER, most_steps=2)
PLAN = Lever(name="longer_plan", sets={"plan": "year"})
LEVERS = (CALLS, PRICE, PLAN)
CHURN = [
    "customer_id", "recency_days", "tenure_days", "order_days", "orders", "orders_30d", "orders_90d", "orders_180d",
    "orders_365d", "orders_season", "spend", "spend_365d", "spend_season", "largest_amount", "returns", "returns_90d",
    "returned_amount", "mean_amount", "gap_days", "lateness", "orders_per_year", "orders_trend", "rhythm_share",
    "messages_90d", "rating", "touches_30d", "touches_90d", "opened_90d", "unsubscribed_365d", "activity_recency_days",
    "activity_30d", "activity_90d", "sentiment_mean_365d", "sentiment_last", "sentiment_change", "negative_90d",
    "negative_365d", "plan", "price", "price_change", "plan_days", "age_years", "gender", "country",
]  # fmt: skip


def customers(**columns: list) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    plain = {"calls": [0] * rows, "price": [10.0] * rows, "change": [0.0] * rows, "plan": ["month"] * rows}
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(rows)], **plain, "age": [0.0] * rows, **columns})


def risk(features: pd.DataFrame) -> np.ndarray:
    """Calls, plus the price above 10, plus 2 without a plan for the year, plus age."""
    return (features["calls"] + features["price"] - 10 + 2 * (features["plan"] != "year") + features["age"]).to_numpy()


def changes(features: pd.DataFrame, threshold: float, **more) -> list[tuple]:
    found = what_if(risk, features, threshold=threshold, aim="below", levers=LEVERS, **more)
    return list(found[["customer_id", "place", "lever", "steps", "crossed"]].itertuples(index=False, name=None))


def test_the_fewest_levers_then_the_fewest_steps_then_the_lowest_score_win():
    """From 3: one call fewer, or a lower price, leads to 2, and a plan for the year, also one step, to 1."""
    assert changes(customers(calls=[1]), 2.5) == [("c0", 1, "longer_plan", 1, True)]
    assert changes(customers(calls=[3], plan=["year"]), 1.5) == [("c0", 1, "fewer_calls", 2, True)]


def test_two_levers_are_pulled_where_one_is_not_enough():
    assert changes(customers(calls=[2]), 1.5) == [("c0", 1, "fewer_calls", 1, True), ("c0", 2, "longer_plan", 1, True)]
    assert changes(customers(calls=[2]), 1.5, most_levers=1) == [("c0", 1, None, 0, False)]


def test_who_is_across_needs_no_change_and_whom_none_brings_across_has_none():
    found = what_if(risk, customers(calls=[0, 1], age=[-9.0, 90]), threshold=1, aim="below", levers=LEVERS)
    assert found["lever"].tolist() == [None, None]
    assert found["crossed"].tolist() == [True, False]
    assert found["score_before"].tolist() == found["score_after"].tolist() == [-7, 93]


def test_the_threshold_itself_is_across_from_below_only():
    at = customers(calls=[0])
    for aim, crossed in (("above", True), ("below", False)):
        assert what_if(risk, at, threshold=2, aim=aim, levers=[])["crossed"].tolist() == [crossed]


def test_more_of_a_good_thing_raises_a_value():
    order = Lever(name="order", moves={"orders": Move(by=1), "spend": Move(by=1, of="mean")}, most_steps=3)
    one = pd.DataFrame({"customer_id": ["a"], "orders": [2], "spend": [20.0], "mean": [10.0]})
    found = what_if(lambda f: f["spend"].to_numpy(), one, threshold=40, aim="above", levers=[order])
    assert found[["steps", "column", "before", "after", "score_after"]].values.tolist() == [[2, "orders", 2, 4, 40.0]]


def test_what_is_missing_does_not_move_but_can_be_set():
    visit = Lever(name="visit", sets={"silence": 1})
    rate = Lever(name="rate", moves={"rating": Move(by=1, highest=5)}, most_steps=2)
    one = pd.DataFrame({"customer_id": ["a"], "silence": [np.nan], "rating": [np.nan]})
    for lever, crossed in ((visit, True), (rate, False)):
        seen = what_if(lambda f: f.iloc[:, 1:].sum(axis=1), one, threshold=1, aim="above", levers=[lever])
        assert seen["crossed"].tolist() == [crossed]


def test_a_lever_that_cannot_move_its_first_column_does_nothing():
    settled = Lever(name="settled", moves={"complaints": Move(by=-1, lowest=0), "mood": Move(by=1)})
    two = pd.DataFrame({"customer_id": ["a", "b"], "complaints": [0, 1], "mood": [0.0, 0.0]})
    found = what_if(lambda f: f["mood"], two, threshold=1, aim="above", levers=[settled])
    assert found["crossed"].tolist() == [False, True]


def test_a_value_beyond_the_range_stays():
    far = pd.DataFrame({"customer_id": ["a"], "calls": [-4.0]})
    assert what_if(lambda f: -f["calls"], far, threshold=1, aim="below", levers=[CALLS])["crossed"].tolist() == [False]


def test_columns_that_follow_from_others_are_derived_before_scoring():
    def derive(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(rate=frame["calls"] / 10)

    features = customers(calls=[4]).assign(rate=0.4)
    found = what_if(lambda f: f["rate"], features, threshold=0.25, aim="below", levers=LEVERS, derive=derive)
    assert found[["lever", "steps", "score_after"]].values.tolist() == [["fewer_calls", 2, 0.2]]
    assert altered(features, found, levers=LEVERS, derive=derive)["rate"].tolist() == [0.2]
    assert what_if(lambda f: f["rate"], features, threshold=0.25, aim="below", levers=LEVERS)["crossed"].sum() == 0


some_customers = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 20), st.sampled_from(["month", "year"]), st.integers(-3, 3)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=40)
@given(
    some=some_customers,
    weights=st.lists(st.integers(-3, 3), min_size=4, max_size=4),
    threshold=st.integers(-8, 8),
    aim=st.sampled_from(["below", "above"]),
)
def test_each_change_found_keeps_to_the_rules_crosses_and_is_the_smallest(some, weights, threshold, aim):
    def score(frame: pd.DataFrame) -> np.ndarray:
        columns = [frame["calls"], frame["price"], 2.0 * (frame["plan"] == "year"), frame["age"]]
        return sum(w * c.to_numpy(float) for w, c in zip(weights, columns, strict=True))

    calls, price, plan, age = map(list, zip(*some, strict=True))
    features = customers(calls=calls, price=[float(p) for p in price], plan=plan, age=age)
    found = what_if(score, features, threshold=threshold, aim=aim, levers=LEVERS)
    for customer, rows in found.groupby("customer_id"):
        one = features[features["customer_id"] == customer].reset_index(drop=True)
        assert sizes(rows, aim) == smallest(one, score, threshold, aim)
    changed = altered(features, found, levers=LEVERS)
    before = features.set_index("customer_id").loc[changed["customer_id"]].reset_index()
    assert changed["age"].equals(before["age"])
    assert (changed["calls"].between(0, before["calls"]) & (changed["price"] <= before["price"])).all()
    after = found.dropna(subset="lever").drop_duplicates("customer_id")["score_after"]
    np.testing.assert_allclose(score(changed), after)


def sizes(rows: pd.DataFrame, aim: str) -> tuple | None:
    """Return levers, steps and score of a change found, None where none was."""
    if not rows["crossed"].all():
        return None
    score = rows["score_after"].iloc[0] * (1 if aim == "below" else -1)
    return int(rows["lever"].notna().sum()), int(rows["steps"].sum()), pytest.approx(score)


def smallest(one: pd.DataFrame, score, threshold: float, aim: str) -> tuple | None:
    """Try all changes of at most two levers, one after the other."""
    sign, crossing = 1 if aim == "below" else -1, []
    for calls, price, plan in product(range(4), range(3), range(2)):
        levers = sum(n > 0 for n in (calls, price, plan))
        moved = one.assign(
            calls=(one["calls"] - calls).clip(0),
            price=one["price"] - 0.1 * price * one["price"],
            plan="year" if plan else one["plan"],
        )
        reached = score(moved)[0]
        if levers <= 2 and (reached < threshold if aim == "below" else reached >= threshold):
            crossing.append((levers, calls + price + plan, sign * reached))
    return min(crossing, default=None)


def test_runs_of_customers_and_of_changed_rows_leave_no_trace(monkeypatch):
    rng = np.random.default_rng(0)
    many = customers(calls=rng.integers(0, 6, 50).tolist(), age=rng.normal(0, 2, 50).tolist())
    whole = changes(many, 1.5)
    monkeypatch.setattr(whatif, "_CUSTOMERS", 7)
    monkeypatch.setattr(whatif, "_ROWS", 5)
    assert changes(many, 1.5) == whole
    assert changes(many.head(0), 1.5) == []


def test_the_levers_of_churn_never_touch_what_nobody_can_change():
    levers = read_levers(CHURN)
    touched = {column for lever in levers for column in (*lever.moves, *lever.sets)}
    assert not {column for column in touched if is_immutable(column)}
    assert len(levers) == 6
    assert {"tenure_days", "age_years", "gender", "country", "spend_season"} <= set(filter(is_immutable, CHURN))


def test_levers_keep_to_the_columns_that_are_there():
    (order,) = read_levers(["orders", "spend", "recency_days"])
    assert (list(order.moves), dict(order.sets)) == (["orders"], {"recency_days": 1})  # spend needs mean_amount
    (cheaper,) = read_levers(["price"])
    assert cheaper.moves["price"] == Move(by=-0.1, of="price", lowest=0)
    assert read_levers(["tenure_days", "gender"]) == ()


def test_what_cannot_be_searched_is_refused():
    good = {"threshold": 1.0, "aim": "below", "levers": LEVERS}
    with pytest.raises(InputError, match="aim 'bellow' is none of below, above; did you mean 'below'"):
        what_if(risk, customers(calls=[1]), **good | {"aim": "bellow"})
    with pytest.raises(InputError, match="lever 'fewer_calls': no column 'calls' in the features"):
        what_if(risk, customers(calls=[1]).drop(columns="calls"), **good)
    with pytest.raises(InputError, match="customer_id is missing or repeats"):
        what_if(risk, pd.concat([customers(calls=[1])] * 2), **good)
    with pytest.raises(InputError, match=r"score: shape \(\) for 1 rows; one number a row is allowed"):
        what_if(lambda _frame: np.float64(1), customers(calls=[1]), **good)
    with pytest.raises(InputError, match="most_levers=0; at least 1"):
        what_if(risk, customers(calls=[1]), **good, most_levers=0)
