"""Are minors left alone, and are decisions about people explained?

In: a `Case`.   Out: `Outcome`s.
"""

from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from workbench.governance.case import Case
from workbench.governance.days import as_table, beginnings, period
from workbench.governance.finding import Outcome, judged, not_evidenced
from workbench.governance.rows import blank, count, optional, plain, proved_only, worst_first

_PARENT = "parental_consent"
_FOREVER = datetime(2262, 1, 1)
_OWED = {"on_request": "only to those who ask", "significant_decisions": "only for significant decisions"}


def minor_profiled(case: Case) -> Outcome:
    """Accuse customers (customer_id) who were surely too young at a decision, or at a touch where the law says so.

    A year of birth leaves a doubt only in the year in which the age is reached: there, nobody can say. Consent of a
    parent is a row of purpose parental_consent that was granted by then and not withdrawn; where the law forbids to
    target minors at all, as DPDP s.9(3) does, it excuses nothing.
    """
    customers, used_at, missing = case.tables.get("customers"), _uses(case), _missing(case)
    if customers is None or used_at is None:
        return not_evidenced(missing)
    if "birth_year" not in customers.columns:
        return not_evidenced("customers has no column birth_year")
    used = customers.semi_join(used_at, "customer_id")
    row = used.aggregate(all=used.count(), known=used.birth_year.count()).to_pyarrow().to_pylist()[0]
    note = f"no birth_year of {row['all'] - row['known']:,} of these customers" if row["all"] > row["known"] else ""
    if not row["known"]:
        return proved_only(judged(0, used.select("customer_id").limit(0), unproven=row["all"], note=note), missing)
    young = _too_young(case, customers, used_at)
    # Without consents, a parent may have agreed where nobody can see it.
    seen = "consents" in case.tables or case.rule.terms["targeting"]
    accused = young.loc[young["certain"] & seen, ["customer_id"]]
    open_ = len(young) - len(accused) + row["all"] - row["known"]
    return proved_only(judged(row["known"], accused, unproven=open_, note=note), missing)


def decision_unexplained(case: Case) -> Outcome:
    """Accuse decisions (customer_id, model, decided_at) that a machine took alone, neither explained nor reviewed.

    Nobody can say of those of which it is not known who took them, or where a column for the answer is missing; nor of
    any where the law asks only on request or for significant decisions, as the data knows of neither.
    """
    decisions = case.tables.get("decisions")
    if decisions is None:
        return not_evidenced("no table decisions")
    decisions = decisions.mutate(automated=optional(decisions, "automated", "boolean"))
    automated = decisions.filter(decisions.automated.isnull() | decisions.automated)
    answered = optional(automated, "explained_at", "timestamp").notnull() | ~blank(optional(automated, "reviewed_by"))
    silent = automated.filter(~answered)
    certain = silent.filter(silent.automated.notnull()).select("customer_id", "model", "decided_at")
    looked_at, all_silent = count(automated), count(silent)
    if note := _doubt(case, automated):
        return judged(looked_at, certain.limit(0), unproven=all_silent, note=note)
    return judged(looked_at, worst_first(certain), unproven=all_silent - count(certain))


def _doubt(case: Case, decisions: ibis.Table) -> str:
    when = case.rule.terms["when"]
    if when != "always":
        return f"owed {_OWED[when]}, of which the data does not know"
    absent = [name for name in ("explained_at", "reviewed_by") if name not in decisions.columns]
    return f"no column {' or '.join(absent)}" if absent else ""


def _uses(case: Case) -> ibis.Table | None:
    """Return customer_id and at of every decision about a customer, and of every touch where the law says so."""
    times = {name: time for name, time in _targeting(case).items() if name in case.tables}
    used = [case.tables[name].select("customer_id", at=time) for name, time in times.items()]
    return (ibis.union(*used) if len(used) > 1 else used[0]) if used else None


def _targeting(case: Case) -> dict[str, str]:
    return {"decisions": "decided_at"} | ({"touches": "sent_at"} if case.rule.terms["targeting"] else {})


def _missing(case: Case) -> str:
    absent = [name for name in ("customers", *_targeting(case)) if name not in case.tables]
    return f"no table {', '.join(absent)}" if absent else ""


def _too_young(case: Case, customers: ibis.Table, used_at: ibis.Table) -> pd.DataFrame:
    """Return customer_id of who may have been too young at a use without a parent's consent, and who certainly was."""
    days = period(used_at, "at")
    years = range(days[0].year if days else case.seen_at.year, case.seen_at.year + 200)
    reached = pd.DataFrame({"year": years}).assign(
        certain_until=beginnings(pd.Series([pd.Timestamp(year, 1, 1) for year in years]), case.timezone),
        doubtful_until=beginnings(pd.Series([pd.Timestamp(year + 1, 1, 1) for year in years]), case.timezone),
    )
    born = customers.filter(customers.birth_year.notnull())
    born = born.select("customer_id", year=(born.birth_year + _age(case, born)).cast("int64"))
    young = born.join(as_table(reached), "year").join(used_at, "customer_id")
    young = _without_parent(case, young.filter(young.at < young.doubtful_until))
    found = young.group_by("customer_id").aggregate(certain=(young.at < young.certain_until).any())
    frame: pd.DataFrame = found.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype({"certain": bool})


def _age(case: Case, customers: ibis.Table) -> Any:
    """Return the age that the law asks for in each customer's country; where that is not known, the market's lowest."""
    by_country, age = case.rule.terms.get("by_country", {}), case.rule.terms["age"]
    if not by_country:
        return age
    lowest = min([by_country.get(country.upper(), age) for country in case.countries], default=age)
    country = optional(customers, "country").strip().upper()
    return ibis.ifelse(country.isnull() | (country == ""), lowest, country.cases(*by_country.items(), else_=age))


def _without_parent(case: Case, used: ibis.Table) -> ibis.Table:
    consents = case.tables.get("consents")
    if consents is None or case.rule.terms["targeting"]:
        return used
    agreed = consents.filter(plain(consents.purpose) == _PARENT)
    agreed = agreed.select(
        "customer_id", "granted_at", until=optional(agreed, "withdrawn_at", "timestamp").fill_null(_FOREVER)
    )
    return used.anti_join(agreed, ["customer_id", used.at >= agreed.granted_at, used.at < agreed.until])
