"""Your own tables: any CSV, Parquet or Excel files, and a YAML file that maps their columns to the data contract.

In: files and the mapping.   Out: the mapped tables. The mapping names tables of the contract, each with its file:

    customers:
      file: kunden.csv
      columns:
        customer_id: Kundennummer
        country: {from: Land, values: {Deutschland: DE, Frankreich: FR}}   # other values stay as they are
      keep: [Branche, Aussendienst]                                        # attributes beyond the contract
    orders:
      file: verkauf.xlsx#2025                                              # sheet 2025 of a workbook
      columns:
        order_id: {numbered: true}                                         # no id in the file: number the rows
        customer_id: Kunde
        ordered_at: {from: Datum, format: "%d.%m.%Y %H:%M", timezone: Europe/Berlin}
        amount: Betrag                                                     # decimal comma or point: found out
        currency: {value: EUR}                                             # the same in every row
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

import ibis
import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from workbench.crm import conform, reading
from workbench.crm.contract import TABLES
from workbench.crm.sources import Imported, Rule, snake
from workbench.errors import InputError, did_you_mean

Name = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Origin(_Strict):
    """Where the values of a contract column come from: a column of the file, one value, or the number of the row."""

    column: Name | None = Field(default=None, alias="from")
    format: Name | None = None
    timezone: Name | None = None
    values: dict[str, str] = {}
    value: str | int | float | bool | None = None
    numbered: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [self.column is not None, self.value is not None, self.numbered]
        if sum(given) != 1:
            raise ValueError("needs one of 'from', 'value' and 'numbered'")
        if self.timezone and self.timezone not in available_timezones():
            raise ValueError(f"unknown timezone '{self.timezone}'{did_you_mean(self.timezone, available_timezones())}")
        return self


def _spelled_out(given: object) -> object:
    if not isinstance(given, str | dict):
        raise ValueError("must be the name of a column (in quotes where YAML reads something else) or an origin")
    return {"from": given} if isinstance(given, str) else given


class TableMapping(_Strict):
    """One table of the contract: its file, the origin of its columns, and further columns to keep."""

    file: Name
    columns: Annotated[dict[str, Annotated[Origin, BeforeValidator(_spelled_out)]], Field(min_length=1)]
    keep: list[Name] = []


def read(files: Sequence[Path], *, mapping: Path | None = None) -> Imported:
    """Read the files as the mapping says; every fault of the mapping in one InputError."""
    if mapping is None:
        raise InputError("tables: needs --mapping FILE, a YAML that maps columns to the contract")
    wanted = _mapping(mapping)
    con = reading.connect()
    found = reading.read_files(con, files)
    if faults := [fault for name, table in wanted.items() for fault in _faults(name, table, found)]:
        raise InputError("\n".join(f"{mapping}: {fault}" for fault in faults))
    tables, rules = {}, []
    for name, table in wanted.items():
        mapped = _mapped(table, found[table.file])
        given = con.create_table(name, mapped.table)
        once = con.create_table(f"{name}_once", given.distinct()) if TABLES[name].key else given
        tables[name] = replace(mapped, table=once)
        rows, kept = (int(one.count().to_pyarrow().as_py()) for one in (given, once))
        rules.append(Rule(rule=f"{name}: row of {table.file}", rows=rows, what="read"))
        rules.append(Rule(rule=f"{name}: row repeated exactly", rows=rows - kept, what="kept once"))
    return Imported(tables=tables, rules=tuple(rules))


def _mapping(path: Path) -> dict[str, TableMapping]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    try:
        return TypeAdapter(dict[str, TableMapping]).validate_python(values)
    except ValidationError as error:
        raise InputError("\n".join(f"{path}: {_say(fault)}" for fault in error.errors())) from None


def _say(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    key = str(fault["loc"][-1]) if fault["loc"] else ""
    if fault["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in (TableMapping.model_fields | Origin.model_fields).items()]
        return f"unknown key '{place}'{did_you_mean(key, known)}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}, found {fault['input']!r}" if place else f"must map tables, found {fault['input']!r}"


def _faults(name: str, table: TableMapping, found: Mapping[str, conform.Raw]) -> list[str]:
    if name not in TABLES:
        return [f"'{name}' is no table of the contract{did_you_mean(name, TABLES)}"]
    spec = TABLES[name]
    known = [column.name for column in spec.columns]
    faults = [
        f"{name}: '{column}' is no column of the contract{did_you_mean(column, known)}; further columns go under 'keep'"
        for column in table.columns
        if column not in known
    ]
    missing = [column.name for column in spec.required if column.name not in table.columns]
    faults += [f"{name}: required column '{column}' is not mapped" for column in missing]
    if table.file not in found:
        return [*faults, f"{name}: no file '{table.file}' among {', '.join(found)}{did_you_mean(table.file, found)}"]
    there = found[table.file].table.columns
    used = [one.column for one in table.columns.values()] + list(table.keep)
    return faults + [
        f"{name}: no column '{column}' in {table.file}{did_you_mean(column, there)}"
        for column in used
        if column is not None and column not in there
    ]


def _mapped(mapping: TableMapping, raw: conform.Raw) -> conform.Raw:
    """Return the columns under the contract's names as text, to be checked and cast like any CSV file."""
    columns = {name: _values(origin, raw) for name, origin in mapping.columns.items()}
    kept = {snake(n): conform.number(raw, n) if n in raw.numeric else raw.table[n] for n in mapping.keep}
    comma = frozenset(name for name, origin in mapping.columns.items() if origin.column in raw.decimal_comma)
    return conform.Raw(table=raw.table.select(**columns, **kept), from_text=True, decimal_comma=comma)


def _values(origin: Origin, raw: conform.Raw) -> ibis.Value:
    """Return the values of one column as text; times that are not written as the mapping says stay as they are."""
    if origin.numbered:
        return (ibis.row_number() + 1).cast("string")
    if origin.column is None:
        return ibis.literal(str(origin.value))
    value = _as_text(raw.table[origin.column])
    if origin.values:
        value = value.cases(*origin.values.items(), else_=value)
    if origin.format or origin.timezone:
        time = conform.parse(value, origin.format) if origin.format else value.try_cast("timestamp")
        time = conform.utc(time, origin.timezone) if origin.timezone else time
        value = ibis.coalesce(time.cast("string"), value)
    return value


def _as_text(value: ibis.Value) -> ibis.Value:
    if value.type().is_floating():  # ids that went through pandas: 17850.0 is 17850
        whole = value.try_cast("int64")
        return ibis.ifelse(value == whole, whole.cast("string"), value.cast("string"))
    return value.cast("string")
