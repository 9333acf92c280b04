"""The command line: one function per command, each reads its arguments, calls one module and prints."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from workbench import crm, law, market, outputs, report
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench import governance

# What is printed comes from data and from paths, in which brackets and colons are no markup.
console = Console(markup=False, emoji=False, highlight=False)


class _Commands(typer.core.TyperGroup):
    """Turns an InputError of any command into its message and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False, highlight=False)
            raise typer.Exit(2) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", help=__doc__)
Params = Annotated[Path, typer.Option(help="folder of market files")]


@app.command()
def run(
    params: Params = Path("params"),
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="only this market; may repeat")] = None,
    notebook: Annotated[list[str] | None, typer.Option("--notebook", "-n", help="only this notebook; repeat")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="override a parameter")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="runs side by side; default: cores")] = None,
    force: Annotated[bool, typer.Option("--force", help="run what is unchanged, too")] = False,
    cold: Annotated[bool, typer.Option("--cold", help="start every kernel afresh, with its own imports")] = False,
    reports: Annotated[
        Path | None, typer.Option(help="output folder; default: reports/, as params/ is laid out")
    ] = None,
    time_limit: Annotated[int, typer.Option(min=1, metavar="SECONDS", help="per notebook")] = 1800,
    memory_limit: Annotated[
        float | None, typer.Option(min=0.1, metavar="GB", help="per notebook; default: nine tenths of the machine's")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="a Dask cluster to run them, such as tcp://host:8786")
    ] = None,
) -> None:
    """Run the notebooks for the markets and render the reports.

    What is unchanged since its last success is not run again. What the notebooks import is loaded once and their
    kernels are forked from there; the longest go first, as many at once as cores and memory allow.

    Exit 0: all reports are there; 1: some failed, see the index; 2: the input cannot be used, nothing ran.
    """
    code = report.run(
        params=params,
        notebooks_folder=outputs.project_root() / "notebooks",
        reports=reports or _reports_for(params),
        markets=market or [],
        notebooks=notebook or [],
        settings=dict(_pair(item) for item in set_ or []),
        jobs=jobs,
        force=force,
        cold=cold,
        time_limit_seconds=time_limit,
        memory_limit_bytes=None if memory_limit is None else round(memory_limit * 1e9),
        scheduler=scheduler,
        console=console,
    )
    raise typer.Exit(code)


@app.command()
def markets(params: Params = Path("params")) -> None:
    """List the markets with their data, languages and regime, and whether the data is there."""
    table = Table("market", "title", "data", "languages", "regime", "there", box=None)
    for one in market.read_folder(params):
        table.add_row(one.market, one.title, one.data, " ".join(one.languages), one.regime, crm.availability(one.data))
    console.print(table)


@app.command()
def check(location: Annotated[str, typer.Argument(help="a folder, a DuckDB file, a database URL or 'sample'")]) -> None:
    """Say what is in a CRM, what is missing, what that means for each notebook, and every fault.

    Exit 0: no fault; 2: faults.
    """
    found = crm.inspect(location)
    console.print(_as_table(found.tables.astype(object).fillna("not known")))
    missing = ", ".join(found.missing) or "nothing, all tables of the contract are"
    console.print(f"not there: {missing}", soft_wrap=True)
    notebooks = outputs.project_root() / "notebooks"
    for info in report.describe(notebooks) if notebooks.is_dir() else []:
        console.print(f"{info.name}: {info.applicability(set(found.tables['table']))}", soft_wrap=True)
    for fault in found.faults:
        console.print(str(fault), style="red", soft_wrap=True)
    count = f"{len(found.faults)} fault{'s' * (len(found.faults) != 1)}; no notebook runs on data with faults"
    console.print(count if found.faults else "no faults", soft_wrap=True)
    raise typer.Exit(2 if found.faults else 0)


@app.command()
def audit(
    location: Annotated[str, typer.Argument(help="a folder, a DuckDB file, a database URL or 'sample'")],
    regime: Annotated[str, typer.Option(help=f"privacy regime: {', '.join(law.names())}")],
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="the law of this day, and no later facts")] = None,
    country: Annotated[list[str] | None, typer.Option(help="only customers of this country; may repeat")] = None,
    timezone: Annotated[str, typer.Option(help="where days begin and end, such as Europe/Berlin")] = "UTC",
    format_: Annotated[Literal["text", "html", "json", "csv"], typer.Option("--format", help="of what is written")] = (
        "text"
    ),
    to: Annotated[Path | None, typer.Option(help="the file to write; default: standard output")] = None,
) -> None:
    """Audit what a CRM holds, and whether it may: every check, its verdict, article and remedy.

    Without DATE, the law is that of the data's last day; a DATE ahead shows what a law to come would find. `text` is
    for the screen, `html` a page for people, `csv` one line a check, `json` all of it with the keys of the rows at
    fault. Exit 0: no breach; 1: a breach; 2: the input cannot be used.
    """
    if to and (to.is_dir() or not to.parent.is_dir()):
        raise InputError(f"--to {to}: must be a file in a folder that is there")
    # Bring matplotlib and what tests for holidays and phone numbers, for which no other command has a use.
    from workbench import governance
    from workbench.report.audit_page import write_audit

    whole = crm.open(location)
    held = whole.cut(country or [])
    asked: dict[str, Any] = {"regime": regime, "as_of": as_of, "countries": country or [], "timezone": timezone}
    errors = Console(stderr=True, markup=False, highlight=False)
    with errors.status("reading") if errors.is_terminal else nullcontext() as status:
        tell = status.update if status else None
        found = governance.audit(held.tables, everyone=whole.tables, tell=tell, **asked)
    if format_ == "text" and to is None:
        _print_findings(found)
    else:
        text = write_audit(found, format_, place=whole.location, synthetic=whole.synthetic)
        _write(text, to)
    raise typer.Exit(1 if found.breached else 0)


@app.command()
def footprint(
    reports: Annotated[Path | None, typer.Option(help="folder of reports; default: reports/ of the project")] = None,
    by: Annotated[Literal["market", "notebook", "step"], typer.Option(help="how deep the table goes")] = "step",
    csv: Annotated[bool, typer.Option("--csv", help="rows with every factor and its source, all runs apart")] = False,
    to: Annotated[Path | None, typer.Option(help="the CSV file to write; default: standard output")] = None,
) -> None:
    """Add up the energy and carbon of every run that `workbench run` has metered, by market, notebook and step.

    Failed and repeated runs count, and stand apart as well; a market of another params folder is named with its folder,
    such as online_retail/united_kingdom. Ends of energy are those of two meters; what was not measured is said. `--csv`
    is for a sustainability report: one row a market, notebook, step, status and set of factors, which add up.
    Exit 2: no such folder, or no ledger below.
    """
    # Brings codecarbon and matplotlib, for which no other command has a use.
    from workbench.report import footprint as found_in

    found = found_in.gather(outputs.project_root() / "reports" if reports is None else reports)
    if csv or to:
        _write(found_in.as_csv(found), to)
        return
    for line in [*found_in.lines(found, by=by), *found.notes]:
        console.print(line, soft_wrap=True)


@app.command()
def clean(
    reports: Annotated[Path | None, typer.Option(help="folder of reports; default: reports/ of the project")] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="remove what is older: days or weeks, such as 90d or 12w")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be removed, remove nothing")] = False,
    params: Annotated[
        Path | None, typer.Option(help="folder of market files; default: params/, as reports/ is laid out")
    ] = None,
) -> None:
    """List the reports and tables that hold personal data, oldest first; with `--older-than`, remove old ones.

    A table counts that has a column of customers or of keys of their orders, messages and the like, and so does a page
    that shows customers one by one, by pseudonym too. What goes, goes by run: page, notebook, log, figures, tables and
    documents together; the index then says 'not run yet', and the next `workbench run` makes them again. A kept model
    goes by its own age. The ledger and what key figures were stay: they hold figures only. Nothing goes that the
    workbench did not make, and nothing while a batch is at work.

    Exit 0: done, or nothing is older; 2: no such folder, a wrong age, a batch at work, or what cannot be removed.
    """
    # Brings pyarrow and nbformat, for which no other command has a use.
    from workbench.report import retention

    root = outputs.project_root()
    place, now = (root / "reports" if reports is None else reports), datetime.now(UTC)
    if older_than is None:
        lines = retention.listed(retention.held(place, now=now))
    else:
        days = retention.days(older_than)
        gone = retention.clean(place, older_than_days=days, now=now, project=root, params=params, dry_run=dry_run)
        lines = retention.told(gone, older_than_days=days, dry_run=dry_run)
    for line in lines:
        console.print(line, soft_wrap=True)


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help=f"one of: {', '.join(crm.SOURCES)}, feedback")],
    files: Annotated[list[Path], typer.Argument(help="the source's files")],
    to: Annotated[Path, typer.Option(help="the CRM folder to write")],
    mapping: Annotated[Path | None, typer.Option(help="for 'tables' and 'feedback': YAML that maps columns")] = None,
) -> None:
    """Bring a known source, or your own tables, into the data contract; print what each cleaning rule took.

    `feedback` adds survey exports (Zigpoll, SurveyMonkey, Google Forms, or mapped columns: rating, text, date,
    customer_id or email) to the messages of a CRM folder; the same answers twice add nothing.
    """
    rules = crm.import_source(source, files, folder=to, mapping=mapping)
    console.print(_as_table(rules))
    console.print(f"written to {to}; next: workbench check {to}", soft_wrap=True)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="where to write it")],
    customers: Annotated[int, typer.Option(min=50, help="per market (one market is far smaller)")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="same seed, same sample")] = 0,
) -> None:
    """Write the synthetic sample: six markets, all tables of the contract, with the truth beside them."""
    crm.sample.write(folder, customers=customers, seed=seed)
    console.print(f"synthetic sample written to {folder}", soft_wrap=True)


def _print_findings(found: "governance.Audit") -> None:
    from workbench import governance

    shown = found.table.assign(share=found.table["share"].map("{:.2%}".format, na_action="ignore"))
    columns = ["code", "verdict", "rows", "share", "days_overdue", "article"]
    console.print(_as_table(shown[columns].astype(object).fillna("–").rename(columns={"days_overdue": "days late"})))
    for row in found.table[found.table["verdict"] == "breached"].itertuples():
        console.print(f"{row.code}: {row.remedy}", style="red", soft_wrap=True)
    rate, told = governance.compliance(found)
    console.print(found.said, soft_wrap=True)
    console.print(f"compliance: {'not measured' if rate is None else f'{rate:.1%}'}, {told}", soft_wrap=True)


def _write(text: str, to: Path | None) -> None:
    if to is None:
        typer.echo(text)
    else:
        try:
            outputs.write_whole(to, text)
        except OSError as error:
            raise InputError(f"--to {to}: cannot be written: {error.strerror}") from error
        console.print(f"written to {to}", soft_wrap=True)


def _reports_for(params: Path) -> Path:
    root = outputs.project_root()
    try:
        return root / "reports" / params.resolve().relative_to(root / "params")
    except ValueError:
        return root / "reports" / params.resolve().name


def _pair(item: str) -> tuple[str, str]:
    key, sign, value = item.partition("=")
    if not (key and sign):
        raise InputError(f"--set {item}: must read KEY=VALUE, such as horizon_days=60")
    return key, value


def _as_table(frame: Any) -> Table:
    table = Table(*map(str, frame.columns), box=None)
    for row in frame.itertuples(index=False):
        table.add_row(*(str(value) for value in row))
    return table


if __name__ == "__main__":
    app()
