"""The documents of a run together: which there are, nothing blank in any, nobody in any, data stays text."""

import re

import pandas as pd
import pytest
from nbconvert.filters import markdown2html

from documents_case import REGISTERED, audited, documents, evidence, finding, record, silent, tables
from workbench import crm
from workbench.governance.drift import Drift
from workbench.governance.drift.compare import compare
from workbench.report.documents import describe

PLACEHOLDERS = re.compile(r"\b(TODO|TBD|FIXME|[Ll]orem|nan|NaN|None|NaT)\b|<NA>|\.\.\.|…|<fill|\|[ \t]*\|")
HOSTILE = "<script>alert(1)</script> | [x](http://y.z) $x^{2$ `a` *b* # c\n- d"


def test_a_run_writes_a_record_a_card_and_a_draft_of_each_model_and_what_changed():
    names = list(documents(evidence(records={"churn": record(), "value": silent()})))
    cards = [f"{kind}_{name}" for name in ("churn", "value") for kind in ("model_card", "impact_assessment")]
    assert names == ["record_of_processing", *cards, "drift"]


CASES = {
    "everything": {},
    "no models": {"records": {}},
    "silent models": {"records": {"churn": silent(), "value": silent()}, "energy": {}},
    "no fairness": {"fairness": None},
    "no tables": {"tables": {}},
    "no register": {"tables": tables(fields=None)},
    "empty register": {"tables": tables(fields=[])},
    "first run": {"drift": compare(pd.DataFrame(), None)},
    "register without names": {"tables": tables(fields=[{"table": None, "column": None}, *REGISTERED])},
    "an assessment of nothing": {"tables": tables(assessments=[{"kind": "dpia"}])},
    "no columns of the register": {"tables": tables(fields=[{"table": "orders", "column": "amount"}])},
}


@pytest.mark.parametrize("case", CASES)
def test_no_document_leaves_a_blank_or_names_anybody(case):
    for name, one in documents(evidence(**CASES[case])).items():
        for text in (one.markdown, one.title, one.summary):
            assert PLACEHOLDERS.search(text) is None, name
            assert "SECRET" not in text
        assert one.summary.count("\n") == 0
        assert one.markdown.startswith("# ")


def test_what_data_says_is_never_done_by_a_document():
    register = [{"table": "customers", "column": HOSTILE, "purpose": HOSTILE, "owner": HOSTILE, "category": HOSTILE}]
    about = pd.DataFrame(
        [("purpose", "decision", HOSTILE), ("limits", HOSTILE, HOSTILE)], columns=["section", "name", "value"]
    )
    held = tables(fields=register)
    findings = (finding("x", title=HOSTILE, note=HOSTILE, remedy=HOSTILE), finding("y", "met", title=HOSTILE))
    hostile = evidence(
        tables=held, audit=audited(held, *findings), records={"churn": record(about=about)}, contact=HOSTILE
    )
    for one in documents(hostile).values():
        html = markdown2html(one.markdown)
        assert "<script" not in html
        assert 'href="http' not in html
        assert "alert(1)" in html or one.name == "drift"


def test_the_front_says_what_a_document_is_and_that_data_may_be_made_up():
    for one in documents(evidence(synthetic=True)).values():
        front = one.markdown.splitlines()[4]
        assert "as known at 2025-12-31 12:00 UTC" in front
        assert "not legal advice. The data is synthetic" in front


def test_the_first_paragraph_is_the_summary_as_an_index_shows_it(tmp_path):
    for one in documents(evidence()).values():
        source = tmp_path / f"{one.name}.md"
        source.write_text(one.markdown, encoding="utf-8")
        assert describe(source).summary == " ".join(one.summary.split())


def test_documents_of_the_sample_have_no_blank_and_no_customer(sample_folder):
    names = ("customers", "fields", "transfers", "assessments", "decisions", "products")
    every = crm.open(sample_folder).cut(["DE"]).tables
    held = {name: every[name] for name in names}
    ids = held["customers"].to_pyarrow().to_pandas()["customer_id"]
    told = record(judged=record().judged.assign(customer_id=list(ids[:3])))
    for one in documents(evidence(tables=held, audit=audited(held), records={"churn": told})).values():
        assert PLACEHOLDERS.search(one.markdown) is None
        assert not [customer for customer in ids if customer in one.markdown]


def test_changes_come_first_and_only_what_moved_is_in_the_tables():
    shifts = pd.DataFrame(
        {
            "of": ["orders.amount", "customers.language"],
            "filled_share_before": [0.5, 1.0],
            "filled_share_now": [0.5, 1.0],
            "psi": [0.31, 0.01],
            "size": ["large", "little"],
            "shifted": [True, False],
            "what": ["over 9: 10.0% before, 40.0% now", ""],
        }
    )
    before = compare(pd.DataFrame(), None)
    drift = Drift(**{**vars(before), "data": shifts, "changes": ("auc fell",), "note": "Compared with 2025."})
    text = documents(evidence(drift=drift))["drift"]
    assert text.summary == "auc fell"
    assert "Compared: 2 fields, moved by more than a little: 1." in text.markdown
    assert "| orders.amount | 0.310 | large | yes |" in text.markdown
    assert "customers.language" not in text.markdown
