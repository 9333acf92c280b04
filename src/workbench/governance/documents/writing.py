"""All documents of a market, written by its run.

In: what the audit, the models and the meter found.   Out: `Document`s, and what a page shows of them.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from workbench.charts import Exhibits
from workbench.governance.audit import Audit
from workbench.governance.case import Tables
from workbench.governance.documents.assessment import impact_assessment
from workbench.governance.documents.changes import changes
from workbench.governance.documents.evidence import Document, Evidence
from workbench.governance.documents.model_card import model_card
from workbench.governance.documents.record import record_of_processing
from workbench.governance.drift import Drift
from workbench.governance.fairness import Fairness
from workbench.governance.fields import Fields
from workbench.governance.minimal import Minimal
from workbench.governance.pressure import Pressure
from workbench.governance.records import Record


def write_documents(
    *,
    market: str,
    audit: Audit,
    fields: Fields,
    records: Mapping[str, Record],
    fairness: Fairness | None,
    pressure: Pressure | None,
    drift: Drift | None,
    curves: Mapping[str, Minimal],
    energy: Mapping[str, pd.DataFrame],
    tables: Tables,
    contact: str = "",
    synthetic: bool = False,
) -> tuple[Document, ...]:
    """Write the record of processing, a card and a draft of an impact assessment for each model, and what has changed.

    `fields` is the audit of every field with its worths; `records` and `energy` (`emissions.steps` of the notebook) are
    by model, `curves` by what is cut down; `contact` is whom people turn to. None and empty: not measured, as the
    documents then say. `synthetic` data is of nobody, which stands on top of each.

    >>> from workbench.governance.audit import audit
    >>> found = audit({}, regime="gdpr", as_of="2026-01-01")
    >>> parts = {"records": {}, "fairness": None, "pressure": None, "drift": None, "curves": {}, "energy": {}}
    >>> [one.name for one in write_documents(market="germany", audit=found, fields=found.fields, tables={}, **parts)]
    ['record_of_processing', 'drift']
    """
    known = Evidence(
        market=market,
        audit=audit,
        fields=fields,
        records=records,
        fairness=fairness,
        pressure=pressure,
        drift=drift,
        curves=curves,
        energy=energy,
        tables=tables,
        contact=contact,
        synthetic=synthetic,
    )
    of_models = [write(known, name) for name in records for write in (model_card, impact_assessment)]
    return (record_of_processing(known), *of_models, changes(known))


def of_documents(documents: Iterable[Document]) -> Exhibits:
    """Show which documents were written and what each says in a sentence.

    >>> card = Document(name="model_card_churn", title="Model card: churn", summary="Whom to contact.", markdown="# C")
    >>> of_documents([card])["The documents that this run has written"].loc[0].tolist()
    ['Model card: churn', 'Whom to contact.', 'model_card_churn']
    """
    rows = [(one.title, one.summary, one.name) for one in documents]
    names = ["document", "in a sentence", "file"]
    return {"The documents that this run has written": pd.DataFrame(rows, columns=names, dtype="str")}
