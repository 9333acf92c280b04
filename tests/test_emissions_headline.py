"""The figures that an emissions report leaves: what was not measured has no value and a note that says why."""

import math
from pathlib import Path

import pandas as pd
import pytest

from workbench import outputs
from workbench.emissions.accounts import account_market
from workbench.emissions.headline import headline
from workbench.emissions.replay import not_replayed
from workbench.emissions.sci import Sci

NOTHING = account_market(Path("none.csv"), summary=pd.DataFrame({"table": [], "rows": []}), figures=[])


def test_a_market_of_which_nothing_was_measured_has_no_values_and_reasons():
    rows = headline([], not_replayed("no orders"), NOTHING, {}).set_index("name")
    assert rows["value"].map(lambda value: value is None or math.isnan(value)).all()
    assert "no models were compared" in rows.loc["energy_saving", "note"]
    assert "no orders" in rows.loc["scoring_saving", "note"]


def test_its_figures_are_judged_as_not_measured():
    row = headline([], not_replayed("no orders"), NOTHING, {}).to_dict("records")[0]
    assert outputs.key_figure(**row, at_least=0.3).verdict == "not measured"


@pytest.mark.parametrize(("note", "said"), [("", "SCI"), ("embodied share not known", "SCI; embodied share not known")])
def test_the_carbon_of_a_report_says_what_it_lacks_and_nothing_else(note, said):
    report = Sci(
        value=0.1, low=0.05, high=0.2, unit="1 report", parts=pd.DataFrame(), boundary="", method="", note=note
    )
    rows = headline([], not_replayed("no orders"), NOTHING, {"1 report": report}).set_index("name")
    assert rows.loc["carbon_of_a_report", ["value", "note"]].tolist() == [0.1, said]
