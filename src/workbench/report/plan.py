"""What is to run: notebooks x markets, with strict parameters, without what is unchanged.

In: params, notebooks, what was asked for and what earlier runs left.   Out: a `Plan`, or one InputError.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import yaml

from workbench import market
from workbench.errors import InputError, did_you_mean, without_password
from workbench.market import Market
from workbench.report import fingerprint, outdated, record
from workbench.report.notebooks import NotebookInfo, describe, in_order
from workbench.report.record import Failure, Run

_Kind = TypeVar("_Kind")

# A parameter that a notebook may declare beside the keys of a market: the folder of reports, where results go.
_REPORTS = "reports"
# Keys of a market that name a file beside the data, whose content counts and not its name.
_FILES = ("hourly_profile",)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One notebook to run for one market, after those that `after` names; `run` is remembered should it never end.

    `imports` are the modules that its cells name.
    """

    run: Run
    notebook: Path
    reports: Path
    parameters: dict[str, Any]
    country: str
    time_limit_seconds: int
    after: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    memory_limit_bytes: int | None = None

    def as_of_now(self) -> "Task":
        """Return the task with a fingerprint that covers the tables it would read now."""
        if not self.after or self.run.fingerprint is None:
            return self
        read = fingerprint.tables(self.reports / self.run.market, self.after)
        return replace(self, run=replace(self.run, fingerprint=fingerprint.combine(self.run.fingerprint, read)))

    def to_json(self) -> str:
        """Return the task as one line."""
        paths = {"notebook": str(self.notebook), "reports": str(self.reports)}
        return json.dumps(asdict(self) | paths | {"run": record.to_json(self.run)})

    @classmethod
    def from_json(cls, line: str | bytes) -> "Task":
        """Return the task that a line holds."""
        values = json.loads(line)
        paths = {name: Path(values[name]) for name in ("notebook", "reports")}
        tuples = {name: tuple(values[name]) for name in ("after", "imports")}
        return cls(**values | paths | tuples | {"run": record.from_json(values["run"])})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to run, what is unchanged since its last success, and what a user should know about it.

    Tasks come after those of the same market whose tables they read. `markets` and `notebooks`, names and titles, are
    all that there are, whether asked for or not.
    """

    tasks: tuple[Task, ...]
    unchanged: tuple[Run, ...]
    notes: tuple[str, ...]
    markets: tuple[Market, ...]
    notebooks: dict[str, str]


def make(
    *,
    params: Path,
    notebooks_folder: Path,
    reports: Path,
    markets: Sequence[str],
    notebooks: Sequence[str],
    settings: Mapping[str, str],
    force: bool,
    time_limit_seconds: int,
    memory_limit_bytes: int | None = None,
) -> Plan:
    """Choose what to run; every InputError comes from here, before anything runs."""
    infos, there = describe(notebooks_folder), market.read_folder(params)
    if not infos:
        raise InputError(f"{notebooks_folder}: no notebook here; a notebook is a file like notebooks/churn.ipynb")
    chosen = _choose("notebook", notebooks, {info.name: info for info in in_order(infos)})
    asked = [_with_settings(one, settings) for one in _choose("market", markets, {one.market: one for one in there})]
    _refuse_unknown_parameters(chosen, settings)
    data, notes = _data_fingerprints(asked)
    earlier = record.read(reports)
    last = {(run.notebook, run.market): run for run in earlier}
    tasks: list[Task] = []
    unchanged: list[Run] = []
    for info, one in product(chosen, asked):
        task = _task(info, one, reports=reports, data=data[one.data], time_limit_seconds=time_limit_seconds)
        run = last.get((info.name, one.market))
        if run and not force and _still_holds(run, task) and not follows(task, tasks):
            unchanged.append(run)
        else:
            loads = run.loads if run and run.source == task.run.source else ()
            known = replace(task.run, loads=loads, **_expected(task, earlier))
            tasks.append(replace(task, memory_limit_bytes=memory_limit_bytes, run=known))
    return Plan(
        tasks=tuple(tasks),
        unchanged=tuple(unchanged),
        notes=tuple(notes),
        markets=tuple(there),
        notebooks={info.name: info.title for info in infos},
    )


def follows(task: Task, others: Iterable[Task]) -> bool:
    """Say whether a task may read what one of the others is to leave."""
    return any(one.run.market == task.run.market and one.run.notebook in task.after for one in others)


def country_of(one: Market) -> str:
    """Return the country on whose grid a market's energy is counted; ZZ, which has none, where it names none."""
    return one.countries[0] if one.countries else "ZZ"


def _choose(kind: str, asked: Sequence[str], known: Mapping[str, _Kind]) -> list[_Kind]:
    for name in asked:
        if name not in known:
            raise InputError(f"unknown {kind} '{name}'{did_you_mean(name, known)}; there is: {', '.join(known)}")
    return [one for name, one in known.items() if not asked or name in asked]


def _with_settings(one: Market, settings: Mapping[str, str]) -> Market:
    """Put settings in the place of a market's own values, and check the market again."""
    if not settings:
        return one
    try:
        values = {key: yaml.safe_load(text) for key, text in settings.items()}
    except yaml.YAMLError as error:
        raise InputError(f"--set: cannot be read as YAML: {error}") from error
    return market.check(one.model_dump() | values, place="--set", name=one.market)


def _refuse_unknown_parameters(chosen: list[NotebookInfo], settings: Mapping[str, str]) -> None:
    allowed = {*Market.model_fields, _REPORTS}
    faults = [
        f"{info.path}: the cell tagged 'parameters' declares '{name}', which is no key of a market"
        f"{did_you_mean(name, allowed)}"
        for info in chosen
        for name in info.parameters
        if name not in allowed
    ]
    declared = sorted({name for info in chosen for name in info.parameters} - {_REPORTS})
    faults += [
        f"--set {key}: no notebook of this run takes it; they take: {', '.join(declared)}"
        for key in settings
        if key not in declared
    ]
    if faults:
        raise InputError("\n".join(faults))


def _data_fingerprints(asked: list[Market]) -> tuple[dict[str, str | None], list[str]]:
    """Hash the data of each location once; what is missing fails in its own reports, unless all is missing."""
    # Brings Ibis and DuckDB, which a worker can do without: it reads tasks and makes none.
    from workbench import crm

    found: dict[str, str | None] = {}
    faults, notes = [], []
    for location in dict.fromkeys(one.data for one in asked):
        try:
            found[location] = crm.fingerprint(location)
        except (InputError, OSError) as error:
            found[location] = None
            faults.append(str(error))
        else:
            if found[location] is None:
                notes.append(f"{without_password(location)}: runs every time, for its content has no known hash")
    if len(faults) == len(found):
        raise InputError("\n".join(faults))
    return found, notes


def _task(info: NotebookInfo, one: Market, *, reports: Path, data: str | None, time_limit_seconds: int) -> Task:
    values = one.model_dump(mode="json")
    passed = {name: values[name] for name in info.parameters if name != _REPORTS}
    contents = [fingerprint.content(passed[name]) for name in _FILES if passed.get(name)]
    parts = (info.digest, info.title, one.title, passed, contents, data, fingerprint.code())
    run = Run(
        market=one.market,
        market_title=one.title,
        notebook=info.name,
        title=info.title,
        outcome="interrupted",
        started_at=datetime.now(UTC).replace(microsecond=0),
        synthetic=one.data == "sample",
        failure=Failure(message="the run was stopped before its end; the next run makes up for it"),
        parameters=json.loads(without_password(json.dumps(passed))),
        fingerprint=None if data is None else fingerprint.combine(*parts),
        data_fingerprint=data,
        source=fingerprint.combine(info.digest, fingerprint.code()),
        versions=fingerprint.versions(),
    )
    return Task(
        run=run,
        notebook=info.path.resolve(),
        reports=reports,
        parameters=passed | ({_REPORTS: str(reports)} if _REPORTS in info.parameters else {}),
        country=country_of(one),
        time_limit_seconds=time_limit_seconds,
        after=info.after,
        imports=info.imports,
    )


def _expected(task: Task, earlier: Sequence[Run]) -> dict[str, Any]:
    """Return what a run is expected to take: what it took last, else the most that its notebook took elsewhere."""
    took = {run.market: _took(run) for run in earlier if run.notebook == task.run.notebook}
    own = took.get(task.run.market, (0.0, 0))
    seconds, held = (mine or max(most, default=0) or None for mine, *most in zip(own, *took.values(), strict=True))
    return {"expected_seconds": seconds, "expected_bytes": held}


def _took(run: Run) -> tuple[float, int]:
    """Return seconds and bytes, 0 where not known; where a run was stopped, what was expected of it is the least."""
    seconds, held = run.seconds, run.memory_bytes or 0
    if run.outcome == "succeeded":
        return seconds, held
    return max(seconds, run.expected_seconds or 0.0), max(held, run.expected_bytes or 0)


def _still_holds(run: Run, task: Task) -> bool:
    return (
        run.outcome == "succeeded"
        and run.fingerprint is not None
        and run.fingerprint == task.as_of_now().run.fingerprint
        and all((task.reports / name).exists() for name in run.files)
        and not outdated.is_marked(outdated.page_of(run, task.reports))
    )
