"""The expiry calendar as an artifact, and telling a person in time: each piece of news once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.accounts import sessions_of
from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import flush_messages, tell_alert
from tasks.rotation.expiry import read_calendar, shown
from tasks.rotation.work import Stand
from tasks.stores import Stores, open_stores
from tieout.alert import Alert, happened, quoted
from tieout.expiry import Notice, Session, calendar, notices
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.rotation_types import Phase
from tieout.settings import AccountSettings

_MILD = frozenset({"started", Severity.WARNING.value})  # the rest means that something did not go as it should
_STUCK = frozenset({Phase.LAPSED, Phase.DECIDING, Phase.RESTORING, Phase.RESTORED})


def next_session(account: AccountSettings, moment: datetime) -> Session:
    """The session that is open or comes next."""
    sessions = sessions_of(account)
    day = moment.astimezone(sessions.zone).date()
    if not sessions.is_session(day) or moment >= sessions.closes_at(day):
        day = sessions.next(day)
    return Session(str(day), sessions.opens_at(day), sessions.closes_at(day))


def conclude_rotation(stands: Sequence[Stand]) -> State[Any]:
    """Publish the calendar, tell what is new, and say how it ended."""
    steps = {"calendar": publish_calendar(return_state=True), "alert": send_news(return_state=True)}
    failed = [f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed()]
    failed += [f"{one.credential_id}: {one.phase}: {one.reason}" for one in stands if one.phase in _STUCK]
    waiting = [one.credential_id for one in stands if one.waits_for_person]
    held = sum(one.held for one in stands)
    words = [f"{len({one.credential_id for one in stands})} credentials"]
    words += [f"waiting for a person: {', '.join(waiting)}"] if waiting else []
    words += [f"{held} worked on by another run"] if held else []
    make, name = (Failed, "Failed") if failed else (Completed, "Waiting" if waiting else "Rested")
    return make(name=name, message="; ".join([*words, *failed]), data=int(bool(failed)))


@task(task_run_name="calendar", cache_policy=NO_CACHE)
def publish_calendar() -> None:
    """The calendar as a table."""
    with open_stores() as stores:
        entries = read_calendar(stores.journal, stores.settings)
    words = "Every credential with both clocks, the next action and who must act."
    create_table_artifact([shown(one) for one in entries], key="credentials", description=words)


@task(task_run_name="alert", cache_policy=NO_CACHE)
def send_news() -> None:
    """One message for all that is new; and whatever else waits to be sent, for no other flow runs so often."""
    from sql.rotations import record_told

    with open_stores() as stores:
        news = find_news(stores)
        if not news:
            flush_messages()
            return
        tell_alert(compose(news))
        with stores.journal.write() as journal:
            record_told(journal, [one["event_id"] for one in news], now())


def find_news(stores: Stores) -> list[dict[str, Any]]:
    """Everything that a person must hear of and has not been told, deadlines included."""
    from sql.rotations import record_notices, untold_events

    moment = now()
    with stores.journal.write() as journal:
        record_notices(journal, _notices(stores, moment), moment)
        return untold_events(journal)


def compose(news: Iterable[dict[str, Any]]) -> Alert:
    """One message, without a secret."""
    rows = list(news)
    critical = any(one["event"] not in _MILD for one in rows)
    lines = [f"- {quoted(one['credential_id'])}: {quoted(one['words'])}" for one in rows]
    severity = Severity.CRITICAL if critical else Severity.WARNING
    about = tuple(happened(f"credential event {one['event_id']}", one["words"]) for one in rows)
    title = f"tieout credentials: {len(rows)} to look at"
    return Alert(severity, title, "\n".join(lines), about, "credential-rotation")


def _notices(stores: Stores, moment: datetime) -> tuple[Notice, ...]:
    from sql.rotations import read_rotations

    with stores.journal.read() as journal:
        rows = read_rotations(journal)
    settings = stores.settings
    sessions: dict[AccountId, Session] = {}
    for name, account in settings.accounts.items():
        if account.enabled and account.credential is not None:
            sessions[name] = next_session(account, moment)
    entries = calendar(settings.credentials.values(), rows, moment)
    return notices(entries, rows, settings.credentials, sessions, moment)
