"""Intents and placements for the store of orders: single ones, and any that Hypothesis can think of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tieout.ids import AccountId, BrokerOrderId, IntentId, SignalId
from tieout.instruments import crypto, equity, option
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderLeg, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import (
    ApprovalNeeded,
    Approved,
    Booked,
    CancelFor,
    CancelRefused,
    CancelStep,
    CancelWanted,
    Declined,
    Denied,
    Lookup,
    Lost,
    NotSeen,
    NotSent,
    Observation,
    Place,
    Placement,
    Policy,
    Proof,
    ProofKind,
    Refused,
    Restarted,
    Seen,
    Tick,
)

MAIN, BACKUP, THIRD = AccountId("alpaca-main"), AccountId("alpaca-backup"), AccountId("alpaca-third")
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
POLICY = Policy()
KO, BTC = equity("KO"), crypto("BTC")
PUT, CALL = option("KO260306P00050000"), option("KO260306C00060000")
_NUMBERS = count()


def a_key(account_id: AccountId = MAIN) -> IntentId:
    """An intent id that no other test has."""
    return intent_id(account_id, "sample", next(_NUMBERS))


def a_placement(key: IntentId | None = None, account_id: AccountId = MAIN, **changed: Any) -> Placement:
    """A planned purchase of ten shares. Fields of the order, the intent or the placement may be changed."""
    key = key or a_key(account_id)
    order = Order(order_id_of(key), KO, Side.BUY, Decimal(10), OrderType.LIMIT, TimeInForce.DAY, Decimal("60.25"))
    intent = Intent(key, account_id, order, MONDAY, NOW)
    row = Placement(intent, OrderState.PLANNED)
    of_order = {name: changed.pop(name) for name in list(changed) if name in Order.__dataclass_fields__}
    of_intent = {name: changed.pop(name) for name in list(changed) if name in Intent.__dataclass_fields__}
    return replace(row, intent=replace(intent, order=replace(order, **of_order), **of_intent), **changed)


def a_report(row: Placement, state: OrderState = OrderState.WORKING, filled: str = "0", **changed: Any) -> OrderReport:
    """What a venue says of a placement's order."""
    order = row.intent.order
    report = OrderReport(
        BrokerOrderId(f"B-{order.client_order_id[:8]}"),
        order.client_order_id,
        state,
        order.instrument,
        order.side,
        order.quantity,
        Decimal(filled),
        venue_status=state.value,
    )
    return replace(report, **changed)


# What Hypothesis can think of

units = st.decimals("0.000000000000000001", "9999999999", allow_nan=False, places=18)
amounts = st.decimals("0", "99999999999999999999", allow_nan=False, places=18)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-5))])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 - given one
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
plain_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
maybe_time = st.none() | moments
legs = st.lists(
    st.builds(
        OrderLeg,
        st.sampled_from([PUT, CALL]),
        st.sampled_from(Side),
        st.integers(1, 9),
        st.sampled_from([True, False, None]),
    ),
    max_size=4,
).map(tuple)
lookups = st.lists(st.builds(Lookup, moments, st.sampled_from(Place), st.booleans(), words), max_size=6).map(tuple)
proofs = st.builds(Proof, st.sampled_from(ProofKind), moments, amounts, st.lists(words, max_size=3).map(tuple))


@st.composite
def orders(draw: st.DrawFn, key: IntentId) -> Order:
    return Order(
        order_id_of(key),
        draw(st.sampled_from([KO, BTC, PUT])),
        draw(st.sampled_from(Side)),
        draw(units),
        draw(st.sampled_from(OrderType)),
        draw(st.sampled_from(TimeInForce)),
        limit_price=draw(st.none() | amounts),
        stop_price=draw(st.none() | amounts),
        extended_hours=draw(st.booleans()),
        trail_amount=draw(st.none() | amounts),
        trail_percent=draw(st.none() | amounts),
        take_profit=draw(st.none() | amounts),
        stop_loss=draw(st.none() | amounts),
        is_exit=draw(st.booleans()),
        legs=draw(legs),
    )


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    key = a_key()
    return Intent(
        key,
        MAIN,
        draw(orders(key)),
        draw(st.dates()),
        draw(moments),
        signal_id=draw(st.none() | st.just(SignalId("S-1"))),
        parent_id=draw(st.none() | st.just(IntentId("INT-parent"))),
        routes=draw(st.lists(st.sampled_from([BACKUP, THIRD]), unique=True).map(tuple)),
        arrival_price=draw(st.none() | amounts),
        valid_until=draw(maybe_time),
        proposer=draw(words),
        window=draw(plain_words),
    )


@st.composite
def any_placement(draw: st.DrawFn) -> Placement:
    """Every field at any value it could have, whether the machine would come there or not."""
    return Placement(
        draw(intents()),
        draw(st.sampled_from(OrderState)),
        version=draw(st.integers(0, 2**31 - 1)),
        filled=draw(amounts),
        booked=draw(amounts),
        broker_order_id=draw(st.none() | st.just(BrokerOrderId("B-1"))),
        accepted=draw(st.booleans()),
        sends=draw(st.integers(0, 99)),
        unsent=draw(st.integers(0, 99)),
        absences=draw(st.integers(0, 99)),
        sent_at=draw(maybe_time),
        not_before=draw(maybe_time),
        unknown_since=draw(maybe_time),
        lookups=draw(lookups),
        cancel=draw(st.none() | st.sampled_from(CancelStep)),
        cancel_for=draw(st.none() | st.sampled_from(CancelFor)),
        cancel_at=draw(maybe_time),
        asked_fills_at=draw(maybe_time),
        ended_at=draw(maybe_time),
        confirmed_at=draw(maybe_time),
        proof=draw(st.none() | proofs),
        heir=draw(st.none() | st.just(IntentId("INT-heir"))),
        reason=draw(words),
        told=draw(st.frozensets(words, max_size=3)),
    )


@st.composite
def observations(draw: st.DrawFn, row: Placement) -> Observation:
    """Anything that could be seen of a placement's order, likely or not, with clocks that go wherever they like."""
    filled = draw(st.decimals("0", "12", places=2))
    state = draw(st.sampled_from(OrderState))
    text = draw(st.sampled_from(["", "timeout after 10 s", "no \x00 such 'order'"]))
    possible: list[Observation] = [
        Tick(),
        Restarted(),
        Denied(text),
        ApprovalNeeded(NOW + timedelta(minutes=5)),
        Approved("risk"),
        Declined("desk", text),
        Refused(text, duplicate=draw(st.booleans())),
        Lost(text),
        NotSent(text, draw(st.none() | st.just(timedelta(seconds=3)))),
        Seen(a_report(row, state, str(filled))),
        NotSeen(draw(st.sampled_from(Place)), complete=draw(st.booleans()), words=text),
        Booked(filled),
        CancelWanted(draw(st.sampled_from(CancelFor)), text),
        CancelRefused(text),
    ]
    return draw(st.sampled_from(possible))
