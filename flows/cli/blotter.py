"""`tieout blotter` and `tieout confirmations`: what was traded, for people, or as a file for another program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_date
from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from tasks.blotter import Span
    from tasks.stores import Stores


class Format(StrEnum):
    """Of a file."""

    CSV = "csv"
    PARQUET = "parquet"


From = Annotated[
    str | None, typer.Option("--from", help="First session, YYYY-MM-DD; from the first trade on if left out.")
]
To = Annotated[str | None, typer.Option("--to", help="Last session, that day included.")]
As = Annotated[Format | None, typer.Option("--format", help="Write a file of this kind instead of a table.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file; in output_dir/blotter if left out.")]

TRADES = (
    "executed_at",
    "account",
    "side",
    "quantity",
    "symbol",
    "price",
    "fee",
    "net",
    "strategy",
    "execution_id",
    "status",
)
ORDERS = (
    "trade_date",
    "account",
    "side",
    "quantity",
    "symbol",
    "average_price",
    "gross",
    "fees",
    "net",
    "executions",
    "strategy",
    "client_order_id",
)


def blotter(
    account: OneAccount = None,
    since: From = None,
    until: To = None,
    cancelled: Annotated[bool, typer.Option("--cancelled", help="Trades too that the venue took back.")] = False,
    form: As = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Each execution of the book: dates, account, instrument, price, fees, net, order, strategy."""
    from tasks.blotter import read_blotter
    from tasks.stores import open_stores
    from tieout.blotter import BlotterRow

    span = _span(account, since, until)
    with open_stores() as stores:
        rows = read_blotter(stores, span, cancelled=cancelled)
        _give(BlotterRow, rows, _file(stores, "blotter", span, form, output), TRADES, as_json)


def confirmations(
    account: OneAccount = None,
    since: From = None,
    until: To = None,
    form: As = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """What each order traded on each day: average price, total, fees, times."""
    from tasks.blotter import read_confirmations
    from tasks.stores import open_stores
    from tieout.blotter import Confirmation

    span = _span(account, since, until)
    with open_stores() as stores:
        rows = read_confirmations(stores, span)
        _give(Confirmation, rows, _file(stores, "confirmations", span, form, output), ORDERS, as_json)


def _span(account: str | None, since: str | None, until: str | None) -> Span:
    from tasks.blotter import Span

    return Span(read_date(since) if since else None, read_date(until) if until else None, account)


def _file(stores: Stores, name: str, span: Span, form: Format | None, output: Path | None) -> Path | None:
    if output is not None and form is not None and output.suffix.lower() != f".{form}":
        raise typer.BadParameter(f"{output} does not end in .{form}")
    if output is not None or form is None:
        return output
    return Path(stores.settings.output_dir) / "blotter" / f"{name}_{span.words}.{form}"


def _give(kind: Any, rows: Sequence[Any], file: Path | None, columns: Sequence[str], as_json: bool) -> None:
    from tasks.blotter import write_rows

    if file is not None:
        count = write_rows(file, kind, rows)
        if as_json:
            print_json({"file": str(file), "rows": count})
        else:
            typer.echo(f"{file}: {count} rows")
    elif as_json:
        print_json([asdict(one) for one in rows])
    elif rows:
        print_table(columns, ([getattr(one, name) for name in columns] for one in rows))
    else:
        typer.echo("Nothing was traded.")
