"""What a run knows when it writes its documents, and what every document says before its first section.

In: what the audit, the models and the meter found.   Out: `Evidence`, a `Document`, the words that all of them share.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from workbench.governance.audit import Audit
from workbench.governance.case import Tables
from workbench.governance.documents import markdown
from workbench.governance.drift import Drift
from workbench.governance.fairness import Fairness
from workbench.governance.fields import Fields
from workbench.governance.finding import GRAVITY, Finding
from workbench.governance.minimal import Minimal
from workbench.governance.pressure import Pressure
from workbench.governance.records import Record
from workbench.governance.rows import plain
from workbench.words import title

REGISTER = (
    *("table", "column", "category", "personal", "sensitive"),
    *("purpose", "lawful_basis", "owner", "retention_days", "used_by"),
)
_PACKAGE = "crm-workbench"
# Who has to say it follows.
LATER = "not known: to be filled in by"
_DECISIONS = "fairness_decisions_"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document of a market: `name` (of its file), title, summary (a sentence for an index), its text in Markdown."""

    name: str
    title: str
    summary: str
    markdown: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """All that the documents of a market rest on; None and empty: not measured in this run.

    `records`, `energy` (steps with wh_codecarbon and wh_cpu) by model; `curves` by what is cut down; `contact` is whom
    people turn to; `synthetic` data is of nobody.
    """

    market: str
    audit: Audit
    fields: Fields
    records: Mapping[str, Record]
    fairness: Fairness | None
    pressure: Pressure | None
    drift: Drift | None
    curves: Mapping[str, Minimal]
    energy: Mapping[str, pd.DataFrame]
    tables: Tables
    contact: str
    synthetic: bool

    @cached_property
    def register(self) -> pd.DataFrame:
        """The register of fields with the columns of `REGISTER`, texts without blanks around; no row: no register."""
        found = self.tables.get("fields")
        if found is None:
            return pd.DataFrame(columns=list(REGISTER))
        rows: pd.DataFrame = found.to_pyarrow().to_pandas().reindex(columns=list(REGISTER))
        texts = [name for name in REGISTER if name not in ("personal", "sensitive", "retention_days")]
        said = {name: rows[name].astype("str").str.strip().replace("", None) for name in texts}
        named = rows.assign(**said).dropna(subset=["table", "column"])
        return named.drop_duplicates(["table", "column"], ignore_index=True)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of this run, each once: of the audit, of fairness, of marketing pressure."""
        more = [part.findings for part in (self.fairness, self.pressure) if part is not None]
        return (*self.audit.findings, *(one for part in more for one in part if one.code not in _TOLD_AGAIN))

    def found(self, code: str) -> Finding | None:
        """Return the finding of a check; None where nobody made it."""
        return next((finding for finding in self.findings if finding.code == code), None)


def front(evidence: Evidence, title: str, summary: str, *notes: str) -> list[str]:
    """Return what stands on top of a document: its title, what it says in a sentence, how it came about.

    The summary comes first, as an index of documents shows the first paragraph of each.
    """
    law, seen = evidence.audit.law, evidence.audit.seen_at
    known = "no time is in the data" if pd.isna(seen) else f"from data as known at {seen:%Y-%m-%d %H:%M} UTC"
    made = f"Made by a run of the workbench{_release()} for the market {evidence.market}, {known}, under {law.title} "
    made += f"as of {law.as_of}. Nobody has edited or signed it. Engineering notes, not legal advice."
    synthetic = ["The data is synthetic: its customers are made up."] if evidence.synthetic else []
    notice = markdown.notice(" ".join([*notes, made, *synthetic]))
    return [markdown.heading(title, level=1), markdown.paragraph(summary), notice]


def open_ones(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that somebody has to act on: breaches first, then what is not evidenced."""
    waiting = [one for one in findings if one.verdict in GRAVITY[:2]]
    return sorted(waiting, key=lambda one: GRAVITY.index(one.verdict))


def concerning(evidence: Evidence, model: str) -> tuple[list[Finding], list[Finding], int]:
    """Return the findings that concern a model, those on decisions of nobody knows which, and how many are left out.

    Findings on fairness name their model. Decisions on record name one, too: where it is none of the models of this
    run, the data does not say on which of them they rest, and other findings on decisions concern this model only where
    it has made some, or where nobody can know. Findings on events (orders, touches, messages ...) concern
    the models that read that table; a model that does not say what it reads is held to read all. All others concern
    every model.
    """
    reads = {field.partition(".")[0] for field in fields_of(evidence.records[model])}
    own, others = _codes(model), tuple(code for name in evidence.records if name != model for code in _codes(name))
    apart = [one for one in evidence.findings if not one.code.startswith(own) and one.code.startswith(others)]
    asked = [one for one in evidence.findings if one not in apart]
    others_decided = not _has_decided(evidence, model)
    decided = [
        one
        for one in asked
        if not one.code.startswith(own)
        and (one.code.startswith(_DECISIONS) or (others_decided and one.table == "decisions"))
    ]
    read = [one for one in asked if one.table not in _EVENTS or not reads or one.table in reads]
    kept = [one for one in read if one not in decided]
    return kept, decided, len(evidence.findings) - len(kept) - len(decided)


def _has_decided(evidence: Evidence, model: str) -> bool:
    """Say whether a decision on record names a model; without a table of decisions nobody can know that it has not."""
    if "decisions" not in evidence.tables:
        return True
    named = evidence.tables["decisions"].select("model").distinct().to_pyarrow().to_pylist()
    return plain(model) in {plain(row["model"]) for row in named if row["model"] is not None}


def _codes(model: str) -> tuple[str, str]:
    """Return how the codes of findings on the fairness of a model and of its decisions begin."""
    name = re.sub(r"\W+", "_", model.lower()).strip("_")
    return f"fairness_{name}_", f"{_DECISIONS}{name}_"


def fields_of(record: Record) -> list[str]:
    """Return the fields that a model says it reads, as table.column; empty where it does not say."""
    return [field.strip() for field in (record.told("fields") or "").split(",") if field.strip()]


def asked(name: str) -> str:
    """Return a name under which a model says something of itself, in the words of the documents.

    >>> asked("selected"), asked("learnt_from")
    ('Who is selected', 'Learnt from')
    """
    return _ASKED.get(name, title(name))


def by_table(fields: Iterable[str]) -> str:
    """Write fields, each as table.column, with every table named once.

    >>> by_table(["orders.amount", "customers.language", "orders.ordered_at"])
    'customers: language; orders: amount, ordered_at'
    """
    columns: dict[str, list[str]] = {}
    for field in sorted(fields):
        table, _, column = field.partition(".")
        columns.setdefault(table, []).append(column)
    return "; ".join(f"{table}: {', '.join(names)}" if all(names) else table for table, names in columns.items())


def _release() -> str:
    try:
        return f" ({_PACKAGE} {version(_PACKAGE)})"
    except PackageNotFoundError:
        return ""


# The audit has it already, by the kind of no that was said.
_TOLD_AGAIN = ("sent_after_opt_out",)
_EVENTS = frozenset({"orders", "order_lines", "products", "messages", "touches", "campaigns", "activity"})
_EVENTS |= {"subscriptions", "leads"}
_ASKED = {
    "decision": "What it is used for",
    "selected": "Who is selected",
    "actual": "Who was meant",
    "unit": "Unit of its forecast",
    "not_for": "What it is not made for",
    "kind": "Kind of model",
    "why": "Why this one",
    "first": "First day of the data",
    "last": "Last day of the data",
    "examples": "Examples of this market",
    "customers": "Customers of this market",
    "others": "Customers of other markets",
    "fields": "Fields read",
    "judged": "Judged on",
    "told": "What people are told",
}
