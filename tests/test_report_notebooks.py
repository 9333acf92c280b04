"""What notebooks say about themselves is read as Python and JSON, and refused in one message where it cannot be."""

import json
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.report.notebooks import describe, heading_above, in_order


def write(folder, name="one", *, cells, **metadata):
    made = [{"cell_type": kind, "source": source, "metadata": {"tags": tags}} for kind, source, *tags in cells]
    content = {"cells": made, "metadata": {"workbench": metadata} if metadata else {}}
    (folder / f"{name}.ipynb").write_text(json.dumps(content))


def test_a_notebook_describes_itself():
    (info,) = describe(Path(__file__).parent / "notebooks")
    assert (info.name, info.title) == ("behave", "Behave")
    assert info.parameters == ("market", "title", "horizon_days", "reports")
    assert (info.needs, info.uses) == ((("orders",),), ("messages",))


def test_parameters_are_read_as_python_reads_them(tmp_path):
    source = ["countries = [\n", "  'DE',  # a = b\n", "]\n", "seed: int = 0\n", "market = title = 'x'"]
    write(tmp_path, cells=[("markdown", "# One"), ("code", source, "parameters")])
    assert describe(tmp_path)[0].parameters == ("countries", "seed", "market", "title")


def test_the_title_is_the_metadata_s_or_the_first_heading_or_the_name(tmp_path):
    parameters = ("code", "seed = 0", "parameters")
    write(tmp_path, "a", cells=[parameters], title="Said")
    write(tmp_path, "b", cells=[("markdown", "# Who leaves?\n\n## Data"), parameters, ("markdown", "## Findings")])
    write(tmp_path, "c", cells=[parameters])
    assert [info.title for info in describe(tmp_path)] == ["Said", "Who leaves?", "c"]


def test_outputs_do_not_change_the_digest_and_sources_do(tmp_path):
    write(tmp_path, "a", cells=[("code", "seed = 0", "parameters")])
    write(tmp_path, "b", cells=[("code", "seed = 1", "parameters")])
    ran = json.loads((tmp_path / "a.ipynb").read_text())
    ran["cells"][0] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "0"}], "execution_count": 3}
    (tmp_path / "c.ipynb").write_text(json.dumps(ran))
    a, b, c = (info.digest for info in describe(tmp_path))
    assert a == c != b


def test_every_fault_of_every_notebook_stands_in_one_message(tmp_path):
    (tmp_path / "a.ipynb").write_text("{ not JSON")
    write(tmp_path, "b", cells=[("code", "seed = 0")])
    write(tmp_path, "c", cells=[("code", "seed == ", "parameters")])
    with pytest.raises(InputError) as refused:
        describe(tmp_path)
    a, b, c = str(refused.value).splitlines()[:3]
    assert "a.ipynb: cannot be read as a notebook" in a
    assert "b.ipynb: no cell tagged 'parameters'" in b
    assert "c.ipynb: the cell tagged 'parameters' is not Python" in c


def test_the_heading_above_is_the_nearest_one():
    cells = [{"cell_type": kind, "source": text} for kind, text in [("markdown", "# A\ntext\n## B"), ("code", "# no")]]
    assert heading_above(cells, 0) == ""
    assert heading_above(cells, 2) == "B"


def test_notebooks_come_after_those_they_read_from_and_else_by_name(tmp_path):
    for name, after in {"a": ["c"], "b": [], "c": ["d"], "d": []}.items():
        write(tmp_path, name, cells=[("code", "seed = 0", "parameters")], after=after)
    order = [info.name for info in in_order(describe(tmp_path))]
    assert sorted(order) == list("abcd")
    assert order.index("d") < order.index("c") < order.index("a")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"churn": ["sentimant"]}, r"churn\.ipynb: runs after 'sentimant', .*; did you mean 'sentiment'\?"),
        ({"churn": ["sentiment"], "sentiment": ["churn"]}, "cannot run '.*' after '.*' after '.*': take one"),
        ({"churn": ["churn"]}, "cannot run 'churn' after 'churn'"),
        ({"churn": "sentiment"}, r"churn\.ipynb: 'after' must be a list of notebooks, found 'sentiment'"),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(tmp_path, after, said):
    for name in ("churn", "sentiment"):
        write(tmp_path, name, cells=[("code", "seed = 0", "parameters")], after=after.get(name, []))
    with pytest.raises(InputError, match=said):
        in_order(describe(tmp_path))
