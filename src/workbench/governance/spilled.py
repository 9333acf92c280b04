"""Personal data where it should not be: in free text, and in columns that no register names as personal.

In: a `Case`.   Out: `Outcome`s; notes name columns and counts, never a value.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

import ibis
import pandas as pd

from workbench.crm.contract import TABLES
from workbench.governance.case import Case, Tables
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.personal import identify, may_identify, personal_by_name

# Free text has a check of its own; the register speaks of columns and of whom to ask about them, not of customers.
_TEXT, _REGISTER = ("messages", "text"), "fields"


def personal_data_in_text(case: Case) -> Outcome:
    """Accuse messages (message_id, kind) in whose text something certainly points at somebody (`personal.identify`)."""
    if "messages" not in case.tables:
        return not_evidenced("no table messages")
    messages = case.tables["messages"]
    if "text" not in messages.columns:
        return not_evidenced("messages has no column text")
    looked_at = int(messages.text.count().to_pyarrow().as_py())
    return judged(looked_at, _spilled(messages, "text", keys=["message_id"], countries=case.countries))


def personal_data_in_column(case: Case) -> Outcome:
    """Accuse rows (table, column, their keys, kind) that hold personal data in a column not registered as personal.

    Every column of text is searched but ids of the contract. Without a register, columns whose name or whose contract
    says that they hold personal data are left out: nobody can say whether they may, so they are `unproven`.
    """
    searched, unsaid = _columns(case.tables)
    found = [_in_column(case, table, column) for table, column in searched]
    accused = pd.concat([frame for frame in found if len(frame)]) if any(map(len, found)) else pd.DataFrame()
    looked_at = sum(_filled(case.tables[table], [c for t, c in searched if t == table]) for table in dict(searched))
    if not looked_at and not unsaid:
        return not_applicable("no column of text beside those that are registered as personal")
    note = (
        f"no register says whether these may hold personal data: {', '.join(map('.'.join, unsaid))}" if unsaid else ""
    )
    return judged(looked_at, accused.reset_index(drop=True), unproven=len(unsaid), note=note)


def _columns(tables: Tables) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the columns to search, and those of which no register says whether they may hold personal data."""
    registered = _registered(tables)
    candidates = [pair for pair in _text_columns(tables) if pair != _TEXT and pair[0] != _REGISTER]
    if registered is not None:
        return [pair for pair in candidates if pair not in registered], []
    unsaid = [pair for pair in candidates if _says_personal(*pair)]
    return [pair for pair in candidates if pair not in unsaid], unsaid


def _registered(tables: Tables) -> set[tuple[str, str]] | None:
    """Return the columns that the register marks as personal; None where there is no register."""
    if _REGISTER not in tables or "personal" not in tables[_REGISTER].columns:
        return None
    fields = tables[_REGISTER]
    rows = fields.filter(fields.personal).select("table", "column").distinct().to_pyarrow().to_pylist()
    return {(row["table"], row["column"]) for row in rows}


def _text_columns(tables: Tables) -> Iterator[tuple[str, str]]:
    for name, table in tables.items():
        for column, kind in table.schema().items():
            said = TABLES[name].column(column) if name in TABLES else None
            if kind.is_string() and not (said and said.kind == "id"):
                yield name, column


def _says_personal(table: str, column: str) -> bool:
    said = TABLES[table].column(column) if table in TABLES else None
    return bool(said and said.personal) or personal_by_name(column, table=table) is not None


def _filled(table: ibis.Table, columns: Sequence[str]) -> int:
    row = table.aggregate(**{column: table[column].count() for column in columns}).to_pyarrow().to_pylist()[0]
    return sum(row.values())


def _in_column(case: Case, table: str, column: str) -> pd.DataFrame:
    found = _spilled(
        case.tables[table], column, keys=_keys(case.tables[table], table, column), countries=case.countries
    )
    # The key of transfers is a table's name itself.
    found = found.rename(columns={"table": "row_table"})
    return pd.concat([pd.DataFrame({"table": table, "column": column}, index=found.index), found], axis=1)


def _keys(table: ibis.Table, name: str, searched: str) -> list[str]:
    """Return the columns that tell rows apart: the table's key, else its ids and times; never the one searched."""
    spec = TABLES.get(name)
    if spec is None:
        return []
    told = [column.name for column in spec.columns if column.required and column.kind in ("id", "timestamp")]
    return [key for key in spec.key or told if key in table.columns and key != searched]


def _spilled(table: ibis.Table, column: str, *, keys: list[str], countries: Sequence[str]) -> pd.DataFrame:
    """Return the keys of the rows in whose text something personal stands, and of which kinds.

    Of a column with few values, such as a channel, each value is looked at once; only those that may hold something
    leave the engine.
    """
    values = table.select(value=column).distinct()
    frame = values.filter(values.value.re_search(_first_look(table.get_backend().name))).to_pyarrow().to_pandas()
    texts = frame["value"].astype("str")
    found = identify(texts, countries=countries)
    kinds = found.drop_duplicates(["row", "kind"]).groupby("row")["kind"].agg(", ".join)
    said = pd.DataFrame({"value": texts.to_numpy()[kinds.index], "kind": kinds.to_numpy()}, dtype="str")
    if said.empty:
        return pd.DataFrame(columns=[*keys, "kind"])
    rows = table.select(*keys, _value=column).join(ibis.memtable(said), [("_value", "value")])
    accused: pd.DataFrame = rows.select(*keys, "kind").to_pyarrow().to_pandas()
    return accused.sort_values(keys or "kind", ignore_index=True)


@cache
def _first_look(engine: str) -> str:
    """Return `may_identify` as an engine reads it: capitals beyond ASCII, which few engines fold, are spelt out.

    PostgreSQL knows no classes of Unicode, and takes options at the beginning alone: there more texts may match.
    """
    pattern = "".join(f"[{sign}{sign.upper()}]" if _is_small(sign) else sign for sign in may_identify())
    if engine != "postgres":
        return pattern
    # All digits lie in the first two planes.
    digits = "".join(sign for sign in map(chr, range(0x20000)) if unicodedata.category(sign) in ("Nd", "No"))
    plain = pattern.replace(r"\p{Nd}\p{No}", digits).replace("(?i:", "(?:").replace("(?s:", "(?:")
    return f"(?is){plain}"


def _is_small(sign: str) -> bool:
    return not sign.isascii() and len(sign.upper()) == 1 and sign.upper() != sign
