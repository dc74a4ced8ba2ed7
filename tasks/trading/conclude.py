"""Concluding a window: what came of each account's intents, written down and said in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from tasks.clock import now
from tasks.outcome import error_of, words_of
from tasks.stores import Stores, open_stores
from tasks.trading.figures import measure
from tasks.trading.plan import end_window
from tieout.errors import StoreError
from tieout.fill_figures import window_figures
from tieout.placement import Placement
from tieout.window_outcome import WindowOutcome, WindowState, headline, refusals, state_of, worst
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from sqlalchemy import Connection

Stage = Sequence[PrefectFuture[Any]]
_RED = frozenset({WindowState.UNKNOWN, WindowState.FAILED})


def conclude_windows(plan: Sequence[WindowRun], begun: Stage, worked: Stage) -> tuple[WindowOutcome, ...]:
    """One outcome per account, in the plan's order; waits for each, whatever happened to another."""
    chains = iter(zip(begun, worked, strict=True))
    reached = []
    for work in plan:
        chain = () if work.skipped else next(chains)
        furthest = next((one.result() for one in reversed(chain) if _came(one)), work)
        reached.append((furthest, error_of(chain)))
    return conclude_work(reached)


@task(task_run_name="conclude", cache_policy=NO_CACHE)
def conclude_work(reached: list[tuple[WindowRun, str | None]]) -> tuple[WindowOutcome, ...]:
    """Write down how each account's run ended, and give its lease back.

    What could not be written down has failed. It does not end the run here: people are still to be told.
    """
    with open_stores() as stores:
        return tuple(_concluded(stores, work, error) for work, error in reached)


def final_state(outcomes: Sequence[WindowOutcome], untold: Sequence[str] = ()) -> State[Any]:
    """The flow run's state. A refused order is a result; an order of unknown fate, or a failed account, is not."""
    state = worst(outcomes)
    make = Failed if state in _RED or untold else Completed
    message = "; ".join([headline(outcomes), *untold])
    return make(name=state.value.capitalize(), message=message, data=int(state in _RED or bool(untold)))


def _came(future: PrefectFuture[Any]) -> bool:
    future.wait()
    return future.state.is_completed()


def _concluded(stores: Stores, work: WindowRun, error: str | None) -> WindowOutcome:
    try:
        return _conclude(stores, work, error)
    except StoreError as unwritten:
        return WindowOutcome(work, WindowState.FAILED, error=error or words_of(unwritten))


def _conclude(stores: Stores, work: WindowRun, error: str | None) -> WindowOutcome:
    if work.skipped:
        return WindowOutcome(work, WindowState.SKIPPED, error=work.skipped)
    if work.dry_run:
        outcome = WindowOutcome(work, WindowState.FAILED if error else WindowState.IDLE, error=error)
        end_window(stores, work, outcome.state.value, _kept(outcome))
        return outcome
    with stores.journal.read() as journal:
        rows = _family(journal, work)
        called = _called(journal, rows)
        kept = _kept_by_us(journal, rows)
    figures = window_figures(rows, measure(stores, rows))
    close_signals(stores, rows)
    state = WindowState.FAILED if error else state_of(rows)
    outcome = WindowOutcome(work, state, figures, refusals(rows), called, error, kept)
    end_window(stores, work, state.value, _kept(outcome))
    return outcome


def _kept(outcome: WindowOutcome) -> dict[str, Any]:
    """What the journal keeps of it."""
    work = outcome.work
    return {
        "window": work.window,
        "words": outcome.words,
        "called": list(outcome.called),
        "error": outcome.error,
        "dry_run": work.dry_run,
    }


def close_signals(stores: Stores, rows: Sequence[Placement]) -> None:
    """A signal is done when no intent of it can trade any more."""
    from sql.signals import set_state
    from tieout.signals.types import SignalState

    working = {row.intent.signal_id for row in rows if not row.ended}
    over = {row.intent.signal_id for row in rows} - working - {None}
    with stores.journal.write() as journal:
        for signal_id in over:
            if signal_id is not None:
                set_state(journal, signal_id, SignalState.DONE, now())


def _family(journal: Connection, work: WindowRun) -> list[Placement]:
    """The window's intents and whoever went on with their rest, at whatever account."""
    from sql.families import with_heirs
    from sql.placements import read_placements

    own = read_placements(journal, work.account_id, business_date=work.business_date, window=work.window)
    return with_heirs(journal, own)


def _kept_by_us(journal: Connection, rows: Sequence[Placement]) -> tuple[str, ...]:
    """Exits that no venue holds, told with the entry that they are of."""
    from sql.exit_words import KEPT_BY_US, read_exit_words

    names = {row.intent.intent_id: f"{row.intent.order.instrument.symbol}, {row.intent.intent_id}" for row in rows}
    found = read_exit_words(journal, list(names))
    return tuple(f"{names[key]}: {words}" for key in names if (words := found.get(key, "")).startswith(KEPT_BY_US))


def _called(journal: Connection, rows: Sequence[Placement]) -> tuple[str, ...]:
    """Events of these intents that a person had to know."""
    from sql.order_events import read_calls

    calls = read_calls(journal, [row.intent.intent_id for row in rows])
    return tuple(
        f"{row.intent.order.side} {row.intent.order.quantity} {row.intent.order.instrument.symbol}: {words}"
        for row in rows
        for words in calls.get(row.intent.intent_id, ())
    )
