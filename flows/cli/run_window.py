"""What `tieout run execution-window` does and says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

COLUMNS = ("account_id", "intent_id", "side", "quantity", "symbol", "order_type", "state", "filled", "reason")


def start(
    window: str | None, day: date | None, accounts: list[str] | None, *, live: bool, stay: bool, dry_run: bool
) -> State[Any]:
    """Run the flow here and now."""
    from flows.execution_window import execution_window

    return execution_window(window, day, accounts or None, live, stay, dry_run, return_state=True)


def tell(state: State[Any], as_json: bool) -> None:
    """The state's own words, and every order of the run's windows."""
    flow_run_id = str(state.state_details.flow_run_id)
    orders = _orders(flow_run_id)
    if as_json:
        told = {"flow_run_id": flow_run_id, "state": state.name, "message": state.message, "orders": orders}
        print_json(told)
        return
    if orders:
        print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in orders))
    typer.echo(f"{state.name}: {state.message}")


def _orders(flow_run_id: str) -> list[dict[str, Any]]:
    from sql.order_list import list_intents
    from sql.runs import read_runs_of_flow_run
    from tasks.stores import open_journal
    from tieout.ids import AccountId

    with open_journal() as opened, opened.read() as journal:
        return [
            row
            for run in read_runs_of_flow_run(journal, flow_run_id)
            for row in list_intents(
                journal,
                account_id=AccountId(run["account_id"]),
                business_date=run["business_date"],
                window=(run["outcome"] or {}).get("window"),
            )
        ]
