"""Who is held twice?

In: the customers.   Out: pairs of accounts of one person; an `Outcome`; how precise that is where the truth is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench import personal
from workbench.governance.case import Case
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.matching import LARGEST_BLOCK, Pairs, pairs, plain_name
from workbench.intervals import wilson

_KEYS = {"email": "e-mail", "phone": "phone", "home": "postcode and birth year"}
_COLUMNS = ["customer_id", "duplicate_of", "score", "why"]
_POSTCODE = re.compile(r"post|zip|plz|^cep$|pin_?code|郵便", re.IGNORECASE)
_SHORTEST_PHONE = 7


def find_duplicates(customers: pd.DataFrame | ibis.Table, *, countries: Sequence[str] = ()) -> pd.DataFrame:
    """Return customer_id, duplicate_of, score and why: the later account of a person and the first one that matches.

    Two accounts are of one person where they share an e-mail address, a phone number, or postcode and year of birth,
    where their names are nearly the same (`matching.pairs`; `score` is 1 less the share of letters that differ), and
    where year of birth and gender, as far as both are known, are equal. Without a name an e-mail address alone will do.
    So households, of one surname and postcode with other first names or other years, are no duplicates. The threshold
    is that of the names. Two people who share all the rest are mostly twins, 3 births in 100: if for one in five the
    other is a customer too, and one pair in 20 has first names a letter apart, that is 3 accounts in 10,000. If people
    slip in one name in ten that they type again, 1 duplicate in 300 accounts is already the likelier explanation, which
    every CRM has that was never cleaned. Of three letters, as in Tim and Tom, names must be the same.

    The later signup is the duplicate; without one, the later id. `countries` (ISO 3166) are those whose phone numbers
    are recognised with and without their code. Columns are known by their names (`personal.personal_by_name`); where
    none of them is held, nothing is found.

    >>> names = pd.DataFrame({"customer_id": ["1", "2", "3"], "name": ["Ida Lund", "Ida Lunnd", "Bo Lund"]})
    >>> find_duplicates(names.assign(postcode="01067", birth_year=1980)).values.tolist()
    [['2', '1', 1.0, 'same postcode and birth year, same name']]
    """
    table = ibis.memtable(customers) if isinstance(customers, pd.DataFrame) else customers
    return _search(table, countries).found


def customer_duplicated(case: Case) -> Outcome:
    """Find customers who are held twice: keys customer_id and duplicate_of.

    Unproven are customers of whom too little is known to compare them with anybody.
    """
    if "customers" not in case.tables:
        return not_evidenced("no table customers")
    search = _search(case.tables["customers"], case.countries)
    if not search.customers:
        return not_applicable("customers has no rows")
    if not search.keys:
        return not_evidenced(
            "customers has neither e-mail addresses, nor names with phones or with postcodes and birth years"
        )
    by = ", by ".join(_KEYS[key] for key in search.keys)
    left_out = {
        f"in groups of more than {LARGEST_BLOCK} that share one of these and initials": search.skipped,
        "without any of these": search.unknown,
    }
    note = f"Compared by {by}" + "".join(f"; {n} customers {why} were not" for why, n in left_out.items() if n) + "."
    return judged(search.customers, search.found[_COLUMNS[:2]], unproven=search.skipped + search.unknown, note=note)


def precision(found: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Return measure (precision, recall), value, low, high, count and of: pairs found among those that are planted.

    Both have customer_id and duplicate_of; which of the two is called the duplicate makes no difference. The intervals
    are Wilson's (`intervals.wilson`).

    >>> pair = pd.DataFrame({"customer_id": ["2"], "duplicate_of": ["1"]})
    >>> precision(pair, pair)[["measure", "value", "count", "of"]].values.tolist()
    [['precision', 1.0, 1, 1], ['recall', 1.0, 1, 1]]
    """
    ours, theirs = (
        {frozenset(pair) for pair in frame[_COLUMNS[:2]].astype("str").itertuples(index=False)}
        for frame in (found, planted)
    )
    hits = len(ours & theirs)
    rows = [
        (measure, *(float(value) for value in wilson(hits, of)), hits, of)
        for measure, of in (("precision", len(ours)), ("recall", len(theirs)))
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "count", "of"])


@dataclass(frozen=True, eq=False, kw_only=True)
class _Search:
    found: pd.DataFrame
    keys: tuple[str, ...]
    customers: int
    skipped: int = 0
    unknown: int = 0


def _search(customers: ibis.Table, countries: Sequence[str]) -> _Search:
    known = _known(customers, countries)
    there = {key: known[key].notnull() for key in _KEYS if key in known.columns}
    counts = {f"with {key}": filled.sum() for key, filled in there.items()}
    compared = ibis.or_(*there.values()).sum() if there else ibis.literal(0)
    size = known.aggregate(all=known.count(), compared=compared, **counts).to_pyarrow().to_pylist()[0]
    keys = [key for key in there if size[f"with {key}"]]
    if not keys:
        return _Search(found=_typed(pd.DataFrame(columns=_COLUMNS)), keys=(), customers=size["all"])
    rows = _rows(known, keys)
    agree = [column for column in ("birth", "gender") if column in rows]
    matched = {key: pairs(rows, key, agree=agree) for key in keys}
    return _Search(
        found=_accuse(rows, matched, agree),
        keys=tuple(keys),
        customers=size["all"],
        skipped=len({place for found in matched.values() for place in found.skipped}),
        unknown=size["all"] - size["compared"],
    )


def _known(customers: ibis.Table, countries: Sequence[str]) -> ibis.Table:
    """Return customer_id, what names, keys and facts are held, under names of ours."""
    held = {kind: _of_kind(customers, kind) for kind in ("email", "phone", "date_of_birth", "address", "name")}
    postcodes = [column for column in held["address"] if _POSTCODE.search(column)]
    genders = [column for column in customers.columns if personal.sensitive_by_name(column) == "gender"]
    text = {column: _text(customers[column]) for column in customers.columns}
    facts = {"customer_id": customers.customer_id.cast("string")}
    if "signup_at" in customers.columns:
        facts["signup_at"] = customers.signup_at
    facts |= {f"name{place}": text[column] for place, column in enumerate(held["name"])}
    if held["date_of_birth"]:
        facts["birth"] = text[min(held["date_of_birth"], key=lambda column: column != "birth_year")]
    if genders:
        facts["gender"] = text[genders[0]].lower()
    if held["email"]:
        facts["email"] = text[held["email"][0]].lower()
    if held["name"]:
        named = ibis.or_(*(text[column].notnull() for column in held["name"]))
        if held["phone"]:
            number = ibis.coalesce(*(text[column] for column in held["phone"]))
            facts["phone"] = ibis.ifelse(named, _phone(number, countries), None)
        if postcodes and "birth" in facts:
            # Adding texts is missing where one of them is; joining them would make a key of what is left.
            home = facts["birth"] + "|" + text[postcodes[0]].upper()
            if "country" in text:
                home = home + "|" + text["country"].fill_null("")
            facts["home"] = ibis.ifelse(named, home, None)
    return customers.select(**facts)


def _of_kind(customers: ibis.Table, kind: str) -> list[str]:
    return [c for c in customers.columns if personal.personal_by_name(c, table="customers") == kind]


def _text(value: ibis.Value) -> ibis.Value:
    text = value.cast("string").strip()
    return ibis.ifelse(text != "", text, None)


def _phone(number: ibis.Value, countries: Sequence[str]) -> ibis.Value:
    """Return the digits that are left without the code of these countries and the nought before the area."""
    from phonenumbers import country_code_for_region

    codes = "|".join(str(country_code_for_region(country)) for country in countries)
    digits = number.re_replace(r"[^0-9+]", "").re_replace(r"^00", "+")
    plain = digits.re_replace(rf"^\+({codes})" if codes else r"^\+", "").re_replace(r"^[+0]+", "")
    return ibis.ifelse(plain.length() >= _SHORTEST_PHONE, plain, None)


def _rows(known: ibis.Table, keys: Sequence[str]) -> pd.DataFrame:
    """Return the customers who share a key with another, the earliest first, with one plain name."""
    shared = {key: known.group_by(key).aggregate(size=lambda rows: rows.count()) for key in keys}
    repeated = [known[key].isin(table.filter(table["size"] > 1)[key]) for key, table in shared.items()]
    rows: pd.DataFrame = known.filter(ibis.or_(*repeated)).to_pyarrow().to_pandas()
    order = [column for column in ("signup_at", "customer_id") if column in rows]
    rows = rows.sort_values(order, na_position="last", ignore_index=True)
    whole = pd.Series("", index=rows.index, dtype="str")
    for column in [name for name in known.columns if name.startswith("name")]:
        whole = whole + " " + rows.pop(column).fillna("")
    return rows.assign(name=whole.map(plain_name))


def _accuse(rows: pd.DataFrame, matched: Mapping[str, Pairs], agree: Sequence[str]) -> pd.DataFrame:
    """Let each later account point at the earliest that matches it, and through that at the first of all."""
    parts = [
        pd.DataFrame({"later": np.maximum(p.left, p.right), "first": np.minimum(p.left, p.right), "score": p.likeness})
        for p in matched.values()
    ]
    found = pd.concat(parts, keys=list(matched), names=["key"]).reset_index("key")
    found = found.groupby(["later", "first"], as_index=False).agg(score=("score", "max"), keys=("key", list))
    found = found.drop_duplicates("later").astype({"later": int, "first": int})
    parent = np.arange(len(rows))
    parent[found["later"]] = found["first"]
    while (parent != parent[parent]).any():
        parent = parent[parent]
    later, first = found["later"].to_numpy(), parent[found["later"]]
    # Who matches through an account of which less is known may still contradict the first.
    fits = np.ones(len(found), dtype=bool)
    for fact in (pd.factorize(rows[column])[0] for column in agree):
        fits &= (fact[first] == fact[later]) | (fact[first] < 0) | (fact[later] < 0)
    ids, why = rows["customer_id"].to_numpy(), map(_why, found["keys"], found["score"])
    columns = [ids[later], ids[first], found["score"].to_numpy(), list(why)]
    accused = pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))[fits]
    return _typed(accused).sort_values("customer_id", ignore_index=True)


def _why(keys: Sequence[str], score: float) -> str:
    name = "same name" if score == 1 else "nearly the same name"
    return f"same {' and '.join(_KEYS[key] for key in keys)}, {name}"


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    return found.astype({"customer_id": "str", "duplicate_of": "str", "score": float, "why": "str"})
