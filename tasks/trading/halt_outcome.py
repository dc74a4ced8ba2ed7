"""What came of a halt, and of letting go on: one state for the run, with everything a person must look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from tasks.outcome import error_of
from tasks.trading.halt_work import Ended
from tieout.breakers import ALL_ACCOUNTS, Breaker, TradingState
from tieout.halting import Halt
from tieout.ids import AccountId

if TYPE_CHECKING:
    from tasks.acts import Came


_NAMES = {TradingState.HALTED: "Halted", TradingState.REDUCE_ONLY: "Reduce only", TradingState.ACTIVE: "Told"}


def halted(
    halt: Halt, breaker: Breaker, cancelled: Sequence[PrefectFuture[Any]], closed: Sequence[PrefectFuture[Any]]
) -> State[Any]:
    """The flow run's state: it has failed where any order or position is left, for a person must look then."""
    orders, positions = _together(cancelled), _together(closed)
    left = [*orders.left, *positions.left]
    told = {
        "who": halt.who,
        "state": breaker.effect.value,
        "since": breaker.since.isoformat(),
        "by": halt.by,
        "reason": halt.reason,
        "orders": asdict(orders),
        "positions": asdict(positions),
        "exit_code": int(bool(left)),
    }
    make = Failed if left else Completed
    name = _NAMES[breaker.effect]
    return make(name=name, message=_message(halt, name, orders, positions), data=told)


def _together(futures: Sequence[PrefectFuture[Any]]) -> Ended:
    """What every account came to; whatever stopped one of them is told beside the others."""
    done: list[str] = []
    left: list[str] = []
    for future in futures:
        error = error_of([future])
        came = future.result() if error is None else Ended(left=(error,))
        done += came.done
        left += came.left
    return Ended(tuple(done), tuple(left))


def _message(halt: Halt, name: str, orders: Ended, positions: Ended) -> str:
    parts = [f"{name}: {halt.who}, by {halt.by}: {halt.reason}"]
    if halt.cancels:
        parts.append(f"{len(orders.done)} orders ended")
    if halt.flatten:
        parts.append(f"{len(positions.done)} positions closed")
    left = [*orders.left, *positions.left]
    return "; ".join([*parts, *(f"LEFT: {one}" for one in left)])


def resumed(came: Came) -> State[Any]:
    """Which breakers were lifted, which hold nevertheless, and who must agree first."""
    told = {**came.told, "words": came.words}
    name = "Waiting" if came.waits else "Lifted" if told.get("still") else "Resumed"
    return Completed(name=name, message=came.words, data=told)


def let_go_words(account_id: AccountId, lifted: Sequence[Breaker], still: Sequence[Breaker]) -> dict[str, Any]:
    """The same for people and programs."""
    who = "all accounts" if account_id == ALL_ACCOUNTS else str(account_id)
    names = ", ".join(named(one) for one in lifted)
    rest = "; ".join(f"still off: {named(one)} of {_whose(one)}, {one.effect}: {one.reason}" for one in still)
    words = f"{who}: lifted {names}" + (f"; {rest}" if rest else "; nothing else is off")
    return {
        "who": who,
        "lifted": [named(one) for one in lifted],
        "still": [f"{named(one)} of {_whose(one)}" for one in still],
        "words": words,
        "exit_code": 0,
    }


def _whose(one: Breaker) -> str:
    return "all accounts" if one.account_id == ALL_ACCOUNTS else str(one.account_id)


def named(one: Breaker) -> str:
    """`break_lock KO`: the breaker with its scope."""
    return f"{one.name} {one.scope}".strip()
