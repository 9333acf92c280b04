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


def test_what_the_user_gave_as_a_parameter_is_theirs_to_show():
    page = shown("Turn to care@example.org.")
    assert unmasked(page) != []
    assert unmasked(page, contact="care@example.org") == []


def test_tables_keep_their_keys_and_no_other_trace_of_a_customer(tmp_path, crm_of_two):
    frame = pd.DataFrame({"customer_id": ["DE-000123"], "said": ["call Mira Oakfen"], "amount": [4000000000008625]})
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
