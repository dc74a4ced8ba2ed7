"""Telling: artifacts in the Prefect UI, the page on disk, one message, and the run's state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from tasks.artifacts import create_markdown_artifact, create_table_artifact
from tasks.clock import now
from tasks.log import run_logger
from tasks.news import tell_alert
from tasks.options.expiration import Forecast
from tasks.options.night import Checked
from tasks.outcome import error_of
from tasks.runs import end_run
from tasks.settings import load_settings
from tasks.stores import open_stores
from tieout.alert import Alert
from tieout.closing import Close
from tieout.options.alert import about_forecasts, about_instructions, about_nights
from tieout.options.instruction import Instruction
from tieout.options.moment import Moment
from tieout.options.told import row, told_event, told_instruction, told_suggestion
from tieout.recon.types import Severity

CRITICAL = 3
_NAMES = {Moment.FORECAST: "Forecast", Moment.DECIDE: "Decide", Moment.EXPECT: "Expect"}


def conclude_expiration(
    closes: Sequence[Close],
    begun: Sequence[PrefectFuture[Any]],
    told: Sequence[PrefectFuture[Any]],
    looked: Sequence[PrefectFuture[Any]],
    kept: Sequence[PrefectFuture[Any]],
) -> State[Any]:
    """Wait for every account and tell what came of it; one that failed fails the run, and stops no other."""
    done, failed = _collect(closes, begun, told, looked, kept)
    instructions = [one for each in told if each.state.is_completed() for one in each.result()]
    steps: dict[str, State[Any]] = {
        "page": publish_page(done, return_state=True),
        "artifacts": publish_forecasts(done, return_state=True),
        "instructions": publish_instructions(instructions, return_state=True),
        "instructions' alert": send(about_instructions(instructions, now()), return_state=True),
        "alert": send(about_forecasts([(one.found, one.suggestions) for one in done], now()), return_state=True),
    }
    failed += [f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed()]
    moments = {one.moment for one in done if one.found.positions}
    name = next((_NAMES[one] for one in reversed(Moment) if one in moments), "Nothing expires")
    critical = sum(one.severity is Severity.CRITICAL for forecast in done for one in forecast.suggestions)
    words = [f"{len(done)} accounts, {sum(len(one.found.positions) for one in done)} positions"]
    words.append(f"{critical} critical suggestions" if critical else "nothing critical")
    return _state(name, [*words, *_skipped(closes)], failed, CRITICAL if critical else 0)


def conclude_assignment(
    closes: Sequence[Close],
    begun: Sequence[PrefectFuture[Any]],
    read: Sequence[PrefectFuture[Any]],
    proven: Sequence[PrefectFuture[Any]],
) -> State[Any]:
    """Wait for every account and tell what came of it; one that failed fails the run, and stops no other."""
    done, failed = _collect(closes, begun, read, proven)
    steps = {
        "artifacts": publish_nights(done, return_state=True),
        "alert": send(about_nights([(one.close.account_id, one.night, one.breaks) for one in done]), return_state=True),
    }
    failed += [f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed()]
    events, breaks = sum(len(one.night.events) for one in done), sum(len(one.breaks) for one in done)
    critical = sum(one.critical for one in done)
    name = "Breaks open" if breaks else "Proven" if events else "Nothing ended"
    booked = sum(len(one.booked) for one in done)
    words = [f"{len(done)} accounts, {events} events, {booked} booked, {breaks} breaks ({critical} critical)"]
    return _state(name, [*words, *_skipped(closes)], failed, CRITICAL if critical else 0)


@task(task_run_name="artifacts", cache_policy=NO_CACHE)
def publish_forecasts(done: Sequence[Forecast]) -> None:
    """Calendar, forecast and suggestions into the run's page."""
    moment = now()
    rows = [
        {"account": one.close.account_id} | row(position, moment) for one in done for position in one.found.positions
    ]
    create_table_artifact(rows, key="options-forecast", description="Expiring options; forecasts prove nothing.")
    advice = [
        {"account": one.close.account_id} | told_suggestion(suggestion, moment)
        for one in done
        for suggestion in one.suggestions
    ]
    create_table_artifact(advice, key="options-suggestions", description="Proposals wait for a person; none is sent.")
    create_markdown_artifact(_calendar(done), key="options-calendar", description="Day by day, with the hours.")


@task(task_run_name="instructions", cache_policy=NO_CACHE)
def publish_instructions(found: Sequence[Instruction]) -> None:
    """What was told to brokers by this run, or waits to be."""
    if found:
        rows = [told_instruction(one) for one in found]
        create_table_artifact(rows, key="options-instructions", description="Agreed to by a person, told once.")


@task(task_run_name="page", cache_policy=NO_CACHE)
def publish_page(done: Sequence[Forecast]) -> Path | None:
    """The page with a picture of every expiring position; None where nothing expires."""
    from tasks.options.page import write_page

    if not any(one.found.positions for one in done):
        return None
    path = write_page(done, now(), Path(load_settings().output_dir) / "reports")
    run_logger().info("report: %s", path)
    return path


@task(task_run_name="artifacts", cache_policy=NO_CACHE)
def publish_nights(done: Sequence[Checked]) -> None:
    """Events and breaks into the run's page."""
    events = [{"account": one.close.account_id} | told_event(event) for one in done for event in one.night.events]
    create_table_artifact(events, key="options-events", description="How positions ended, by the broker's evidence.")
    breaks = [
        {"account": one.close.account_id, "severity": found.severity.value, "explanation": found.explanation}
        for one in done
        for found in one.breaks
    ]
    create_table_artifact(breaks, key="options-breaks", description="Not proven, or other than expected.")


@task(task_run_name="alert", cache_policy=NO_CACHE)
def send(alert: Alert | None) -> None:
    """One message; nothing where nothing needs a person."""
    if alert is not None:
        tell_alert(alert)


def _collect(
    closes: Sequence[Close],
    begun: Sequence[PrefectFuture[Any]],
    *steps: Sequence[PrefectFuture[Any]],
) -> tuple[list[Any], list[str]]:
    """Results by account, and what stopped the others; a run that broke off is ended in the journal."""
    done: list[Any] = []
    failed: list[str] = []
    due = [one for one in closes if not one.skipped]
    for close, *chain in zip(due, begun, *steps, strict=True):
        error = error_of(chain)
        if error is None:
            done.append(chain[-1].result())
            continue
        failed.append(f"{close.account_id}: {error}")
        if chain[0].state.is_completed():
            with open_stores() as stores:
                end_run(stores, chain[0].result(), "failed", {"error": error})
    return done, failed


def _skipped(closes: Sequence[Close]) -> list[str]:
    return [f"{one.account_id}: {one.skipped}" for one in closes if one.skipped]


def _state(name: str, words: Sequence[str], failed: Sequence[str], code: int) -> State[Any]:
    make, told = (Failed, "Failed") if failed else (Completed, name)
    return make(name=told, message="; ".join([*words, *failed]), data=1 if failed else code)


def _calendar(done: Sequence[Forecast]) -> str:
    """Expirations by day, in words."""
    days: dict[str, list[str]] = {}
    for one in done:
        for position in one.found.positions:
            contracts = f"{position.contracts:f} {position.contract.symbol} ({one.close.account_id})"
            days.setdefault(str(position.expires), []).append(f"{contracts}: {position.likelihood}")
    lines = ["# Expirations", ""] + (["Nothing expires in the sessions that were looked at."] if not days else [])
    for day, listed in sorted(days.items()):
        lines += [f"## {day}", "", *(f"- {one}" for one in listed), ""]
    return "\n".join(lines)
