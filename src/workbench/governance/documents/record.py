"""The record of processing: for which purposes is what held of whom, on which basis, by whom used, for how long?

In: `Evidence`, of it the register of fields above all.   Out: a `Document`.   After GDPR Art. 30(1), for every regime.
"""

from collections.abc import Iterable

import pandas as pd

from workbench.crm.contract import TABLES
from workbench.governance.case import ABOUT_DATA
from workbench.governance.documents import markdown
from workbench.governance.documents.evidence import LATER, Document, Evidence, by_table, front
from workbench.governance.rows import optional
from workbench.words import counted

_NOBODY = ("products", "campaigns", *ABOUT_DATA)
_LATER = f"{LATER} whoever is responsible for this market"


def record_of_processing(evidence: Evidence) -> Document:
    """Write the record of a market from its register; without one, what is held all the same, table by table."""
    register = evidence.register
    title, summary = f"Record of processing: {evidence.market}", _summary(register)
    parts = [
        *front(evidence, title, summary),
        *_responsible(evidence),
        markdown.heading("Purposes"),
        *(_purposes(evidence, register) if len(register) else _without_register(evidence)),
        *_special(evidence, register),
        *_transfers(evidence),
        *_unregistered(evidence, register),
        *_decisions(evidence),
        markdown.heading("Security"),
        markdown.paragraph(
            f"Measures of security, technical and organisational: {_LATER}. The data does not show them."
        ),
    ]
    return Document(name="record_of_processing", title=title, summary=summary, markdown=markdown.whole(parts))


def kept_for(days: Iterable[float]) -> str:
    """Write periods of keeping, each with the number of fields that have it; NaN is a field without a period.

    >>> kept_for([1095, 1095, 30, float("nan")])
    '30 days (1 field), 3 years (2 fields), not known (1 field)'
    """
    counts = pd.Series(list(days), dtype="float64").value_counts(dropna=False).sort_index()
    said = [f"{_period(day)} ({counted(n, 'field')})" for day, n in zip(counts.index, counts, strict=True)]
    return ", ".join(said) or markdown.NOT_KNOWN


def _period(days: float) -> str:
    if pd.isna(days):
        return markdown.NOT_KNOWN
    years, rest = divmod(days, 365)
    return f"{days:,.0f} days" if rest or not years else f"{years:.0f} {'year' if years == 1 else 'years'}"


def _summary(register: pd.DataFrame) -> str:
    if register.empty:
        return "There is no register of fields: the record lists what is held, and not why."
    purposes = register["purpose"].nunique()
    return f"{len(register):,} registered fields for {purposes:,} purposes, with basis, owner, use and period of each."


def _responsible(evidence: Evidence) -> list[str]:
    contact = evidence.contact.strip() or "not known: the parameter contact of this market is empty"
    rule = evidence.audit.law.rules.get("register_incomplete")
    if rule is None or "not_required" in rule.terms:
        why = "This law has no such duty." if rule is None else str(rule.terms["not_required"])
        duty = f"{why} Written all the same, as good practice."
    else:
        duty = f"{rule.article}, {rule.source}. {rule.note}".strip()
    found = evidence.found("register_incomplete")
    state = f"{found.title}: {found.verdict}. {found.note}".strip() if found else "not checked in this run"
    known = {"Controller": _LATER, "Contact": contact, "Representative and data protection officer": _LATER}
    return [
        markdown.heading("Who is responsible"),
        markdown.facts(known | {"Duty": duty, "State of the register": state}),
    ]


def _purposes(evidence: Evidence, register: pd.DataFrame) -> list[str]:
    """Return a heading and a table for each purpose, the one with most fields first; last what names none."""
    sizes = register["purpose"].value_counts()
    parts = []
    for purpose in [*sizes.index, None]:
        rows = register[register["purpose"].isna() if purpose is None else register["purpose"] == purpose]
        if len(rows):
            name = "No purpose on record" if purpose is None else str(purpose)
            parts += [markdown.heading(name, level=3), _purpose(evidence, rows)]
    return parts


def _purpose(evidence: Evidence, rows: pd.DataFrame) -> str:
    fields = rows["table"] + "." + rows["column"]
    named = rows["category"].fillna("category not known")
    categories = {f"Data: {name}": by_table(fields[named == name]) for name in sorted(named.unique())}
    personal = rows["personal"].eq(True)
    known = {
        "People": _people(evidence, rows["table"].unique()),
        **categories,
        "Personal": f"{int(personal.sum())} of {len(rows)} fields",
        "Lawful basis": _each(rows["lawful_basis"]),
        "Owner": _each(rows["owner"]),
        "Used by": _each(rows["used_by"]),
        "Kept for": kept_for(rows["retention_days"]),
    }
    return markdown.facts(known)


def _each(values: pd.Series) -> str:
    """Write each value once; how many fields have none is said, too."""
    missing = int(values.isna().sum())
    said = [str(value).replace("_", " ") for value in values.dropna().unique()]
    return "; ".join([*said, *([f"not known of {missing} of {len(values)} fields"] if missing else [])])


def _people(evidence: Evidence, tables: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(one for table in sorted(tables) for one in _people_in(evidence, table))) or "nobody"


def _people_in(evidence: Evidence, table: str) -> list[str]:
    held = evidence.tables.get(table)
    columns = () if held is None else held.columns
    if table in _NOBODY:
        return []
    staff = ["staff who review decisions"] if "reviewed_by" in columns else []
    if table == "leads":
        return ["leads (people who have not bought yet)"]
    known = "customer_id" in columns or table in TABLES
    return ["customers", *staff] if known else [f"not known of the table {table}"]


def _without_register(evidence: Evidence) -> list[str]:
    """Return what is held where no register says why."""
    why = "has no row" if "fields" in evidence.tables else "is missing"
    said = f"Not known: the table fields, which is the register, {why}. Whoever is responsible has to name purpose, "
    said += "lawful basis, owner and period of every field. Held all the same are:"
    held = evidence.fields.table
    rows = [
        (name, ", ".join(fields["column"]), _people(evidence, [str(name)])) for name, fields in held.groupby("table")
    ]
    return [
        markdown.paragraph(said),
        markdown.table(["Table", "Columns", "People"], rows, none="Nothing: there is no table with a column."),
    ]


def _special(evidence: Evidence, register: pd.DataFrame) -> list[str]:
    """Return the fields that laws guard more, by what says so: the register or the name of the column."""
    said = evidence.fields.table[evidence.fields.table["sensitive"] != ""]
    rows = [(f"{row['table']}.{row['column']}", row["sensitive"]) for row in said.to_dict("records")]
    by = (
        "by the names of columns; no register says more"
        if register.empty
        else "by the register and the names of columns"
    )
    none = f"No field is of a special category, {by}. Free text can tell of anything."
    return [
        markdown.heading("Special categories"),
        markdown.table(["Field", "What says so"], rows, none=none),
    ]


def _transfers(evidence: Evidence) -> list[str]:
    transfers, head = evidence.tables.get("transfers"), markdown.heading("Transfers abroad")
    if transfers is None:
        return [head, markdown.paragraph("Not known: there is no table transfers. Whoever is responsible has to say.")]
    names = ["table", "country", "from_country", "mechanism"]
    frame: pd.DataFrame = (
        transfers.select(**{name: optional(transfers, name) for name in names}).to_pyarrow().to_pandas()
    )
    rows = frame.fillna({"mechanism": "none recorded"}).replace({"mechanism": {"": "none recorded"}})
    found = evidence.found("transfer_unprotected")
    state = f"{found.title}: {found.verdict}." if found else "Whether each has a mechanism was not checked in this run."
    table = markdown.table(
        ["Table", "To", "From", "Mechanism"], rows.itertuples(index=False, name=None), none="The register has none."
    )
    return [head, table, markdown.paragraph(state)]


def _unregistered(evidence: Evidence, register: pd.DataFrame) -> list[str]:
    held = evidence.fields.table["table"] + "." + evidence.fields.table["column"]
    absent = held[~held.isin(register["table"] + "." + register["column"])]
    said = "The register knows every column that is held."
    if len(absent):
        said = f"{len(absent)} of {len(held)} columns are held and the register does not know them: {by_table(absent)}."
    if register.empty:
        said = "Every column: there is no register."
    return [markdown.heading("Columns held that the register does not know"), markdown.paragraph(said)]


def _decisions(evidence: Evidence) -> list[str]:
    """Return the models of this run and what they are for, and the decisions that were recorded."""
    models = [
        (name, record.told("decision") or f"not stated: the notebook {name} has to say it", f"model_card_{name}")
        for name, record in evidence.records.items()
    ]
    return [
        markdown.heading("Automated decisions"),
        markdown.table(["Model", "What it is used for", "Its card"], models, none="Not known: no model has been run."),
        *_recorded(evidence),
    ]


def _recorded(evidence: Evidence) -> list[str]:
    decisions = evidence.tables.get("decisions")
    if decisions is None:
        return [markdown.paragraph("What was decided about whom is not known: there is no table decisions.")]
    automated = optional(decisions, "automated", "boolean")
    rows = decisions.select("model", "customer_id", "decided_at", automated=automated)
    frame: pd.DataFrame = (
        rows.group_by("model")
        .aggregate(
            made=rows.count(),
            people=rows.customer_id.nunique(),
            # PostgreSQL casts what is true or false to whole numbers only, and takes their mean as a decimal.
            automated=rows.automated.cast("int32").cast("float64").mean(),
            first=rows.decided_at.min(),
            last=rows.decided_at.max(),
        )
        .order_by("model")
        .to_pyarrow()
        .to_pandas()
    )
    told = [
        (
            *(row[name] for name in ("model", "made", "people")),
            markdown.written(row["automated"], unit="share"),
            *(markdown.written(pd.Timestamp(row[end]).floor("D")) for end in ("first", "last")),
        )
        for row in frame.to_dict("records")
    ]
    columns = ["Model on record", "Decisions", "Customers", "Automated", "First", "Last"]
    return [markdown.table(columns, told, none="No decision was recorded.")]
