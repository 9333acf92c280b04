"""What do we hold, field by field: is it filled, is it used, what would deleting it save and cost?

In: the tables of a whole CRM, what its models read.   Out: `Fields`; an `Outcome` for each of three checks.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench import personal
from workbench.errors import InputError
from workbench.governance.case import ABOUT_DATA, Tables
from workbench.governance.field_facts import EXACT_ROWS, field_facts, is_event, of_contract
from workbench.governance.finding import Outcome, judged
from workbench.governance.redundancy import ROWS_A_VALUE

Row = Mapping[Hashable, Any]
FieldVerdict = Literal["active", "unused", "abandoned", "redundant"]
VERDICTS: tuple[FieldVerdict, ...] = ("active", "unused", "abandoned", "redundant")
NOT_EVIDENCED = "not evidenced"
_THE_CONTRACT = "the data contract"
# How people write into a register that nothing uses a field.
_NOBODY = ("", "-", "–", "none", "nobody", "nothing", "n/a")
_MOST_MONTHS = 36


@dataclass(frozen=True, eq=False, kw_only=True)
class Fields:
    """One row per field in `table`: table, column, rows, filled_share, distinct (values), last_change (naive UTC; NaT
    where the table knows no time), used_by, personal and sensitive (what says so: register, name, content; else empty),
    lawful_basis, owner, bytes, verdict, why, saves_bytes (what deleting it saves, where its verdict is not active),
    costs_auc (by how much churn is told worse without it; missing where nobody measured), and for each model whose
    worth was given worth_<model> with _low and _high.

    `activated`: of what (fields, bytes) is filled, how much is used, not_evidenced, total, and the share used.
    `by_verdict`: verdict, fields, bytes and their share of all bytes. `registered`: is there a register? `note` says
    what all of it rests on.
    """

    table: pd.DataFrame
    activated: pd.DataFrame
    by_verdict: pd.DataFrame
    registered: bool
    note: str

    def with_worths(self, worths: Mapping[str, pd.DataFrame]) -> "Fields":
        """Add what each model loses without a field: by model, a frame of field (table.column), value, low and high.

        Of churn that is `costs_auc`, and none for a field that it does not read. InputError: a field that is no
        table.column, or comes twice.
        """
        names = self.table["table"] + "." + self.table["column"]
        columns = {name: v for model, worth in worths.items() for name, v in _of_model(names, model, worth).items()}
        table = self.table.assign(**columns)
        if "churn" in worths:
            table["costs_auc"] = table["worth_churn"].mask(~names.isin(worths["churn"]["field"]), 0.0)
        return replace(self, table=table)

    @property
    def activated_share(self) -> float | None:
        """The share of filled fields that something uses; None without a register or without a filled field."""
        fields = self.activated.iloc[0]
        return float(fields["share"]) if self.registered and fields["total"] else None


def audit_fields(
    tables: Tables,
    *,
    seen_at: pd.Timestamp,
    features: Mapping[str, Collection[str]] | None = None,
    months: int = 12,
) -> Fields:
    """Look at every field of every table but the register, transfers and assessments.

    `features` has for each consumer the fields that it reads, as table.column. Verdicts: *unused*, never filled or used
    by nothing; *abandoned*, used by nothing and unchanged for more than so many `months` before `seen_at`, while its
    table still gets rows; *redundant*, determined by another column (`redundancy.determined`); else *active*. Columns
    that the contract needs count as used, those that it knows are never redundant, nor unused where they are empty but
    something reads them, or where they tell of an event that has not happened. A field that no register names is judged
    by its content alone. InputError: months below 1; a feature that is no table.column.

    >>> import ibis
    >>> customers = ibis.memtable({"customer_id": ["1", "2"], "fax": [" ", ""]})
    >>> audit_fields({"customers": customers}, seen_at=pd.Timestamp("2025-01-01")).table[["column", "verdict", "why"]]
            column verdict                         why
    0  customer_id  active  used by the data contract
    1          fax  unused                never filled
    """
    if months < 1:
        raise InputError(f"months: {months} is too few; at least 1 must pass before a field counts as abandoned")
    facts = field_facts({name: table for name, table in tables.items() if name not in ABOUT_DATA})
    table = facts.merge(_register(tables), how="left", on=["table", "column"])
    table["used_by"] = _users(table, features or {})
    for kind, by_name in (("personal", personal.personal_by_name), ("sensitive", personal.sensitive_by_name)):
        table[kind] = [_said_by(row, kind, by_name) for row in table.to_dict("records")]
    verdicts = [_verdict(row, seen_at, months) for row in table.to_dict("records")]
    table[["verdict", "why"]] = pd.DataFrame(verdicts, columns=["verdict", "why"], dtype="str")
    table["saves_bytes"] = table["bytes"].where(table["verdict"] != "active", 0)
    return _sum_up(table[_COLUMNS].assign(costs_auc=float("nan")), registered="fields" in tables)


def field_outcomes(fields: Fields) -> dict[str, Outcome]:
    """Return what the checks field_unused, field_abandoned and field_redundant found; keys are table and column.

    Unproven are the fields of which no register tells the use, for abandoned only where their table knows no time
    either; and for redundant those of tables that are too small to tell repetition from chance.

    >>> import ibis
    >>> customers = ibis.memtable({"customer_id": ["1", "2"], "segment": ["a", "b"]})
    >>> found = audit_fields({"customers": customers}, seen_at=pd.Timestamp("2025-01-01"))
    >>> field_outcomes(found)["field_unused"].verdict
    'not evidenced'
    """
    table = fields.table
    unknown = (table["used_by"] == NOT_EVIDENCED) & (table["filled_share"] > 0)
    own = pd.Series(
        [of_contract(*key) is None for key in zip(table["table"], table["column"], strict=True)], dtype=bool
    )
    unproven = {
        "unused": unknown,
        "abandoned": unknown & table["last_change"].isna(),
        "redundant": (table["distinct"] > 1) & (table["rows"] < 2 * ROWS_A_VALUE) & own,
    }
    return {f"field_{verdict}": _outcome(fields, verdict, open_) for verdict, open_ in unproven.items()}


def _outcome(fields: Fields, verdict: str, unproven: pd.Series) -> Outcome:
    verdicts = fields.table["verdict"]
    accused = fields.table.loc[verdicts == verdict, ["table", "column"]].reset_index(drop=True)
    return judged(
        int((fields.table["rows"] > 0).sum()),
        accused,
        unproven=int((unproven & (verdicts == "active")).sum()),
        note=fields.note,
    )


_COLUMNS = ["table", "column", "rows", "filled_share", "distinct", "last_change", "used_by", "personal", "sensitive"]
_COLUMNS += ["lawful_basis", "owner", "bytes", "verdict", "why", "saves_bytes"]
_REGISTER = ("table", "column", "personal", "sensitive", "lawful_basis", "owner", "used_by")


def _register(tables: Tables) -> pd.DataFrame:
    """Return the register with `registered` true in each row; empty where there is none."""
    if "fields" not in tables:
        return pd.DataFrame(columns=[*_REGISTER, "registered"], dtype="str")
    register: pd.DataFrame = tables["fields"].to_pyarrow().to_pandas().reindex(columns=list(_REGISTER))
    return register.assign(registered="yes").drop_duplicates(["table", "column"])


def _users(table: pd.DataFrame, features: Mapping[str, Collection[str]]) -> list[str]:
    """Return who uses each field, as far as anything says so; empty where the register says that nothing does."""
    if bad := [field for fields in features.values() for field in fields if field.count(".") != 1]:
        raise InputError(f"features: '{bad[0]}' must be table.column")
    return [_users_of(row, features) for row in table.to_dict("records")]


def _users_of(field: Row, features: Mapping[str, Collection[str]]) -> str:
    said = field["used_by"] if isinstance(field["used_by"], str) else ""
    name, known = f"{field['table']}.{field['column']}", of_contract(field["table"], field["column"])
    users = [] if said.strip().casefold() in _NOBODY else [said.strip()]
    users += [consumer for consumer, fields in features.items() if name in fields]
    if not users and known is not None and known.required:
        users = [_THE_CONTRACT]
    return "; ".join(dict.fromkeys(users)) or ("" if field["registered"] == "yes" else NOT_EVIDENCED)


def _said_by(field: Row, kind: str, by_name: Any) -> str:
    """Return what says that a field is personal or sensitive: the register, its name, its content."""
    named = by_name(field["column"], table=field["table"]) if kind == "personal" else by_name(field["column"])
    content = kind == "personal" and isinstance(field["looks"], str)
    says = {"register": field[kind] is True, "name": bool(named), "content": content}
    return ", ".join(source for source, yes in says.items() if yes)


def _verdict(field: Row, seen_at: pd.Timestamp, months: int) -> tuple[FieldVerdict, str]:
    users, empty = field["used_by"], not field["filled_share"]
    used = users not in ("", NOT_EVIDENCED)
    known = of_contract(field["table"], field["column"]) is not None
    waits = bool(users) and is_event(field["table"], field["column"])
    if empty and field["rows"] and not waits and not (used and known):
        return "unused", "never filled" + (f", though {users} should use it" if used else "")
    if not used and not waits and (unchanged := _unchanged(field, seen_at, months)):
        return "abandoned", f"no change for {unchanged} months, while {field['table']} still gets rows"
    if not users:
        return "unused", "the register says that nothing uses it"
    if isinstance(field["determined_by"], str):
        return "redundant", f"{field['determined_by']} says it already"
    if empty:
        return "active", "nothing to fill it with has happened yet"
    return "active", f"used by {users}" if used else "filled; what uses it is not evidenced"


def _unchanged(field: Row, seen_at: pd.Timestamp, months: int) -> str:
    """Say for how many months a field has not changed; empty where it has, or where its table gets no rows either."""
    changed, latest = field["last_change"], field["last_row"]
    too_old = seen_at - pd.DateOffset(months=months)
    if pd.isna(changed) or changed >= too_old or latest < too_old:
        return ""
    gone = (seen_at.year - changed.year) * 12 + seen_at.month - changed.month
    gone -= changed + pd.DateOffset(months=gone) > seen_at
    return str(gone) if gone <= _MOST_MONTHS else f"more than {_MOST_MONTHS}"


def _of_model(names: pd.Series, model: str, worth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what one model loses without each of the fields, with its interval; missing where nobody measured."""
    if len(bad := worth.loc[~worth["field"].astype("str").str.fullmatch(r"[^.]+\.[^.]+"), "field"]):
        raise InputError(f"worth of {model}: field '{bad.iloc[0]}' must be table.column")
    if worth["field"].duplicated().any():
        raise InputError(f"worth of {model}: a field has two rows; there must be one")
    rows = worth.set_index("field").reindex(names)
    return {f"worth_{model}{end}": rows[end[1:] or "value"].to_numpy(float) for end in ("", "_low", "_high")}


def _sum_up(table: pd.DataFrame, *, registered: bool) -> Fields:
    filled = table[table["filled_share"] > 0]
    unknown = filled["used_by"] == NOT_EVIDENCED
    used = ~unknown & (filled["used_by"] != "")
    rows = {
        "fields": [int(used.sum()), int(unknown.sum()), len(filled)],
        "bytes": [int(filled["bytes"].where(which, 0).sum()) for which in (used, unknown, used | True)],
    }
    activated = pd.DataFrame.from_dict(rows, orient="index", columns=["used", "not_evidenced", "total"])
    activated = activated.rename_axis("what").reset_index()
    activated["share"] = activated["used"] / activated["total"].where(activated["total"] > 0)
    verdicts = table.groupby("verdict").agg(fields=("bytes", "size"), bytes=("bytes", "sum"))
    verdicts = verdicts.reindex(list(VERDICTS), fill_value=0).rename_axis("verdict").reset_index()
    verdicts["share"] = verdicts["bytes"] / max(int(verdicts["bytes"].sum()), 1)
    note = _note(table, activated, registered)
    return Fields(table=table, activated=activated, by_verdict=verdicts, registered=registered, note=note)


def _note(table: pd.DataFrame, activated: pd.DataFrame, registered: bool) -> str:
    fields, size = activated.to_dict("records")
    said = f"{fields['used']} of {fields['total']} filled fields are used, {size['used']:,} of {size['total']:,} bytes."
    if not registered:
        said = "No table fields: what uses a field is not evidenced, and verdicts rest on what stands in it."
    elif fields["not_evidenced"]:
        said += f" Of {fields['not_evidenced']} fields the register says nothing: their use is not evidenced."
    large = sorted(table.loc[table["rows"] > EXACT_ROWS, "table"].unique())
    return said + (f" Distinct values are approximate in {', '.join(large)}." if large else "")
