"""UCI Online Retail and Online Retail II: invoices of a UK gift wholesaler, 2009-12 to 2011-12, in pounds.

In: the original .xlsx (one or two sheets), .csv or .parquet.   Out: customers, orders, order_lines, products.
Source: Chen, D. (2012, 2015), UCI Machine Learning Repository, CC BY 4.0. Times in the files are UK local time; here
they are UTC. A line is kept where it has a customer, a product and a price. Cancellations become orders with a negative
amount. A customer's country is that of the latest purchase.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import ibis
from ibis import _

from workbench.crm import conform, reading
from workbench.crm.sources import Imported, Rule
from workbench.errors import InputError, did_you_mean

# The two editions name their columns differently.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "order_id": ("Invoice", "InvoiceNo"),
        "product_id": ("StockCode",),
        "name": ("Description",),
        "quantity": ("Quantity",),
        "at": ("InvoiceDate",),
        "unit_price": ("Price", "UnitPrice"),
        "customer_id": ("Customer ID", "CustomerID"),
        "country": ("Country",),
    }
)
# Postage, carriage, manual entries, discounts, samples, bank and marketplace fees, adjustments, a charity's commission,
# test entries and gift vouchers. 'PADS', 'SP1002' and 'DCGS…' look alike but are goods.
NOT_PRODUCTS = r"(?i)^(POST|DOT|C2|C3|M|D|S|B|BANK CHARGES|AMAZONFEE|CRUK|ADJUST.*|TEST.*|GIFT.*)$"
COUNTRIES: Mapping[str, str] = MappingProxyType(
    {
        "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Bermuda": "BM", "Brazil": "BR",
        "Canada": "CA", "Channel Islands": "JE", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE",
        "European Community": "EU", "Finland": "FI", "France": "FR", "Germany": "DE", "Greece": "GR",
        "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP", "Korea": "KR",
        "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Nigeria": "NG", "Norway": "NO",
        "Poland": "PL", "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES",
        "Sweden": "SE", "Switzerland": "CH", "Thailand": "TH", "USA": "US", "United Arab Emirates": "AE",
        "United Kingdom": "GB", "Unspecified": "ZZ", "West Indies": "ZZ",
    }
)  # fmt: skip
_DROPPED: Mapping[str, Callable[[ibis.Table], ibis.Value]] = MappingProxyType(
    {
        "line of a period that the next sheet repeats": lambda t: (t.at >= t.next_sheet_at).fill_null(False),
        "no customer": lambda t: t.customer_id.isnull() | (t.customer_id == ""),
        "not a product": lambda t: t.product_id.re_search(NOT_PRODUCTS),
        "price zero or below": lambda t: t.unit_price <= 0,
    }
)


def read(files: Sequence[Path], *, mapping: Path | None = None) -> Imported:
    """Read and clean the invoices."""
    if mapping is not None:
        raise InputError(f"{mapping}: online_retail needs no mapping; leave it out")
    con = reading.connect()
    lines = con.create_table("lines", _lines(reading.read_files(con, files)))
    _refuse_unreadable(lines)
    rules = []
    for place, (rule, dropped) in enumerate(_DROPPED.items()):
        kept = con.create_table(f"kept{place}", lines.filter(~dropped(lines)))
        rules.append(Rule(rule=rule, rows=_count(lines) - _count(kept), what="left out"))
        lines = kept
    distinct = con.create_table("distinct", lines.drop("sheet", "next_sheet_at").distinct())
    rules.append(Rule(rule="line repeated exactly", rows=_count(lines) - _count(distinct), what="kept once"))
    buyers = distinct.filter(_.quantity > 0).select("customer_id").distinct()
    sold = con.create_table("sold", distinct.semi_join(buyers, "customer_id"))
    alone = _count(distinct) - _count(sold)
    rules.append(Rule(rule="return of a customer without a purchase", rows=alone, what="left out"))
    returned = _count(sold.filter(_.quantity < 0))
    rules.append(Rule(rule="line of a cancellation", rows=returned, what="kept, as a negative amount"))
    return Imported(
        tables={name: conform.Raw(table=table) for name, table in _tables(sold).items()}, rules=tuple(rules)
    )


def _lines(found: Mapping[str, conform.Raw]) -> ibis.Table:
    """Return all lines of all sheets under one set of names, with the time at which the next sheet starts."""
    parts = []
    for place, raw in found.items():
        table = raw.table
        sheet = table["Sheet"] if "Sheet" in table.columns else ibis.literal(place)
        parts.append(table.select(sheet=sheet, **{name: _text(table, place, name) for name in COLUMNS}))
    lines = ibis.union(*parts) if len(parts) > 1 else parts[0]
    lines = lines.mutate(
        at=_time(lines.at),
        quantity=_number(lines.quantity),
        unit_price=_number(lines.unit_price),
        customer_id=lines.customer_id.re_replace(r"\.0$", ""),
    )
    starts = lines.group_by("sheet").aggregate(starts_at=_.at.min())
    starts = starts.mutate(next_sheet_at=_.starts_at.lead().over(order_by=_.starts_at)).drop("starts_at")
    return lines.join(starts, "sheet")


def _text(table: ibis.Table, place: str, name: str) -> ibis.Value:
    column = next((alias for alias in COLUMNS[name] if alias in table.columns), None)
    if column is None:
        expected = " or ".join(f"'{alias}'" for alias in COLUMNS[name])
        raise InputError(f"{place}: no column {expected}{did_you_mean(COLUMNS[name][0], table.columns)}")
    return table[column].cast("string").strip()


def _number(value: ibis.Value) -> ibis.Value:
    return value.replace(",", ".").try_cast("float64")


def _time(value: ibis.Value) -> ibis.Value:
    """Read ISO times, and the American ones of the first edition's CSV (12/1/2010 8:26), as the clock in the UK."""
    american = conform.parse(value, "%m/%d/%Y %H:%M")
    return conform.utc(ibis.coalesce(value.try_cast("timestamp"), american), "Europe/London")


def _refuse_unreadable(lines: ibis.Table) -> None:
    names = ("at", "quantity", "unit_price")
    asked = {name: lines[name].isnull().sum() for name in names}
    empty = lines.aggregate(**asked).to_pyarrow().to_pylist()[0]
    unknown = lines.filter(_.country.notin(list(COUNTRIES)) | _.country.isnull()).country.topk(3)
    faults = [f"{COLUMNS[name][0]} cannot be read in {empty[name]:,} rows" for name in names if empty[name]]
    faults += [
        f"Country {row['country']!r} is not known{did_you_mean(str(row['country']), COUNTRIES)}"
        for row in unknown.to_pyarrow().to_pylist()
    ]
    if faults:
        raise InputError("\n".join(f"online_retail: {fault}" for fault in faults))


def _count(table: ibis.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _tables(lines: ibis.Table) -> dict[str, ibis.Table]:
    code = lines.country.cases(*COUNTRIES.items())
    bought = lines.mutate(country=code).filter(_.quantity > 0)
    latest = bought.group_by("customer_id").aggregate(country=_.country.last(order_by=[_.at, _.order_id]))
    return {
        "customers": latest.order_by("customer_id"),
        "orders": lines.group_by("order_id", "customer_id")
        .aggregate(ordered_at=_.at.min(), amount=(_.quantity * _.unit_price).sum().round(2))
        .mutate(currency=ibis.literal("GBP"))
        .order_by("ordered_at", "order_id"),
        "order_lines": lines.select("order_id", "product_id", "quantity", "unit_price").order_by(
            "order_id", "product_id", "quantity", "unit_price"
        ),
        "products": lines.group_by("product_id")
        .aggregate(name=_.name.last(order_by=[_.at, _.order_id, _.name]), price=_.unit_price.median())
        .order_by("product_id"),
    }
