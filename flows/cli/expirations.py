"""`tieout options`: what expires, what it would move, and how it ended, as the journal has it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.show import print_json, print_table

COLUMNS = ("account", "symbol", "contracts", "expires", "likelihood", "outcome", "cash", "decide_by", "left", "note")
EVENTS = ("account", "business_date", "symbol", "contracts", "outcome", "basis", "confidence", "state", "words")
RESERVED = ("account", "symbol", "amount", "currency", "until", "why")


def options(
    account: OneAccount = None,
    days: Annotated[
        int | None, typer.Option("--days", min=0, help="Sessions ahead; the settings' own where left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List expiring options with their forecast, the cash kept for them, and the newest events.

    `tieout run options-expiration` forecasts anew; nothing is asked of a broker here.
    """
    told = _read(account, days)
    if as_json:
        print_json(told)
        return
    if not any(told.values()):
        typer.echo("No forecast is known; `tieout run options-expiration` makes one.")
    for title, name, columns in (
        ("Expiring", "forecasts", COLUMNS),
        ("Cash kept", "reservations", RESERVED),
        ("Ended", "events", EVENTS),
    ):
        if told[name]:
            print_table(columns, ([one[column] for column in columns] for one in told[name]), title=title)


def _read(account: str | None, days: int | None) -> dict[str, list[dict[str, Any]]]:
    from tasks.options.listing import listing
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    settings = load_settings()
    chosen = choose_accounts(settings, [account] if account else None)
    return listing([one.account.account_id for one in chosen], days)
