"""What the reports cost: sums with their ends, and no figure where one of them is not known."""

from datetime import UTC, datetime

from workbench.report.cost import cost, costs
from workbench.report.record import Run


def run(market="france", notebook="churn", seconds=10.0, **measured):
    about = {"market": market, "market_title": market.title(), "notebook": notebook, "title": notebook.title()}
    return Run(**about, outcome="succeeded", started_at=datetime(2026, 3, 1, tzinfo=UTC), seconds=seconds, **measured)


METERED = {"energy_wh": 2.0, "energy_low_wh": 1.0, "energy_high_wh": 3.0, "gco2e": 800.0, "energy_method": "measured"}


def test_ends_are_summed_and_what_was_not_measured_is_counted_apart():
    found = cost([run(**METERED), run(**METERED | {"energy_method": "estimated"}), run()])
    assert (found.energy_wh, found.low_wh, found.high_wh, found.gco2e) == (4.0, 2.0, 6.0, 1600.0)
    assert (found.seconds, found.reports, found.not_measured, found.method) == (30.0, 3, 1, "estimated and measured")


def test_a_sum_lacks_what_one_of_its_runs_lacks():
    found = cost([run(**METERED), run(energy_wh=1.0)])
    assert (found.energy_wh, found.low_wh, found.high_wh, found.gco2e) == (3.0, None, None, None)
    assert cost([]).energy_wh is None


def test_markets_and_notebooks_in_their_order_without_those_that_never_ran():
    runs = [run("japan", "value", **METERED), run("france", **METERED), run("japan", **METERED)]
    titles = {"france": "France", "india": "India", "japan": "Japan"}
    found = costs(runs, titles=titles, notebooks={"churn": "Churn", "governance": "Governance", "value": "Value"})
    assert (found.notebooks, [line.title for line in found.lines]) == (("Churn", "Value"), ["France", "Japan"])
    assert [cell and cell.energy_wh for cell in found.lines[0].cells] == [2.0, None]
    assert [cell.energy_wh for cell in found.sums.cells] == [4.0, 2.0]
    assert (found.lines[1].total.energy_wh, found.sums.total.energy_wh) == (4.0, 6.0)
