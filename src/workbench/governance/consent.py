"""Does a consent or another basis stand behind what is sent, and do the rows about it hold together?

In: a `Case`.   Out: `Outcome`s. A consent without a channel is one to all channels.
"""

from typing import Any

import ibis

from workbench.governance.case import Case
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.rows import blank, count, folded, optional, plain, worst_first

_SAME = ("customer_id", "purpose", "channel")
_ROW = (*_SAME, "granted_at")
_NO_CONSENTS = "no table consents"


def basis_missing(case: Case) -> Outcome:
    """Accuse touches (touch_id) for which no row of the purpose was granted by then, on the channel or on all.

    Without a table of touches, customers (customer_id) of whom no basis at all is on record.
    """
    touches, consents = case.tables.get("touches"), case.tables.get("consents")
    if touches is None:
        return _customers_without_basis(case)
    if not (looked_at := count(touches)):
        return not_applicable("no touches")
    if consents is None:
        return not_evidenced(_NO_CONSENTS)
    granted = of_purpose(consents, case.rule.terms["purpose"])
    return judged(looked_at, worst_first(_without_basis(touches, granted)))


def basis_unknown(case: Case) -> Outcome:
    """Accuse rows of consents (their customer, purpose, channel and granted_at) whose basis is none of those known."""
    consents = case.tables.get("consents")
    if consents is None:
        return not_evidenced(_NO_CONSENTS)
    named = plain(consents.lawful_basis.fill_null(""))
    unknown = ~named.isin([plain(basis) for basis in case.rule.terms["known"]])
    return judged(count(consents), worst_first(_rows(consents, where=unknown).select(*_ROW)))


def consent_unproven(case: Case) -> Outcome:
    """Accuse rows of consents on one of the `bases` where a column of `needs` is blank; without the column, none."""
    consents, terms = case.tables.get("consents"), case.rule.terms
    if consents is None:
        return not_evidenced(_NO_CONSENTS)
    named = plain(consents.lawful_basis.fill_null(""))
    resting = consents.filter(named.isin([plain(basis) for basis in terms["bases"]]))
    looked_at = count(resting)
    there = [name for name in terms["needs"] if name in consents.columns]
    bare = ibis.or_(ibis.literal(False), *(blank(resting[name]) for name in there))
    absent = [name for name in terms["needs"] if name not in there]
    note = f"consents has no column {', '.join(absent)}" if absent else ""
    accused = worst_first(_rows(resting, where=bare).select(*_ROW))
    return judged(looked_at, accused, unproven=looked_at if absent else 0, note=note)


def consent_contradictory(case: Case) -> Outcome:
    """Accuse customers, purposes and channels with two rows that cannot both be true.

    Two rows contradict each other where they were granted at the same moment on different bases, or where they held at
    the same time and say different things about the withdrawal: another time, or none.
    """
    consents = case.tables.get("consents")
    if consents is None:
        return not_evidenced(_NO_CONSENTS)
    rows = _rows(consents)
    several = rows.group_by(*_SAME).aggregate(rows=rows.count())
    looked_at = count(several)
    rows = rows.semi_join(several.filter(several.rows > 1), list(_SAME)).distinct()
    other = rows.view()
    pairs = rows.inner_join(other, list(_SAME), rname="other_{name}").filter(_contradict)
    return judged(looked_at, worst_first(pairs.select(*_SAME).distinct()))


def _contradict(pair: ibis.Table) -> Any:
    together = pair.granted_at == pair.other_granted_at
    # Of two rows one began no later; it still held when the other began.
    overlap = (pair.granted_at <= pair.other_granted_at) & (
        pair.withdrawn_at.isnull() | (pair.other_granted_at < pair.withdrawn_at)
    )
    ended = ~pair.withdrawn_at.identical_to(pair.other_withdrawn_at)
    return (together & (pair.lawful_basis != pair.other_lawful_basis)) | (overlap & ended)


def _without_basis(touches: ibis.Table, granted: ibis.Table) -> ibis.Table:
    """Return the touches without a grant at or before them: two joins on equality, as OR would compare every pair."""
    on_one = granted.filter(granted.channel != "").select("customer_id", "channel", "granted_at")
    on_all = granted.filter(granted.channel == "").select("customer_id", "granted_at")
    sent = touches.select("touch_id", "customer_id", "sent_at", channel=folded(touches.channel))
    # A view between the two: of two anti-joins in one SELECT, SQL for PostgreSQL keeps the second as it may not be.
    sent = sent.anti_join(on_one, ["customer_id", "channel", sent.sent_at >= on_one.granted_at]).view()
    return sent.anti_join(on_all, ["customer_id", sent.sent_at >= on_all.granted_at]).select("touch_id")


def _customers_without_basis(case: Case) -> Outcome:
    customers, consents = case.tables.get("customers"), case.tables.get("consents")
    if customers is None:
        return not_evidenced("no tables touches and customers")
    looked_at = count(customers)
    if registered := _registered(case):
        return judged(looked_at, customers.select("customer_id").limit(0), unproven=looked_at, note=registered)
    if consents is None:
        return not_evidenced(f"no table touches, {_NO_CONSENTS}, and no basis of customers in the register")
    without = customers.select("customer_id").anti_join(consents, "customer_id")
    return judged(looked_at, worst_first(without), note="no table touches: customers were judged instead (customer_id)")


def _registered(case: Case) -> str:
    fields = case.tables.get("fields")
    if fields is None or "lawful_basis" not in fields.columns:
        return ""
    rows = fields.filter((fields.table == "customers") & ~blank(fields.lawful_basis))
    return "no table touches; the register names a basis for the table customers" if count(rows) else ""


def of_purpose(consents: ibis.Table, purpose: str) -> ibis.Table:
    """Return customer_id, purpose, channel ('' is all), granted_at, withdrawn_at, lawful_basis of a purpose's rows."""
    return _rows(consents).filter(lambda row: row.purpose == plain(purpose))


def _rows(consents: ibis.Table, *, where: Any = True) -> ibis.Table:
    """Return the rows with channel and withdrawn_at, also where there are no such columns; no channel is ''."""
    return (
        consents.filter(where)
        .mutate(
            purpose=plain(consents.purpose),
            channel=folded(optional(consents, "channel").fill_null("")),
            withdrawn_at=optional(consents, "withdrawn_at", "timestamp"),
        )
        .select(*_ROW, "withdrawn_at", "lawful_basis")
    )
