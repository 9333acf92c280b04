"""Is anything sent to those who have said no?

In: a `Case`.   Out: `Outcome`s. A no counts from the local day after it, or after the grace that the law gives,
until the customer says yes again on that channel; a no without a channel is one to all channels.
"""

from datetime import date
from typing import Any

import ibis
import pandas as pd

from workbench.governance.case import Case
from workbench.governance.consent import of_purpose
from workbench.governance.days import as_table, beginnings, due_after, local_day, period
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.rows import count, folded, proved_only, worst_first

_ONE_CHANNEL = ("customer_id", "channel")


def withdrawal_ignored(case: Case) -> Outcome:
    """Accuse touches (touch_id, days_overdue) sent after consent to the purpose was withdrawn on their channel."""
    consents = _consents(case)
    withdrawn = []
    if consents is not None and "withdrawn_at" in case.tables["consents"].columns:
        ended = consents.filter(consents.withdrawn_at.notnull())
        withdrawn = [ended.select("customer_id", "channel", at=ended.withdrawn_at)]
    absent = "consents has no column withdrawn_at" if consents is not None and not withdrawn else ""
    return _judge(case, [*withdrawn, *_unsubscribed(case)], missing="no table consents" if consents is None else absent)


def optout_ignored(case: Case) -> Outcome:
    """Accuse touches (touch_id, days_overdue) sent after the customer objected or opted out, on whatever channel."""
    requests = case.tables.get("requests")
    objected = []
    if requests is not None:
        asked = requests.filter(requests.kind.isin(case.rule.terms["kinds"]))
        objected = [asked.select("customer_id", channel=ibis.literal(""), at=asked.received_at)]
    return _judge(case, [*objected, *_unsubscribed(case)], missing="no table requests" if requests is None else "")


def _judge(case: Case, refusals: list[ibis.Table], *, missing: str) -> Outcome:
    """Judge all touches by refusals: customer_id, channel ('' is all) and at."""
    touches = case.tables.get("touches")
    if touches is None:
        return not_evidenced("no table touches")
    # Kept, so that the touches are not read for it at each use.
    refused = (ibis.union(*refusals) if len(refusals) > 1 else refusals[0]).cache() if refusals else None
    days = period(refused, "at") if refused is not None else None
    if refused is None or days is None:
        return not_evidenced(missing) if missing else not_applicable("nobody has said no")
    sent = touches.select(
        "touch_id", "sent_at", customer_id="customer_id", channel=folded(touches.channel.fill_null(""))
    )
    closed = _closed(case, refused, sent, *days)
    late = sent.inner_join(closed, list(_ONE_CHANNEL))
    late = late.filter(late.sent_at >= late.begins_at, late.revived_at.isnull() | (late.sent_at < late.revived_at))
    sent_on = local_day(late.sent_at, timezone=case.timezone, first=days[0], last=case.seen_at.date())
    late = late.select("touch_id", days_overdue=sent_on.delta(late.due, unit="day"))
    worst = late.group_by("touch_id").aggregate(days_overdue=late.days_overdue.max())
    unknown = "" if "consents" in case.tables else "no table consents, so that a later yes would not be seen"
    return proved_only(judged(count(touches), worst_first(worst), note="" if missing else unknown), missing)


def _closed(case: Case, refused: ibis.Table, sent: ibis.Table, first: date, last: date) -> ibis.Table:
    """Return when a channel is closed to a customer: due, the last day of grace, begins_at and revived_at."""
    graces = _graces(case, sent, first, last)
    refused = refused.mutate(day=local_day(refused.at, timezone=case.timezone, first=first, last=last))
    refused = refused.join(graces, "day").filter(lambda row: row.channel.isin(["", row.on_channel]))
    refused = refused.select("customer_id", "at", "due", "begins_at", channel="on_channel").distinct()
    closed = _revived(refused, _consents(case))
    closed = closed.group_by(*_ONE_CHANNEL, "revived_at")
    return closed.aggregate(lambda row: row.due.min().name("due"), lambda row: row.begins_at.min().name("begins_at"))


def _graces(case: Case, sent: ibis.Table, first: date, last: date) -> ibis.Table:
    """Return on_channel, day, due and begins_at, where nothing may be sent any more: of all channels and days."""
    terms, frames = case.rule.terms, []
    for channel in sorted(sent.select("channel").distinct().to_pyarrow().column("channel").to_pylist()):
        term = terms.get("channels", {}).get(channel, terms["grace"])
        frames.append(due_after(case, first, last, term=term).assign(on_channel=channel))
    graces = pd.concat(frames) if frames else due_after(case, first, last, term=terms["grace"]).assign(on_channel="")
    begins_at = beginnings(graces["due"] + pd.Timedelta(days=1), case.timezone)
    return as_table(graces.assign(begins_at=begins_at), "day", "due")


def _revived(refused: ibis.Table, consents: ibis.Table | None) -> ibis.Table:
    """Add revived_at: when the customer said yes again on the channel, or to all channels; null where never."""
    if consents is None:
        return refused.mutate(revived_at=ibis.null("timestamp"))
    granted = consents.select("customer_id", "granted_at", to_channel="channel")
    again = refused.inner_join(granted, ["customer_id", refused.at < granted.granted_at])
    again = again.filter(lambda row: row.to_channel.isin(["", row.channel]))
    again = again.group_by(*_ONE_CHANNEL, "at").aggregate(revived_at=again.granted_at.min())
    return refused.left_join(again, [*_ONE_CHANNEL, "at"]).select(refused, again.revived_at)


def _consents(case: Case) -> Any:
    """Return the rows of the purpose, or None without a table of consents."""
    consents = case.tables.get("consents")
    return None if consents is None else of_purpose(consents, case.rule.terms.get("purpose", "marketing"))


def _unsubscribed(case: Case) -> list[ibis.Table]:
    """Return the refusals by a click in a touch, where the law takes them as such."""
    touches = case.tables.get("touches")
    if not case.rule.terms.get("unsubscribed") or touches is None or "unsubscribed_at" not in touches.columns:
        return []
    left = touches.filter(touches.unsubscribed_at.notnull())
    return [left.select("customer_id", channel=folded(left.channel.fill_null("")), at=left.unsubscribed_at)]
