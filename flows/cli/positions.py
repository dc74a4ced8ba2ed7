"""`tieout positions`: positions and trading that may have to be reported."""

from __future__ import annotations

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table

app = typer.Typer(help="Positions over all accounts.", no_args_is_help=True)

COLUMNS = ("rule", "subject", "measured", "threshold", "level", "note")


@app.callback()
def _positions() -> None:
    """Keeps `large` a command of its own name although it is the only one."""


@app.command("large")
def large(as_json: AsJson = False) -> None:
    """Measure positions and trading against the thresholds of [large_positions]. No legal advice."""
    from tasks.large import measure, shown
    from tasks.stores import open_stores

    with open_stores() as stores:
        report = measure(stores)
    rows = [shown(one) for one in report.findings]
    if as_json:
        told = {"covered": report.covered, "left_out": report.left_out, "gaps": report.gaps}
        print_json({"findings": rows, **told, "no_legal_advice": True})
        return
    print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    for line in report.coverage:
        typer.echo(line)
    for line in (*report.gaps, *(f"{name} does not count: {why}" for name, why in report.left_out.items())):
        note(line)
