"""How a placement lies in the journal's `intent` table: what outsiders ask for in columns, the rest in `detail`.

What stands at its default is left out of `detail`, so that most rows are short. Reading gives back the same value:
decimals to the last digit, times aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId, BrokerOrderId, ClientOrderId, IntentId, SignalId
from tieout.instruments import Instrument
from tieout.intents import Intent
from tieout.money import exact, plain
from tieout.orders import Order, OrderLeg, OrderState, OrderType, Side, TimeInForce
from tieout.placement import CancelFor, CancelStep, Lookup, Place, Placement, Proof, ProofKind

Way = tuple[Callable[[Any], Any], Callable[[Any], Any]]  # into JSON and back


def order_columns(row: Placement) -> dict[str, Any]:
    """What never changes once an intent is written down, the instrument's key aside."""
    intent, order = row.intent, row.intent.order
    return {
        "intent_id": intent.intent_id,
        "signal_id": intent.signal_id,
        "account_id": intent.account_id,
        "client_order_id": order.client_order_id,
        "side": order.side.value,
        "quantity": order.quantity,
        "order_type": order.order_type.value,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "time_in_force": order.time_in_force.value,
        "created_at": intent.created_at,
        "parent_id": intent.parent_id,
        "business_date": intent.business_date,
        "window": intent.window,
        "valid_until": intent.valid_until,
    }


def state_columns(row: Placement) -> dict[str, Any]:
    """What a step of the machine may change."""
    return {
        "state": row.state.value,
        "version": row.version,
        "filled": row.filled,
        "booked": row.booked,
        "not_before": row.not_before,
        "broker_order_id": row.broker_order_id,
        "sends": row.sends,
        "detail": detail_of(row),
    }


def detail_of(row: Placement) -> dict[str, Any]:
    """The rest of a placement as JSON."""
    return (
        _written(row, IN_DETAIL_OF_STATE, _STATE_DEFAULTS)
        | _written(row.intent, IN_DETAIL_OF_INTENT, _INTENT_DEFAULTS)
        | _written(row.intent.order, IN_DETAIL_OF_ORDER, _ORDER_DEFAULTS)
    )


def symbols_of(detail: Mapping[str, Any]) -> set[str]:
    """Symbols of the legs, which the reader must bring."""
    return {leg["symbol"] for leg in detail.get("legs", ())}


def placement_of(row: Mapping[str, Any], instrument: Instrument, legs: Mapping[str, Instrument]) -> Placement:
    """The placement that a row of `intent` holds.

    legs    instruments of the order's legs by symbol
    """
    detail = row["detail"]
    return Placement(
        intent=_intent(row, _order(row, instrument, legs)),
        state=OrderState(row["state"]),
        version=row["version"],
        filled=row["filled"],
        booked=row["booked"],
        broker_order_id=BrokerOrderId(row["broker_order_id"]) if row["broker_order_id"] is not None else None,
        sends=row["sends"],
        not_before=row["not_before"],
        **_read(detail, IN_DETAIL_OF_STATE),
    )


def _order(row: Mapping[str, Any], instrument: Instrument, legs: Mapping[str, Instrument]) -> Order:
    found = _read(row["detail"], IN_DETAIL_OF_ORDER)
    if "legs" in found:
        found["legs"] = tuple(_leg(leg, legs) for leg in found["legs"])
    return Order(
        ClientOrderId(row["client_order_id"]),
        instrument,
        Side(row["side"]),
        row["quantity"],
        OrderType(row["order_type"]),
        TimeInForce(row["time_in_force"]),
        row["limit_price"],
        row["stop_price"],
        **found,
    )


def _intent(row: Mapping[str, Any], order: Order) -> Intent:
    return Intent(
        intent_id=IntentId(row["intent_id"]),
        account_id=AccountId(row["account_id"]),
        order=order,
        business_date=row["business_date"],
        created_at=row["created_at"],
        signal_id=SignalId(row["signal_id"]) if row["signal_id"] is not None else None,
        parent_id=IntentId(row["parent_id"]) if row["parent_id"] is not None else None,
        valid_until=row["valid_until"],
        window=row["window"],
        **_read(row["detail"], IN_DETAIL_OF_INTENT),
    )


def _written(value: object, ways: Mapping[str, Way], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, (into, _) in ways.items():
        given = getattr(value, name)
        if given != defaults[name]:
            found[name] = into(given)
    return found


def _read(detail: Mapping[str, Any], ways: Mapping[str, Way]) -> dict[str, Any]:
    return {name: back(detail[name]) for name, (_, back) in ways.items() if name in detail}


def _defaults(kind: Any, ways: Mapping[str, Way]) -> dict[str, Any]:
    found = {}
    for one in fields(kind):
        if one.name in ways:
            found[one.name] = one.default_factory() if one.default_factory is not MISSING else one.default
    return found


def _same(value: Any) -> Any:
    return value


def _time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {moment!r}")
    return moment.astimezone(UTC).isoformat()


def _number(number: Decimal) -> str:
    return plain(exact(number, "decimal of a placement"))


def _from_lookup(look: Lookup) -> list[Any]:
    return [_time(look.at), look.place.value, look.complete, look.words]


def _to_lookup(row: list[Any]) -> Lookup:
    return Lookup(datetime.fromisoformat(row[0]), Place(row[1]), row[2], row[3])


def _from_proof(proof: Proof) -> dict[str, Any]:
    return {
        "kind": proof.kind.value,
        "at": _time(proof.at),
        "filled": _number(proof.filled),
        "evidence": list(proof.evidence),
    }


def _to_proof(row: Mapping[str, Any]) -> Proof:
    return Proof(
        ProofKind(row["kind"]), datetime.fromisoformat(row["at"]), Decimal(row["filled"]), tuple(row["evidence"])
    )


def _from_leg(leg: OrderLeg) -> dict[str, Any]:
    return {"symbol": leg.instrument.symbol, "side": leg.side.value, "ratio": leg.ratio, "opens": leg.opens}


def _leg(row: Mapping[str, Any], instruments: Mapping[str, Instrument]) -> OrderLeg:
    return OrderLeg(instruments[row["symbol"]], Side(row["side"]), row["ratio"], row["opens"])


_PLAIN: Way = (_same, _same)
_TIME: Way = (_time, datetime.fromisoformat)
_NUMBER: Way = (_number, Decimal)
IN_DETAIL_OF_STATE: dict[str, Way] = {
    "busted": _NUMBER,
    "accepted": _PLAIN,
    "unsent": _PLAIN,
    "absences": _PLAIN,
    "sent_at": _TIME,
    "unknown_since": _TIME,
    "lookups": (lambda all_: [_from_lookup(one) for one in all_], lambda all_: tuple(map(_to_lookup, all_))),
    "cancel": (str, CancelStep),
    "cancel_for": (str, CancelFor),
    "cancel_at": _TIME,
    "cancel_since": _TIME,
    "asked_fills_at": _TIME,
    "counted_at": _TIME,
    "ended_at": _TIME,
    "confirmed_at": _TIME,
    "proof": (_from_proof, _to_proof),
    "heir": _PLAIN,
    "reason": _PLAIN,
    "told": (sorted, frozenset),
}
IN_DETAIL_OF_INTENT: dict[str, Way] = {"routes": (list, tuple), "arrival_price": _NUMBER, "proposer": _PLAIN}
IN_DETAIL_OF_ORDER: dict[str, Way] = {
    "extended_hours": _PLAIN,
    "trail_amount": _NUMBER,
    "trail_percent": _NUMBER,
    "take_profit": _NUMBER,
    "stop_loss": _NUMBER,
    "is_exit": _PLAIN,
    "legs": (lambda all_: [_from_leg(one) for one in all_], _same),
}
_STATE_DEFAULTS = _defaults(Placement, IN_DETAIL_OF_STATE)
_INTENT_DEFAULTS = _defaults(Intent, IN_DETAIL_OF_INTENT)
_ORDER_DEFAULTS = _defaults(Order, IN_DETAIL_OF_ORDER)
