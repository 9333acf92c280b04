"""Advice: only what surely saves is to be done, losses and gains are called so, and what was not compared is named."""

import math
from datetime import date
from typing import Any

import pandas as pd

from workbench.contest import Task
from workbench.emissions.advice import advise, unmeasured
from workbench.emissions.compare import Comparison
from workbench.emissions.hours import best_hours
from workbench.emissions.less import Less
from workbench.emissions.places import where
from workbench.emissions.replay import not_replayed

TASK = Task(
    name="churn", metric="AUC", unit="customers", contenders=(), judged=1, volume=1, scorings=1, tolerance=0.005
)


def compared(saving: tuple[float, float, float], loss: tuple[float, float, float], chosen: str = "small") -> Comparison:
    table = pd.DataFrame(
        {"model": ["small", "large"], "title": ["a small one", "a <large> one"], "method": "estimated"}
    )
    said: dict[str, Any] = {"saving_share": saving, "loss": loss, "reason": "", "note": ""}
    return Comparison(task=TASK, table=table, chosen=chosen, baseline="large", **said)


def of_less(saving: tuple[float, float, float]) -> Less:
    curve = pd.DataFrame({"size": [100, 400]})
    said: dict[str, Any] = {"saving_share": saving, "loss": (0.001, -0.001, 0.003), "sentence": ""}
    return Less(of="churn", metric="AUC", unit="examples", curve=curve, size=100, **said)


def test_a_saving_that_is_sure_is_to_be_done_and_a_gain_is_no_loss():
    row = advise([compared((0.9, 0.8, 0.95), (-0.02, -0.03, -0.01))]).iloc[0]
    assert row["do_this"] == "use a small one, not a <large> one"
    assert (row["saves"], row["costs"]) == ("90% (80% to 95%)", "gains 0.020 (0.010 to 0.030) AUC")


def test_a_saving_that_may_be_none_is_not_advised():
    assert "does not surely take less" in advise([compared((0.1, -0.2, 0.3), (0.0, -0.01, 0.01))]).iloc[0]["do_this"]
    kept = advise([of_less((-0.6, -1.2, 0.1))]).iloc[0]
    assert (kept["do_this"], kept["saves"]) == ("go on learning from all 400 examples", "nothing that is sure")


def test_less_is_advised_where_it_surely_saves():
    row = advise([of_less((0.7, 0.6, 0.8))]).iloc[0]
    assert (row["do_this"], row["costs"]) == (
        "learn from 100 examples, not from 400",
        "loses 0.001 (-0.001 to 0.003) AUC, maybe nothing",
    )


def test_the_cleanest_region_is_named_and_one_in_the_cleanest_stays():
    asked: dict[str, Any] = {"kwh": 100.0, "gigabytes": 0.1, "regime": "gdpr", "as_of": date(2026, 1, 1)}
    rows = advise([where(country="DE", **asked), where(country="DE", region="gcp/europe-north2", **asked)])
    assert sorted(row.split()[0] for row in rows["do_this"]) == ["run", "stay"]
    assert rows["saves_share"].iloc[0] > 0.5


def test_the_largest_saving_stands_first_and_the_hour_has_a_row():
    night = pd.DataFrame({"hour": range(24), "gco2e_per_kwh": [100.0] * 6 + [400.0] * 18})
    found = advise([best_hours(night, hours_needed=1, kwh=1.0), compared((0.9, 0.8, 0.95), (0.0, 0.0, 0.0))])
    assert found["decision"].tolist() == ["model of churn", "when of the day"]


def test_what_was_not_compared_is_named_with_its_reason():
    nothing = compared((math.nan,) * 3, (math.nan,) * 3)
    nothing = Comparison(**vars(nothing) | {"chosen": None, "reason": "churn: not compared"})
    assert advise([nothing, not_replayed("no orders"), None]).empty
    reasons = unmeasured([nothing, not_replayed("no orders"), None])
    assert len(reasons) == 3
    assert "no orders" in reasons[1]
