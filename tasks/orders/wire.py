"""One action on the wire, and what was seen of it. Every outcome is an observation; no broker error leaves here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from tieout.errors import (
    Ambiguous,
    BrokerError,
    DuplicateOrder,
    KnownDown,
    PlannedOutage,
    RateLimited,
    Rejected,
    Unavailable,
    Unsupported,
)
from tieout.fills import belongs_to
from tieout.placement import (
    CancelRefused,
    LookUp,
    Lost,
    NotSeen,
    NotSent,
    Observation,
    Place,
    Placement,
    Refused,
    Seen,
    SendCancel,
    Submit,
)
from tieout.records import Execution

if TYPE_CHECKING:
    from brokers.base import AskedByInstrument, Broker

CLOCKS_APART = timedelta(minutes=5)  # the venue's clock may be behind ours or before it: searches reach so much further

Wired = Submit | SendCancel | LookUp


def on_the_wire(broker: Broker, row: Placement, action: Wired, now: datetime) -> Observation | tuple[Execution, ...]:
    """Carry out one action, once. Executions where they are what was found."""
    name_market(broker, row)
    if isinstance(action, Submit):
        return _submit(broker, row, now)
    if isinstance(action, SendCancel):
        return _cancel(broker, row, now)
    return _PLACES[action.place](broker, row, now)


def name_market(broker: Broker, row: Placement) -> None:
    """Say in which instrument an order is, to a venue that finds it there only.

    What fails here fails again, and is told, when the venue is asked.
    """
    able = getattr(broker, "capabilities", None)  # a market in this process has none
    if not getattr(able, "asked_by_market", False):
        return
    with suppress(BrokerError):
        asked: AskedByInstrument = cast("AskedByInstrument", broker)
        asked.concerns(row.intent.order.client_order_id, row.intent.order.instrument)


def fetch_fills(broker: Broker, row: Placement, now: datetime) -> tuple[Execution, ...]:
    """The order's executions as the venue lists them.

    raises    a leaf of Unavailable where the whole list could not be had
    """
    name_market(broker, row)
    fetched = broker.fetch_executions(asked_since(row), now + CLOCKS_APART)
    return tuple(one for one in fetched.records if belongs_to(one, row))


def _submit(broker: Broker, row: Placement, now: datetime) -> Observation:
    try:
        return Seen(broker.submit(row.intent.order))
    except DuplicateOrder as error:
        return Refused(str(error), duplicate=True)
    except (Rejected, Unsupported) as error:
        return Refused(str(error))
    except Ambiguous as error:
        return Lost(str(error))
    except Unavailable as error:
        return not_sent(error, now)


def _cancel(broker: Broker, row: Placement, now: datetime) -> Observation:
    try:
        return Seen(broker.cancel(row.intent.order.client_order_id))
    except (Rejected, Unsupported) as error:
        return CancelRefused(str(error))
    except Ambiguous as error:
        return Lost(str(error))
    except Unavailable as error:
        return not_sent(error, now)


def not_sent(error: Unavailable, now: datetime) -> NotSent:
    """What an error that surely left nothing behind makes known."""
    if isinstance(error, PlannedOutage) and error.until is not None:
        return NotSent(str(error), error.until - now, away=True)
    seconds = error.retry_after_s if isinstance(error, RateLimited) else None
    wait = None if seconds is None else timedelta(seconds=seconds)
    return NotSent(str(error), wait, away=isinstance(error, KnownDown))


def _by_id(broker: Broker, row: Placement, _now: datetime) -> Observation:
    try:
        report = broker.fetch_order(row.intent.order.client_order_id)
    except BrokerError as error:
        return NotSeen(Place.ORDER, complete=False, words=str(error))
    return NotSeen(Place.ORDER, complete=True) if report is None else Seen(report)


def _in_list(broker: Broker, row: Placement, now: datetime) -> Observation:
    try:
        reports = broker.fetch_orders(asked_since(row), now + CLOCKS_APART)
    except BrokerError as error:
        return NotSeen(Place.LIST, complete=False, words=str(error))
    wanted = row.intent.order.client_order_id
    found = [one for one in reports if one.client_order_id == wanted]
    return Seen(found[0]) if found else NotSeen(Place.LIST, complete=True)


def _among_trades(broker: Broker, row: Placement, now: datetime) -> Observation | tuple[Execution, ...]:
    try:
        fills = fetch_fills(broker, row, now)
    except BrokerError as error:
        return NotSeen(Place.EXECUTIONS, complete=False, words=str(error))
    return fills or NotSeen(Place.EXECUTIONS, complete=True)


_Look = Callable[["Broker", Placement, datetime], "Observation | tuple[Execution, ...]"]
_PLACES: dict[Place, _Look] = {Place.ORDER: _by_id, Place.LIST: _in_list, Place.EXECUTIONS: _among_trades}


def asked_since(row: Placement) -> datetime:
    """From when on the order's traces can be at the venue: by its clock, and of any send that may have arrived."""
    first = row.sent_at if row.sends == 1 and row.sent_at is not None else row.intent.created_at
    return first - CLOCKS_APART
