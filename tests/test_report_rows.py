"""No executed notebook keeps rows of customers, whatever shows them; everything else it shows stays."""

import nbformat
import nbformat.v4 as nb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import charts
from workbench.personal import pseudonyms
from workbench.report import rows

LIST = pd.DataFrame({"customer": ["hapqadbmecjs", "ejcdmjbhqkrd"], "probability": [0.83, 0.79]})
SUMS = pd.DataFrame({"channel": ["email", "push"], "customers": [1992, 20]})
SHEET = '<section class="sheet" lang="de"><h3>About you</h3><p>69 %</p></section>'


ORDERS = pd.DataFrame({"order_id": ["a1", "a2"], "status": ["open", "sent"], "channel": ["call", "e mail"]})
SUMMARIES = [
    SUMS,
    ORDERS.nunique(),
    ORDERS.dtypes,
    ORDERS.isna().sum(),
    ORDERS.channel.value_counts(),
    ORDERS.groupby("channel").order_id.nunique(),
    ORDERS.groupby(["channel", "status"]).order_id.nunique(),
    ORDERS.pivot_table(index="channel", columns="status", values="order_id", aggfunc="count"),
]


def executed(output):
    return nb.new_notebook(cells=[nb.new_markdown_cell("# Who leaves?"), nb.new_code_cell("show()", outputs=[output])])


def shown(content, *, kind="text/html", plain="Table(html=…)"):
    return executed(nb.new_output("display_data", data={"text/plain": plain, kind: content}))


def left_out(notebook, tables=()):
    without = rows.leave_out(notebook, tables=tables)
    nbformat.validate(without)
    return without.cells[1].outputs[0]


@pytest.mark.parametrize(
    ("notebook", "count"),
    [
        (shown(charts.table(LIST, caption="Whom to contact")._repr_html_()), 2),
        (shown(LIST.to_html()), 2),
        (shown(LIST.set_index("customer").to_html()), 2),
        (shown(LIST.rename(columns={"customer": "who"}).to_html()), 2),
        (shown(pd.DataFrame({"order id": ["a1"], "amount": [3]}).to_html()), 1),
        (shown(pd.DataFrame({"channel": ["call"], "text": ["Never again."]}).to_html()), 1),
        (shown(f"<table><tr><td>{LIST.to_html()}</td></tr></table>"), 2),
        (shown(SHEET), 1),
        (shown('<svg aria-label="of hapqadbmecjs"></svg>'), 1),
        (shown("| customer | risk |\n|---|---|\n| 17850 | 83% |", kind="text/markdown"), 1),
        (shown("hapqadbmecjs will leave", kind="text/markdown"), 1),
        (shown({"data": [{"customer_id": "17850"}]}, kind="application/vnd.vega.v5+json"), 1),
        (shown({"data": [{"customer_id": "17850"}]}, kind="application/vnd.vega.v5+json", plain=""), 1),
        (executed(nb.new_output("display_data", data={"text/plain": str(LIST)})), 2),
        (executed(nb.new_output("stream", text=LIST.to_csv(index=False) + "\nhapqadbmecjs first\n")), 3),
        (executed(nb.new_output("stream", text=LIST.assign(days=3).rename(columns=str.title).to_string())), 2),
        (executed(nb.new_output("error", ename="KeyError", evalue="'hapqadbmecjs'", traceback=["KeyError"])), 1),
    ],
)
def test_whatever_shows_customers_one_by_one_is_counted_and_left_out(notebook, count):
    assert rows.in_notebook(notebook) == count
    assert rows.in_notebook(rows.leave_out(notebook, tables=())) == 0
    assert rows.in_notebook(notebook) == count


@pytest.mark.parametrize(
    "notebook",
    [
        shown(charts.table(SUMS, caption="Customers by channel")._repr_html_()),
        shown(charts.table(LIST.head(0), caption="Whom to contact")._repr_html_()),
        shown("<p>a long sentence on customer, text and into</p>", plain=str(LIST)),
        shown("iVBORhapqadbmecjs", kind="image/png"),
        executed(nb.new_output("stream", text="ibis.Schema {\n  customer_id  string\n  signup_at    timestamp\n}")),
        shown("| table | column | why |\n|---|---|---|\n| messages | text | what |", kind="text/markdown"),
        executed(nb.new_output("stream", text=f"{SUMS}\nthe customer, once more\n")),
    ],
)
def test_what_shows_no_customer_stays(notebook):
    assert rows.leave_out(notebook, tables=()) == notebook


@pytest.mark.parametrize(
    "printed",
    [
        ORDERS,
        ORDERS[["status", "order_id"]],
        ORDERS.to_string(index=False),
        ORDERS.set_index("order_id"),
        ORDERS.set_index(["status", "order_id"]),
        ORDERS.assign(amount=3).pivot_table(index="order_id", columns="status", values="amount"),
        ORDERS.order_id,
        ORDERS.order_id.astype("category"),
        ORDERS.set_index("channel").order_id,
        pd.Series([17850, 17851], name="customer_id"),
    ],
    ids=str,
)
def test_what_pandas_prints_of_customers_is_counted(printed):
    assert rows.in_text(f"Whom to contact, in order.\n{printed}\nThat is all.") >= 2


WORDS = st.sampled_from(["customer", "order_id", "text", "into", "status", "20", "a1", "of"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(lambda words: f"{' '.join(words)}.")


@given(st.lists(SENTENCES | st.sampled_from([*map(str, SUMMARIES)]), max_size=6).map("\n".join))
def test_sentences_and_small_summaries_stay(text):
    assert rows.in_text(text) == 0


def test_a_sentence_names_the_table_that_holds_the_list_and_pictures_beside_it_stay(tmp_path):
    scores, plan = tmp_path / "churn.scores.parquet", tmp_path / "churn.plan.csv"
    pd.DataFrame({"customer_id": ["a"], "score": [1.0]}).to_parquet(scores)
    LIST.assign(customer_id="a").to_csv(plan, index=False)
    found = left_out(shown(f"<figure>a picture</figure>{LIST.to_html()}"), [scores, plan])
    said = "Not kept in this notebook: rows that are each about one customer (2). See tables/churn.plan.csv."
    assert found.data == {"text/html": f"<figure>a picture</figure><p>{said}</p>", "text/plain": said}
    assert "No table holds them" in left_out(shown(LIST.to_html()), [scores]).data["text/plain"]


def test_a_sheet_is_found_in_the_table_of_sheets(tmp_path):
    path = tmp_path / "churn.sheets.parquet"
    pd.DataFrame(columns=["customer_id", "language", "regime", "form", "text"]).to_parquet(path)
    assert "See tables/churn.sheets.parquet" in left_out(shown(SHEET), [path]).data["text/plain"]


def test_a_table_that_cannot_be_read_is_not_named(tmp_path):
    torn = tmp_path / "churn.plan.parquet"
    torn.write_bytes(b"PAR1")
    assert "No table holds them" in left_out(shown(LIST.to_html()), [torn]).data["text/plain"]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5), st.binary(min_size=16, max_size=16))
def test_every_pseudonym_is_known_by_its_shape(ids, key):
    names = pseudonyms(pd.Series(ids), key=key)
    assert rows.in_text("\n".join(f"({name})" for name in names)) == len(ids)
