"""Placements in the journal: what stands of each intent before anything is sent, and all that was seen since.

A save changes a row only from the version it was read at, and, where a lease is given, only while its token holds;
row, events, the venue's report and escrow are one transaction. So two writers never both carry out the same action.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sql.engines import WRITES
from sql.escrow import hold, settle
from sql.leases import Lease, check_token
from sql.load import query
from sql.order_events import append_events, audit_order
from sql.placement_rows import order_columns, placement_of, state_columns, symbols_of
from sql.reference import instrument_ids, instrument_of
from sql.rows import chunks, read_rows
from sql.schema.journal import instrument, intent
from sql.venue_exits import keep_exits
from tieout.errors import StoreError
from tieout.ids import AccountId, ClientOrderId, InstrumentId, IntentId
from tieout.instruments import Instrument
from tieout.intents import Intent
from tieout.money import rounded
from tieout.orders import OrderReport, OrderState
from tieout.placement import Event, Placement

_LONGEST_STATUS = 48  # characters of broker_order.venue_status
_ON_THE_WIRE = frozenset({"sending", "cancelling"})  # said where something is about to leave us
_WHAT = tuple(column.label(f"of_{column.name}") for column in instrument.c)
_JOINED = select(intent, *_WHAT).join(instrument, instrument.c.instrument_id == intent.c.instrument_id)
_ONE = _JOINED.where(intent.c.intent_id == bindparam("intent_id"))
_BY_CLIENT = _JOINED.where(
    intent.c.account_id == bindparam("account_id"), intent.c.client_order_id == bindparam("client_order_id")
)
_LEGS = select(instrument)
_SAVE = update(intent).where(intent.c.intent_id == bindparam("key"), intent.c.version == bindparam("before"))
_APPEND = {
    "sqlite": sqlite.insert(intent).on_conflict_do_nothing(index_elements=["intent_id"]).returning(intent.c.intent_id),
    "postgresql": postgresql.insert(intent)
    .on_conflict_do_nothing(index_elements=["intent_id"])
    .returning(intent.c.intent_id),
}


def append_intent(
    connection: Connection,
    placement: Placement,
    events: Sequence[Event],
    *,
    ids: Mapping[str, InstrumentId] | None = None,
    now: datetime,
) -> bool:
    """Write a decision down, once: deciding the same again is the same intent.

    ids        instrument ids by symbol, looked up where none are given
    now        UTC
    returns    False where it was there, as it stands by now
    raises     StoreError where its id is known for another decision
    """
    order = placement.intent.order
    known = ids or instrument_ids(connection, [order.instrument, *(leg.instrument for leg in order.legs)])
    columns = order_columns(placement) | state_columns(placement)
    columns |= {"instrument_id": known[order.instrument.symbol], "updated_at": now}
    if connection.execute(_APPEND[connection.dialect.name], columns).first() is None:
        _require_same(read_placement(connection, placement.intent.intent_id).intent, placement.intent)
        return False
    if not placement.ended:
        hold(connection, placement, now)
    append_events(connection, placement, events, now)
    _audit_intent(connection, placement, now)
    return True


def read_placement(connection: Connection, intent_id: IntentId) -> Placement:
    """An intent as it stands. In a writing transaction nobody else changes it until that ends.

    raises    StoreError where there is none
    """
    found = _read(connection, _ONE, {"intent_id": intent_id})
    if not found:
        raise StoreError(f"intent {intent_id} is not in the journal")
    return found[0]


def read_placements(
    connection: Connection,
    account_id: AccountId,
    *,
    states: Collection[OrderState] | None = None,
    business_date: date | None = None,
    window: str | None = None,
) -> tuple[Placement, ...]:
    """An account's intents, the oldest first; of some states, one session or one execution window where given."""
    wanted = [intent.c.account_id == account_id]
    if states is not None:
        wanted.append(intent.c.state.in_(sorted(states)))
    if business_date is not None:
        wanted.append(intent.c.business_date == business_date)
    if window is not None:
        wanted.append(intent.c.window == window)
    return select_placements(connection, *wanted)


def select_placements(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Placement, ...]:
    """Intents that meet every condition on the table `intent`, the oldest first."""
    statement = _JOINED.where(*conditions).order_by(intent.c.created_at, intent.c.intent_id)
    return tuple(_read(connection, statement, {}, locks=False))


def find_by_client_order_id(
    connection: Connection, account_id: AccountId, client_order_id: ClientOrderId
) -> Placement | None:
    """The intent that an order of ours carries out; None for an order that is not ours."""
    found = _read(connection, _BY_CLIENT, {"account_id": account_id, "client_order_id": client_order_id}, locks=False)
    return found[0] if found else None


def save(
    connection: Connection,
    placement: Placement,
    events: Sequence[Event],
    *,
    lease: Lease | None,
    now: datetime,
    report: OrderReport | None = None,
) -> None:
    """Write down what a step of the machine made of a placement.

    lease     the run's; its token must hold. None only where nobody else can be there
    now       UTC
    report    the venue's word that was seen, kept as what it said last of the order
    raises    StoreError where another writer was faster: nothing of this may be carried out then
    """
    if lease is not None:
        check_token(connection, lease)
    if _changed(connection, placement, now):
        settle(connection, placement, now)
    else:
        _require_unchanged(connection, placement, events)
    if report is not None:
        _keep_report(connection, placement, report, now)
        keep_exits(connection, placement, report, now)
    append_events(connection, placement, events, now)


def continue_with(
    connection: Connection,
    parent: Placement,
    child: Placement,
    events: Sequence[Event],
    *,
    lease: Lease | None,
    now: datetime,
) -> None:
    """Let an heir go on with the rest of an intent. Both rows, or none; once, however often it is said.

    parent     names the child as its heir
    raises     StoreError where another heir goes on, or another writer was faster
    """
    _require_family(parent, child)
    if lease is not None:
        check_token(connection, lease)
    standing = read_placement(connection, parent.intent.intent_id)
    if standing.heir == parent.heir:
        append_intent(connection, child, (), now=now)
        return
    save(connection, parent, events, lease=None, now=now)
    told = Event("continues", f"with the rest of {parent.intent.intent_id}")
    if not append_intent(connection, child, (told,), now=now):
        raise StoreError(f"intent {child.intent.intent_id} was there before {parent.intent.intent_id} ended")


def _read(
    connection: Connection, statement: Select[Any], binds: Mapping[str, Any], *, locks: bool = True
) -> list[Placement]:
    if locks and connection.dialect.name == "postgresql" and connection.get_execution_options().get(WRITES):
        statement = statement.with_for_update(of=intent)
    rows = read_rows(connection, statement, binds)
    legs = _legs(connection, set().union(*(symbols_of(row["detail"]) for row in rows)))
    return [placement_of(row, instrument_of(row, "of_"), legs) for row in rows]


def _legs(connection: Connection, symbols: Collection[str]) -> dict[str, Instrument]:
    found = {}
    for chunk in chunks(sorted(symbols)):
        for row in read_rows(connection, _LEGS.where(instrument.c.symbol.in_(chunk))):
            found[row["symbol"]] = instrument_of(row)
    return found


def _changed(connection: Connection, placement: Placement, now: datetime) -> bool:
    """Write the row where it still has the version before; False where it has another."""
    binds = {"key": placement.intent.intent_id, "before": placement.version - 1, "updated_at": now}
    return connection.execute(_SAVE, state_columns(placement) | binds).rowcount == 1


def _require_unchanged(connection: Connection, placement: Placement, events: Sequence[Event]) -> None:
    """A step that changed nothing has nothing to write, unless another writer came to the very same row.

    That writer is about to act, so a send or cancel that finds itself written already is refused as well.
    """
    standing = read_placement(connection, placement.intent.intent_id)
    if standing == placement and not any(event.kind in _ON_THE_WIRE for event in events):
        return
    raise StoreError(
        f"intent {placement.intent.intent_id} was overtaken: it stands at version {standing.version} "
        f"({standing.state}) and was to become version {placement.version} ({placement.state}). Another writer was "
        "faster; nothing was written, and nothing may be sent for it."
    )


def _keep_report(connection: Connection, placement: Placement, report: OrderReport, now: datetime) -> None:
    row = {
        "account_id": placement.intent.account_id,
        "broker_order_id": report.broker_order_id,
        "client_order_id": report.client_order_id or placement.intent.order.client_order_id,
        "symbol": (report.instrument or placement.intent.order.instrument).symbol,
        "side": (report.side or placement.intent.order.side).value,
        "quantity": report.quantity,
        "filled_quantity": report.filled_quantity,
        "average_fill_price": _shown(report.average_fill_price),
        "limit_price": report.limit_price,
        "state": report.state.value,
        "venue_status": report.venue_status.replace("\x00", "")[:_LONGEST_STATUS],
        "submitted_at": report.submitted_at,
        "updated_at": report.updated_at or now,
    }
    connection.execute(query("record_broker_order"), row)


def _shown(price: Decimal | None) -> Decimal | None:
    """A venue's average may have more digits than the stores hold; it is shown, and never reckoned with."""
    return None if price is None else rounded(price)


def _audit_intent(connection: Connection, placement: Placement, now: datetime) -> None:
    order = placement.intent.order
    wanted = (order.side, order.quantity, order.instrument.symbol, order.order_type, order.time_in_force)
    prices = {"limit_price": order.limit_price, "stop_price": order.stop_price, "signal_id": placement.intent.signal_id}
    audit_order(connection, "intent.decided", placement, {"order": " ".join(map(str, wanted)), **prices}, now)


_MOMENT = frozenset({"created_at", "arrival_price"})  # of an intent: when it was decided, not what


def _require_same(ours: Intent, given: Intent) -> None:
    names = (name for name in Intent.__dataclass_fields__ if name not in _MOMENT)
    other = [name for name in names if getattr(ours, name) != getattr(given, name)]
    if other:
        told = "; ".join(f"{name} is {getattr(ours, name)}, came with {getattr(given, name)}" for name in other)
        raise StoreError(f"intent {ours.intent_id} is in the journal as another decision: {told}")


def _require_family(parent: Placement, child: Placement) -> None:
    if parent.heir != child.intent.intent_id or child.intent.parent_id != parent.intent.intent_id:
        raise StoreError(
            f"{child.intent.intent_id} (rest of {child.intent.parent_id}) is not the heir of "
            f"{parent.intent.intent_id}, which is {parent.heir}"
        )
