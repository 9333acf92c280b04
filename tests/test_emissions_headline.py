"""The figures that an emissions report leaves: what was not measured has no value and a note that says why."""

import math
from pathlib import Path

import pandas as pd

from workbench import outputs
from workbench.emissions.accounts import account_market
from workbench.emissions.headline import headline
from workbench.emissions.replay import not_replayed

NOTHING = account_market(Path("none.csv"), summary=pd.DataFrame({"table": [], "rows": []}), figures=[])


def test_a_market_of_which_nothing_was_measured_has_no_values_and_reasons():
    rows = headline([], not_replayed("no orders"), NOTHING, {}).set_index("name")
    assert rows["value"].map(lambda value: value is None or math.isnan(value)).all()
    assert "no models were compared" in rows.loc["energy_saving", "note"]
    assert "no orders" in rows.loc["scoring_saving", "note"]


def test_its_figures_are_judged_as_not_measured():
    row = headline([], not_replayed("no orders"), NOTHING, {}).to_dict("records")[0]
    assert outputs.key_figure(**row, at_least=0.3).verdict == "not measured"
