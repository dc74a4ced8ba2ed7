"""`tieout orders`: our decisions to trade and how far each got."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_date
from flows.cli.show import print_json, print_table
from tieout.orders import OrderState

COLUMNS = (
    "intent_id",
    "account_id",
    "business_date",
    "window",
    "side",
    "quantity",
    "symbol",
    "order_type",
    "limit_price",
    "time_in_force",
    "state",
    "filled",
    "slippage_bp",
    "vwap_bp",
    "vwap_of",
    "broker_order_id",
    "exits",
    "heir",
    "reason",
)


def orders(
    account: OneAccount = None,
    state: Annotated[OrderState | None, typer.Option("--state", help="Only those in one state.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Only those of this session, YYYY-MM-DD.")] = None,
    as_json: AsJson = False,
) -> None:
    """List our orders, the oldest first. `tieout explain order ID` tells the whole story of one."""
    rows = _rows(account, state, date)
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("There are no orders.")
        return
    print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    typer.echo(f"{len(rows)} orders")


def _rows(account: str | None, state: OrderState | None, day: str | None) -> list[dict[str, Any]]:
    from sql.order_list import list_intents
    from tasks.settings import load_settings
    from tasks.stores import open_stores
    from tieout.closing import choose_accounts
    from tieout.ids import AccountId

    business_date = read_date(day) if day else None
    if account:
        choose_accounts(load_settings(), [account])
    with open_stores() as stores, stores.journal.read() as journal:
        return list_intents(
            journal, account_id=AccountId(account) if account else None, state=state, business_date=business_date
        )
