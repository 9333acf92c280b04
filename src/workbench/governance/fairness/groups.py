"""Which groups are customers of: by what laws guard, by what stands for it, by two of these at once?

In: the tables of a CRM, a moment.   Out: `Attributes`, each a group of every customer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from workbench import personal

Kind = Literal["sensitive", "proxy", "intersection"]

MOST_VALUES = 12
TOO_MANY = "too many"
SENSITIVE = ("gender", "age band")
OLDEST = 120
AGES = ("under 18", "18-29", "30-44", "45-59", "60 and over")
TENURES = ("under 1 year", "1-2 years", "over 2 years")
PROXIES = {"language": "origin", "region": "origin and income", "country": "origin", "tenure": "age"}
_REGIONS = ("region", "state", "county")
_POSTCODES = ("postcode", "postal_code", "zip", "zip_code")
_YEAR_DAYS = 365.25


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribute:
    """The group of every customer (`of`, by customer_id; missing: not known) by one attribute.

    `stands_for` says of a proxy what it may stand for; it is empty otherwise.
    """

    name: str
    kind: Kind
    stands_for: str
    of: pd.Series


@dataclass(frozen=True, eq=False, kw_only=True)
class Attributes:
    """What customers can be grouped by (`held`), what not and why (`absent`), and who is known at all.

    `sensitive` are the names of all, held or absent, that are no proxies.
    """

    held: tuple[Attribute, ...]
    absent: Mapping[str, str]
    sensitive: Collection[str]
    known: pd.Index


def read_attributes(tables: Mapping[str, ibis.Table], *, seen_at: pd.Timestamp) -> Attributes:
    """Read from `customers` what can tell groups apart, as of a moment (naive UTC).

    Sensitive are gender, the age band (by birth_year) and columns that the register marks so or whose names say so;
    language, region (or the first two signs of a postcode, one where two are too many), country and tenure are proxies.
    Two sensitive attributes at once are an intersection. More than 12 values, spellings merged, cannot be compared.

    >>> rows = {"customer_id": ["1", "2"], "gender": ["female", " Male"], "birth_year": [1990, None]}
    >>> found = read_attributes({"customers": ibis.memtable(rows)}, seen_at=pd.Timestamp("2026-01-01"))
    >>> [(one.name, one.of.tolist()) for one in found.held]
    [('gender', ['female', 'Male'])]
    >>> found.absent["age band"], found.absent["language"]
    ('not applicable: everybody is 30-44', 'no column language in customers')
    """
    sensitive = _sensitive(tables)
    customers = _customers(tables, sensitive)
    if customers is None:
        nobody = pd.Index([], dtype="str")
        return Attributes(held=(), absent={"gender": "no table customers"}, sensitive=SENSITIVE, known=nobody)
    values = {"gender": _column(customers, "gender"), "age band": _ages(customers, seen_at)}
    values |= {name: _column(customers, name) for name in sensitive}
    values |= {
        "language": _column(customers, "language"),
        "region": _regions(customers),
        "country": _column(customers, "country"),
        "tenure": _tenures(customers, seen_at),
    }
    held = [
        _attribute(name, of, sensitive)
        for name, of in values.items()
        if not isinstance(of, str) and not _unfit(name, of)
    ]
    absent = {name: of if isinstance(of, str) else _unfit(name, of) for name, of in values.items()}
    return Attributes(
        held=(*held, *_both(held)),
        absent={name: why for name, why in absent.items() if why},
        sensitive=(*SENSITIVE, *sensitive),
        known=customers.index,
    )


def _customers(tables: Mapping[str, ibis.Table], sensitive: Collection[str]) -> pd.DataFrame | None:
    """Return what is needed of customers, one row each, by customer_id."""
    if "customers" not in tables:
        return None
    needed = {"customer_id", "gender", "birth_year", "signup_at", "language", "country", *sensitive}
    plain = {name: name.strip().lower() for name in tables["customers"].columns}
    wanted = [name for name in plain if name in needed or plain[name] in (*_REGIONS, *_POSTCODES)]
    frame: pd.DataFrame = tables["customers"].select(*wanted).to_pyarrow().to_pandas()
    frame = frame.dropna(subset=["customer_id"]).astype({"customer_id": "str"})
    return frame.drop_duplicates("customer_id").set_index("customer_id")


def _sensitive(tables: Mapping[str, ibis.Table]) -> list[str]:
    """Return the further columns of customers that the register or their names call sensitive."""
    registered: set[str] = set()
    if "fields" in tables and "sensitive" in tables["fields"].columns:
        rows: pd.DataFrame = tables["fields"].to_pyarrow().to_pandas()
        registered = set(rows.loc[(rows["table"] == "customers") & rows["sensitive"].eq(True), "column"])
    held = tables["customers"].columns if "customers" in tables else ()
    named = [name for name in held if name in registered or personal.sensitive_by_name(name)]
    return [name for name in named if name not in ("customer_id", "gender", "birth_year")]


def _attribute(name: str, of: pd.Series, sensitive: Collection[str]) -> Attribute:
    proxy = name in PROXIES and name not in sensitive
    return Attribute(
        name=name,
        kind="proxy" if proxy else "sensitive",
        stands_for=f"a proxy for {PROXIES[name]}" if proxy else "",
        of=of,
    )


def _both(held: list[Attribute]) -> list[Attribute]:
    """Return the intersection of the first two sensitive attributes."""
    pair = [one for one in held if one.kind == "sensitive"][:2]
    if len(pair) < 2:
        return []
    name = " and ".join(one.name for one in pair)
    return [Attribute(name=name, kind="intersection", stands_for="", of=pair[0].of + ", " + pair[1].of)]


def _unfit(name: str, of: pd.Series) -> str:
    """Say why groups cannot be compared; empty where they can."""
    values = of.dropna().unique()
    if len(values) > MOST_VALUES:
        return f"{len(values):,} different values of {name} are {TOO_MANY}; at most {MOST_VALUES} can be compared"
    if len(values) == 1:
        return f"not applicable: everybody is {values[0]}"
    return "" if len(values) else f"not known of anybody: {name} is empty"


def _column(customers: pd.DataFrame, name: str) -> pd.Series | str:
    if name not in customers:
        return f"no column {name} in customers"
    return spelt_alike(customers[name])


def spelt_alike(values: pd.Series) -> pd.Series:
    """Return texts that differ only in case and blanks around them in their most frequent spelling; blank is missing.

    >>> spelt_alike(pd.Series([" f", "F", "F", "", None])).tolist()
    ['F', 'F', 'F', nan, nan]
    """
    texts = values.astype("str").str.strip()
    texts = texts.mask(values.isna() | (texts == ""))
    rarest_first = texts.value_counts().index[::-1]
    return texts.str.casefold().map({text.casefold(): text for text in rarest_first}).astype("str")


def _ages(customers: pd.DataFrame, seen_at: pd.Timestamp) -> pd.Series | str:
    if "birth_year" not in customers:
        return "no column birth_year in customers"
    if pd.isna(seen_at):
        return "no day in the data to tell an age by"
    age = seen_at.year - pd.to_numeric(customers["birth_year"], errors="coerce").astype(float)
    return _bands(age.where(age.between(0, OLDEST)), (18, 30, 45, 60), AGES)


def _tenures(customers: pd.DataFrame, seen_at: pd.Timestamp) -> pd.Series | str:
    if "signup_at" not in customers:
        return "no column signup_at in customers"
    if pd.isna(seen_at):
        return "no day in the data to tell a tenure by"
    years = (seen_at - pd.to_datetime(customers["signup_at"])).dt.total_seconds() / 86_400 / _YEAR_DAYS
    return _bands(years.where(years >= 0), (1, 2), TENURES)


def _bands(values: pd.Series, edges: tuple[int, ...], names: tuple[str, ...]) -> pd.Series:
    band = np.array(names)[np.searchsorted(edges, values.fillna(0), side="right")]
    return pd.Series(band, index=values.index, dtype="str").where(values.notna())


def _regions(customers: pd.DataFrame) -> pd.Series | str:
    by_name = {str(name).strip().lower(): str(name) for name in customers}
    if region := next((by_name[name] for name in _REGIONS if name in by_name), None):
        return spelt_alike(customers[region])
    postcode = next((by_name[name] for name in _POSTCODES if name in by_name), None)
    if postcode is None:
        return "no column region, state, county or postcode in customers"
    codes = spelt_alike(customers[postcode])
    starts = (codes.str[:signs] + "…" for signs in (2, 1))
    few = next((one for one in starts if one.nunique() <= MOST_VALUES), None)
    return (
        f"no region, and postcodes begin in {TOO_MANY} ways; at most {MOST_VALUES} can be compared"
        if few is None
        else few
    )
