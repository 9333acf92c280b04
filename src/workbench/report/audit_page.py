"""An audit made without a notebook, written for people and for machines; the page has the look of the reports.

In: an `Audit`.   Out: text: HTML that holds everything it needs, JSON with the keys of the rows at fault, or CSV.
"""

import json
from datetime import UTC, datetime
from typing import Any, Literal

from markupsafe import Markup

from workbench import charts, governance
from workbench.outputs import key_figure
from workbench.report.render import template

Format = Literal["text", "html", "json", "csv"]


def write_audit(audit: governance.Audit, form: Format, *, place: str, synthetic: bool) -> str:
    """Write an audit of the data at a place; only JSON names rows, by their keys."""
    if form == "html":
        return _html(audit, place=place, synthetic=synthetic)
    if form == "json":
        return _json(audit)
    written: str = audit.table.to_csv(index=False) if form == "csv" else audit.table.to_string(index=False)
    return written.rstrip("\n")


def _html(audit: governance.Audit, *, place: str, synthetic: bool) -> str:
    figures = [key_figure(**row, **_TARGETS.get(row["name"], {})) for row in _rows(audit)]
    return template("audit.html.j2").render(
        audit=audit,
        page={"figures": figures},
        place=place,
        synthetic=synthetic,
        article=Markup(charts.show(governance.of_findings(audit))._repr_html_()),
        made_at=datetime.now(UTC),
    )


_TARGETS: dict[str, dict[str, Any]] = {"compliance": {"at_least": 1.0}}


def _rows(audit: governance.Audit) -> list[dict[Any, Any]]:
    found: list[dict[Any, Any]] = governance.headline(audit).to_dict("records")
    return found


def _json(audit: governance.Audit) -> str:
    rate, note = governance.compliance(audit)
    findings = json.loads(audit.table.to_json(orient="records"))
    for finding in findings:
        keys = audit.accused.get(finding["code"])
        finding["accused"] = [] if keys is None else json.loads(keys.to_json(orient="records", date_format="iso"))
    about = {
        "regime": audit.law.regime,
        "as_of": str(audit.law.as_of),
        "seen_at": str(audit.seen_at),
        "said": audit.said,
    }
    waiting = json.loads(audit.open_requests.to_json(orient="records", date_format="iso"))
    figures = {"compliance": rate, "note": note}
    return json.dumps(
        {**about, **figures, "findings": findings, "open_requests": waiting}, indent=1, ensure_ascii=False
    )
