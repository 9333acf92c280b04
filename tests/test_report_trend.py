"""Where a figure goes: in words, judged by its intervals, and drawn from three runs on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.outputs import key_figure
from workbench.report.history import Past
from workbench.report.trend import HEIGHT, WIDTH, trend

NOW = datetime(2026, 4, 5, 9, 30, tzinfo=UTC)
WAS = Past(notebook="n", name="accuracy", at=datetime(2026, 3, 3, 8, 0, tzinfo=UTC), value=0.9, low=0.88, high=0.92)


def share(value, low=None, high=None):
    return key_figure("accuracy", value, low=low, high=high, unit="share", at_least=0.9)


def said(figure, *past):
    found = trend(figure, past, at=NOW)
    return found and (found.change, found.since, found.judged)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (share(0.921, 0.90, 0.94), ("↑ up 2.1 points", "since 3 March 2026", "within its interval")),
        (share(0.95, 0.93, 0.97), ("↑ up 5.0 points", "since 3 March 2026", "beyond both intervals")),
        (share(0.85, 0.83, 0.87), ("↓ down 5.0 points", "since 3 March 2026", "beyond both intervals")),
        (share(0.95), ("↑ up 5.0 points", "since 3 March 2026", "no interval to judge it by")),
        (share(0.9, 0.88, 0.92), ("unchanged", "since 3 March 2026", "")),
        (share(None), ("was 90.0%", "on 3 March 2026", "")),
        (key_figure("auc", 1234.0), ("↑ up 1,233", "since 3 March 2026", "no interval to judge it by")),
        (key_figure("model", "linear"), None),
    ],
)
def test_a_change_is_told_with_its_direction_its_day_and_what_the_intervals_say(figure, expected):
    assert said(figure, WAS) == expected


def test_a_first_run_and_one_that_is_its_own_past():
    assert said(share(0.9)) == ("first run", "", "")
    assert said(share(0.9), replace(WAS, at=NOW.replace(microsecond=0))) == ("first run", "", "")
    assert said(share(None)) is None


def test_what_is_on_record_was_before_though_the_clock_was_ahead():
    ahead = replace(WAS, at=NOW + timedelta(days=400))
    own = replace(WAS, at=NOW.replace(microsecond=0), value=0.921)
    assert said(share(0.921), own, ahead)[:2] == ("↑ up 2.1 points", "since 10 May 2027")


def test_unchanged_since_the_first_run_that_found_the_same():
    days = [
        replace(WAS, at=WAS.at + timedelta(days=day), value=value) for day, value in enumerate([0.9, 0.8, 0.9, 0.9])
    ]
    assert said(share(0.9), *days) == ("unchanged", "since 5 March 2026", "")


def test_of_two_runs_on_one_day_the_hour_is_told():
    earlier = replace(WAS, at=NOW - timedelta(hours=1))
    assert said(share(0.9, 0.88, 0.92), earlier)[1] == "since 5 April 2026, 08:30 UTC"


def test_a_line_is_drawn_from_three_runs_on_inside_its_frame():
    earlier = [replace(WAS, at=WAS.at + timedelta(days=day), value=0.9 + day / 100) for day in range(30)]
    assert trend(share(0.9), earlier[:1], at=NOW).spark is None
    spark = trend(share(0.95, 0.9, 0.99), earlier, at=NOW).spark
    points = [tuple(map(float, point.split(","))) for point in spark.line.split()]
    assert (len(points), len(spark.band.split()), points[-1]) == (20, 40, spark.end)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert spark.label.startswith("Accuracy after the last 20 runs, since 14 March 2026: 101.0%")
    assert trend(share(0.95), earlier, at=NOW).spark.band == ""


def test_a_figure_that_never_moves_is_a_line_in_the_middle():
    still = [replace(WAS, at=WAS.at + timedelta(days=day), low=None, high=None) for day in range(3)]
    assert {point.split(",")[1] for point in trend(share(0.9), still, at=NOW).spark.line.split()} == {f"{HEIGHT / 2:g}"}


def test_a_brief_drawing_is_of_fewer_runs_without_a_band_and_tells_the_ends():
    earlier = [replace(WAS, at=WAS.at + timedelta(days=day), value=0.5 + day / 100) for day in range(30)]
    spark = trend(share(0.6, 0.5, 0.7), earlier, at=NOW, brief=True).spark
    assert (len(spark.line.split()), spark.band) == (12, "")
    assert spark.label == "Accuracy after the last 12 runs: 60.0% to 79.0%, now 60.0%"
