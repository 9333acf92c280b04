"""What figures were is kept, bounded and whole, and a torn or foreign line spoils no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.outputs import key_figure
from workbench.report import history
from workbench.report.record import Run

RUN = Run(
    market="germany",
    market_title="Germany",
    notebook="churn",
    title="Churn",
    outcome="succeeded",
    started_at=datetime(2026, 3, 1, 14, 2, 5, 123_456, tzinfo=UTC),
)
AUC = key_figure("auc", 0.8, low=0.79, high=0.81)


WHOLE = b'{"notebook": "a", "name": "b", "at": "%b", "value": %b, "low": null, "high": null%b}'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "germany").mkdir()
    return tmp_path / "germany"


def test_numbers_are_kept_and_what_is_not_one_is_not(folder):
    history.remember(folder.parent, RUN, [AUC, key_figure("model", "linear"), key_figure("gini", None)])
    (past,) = history.read(folder)
    assert (past.notebook, past.name, past.value, past.low, past.high) == ("churn", "auc", 0.8, 0.79, 0.81)
    assert past.at == RUN.started_at.replace(microsecond=0)


def test_of_each_figure_the_latest_fifty_are_kept(folder):
    for day in range(53):
        history.remember(folder.parent, replace(RUN, started_at=RUN.started_at + timedelta(days=day)), [AUC])
    history.remember(folder.parent, replace(RUN, notebook="value"), [AUC])
    churn = [past.at.date().isoformat() for past in history.read(folder) if past.notebook == "churn"]
    assert (len(churn), churn[0], churn[-1]) == (50, "2026-03-04", "2026-04-22")
    assert len(history.read(folder)) == 51


@pytest.mark.parametrize(
    "line",
    [
        b'{"notebook": "torn", "na',
        b"\xff\xfe",
        b"[]",
        WHOLE % (b"2026-03-01T00:00:00+00:00", b"NaN", b""),
        WHOLE % (b"2026-03-01T00:00:00", b"1", b""),
        WHOLE % (b"2026-03-01T00:00:00+00:00", b"1", b', "more": 2'),
    ],
)
def test_a_torn_or_foreign_line_is_skipped_and_goes_with_the_next_run(folder, line):
    history.remember(folder.parent, RUN, [AUC])
    with (folder / "history.jsonl").open("ab") as file:
        file.write(line)
    assert [past.name for past in history.read(folder)] == ["auc"]
    history.remember(folder.parent, replace(RUN, notebook="value"), [AUC])
    assert line not in (folder / "history.jsonl").read_bytes()
    assert len(history.read(folder)) == 2
