"""What a run is about to publish is searched for personal data: what must be found, and what must not."""

import nbformat.v4 as nb
import pandas as pd
import pytest

from workbench.report import outgoing

CUSTOMERS = "customer_id,name\nDE-000123,Mira Oakfen\n17850,Ilse Marwald\n"


@pytest.fixture
def crm_of_two(crm_folder):
    return str(crm_folder(customers=CUSTOMERS))


def shown(content, *, kind="text/html"):
    output = nb.new_output("display_data", data={kind: content})
    return nb.new_notebook(cells=[nb.new_markdown_cell("## The list"), nb.new_code_cell("show()", outputs=[output])])


def unmasked(notebook, *, data=None, tables=(), **said):
    return outgoing.unmasked(notebook, tables, data=data, countries=["DE"], said=said)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("write to mira@example.org", "e-mail addresses"),
        ("card 4000 0000 0000 8625", "payment cards"),
        ("customer DE-000123", "ids of customers"),
        ("thanks to Mira Oakfen", "names of customers"),
        ("thanks to MIRA OAKFEN.", "names of customers"),
    ],
)
@pytest.mark.parametrize("kind", ["text/html", "text/plain", "text/markdown", "image/svg+xml"])
def test_what_points_at_a_customer_is_found_with_its_place(crm_of_two, kind, text, what):
    found = unmasked(shown(f"<td>{text}</td>" if "ml" in kind else text, kind=kind), data=crm_of_two)
    assert found == [f"cell 1, under “The list”: {what} (1)"]


def test_streams_and_tracebacks_are_searched_too():
    notebook = nb.new_notebook(
        cells=[
            nb.new_code_cell("print()", outputs=[nb.new_output("stream", text="for mira@example.org\n")]),
            nb.new_code_cell("fail()", outputs=[nb.new_output("error", traceback=["ValueError: mira@example.org"])]),
        ]
    )
    assert [line.split(",")[0] for line in unmasked(notebook)] == ["cell 1", "cell 2"]


def test_a_label_that_only_screen_readers_see_counts_and_a_tag_does_not():
    assert unmasked(shown('<svg aria-label="by mira@example.org"></svg>'))
    assert not unmasked(shown('<path d="M 4000 0000 0000 8625"/>'))


def test_of_a_drawing_within_plain_text_only_the_words_count():
    drawing = '<svg><text x="54.51" transform="rotate(-0 030 901820)">{}</text></svg>'
    assert not unmasked(shown(f"Picture(svg='{drawing.format('AUC')}')", kind="text/plain"))
    assert unmasked(shown(f"Picture(svg='{drawing.format('mira@example.org')}')", kind="text/plain"))
    assert unmasked(shown("Mira <mira@example.org>", kind="text/plain"))


def test_a_column_of_customer_ids_is_known_by_its_heading():
    page = '<table><tr><th scope="col">customer id</th></tr><tr><td>17850</td></tr></table>'
    assert unmasked(shown(page)) == ["cell 1, under “The list”: columns of customer ids (1)"]


def test_statistics_citations_and_short_figures_are_no_customers(crm_of_two):
    text = "17850 orders (Oakfen et al., 2021, 10.1214/aos/1013203451), 0.4111111111111111, 2025-01-01 to 2025-12-31"
    assert unmasked(shown(f"<td>{text}</td>"), data=crm_of_two) == []


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:mira@example.org">write</a>',
        "<img title='mira@example.org'>",
        '<input value="mira@example.org">',
        "<!-- mira@example.org -->",
        "mira<wbr>@example.org",
        "<th>customer_id</th><td>17850</td>",
    ],
)
def test_what_a_page_holds_without_showing_it_counts_too(html):
    assert unmasked(shown(html))


@pytest.mark.parametrize("kind", ["text/latex", "application/javascript", "application/vnd.plotly.v1+json"])
def test_every_kind_of_output_is_searched_but_pictures_of_dots(kind):
    assert unmasked(shown({"said": "mira@example.org"} if "json" in kind else "mira@example.org", kind=kind))
    assert not unmasked(shown("AAAA@example.orgAAAA", kind="image/png"))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["mira@example.org"], dtype="category"),
        pd.Series([["mira@example.org"]]),
        pd.Series([{"said": "mira@example.org"}]),
        pd.Series([b"mira@example.org"]),
    ],
    ids=["category", "list", "struct", "bytes"],
)
def test_every_kind_of_column_is_searched(tmp_path, values):
    path = tmp_path / "churn.list.parquet"
    pd.DataFrame({"said": values}).to_parquet(path)
    assert unmasked(nb.new_notebook(), tables=[path]) == ["churn.list.parquet, said: e-mail addresses (1)"]


def test_names_of_columns_and_addresses_for_keys_are_searched(tmp_path):
    path = tmp_path / "churn.list.parquet"
    pd.DataFrame({"mira@example.org": [1], "order_id": ["ilse@example.org"]}).to_parquet(path)
    assert len(unmasked(nb.new_notebook(), tables=[path])) == 2


@pytest.mark.parametrize("text", ["", "a\nb,c,d\nmira@example.org", "card\n4000000000008625\n"])
def test_a_list_is_read_as_text_however_it_is_written(tmp_path, text):
    path = tmp_path / "churn.plan.csv"
    path.write_text(text)
    assert len(unmasked(nb.new_notebook(), tables=[path])) == bool(text)


def test_a_placeholder_for_a_name_and_a_day_for_an_id_accuse_nobody(crm_folder):
    data = str(crm_folder(customers="customer_id,name\n20250101,Not Known\n20250102,Is Due\n"))
    assert unmasked(shown("The day 20250101 is not known, it is due. Not Known."), data=data) == []


def test_half_a_surrogate_is_no_way_around():
    assert unmasked(shown("\ud83d mira@example.org", kind="text/plain"))


def test_much_of_the_same_takes_no_time():
    for text in ("a'" * 60_000, "word-" * 20_000, "<svg " * 40_000, "<" * 100_000):
        assert outgoing.is_masked(text, countries=[], said={})
        assert list(outgoing._of_html(text)) is not None
        assert list(outgoing._pairs(text)) == []


def test_what_the_user_gave_as_a_parameter_is_theirs_to_show():
    page = shown("Turn to care@example.org.")
    assert unmasked(page) != []
    assert unmasked(page, contact="care@example.org") == []
    assert unmasked(shown("Ask mira@mail.spain.es."), market="spain") != []


def test_tables_keep_their_keys_and_no_other_trace_of_a_customer(tmp_path, crm_of_two):
    frame = pd.DataFrame({"customer_id": ["DE-000123"], "said": ["call Mira Oakfen"], "amount": [12.5]})
    parquet, listed = tmp_path / "churn.list.parquet", tmp_path / "churn.plan.csv"
    frame.to_parquet(parquet)
    frame[["customer_id", "amount"]].to_csv(listed, index=False)
    found = unmasked(nb.new_notebook(), data=crm_of_two, tables=[parquet, listed])
    assert found == ["churn.list.parquet, said: names of customers (1)"]


def test_figures_are_searched(tmp_path):
    figures = tmp_path / "churn.json"
    figures.write_text('[{"name": "auc", "note": "ask mira@example.org"}]')
    assert unmasked(nb.new_notebook(), tables=[figures]) == ["churn.json, all: e-mail addresses (1)"]


def test_a_crm_that_is_gone_leaves_the_search_for_patterns(tmp_path):
    assert unmasked(shown("mira@example.org"), data=str(tmp_path / "none")) != []


def test_withheld_outputs_leave_code_prose_and_the_frames_of_errors():
    notebook = shown("mira@example.org")
    traceback = ["Cell In[3], line 2", "----> 2 fail()", "ValueError: no 'mira@example.org'"]
    error = nb.new_output("error", ename="ValueError", evalue="no 'mira@example.org'", traceback=traceback)
    notebook.cells[1].outputs.append(error)
    outgoing.withhold(notebook)
    assert [cell.source for cell in notebook.cells] == ["## The list", "show()"]
    assert notebook.cells[1].outputs[0].traceback == traceback[:2]
    assert (len(notebook.cells[1].outputs), unmasked(notebook)) == (1, [])
