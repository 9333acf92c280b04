"""The same in words: what rose, fell, broke and was repaired.

In: the states of both runs, tables of what moved.   Out: sentences.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.words import number

# Of more than these a sentence says how many there are: the tables have them.
_MOST = 6
_RUNS = ("before", "now")
_MOVED = ("more than chance", "turned", "other words", "measured now", "no longer measured")
_BY_CHANCE = {"more than chance": ", more than chance would do", "within chance": ", which chance could do"}


def of_compliance(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    """Say from what to what compliance went."""
    rates = (state.loc[state["kind"] == "compliance", "value"].dropna() for state in (before, now))
    was, is_ = (None if rate.empty else float(rate.iloc[0]) for rate in rates)
    if was is not None and is_ is not None and was != is_:
        yield f"Compliance {'rose' if is_ > was else 'fell'} from {was:.1%} to {is_:.1%} of the checks that apply."
    elif was != is_:
        told = [f"{rate:.1%}" if rate is not None else "not applicable" for rate in (was, is_)]
        yield f"Compliance: {told[0]} before, {told[1]} now."


def of_findings(findings: pd.DataFrame, *changes: str) -> Iterator[str]:
    """Say what became of each check that has one of these changes."""
    for row in findings[findings["change"].isin(changes)].to_dict("records"):
        was, is_ = (_at_fault(row[f"rows_{run}"]) for run in ("before", "now"))
        match row["change"]:
            case "newly breached":
                yield f"Newly breached: {row['title']} ({is_}; {row['verdict_before']} before)."
            case "repaired":
                yield f"Repaired: {row['title']} ({was} before)."
            case "other verdict":
                yield f"{row['title']}: {row['verdict_before']} before, {row['verdict_now']} now."
            case "came" if row["verdict_now"] == "breached":
                yield f"Checked for the first time, and breached: {row['title']} ({is_})."
            case "more rows" | "fewer rows":
                yield f"{row['title']}: {was} before, {is_} now."


def of_checks(findings: pd.DataFrame) -> Iterator[str]:
    """Name the checks that were not made before, and those that are no longer made."""
    came = findings[(findings["change"] == "came") & (findings["verdict_now"] != "breached")]
    yield from _listed("Checked for the first time", came["title"])
    yield from _listed("No longer checked", findings.loc[findings["change"] == "went", "title"])


def of_figures(figures: pd.DataFrame) -> Iterator[str]:
    """Say which figures moved beyond chance or have another verdict, those that lost their target first."""
    moved = figures["change"].isin(_MOVED)
    judged = figures["change"].isin(["none", "within chance", "no interval"])
    other = (figures["verdict_now"].fillna("") != figures["verdict_before"].fillna("")) & judged
    rows = figures[moved | other].to_dict("records")
    yield from (_figure(row) for row in sorted(rows, key=_lost, reverse=True))


def of_come_and_gone(figures: pd.DataFrame) -> Iterator[str]:
    """Name the figures that came and went."""
    for change, said in (("came", "New figures"), ("went", "Figures that are gone")):
        own = figures[figures["change"] == change]
        yield from _listed(said, [f"{row['name']} of {row['of']}".replace("_", " ") for row in own.to_dict("records")])


def of_loose_ends(figures: pd.DataFrame) -> Iterator[str]:
    """Count the figures that are other ones, and of which nobody can say what chance would do."""
    loose = int((figures["change"] == "no interval").sum())
    if loose:
        verb = "figure without an interval is" if loose == 1 else "figures without an interval are"
        yield f"{loose} {verb} no longer the same: what chance would do to them is not known."


def of_models(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    """Say which models were not judged this time and why, and which were not judged before."""
    runs = (state[state["kind"] == "model"].set_index("of") for state in (now, before))
    here, there = ({str(of): (row["value"], row["text"]) for of, row in run.iterrows()} for run in runs)
    for model in {**there, **here}:
        rows, why = here.get(model, (0, "it left nothing to be judged by"))
        was, _ = there.get(model, (0, ""))
        if was and not rows:
            yield f"{model} was not judged this time: {'why is not known' if pd.isna(why) else why}."
        elif rows and not was:
            yield f"{model} was judged for the first time, or again: on {rows:,.0f} rows."


def of_shifts(shifts: pd.DataFrame, what: str) -> Iterator[str]:
    """Say which fields, or scores, are spread otherwise than before, beyond chance; `what` is put before the name."""
    moved = shifts[shifts["shifted"]]
    for row in moved.head(_MOST).to_dict("records"):
        yield f"{what}{row['of']} shifted ({row['size']}, PSI {row['psi']:.2f}). {row['what']}."
    if len(moved) > _MOST:
        yield f"{len(moved) - _MOST} more shifted, too; the table has them."


def of_tables(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    """Name the tables and columns that came and went, and say how many rows tables have, the most changed first."""
    here, there = (
        state[(state["kind"] == "rows") & state["value"].ge(0)].set_index("of")["value"] for state in (now, before)
    )
    yield from _listed("Tables that are gone", [name for name in there.index if name not in here.index])
    yield from _listed("New tables", [name for name in here.index if name not in there.index])
    columns = [_columns(state, set(here.index) & set(there.index)) for state in (before, now)]
    yield from _listed("Columns that are gone", [name for name in columns[0] if name not in columns[1]])
    yield from _listed("New columns", [name for name in columns[1] if name not in columns[0]])
    both = pd.DataFrame({"now": here, "before": there}).dropna()
    both["moved"] = abs(np.log1p(both["now"]) - np.log1p(both["before"]))
    moved = both[both["moved"] > 0].sort_values("moved", ascending=False, kind="stable")
    yield from _listed(
        "Rows", [f"{row.Index} {row.before:,.0f} before, {row.now:,.0f} now" for row in moved.itertuples()]
    )


def _columns(state: pd.DataFrame, tables: set[str]) -> list[str]:
    fields = state.loc[state["kind"] == "field", "of"].unique()
    return [field for field in fields if field.partition(".")[0] in tables]


def _figure(row: Mapping[Any, Any]) -> str:
    named = f"{row['of']}: {row['name']}".replace("_", " ")
    was, is_ = (written(row, run) for run in _RUNS)
    change = row["change"]
    if change in ("measured now", "no longer measured"):
        return f"{named} is {change}: {is_ if change == 'measured now' else f'it was {was}'}{_verdict(row)}."
    if change == "other words":
        return f"{named} changed from {was} to {is_}{_verdict(row)}."
    if change == "turned":
        return (
            f"{named} turned: {was}, {_sides(row, 'before')}, before; {is_}, {_sides(row, 'now')}, now{_verdict(row)}."
        )
    if row["value_now"] == row["value_before"] or change == "none":
        return f"{named} is {is_} as before{_verdict(row)}."
    way = "rose" if row["value_now"] > row["value_before"] else "fell"
    return f"{named} {way} from {was} to {is_}{_BY_CHANCE.get(change, '')}{_verdict(row)}{_others(row)}."


def _sides(row: Mapping[Any, Any], run: str) -> str:
    return f"{row[f'highest_{run}']} above {row[f'lowest_{run}']}"


def _others(row: Mapping[Any, Any]) -> str:
    """Say between whom a gap lies that has moved, where these are others than before."""
    ends = [[row[f"{end}_{run}"] for end in ("highest", "lowest")] for run in _RUNS]
    if any(pd.isna(end) for both in ends for end in both) or ends[0] == ends[1]:
        return ""
    was, is_ = (_sides(row, run) for run in _RUNS)
    return f"; it is {is_} now, {was} before"


def _verdict(row: Mapping[Any, Any]) -> str:
    """Say what another verdict means, and another target."""
    was, is_ = (row[f"verdict_{run}"] for run in _RUNS)
    target, earlier = (row[f"target_{run}"] for run in ("now", "before"))
    other = f", which was {earlier} before" if target != earlier and not pd.isna(earlier) else ""
    if pd.isna(was) or pd.isna(is_) or was == is_:
        return ""
    if is_ == "missed":
        return f"; it {'no longer meets' if was == 'met' else 'does not meet'} its target ({target}{other})"
    if is_ == "met" and row["kind"] == "figure":
        return f"; it meets its target now ({target}{other})"
    return f"; {was} before, {is_} now"


def _lost(row: Mapping[Any, Any]) -> int:
    """Rank a change: a target that is lost, or a gap that is breached, before what is merely another figure."""
    lost = row["verdict_now"] in ("missed", "breached") and row["verdict_before"] != row["verdict_now"]
    return 2 if lost else int(row["change"] == "no longer measured")


def written(row: Mapping[Any, Any], run: str) -> str:
    """Write the figure of a run, `before` or `now`, in its unit."""
    value, words, unit = (row[f"{what}_{run}"] for what in ("value", "words", "unit"))
    if pd.isna(value):
        return "not measured" if pd.isna(words) else str(words)
    return number(value, unit="" if pd.isna(unit) else unit)


def _at_fault(rows: Any) -> str:
    return "rows at fault not counted" if pd.isna(rows) else f"{rows:,} {'row' if rows == 1 else 'rows'} at fault"


def _listed(said: str, names: Iterable[str]) -> Iterator[str]:
    every = list(names)
    if every:
        more = f"; {len(every) - _MOST} more" if len(every) > _MOST else ""
        yield f"{said}: {'; '.join(every[:_MOST])}{more}."
