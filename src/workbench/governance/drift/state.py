"""What is there to remember of a run, so that the next one can say what has changed?

In: tables, records of models, an audit, gaps of fairness.   Out: the state of a market, one tidy table without anybody
in it: counts, key figures, verdicts.
"""

from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any, get_args

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.governance.audit import Audit, compliance
from workbench.governance.case import Tables
from workbench.governance.drift.counting import count_tables
from workbench.governance.drift.spread import CountedAs, Key, Spread, spread_numbers
from workbench.governance.finding import Finding
from workbench.governance.records import Record
from workbench.outputs import KeyFigure

COLUMNS = ("kind", "of", "name", "key", "value", "text")
# Another number says that what is kept, or what it means, is no longer the same.
FORM = 1
_MOST_ROWS = 1e15
_GAPS = ("model", "attribute", "metric", "difference", "low", "high", "verdict")
_ENDS = ("highest", "lowest")
# Groups by anything else are values that the data contract does not know; they are in no state.
_NAMED = {"gender", "age band", "language", "country", "tenure"}

KEY = ["kind", "of", "name", "key"]
_TYPES = {**dict.fromkeys([*KEY, "text"], "str"), "value": "float64"}

Row = tuple[str, str, str, str, float, str | None]


def take_state(
    tables: Tables,
    records: Mapping[str, Record],
    audit: Audit,
    *,
    version: str | None = None,
    fairness_gaps: pd.DataFrame | None = None,
    further: Iterable[Finding] = (),
    before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return kind, of, name, key, value (NaN where there is none) and text (missing where there is none).

    kind is run (form, version, seen_at, regime), rows (by table), field (see `count_tables`), model (how many rows
    judged it), score (how its forecasts are spread), figure (its key figures), gap (of fairness, with the groups that
    it lies between where these are ages, genders and the like), finding, or compliance. `further` are findings beside
    those of the audit; `version` is that of the package, by default the one that is installed. Fields and scores are
    counted in the bins of `before`, the state of the run before, where it has them: without it two runs could only be
    compared by what is filled. InputError: gaps of fairness of another form.

    >>> from workbench.governance.audit import audit
    >>> state = take_state({}, {}, audit({}, regime="gdpr", as_of="2026-01-01"), version="0.1.0")
    >>> state.loc[state["kind"] == "run", "text"].tolist()
    [nan, '0.1.0', '2026-01-01T23:59:59.999999', 'gdpr']
    """
    earlier = read_state(before)[0]
    counted, fields = count_tables(tables, seen_at=audit.seen_at, before=spreads_of(earlier, "field"))
    rows = [
        *_of_run(audit, version),
        *(("rows", name, "rows", "", float(rows), None) for name, rows in counted.items()),
        *(row for name, spread in fields.items() for row in _of_spread("field", name, spread)),
        *_of_models(records, spreads_of(earlier, "score")),
        *_of_gaps(fairness_gaps),
        *(row for finding in (*audit.findings, *further) for row in _of_finding(finding)),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(_TYPES).drop_duplicates(KEY, ignore_index=True)


def read_state(state: pd.DataFrame | None) -> tuple[pd.DataFrame, str]:
    """Return a state as it was taken, and what is wrong with it: an empty one where it is no state at all."""
    nothing = pd.DataFrame(columns=list(COLUMNS)).astype(_TYPES)
    if state is None:
        return nothing, ""
    lacking = [name for name in COLUMNS if name not in state]
    if lacking:
        return nothing, f"The table of the run before is no state: it has no column {', '.join(lacking)}."
    numbers = pd.to_numeric(state["value"], errors="coerce").replace([np.inf, -np.inf], np.nan)
    texts = {name: state[name].astype("str") for name in (*KEY, "text")}
    read = state[[]].assign(**texts, value=numbers)[list(COLUMNS)].astype(_TYPES)
    read[KEY] = read[KEY].fillna("")
    read = read.drop_duplicates(KEY, ignore_index=True)
    form = read.loc[(read["kind"] == "run") & (read["name"] == "form"), "value"]
    if form.empty:
        return nothing, "The table of the run before is no state: it does not say its form."
    return read, "" if form.iloc[0] == FORM else _OTHER_FORM.format(form.iloc[0])


_OTHER_FORM = "The run before was kept in another form ({:g}): what that form does not have is not compared."


def spreads_of(state: pd.DataFrame, kind: str) -> dict[str, Spread]:
    """Return how fields, or scores, were spread; what cannot be read is left out."""
    rows, found = state[(state["kind"] == kind) & state["value"].between(0, _MOST_ROWS)], {}
    for name, own in rows.groupby("of", sort=False):
        counted_as = own["text"].iloc[0]
        bins = own["name"] == "bin"
        if counted_as in get_args(CountedAs) and pd.to_numeric(own.loc[bins, "key"], errors="coerce").notna().all():
            named = zip(own["name"], own["key"], own["value"].astype(int), strict=True)
            counts = sorted((((what, key), count) for what, key, count in named), key=_in_order)
            found[str(name)] = Spread(counted_as=counted_as, counts=dict(counts))
    return found


def _in_order(bin_: tuple[Key, int]) -> tuple[bool, str, float, str]:
    """Sort what is empty first, then bins by their ends."""
    (name, key), _ = bin_
    return name != "empty", name, float(key) if name == "bin" else 0.0, key


def _of_run(audit: Audit, version: str | None) -> list[Row]:
    seen = None if pd.isna(audit.seen_at) else audit.seen_at.isoformat()
    rate, told = compliance(audit)
    facts = {"version": version or metadata.version("crm-workbench"), "seen_at": seen, "regime": audit.law.regime}
    texts: list[Row] = [("run", "", name, "", np.nan, text) for name, text in facts.items()]
    share = np.nan if rate is None else rate
    return [("run", "", "form", "", float(FORM), None), *texts, ("compliance", "", "value", "", share, told)]


def _of_spread(kind: str, of: str, spread: Spread) -> list[Row]:
    return [(kind, of, name, key, float(count), spread.counted_as) for (name, key), count in spread.counts.items()]


def _of_models(records: Mapping[str, Record], before: Mapping[str, Spread]) -> Iterable[Row]:
    """Keep of each model how many rows judged it, or why none did, how it foretold, and its key figures."""
    for model, record in records.items():
        scores = record.judged["predicted"].to_numpy(dtype=float, na_value=np.nan)
        why = None if len(scores) else record.told("why")
        yield ("model", model, "rows", "", float(len(scores)), why)
        if len(scores):
            yield from _of_spread("score", model, spread_numbers(scores, like=before.get(model)))
        for figure in record.figures:
            yield from _of_figure(model, figure)


def _of_figure(model: str, figure: KeyFigure) -> list[Row]:
    facts: dict[str, Any] = {"low": figure.low, "high": figure.high}
    texts = {"unit": figure.unit, "target": figure.target, "verdict": figure.verdict}
    number, words = (np.nan, figure.value) if isinstance(figure.value, str | None) else (float(figure.value), None)
    return [
        ("figure", model, figure.name, "value", number, words),
        *(("figure", model, figure.name, key, np.nan if end is None else end, None) for key, end in facts.items()),
        *(("figure", model, figure.name, key, np.nan, text) for key, text in texts.items()),
    ]


def _of_gaps(gaps: pd.DataFrame | None) -> Iterable[Row]:
    if gaps is None:
        return
    lacking = [name for name in _GAPS if name not in gaps]
    if lacking:
        raise InputError(f"gaps of fairness: no column {', '.join(lacking)}; there must be {', '.join(_GAPS)}")
    numbers = gaps[["difference", "low", "high"]].apply(pd.to_numeric, errors="coerce").astype("float64")
    for gap in gaps.reindex(columns=[*_GAPS, *_ENDS]).assign(**numbers).to_dict("records"):
        name = f"{gap['metric']} by {gap['attribute']}"
        for key, column in {"value": "difference", "low": "low", "high": "high"}.items():
            yield ("gap", gap["model"], name, key, gap[column], None)
        yield ("gap", gap["model"], name, "verdict", np.nan, gap["verdict"])
        if _NAMED.issuperset(str(gap["attribute"]).split(" and ")):
            yield from (("gap", gap["model"], name, end, np.nan, gap[end] or None) for end in _ENDS)


def _of_finding(finding: Finding) -> list[Row]:
    return [
        ("finding", finding.code, "verdict", "", float(finding.rows), finding.verdict),
        ("finding", finding.code, "title", "", np.nan, finding.title),
    ]
