"""The draft of an impact assessment: named as the law names it, open findings as risks, the rest left to people."""

import pandas as pd
import pytest

from documents_case import ABOUT, EFFECT, audited, evidence, fairness, finding, pressed, record, silent, tables
from workbench.governance.documents.assessment import impact_assessment
from workbench.governance.documents.evidence import concerning
from workbench.governance.documents.risks import conclusion, extent
from workbench.governance.minimal import Minimal

TITLES = {
    "gdpr": "Data protection impact assessment",
    "uk_gdpr": "Data protection impact assessment",
    "lgpd": "Relatório de impacto à proteção de dados pessoais (RIPD)",
    "ccpa": "Risk assessment",
    "pipl": "Personal information protection impact assessment",
    "pdpa": "Data protection impact assessment",
    "appi": "Impact assessment",
    "dpdp": "Impact assessment",
}


def _draft(*findings, regime="gdpr", **changes):
    held = changes.pop("tables", None) or tables()
    known = evidence(tables=held, audit=audited(held, *findings, regime=regime), **changes)
    return impact_assessment(known, "churn")


@pytest.mark.parametrize("regime", TITLES)
def test_the_draft_is_called_as_the_law_calls_it(regime):
    found = _draft(regime=regime)
    assert found.title == f"{TITLES[regime]} (draft): churn"
    assert ("as good practice" in found.markdown) == (regime in ("appi", "dpdp"))
    assert "> Draft of a run, for people to correct, complete and sign." in found.markdown


def test_open_findings_are_risks_breaches_first_and_met_ones_measures():
    text = _draft(
        finding("a", "not evidenced"), finding("b"), finding("c", "met"), finding("d", "not applicable")
    ).markdown
    risks = text.split("## Risks")[1].split("## Fairness")[0]
    assert "| b is kept | breached | medium: 3 rows, 3.0% of those looked at | Art. 1 | Stop. |" in risks
    assert risks.index("b is kept") < risks.index("| a is kept. Noted. | not evidenced |")
    assert "c is kept" not in risks
    assert "| c is kept | 100 rows looked at |" in text
    assert "d is kept" not in text
    assert "2 risks open: 1 breached, 1 that the data can neither show nor rule out." in text


def test_findings_on_other_models_and_on_events_that_a_model_does_not_read_are_left_out():
    others = [finding("fairness_value_gender"), finding("cap", table="touches")]
    own = [finding("fairness_churn_gender"), finding("late", table="orders"), finding("x", table="any")]
    held, models = tables(), {"churn": record(), "value": silent()}
    known = evidence(tables=held, audit=audited(held, *others, *own), records=models)
    kept, decided, left_out = concerning(known, "churn")
    assert ([one.code for one in kept], decided, left_out) == ([one.code for one in own], [], 2)
    assert "fairness_churn_gender" not in [one.code for one in concerning(known, "value")[0]]
    assert "cap" in [one.code for one in concerning(known, "value")[0]]


def test_decisions_of_a_model_that_is_none_of_this_run_stand_apart_and_are_no_risk_of_it():
    offer, own, other = (
        finding(f"fairness_decisions_{name}_gender", table="decisions")
        for name in ("retention_offer", "churn", "value")
    )
    found = fairness(offer, own, other)
    known = evidence(fairness=found, records={"churn": record(), "value": silent()})
    assert concerning(known, "churn") == ([own], [offer], 1)
    text = _draft(fairness=found, records={"churn": record(), "value": silent()}).markdown
    part = text.split("## Decisions on record, of which the data does not say which model they rest on")[1]
    assert f"| {offer.title.replace('_', chr(92) + '_')} | breached | Noted. |" in part.split("## Fairness")[0]
    assert "1 risk open: 1 breached." in text
    assert "## Decisions on record" not in _draft().markdown


def test_findings_on_decisions_are_risks_of_a_model_only_where_it_has_decided_or_nobody_knows():
    made = {"customer_id": "SECRET-1", "decided_at": "2025-02-03", "action": "a"}
    unexplained = finding("decision_unexplained", table="decisions")
    for rows, is_risk in (([made | {"model": "offer"}], False), ([made | {"model": "Churn"}], True), (None, True)):
        held = tables(decisions=rows)
        kept, decided, _ = concerning(evidence(tables=held, audit=audited(held, unexplained)), "churn")
        assert (kept, decided) == (([unexplained], []) if is_risk else ([], [unexplained]))


def test_what_the_audit_says_already_is_not_said_again():
    again = evidence(fairness=fairness(finding("sent_after_opt_out"), finding("fairness_churn_gender")))
    assert [one.code for one in again.findings] == ["fairness_churn_gender"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"share": 0.5, "rows": 1}, "large: 1 row, 50.0% of those looked at"),
        ({"share": 0.0004}, "small: 3 rows, less than 0.1% of those looked at"),
        ({"share": None}, "not known: 3 rows"),
        ({"days_overdue": 1200}, "medium: 3 rows, 3.0% of those looked at, up to 1,200 days late"),
        ({"verdict": "not evidenced"}, "not known: the data cannot show it"),
    ],
)
def test_the_extent_of_a_breach_follows_from_its_rows(changes, said):
    assert extent(finding("a", **changes)) == said


def test_of_fairness_the_gap_is_the_extent_and_the_house_asks():
    gap = finding("fairness_churn_gender", article="none (house rule)", source="params: target_gap", note="12 points.")
    text = _draft(fairness=fairness(gap)).markdown
    assert (
        "| fairness\\_churn\\_gender is kept | breached | 12 points. | the house (params: target\\_gap) | Stop. |"
        in text
    )
    assert "| gender (sensitive) | Selection rate |" in text
    assert "| gender (sensitive) | Error |" not in text


def test_necessity_names_basis_period_and_what_is_not_registered():
    fields = [{"table": "customers", "column": "language", "purpose": "service", "lawful_basis": "contract"}]
    text = _draft(tables=tables(fields=fields)).markdown
    assert "| contract | service | customers: language | not known (1 field) |" in text
    assert "Read, and not on the register: orders: amount." in text


def test_the_minimal_set_of_data_is_proposed_where_it_was_measured():
    minimal = Minimal(curve=None, size=1, name="", best_size=2, could_go=(), sentence="3 could go: a, b, c.")
    assert "- Fields: 3 could go: a, b, c." in _draft(curves={"fields": minimal}).markdown
    assert "run the notebook churn first" in _draft().markdown


def test_a_field_that_could_go_and_is_not_read_is_said_not_to_be_read():
    could_go = ("orders.amount (more than its sign)", "customers.country")
    minimal = Minimal(curve=None, size=1, name="", best_size=2, could_go=could_go, sentence="2 could go.")
    text = _draft(curves={"fields": minimal}).markdown
    assert (
        "tables behind all features that models could choose from; the chosen model does not read 1 of these: " in text
    )
    assert "customers.country." in text


def test_who_else_was_learnt_from_is_said():
    more = [("model", "learnt_from", "customers of this market and 3,000 of others"), ("data", "others", "3,000")]
    about = pd.DataFrame([*ABOUT, *more], columns=["section", "name", "value"])
    text = _draft(records={"churn": record(about=about)}).markdown
    assert "| Learnt from | customers of this market and 3,000 of others |" in text
    assert "has learnt from customers of other markets, too: 3,000." in text
    assert "other markets, too" not in _draft().markdown


def test_what_contact_brings_is_cited_where_lots_were_drawn():
    uplift = ("unknown", "uplift", "That needs a randomised hold-out.")
    known = {"churn": record(about=pd.DataFrame([*ABOUT, uplift], columns=["section", "name", "value"]))}
    assert "What contact brings. That needs a randomised hold-out." in _draft(records=known).markdown
    assert "What contact brings. Of campaigns in general" in _draft(records=known, pressure=pressed(EFFECT)).markdown
    assert "What contact brings" not in _draft(pressure=pressed(EFFECT)).markdown


def test_assessments_on_record_are_listed_those_of_the_model_first():
    rows = [{"subject": "offer", "kind": "dpia", "assessed_at": "2024-12-02"}]
    rows += [{"subject": "Churn", "kind": "other", "assessed_at": "2025-01-02", "valid_until": "2027-01-02"}]
    text = _draft(tables=tables(assessments=rows)).markdown
    first = text.index("| Churn | other | 2025-01-02 | 2027-01-02 | not known |")
    assert first < text.index("| offer | Data protection impact assessment | 2024-12-02 | not known | not known |")


def test_rights_tell_of_requests_and_of_explanations():
    text = _draft(finding("request_overdue")).markdown
    assert "Requests that wait for an answer: 2, of which 1 are past their last day." in text
    assert "| Explanations: Method | contributions in log-odds |" in text


def test_without_open_findings_what_a_run_cannot_see_stays_open():
    assert conclusion([finding("a")]) == "1 risk open: 1 breached."
    assert "what a run cannot see stays open" in _draft().summary
