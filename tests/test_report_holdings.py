"""What personal data a file holds is read from its columns, and from what a page shows."""

import io

import nbformat
import nbformat.v4 as nb
import numpy as np
import pandas as pd
import pytest

from workbench.report.holdings import Holding, look_into

SCORES = pd.DataFrame({"customer_id": ["a", "b"], "message_id": ["x", "y"], "score": [0.1, 0.2]})
LIST = "<table><tr><th>customer</th></tr><tr><td>hapqadbmecjs</td></tr></table>"


def parquet(frame):
    place = io.BytesIO()
    frame.to_parquet(place)
    return place.getvalue()


def notebook(html):
    outputs = [nb.new_output("display_data", data={"text/html": html})]
    return nbformat.writes(nb.new_notebook(cells=[nb.new_code_cell("show()", outputs=outputs)])).encode()


def model(**parts):
    place = io.BytesIO()
    np.savez(place, **parts)
    return place.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.scores.parquet", parquet(SCORES), Holding("customer_id, message_id", 2)),
        ("a.scores.parquet", parquet(SCORES.set_index("customer_id")[["score"]]), Holding("customer_id", 2)),
        ("a.scores.parquet", parquet(SCORES[["score"]]), None),
        ("a.scores.parquet", parquet(SCORES.head(0)), None),
        ("a.plan.csv", b'customer_id,why\na,"two\nlines"\nb,c\n', Holding("customer_id", 2)),
        ("a.plan.csv", b"Email,why\nmira@example.org,c\n", Holding("Email", 1)),
        ("a.plan.csv", b"", None),
        ("a.html", LIST.encode(), Holding("customers, one by one", 1)),
        ("a.html", b"<p>20 customers</p>", None),
        (
            "a.card.md",
            b"| customer | risk | why |\n|---|---|---|\n| a | 1 | 2 |\n",
            Holding("customers, one by one", 1),
        ),
        ("a.log", b"   customer  risk\n0         a     1\n", Holding("customers, one by one", 1)),
        ("a.log", b"Killed\n", None),
        ("a.ipynb", notebook(LIST), Holding("customers, one by one", 1)),
        ("a.ipynb", notebook("<p>20 customers</p>"), None),
        ("a.json", b"[]", None),
        ("a.m.npz", model(weights=np.ones(3)), Holding("what it learnt from customers", None)),
        (
            "a.m.npz",
            model(held_out=np.frombuffer(parquet(SCORES), dtype=np.uint8)),
            Holding("what it learnt from customers, customer_id, message_id", 2),
        ),
    ],
)
def test_what_a_file_holds(tmp_path, name, content, found):
    path = tmp_path / name
    path.write_bytes(content)
    assert look_into(path) == found


def damaged():
    """A model, compressed, in which some bytes were lost."""
    place = io.BytesIO()
    np.savez_compressed(place, weights=np.arange(1000.0))
    data = bytearray(place.getvalue())
    data[200:260] = bytes(60)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((name, b"PAR1\xff") for name in ("a.scores.parquet", "a.plan.csv", "a.html", "a.ipynb", "a.m.npz")),
        ("a.ipynb", b"[]"),
        ("a.m.npz", b""),
        ("a.m.npz", damaged()),
        ("a.m.npz", b"\x93NUMPY"),
    ],
)
def test_what_cannot_be_read_may_hold_some(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert look_into(path) == Holding("not known: cannot be read", None)


def test_what_a_killed_run_was_writing_may_hold_some(tmp_path):
    (tmp_path / ".a.scores.parquet.x1y2z3").touch()
    assert look_into(tmp_path / ".a.scores.parquet.x1y2z3") == Holding("not known: torn", None)
