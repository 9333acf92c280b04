"""The command line: `workbench run | markets | check | import | sample`."""
import typer
app = typer.Typer()
