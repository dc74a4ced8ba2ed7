"""`tieout halt`, `tieout resume`, `tieout breakers`: stop trading, let it go on, see what is off and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.people import Code, propose
from flows.cli.show import note, print_json, print_table
from tieout.breakers import ALL_ACCOUNTS, BreakerName
from tieout.ids import AccountId

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from tieout.breakers import Breaker
    from tieout.halting import Halt

COLUMNS = ("account", "breaker", "scope", "state", "reason", "since", "until", "lifted_by")
ALL = "all accounts"
By = Annotated[str, typer.Option("--by", help="Your name; kept with the breaker.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the breaker.")]


def halt(
    reason: Reason,
    by: By,
    account: OneAccount = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel every order that has not ended.")] = False,
    flatten: Annotated[
        bool, typer.Option("--flatten", help="Cancel, then close every position with a market order.")
    ] = False,
    reduce_only: Annotated[
        bool, typer.Option("--reduce-only", help="Orders that shrink a position may still be sent.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="Needed to flatten accounts with real money.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop trading, in one account or in all. Exit code 1: orders or positions are left."""
    from tasks.audit import note_settings
    from tasks.stores import open_stores
    from tasks.trading.halt import plan_halt, stop, withdraw

    wish = plan_halt(account, reason, by, cancel=cancel, flatten=flatten, reduce_only=reduce_only, live=live)
    with open_stores() as stores:
        breaker = stop(stores, wish)  # before any server is asked for: a halt must not wait for one
        note_settings(stores, by)
        withdraw(stores, wish)
    note(f"{wish.who}: {breaker.effect} since {breaker.since:%Y-%m-%d %H:%M:%S} UTC: {breaker.reason}")
    told = _run(wish) if wish.cancels else _told(wish, breaker)
    if as_json:
        print_json(told)
    elif wish.cancels:
        _print(told)
    raise typer.Exit(told["exit_code"])


def resume(
    reason: Reason,
    by: By,
    account: OneAccount = None,
    everywhere: Annotated[
        bool, typer.Option("--all", help="Lift what holds for all accounts; not what an account has of its own.")
    ] = False,
    breaker: Annotated[BreakerName, typer.Option("--breaker", help="Which breaker is lifted.")] = BreakerName.MANUAL,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Let trading go on, by lifting a breaker. Where approvers are configured, two of them must agree."""
    from tasks.acts import Wish
    from tasks.stores import open_stores
    from tasks.trading.halt import plan_resume
    from tieout.agreement import ActKind

    if everywhere == bool(account):
        raise typer.BadParameter("name one account with --account, or all with --all")
    wish = Wish(ActKind.RESUME, plan_resume(account), {"breaker": breaker.value}, by, reason)
    with open_stores() as stores:
        propose(stores, wish, code, as_json=as_json)


def breakers(
    account: OneAccount = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those too that were lifted or whose time is over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List which circuit breakers are off, and why."""
    from sql.breakers import read_breakers
    from tasks.clock import now
    from tasks.stores import open_stores
    from tasks.trading.halt import plan_resume

    name = plan_resume(account) if account else None
    with open_stores() as stores, stores.journal.read() as journal:
        found = [one for one in read_breakers(journal, name) if everything or one.holds(now())]
    rows = [_row(one) for one in found]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))
    else:
        typer.echo("No breaker is off.")


def _row(one: Breaker) -> dict[str, Any]:
    return {
        "account": _whose(one.account_id),
        "breaker": one.name.value,
        "scope": one.scope,
        "state": one.effect.value if one.lifted_by is None else "lifted",
        "reason": one.reason,
        "since": one.since,
        "until": one.until,
        "lifted_by": one.lifted_by,
    }


def _whose(account_id: AccountId) -> str:
    return ALL if account_id == ALL_ACCOUNTS else account_id


def _told(wish: Halt, breaker: Breaker) -> dict[str, Any]:
    return {
        "who": wish.who,
        "state": breaker.effect.value,
        "since": breaker.since,
        "by": wish.by,
        "reason": wish.reason,
        "exit_code": 0,
    }


def _run(wish: Halt) -> dict[str, Any]:
    """The flow sees to orders and positions, with a run page that shows how."""
    from flows.cli.run import quiet_server
    from tasks.settings import load_settings

    with quiet_server(load_settings()):
        from flows.halt import halt as flow

        account = None if wish.scope == ALL_ACCOUNTS else str(wish.scope)
        state: State[Any] = flow(
            wish.reason, wish.by, account, wish.cancel, wish.flatten, wish.reduce_only, wish.live, return_state=True
        )
    told = getattr(state.data, "result", state.data)
    return told if isinstance(told, dict) else {"words": f"{state.name}: {state.message}", "exit_code": 1}


def _print(told: dict[str, Any]) -> None:
    for what in ("orders", "positions"):
        came = told.get(what, {})
        for words in came.get("done", ()):
            typer.echo(words)
        for words in came.get("left", ()):
            typer.echo(f"LEFT: {words}")
    if "words" in told:
        typer.echo(told["words"])
