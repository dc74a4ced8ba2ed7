"""Changes as events of the Prefect server, for automations. Best effort: what counts is in the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping

_log = logging.getLogger("tieout.watch")
NAMES = "tieout.broker."  # and the state: `tieout.broker.down`
CLOSE_UNCONFIRMED = "tieout.close.unconfirmed"
DRAIN_S = 5.0


def emit_change(account_id: str, state: str, payload: Mapping[str, str]) -> bool:
    """Say that an account's broker changed its state; whether an event went on its way."""
    return _emit(f"{NAMES}{state}", account_id, payload)


def emit_unconfirmed(account_id: str, payload: Mapping[str, str]) -> bool:
    """Say that a close is missing; whether an event went on its way."""
    return _emit(CLOSE_UNCONFIRMED, account_id, payload)


def drain() -> None:
    """Give events that are under way a few seconds; a server that is away keeps nobody longer."""
    if not _has_server():
        return
    from prefect.events.worker import EventsWorker

    EventsWorker.drain_all(timeout=DRAIN_S, at_exit=False)


def _emit(name: str, account_id: str, payload: Mapping[str, str]) -> bool:
    if not _has_server():
        return False
    from prefect.events import emit_event

    resource = {"prefect.resource.id": f"tieout.account.{account_id}", "prefect.resource.name": account_id}
    sent = emit_event(event=name, resource=resource, payload=dict(payload))
    _log.info("event %s of %s", name, account_id)
    return sent is not None


def _has_server() -> bool:
    """Without a server that is named, Prefect would start one of its own in this process."""
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())
