"""Churn's features of many orders on DuckDB and on Spark, each in a process of its own, and whether both say the same.

In: `python benchmarks/parts/warehouses.py SIDE ORDERS TO [SPARK_MEMORY]`: a Parquet file, a place for what is found.
Out: one JSON object, `<to>.json`: seconds; the features as Parquet, at `to`.

    duckdb    the file, described and written by the engine
    notebook  the same as a notebook has it: the CRM opened with all its checks, the features as a frame
    spark     the file, described and written by a local Spark of two cores
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd

from workbench import churn, crm
from workbench.crm import reading

CUTOFF = pd.Timestamp("2024-01-01")
SIDES = ("duckdb", "notebook", "spark")
CORES = 2
# Hashes of the row's number, by column: the same orders whatever threads write them. A chance of 0 to 1 each.
_CHANCE = "(hash(i * {prime}) >> 11) / 9007199254740992.0"


def write_orders(file: Path, *, orders: int, customers: int) -> None:
    """Write orders over 25 months by customers of very different appetite; one in twelve is a return."""
    appetite, moment, size, back = (_CHANCE.format(prime=prime) for prime in (19, 31, 43, 59))
    with duckdb.connect() as database:
        database.execute(f"""
            COPY (
                SELECT 'O' || lpad(i::VARCHAR, 10, '0') AS order_id,
                       'C' || lpad(floor(pow({appetite}, 1.5) * {customers})::BIGINT::VARCHAR, 9, '0') AS customer_id,
                       TIMESTAMP '2022-01-01' + to_seconds(({moment} * 86400 * 760)::BIGINT) AS ordered_at,
                       round(exp(3 + {size} * 2) * (CASE WHEN {back} < 1 / 12 THEN -1 ELSE 1 END), 2) AS amount
                FROM range({orders}) AS t(i)
            ) TO '{file}' (FORMAT parquet)""")


def differences(one: Path, other: Path) -> dict[str, Any]:
    """Compare the features of two sides to the last bit: rows, and the columns in which any customer differs."""
    found, wanted = _prints(one), _prints(other)
    names = sorted((found.keys() | wanted.keys()) - {"rows"})
    return {
        "customers": [found["rows"], wanted["rows"]],
        "columns": len(names),
        "columns_that_differ": [name for name in names if found.get(name) != wanted.get(name)],
    }


def sums(features: Path) -> dict[str, float]:
    """Return the sum of each column but the customers' names."""
    with duckdb.connect() as database:
        return _row(database, features, "sum({name})::DOUBLE")


def _prints(features: Path) -> dict[str, Any]:
    """Return the number of rows and for each column a sum of hashes of customer and value, whatever the order."""
    with duckdb.connect() as database:
        rows = database.execute(f"SELECT count(*) FROM {_read(features)}").fetchall()[0][0]
        # Zero has two signs, which compare as equal and hash apart; integers differ in width between engines.
        return {"rows": rows} | _row(database, features, "sum(hash(customer_id, {name}::DOUBLE + 0.0)::HUGEINT)")


def _row(database: Any, features: Path, term: str) -> dict[str, Any]:
    columns = [row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {_read(features)}").fetchall()]
    columns = [name for name in columns if name != "customer_id"]
    terms = ", ".join(term.format(name=f'"{name}"') for name in columns)
    return dict(zip(columns, database.execute(f"SELECT {terms} FROM {_read(features)}").fetchall()[0], strict=True))


def _read(features: Path) -> str:
    return f"read_parquet('{features / '*.parquet' if features.is_dir() else features}')"


def on_duckdb(file: Path, to: Path, _memory: str) -> dict[str, Any]:
    """Describe the customers and write them, without a row in Python."""
    con = reading.connect()
    con.to_parquet(churn.features(con.read_parquet(file), cutoff=CUTOFF), to)
    return {"engine": f"DuckDB {duckdb.__version__}"}


def as_a_notebook(file: Path, to: Path, _memory: str) -> dict[str, Any]:
    """Open the CRM with all its checks, and take the features as a frame."""
    began = time.perf_counter()
    orders = crm.open(file.parent).table("orders")
    opened = time.perf_counter() - began
    frame = churn.features(orders, cutoff=CUTOFF).to_pyarrow().to_pandas()
    seconds = time.perf_counter() - began
    frame.to_parquet(to)
    return {"engine": f"DuckDB {duckdb.__version__}", "opened_seconds": opened, "seconds": seconds}


def on_spark(file: Path, to: Path, memory: str) -> dict[str, Any]:
    """Describe the customers by Spark's own SQL, of the same expression, and have Spark write them."""
    import pyspark
    from pyspark.sql import SparkSession

    began = time.perf_counter()
    settings: dict[str, Any] = {
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Djava.io.tmpdir={tempfile.gettempdir()}",
        "spark.local.dir": tempfile.gettempdir(),
        "spark.sql.warehouse.dir": tempfile.gettempdir(),
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master(f"local[{CORES}]").config(map=settings).getOrCreate()
    started = time.perf_counter() - began
    orders = ibis.pyspark.connect(session).read_parquet(str(file))
    session.sql(ibis.to_sql(churn.features(orders, cutoff=CUTOFF), dialect="pyspark")).write.parquet(str(to))
    seconds = time.perf_counter() - began
    _end(session)
    return {"engine": f"Spark {pyspark.__version__}", "started_seconds": started, "seconds": seconds}


def _end(session: Any) -> None:
    """Wait for the end of Spark's Java, so that what it used is counted."""
    gateway = session.sparkContext._gateway
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)


def main() -> None:
    """Compute one side."""
    side, file, to = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    sides: dict[str, Callable[[Path, Path, str], dict[str, Any]]] = dict(
        zip(SIDES, (on_duckdb, as_a_notebook, on_spark), strict=True)
    )
    began = time.perf_counter()
    found = sides[side](file, to, (sys.argv[4:] or ["8g"])[0])
    found = {"seconds": time.perf_counter() - began} | found
    to.with_name(f"{to.name}.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
