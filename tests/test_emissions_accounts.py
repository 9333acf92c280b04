"""The accounts of a market: hand-worked sums, nothing twice, and what is not known said and not nought."""

import pandas as pd
import pytest

from workbench import charts
from workbench.emissions.accounts import account, of_accounts, plot_steps
from workbench.errors import InputError
from workbench.ledger import UNCHANGED, Footprint, append, read


def line(step, run="1", notebook="churn", kwh=None, outcome="succeeded", depth=1, **given):
    meters = {} if kwh is None else {"kwh_codecarbon": kwh, "kwh_cpu": kwh / 4, "gco2e": 400 * kwh}
    values = {"started_at": "2026-03-01T12:00:00+00:00", "country": "DE", "method": "estimated"} | meters | given
    return Footprint(run_id=run + notebook, depth=depth, notebook=notebook, step=step, outcome=outcome, **values)


def a_run(run, notebook="churn", outcome="succeeded", factor=1.0):
    steps = [("score", 1e-6), ("score again and again: linear", 4e-6), ("explain", 5e-6)]
    inside = [line(step, run, notebook, factor * kwh) for step, kwh in steps]
    return [*inside, line("page", run, notebook, factor * 20e-6, outcome, depth=0)]


SPARED = line("page", "none", outcome=UNCHANGED, depth=0)


@pytest.fixture
def accounts(tmp_path):
    def of(*lines, torn="", **asked):
        for one in lines:
            append(tmp_path / "footprint.csv", one)
        with (tmp_path / "footprint.csv").open("a") as file:
            file.write(torn)
        return account(read(tmp_path / "footprint.csv"), **{"interactions": None} | asked)

    return of


def test_the_rows_of_a_notebook_add_up_to_its_page_and_its_runs_to_all(accounts):
    found = accounts(*a_run("1"), *a_run("2", factor=2.0))
    assert found.by_step["step"].tolist() == ["score", "score again and again: linear", "explain", "rest of the page"]
    assert found.by_step["kwh"].sum() == pytest.approx(40e-6)
    assert found.by_step["kwh_of_all_runs"].sum() == pytest.approx(found.all_runs.kwh) == pytest.approx(60e-6)
    assert found.by_step["runs"].tolist() == [2, 2, 2, 2]
    assert (found.latest.kwh, found.latest.low) == pytest.approx((40e-6, 10e-6))


def test_explaining_stands_beside_scoring_and_scoring_to_measure_is_neither(accounts):
    found = accounts(
        *a_run("1"), line("explain", "1", "value", 3e-6), line("page", "1", "value", 4e-6, depth=0)
    ).explaining
    assert found[["notebook", "work"]].values.tolist() == [
        ["churn", "scoring"], ["churn", "explaining"], ["value", "explaining"]
    ]  # fmt: skip
    assert found["times_scoring"].tolist()[1:] == pytest.approx([5.0, float("nan")], nan_ok=True)


def test_what_was_for_nothing_is_counted_by_kind(accounts):
    killed = a_run("0")[:2]
    wasted = accounts(*killed, *a_run("1", outcome="failed"), *a_run("2"), *a_run("3")).wasted.set_index("kind")
    assert wasted["runs"].to_dict() == {"killed": 1, "failed": 1, "repeated": 1}
    assert wasted["kwh"].to_dict() == pytest.approx({"killed": 5e-6, "failed": 20e-6, "repeated": 20e-6})
    assert wasted["low"].to_dict() == pytest.approx({"killed": 1.25e-6, "failed": 5e-6, "repeated": 5e-6})


def test_a_run_that_was_not_needed_saves_what_the_success_before_it_took(accounts):
    saved = accounts(
        SPARED, *a_run("1"), SPARED, *a_run("2", factor=3.0), SPARED, *a_run("3", outcome="failed"), SPARED
    ).saved
    assert saved[["what", "count", "not_known"]].values.tolist() == [["unchanged runs", 4, 1]]
    assert (saved["kwh"].item(), saved["low"].item()) == pytest.approx((20e-6 + 2 * 60e-6, 35e-6))


def test_a_message_that_was_not_scored_again_saves_the_mean_of_those_that_were(accounts):
    reused = {"messages_reused": 300, "messages_scored": 100}
    saved = accounts(*a_run("1", "sentiment"), reused=reused).saved
    assert (saved["count"].item(), saved["kwh"].item()) == (300, pytest.approx(3e-6))
    for few in (0, 29):
        unknown = accounts(reused=reused | {"messages_scored": few}).saved
        assert (unknown["kwh"].isna().item(), unknown["not_known"].item()) == (True, 300)


def test_energy_of_an_interaction_is_all_scoring_over_messages_and_touches(accounts):
    counts = {"messages": 30, "touches": 6}
    found = accounts(*a_run("1"), *a_run("2"), *a_run("1", "sentiment"), interactions=counts).interactions
    assert (found.joules, found.low, found.count) == (pytest.approx(2e-6 * 3.6e6 / 36), pytest.approx(0.05), 36)
    assert found.steps == ("churn: score", "sentiment: score")


def test_messages_known_before_cost_an_interaction_as_much_as_those_that_were_read(accounts):
    reused = {"messages_scored": 50, "messages_reused": 150}
    found = accounts(*a_run("1"), *a_run("1", "sentiment"), interactions={"messages": 200}, reused=reused).interactions
    assert found.joules == pytest.approx((1e-6 + 4e-6) * 3.6e6 / 200)
    assert (found.low, found.high) == pytest.approx((0.5e-6 * 3.6e6 / 200, 5e-6 * 3.6e6 / 200))
    assert found.steps[1] == "sentiment: score, 150 messages known before at the mean of 50 read"


@pytest.mark.parametrize(("read_now", "said"), [(0, "all were"), (3, "all but 3 were")])
def test_a_run_that_read_no_message_says_nothing_of_what_one_takes(accounts, read_now, said):
    reused = {"messages_scored": read_now, "messages_reused": 150}
    found = accounts(*a_run("1"), *a_run("1", "sentiment"), interactions={"messages": 150}, reused=reused).interactions
    assert (found.joules, found.why) == (None, f"not measured for messages: {said} known from an earlier run")


def test_valuing_customers_is_scoring_and_is_said_to_learn_too(accounts):
    lines = (line("value customers", "1", "value", 2e-6), line("explain", "1", "value", 6e-6))
    found = accounts(*lines, line("page", "1", "value", 9e-6, depth=0), interactions={"touches": 2})
    assert (found.interactions.joules, found.interactions.steps) == (pytest.approx(3.6), ("value: value customers",))
    assert found.explaining["times_scoring"].tolist()[1] == pytest.approx(3.0)
    assert "but 'value customers' learns its forecast too." in of_accounts(found)["interaction"]


def test_steps_that_the_latest_run_no_longer_has_are_one_row_and_not_called_unmeasured(accounts):
    old = [line(f"old {place}", "0", kwh=1e-6) for place in range(60)]
    found = accounts(*old, line("page", "0", kwh=70e-6, depth=0), *a_run("1"))
    assert found.by_step["step"].tolist()[3:] == ["rest of the page", "steps of other runs"]
    assert found.by_step["kwh_of_all_runs"].sum() == pytest.approx(found.all_runs.kwh) == pytest.approx(90e-6)
    shown = next(table for name, table in of_accounts(found).items() if name.startswith("Every step"))
    assert shown["milliwatt_hours"].iloc[-1] == "not in the latest run"
    assert "not measured" not in shown.to_string()


def test_what_steps_side_by_side_took_twice_is_taken_off_and_said(accounts):
    found = accounts(line("a", kwh=3e-6), line("b", kwh=3e-6), line("page", kwh=4e-6, depth=0))
    assert (found.latest.kwh, found.latest.low, found.latest.not_measured) == (
        pytest.approx(4e-6),
        pytest.approx(1e-6),
        0,
    )
    said = " ".join(found.notes)
    assert "In 1 run steps ran side by side" in said
    assert "too low" not in said
    assert "steps exceed" not in str(plot_steps(found).get_yticklabels())


@pytest.mark.parametrize("counts", [None, {}, {"messages": 0}])
def test_without_interactions_their_energy_is_not_applicable(accounts, counts):
    found = accounts(*a_run("1"), interactions=counts).interactions
    assert (found.joules, found.why.partition(":")[0]) == (None, "not applicable")


def test_what_nobody_measured_is_said_and_never_nought(accounts):
    found = accounts(
        line("score", kwh=None), line("page", kwh=None, depth=0), interactions={"messages": 5}, torn="torn\n"
    )
    assert found.interactions.why.startswith("not measured")
    assert found.by_step[["kwh", "seconds", "gco2e"]].isna().all(axis=None)
    said = charts.show(of_accounts(found))._repr_html_()
    assert "1 line of the ledger left out" in said
    assert "2 steps not measured in full" in said
    assert "took an amount that was not measured" in said


def test_an_empty_ledger_and_a_count_below_nothing(accounts, tmp_path):
    empty = account(read(tmp_path / "none.csv"), interactions=None)
    assert of_accounts(empty) == {"accounts": "Accounts: not measured, the ledger has no step."}
    with pytest.raises(InputError, match="touches is -1; allowed: 0 or more"):
        accounts(interactions={"touches": -1})


def test_what_only_failed_or_was_not_needed_has_no_latest_run(accounts):
    found = accounts(
        SPARED, line("fit", kwh=1e-6, outcome="failed"), reused={"messages_reused": 3, "messages_scored": 9}
    )
    assert (found.latest.kwh, found.by_step["kwh"].isna().all(), found.wasted["kind"].tolist()) == (
        None,
        True,
        ["not ended"],
    )
    assert found.saved["not_known"].tolist() == [1, 3]
    assert not any(isinstance(shown, charts.Axes) for shown in of_accounts(found).values())


def test_the_page_shows_all_of_it_and_text_stays_text(accounts):
    attack = "<script>alert(1)</script>"
    found = accounts(line(attack, kwh=1e-6, note="meters differ by more than 40%"), *a_run("1"), SPARED)
    shown = charts.show(of_accounts(found))._repr_html_()
    assert "<script>" not in shown
    assert "The latest runs took 0.020 Wh (0.005 to 0.020), 0.008\xa0g of CO2e, estimated" in shown
    assert "1 step of 5: meters differ by more than 40%." in shown
    assert [text.get_text() for text in plot_steps(found).get_yticklabels()][-1] == "churn: rest of the page"
    assert all(isinstance(value, str | pd.DataFrame | charts.Axes) for value in of_accounts(found).values())
