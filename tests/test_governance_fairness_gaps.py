"""Gaps between groups: found where they are, not where chance made them, and judged by what the data can show."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.governance.fairness.gaps import compare, judge_gaps
from workbench.governance.fairness.measures import measure_mean, measure_rates
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
    assert gap["ratio_low"] < 0.4 < gap["ratio_high"] < 0.5


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


def test_many_groups_that_differ_by_chance_have_an_interval_from_nought() -> None:
    """The largest of 28 differences is never nought itself; percentiles of it would begin far above."""
    gap = judge(*rows({f"g{n}": (60, 0.2 + 0.025 * n) for n in range(8)}))
    assert gap["difference"] == pytest.approx(0.175, abs=0.02)
    assert (gap["shown"], gap["low"], gap["ratio_high"]) == (False, 0, 1)
    assert gap["high"] > gap["difference"] + 0.1


def test_breached_holds_over_all_tests_of_a_model() -> None:
    frame, labels = rows({"a": (500, 0.32), "b": (500, 0.2)})
    sides = split(frame, labels)
    gap = compare(measure_rates(sides.rows, metrics=["selection_rate"], seed=0), sides, FACTS)
    alone, among = judge_gaps(gap, target_gap=0.06), judge_gaps(gap * 12, target_gap=0.06)
    assert (alone["verdict"].item(), set(among["verdict"])) == ("breached", {"not evidenced"})
    assert among["shown"].all()
    assert "does not hold over all gaps tested" in among.loc[0, "note"]
    assert among.loc[0, "low"] == alone.loc[0, "low"] > 0.06


def judge_odds(true: tuple[int, float], false: tuple[int, float]) -> dict[Any, Any]:
    """Return the gap of equalized odds: groups of so many customers a rate, b selected so much less often than a."""
    sizes = [true[0], true[0], false[0], false[0]]
    names, actual = np.repeat(["a", "b", "a", "b"], sizes), np.repeat([1, 1, 0, 0], sizes)
    shares = (0.5, 0.5 - true[1], 0.5, 0.5 - false[1])
    selected = np.concatenate([np.arange(n) < round(n * one) for n, one in zip(sizes, shares, strict=True)])
    frame = pd.DataFrame({"unit": range(len(names)), "selected": selected.astype(int), "actual": actual, "wrong": 0})
    sides = split(frame, pd.Series(names))
    measured = measure_rates(sides.rows, metrics=["true_positive_rate", "false_positive_rate"], seed=0)
    found = judge_gaps(compare(measured, sides, FACTS), target_gap=0.05).set_index("metric")
    odds, larger = found.loc["equalized_odds"], found["difference"].iloc[:2].idxmax()
    told = ["highest", "lowest", "difference", "low", "high", "shown", "detectable"]
    assert odds[told].tolist() == found.loc[larger, told].tolist()
    return odds.to_dict()


@pytest.mark.parametrize(
    ("true", "false", "verdict", "said"),
    [
        ((40, 0.2), (4000, 0.1), "breached", "the gap of the false positive rate (10.0%"),
        ((40, 0.15), (2000, 0.06), "not evidenced", "9.0%) is shown"),
        ((9000, 0.01), (9000, 0.0), "met", "it is that of the true positive rate"),
    ],
)
def test_equalized_odds_are_the_larger_gap_and_judged_by_both(
    true: tuple[int, float], false: tuple[int, float], verdict: str, said: str
) -> None:
    odds = judge_odds(true, false)
    assert odds["verdict"] == verdict
    assert said in odds["note"]


def test_groups_that_only_spread_differently_hardly_ever_raise_an_alarm() -> None:
    sides = split(pd.DataFrame({"unit": range(1560)}), pd.Series(["a"] * 60 + ["b"] * 1500))
    spread, alarms = np.repeat([5.0, 1.0], [60, 1500]), 0
    for seed in range(60):
        error = np.random.default_rng(seed).normal(0, spread)
        measured = [measure_mean("error", "EUR", error, rows=sides.rows, seed=seed)]
        alarms += compare(measured, sides, FACTS)[0].row["p"] < 0.05
    assert alarms <= 8  # of 60 at 5 %: 3 are expected; at one spread for both it is half of them


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
    assert (sides.names, sides.left_out) == (["a"], 2)
    assert sides.why == "not enough data: fewer than two groups of 30 customers"


def test_bands_stand_in_their_order_and_the_unknown_last() -> None:
    labels = pd.Series(np.repeat(["60 and over", "under 18", "18-29"], 40)).where(lambda s: s.index < 120)
    labels = pd.concat([labels, pd.Series([None] * 35, dtype="str")], ignore_index=True)
    sides = split(pd.DataFrame({"unit": range(155)}), labels)
    assert (sides.names, sides.unknown, sides.sizes[-1]) == (["under 18", "18-29", "60 and over"], True, 35)
