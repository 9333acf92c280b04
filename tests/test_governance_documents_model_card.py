"""The card of a model: every section speaks; what is missing is said with who has to supply it."""

from dataclasses import replace

import pandas as pd

from documents_case import ABOUT, EFFECT, STEPS, evidence, fairness, pressed, record, silent
from workbench.governance.documents.model_card import model_card, unknown
from workbench.outputs import key_figure


def _card(**changes):
    return model_card(evidence(**changes), "churn").markdown


def test_a_card_has_all_its_sections():
    heads = [line[3:] for line in _card().splitlines() if line.startswith("## ")]
    assert heads == [
        "What it decides, and for whom",
        "The model",
        "The data",
        "Quality",
        "Quality by group",
        "Fairness",
        "Explanations",
        "Energy",
        "Limits",
        "What is not known",
    ]


def test_a_card_tells_purpose_data_and_quality():
    card = _card()
    assert "| Who is selected | customers at 50% or more |" in card
    assert "| Fields read | customers: language; orders: amount |" in card
    assert "It was judged on 3 outcomes of 2 customers: 66.7% were selected, 33.3% were meant." in card
    assert "| AUC | 0.810 | 0.790 to 0.830 | at least 0.750 | met | 6 folds |" in card
    assert "| Gain | not measured | no interval | none | not measured | few |" in card


def test_shares_and_their_targets_are_written_in_per_cent():
    figures = [key_figure("captured", 0.312, low=0.28, high=0.35, unit="share", at_least=0.3)]
    assert "| Captured | 31.2% | 28.0% to 35.0% | at least 30.0% | met | no note |" in _card(
        records={"churn": record(figures=figures)}
    )


def test_groups_have_intervals_and_small_ones_are_left_out_and_said():
    card = _card()
    assert "| gender | female | 60 | 30.0% (20.0% to 40.0%) |" in card
    assert card.count("- By gender: groups of fewer than 30 customers are left out.") == 1
    assert "- By religion: no column religion." in card
    assert "| gender | other |" not in card


def test_gaps_have_size_interval_verdict_and_what_could_be_seen():
    card = _card()
    row = "| Selection rate | female | male | 12.0 points | 5.0 to 20.0 points | yes | 8.0 points | breached |"
    assert f"| gender (sensitive) {row}" in card
    assert "2 differences between groups tested, 1 shown (after Holm). The market allows 10.0 points." in card
    assert "a difference has to be 8.0 to 20.0 points or more" in card


def test_twelve_gaps_are_listed_the_shown_ones_then_sensitive_attributes_then_the_largest():
    found = fairness()
    row = found.gaps.iloc[[1]]
    others = [("tenure", "proxy", 0.9, False), ("tenure", "proxy", 0.01, True), ("age", "sensitive", 0.3, False)]
    others += [("language", "proxy", 0.001 * place, False) for place in range(12)]
    more = [row.assign(attribute=name, kind=kind, difference=size, shown=shown) for name, kind, size, shown in others]
    card = _card(fairness=replace(found, gaps=pd.concat([*more, found.gaps])))
    part = card.split("## Fairness")[1].split("## ")[0]
    listed = [line.split(" | ") for line in part.splitlines() if line.startswith("| ") and "---" not in line][1:]
    first = [(cells[0].removeprefix("| "), cells[4]) for cells in listed]
    assert first[:5] == [
        ("gender (sensitive)", "12.0 points"),
        ("tenure (proxy)", "1.0 points"),
        ("age (sensitive)", "30.0 points"),
        ("gender (sensitive)", "12.0 points"),
        ("tenure (proxy)", "90.0 points"),
    ]
    assert len(first) == 12
    assert "5 more come after these" in part
    assert "All 17 are in the table governance.gaps of the market's folder." in part


def test_what_is_said_of_a_model_and_of_every_model_is_said_once():
    found = fairness()
    twice = pd.concat([found.absent, found.absent.assign(model="churn")])
    assert _card(fairness=replace(found, absent=twice)).count("By religion: no column religion.") == 1


def test_a_hold_out_by_lot_tells_what_contact_brings_and_without_one_it_stays_unknown():
    uplift = ("unknown", "uplift", "That needs a randomised hold-out.")
    about = pd.DataFrame([*ABOUT, uplift], columns=["section", "name", "value"])
    known = {"records": {"churn": record(about=about)}}
    assert "- Uplift: That needs a randomised hold-out." in _card(**known, pressure=pressed("not applicable"))
    card = _card(**known, pressure=pressed(EFFECT))
    assert "- Uplift: not measured of those whom this model picks. Of campaigns in general, not of this" in card
    assert (
        "have, beside 100 held out by lot, 1.20 times the orders a year (1.10 to 1.30) and a ratio of spend that"
        in card
    )


def test_the_page_of_the_runner_holds_its_steps_and_is_not_added_to_them():
    assert "took 0.500 Wh by codecarbon; by CPU time not measured." in _card()
    assert "| page |" not in _card()
    alone = STEPS[STEPS["step"] != "page"]
    assert "took 0.200 Wh by codecarbon; 0.100 Wh by CPU time." in _card(energy={"churn": alone})


def test_a_model_that_says_nothing_has_everything_among_what_is_not_known():
    known = evidence(records={"churn": silent()}, fairness=None, energy={})
    said = unknown(known, "churn")
    assert len(said) == 7
    assert said[1].startswith("Not stated under model: Kind of model, Why this one, Calibration, Version. The notebook")
    assert "Whether it treats groups alike: fairness was not assessed in this run." in said
    assert "Not measured: the notebook churn left no key figures; run it." in model_card(known, "churn").markdown


def test_a_model_that_says_everything_lacks_nothing_but_a_figure():
    assert unknown(evidence(), "churn") == ["Gain: not measured, few."]


def test_a_model_that_was_not_chosen_says_why():
    about = pd.DataFrame([("model", "why", "not enough data: 12 customers left")], columns=["section", "name", "value"])
    known = evidence(records={"churn": record(about=about, judged=record().judged.iloc[:0])})
    assert "It was not judged: not enough data: 12 customers left." in model_card(known, "churn").markdown
