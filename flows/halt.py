"""Stop trading: by a person, for one account or all, at once; orders and positions only as asked."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow, unmapped
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.runtime import flow_run

from flows.forms import asked
from flows.naming import halt_run_name
from tasks.audit import note_start
from tasks.trading.halt import plan_halt, stop_trading, withdraw_orders
from tasks.trading.halt_outcome import halted
from tasks.trading.halt_work import end_orders, flatten_account

Reason = Annotated[str, asked("Reason", "Why; kept with the breaker and with each order.")]
By = Annotated[str, asked("By", "Your name.")]
Account = Annotated[str | None, asked("Account", "Name from tieout.toml. Empty: all accounts.")]
Cancel = Annotated[bool, asked("Cancel", "Cancel every order that has not ended.")]
Flatten = Annotated[bool, asked("Flatten", "Cancel, then close every position with a market order.")]
ReduceOnly = Annotated[bool, asked("Reduce only", "Orders that shrink a position may still be sent; off: none at all.")]
Live = Annotated[bool, asked("Live", "Needed to flatten accounts with real money; never to halt or to cancel.")]


@flow(name="halt", flow_run_name=halt_run_name, retries=0, log_prints=False, on_running=[note_start])
def halt(
    reason: Reason,
    by: By,
    account: Account = None,
    cancel: Cancel = False,
    flatten: Flatten = False,
    reduce_only: ReduceOnly = False,
    live: Live = False,
) -> State[Any]:
    """Stop trading. Safe to run again: what is off stays off, and what still is open is seen to."""
    wish = plan_halt(account, reason, by, cancel=cancel, flatten=flatten, reduce_only=reduce_only, live=live)

    # Stop what is new, first of all
    breaker = stop_trading(wish)

    # End what is under way
    cancelled = end_orders.map(withdraw_orders(wish), unmapped(wish))
    wait(list(cancelled))

    # Close what is held, only when asked
    key = str(flow_run.id)
    closed = flatten_account.map(list(wish.accounts) if wish.flatten else [], unmapped(wish), unmapped(key))

    # Tell
    return halted(wish, breaker, cancelled, closed)
