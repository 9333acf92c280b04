"""Does every transfer abroad stand on a mechanism?

In: a `Case`.   Out: an `Outcome`.
"""

from collections.abc import Iterator

import pandas as pd

from workbench.governance.case import Case
from workbench.governance.days import day_of
from workbench.governance.finding import Outcome, judged, not_evidenced
from workbench.governance.rows import optional, plain
from workbench.law import countries

# Codes that lists of territories hold beside those of ISO 3166: unions, made-up ones, reserved and private ones.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})


def transfer_unprotected(case: Case) -> Outcome:
    """Accuse transfers (table, country) without a mechanism to countries outside those where the law holds.

    Nobody can say of a country without a code of ISO 3166, of an adequacy that the country does not have (yet), and of
    a mechanism that the law does not name.
    """
    transfers = case.tables.get("transfers")
    if transfers is None:
        return not_evidenced("no table transfers")
    rows = transfers.select("table", "country", mechanism=optional(transfers, "mechanism").fill_null(""))
    frame: pd.DataFrame = rows.to_pyarrow().to_pandas()
    country, mechanism = frame["country"].fillna("").str.strip().str.upper(), frame["mechanism"].map(plain)
    abroad = ~country.isin(case.rule.terms["inside"])
    strange = abroad & ~country.isin(countries() - _NO_COUNTRIES)
    unsaid = abroad & ~strange & ("mechanism" not in transfers.columns)
    bare = abroad & ~strange & ~unsaid & (mechanism == "")
    doubts = {
        f"no code of ISO 3166: {_names(frame['country'][strange])}": strange,
        f"transfers has no column mechanism: {_names(country[unsaid])}": unsaid,
        **{
            f"{said}: {_names(country[rows])}": rows
            for said, rows in _doubts(case, country, mechanism, abroad & ~strange & ~unsaid & ~bare)
        },
    }
    doubts = {said: rows for said, rows in doubts.items() if rows.any()}
    unproven = sum(int(rows.sum()) for rows in doubts.values())
    return judged(int(abroad.sum()), frame.loc[bare, ["table", "country"]], unproven=unproven, note="; ".join(doubts))


def _doubts(
    case: Case, country: pd.Series, mechanism: pd.Series, protected: pd.Series
) -> Iterator[tuple[str, pd.Series]]:
    terms = case.rule.terms
    today = day_of(case.seen_at, case.timezone)
    adequacy = protected & mechanism.str.startswith("adequacy")
    adequate = country.isin([code for code, since in terms["adequate"].items() if since <= today])
    yield "no adequacy is known of", adequacy & ~adequate
    named = mechanism.str.startswith(tuple(plain(name) for name in terms["mechanisms"]))
    yield "the law does not name the mechanism for", protected & ~adequacy & ~named


def _names(countries: pd.Series) -> str:
    return ", ".join(sorted(set(countries.fillna("none").astype(str))))
