"""The ledger of energy: lines in, frame and total out."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.ledger import COLUMNS, FIGURES, UNCHANGED, Footprint, append, read, steps, total

quick = settings(max_examples=60, deadline=None)
figures = st.none() | st.floats(0, 1e9)


def footprint(step: str = "learn", **given: object) -> Footprint:
    return Footprint(
        **{"started_at": "2026-03-01T12:00:00.000+00:00", "notebook": "churn", "country": "DE"} | given, step=step
    )


def ledger_of(folder: Path, *footprints: Footprint) -> Path:
    for line in footprints:
        append(folder / "footprint.csv", line)
    return folder / "footprint.csv"


def test_a_line_is_read_back_with_what_is_not_measured_left_empty(tmp_path: Path) -> None:
    written = footprint(outcome="failed", wall_seconds=1.5, depth=2)
    row = read(ledger_of(tmp_path, written)).iloc[0]
    assert row["started_at"] == pd.Timestamp("2026-03-01 12:00")
    assert (row["run_id"], row["depth"], row["outcome"], row["wall_seconds"]) == (written.run_id, 2, "failed", 1.5)
    assert row[[name for name in FIGURES if name != "wall_seconds"]].isna().all()


@quick
@given(st.text(), st.text(), st.dictionaries(st.sampled_from(FIGURES), figures))
def test_any_name_and_any_figure_survive_the_ledger(
    step: str, notebook: str, measured: dict[str, float | None]
) -> None:
    with TemporaryDirectory() as folder:
        written = footprint(step, notebook=notebook, outcome="succeeded", **measured)
        frame = read(ledger_of(Path(folder), written, footprint()))
    row = frame.iloc[0]
    assert frame.columns.tolist() == COLUMNS
    assert (len(frame), frame.attrs["skipped"], row["step"], row["notebook"]) == (2, 0, step, notebook)
    expected = [asdict(written)[name] for name in FIGURES]
    assert row[FIGURES].tolist() == pytest.approx([float("nan") if x is None else x for x in expected], nan_ok=True)


@quick
@given(st.binary(min_size=1))
def test_foreign_lines_are_counted_not_read(foreign: bytes) -> None:
    with TemporaryDirectory() as folder:
        ledger = ledger_of(Path(folder), footprint("before"))
        with ledger.open("ab") as file:
            file.write(foreign)
        frame = read(ledger_of(Path(folder), footprint("after")))
    assert frame["step"].tolist() == ["before", "after"]
    assert frame.attrs["skipped"] == len([line for line in foreign.split(b"\n") if line])


@quick
@given(st.integers(1, 60))
def test_a_torn_line_spoils_no_other(bytes_lost: int) -> None:
    with TemporaryDirectory() as folder:
        ledger = ledger_of(
            Path(folder), footprint("whole"), footprint('torn, "as\nit is"', codecarbon_version="3" * 60)
        )
        ledger.write_bytes(ledger.read_bytes()[: -bytes_lost - 1])
        frame = read(ledger_of(Path(folder), footprint("next")))
    assert {"whole", "next"} <= set(frame["step"])
    assert len(frame) + frame.attrs["skipped"] == 3


def test_no_ledger_is_no_step_and_an_unreadable_one_is_said(tmp_path: Path) -> None:
    empty = read(tmp_path / "none.csv")
    assert empty.columns.tolist() == COLUMNS
    assert len(empty) == 0
    with pytest.raises(InputError, match="cannot be read as a ledger"):
        read(tmp_path)


def test_the_total_counts_a_page_once_and_steps_where_the_page_is_missing(tmp_path: Path) -> None:
    page = {"run_id": "a", "depth": 0, "wall_seconds": 10.0, "kwh_codecarbon": 5.0, "kwh_cpu": 3.0, "gco2e": 50.0}
    inside = {"run_id": "a", "depth": 1, "wall_seconds": 4.0, "kwh_codecarbon": 4.0, "kwh_cpu": 1.0, "gco2e": 40.0}
    killed = {"run_id": "b", "depth": 1, "wall_seconds": 2.0, "kwh_codecarbon": 1.0, "kwh_cpu": 2.0, "gco2e": 10.0}
    ledger = ledger_of(
        tmp_path, footprint(**inside), footprint(**inside), footprint("page", **page), footprint(**killed)
    )
    found = total(ledger)
    assert (found.kwh, found.low, found.high, found.gco2e) == (6.0, 4.0, 7.0, 60.0)
    assert (found.seconds, found.steps, found.not_measured) == (12.0, 2, 0)


def test_the_total_says_what_was_not_measured(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint(kwh_cpu=2.0, gco2e_cpu=20.0), footprint(wall_seconds=1.0))
    found = total(ledger)
    assert (found.kwh, found.low, found.high, found.gco2e, found.not_measured) == (2.0, 2.0, 2.0, 20.0, 1)
    nothing = total(ledger_of(tmp_path / "other", footprint()))
    assert (nothing.kwh, nothing.low, nothing.high, nothing.gco2e, nothing.not_measured) == (None, None, None, None, 1)


def test_the_total_of_one_notebook_since_a_moment_in_any_timezone(tmp_path: Path) -> None:
    earlier, later = (footprint(started_at=f"2026-03-0{day}T12:00:00+00:00", kwh_cpu=float(day)) for day in (1, 2))
    ledger = ledger_of(tmp_path, earlier, later, footprint(notebook="value", kwh_cpu=64.0))
    tokyo = timezone(timedelta(hours=9))
    assert total(ledger, notebook="churn").kwh == 3.0
    for moment in (datetime(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, 21, tzinfo=tokyo)):
        assert total(ledger, since=moment).kwh == 2.0


def test_steps_are_those_of_the_notebooks_latest_run(tmp_path: Path) -> None:
    lines = [
        footprint("old", run_id="1"),
        footprint("new", run_id="2", kwh_cpu=0.001),
        footprint("x", notebook="value"),
    ]
    found = steps(ledger_of(tmp_path, *lines), notebook="churn")
    assert found["step"].tolist() == ["new"]
    assert found["wh_cpu"].tolist() == [1.0]
    assert steps(tmp_path / "none.csv", notebook="churn").empty


def test_a_ledger_of_an_earlier_version_is_read_and_gone_on_with(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint("old"))
    header, line = ledger.read_text().splitlines()
    fewer = header.split(",")[:-6], line.split(",")[:-6]
    ledger.write_text("".join(",".join(cells) + "\n" for cells in fewer))
    for step in ("new", "newer"):
        append(ledger, footprint(step, kwh_high=2.0, processor="EPYC"))
    frame = read(ledger)
    assert frame["step"].tolist() == ["old", "new", "newer"]
    assert frame["processor"].tolist() == ["", "EPYC", "EPYC"]
    assert frame["kwh_high"].isna().tolist() == [True, False, False]
    assert (frame.attrs["skipped"], ledger.read_text().count("run_id")) == (0, 2)


def test_a_run_that_was_not_needed_is_no_step_and_not_unmeasured(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint("page", kwh_cpu=1.0, gco2e_cpu=1.0), footprint("page", outcome=UNCHANGED))
    assert (total(ledger).steps, total(ledger).not_measured) == (1, 0)
    assert steps(ledger, notebook="churn")["step"].tolist() == ["page"]


def test_ends_are_those_of_the_lines(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint("a", kwh_low=1.0, kwh_high=5.0), footprint("b", kwh_low=2.0, kwh_high=3.0))
    assert (total(ledger).low, total(ledger).high) == (3.0, 8.0)


def test_an_older_ledger_put_behind_a_newer_one_costs_no_line(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint("new"))
    header, line = ledger.read_text().splitlines()
    with ledger.open("a") as file:
        file.write("".join(",".join(text.split(",")[:-6]) + "\n" for text in (header, line.replace("new", "old"))))
    frame = read(ledger_of(tmp_path, footprint("newest", note="x"), footprint("last")))
    assert frame["step"].tolist() == ["new", "old", "newest", "last"]
    assert (frame["note"].tolist(), frame.attrs["skipped"]) == (["", "", "x", ""], 0)


def test_a_line_with_cells_of_another_version_is_torn(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, footprint("whole"), footprint("short"))
    header, whole, short = ledger.read_text().splitlines()
    ledger.write_text("\n".join([header, whole, ",".join(short.split(",")[:-6]), ""]))
    assert (read(ledger)["step"].tolist(), read(ledger).attrs["skipped"]) == (["whole"], 1)
