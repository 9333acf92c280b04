"""One question asked of many moments: what hangs on a moment is compiled once and run for each.

In: moments, how to make the table of one.   Out: the rows of each.
"""

from collections.abc import Callable, Iterator, Sequence

import ibis
import pandas as pd

_MOMENT = "workbench_moment"


def at_each(moments: Sequence[pd.Timestamp], build: Callable[[ibis.Value], ibis.Table]) -> Iterator[pd.DataFrame]:
    """Yield the rows of `build(moment)` for each moment, which it is given as an Ibis timestamp.

    On DuckDB the table is compiled once, with a variable in the moment's place: for a small market compiling takes ten
    times as long as the answer. Other engines are asked anew for each.

    >>> days = ibis.memtable({"day": pd.to_datetime(["2024-01-01", "2024-02-01"])})
    >>> middles = [pd.Timestamp("2024-01-15"), pd.Timestamp("2024-02-15")]
    >>> [len(found) for found in at_each(middles, lambda moment: days.filter(days.day < moment))]
    [1, 2]
    """
    table = build(_variable(_MOMENT))
    backend = table.get_backend()
    if backend.name != "duckdb":
        for moment in moments:
            yield build(ibis.timestamp(moment.to_pydatetime())).to_pyarrow().to_pandas()
        return
    sql, schema = "", table.schema().to_pyarrow()
    for place, moment in enumerate(moments):
        backend.raw_sql(f"SET VARIABLE {_MOMENT} = TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'")
        if not place:
            # Ibis runs it first, and so brings tables in memory to where they are read.
            yield table.to_pyarrow().to_pandas()
            continue
        sql = sql or backend.compile(table)
        yield backend.raw_sql(sql).to_arrow_table().cast(schema).to_pandas()


@ibis.udf.scalar.builtin(name="getvariable", signature=(("string",), "timestamp"))  # type: ignore[untyped-decorator]
def _variable(called: str) -> None: ...
