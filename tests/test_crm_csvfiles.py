"""CSV files as they come: separators, encodings, decimal signs."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.crm import csvfiles, reading
from workbench.crm.conform import number
from workbench.errors import InputError


def values(path, content, column="amount"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    raw = csvfiles.read(reading.connect(), path)
    found = number(raw, column) if column in raw.numeric else raw.table[column]
    return found.to_pyarrow().to_pylist()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,amount\n1,3.5\n2,-1.25\n", [3.5, -1.25]),
        ("id;amount\n1;3,5\n2;1.234,56\n", [3.5, 1234.56]),
        ("id\tamount\n1\t3,5\n2\t7\n", [3.5, 7.0]),
        ('id,amount\n1,"3,5"\n2,"4,25"\n', [3.5, 4.25]),
        ("id|amount\n1|10\n2|20\n", [10, 20]),
        ("id;amount;rate\n1;1.234;0,5\n", [1234.0]),  # '1.234' follows the decimal comma of its file
        ("id,amount\n1,01067\n2,10115\n", ["01067", "10115"]),  # postcodes stay text
        ("id,amount\n1,\n2,5\n", [None, 5]),
        ("id;amount\n1;1,234\n2;2,500\n", ["1,234", "2,500"]),  # thousands or decimals: not guessed
        ("\ufeffid,amount\n1,2.5\n", [2.5]),
        ("id,amount\r\n1,2.5\r\n", [2.5]),
    ],
)
def test_numbers_are_read_as_they_are_written(tmp_path, content, expected):
    assert values(tmp_path / "a.csv", content) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_both_encodings_give_the_same_letters(tmp_path, encoding):
    content = "id;name\n1;Jürgen Müßig\n2;José\n".encode(encoding)
    assert values(tmp_path / "a.csv", content, "name") == ["Jürgen Müßig", "José"]


def test_quoted_separators_and_line_breaks_belong_to_the_text(tmp_path):
    assert values(tmp_path / "a.csv", 'id,text\n1,"a, b\nc"\n2,"say ""hi"""\n', "text") == ["a, b\nc", 'say "hi"']


def test_empty_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="is empty; the first line must name the columns"):
        values(tmp_path / "a.csv", "")


def test_a_column_named_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="column 'amount' is there twice"):
        values(tmp_path / "a.csv", "id,amount,amount\n1,2,3\n")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.decimals(-99999, 99999, places=2), min_size=1, max_size=5))
def test_german_and_english_writing_of_a_number_mean_the_same(tmp_path, numbers):
    english = "id,amount\n" + "".join(f"x,{n:.2f}\n" for n in numbers)
    swap = str.maketrans(",.", ".,")
    german = "id;amount\n" + "".join(f"x;{f'{n:,.2f}'.translate(swap)}\n" for n in numbers)
    assert values(tmp_path / "a.csv", english) == values(tmp_path / "b.csv", german) == [float(n) for n in numbers]
