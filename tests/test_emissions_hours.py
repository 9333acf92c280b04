"""The time of day at which a batch runs best."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.emissions.hours import best_hours, plot_hours, read_profile
from workbench.errors import InputError

# Dirty but from 22 to 2 o'clock.
NIGHT = pd.DataFrame(
    {"hour": range(24), "gco2e_per_kwh": [100.0 if hour in (22, 23, 0, 1) else 400.0 for hour in range(24)]}
)


def write(folder: Path, text: str) -> Path:
    file = folder / "profile.csv"
    file.write_text(text)
    return file


def test_a_run_passes_midnight() -> None:
    found = best_hours(NIGHT, hours_needed=4, kwh=10, present_hour=9)
    assert found.start == 22
    assert found.table["gco2e"][22] == pytest.approx(1000)
    # The mean of all starts is that of the day: (4 x 100 + 20 x 400) / 24.
    assert found.saving_share == pytest.approx(1 - 100 / 350)
    assert found.saving_share_now == pytest.approx(0.75)


def test_half_an_hour_counts_half() -> None:
    found = best_hours(NIGHT, hours_needed=4.5, kwh=9)
    # Four hours of 100 and half an hour of 400, two kilowatt-hours each.
    assert found.table["gco2e"][found.start] == pytest.approx(2 * (4 * 100 + 0.5 * 400))


def test_a_window_is_kept_also_over_midnight() -> None:
    assert best_hours(NIGHT, hours_needed=2, kwh=1, window=(23, 6)).start == 0
    assert best_hours(NIGHT, hours_needed=3, kwh=1, window=(23, 6)).start == 23
    assert best_hours(NIGHT, hours_needed=2, kwh=1, window=(1, 6)).start == 1
    assert best_hours(NIGHT, hours_needed=2, kwh=1, window=(8, 20)).saving_share < 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hours_needed": 0}, "hours_needed must be above 0"),
        ({"hours_needed": 25}, "at most 24"),
        ({"kwh": -1}, "kwh must be 0 or more"),
        ({"window": (8, 9), "hours_needed": 2}, "shorter than the 2 hours"),
        ({"window": (8, 31)}, "between 0 and 24"),
        ({"present_hour": 24}, "between 0 and 24"),
    ],
)
def test_what_is_out_of_range_is_refused(changes: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        best_hours(NIGHT, **{"hours_needed": 1, "kwh": 1.0} | changes)


@given(st.lists(st.floats(1, 1000), min_size=24, max_size=24), st.floats(0.25, 24))
def test_the_best_start_never_emits_more_than_the_mean(figures: list[float], hours: float) -> None:
    found = best_hours(pd.DataFrame({"hour": range(24), "gco2e_per_kwh": figures}), hours_needed=hours, kwh=1)
    assert -1e-9 <= found.saving_share < 1
    assert found.table["gco2e_per_kwh"].mean() == pytest.approx(sum(figures) / 24)


def test_timestamps_are_averaged_by_the_hour_that_a_clock_shows(tmp_path: Path) -> None:
    days = [f"2026-03-{day}T{hour:02d}:00:00+01:00,{day * 10 + hour}" for day in (10, 12) for hour in range(24)]
    found = read_profile(write(tmp_path, "\n".join(["timestamp,gco2e_per_kwh", *days])))
    assert found["hour"].tolist() == list(range(24))
    assert found["gco2e_per_kwh"].tolist() == [110 + hour for hour in range(24)]


def test_every_fault_of_a_profile_is_named_at_once(tmp_path: Path) -> None:
    rows = [f"{hour},300" for hour in range(20)] + ["3,200", "25,100", "x,1", "20,0", "21,nothing"]
    with pytest.raises(InputError) as refused:
        read_profile(write(tmp_path, "\n".join(["hour,gco2e_per_kwh", *rows])))
    said = str(refused.value)
    assert "2 rows without an hour from 0 to 23" in said
    assert "no row for hours 22, 23" in said
    assert "more than one row for hour 3" in said
    assert "2 rows whose gco2e_per_kwh is no number above 0" in said
    assert said.count("profile.csv: ") == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hours,gco2_per_kwh\n1,2\n", "no column hour, gco2e_per_kwh .*did you mean 'hours'.*'gco2_per_kwh'"),
        ("", "cannot be read as a profile"),
        ("timestamp,gco2e_per_kwh\nyesterday,200\n", "1 row without an hour"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_profile(write(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a profile"):
        read_profile(tmp_path / "absent.csv")


def test_the_figure_marks_the_hours_of_the_run() -> None:
    ax = plot_hours(best_hours(NIGHT, hours_needed=2.5, kwh=1))
    best = next(bars for bars in ax.containers if bars.get_label() == "best hours to run")
    assert len(best) == 3
