"""The accounts of a market: what each step cost, what explaining cost, what was for nothing, what was saved.

In: the ledger of all notebooks of a market, counts of messages and touches.   Out: `Accounts`, a figure, exhibits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.charts import Exhibits
from workbench.emissions import parts
from workbench.emissions.parts import LATEST
from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.ledger import UNCHANGED, Total, read, sum_up
from workbench.outputs import KeyFigure
from workbench.words import counted, number

JOULES_PER_KWH = 3.6e6
NOTHING_REUSED = {"messages_reused": 0, "messages_scored": 0}

# What a message costs that was not read again; the low end stays, as part of the step is the same for any number.
_DEARER = ["kwh_codecarbon", "kwh_cpu", "kwh_high", "gco2e", "gco2e_cpu"]
_AMOUNTS = ["seconds", "kwh", "low", "high", "gco2e"]
_ENERGY = ["kwh", "low", "high"]
# What earlier runs had and the latest has not is one row: names of steps change, and sixty of old ones tell nothing.
_OLD = "steps of other runs"
_NOT_LATEST = "not in the latest run"
# The notebook value learns its forecast in the step that values by it.
_LEARNS_TOO = "value customers"
# More bars than these cannot be read at the width of a phone.
_MOST_BARS = 12
_ADVICE = "Repeated runs are not all waste: data or code may have changed between them."


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """Energy of scoring per message and touch of the period; `why` says why there is no figure, '' where there is."""

    joules: float | None
    low: float | None
    high: float | None
    count: int
    steps: tuple[str, ...]
    why: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Accounts:
    """What a market's notebooks took; energy in kilowatt-hours with its ends, carbon in grams, missing if not measured.

    by_step     notebook, step, seconds, kwh, low, high, gco2e of the latest run that succeeded; runs, and the same
                amounts `…_of_all_runs`, failed ones too. The rows of a notebook add up to its page; steps that its
                latest run does not have are one row, 'steps of other runs'
    explaining  the same by notebook and work, 'explaining' or 'scoring'; times_scoring
    wasted      the same by kind: failed, killed, not ended, repeated; runs
    saved       what, count, kwh, low, high, gco2e; not_known, of how many nobody knows what they would have taken
    `latest` sums the latest runs and `all_runs` all of them; `method` is 'measured', 'estimated' or both.
    """

    by_step: pd.DataFrame
    explaining: pd.DataFrame
    wasted: pd.DataFrame
    saved: pd.DataFrame
    interactions: Interactions
    latest: Total
    all_runs: Total
    method: str
    notes: tuple[str, ...]


def account(
    ledger: pd.DataFrame,
    *,
    interactions: Mapping[str, int] | None,
    reused: Mapping[str, int] = NOTHING_REUSED,
) -> Accounts:
    """Keep the accounts of a market from its ledger, as `ledger.read` returns it.

    `interactions` are numbers of messages and touches of the period by name, None where the market has none. `reused`
    are the notebook sentiment's figures messages_reused and messages_scored. An InputError names a count below 0.

    >>> from dataclasses import asdict
    >>> from workbench.ledger import Footprint
    >>> given = {"started_at": pd.Timestamp("2026-03-01"), "notebook": "churn", "country": "DE", "run_id": "a"}
    >>> line = Footprint(**given, step="score", kwh_cpu=1e-6, kwh_codecarbon=2e-6, outcome="succeeded")
    >>> found = account(pd.DataFrame([asdict(line)]), interactions={"messages": 10, "touches": 26})
    >>> round(found.interactions.joules, 3), round(found.interactions.low, 3), found.wasted.empty
    (0.2, 0.1, True)
    """
    for name, count in {**(interactions or {}), **reused}.items():
        if count < 0:
            raise InputError(f"accounts: {name} is {count}; allowed: 0 or more")
    split = parts.split(ledger)
    latest = split[split["status"] == LATEST]
    return Accounts(
        by_step=_by_step(split, latest),
        explaining=_explaining(latest),
        wasted=parts.sums(split[split["status"] != LATEST], ["status"]).rename(columns={"status": "kind"}),
        saved=_saved(ledger, split, reused),
        interactions=_per_interaction(latest, interactions or {}, reused),
        latest=sum_up(latest),
        all_runs=sum_up(split),
        method=" and ".join(sorted({*split["method"]} - {""})) or "not measured",
        notes=tuple(_notes(ledger, split)),
    )


def account_market(ledger: Path, *, summary: pd.DataFrame, figures: Iterable[KeyFigure]) -> Accounts:
    """Keep the accounts of a market's ledger; `summary` has table and rows, `figures` are those of sentiment.

    >>> account_market(Path("none.csv"), summary=pd.DataFrame({"table": [], "rows": []}), figures=[]).by_step.empty
    True
    """
    rows = summary.set_index("table")["rows"]
    interactions = {name: int(rows[name]) for name in ("messages", "touches") if name in rows}
    known = {figure.name: int(figure.value) for figure in figures if isinstance(figure.value, int | float)}
    reused = {name: known.get(name, 0) for name in NOTHING_REUSED}
    return account(read(ledger), interactions=interactions or None, reused=reused)


def is_scoring(step: str) -> bool:
    """Say whether a step scores customers or messages for use; scoring again and again only measures.

    >>> [is_scoring(step) for step in ("score", "value customers", "score again and again: linear", "explain")]
    [True, True, False, False]
    """
    return step == _LEARNS_TOO or (step.startswith("score") and not step.startswith("score again"))


def _scoring(split: pd.DataFrame) -> pd.DataFrame:
    return split[split["step"].map(is_scoring).astype(bool)]


def _by_step(split: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """Set the latest run beside all runs, by notebook: its steps in their order, then those of other runs as one."""
    current = (split["notebook"] + "\n" + split["step"]).isin(latest["notebook"] + "\n" + latest["step"])
    ordered = split.assign(step=split["step"].where(current, _OLD), old=split["status"] != LATEST)
    ordered = ordered.sort_values(["old", "place"], kind="stable")
    ever = parts.sums(ordered, ["notebook", "step"])
    ever = ever.rename(columns={name: f"{name}_of_all_runs" for name in _AMOUNTS})
    now = parts.sums(latest, ["notebook", "step"])[["notebook", "step", *_AMOUNTS]]
    both = ever.merge(now, on=["notebook", "step"], how="left").iloc[
        pd.factorize(ever["notebook"])[0].argsort(kind="stable")
    ]
    return both[["notebook", "step", *_AMOUNTS, "runs", *(f"{name}_of_all_runs" for name in _AMOUNTS)]].reset_index(
        drop=True
    )


def _explaining(latest: pd.DataFrame) -> pd.DataFrame:
    explaining = latest[latest["step"].str.startswith("explain").astype(bool)]
    kept = pd.concat([_scoring(latest).assign(work="scoring"), explaining.assign(work="explaining")])
    found = parts.sums(kept.sort_values("place"), ["notebook", "work"]).drop(columns="runs")
    scoring = found[found["work"] == "scoring"].set_index("notebook")["kwh"]
    times = found["kwh"] / found["notebook"].map(scoring).astype(float)
    return found.assign(times_scoring=times.where(found["work"] == "explaining"))


def _saved(ledger: pd.DataFrame, split: pd.DataFrame, reused: Mapping[str, int]) -> pd.DataFrame:
    """Price each run that was not needed at the latest success before it, each message at the last scoring's mean."""
    spared = ledger.assign(place=np.arange(len(ledger)))[["place", "notebook", "outcome"]]
    spared = spared[spared["outcome"] == UNCHANGED]
    whole = parts.runs(split[split["status"].isin([LATEST, parts.REPEATED])])
    before = pd.merge_asof(spared, whole, on="place", by="notebook")
    rows = [_priced("unchanged runs", before[[*_ENERGY, "gco2e"]])] if len(before) else []
    if reused.get("messages_reused"):
        rows.append(_reused(split, reused["messages_reused"], scored=reused.get("messages_scored", 0)))
    return pd.DataFrame(rows, columns=["what", "count", *_ENERGY, "gco2e", "not_known"])


def _reused(split: pd.DataFrame, count: int, *, scored: int) -> dict[str, object]:
    score = _scoring(split[(split["status"] == LATEST) & (split["notebook"] == "sentiment")])
    # The step also loads the model and what is known: shared out over a few messages, that would be their price.
    enough = scored if scored >= FEWEST else np.nan
    each = parts.sums(score, ["notebook"])[[*_ENERGY, "gco2e"]].sum(min_count=1) / enough
    unknown = count if pd.isna(each["kwh"]) else 0
    return {"what": "messages scored by the same model before", "count": count, **count * each, "not_known": unknown}


def _priced(what: str, spared: pd.DataFrame) -> dict[str, object]:
    unknown = int(spared["kwh"].isna().sum())
    return {"what": what, "count": len(spared), **spared.sum(min_count=1), "not_known": unknown}


def _per_interaction(latest: pd.DataFrame, interactions: Mapping[str, int], reused: Mapping[str, int]) -> Interactions:
    """Share all scoring out over messages and touches; messages known before cost as much as those that were read."""
    scoring = _scoring(latest)
    of_messages = scoring["notebook"] == "sentiment"
    read, known = (reused.get(name, 0) for name in ("messages_scored", "messages_reused"))
    priced, said = scoring, scoring["notebook"] + ": " + scoring["step"]
    if of_messages.any() and known and read:
        dearer = scoring[_DEARER].mul(1 + of_messages * known / read, axis=0)
        priced = scoring.assign(**{name: dearer[name] for name in _DEARER})
        said = said.where(
            ~of_messages, said + f", {counted(known, 'message')} known before at the mean of {read:,} read"
        )
    taken, count = sum_up(priced), sum(interactions.values())
    why = ""
    if of_messages.any() and known and read < FEWEST:
        few = f"all but {read:,}" if read else "all"
        why = f"not measured for messages: {few} were known from an earlier run"
    if taken.kwh is None:
        why = "not measured: no step that scores is in the ledger with its energy"
    if not count:
        why = "not applicable: no message and no touch in the period"
    steps = tuple(dict.fromkeys(said))
    each = [None if why or kwh is None else kwh * JOULES_PER_KWH / count for kwh in (taken.kwh, taken.low, taken.high)]
    return Interactions(joules=each[0], low=each[1], high=each[2], count=count, steps=steps, why=why)


def _notes(ledger: pd.DataFrame, split: pd.DataFrame) -> Iterator[str]:
    """Say what to mind: what is not here, what is not measured, and what the meter noted."""
    skipped, lacking = ledger.attrs.get("skipped", 0), sum_up(split).not_measured
    if skipped:
        yield f"{counted(skipped, 'line')} of the ledger left out, torn or foreign: what they took is not here."
    if lacking:
        yield f"{counted(lacking, 'step')} not measured in full: the sums are too low by these."
    if (split["status"] == parts.OPEN).any():
        yield "A run without its last line may still be running, as the one that shows this page, or was killed."
    yield from parts.noted(split)


def of_accounts(accounts: Accounts) -> Exhibits:
    """Show what the steps took, what explaining cost, what was for nothing, what was saved, and an interaction's."""
    if accounts.by_step.empty:
        return {"accounts": "Accounts: not measured, the ledger has no step.", **_numbered(accounts.notes)}
    explained = accounts.explaining.drop(columns="not_measured")
    times = explained["times_scoring"].map(number, na_action="ignore").astype("str").fillna("nothing scored")
    explained["times_scoring"] = times.where(explained["work"] == "explaining", "–")
    caption = f"Energy of the steps of the latest runs, {accounts.method}, with its ends"
    drawn: Exhibits = {caption: plot_steps(accounts)} if accounts.by_step["kwh"].notna().any() else {}
    return {
        "lead": _lead(accounts),
        **drawn,
        f"Every step, {accounts.method}; the steps of a notebook add up to its page": _steps_shown(accounts.by_step),
        **_shown_or("explaining", "What explaining cost beside scoring", _as_shown(explained), _NO_EXPLAINING),
        **_shown_or("wasted", "Runs beyond the latest successes", _as_shown(accounts.wasted), _NO_WASTE),
        **({"repeated": _ADVICE} if (accounts.wasted["kind"] == parts.REPEATED).any() else {}),
        **_shown_or("saved", "What was not run again, as nothing had changed", _as_shown(accounts.saved), _NO_SAVING),
        "interaction": _said(accounts.interactions, accounts.method),
        **_numbered(accounts.notes),
    }


_NO_EXPLAINING = "What explaining cost: not measured, no step of the latest runs explains or scores."
_NO_WASTE = "No run failed, was killed or was repeated."
_NO_SAVING = "Saved by not running again: nothing yet, every run was needed."


def plot_steps(accounts: Accounts, *, ax: Axes | None = None) -> Axes:
    """Draw the watt-hours of the steps of the latest runs with their ends, the dearest on top, a colour a notebook."""
    ax = charts.axes(ax)
    steps = accounts.by_step[accounts.by_step["kwh"] >= 0].sort_values("kwh", ascending=False)
    shown = steps.head(_MOST_BARS).iloc[::-1]
    place = {name: place % len(charts.PALETTE) for place, name in enumerate(accounts.by_step["notebook"].unique())}
    wh = 1000 * shown[_ENERGY].to_numpy(float).T
    arms = np.clip([wh[0] - wh[1], wh[2] - wh[0]], 0, None)
    ax.barh(range(len(shown)), wh[0], color=[charts.PALETTE[place[name]] for name in shown["notebook"]], height=0.65)
    ax.errorbar(wh[0], range(len(shown)), xerr=arms, fmt="none", ecolor="black", elinewidth=0.8, capsize=2)
    ax.set_yticks(range(len(shown)), list(map(_brief, shown["notebook"] + ": " + shown["step"])))
    others = len(steps) - len(shown)
    ax.set_xlabel(f"watt-hours, {accounts.method}" + f"; {counted(others, 'smaller step')} not drawn" * (others > 0))
    return ax


def _brief(step: str) -> str:
    return step if len(step) < 36 else f"{step[:33]}…"


def _lead(accounts: Accounts) -> str:
    return (
        f"The latest runs took {energy(accounts.latest)}, {accounts.method}; all runs in the ledger, failed and "
        f"repeated ones too, took {energy(accounts.all_runs)}."
    )


def energy(total: Total) -> str:
    """Write the watt-hours of a total with their ends, and its carbon.

    >>> energy(Total(kwh=0.002, low=0.001, high=0.003, gco2e=0.76, seconds=1.0, steps=1, not_measured=0))
    '2.00 Wh (1.00 to 3.00), 0.760\\xa0g of CO2e'
    """
    if total.kwh is None or total.low is None or total.high is None:
        return "an amount that was not measured"
    carbon = "carbon not known" if total.gco2e is None else f"{number(total.gco2e, unit='g')} of CO2e"
    return f"{with_ends(1000 * total.kwh, 1000 * total.low, 1000 * total.high, unit=' Wh')}, {carbon}"


def with_ends(value: float, low: float, high: float, *, unit: str = "") -> str:
    """Write a number with its ends, each with as many digits as are worth reading.

    >>> with_ends(420.0, 180.0, 1700.0, unit=" Wh")
    '420 Wh (180 to 1,700)'
    """
    if value != value:
        return "not measured"
    return f"{number(value)}{unit} ({number(low)} to {number(high)})"


def _said(found: Interactions, method: str) -> str:
    if found.joules is None or found.low is None or found.high is None:
        return f"Energy per customer interaction: {found.why}."
    factor, unit = (1, "joules") if found.joules >= 0.1 else (1000, "millijoules")
    each = with_ends(*(factor * end for end in (found.joules, found.low, found.high)), unit=f" {unit}")
    learning = f", but '{_LEARNS_TOO}' learns its forecast too" if f"value: {_LEARNS_TOO}" in found.steps else ""
    return (
        f"Energy per customer interaction: {each}, {method}: all scoring ({'; '.join(found.steps)}) over "
        f"{counted(found.count, 'message and touch', 'messages and touches')} of the period. Steps that only learn or "
        f"read the data are not in it{learning}."
    )


def _steps_shown(by_step: pd.DataFrame) -> pd.DataFrame:
    shown, old = _as_shown(by_step.drop(columns=["seconds_of_all_runs", "gco2e_of_all_runs"])), by_step["step"] == _OLD
    latest = {"milliwatt_hours": _NOT_LATEST, "seconds": "–", "grams_of_co2e": "–"}
    return shown.assign(**{name: shown[name].astype(object).mask(old, text) for name, text in latest.items()})


def _as_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Write energy in milliwatt-hours, one column with both ends: most steps are far below a kilowatt-hour."""
    shown = frame.rename(columns={"gco2e": "grams_of_co2e", "not_measured": "steps_not_measured"})
    for kwh in [str(name) for name in frame if str(name).startswith("kwh")]:
        low, high = (kwh.replace("kwh", end, 1) for end in ("low", "high"))
        ends = (1e6 * frame[[kwh, low, high]].astype(float)).itertuples(index=False, name=None)
        shown[kwh] = [with_ends(*row) for row in ends]
        shown = shown.drop(columns=[low, high]).rename(columns={kwh: kwh.replace("kwh", "milliwatt_hours", 1)})
    return shown


def _shown_or(name: str, caption: str, frame: pd.DataFrame, otherwise: str) -> Exhibits:
    return {caption: frame} if len(frame) else {name: otherwise}


def _numbered(notes: tuple[str, ...]) -> Exhibits:
    return {f"note {place}": note for place, note in enumerate(notes, start=1)}
