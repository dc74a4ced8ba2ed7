"""What goes into the audit trail beside decisions: calls to brokers, flows that begin, settings that have changed."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from tasks.clock import now
from tasks.log import run_logger
from tasks.runs import holder
from tieout.config_digest import changed, digest_of, digests
from tieout.errors import TieoutError
from tieout.ids import AccountId
from tieout.settings import Settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State
    from sqlalchemy import Connection

    from brokers.http.calls import Call
    from tasks.stores import Stores

CONFIGURED = "config.changed"
SCHEDULE = "schedule"


@runtime_checkable
class HasCalls(Protocol):
    """A broker that keeps a line for each call."""

    def take_calls(self) -> tuple[Call, ...]: ...


def append_calls(journal: Connection, account_id: AccountId | None, broker: object) -> int:
    """Write down the broker's calls since they were last written down. How many there were."""
    calls = calls_of(broker)
    append_call_lines(journal, account_id, calls)
    return len(calls)


def append_call_lines(journal: Connection, account_id: AccountId | None, calls: Iterable[Call]) -> None:
    """Write down calls that were taken from a broker before."""
    _append(journal, account_id, calls)


def calls_of(broker: object) -> tuple[Call, ...]:
    """The calls that nobody has taken yet; none where it keeps none."""
    return broker.take_calls() if isinstance(broker, HasCalls) else ()


def keep_calls(settings: Settings, account_id: AccountId | None, broker: object) -> None:
    """As `append_calls`, in a transaction of its own, when a broker is closed.

    What they did stands elsewhere: a journal that cannot be written now is told, and fails nobody.
    """
    from sql.journal import Journal

    calls = calls_of(broker)
    if not calls:
        return
    try:
        opened = Journal.open(settings.journal_url)
        with opened.write() as journal:
            _append(journal, account_id, calls)
        opened.close()
    except TieoutError as error:
        run_logger().error("%d calls to the broker of %s are not in the audit trail: %s", len(calls), account_id, error)


def note_start(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - a hook's face
    """A flow begins, or goes on after a pause: who started it, with which parameters, under which settings.

    A hook of every flow. Where the journal cannot be written Prefect logs that, and the flow will find the same.
    """
    from tasks.stores import open_stores

    given = flow_run.parameters or {}
    actor = _starter(flow_run)
    detail = {
        "flow_run_id": str(flow_run.id),
        "name": flow_run.name,
        "manual": actor != SCHEDULE,
        "deployment_id": str(flow_run.deployment_id) if flow_run.deployment_id else None,
        "parameters": {name: value for name, value in given.items() if value is not None},
        "again": flow_run.run_count > 1,
        "holder": holder(flow_run.id),  # by which a sweep knows whether it lives
    }
    with open_stores() as stores, stores.journal.write() as journal:
        from sql.audit import append

        note_configuration(journal, stores.settings, actor)
        from sql.planned import note_begun

        append(journal, actor=actor, action="flow.started", subject=flow.name, detail=detail, now=now())
        note_begun(journal, str(flow_run.id), now())


def note_configuration(journal: Connection, settings: Settings, actor: str) -> list[str]:
    """Write down that the settings are not those of the last time, by their hashes before and after.

    actor      who is about to work with them; who edited them nobody can know
    returns    the parts that differ
    """
    from sql.audit import append, last_of

    before = (last_of(journal, CONFIGURED) or {}).get("parts", {})
    after = digests(settings)
    parts = changed(before, after)
    if parts:
        detail = {"before": digest_of(before), "after": digest_of(after), "changed": parts, "parts": after}
        append(journal, actor=actor, action=CONFIGURED, subject="tieout.toml", detail=detail, now=now())
    return parts


def note_settings(stores: Stores, actor: str) -> None:
    """As `note_configuration`, where a person acts from the command line."""
    with stores.journal.write() as journal:
        note_configuration(journal, stores.settings, actor)


def user() -> str:
    """The operating system's name for who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"


def _append(journal: Connection, account_id: AccountId | None, calls: Iterable[Call]) -> None:
    from sql.audit import ACTOR, append

    for call in calls:
        detail = {
            "account_id": account_id,
            "broker": call.broker,
            "part": call.part,
            "status": call.status,
            "outcome": call.outcome,
            "latency_ms": call.elapsed_ms,
            "bytes": call.received_bytes,
            "client_order_id": call.client_order_id,
        }
        subject = f"{call.method} {call.path}"
        append(journal, actor=ACTOR, action="broker.call", subject=subject, detail=detail, now=call.sent_at)


def _starter(flow_run: FlowRun) -> str:
    """The schedule, whom Prefect names, or the user of the process that called the flow."""
    by = flow_run.created_by
    if flow_run.auto_scheduled or (by is not None and by.type == "SCHEDULE"):
        return SCHEDULE
    if flow_run.deployment_id is None:
        return user()
    return (by.display_value if by is not None else None) or "somebody at the Prefect server"
