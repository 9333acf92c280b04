"""What has changed since the run before, in words; runs of another form, law or shape break nothing."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench import charts
from workbench.errors import InputError
from workbench.governance.audit import audit
from workbench.governance.drift import compare_states, of_drift, plot_shifts, take_state
from workbench.governance.drift.state import COLUMNS, read_state
from workbench.governance.finding import Finding
from workbench.governance.records import Record
from workbench.outputs import key_figure

AUDIT = audit({}, regime="gdpr", as_of="2026-01-01")
ORDERS = pd.DataFrame(
    {"order_id": [f"o{row}" for row in range(200)], "amount": np.arange(200.0), "currency": ["a", "b"] * 100}
)
ABOUT = pd.DataFrame({"section": ["model"], "name": ["why"], "value": ["under 300 customers"]})


def finding(verdict, rows, code="basis_missing", title="There is a basis"):
    texts = dict.fromkeys(["article", "source", "remedy", "table", "note"], "")
    numbers = {"share": None, "days_overdue": None, "looked_at": 9, "accused": None}
    return Finding(code=code, title=title, verdict=verdict, rows=rows, **numbers, **texts)


def record(scores=(), *figures):
    judged = pd.DataFrame(
        {"customer_id": "c", "predicted": scores, "outcome": 0.0, "actual": 0, "selected": 0, "error": 0.0}
    )
    return Record(about=ABOUT, judged=judged, figures=figures)


def auc(value, **options):
    return key_figure("auc", value, low=value - 0.02, high=value + 0.02, at_least=0.8, **options)


def state(orders=None, *, findings=(), regime="gdpr", tables=None, seen_at=AUDIT.seen_at, **options):
    held = replace(AUDIT, findings=tuple(findings), law=replace(AUDIT.law, regime=regime), seen_at=seen_at)
    tables = {"orders": ibis.memtable(orders)} if orders is not None else tables or {}
    return take_state(tables, options.pop("records", {}), held, **{"version": "0.1.0"} | options)


BEFORE = state(ORDERS)


def test_the_first_run_has_nothing_to_compare_with():
    drift = compare_states(BEFORE, None)
    assert drift.changes == ("This is the first run of this market: nothing to compare with.",)
    assert all(frame.empty for frame in (drift.data, drift.scores, drift.figures, drift.findings))
    assert drift.changed is None


def test_the_same_data_in_another_order_has_not_changed(tmp_path):
    full = {"records": {"churn": record(np.linspace(0, 1, 90), auc(0.82))}, "findings": [finding("met", 0)]}
    full["fairness_gaps"] = pd.DataFrame({"model": ["churn"], "attribute": ["gender"], "metric": ["selection_rate"]})
    full["fairness_gaps"][["difference", "low", "high", "verdict"]] = [0.1, 0.05, 0.15, "met"]
    state(ORDERS, **full).to_parquet(tmp_path / "state.parquet")
    before = pd.read_parquet(tmp_path / "state.parquet")
    drift = compare_states(state(ORDERS.sample(frac=1, random_state=0), before=before, **full), before)
    assert drift.changes == ("Nothing has changed since the run on the facts of 2026-01-01 23:59 UTC.",)
    assert (drift.changed, drift.data["shifted"].any()) == (0, False)
    assert set(drift.figures["change"]) | set(drift.findings["change"]) == {"none"}


def test_a_planted_shift_and_new_rows_are_said():
    now = state(ORDERS.assign(amount=ORDERS["amount"] * 2).head(150), before=BEFORE)
    drift = compare_states(now, BEFORE)
    assert drift.changes == (
        "orders.amount shifted (large, PSI 0.54). over 179.1: 10.0% of the rows before, 40.0% now.",
        "Rows: orders 200 before, 150 now.",
    )


def test_a_figure_beyond_chance_is_said_with_its_target():
    before, now = (state(records={"churn": record((), auc(value))}) for value in (0.82, 0.75))
    said = "churn: auc fell from 0.820 to 0.750, more than chance would do; it no longer meets its target (>= 0.8)."
    assert said in compare_states(now, before).changes
    assert "churn: auc rose from 0.750 to 0.820, more than chance would do; it meets its target now (>= 0.8)." in (
        compare_states(before, now).changes
    )


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (auc(0.81), auc(0.79),
         "auc fell from 0.810 to 0.790, which chance could do; it no longer meets its target (>= 0.8)."),
        (auc(0.83), auc(0.82), None),
        (auc(0.83), key_figure("auc", None), "auc is no longer measured: it was 0.830; met before, not measured now."),
        (key_figure("auc", 3), key_figure("auc", 4), None),
        (key_figure("auc", "linear"), key_figure("auc", "trees"), "auc changed from linear to trees."),
        (key_figure("auc", 0.5, at_least=0.4), key_figure("auc", 0.5, at_least=0.6),
         "auc is 0.500 as before; it no longer meets its target (>= 0.6, which was >= 0.4 before)."),
    ],
)  # fmt: skip
def test_figures_in_words(was, now, said):
    before, later = (state(records={"churn": record((), figure)}) for figure in (was, now))
    changes = compare_states(later, before).changes
    first = said and f"churn: {said}"
    assert changes[0] == (
        first or "Nothing has changed beyond what chance would do since the run on the facts of 2026-01-01 23:59 UTC."
    )


def test_what_chance_may_have_done_is_no_change_and_a_new_figure_is_one():
    ten, eleven = (state(records={"m": record((), key_figure("customers", value))}) for value in (10, 11))
    drift = compare_states(eleven, ten)
    assert len(drift.changes) == 2
    assert drift.changed == 0
    drift = compare_states(ten, state())
    assert (drift.changes, drift.changed) == (("New figures: customers of m.",), 1)


def test_a_gap_that_grew_is_said_and_one_without_numbers_is_none():
    gaps = pd.DataFrame({"model": "churn", "attribute": ["gender", "age"], "metric": "selection_rate"})
    was, now = (
        gaps.assign(difference=[value, None], low=[value - 0.03, None], high=[value + 0.03, None], verdict=verdict)
        for value, verdict in ((0.05, "met"), (0.2, "breached"))
    )
    drift = compare_states(state(fairness_gaps=now.convert_dtypes()), state(fairness_gaps=was))
    said = (
        "churn: selection rate by gender rose from 0.050 to 0.200, more than chance would do; met before, breached now."
    )
    assert drift.changes[0] == said
    with pytest.raises(InputError, match="no column metric"):
        state(fairness_gaps=gaps.drop(columns="metric"))


@pytest.mark.parametrize(("size", "change"), [(0.1, "turned"), (0.03, "within chance")])
def test_a_gap_that_turned_is_told_where_it_is_more_than_chance(size, change):
    gap = {"model": "churn", "attribute": "gender", "metric": "error", "difference": size, "verdict": "breached"}
    frame = pd.DataFrame([gap | {"low": size - 0.05, "high": size + 0.05, "highest": "f", "lowest": "m"}])
    before, now = (state(fairness_gaps=one) for one in (frame, frame.assign(highest="m", lowest="f")))
    drift = compare_states(now, before)
    assert drift.figures["change"].tolist() == [change]
    said = f"churn: error by gender turned: {size:.3f}, f above m, before; {size:.3f}, m above f, now."
    assert (drift.changes[0] == said) == (change == "turned")
    assert compare_states(before, before).figures["change"].tolist() == ["none"]


def test_no_value_beyond_the_contract_reaches_state_page_or_sentences():
    secrets = ("needs dialysis", "Anna Schmidt", "Mr Weber")
    people = {"customer_id": [f"C-{n}" for n in range(120)], "care_level": [secrets[0], "none"] * 60}
    held = {"customers": ibis.memtable(pd.DataFrame({**people, "account_manager": secrets[1]}))}
    held["messages"] = ibis.memtable(pd.DataFrame({"message_id": "m", "subject": [f"about {secrets[2]}"] * 40}))
    gap = {"model": "churn", "attribute": "care_level", "metric": "error", "verdict": "met", "difference": 0.1}
    gaps = pd.DataFrame([gap | {"low": 0.0, "high": 0.2, "highest": secrets[0], "lowest": "none"}])
    older = BEFORE.assign(of=BEFORE["of"].str.replace("orders.currency", "customers.care_level"))
    older["key"] = older["key"].mask(older["key"].eq("a"), secrets[0])
    now = state(tables=held, fairness_gaps=gaps, before=older)
    drift = compare_states(now, older)
    frames = (drift.data, drift.scores, drift.figures, drift.findings)
    told = [now.to_csv(), *drift.changes, charts.show(of_drift(drift))._repr_html_(), *(one.to_csv() for one in frames)]
    assert not [(secret, text) for secret in secrets for text in told if secret in text]


def test_a_number_without_end_in_a_state_is_none():
    broken = BEFORE.assign(value=BEFORE["value"].mask(BEFORE["kind"].eq("compliance"), np.inf))
    assert np.isfinite(read_state(broken)[0]["value"].dropna()).all()


def test_findings_are_newly_breached_repaired_more_or_new():
    before = state(
        findings=[finding("met", 0), finding("breached", 5, "b", "Second"), finding("breached", 5, "c", "Third")]
    )
    now = state(
        findings=[finding("breached", 1), finding("met", 0, "b", "Second"), finding("breached", 8, "c", "Third")]
    )
    assert compare_states(now, before).changes == (
        "Newly breached: There is a basis (1 row at fault; met before).",
        "Repaired: Second (5 rows at fault before).",
        "Third: 5 rows at fault before, 8 rows at fault now.",
    )
    fresh = compare_states(state(further=[finding("breached", 2, "d", "<b>Fourth")]), state())
    assert "Checked for the first time, and breached: <b>Fourth (2 rows at fault)." in fresh.changes


def test_compliance_leads():
    verdicts = ("met", "met"), ("met", "breached")
    before, now = (state(findings=[finding(v, 0, str(n), str(n)) for n, v in enumerate(own)]) for own in verdicts)
    assert compare_states(now, before).changes[0] == "Compliance fell from 100.0% to 50.0% of the checks that apply."


def test_forecasts_that_shift_and_models_that_fall_silent():
    scores = np.linspace(0, 0.5, 100)
    before = state(records={"churn": record(scores), "value": record(scores)})
    now = state(records={"churn": record(scores + 0.3), "value": record()}, before=before)
    changes = compare_states(now, before).changes
    assert changes[0] == "value was not judged this time: under 300 customers."
    assert changes[1].startswith("The forecasts of churn shifted (large, PSI ")


def test_tables_and_columns_come_and_go():
    leads = ibis.memtable(pd.DataFrame({"lead_id": ["l"]}))
    now = state(
        tables={"orders": ibis.memtable(ORDERS.rename(columns={"currency": "<i>"})), "leads": leads}, before=BEFORE
    )
    assert compare_states(now, BEFORE).changes == (
        "New tables: leads.",
        "Columns that are gone: orders.currency.",
        "New columns: orders.<i>.",
    )


def test_another_law_version_or_form_is_said_and_breaks_nothing():
    older = BEFORE.assign(value=BEFORE["value"].mask(BEFORE["name"] == "form", 0.0))
    earlier = AUDIT.seen_at - pd.Timedelta(days=9)
    drift = compare_states(state(regime="lgpd", version="9", seen_at=earlier), older)
    for said in ("another form (0)", "(gdpr, now lgpd)", "version 0.1.0 of the workbench", "end before those"):
        assert said in drift.note


@pytest.mark.parametrize(
    "before",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": [1]}),
        pd.DataFrame(columns=COLUMNS),
        BEFORE[BEFORE["kind"] != "run"],
    ],
    ids=["empty", "other columns", "no rows", "no form"],
)
def test_a_table_that_is_no_state_is_said(before):
    drift = compare_states(state(before=before), before)
    assert drift.changes == ("Nothing is compared: what the run before left cannot be read.",)
    assert "is no state" in drift.note


@pytest.mark.parametrize("seed", range(4))
def test_damaged_states_break_nothing(seed):
    rng = np.random.default_rng(seed)
    broken = state(
        ORDERS, records={"churn": record(np.linspace(0, 1, 40), auc(0.8))}, findings=[finding("met", 0)]
    ).astype(object)
    for name in broken:
        hit = (rng.random(len(broken)) < 0.1) & (broken["name"] != "form")
        broken.loc[hit, name] = rng.choice(["nan", None, "field", "-3", "x", "inf"], hit.sum())
    now = state(ORDERS, before=broken)
    assert compare_states(now, broken).changes
    charts.show(of_drift(compare_states(now, broken)))


def test_no_id_and_no_name_is_kept():
    people = pd.DataFrame(
        {"customer_id": [f"C-{n}" for n in range(40)], "first_name": ["Zebedee"] * 40, "gender": ["f"] * 40}
    )
    kept = state(tables={"customers": ibis.memtable(people)}, records={"churn": record(np.linspace(0, 1, 40))})
    assert not kept.astype("str").apply(lambda column: column.str.contains("Zebedee|C-1")).to_numpy().any()


def test_the_page_has_sentences_first_then_the_figure_then_tables():
    before = state(ORDERS, records={"churn": record(np.linspace(0, 1, 90), auc(0.82))}, findings=[finding("met", 0)])
    shifted = ORDERS.assign(currency="<script>$x^{2$", amount=ORDERS["amount"] + 99)
    now = state(shifted, records={"churn": record((), auc(0.7))}, findings=[finding("breached", 3)], before=before)
    shown = of_drift(compare_states(now, before))
    kinds = [type(exhibit).__name__ for exhibit in shown.values()]
    assert kinds == [*["str"] * kinds.count("str"), "Axes", "DataFrame", "DataFrame", "DataFrame"]
    page = charts.show(shown)._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_the_figure_has_the_twelve_largest_on_the_given_axes():
    frame = pd.DataFrame({"of": [f"f{n}" for n in range(20)], "psi": np.arange(20) / 20, "shifted": False})
    ax = charts.axes()
    assert plot_shifts(frame, ax=ax) is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"f{n}" for n in range(8, 20)]
    plot_shifts(frame.head(0))


def test_the_sample_of_today_is_like_itself(sample_folder):
    from workbench import crm

    tables = {
        name: table for name, table in crm.open(sample_folder).cut(["JP"]).tables.items() if name in ("customers",)
    }
    before = state(tables=tables)
    drift = compare_states(state(tables=tables, before=before), before)
    assert drift.changes[0].startswith("Nothing has changed since")
    assert drift.data["psi"].max() == 0
