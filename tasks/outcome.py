"""Concluding: what came of each account, said in one place for the state, the report, the alert and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from tasks.runs import end_run
from tasks.stores import Stores, open_stores
from tieout.alert import SHOWN_REASONS, quoted
from tieout.closing import Close
from tieout.errors import StoreError
from tieout.money import ZERO
from tieout.verdict import AccountOutcome, OutcomeState, Verdict, account_state, judge_outcomes, words

if TYPE_CHECKING:
    from sql.reconcile import ReconOutcome
    from tasks.judge import Tied

Stage = Sequence[PrefectFuture[Any]]
_RED = frozenset({OutcomeState.QUARANTINED, OutcomeState.FAILED})


def conclude(closes: Sequence[Close], *stages: Stage) -> tuple[AccountOutcome, ...]:
    """One outcome per account, in the plan's order; waits for every account, whatever happened to another.

    stages    the futures of each step, begin first, one per account that was due
    """
    chains = iter(zip(*stages, strict=True))
    reached = [(close, () if close.skipped else next(chains)) for close in closes]
    return conclude_runs([(close, _progress(chain), error_of(chain)) for close, chain in reached])


@task(task_run_name="conclude", cache_policy=NO_CACHE)
def conclude_runs(reached: list[tuple[Close, Any, str | None]]) -> tuple[AccountOutcome, ...]:
    """Publish the warehouse for readers, write down how each account's run ended, and give its lease back.

    What could not be published or written down has failed. It does not end the run here: people are still to be told.
    """
    with open_stores() as stores:
        unseen = _publish(stores)
        judged = [
            (planned, done, _outcome(planned, done, error or (None if planned.skipped else unseen)))
            for planned, done, error in reached
        ]
        return tuple(_written_down(stores, *one) for one in judged)


def final_state(outcomes: Iterable[AccountOutcome], untold: Sequence[str] = ()) -> State[Any]:
    """The flow run's state: its name tells the outcome, its message the headline.

    untold    parts of the telling that failed: a close that nobody hears of is not a good one either

    Breaks are a result, so a run that found some has completed. A run that could not see or could not trust what it saw
    has failed, so that nobody takes it for a clean close.
    """
    outcomes = tuple(outcomes)
    verdict = judge_outcomes(outcomes)
    make = Failed if verdict.state in _RED or untold else Completed
    message = "; ".join([verdict.headline, *_reasons(outcomes), *untold])
    return make(name=state_name(verdict), message=message, data=verdict.exit_code or int(bool(untold)))


def state_name(verdict: Verdict) -> str:
    """`tied_out` as `Tied out`."""
    return words(verdict.state).capitalize()


def _reasons(outcomes: Sequence[AccountOutcome]) -> list[str]:
    """Why accounts failed, each reason once, and not more than a message bears."""
    failed = [one.error for one in outcomes if one.state is OutcomeState.FAILED and one.error]
    return [quoted(one) for one in dict.fromkeys(failed)][:SHOWN_REASONS]


def _publish(stores: Stores) -> str | None:
    """Why the warehouse could not be published; None where readers see what was done."""
    try:
        stores.warehouse.publish()
    except StoreError as error:
        return words_of(error)
    return None


def _progress(chain: Iterable[PrefectFuture[Any]]) -> Close | Tied | None:
    """How far an account got: the result of its last step that completed."""
    done: Close | Tied | None = None
    for future in chain:
        future.wait()
        if future.state.is_completed():
            done = future.result()
    return done


def error_of(chain: Iterable[PrefectFuture[Any]]) -> str | None:
    """Why an account got no further: the first step that failed, in its own words."""
    for future in chain:
        future.wait()
        if not future.state.is_completed():
            return _words(future.state)
    return None


def _words(state: State[Any]) -> str:
    try:
        state.result()
    except Exception as error:  # noqa: BLE001 - whatever stopped the account is told, never raised past the others
        return words_of(error)
    return state.message or state.name or "unknown"


def words_of(error: Exception) -> str:
    """`StoreError: the disk is full`."""
    return f"{type(error).__name__}: {error}"


def _outcome(planned: Close, progress: Close | Tied | None, error: str | None) -> AccountOutcome:
    from tasks.judge import Tied

    close = progress.close if isinstance(progress, Tied) else progress or planned
    recon = progress.recon if isinstance(progress, Tied) else None
    return AccountOutcome(
        account_id=close.account_id,
        business_date=close.business_date,
        run_id=close.run_id,
        snapshot_id=close.snapshot_id,
        dry_run=close.dry_run,
        state=_state(close, recon, error),
        quarantined_because=close.quarantined,
        error=error or close.skipped,
        **_figures(recon),
    )


def _state(close: Close, recon: ReconOutcome | None, error: str | None) -> OutcomeState:
    if close.skipped:
        return OutcomeState.SKIPPED
    if error is not None:
        return OutcomeState.FAILED
    if recon is None:
        return OutcomeState.QUARANTINED
    return account_state(coverage=recon.coverage, breaks_open=recon.open_breaks, critical_open=recon.critical_open)


def _figures(recon: ReconOutcome | None) -> dict[str, Any]:
    if recon is None:
        return {"coverage": ZERO, "rows_compared": 0}
    return {
        "coverage": recon.coverage,
        "rows_compared": recon.rows_compared,
        "breaks_opened": recon.opened,
        "breaks_closed": recon.closed,
        "breaks_open": recon.open_breaks,
        "critical_open": recon.critical_open,
        "resolved": recon.resolved,
    }


def _written_down(
    stores: Stores, planned: Close, progress: Close | Tied | None, outcome: AccountOutcome
) -> AccountOutcome:
    """The outcome, as the journal has it now; where it could not be written the run stays open, and has failed."""
    try:
        _write_down(stores, planned, progress, outcome)
    except StoreError as error:
        return replace(outcome, state=OutcomeState.FAILED, error=outcome.error or words_of(error))
    return outcome


def _write_down(stores: Stores, planned: Close, progress: Close | Tied | None, outcome: AccountOutcome) -> None:
    from tasks.judge import Tied

    close = progress.close if isinstance(progress, Tied) else progress
    if close is None or close.run_id is None or planned.skipped:
        return
    told = {
        "coverage": str(outcome.coverage),
        "open": outcome.breaks_open,
        "resolved": outcome.resolved,
        "quarantined": list(outcome.quarantined_because),
        "unread": close.unread or None,
        "error": outcome.error,
        "dry_run": outcome.dry_run,
    }
    end_run(stores, close, outcome.state.value, told)
