"""What `tieout run execution-window` does and says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from tieout.settings import Settings

COLUMNS = ("account", "intent", "side", "quantity", "what", "type", "state", "filled", "why")


def start(
    window: str | None, day: date | None, accounts: list[str] | None, *, live: bool, stay: bool, dry_run: bool
) -> State[Any]:
    """Run the flow here and now."""
    from flows.execution_window import execution_window

    return execution_window(window, day, accounts or None, live, stay, dry_run, return_state=True)


def tell(settings: Settings, state: State[Any], as_json: bool) -> None:
    """The state's own words, and every order of the run's windows."""
    flow_run_id = str(state.state_details.flow_run_id)
    orders = [row for work in _runs(settings, flow_run_id) for row in _orders(settings, work)]
    if as_json:
        told = {"flow_run_id": flow_run_id, "state": state.name, "message": state.message, "orders": orders}
        print_json(told)
        return
    if orders:
        print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in orders))
    typer.echo(f"{state.name}: {state.message}")


def _runs(settings: Settings, flow_run_id: str) -> list[dict[str, Any]]:
    from sql.journal import Journal
    from sql.runs import read_runs_of_flow_run

    journal = Journal.open(settings.journal_url)
    try:
        with journal.read() as connection:
            return read_runs_of_flow_run(connection, flow_run_id)
    finally:
        journal.close()


def _orders(settings: Settings, run: dict[str, Any]) -> list[dict[str, Any]]:
    from sql.journal import Journal
    from sql.placements import read_placements
    from tieout.ids import AccountId

    window = (run["outcome"] or {}).get("window")
    journal = Journal.open(settings.journal_url)
    try:
        with journal.read() as connection:
            rows = read_placements(
                connection, AccountId(run["account_id"]), business_date=run["business_date"], window=window
            )
    finally:
        journal.close()
    return [
        {
            "account": row.intent.account_id,
            "intent": row.intent.intent_id,
            "side": row.intent.order.side.value,
            "quantity": f"{row.intent.order.quantity:f}",
            "what": row.intent.order.instrument.symbol,
            "type": row.intent.order.order_type.value,
            "state": row.state.value,
            "filled": f"{row.executed:f}",
            "why": row.reason,
        }
        for row in rows
    ]
