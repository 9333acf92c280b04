"""A ledger without anything counted twice: parts add up, and every run is called what it was."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.emissions import factors, parts
from workbench.ledger import UNCHANGED, Footprint, append, read, sum_up, total


def line(step="page", run="a", depth=None, kwh=1.0, outcome="succeeded", **given):
    """Return a line of a ledger; a page is the outermost line of its run, all else lies within it."""
    meters = {} if kwh is None else {"kwh_codecarbon": kwh, "kwh_cpu": kwh / 2, "gco2e": 100 * kwh, "wall_seconds": kwh}
    values = {"started_at": "2026-03-01T12:00:00+00:00", "notebook": "churn", "country": "DE"} | meters | given
    return Footprint(
        run_id=run, depth=int(step != "page") if depth is None else depth, step=step, outcome=outcome, **values
    )


@pytest.fixture
def split(tmp_path):
    """Return a function that writes lines to a ledger and splits it into parts."""

    def of(*lines):
        for one in lines:
            append(tmp_path / "footprint.csv", one)
        return parts.split(read(tmp_path / "footprint.csv"))

    return of


def test_the_steps_and_the_rest_add_up_to_the_page(split):
    found = split(line("fit", kwh=2.0), line("deeper", depth=2, kwh=1.5), line("score", kwh=1.0), line(kwh=5.0))
    assert found["step"].tolist() == ["fit", "score", parts.REST]
    assert found["kwh_codecarbon"].tolist() == [2.0, 1.0, 2.0]
    assert found["kwh_low"].tolist() == [1.0, 0.5, 1.0]
    assert found["gco2e"].sum() == 500.0


def test_what_steps_side_by_side_took_beyond_their_page_is_named_and_taken_off(split):
    found = split(line("a", kwh=3.0), line("b", kwh=3.0), line(kwh=4.0))
    assert found["step"].tolist() == ["a", "b", parts.EXCESS]
    assert parts.sums(found, ["step"]).iloc[-1][["kwh", "low", "high", "gco2e"]].tolist() == [-2.0, -1.0, -2.0, -200.0]
    assert sum_up(found).kwh == 4.0


def test_time_side_by_side_is_taken_off_beside_a_rest_of_energy(split):
    found = split(line("a", wall_seconds=9.0), line("b", wall_seconds=9.0), line(kwh=4.0, wall_seconds=10.0))
    rest, excess = found.iloc[2], found.iloc[3]
    assert (rest["step"], rest["kwh_codecarbon"], rest["kwh_low"]) == (parts.REST, 2.0, 1.0)
    assert rest.isna()["wall_seconds"]
    assert (excess["step"], excess["kwh_codecarbon"], excess["kwh_high"]) == (parts.EXCESS, 0.0, 0.0)
    assert found["wall_seconds"].sum() == 10.0


def test_the_ledger_s_rounding_is_no_excess(split):
    assert split(line("a", kwh=1 / 3), line(kwh=1 / 3 - 1e-9))["step"].tolist() == ["a", parts.REST]


def test_every_run_is_called_what_it_was(split):
    found = split(
        line("fit", run="killed"),
        line("fit", run="old"),
        line(run="old"),
        line("fit", run="failed"),
        line(run="failed", outcome="failed"),
        line(run="new"),
        line(outcome=UNCHANGED, run="not needed", kwh=None),
        line("fit", run="open"),
    )
    status = dict(zip(found["run_id"], found["status"], strict=True))
    assert status == {
        "killed": "killed", "old": "repeated", "failed": "failed", "new": "latest", "open": "not ended"
    }  # fmt: skip
    assert parts.runs(found)["run_id"].tolist() == list(status)


def test_later_is_what_stands_further_down_whatever_the_clock_said(split):
    found = split(line(run="first"), line(run="second", started_at="2020-01-01T00:00:00+00:00"))
    assert found["status"].tolist() == ["repeated", "latest"]


def test_steps_run_by_hand_are_the_latest_only_until_a_page_is_made(split):
    by_hand = [line("fit", run="1", depth=0), line("fit", run="2", depth=0), line("score", run="3", depth=0)]
    assert split(*by_hand)["status"].tolist() == ["repeated", "latest", "latest"]
    assert split(line(run="4"))["status"].tolist() == ["repeated"] * 3 + ["latest"]


runs = st.lists(
    st.tuples(
        st.sampled_from(["churn", "value"]),
        st.lists(st.tuples(st.integers(1, 3), st.none() | st.floats(0, 1e3)), max_size=4),
        st.sampled_from(["succeeded", "failed", None]),
        st.floats(1e2, 1e5),
    ),
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(runs)
def test_parts_add_up_to_the_outermost_lines_and_sums_follow_the_ledger_s_rule(made):
    with TemporaryDirectory() as folder:
        ledger = Path(folder) / "footprint.csv"
        for number, (notebook, steps, ending, kwh) in enumerate(made):
            given = {"run": str(number), "notebook": notebook}
            for depth, used in steps:
                append(ledger, line("step", depth=depth, kwh=used, **given))
            if ending:
                append(ledger, line(kwh=kwh, outcome=ending, **given))
        found, held = parts.split(read(ledger)), total(ledger)
    whole = sum_up(found)
    assert (whole.seconds, whole.kwh or 0, whole.low or 0) == pytest.approx(
        (held.seconds, held.kwh or 0, held.low or 0), rel=1e-5
    )
    summed = parts.sums(found.assign(all="all"), ["all"])
    assert summed["kwh"].fillna(0).tolist() == pytest.approx([whole.kwh or 0] * len(summed))
    own = found[found["step"] != parts.EXCESS]
    assert (own["kwh_low"].fillna(0) <= own["kwh_high"].fillna(0)).all()


def test_rows_name_every_factor_and_split_where_one_changed(split):
    factor = {"gco2e_per_kwh": 100.0, "intensity_source": "a study 2024", "processor": "Haswell", "watts_per_core": 5.6}
    found = factors.rows(
        split(line("fit", **factor), line(**factor), line(run="b", **factor | {"gco2e_per_kwh": 90.0}))
    )
    assert found[["step", "status", "gco2e_per_kwh"]].values.tolist() == [
        ["fit", "repeated", 100.0],
        [parts.REST, "repeated", 100.0],
        [parts.REST, "latest", 90.0],
    ]
    first = found.iloc[0]
    assert first["kwh"] * first["gco2e_per_kwh"] == pytest.approx(first["gco2e"])
    assert (first["first_day"], first["intensity_source"], "SPECpower" in first["watts_source"]) == (
        "2026-03-01", "a study 2024", True
    )  # fmt: skip
    assert "location-based" in first["boundary"]
