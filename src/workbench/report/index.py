"""All markets on one page: every key figure against its target, what failed and why, what has not run yet.

In: markets, and the last run of each notebook with its figures.   Out: facts, and `reports/index.html` made of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workbench.market import Market
from workbench.outputs import KeyFigure, key_figure
from workbench.report import words
from workbench.report.cost import Costs, batch_facts, costs
from workbench.report.history import Past
from workbench.report.record import Batch, Page
from workbench.report.render import template
from workbench.report.trend import BEYOND, Trend, trend

# What the workbench as a whole is measured by: the key figure, and the key of a market that holds its target.
TARGETS = {
    "accuracy": "target_accuracy",
    "compliance": "target_compliance",
    "energy_saving": "target_energy_saving",
    "satisfaction": "target_satisfaction",
}

# More than a board reads; all of them are in the tables.
_MOST_MOVED = 20

# What figures were, by market, notebook and name.
_Histories = Mapping[tuple[str, str, str], Sequence[Past]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One market in a table: its figures and their trends in the order of the columns, None where it has no such."""

    title: str
    page: Page | None
    figures: tuple[KeyFigure | None, ...]
    trends: tuple[Trend | None, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Markets x figures; `targets` are the columns' targets in words, empty where there is none or markets differ."""

    title: str
    names: tuple[str, ...]
    targets: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A figure that has changed beyond both intervals since the run before."""

    page: Page
    figure: KeyFigure
    trend: Trend


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the index says, before it is HTML; `verdicts` counts the figures of reports that are up to date.

    `compared` counts the figures that have an earlier run to be held against; `moved` are some of them.
    """

    targets: Table
    notebooks: tuple[Table, ...]
    moved: tuple[Moved, ...]
    compared: int
    failures: tuple[Page, ...]
    verdicts: Mapping[str, int]
    reports: int
    expected: int
    costs: Costs
    synthetic: Literal["all", "some", "none"]


def render_index(
    markets: Sequence[Market],
    pages: Sequence[Page],
    *,
    notebooks: Mapping[str, str],
    made_at: datetime,
    documented: Mapping[str, str] | None = None,
    histories: Mapping[str, Sequence[Past]] | None = None,
    latest: Batch | None = None,
) -> str:
    """Render the index; `notebooks` maps the names of those that there are to their titles, `documented` the markets
    that have documents to theirs, `histories` markets to what their figures were; `latest` is the batch just done.
    """
    overview = summarise(markets, pages, notebooks=notebooks, histories=histories)
    tables = (overview.targets, *overview.notebooks)
    return template("index.html.j2").render(
        overview=overview,
        markets=dict.fromkeys(line.title for table in tables for line in table.lines),
        figures=sorted({name for table in tables for name in table.names}),
        batch=batch_facts(latest),
        documented=documented or {},
        made_at=made_at,
        BEYOND=BEYOND,
        MOST_MOVED=_MOST_MOVED,
    )


def summarise(
    markets: Sequence[Market],
    pages: Sequence[Page],
    *,
    notebooks: Mapping[str, str],
    histories: Mapping[str, Sequence[Past]] | None = None,
) -> Overview:
    """Gather the facts of the index; a market or notebook that has not run yet stands there and says so."""
    titles = {page.run.market: page.run.market_title for page in pages} | {one.market: one.title for one in markets}
    notebooks = {page.run.notebook: page.run.title for page in pages} | dict(notebooks)
    current = [page for page in pages if page.run.failure is None]
    found = {(page.run.market, figure.name): (figure, page) for page in current for figure in page.figures}
    past = _by_figure(histories or {})
    targets = _targets(markets, found, past)
    tables = tuple(_of_notebook(name, title, titles, pages, past) for name, title in notebooks.items())
    judged = {key: figure for key, (figure, _) in found.items()} | {
        (one.market, figure.name): figure
        for one, line in zip(markets, targets.lines, strict=True)
        for figure in line.figures
        if figure is not None
    }
    verdicts = [figure.verdict for figure in judged.values() if figure.target is not None]
    return Overview(
        targets=targets,
        notebooks=tables,
        moved=_moved(tables),
        compared=sum(
            trend is not None and bool(trend.since) for one in tables for line in one.lines for trend in line.trends
        ),
        failures=tuple(page for page in pages if page.run.failure is not None),
        verdicts={verdict: verdicts.count(verdict) for verdict in ("met", "missed", "not measured")},
        reports=len(current),
        expected=len(titles) * len(notebooks),
        costs=costs([page.run for page in pages], titles=titles, notebooks=notebooks),
        synthetic=_how_many([page.run.synthetic for page in pages]),
    )


def _how_many(are: Sequence[bool]) -> Literal["all", "some", "none"]:
    return "none" if not any(are) else "all" if all(are) else "some"


def _by_figure(histories: Mapping[str, Sequence[Past]]) -> _Histories:
    """Sort what figures were by market, notebook and name, once for all cells."""
    found = defaultdict(list)
    for market, history in histories.items():
        for one in history:
            found[market, one.notebook, one.name].append(one)
    return found


def _targets(
    markets: Sequence[Market], found: Mapping[tuple[str, str], tuple[KeyFigure, Page]], past: _Histories
) -> Table:
    """Set every market against the workbench's targets, 'not measured' until a notebook measures them."""
    lines = []
    for one in markets:
        unknown = [key_figure(name, None, unit="share", at_least=getattr(one, key)) for name, key in TARGETS.items()]
        known = [found.get((one.market, figure.name), (figure, None)) for figure in unknown]
        trends = tuple(_of_target(one.market, figure, page, past) for figure, page in known)
        lines.append(Line(title=one.title, page=None, figures=tuple(figure for figure, _ in known), trends=trends))
    return _table("Targets", tuple(TARGETS), tuple(lines))


def _of_target(market: str, figure: KeyFigure, page: Page | None, past: _Histories) -> Trend | None:
    """Hold a figure against earlier runs of the notebook that measured it, or against any where none has."""
    if page:
        return trend(figure, past.get((market, page.run.notebook, figure.name), ()), at=page.run.started_at)
    any_notebook = [one for key, own in past.items() if (key[0], key[2]) == (market, figure.name) for one in own]
    return trend(figure, sorted(any_notebook, key=_moment), at=None)


def _moment(past: Past) -> datetime:
    return past.at


def _of_notebook(
    notebook: str, title: str, titles: Mapping[str, str], pages: Sequence[Page], past: _Histories
) -> Table:
    of_market = {page.run.market: page for page in pages if page.run.notebook == notebook}
    figures = [figure for page in of_market.values() for figure in page.figures]
    names = tuple(dict.fromkeys(figure.name for figure in sorted(figures, key=lambda figure: figure.target is None)))
    lines = [_line(market_title, of_market.get(market), names, past) for market, market_title in titles.items()]
    return _table(title, names, tuple(lines))


def _line(title: str, page: Page | None, names: tuple[str, ...], past: _Histories) -> Line:
    """Set a page's figures in their columns; those of a run that failed are old, and go nowhere."""
    if page is None:
        return Line(title=title, page=None, figures=(None,) * len(names), trends=(None,) * len(names))
    run, by_name = page.run, {figure.name: figure for figure in page.figures}
    trends = {
        name: trend(figure, past.get((run.market, run.notebook, name), ()), at=run.started_at, brief=True)
        for name, figure in by_name.items()
        if run.failure is None
    }
    in_order = tuple(by_name.get(name) for name in names)
    return Line(title=title, page=page, figures=in_order, trends=tuple(trends.get(name) for name in names))


def _moved(tables: Sequence[Table]) -> tuple[Moved, ...]:
    return tuple(
        Moved(page=line.page, figure=figure, trend=moved)
        for table in tables
        for line in table.lines
        for figure, moved in zip(line.figures, line.trends, strict=True)
        if line.page and figure and moved and moved.judged == BEYOND
    )


def _table(title: str, names: tuple[str, ...], lines: tuple[Line, ...]) -> Table:
    columns = [
        {words.target(figure) for line in lines if (figure := line.figures[position]) is not None}
        for position in range(len(names))
    ]
    targets = tuple(column.pop() if len(column) == 1 else "" for column in columns)
    return Table(title=title, names=names, targets=targets, lines=lines)
