"""A folder, a DuckDB file and a URL are read alike; what cannot be read is said."""

import duckdb
import pandas as pd
import pytest

from workbench import crm
from workbench.crm import reading
from workbench.errors import InputError

ORDERS = pd.DataFrame(
    {
        "order_id": ["1", "2"],
        "customer_id": ["a", "b"],
        "ordered_at": pd.to_datetime(["2024-01-05"] * 2),
        "amount": [1.5, 2],
    }
)


def database(path, frame=ORDERS):
    with duckdb.connect(path) as con:
        con.register("given", frame)
        con.execute("create table orders as select * from given")
    return path


def test_parquet_csv_duckdb_and_url_give_the_same_table(crm_folder, tmp_path):
    path = database(tmp_path / "crm.duckdb")
    places = [crm_folder(orders=ORDERS), path, f"duckdb://{path}?read_only=True"]
    as_csv = tmp_path / "csv"
    as_csv.mkdir()
    ORDERS.to_csv(as_csv / "orders.csv", index=False)
    frames = [crm.open(place).frame("orders") for place in (*places, as_csv)]
    for frame in frames:
        pd.testing.assert_frame_equal(frame, frames[0])


def test_a_table_may_be_a_folder_of_parts(tmp_path):
    parts = tmp_path / "crm" / "orders.parquet"
    parts.mkdir(parents=True)
    for place in range(2):
        ORDERS[place : place + 1].to_parquet(parts / f"part-{place}.parquet")
    first = crm.fingerprint(tmp_path / "crm")
    assert crm.open(tmp_path / "crm").frame("orders")["order_id"].tolist() == ["1", "2"]
    (parts / "part-1.parquet").unlink()
    assert crm.fingerprint(tmp_path / "crm") != first


def test_a_duckdb_file_is_opened_for_reading_only(tmp_path):
    table = crm.open(database(tmp_path / "crm.duckdb")).table("orders")
    with pytest.raises(duckdb.Error, match="read-only"):
        table.get_backend().raw_sql("drop table orders")


def test_no_connection_reaches_for_the_network():
    asked = "select current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
    assert reading.connect().raw_sql(asked).fetchall() == [(False, False)]


def test_cores_are_those_the_runner_gives(monkeypatch):
    monkeypatch.setenv("WORKBENCH_THREADS", "1")
    assert reading.connect().raw_sql("select current_setting('threads')").fetchall() == [(1,)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 cut off in the middle PAR1"])
def test_a_corrupt_parquet_is_named(crm_folder, content):
    folder = crm_folder(customers=pd.DataFrame({"customer_id": ["a"]}))
    (folder / "orders.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"orders: orders\.parquet cannot be read"):
        crm.open(folder)


def test_a_table_in_two_formats_is_refused(crm_folder):
    folder = crm_folder(orders=ORDERS)
    ORDERS.to_csv(folder / "orders.csv", index=False)
    with pytest.raises(InputError, match=r"orders: is there as orders\.parquet and in another format; keep one"):
        crm.open(folder)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.duckdb"
    path.write_text("these are notes\n" * 400)
    with pytest.raises(InputError, match=r"notes\.duckdb: cannot be opened as a DuckDB file"):
        crm.open(path)


def test_a_url_that_cannot_be_opened_is_refused_without_its_password():
    with pytest.raises(InputError, match="cannot be opened") as caught:
        crm.open("nosuchdatabase://crm:hunter2@host/db")
    assert "hunter2" not in str(caught.value)
