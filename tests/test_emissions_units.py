"""Carbon of one unit: what counts as a report, how long a service waits, and what cannot be told."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from workbench.contest import Task
from workbench.emissions import units
from workbench.emissions.compare import Comparison
from workbench.emissions.grid import world_intensity
from workbench.emissions.units import of_units, per_unit
from workbench.errors import InputError
from workbench.ledger import Footprint, append, read

NO_REPORT = "Not measured: the ledger has no report that was made to its end."
CORE = SimpleNamespace(busy_watts=4.0, idle_watts=1.0)


def line(step: str, run: str = "a", **given: Any) -> Footprint:
    meters = {"kwh_cpu": 1e-3, "kwh_codecarbon": 2e-3, "kwh_low": 0.5e-3, "kwh_high": 4e-3, "kwh_idle": 0.0}
    values = {"started_at": "2026-03-01T12:00:00+00:00", "notebook": "churn", "country": "DE", "wall_seconds": 60.0}
    values |= {"depth": int(step != "page"), "outcome": "succeeded"} | meters
    return Footprint(run_id=run, step=step, **values | given)


@pytest.fixture
def ledger(tmp_path):
    """Return a function that writes lines to a ledger and reads it back."""

    def of(*lines: Footprint) -> pd.DataFrame:
        for one in lines:
            append(tmp_path / "footprint.csv", one)
        return read(tmp_path / "footprint.csv")

    return of


def compared(**given: Any) -> Comparison:
    task = Task(**{"name": "churn", "metric": "AUC", "unit": "customers", "contenders": (), "judged": 100,
                   "volume": 1000, "scorings": 30, "tolerance": 0.005} | given)  # fmt: skip
    table = pd.DataFrame(
        {"chosen": [True], "cycle_joules": [3.6e6], "cycle_joules_low": [1.8e6], "cycle_joules_high": [7.2e6]}
    )
    ends = (0.5, 0.4, 0.6)
    return Comparison(
        task=task, table=table, chosen="small", baseline="large", saving_share=ends, loss=ends, reason="", note=""
    )


def test_the_inner_step_of_a_page_that_runs_is_not_its_page(ledger):
    running = line("replay", "c", notebook="emissions", kwh_cpu=9.0, kwh_low=9.0, kwh_high=9.0)
    failed = line("page", "b", outcome="failed", kwh_cpu=9.0, kwh_low=9.0, kwh_high=9.0)
    found = per_unit([], ledger(line("score"), line("page"), failed, running), country="DE")["1 report"]
    assert found.parts["assumption"].iloc[0] == "0.001\xa0kWh"


def test_steps_by_hand_are_no_report(ledger):
    found = per_unit([], ledger(line("score", depth=0), line("page", "b", outcome="failed")), country="DE")
    assert (found["1 report"].value, found["1 report"].note) == (None, NO_REPORT)
    assert of_units(found)["note of 1 report"] == f"1 report: {NO_REPORT}"
    assert of_units(found)["sci"].startswith("Software carbon intensity: not measured")


def test_the_row_names_its_meter_and_holds_what_graphics_cards_took(ledger):
    found = per_unit([], ledger(line("page", kwh_gpu=5e-3, kwh_low=5.5e-3, kwh_high=9e-3)), country="DE")["1 report"]
    assert found.parts["source"].iloc[0].startswith("CPU seconds x watts; the accounts follow codecarbon")
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("country", ["ZZ", "AD"])
def test_an_unknown_grid_is_the_world_s_mean_with_its_width(ledger, country):
    found = per_unit([], ledger(line("page")), country=country)["1 report"]
    world = world_intensity()
    work = found.parts.iloc[0]
    assert (work["low"], work["gco2e"], work["high"]) == pytest.approx(
        (0.5e-3 * world.low, 1e-3 * world.gco2e_per_kwh, 4e-3 * world.high)
    )
    assert world.source in found.method


def test_a_service_waits_for_the_data_s_days_where_one_scoring_reads_them_all(monkeypatch):
    monkeypatch.setattr(units, "this_processor", lambda: CORE)
    monkeypatch.setattr(units, "cores", lambda: 2)
    empty = pd.DataFrame(columns=["run_id", "notebook", "depth", "step", "outcome"])
    tasks = [compared(), compared(name="sentiment", unit="messages", scorings=1)]
    found = per_unit(tasks, empty, country="DE", days=300)
    waits = {title: one.parts["assumption"].tolist() for title, one in found.items() if "waits" in title}
    assert waits["1,000 customers, churn, as a service that waits"][1] == "1.44\xa0kWh"
    assert waits["1,000 messages, sentiment, as a service that waits"][1] == "14.4\xa0kWh"
    assert waits["1,000 messages, sentiment, as a service that waits"][3].startswith("7,200\xa0h of 2")
    job = found["1,000 messages, sentiment, as a job that ends"].parts
    assert job["assumption"].iloc[3].startswith("250\xa0h of 1")


def test_a_task_without_anybody_to_score_is_left_out_with_a_note():
    empty = pd.DataFrame(columns=["run_id", "notebook", "depth", "step", "outcome"])
    shown = of_units(per_unit([compared(), compared(name="value", volume=0)], empty, country="DE"))
    (numbers, *_) = shown.values()
    assert not numbers["unit"].str.contains("value").any()
    assert "none to score" in shown["note of 1,000 customers, value"]


def test_cells_are_numbers_that_people_read(ledger):
    shown = of_units(per_unit([compared(volume=30)], ledger(line("page", kwh_idle=None)), country="DE"))
    numbers = next(iter(shown.values()))
    text = numbers.drop(columns="unit").to_string()
    assert "e+" not in text
    assert "nan" not in text
    assert numbers.iloc[-1]["energy of reserved hardware that waits"] == "not known"


def test_days_must_be_above_nothing():
    with pytest.raises(InputError, match="days must be above 0, found 0"):
        per_unit([], pd.DataFrame(), country="DE", days=0)
