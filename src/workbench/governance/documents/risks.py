"""Which risks to people are open, what of their rights, and what is as it should be: findings, as a draft puts them.

In: findings, `Evidence`.   Out: parts of Markdown.
"""

from collections.abc import Iterable, Sequence

from workbench.governance.documents import markdown
from workbench.governance.documents.evidence import LATER, Evidence, asked
from workbench.governance.finding import Finding
from workbench.words import counted

RIGHTS = ("request_overdue", "request_unacknowledged", "withdrawal_ignored", "optout_ignored", "decision_unexplained")
# From which share of the rows looked at a breach is called so.
_EXTENTS = ((0.1, "large"), (0.01, "medium"), (0.0, "small"))


def extent(finding: Finding) -> str:
    """Say how far a breach reaches, by its share of the rows: from 10 % large, from 1 % medium, else small.

    Fairness is a matter of gaps, not of rows: there the note says how large.
    """
    if finding.code.startswith("fairness_"):
        return finding.note
    if finding.verdict != "breached":
        return "not known: the data cannot show it"
    late = "" if finding.days_overdue is None else f", up to {finding.days_overdue:,} days late"
    rows = counted(finding.rows, "row")
    if finding.share is None:
        return f"not known: {rows}{late}"
    size = next(word for least, word in _EXTENTS if finding.share >= least)
    share = "less than 0.1%" if 0 < finding.share < 0.001 else f"{finding.share:.1%}"
    return f"{size}: {rows}, {share} of those looked at{late}"


def risks(waiting: Sequence[Finding], left_out: int) -> list[str]:
    """Return the open findings with their extent and what to do, and how many findings are `left_out`."""
    rows = [(_risk(one), one.verdict, extent(one), _rests_on(one), one.remedy or "none on record") for one in waiting]
    parts = [
        markdown.table(
            ["What should be so", "Verdict", "Extent", "Asked by", "What to do"],
            rows,
            none="No check that concerns this model is breached or without evidence.",
        ),
        markdown.paragraph(
            "Extent is large from a tenth of the rows looked at, medium from a hundredth, else small; of fairness it "
            "is the gap. How likely harm is, and how grave for a person, a run cannot know: people have to judge both."
        ),
    ]
    aside = f"{left_out} findings on other models, or on events that this one does not read, are left out; the page of "
    return [*parts, *([markdown.paragraph(f"{aside}governance has them.")] if left_out else [])]


def on_record(decided: Sequence[Finding]) -> list[str]:
    """Return the findings on decisions of which the data does not say which model they rest on."""
    rows = [(one.title, one.verdict, extent(one) if one.verdict == "breached" else one.note) for one in decided]
    said = "They are not counted among the risks of this model; whoever is responsible has to say what they rest on."
    table = markdown.table(["What should be so", "Verdict", "What was found"], rows, none="There are none.")
    return [markdown.paragraph(said), table]


def _risk(finding: Finding) -> str:
    told = finding.verdict == "not evidenced" and finding.note and finding.note != extent(finding)
    return f"{finding.title}. {finding.note}" if told else finding.title


def _rests_on(finding: Finding) -> str:
    if finding.article.startswith("none"):
        return f"the house ({finding.source})"
    return finding.article or "not known"


def rights(evidence: Evidence, name: str) -> list[str]:
    """Return whether people get what they ask for, and whether decisions about them are explained."""
    found = [finding for code in RIGHTS if (finding := evidence.found(code)) is not None]
    rows = [(one.title, one.verdict, extent(one) if one.verdict == "breached" else one.note) for one in found]
    waiting = evidence.audit.open_requests
    late = int((waiting["days_left"] < 0).sum()) if len(waiting) else 0
    requests = (
        f"Requests that wait for an answer: {len(waiting)}, of which {late} are past their last day."
        if len(waiting)
        else "No request of a customer waits for an answer."
    )
    record = evidence.records[name]
    told = record.about[record.about["section"] == "explanations"]
    explained = f"not known: the notebook {name} does not say how its results are explained"
    named = zip(told["name"], told["value"], strict=True)
    return [
        markdown.table(["What should be so", "Verdict", "Rests on"], rows, none="Not checked in this run."),
        markdown.paragraph(requests),
        markdown.facts(
            {f"Explanations: {asked(str(one))}": value for one, value in named} or {"Explanations": explained}
        ),
    ]


def measures(findings: Iterable[Finding]) -> list[str]:
    """Return what the data shows to be as it should."""
    met = [(one.title, _rested_on(one) if one.looked_at else "met") for one in findings if one.verdict == "met"]
    none = "No check that concerns this model is met."
    return [
        markdown.table(["Met", "Evidence"], met, none=none),
        markdown.paragraph(
            f"Measures of security, and those outside of this data, are {LATER} whoever is responsible for it."
        ),
    ]


def _rested_on(finding: Finding) -> str:
    if finding.code.startswith("fairness_"):
        return f"{counted(finding.looked_at, 'customer')} compared"
    return f"{counted(finding.looked_at, 'row')} looked at"


def conclusion(waiting: Sequence[Finding]) -> str:
    """Say how many risks are open.

    >>> conclusion([])
    'No check that concerns this model is breached or without evidence; what a run cannot see stays open.'
    """
    breached = sum(one.verdict == "breached" for one in waiting)
    unclear = len(waiting) - breached
    if not waiting:
        return "No check that concerns this model is breached or without evidence; what a run cannot see stays open."
    doubt = f"{unclear} that the data can neither show nor rule out"
    kinds = ", ".join([f"{breached} breached"] * bool(breached) + [doubt] * bool(unclear))
    return f"{counted(len(waiting), 'risk')} open: {kinds}."
