"""Figures, times and energy as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from workbench.outputs import key_figure
from workbench.report import words


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        ("share", 0.85, "85.0%"),
        ("%", 12.34, "12.3%"),
        ("", 5878, "5,878"),
        ("", 0, "0"),
        ("", 0.81234, "0.812"),
        ("", 2.456, "2.46"),
        ("", 0.00042, "0.00042"),
        ("", 1234.5, "1,234"),
        ("", -0.5, "-0.500"),
        ("Wh", 0.4213, "0.421\xa0Wh"),
        ("", "logistic regression", "logistic regression"),
        ("share", None, "not measured"),
    ],
)
def test_values(unit, value, written):
    assert words.value(key_figure("name", value, unit=unit)) == written


def test_targets_are_written_in_the_unit_of_their_figure():
    assert words.target(key_figure("compliance", 0.9, unit="share", at_least=1.0)) == "at least 100%"
    assert words.target(key_figure("calibration_error", 0.01, at_most=0.03)) == "at most 0.03"
    assert words.target(key_figure("energy", 1.0, unit="Wh", at_most=2)) == "at most 2\xa0Wh"
    assert words.target(key_figure("customers", 12)) == ""


def test_an_interval_is_written_with_both_ends_or_not_at_all():
    assert words.interval(key_figure("rate", 0.5, low=0.45, high=0.55, unit="share")) == "45.0% to 55.0%"
    assert words.interval(key_figure("rate", 0.5, low=0.45)) == ""


@pytest.mark.parametrize(
    ("seconds", "written"), [(59.96, "1 min 0 s"), (60, "1 min 0 s"), (0, "0.0 s"), (3600, "1 h 0 min")]
)
def test_durations_at_their_borders(seconds, written):
    assert words.duration(seconds) == written


def test_moments_are_told_in_utc():
    tokyo = timezone(timedelta(hours=9))
    assert words.moment(datetime(2026, 1, 1, 8, 5, tzinfo=tokyo)) == "31 December 2025, 23:05 UTC"
    assert words.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "1 January 2026, 00:00 UTC"
