"""All markets on one page: every key figure against its target, what failed and why, what has not run yet.

In: markets, and the last run of each notebook with its figures.   Out: facts, and `reports/index.html` made of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workbench.market import Market
from workbench.outputs import KeyFigure, key_figure
from workbench.report import words
from workbench.report.cost import Costs, costs
from workbench.report.history import Past
from workbench.report.record import Page
from workbench.report.render import template
from workbench.report.trend import Trend, trend

# What the workbench as a whole is measured by: the key figure, and the key of a market that holds its target.
TARGETS = {
    "accuracy": "target_accuracy",
    "compliance": "target_compliance",
    "energy_saving": "target_energy_saving",
    "satisfaction": "target_satisfaction",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One market in a table: its figures in the order of the columns, None where it has no such figure.

    `trends` are theirs, in the table of targets alone.
    """

    title: str
    page: Page | None
    figures: tuple[KeyFigure | None, ...]
    trends: tuple[Trend | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """Markets x figures; `targets` are the columns' targets in words, empty where there is none or markets differ."""

    title: str
    names: tuple[str, ...]
    targets: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the index says, before it is HTML; `verdicts` counts the figures of reports that are up to date."""

    targets: Table
    notebooks: tuple[Table, ...]
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
) -> str:
    """Render the index; `notebooks` maps the names of those that there are to their titles, `documented` the markets
    that have documents to theirs, `histories` markets to what their figures were.
    """
    overview = summarise(markets, pages, notebooks=notebooks, histories=histories)
    return template("index.html.j2").render(overview=overview, documented=documented or {}, made_at=made_at)


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
    targets = _targets(markets, found, histories or {})
    judged = {key: figure for key, (figure, _) in found.items()} | {
        (one.market, figure.name): figure
        for one, line in zip(markets, targets.lines, strict=True)
        for figure in line.figures
        if figure is not None
    }
    verdicts = [figure.verdict for figure in judged.values() if figure.target is not None]
    return Overview(
        targets=targets,
        notebooks=tuple(_of_notebook(name, title, titles, pages) for name, title in notebooks.items()),
        failures=tuple(page for page in pages if page.run.failure is not None),
        verdicts={verdict: verdicts.count(verdict) for verdict in ("met", "missed", "not measured")},
        reports=len(current),
        expected=len(titles) * len(notebooks),
        costs=costs([page.run for page in pages], titles=titles, notebooks=notebooks),
        synthetic=_how_many([page.run.synthetic for page in pages]),
    )


def _how_many(are: Sequence[bool]) -> Literal["all", "some", "none"]:
    return "none" if not any(are) else "all" if all(are) else "some"


def _targets(
    markets: Sequence[Market],
    found: Mapping[tuple[str, str], tuple[KeyFigure, Page]],
    histories: Mapping[str, Sequence[Past]],
) -> Table:
    """Set every market against the workbench's targets, 'not measured' until a notebook measures them."""
    lines = []
    for one in markets:
        unknown = [key_figure(name, None, unit="share", at_least=getattr(one, key)) for name, key in TARGETS.items()]
        known = [found.get((one.market, figure.name), (figure, None)) for figure in unknown]
        trends = tuple(_trend(figure, page, histories.get(one.market, ())) for figure, page in known)
        lines.append(Line(title=one.title, page=None, figures=tuple(figure for figure, _ in known), trends=trends))
    return _table("Targets", tuple(TARGETS), tuple(lines))


def _trend(figure: KeyFigure, page: Page | None, history: Sequence[Past]) -> Trend | None:
    """Hold a figure against earlier runs of the notebook that measured it, or against any where none has."""
    past = [one for one in history if one.name == figure.name and (not page or one.notebook == page.run.notebook)]
    return trend(figure, past, at=page.run.started_at if page else None)


def _of_notebook(notebook: str, title: str, titles: Mapping[str, str], pages: Sequence[Page]) -> Table:
    of_market = {page.run.market: page for page in pages if page.run.notebook == notebook}
    figures = [figure for page in of_market.values() for figure in page.figures]
    names = dict.fromkeys(figure.name for figure in sorted(figures, key=lambda figure: figure.target is None))
    lines = []
    for market, market_title in titles.items():
        page = of_market.get(market)
        found = {figure.name: figure for figure in page.figures} if page else {}
        lines.append(Line(title=market_title, page=page, figures=tuple(found.get(name) for name in names)))
    return _table(title, tuple(names), tuple(lines))


def _table(title: str, names: tuple[str, ...], lines: tuple[Line, ...]) -> Table:
    columns = [
        {words.target(figure) for line in lines if (figure := line.figures[position]) is not None}
        for position in range(len(names))
    ]
    targets = tuple(column.pop() if len(column) == 1 else "" for column in columns)
    return Table(title=title, names=names, targets=targets, lines=lines)
