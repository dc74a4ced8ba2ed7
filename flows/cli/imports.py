"""`tieout import`: files that people keep by hand, booked with their signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson, OneAccount, read_date
from flows.cli.show import note, print_json, print_table
from tieout.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tasks.imports import Booked
    from tieout.imports.batch import ImportBatch
    from tieout.imports.csv_table import SourceFile
    from tieout.sessions import Sessions
    from tieout.settings import AccountSettings, Settings

app = typer.Typer(help="Book what a file says: opening positions, or trades kept by hand.", no_args_is_help=True)

SignedOffBy = Annotated[str, typer.Option("--signed-off-by", help="Who answers for the content of the file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read, check and report, but book nothing.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Session at whose close the positions were held, YYYY-MM-DD.")
]
Accept = Annotated[
    list[int] | None,
    typer.Option("--accept", help="Line of a repeated trade that is a trade of its own; may be given several times."),
]


@app.command("positions")
def positions(
    file: Annotated[Path, typer.Argument(help="CSV: asset_class, symbol, quantity, unit_cost, currency.")],
    signed_off_by: SignedOffBy,
    account: OneAccount = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open an account's book with the positions and cash of a file."""
    from tasks.imports import read_file
    from tieout.imports.positions import read_positions

    settings, chosen, sessions = _chosen(account)
    day = read_date(as_of) if as_of else None
    name = chosen.account.account_id
    batch = read_positions(read_file(file), name, signed_off_by=signed_off_by, as_of=day, sessions=sessions)
    _book(settings, chosen, batch, sessions, dry_run, as_json)


@app.command("csv")
def csv(
    files: Annotated[
        list[Path],
        typer.Argument(help="A daily file and a trade log of the micro-cap shape, or one file of executions."),
    ],
    signed_off_by: SignedOffBy,
    account: OneAccount = None,
    accept: Accept = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Book the trades of a file, and name every line in it that cannot be right."""
    from tasks.imports import read_file

    settings, chosen, sessions = _chosen(account)
    sources = [read_file(file) for file in files]
    batch = _read(sources, chosen, sessions, signed_off_by, frozenset(accept or ()))
    _book(settings, chosen, batch, sessions, dry_run, as_json)


def _chosen(name: str | None) -> tuple[Settings, AccountSettings, Sessions]:
    from tasks.accounts import sessions_of
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    settings = load_settings()
    found = choose_accounts(settings, [name] if name else None)
    if len(found) != 1:
        raise ConfigError(f"say which account: --account {' or '.join(one.account.account_id for one in found)}")
    return settings, found[0], sessions_of(found[0])


def _read(
    sources: Sequence[SourceFile],
    chosen: AccountSettings,
    sessions: Sessions,
    signed_off_by: str,
    accepted: frozenset[int],
) -> ImportBatch:
    from tieout.imports.executions import read_executions
    from tieout.imports.microcap import read_microcap
    from tieout.imports.shapes import Shape, shape_of

    shapes = {shape_of(source): source for source in sources}
    if len(sources) == 1 and Shape.EXECUTIONS in shapes:
        return read_executions(sources[0], signed_off_by=signed_off_by, sessions=sessions)
    if len(sources) != 2 or set(shapes) != {Shape.DAILY_UPDATES, Shape.TRADE_LOG}:
        told = ", ".join(f"{source.name} is {shape_of(source).value}" for source in sources)
        raise DataError(f"expected a daily file and its trade log, or one file of executions; {told}")
    book = read_microcap(
        shapes[Shape.DAILY_UPDATES],
        shapes[Shape.TRADE_LOG],
        chosen.account.account_id,
        signed_off_by=signed_off_by,
        sessions=sessions,
        currency=chosen.account.base_currency,
        accepted=accepted,
    )
    return book.batch


def _book(
    settings: Settings, chosen: AccountSettings, batch: ImportBatch, sessions: Sessions, dry_run: bool, as_json: bool
) -> None:
    from tasks.clock import now
    from tasks.imports import book_import

    booked = book_import(settings.journal_url, chosen.account, batch, sessions=sessions, now=now(), dry_run=dry_run)
    if as_json:
        print_json(_report(chosen, batch, booked))
        return
    _print_blemishes(batch)
    _print_summary(chosen, batch, booked)


def _report(chosen: AccountSettings, batch: ImportBatch, booked: Booked) -> dict[str, object]:
    return {
        "account": chosen.account.account_id,
        "as_of": batch.as_of,
        "signed_off_by": batch.signed_off_by,
        **asdict(booked),
        "blemishes": [{**asdict(one), "severity": one.severity} for one in batch.blemishes],
        "held": [asdict(one) for one in batch.held],
    }


def _print_blemishes(batch: ImportBatch) -> None:
    if not batch.blemishes:
        return
    columns = ("file", "line", "kind", "what", "date", "expected", "found", "money", "why")
    rows = (
        (
            one.file,
            one.line,
            one.kind.value,
            one.subject,
            one.business_date,
            one.expected,
            one.found,
            one.money,
            one.says,
        )
        for one in batch.blemishes
    )
    print_table(columns, rows)
    counted = Counter(one.kind.value for one in batch.blemishes)
    typer.echo("Blemishes: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items())))


def _print_summary(chosen: AccountSettings, batch: ImportBatch, booked: Booked) -> None:
    did = "would be booked" if booked.dry_run else "booked"
    opening = f", opening as of {batch.as_of}" if batch.as_of else ""
    typer.echo(
        f"{chosen.account.account_id}: {booked.new} records {did}, {booked.repeated} known already, "
        f"{len(batch.held)} lines held back{opening}, signed off by {batch.signed_off_by}"
    )
    if booked.dry_run:
        note("dry run: nothing was booked")
