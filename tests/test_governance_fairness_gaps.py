"""Gaps between groups: found where they are, not where chance made them, and judged by what the data can show."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.governance.fairness.gaps import compare, judge_gaps
from workbench.governance.fairness.measures import measure_rates
from workbench.governance.fairness.sides import split

FACTS = {"model": "m", "attribute": "a", "kind": "sensitive", "stands_for": ""}


def rows(shares: dict[str, tuple[int, float]], *, per_unit: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    """Return rows of groups with so many customers, of whom exactly a share is selected."""
    names = np.repeat(list(shares), [size for size, _ in shares.values()])
    selected = np.concatenate([np.arange(size) < round(size * share) for size, share in shares.values()])
    frame = pd.DataFrame({"unit": range(len(names)), "selected": selected.astype(int), "actual": 1, "wrong": 0})
    frame = frame.loc[frame.index.repeat(per_unit)].reset_index(drop=True)
    return frame, pd.Series(np.repeat(names, per_unit))


def judge(frame: pd.DataFrame, labels: pd.Series, *, kind: str = "sensitive", target: float = 0.1) -> dict[Any, Any]:
    sides = split(frame, labels)
    measured = measure_rates(sides.rows, metrics=["selection_rate"], seed=0)
    facts = FACTS | {"kind": kind, "stands_for": "a proxy for origin" if kind == "proxy" else ""}
    return judge_gaps(compare(measured, sides, facts), target_gap=target).iloc[0].to_dict()


def test_a_large_gap_is_found_and_bounded() -> None:
    gap = judge(*rows({"a": (500, 0.5), "b": (500, 0.2)}))
    assert (gap["highest"], gap["lowest"], gap["shown"], gap["verdict"]) == ("a", "b", True, "breached")
    assert gap["difference"] == pytest.approx(0.3)
    assert gap["ratio"] == pytest.approx(0.4)
    half = 1.96 * np.sqrt(0.25 / 500 + 0.16 / 500)
    assert (gap["low"], gap["high"]) == (pytest.approx(0.3 - half, abs=0.01), pytest.approx(0.3 + half, abs=0.01))
    assert gap["customers_apart"] == 1000


def test_no_gap_is_met_only_where_the_sample_could_have_shown_one() -> None:
    many = judge(*rows({"a": (4000, 0.3), "b": (4000, 0.3)}))
    few = judge(*rows({"a": (40, 0.3), "b": (40, 0.3)}))
    assert (many["verdict"], few["verdict"]) == ("met", "not evidenced")
    # z of the test and of 80 % power, times the standard error of a difference of shares
    assert many["detectable"] == pytest.approx((1.96 + 0.84) * np.sqrt(2 * 0.21 / 4000), rel=0.05)
    assert "would have been shown" in few["note"]


def test_a_small_group_without_a_case_is_no_gap() -> None:
    gap = judge(*rows({"a": (30, 0.0), "b": (1000, 0.05)}))
    assert (gap["shown"], gap["verdict"]) == (False, "not evidenced")


def test_rows_of_one_customer_are_no_evidence_of_many() -> None:
    once = judge(*rows({"a": (100, 0.4), "b": (100, 0.3)}))
    often = judge(*rows({"a": (100, 0.4), "b": (100, 0.3)}, per_unit=6))
    assert often["p"] == pytest.approx(once["p"], abs=0.03)
    assert often["high"] == pytest.approx(once["high"], abs=0.03)


def test_a_proxy_is_never_breached() -> None:
    gap = judge(*rows({"a": (500, 0.5), "b": (500, 0.2)}), kind="proxy")
    assert (gap["shown"], gap["verdict"]) == (True, "not evidenced")
    assert "a proxy for origin: a question, no proof" in gap["note"]


def test_permuted_groups_hardly_ever_raise_an_alarm() -> None:
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        owner = np.repeat(np.arange(200), rng.integers(1, 4, 200))
        leaning = rng.beta(1, 4, 200)[owner]
        frame = pd.DataFrame({"unit": owner, "selected": (rng.random(len(owner)) < leaning).astype(int)})
        names = pd.Series(rng.choice(["a", "b", "c"], 200, p=[0.5, 0.3, 0.2])[owner])
        alarms += judge(frame.assign(actual=1, wrong=0), names)["shown"]
    assert alarms <= 3  # of 20 at 5 %: 1 is expected


def test_groups_below_thirty_are_left_out_and_counted() -> None:
    frame, labels = rows({"a": (40, 0.5), "b": (29, 0.5), "c": (1, 1.0)})
    sides = split(frame, labels)
    assert (sides.names, sides.left_out, sides.left_people) == (["a"], 2, 30)
    assert sides.why == "not enough data: fewer than two groups of 30 customers"


def test_bands_stand_in_their_order_and_the_unknown_last() -> None:
    labels = pd.Series(np.repeat(["60 and over", "under 18", "18-29"], 40)).where(lambda s: s.index < 120)
    labels = pd.concat([labels, pd.Series([None] * 35, dtype="str")], ignore_index=True)
    sides = split(pd.DataFrame({"unit": range(155)}), labels)
    assert (sides.names, sides.unknown, sides.sizes[-1]) == (["under 18", "18-29", "60 and over"], True, 35)
