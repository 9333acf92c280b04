"""All runs added up: markets of all sets, sums that agree from level to level, cells that no spreadsheet obeys."""

import csv
import io

import pytest

from workbench.errors import InputError
from workbench.ledger import UNCHANGED, Footprint, append, total
from workbench.report.footprint import as_csv, gather, lines, table


def line(step, run="1", kwh=1e-3, outcome="succeeded", notebook="churn"):
    measured = (
        {} if kwh is None else {"kwh_codecarbon": kwh, "kwh_cpu": kwh / 2, "wall_seconds": 60.0, "gco2e": 400 * kwh}
    )
    return Footprint(
        started_at="2026-03-01T12:00:00+00:00",
        run_id=run,
        depth=int(step != "page"),
        notebook=notebook,
        step=step,
        outcome=outcome,
        country="DE",
        method="estimated",
        **measured,
    )


@pytest.fixture
def reports(tmp_path):
    """Return a folder of reports: a market, and one of another set, in which a run failed and one was not needed."""
    for one in (line("score", kwh=1e-3), line("page", kwh=4e-3)):
        append(tmp_path / "germany/footprint.csv", one)
    failed = [line("score", "2"), line("page", "2", outcome="failed")]
    spared = line("page", "3", kwh=None, outcome=UNCHANGED)
    for one in (line("page", "4", kwh=3e-3), *failed, spared):
        append(tmp_path / "online_retail/france/footprint.csv", one)
    return tmp_path


def test_markets_of_all_sets_stand_below_everything_with_their_notebooks_and_steps(reports):
    found = table(gather(reports), by="step").set_index("")
    assert [name.strip() for name in found.index] == [
        *("everything", "germany", "churn", "score", "rest of the page"),
        *("online_retail/france", "churn", "rest of the page", "score"),
    ]
    assert found["runs"].tolist() == ["3", "1", "1", "1", "1", "2", "2", "2", "1"]
    assert found["energy"].iloc[:3].tolist() == [
        "8.00\xa0Wh (4.00 to 8.00)", "4.00\xa0Wh (2.00 to 4.00)", "4.00\xa0Wh (2.00 to 4.00)"
    ]  # fmt: skip
    assert found["failed"].tolist() == ["12%", "–", "–", "–", "–", "25%", "25%", "–", "100%"]
    assert len(table(gather(reports), by="market")) == 3


def test_what_must_be_said_beside_the_sums_is_said(reports):
    with (reports / "germany/footprint.csv").open("a") as file:
        file.write("torn")
    append(reports / "germany/footprint.csv", line("by hand", "9", kwh=None))
    said = " ".join(gather(reports).notes)
    assert "Energy is estimated" in said
    assert "Left out, torn or foreign: 1 line" in said
    assert "Not measured in full: 1 step" in said
    assert "Saved, as nothing had changed: 1 run that would have taken 3.00\xa0Wh (1.50 to 3.00)" in said


def test_rows_of_the_csv_add_up_and_name_their_factors(reports):
    rows = list(csv.DictReader(io.StringIO(as_csv(gather(reports)))))
    assert sum(float(row["kwh"]) for row in rows) == pytest.approx(8e-3)
    assert {(row["market"], row["status"]) for row in rows} == {
        ("germany", "latest"), ("online_retail/france", "latest"), ("online_retail/france", "failed")
    }  # fmt: skip
    assert all(row["country"] == "DE" and "location-based" in row["boundary"] for row in rows)


def test_where_steps_exceed_their_page_rows_add_up_to_the_ledger_s_total(tmp_path):
    for one in (line("a", kwh=3e-3), line("b", kwh=3e-3), line("page", kwh=4e-3)):
        append(tmp_path / "germany/footprint.csv", one)
    found, held = gather(tmp_path), total(tmp_path / "germany/footprint.csv")
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    summed = {column: sum(float(row[column]) for row in rows) for column in ("kwh", "kwh_low", "gco2e", "seconds")}
    assert summed == pytest.approx({"kwh": held.kwh, "kwh_low": held.low, "gco2e": held.gco2e, "seconds": held.seconds})
    shown = table(found, by="step").set_index("")["energy"]
    assert shown["everything"] == "4.00\xa0Wh (2.00 to 4.00)"
    assert shown["    steps exceed their page by"] == "-2.00\xa0Wh (1.00 to 2.00)"
    assert "too low" not in " ".join(found.notes)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "a\nb", 'a","b', "\x1b[31m"])
def test_hostile_names_are_text_in_the_table_and_in_every_cell(tmp_path, name):
    append(tmp_path / "germany/footprint.csv", line(name))
    found = gather(tmp_path)
    assert all(text.isprintable() for text in [*lines(found, by="step"), *found.notes])
    (row,) = csv.DictReader(io.StringIO(as_csv(found)))
    assert row["step"].isprintable()
    assert not row["step"].lstrip().startswith(("=", "+", "-", "@"))


def test_a_folder_that_is_not_there_or_has_no_ledger_is_named(tmp_path):
    (tmp_path / "reports").mkdir()
    with pytest.raises(InputError, match=r"reportz: no such folder; did you mean 'reports'\?"):
        gather(tmp_path / "reportz")
    with pytest.raises(InputError, match=r"reports: no ledger below \(footprint.csv\)"):
        gather(tmp_path / "reports")


def test_a_ledger_without_a_whole_line_is_not_measured(tmp_path):
    (tmp_path / "germany").mkdir()
    (tmp_path / "germany/footprint.csv").write_text("torn\n")
    found = gather(tmp_path)
    assert "Energy is not measured" in found.notes[0]
    assert len(as_csv(found).splitlines()) == 1
    assert list(lines(found, by="step"))
