"""The curve of fields: ordered by earlier folds, judged on the latest, and all of it where everything is held."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench import churn
from workbench.churn import curves
from workbench.churn.backtest import make_folds

MONTHS = pd.date_range("2023-01-01", "2024-03-01", freq="MS")
Ready = tuple[churn.Backtest, churn.Gathered, pd.DataFrame]


@pytest.fixture(scope="module")
def ready() -> Ready:
    """Return a backtest whose churn hangs on a rating, less on clicks, and not on e-mails opened or on spend."""
    rng = np.random.default_rng(5)
    size = len(MONTHS) * 300
    recency, rating, clicked, opened, spend = rng.normal(size=(5, size))
    past = pd.DataFrame(
        {
            "customer_id": np.tile([str(number) for number in range(300)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, 300),
            "recency_days": recency,
            "spend": spend,
            "rating": rating,
            "touches_90d": 1,
            "opened_90d": opened,
            "clicked_90d": clicked,
            "churned": (rng.normal(size=size) + recency + 1.5 * rating + 0.5 * clicked > 0).astype(int),
        }
    )
    found = churn.Gathered(kind="orders", definition="", past=past, today=past.head(0))
    tested = churn.backtest(past, horizon_days=90)
    return tested, found, churn.worth_of_fields(tested, found, horizon_days=90)


def test_the_worthiest_come_first_and_what_they_need_before_them(ready: Ready) -> None:
    found = churn.curve_of_fields(*ready, horizon_days=90)
    assert found["name"].tolist()[:4] == [
        "orders.customer_id, orders.ordered_at",
        "messages.customer_id, messages.sent_at, messages.rating",
        "touches.customer_id, touches.sent_at",
        "touches.clicked_at",
    ]
    assert set(found["name"][4:]) == {"orders.amount (more than its sign)", "touches.opened_at"}
    assert found["size"].tolist() == [2, 5, 7, 8, 9, 10]


def test_points_are_the_models_of_the_latest_fold(ready: Ready) -> None:
    tested, found, worths = ready
    points = churn.curve_of_fields(tested, found, worths, horizon_days=90)
    fold = make_folds(found.past, horizon_days=90)[-1]
    for place, columns in {0: ["recency_days"], -1: list(found.past.columns[2:-1])}.items():
        train = fold.train["local"][["cutoff", *columns, "churned"]]
        chance = churn.probability(churn.fit(train, model=str(tested.model)), fold.judged)
        score = churn.quality(pd.DataFrame({"probability": chance, "churned": fold.churned})).iloc[0]
        assert points.iloc[place][["value", "low", "high"]].tolist() == pytest.approx(
            list(score[["value", "low", "high"]])
        )
    assert points.attrs["note"].startswith(f"{tested.model} judged at the cut-off 2024-03-01")


def test_points_that_add_nothing_do_not_differ_and_the_best_has_no_error(ready: Ready) -> None:
    points = churn.curve_of_fields(*ready, horizon_days=90)
    assert points.loc[points["value"].idxmax(), "se"] == 0
    # E-mails sent are the same number for everybody: the model is the same with and without them.
    assert points["value"][1] == points["value"][2]
    assert points["value"][1] > points["value"][0] + 0.1


def test_the_order_does_not_look_at_what_is_judged(ready: Ready) -> None:
    tested, found, _worths = ready
    turned = found.past["churned"].where(found.past["cutoff"] < MONTHS[-1], 1 - found.past["churned"])
    other = replace(found, past=found.past.assign(churned=turned))
    worths = churn.worth_of_fields(tested, other, horizon_days=90)
    points = churn.curve_of_fields(tested, other, worths, horizon_days=90)
    assert points["name"].tolist() == churn.curve_of_fields(*ready, horizon_days=90)["name"].tolist()
    assert points["value"].iloc[-1] < 0.5


def test_one_fold_is_not_enough_and_neither_is_no_model(ready: Ready) -> None:
    _tested, found, _worths = ready
    tested = churn.backtest(found.past, horizon_days=90, judged=[MONTHS[-1]])
    points = churn.curve_of_fields(
        tested, found, churn.worth_of_fields(tested, found, horizon_days=90), horizon_days=90
    )
    assert (len(points), list(points)) == (0, ["size", "name", "value", "low", "high", "se"])
    assert points.attrs["note"].startswith("not enough data: there is one fold only")
    rule = replace(tested, model="recency")
    worths = churn.worth_of_fields(rule, found, horizon_days=90)
    note = churn.curve_of_fields(rule, found, worths, horizon_days=90).attrs["note"]
    assert note == "not enough data: the chosen model is a rule of one number"


def test_at_most_twelve_points_hold_every_field_once() -> None:
    steps = [[f"{place}"] for place in range(40)]
    points = curves._thinned(steps)
    assert len(points) == 12
    assert points[0] == ["0"]
    assert [field for point in points for field in point] == [str(place) for place in range(40)]
    assert curves._thinned(steps[:3]) == steps[:3]


def test_what_a_worthy_field_is_computed_with_stays_as_long_as_it_does() -> None:
    groups = {
        ("recency_days",): ["orders.ordered_at"],
        ("spend",): ["orders.amount"],
        ("touches_90d", "clicked_90d"): ["touches.sent_at"],
        ("clicked_90d",): ["touches.clicked_at"],
    }
    earlier = {"orders.ordered_at": np.nan, "orders.amount": 0.01, "touches.sent_at": -0.01, "touches.clicked_at": 0.02}
    worths = pd.Series(earlier, name="earlier").rename_axis("field").reset_index()
    steps = curves._steps(groups, worths)
    assert steps == [["orders.ordered_at"], ["touches.sent_at"], ["touches.clicked_at"], ["orders.amount"]]
