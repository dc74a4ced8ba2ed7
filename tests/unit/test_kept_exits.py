"""Exits that no venue holds: when they are reached, and that no more ever goes out than is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.alpaca.adapter import CAPABILITIES as ALPACA
from brokers.paper.adapter import CAPABILITIES as PAPER
from tieout.exits import ExitKind
from tieout.ids import AccountId, BrokerOrderId
from tieout.instruments import Instrument, crypto, equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.kept_exits import (
    Kept,
    KeptExit,
    KeptState,
    closed_by_others,
    closing_price,
    contested_units,
    exit_intent,
    exit_quantity,
    first_reached,
    held_on,
    kept_until,
    why_kept,
    why_over,
    with_reached,
)
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement
from tieout.risk.types import Market
from tieout.sessions import Sessions

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
MAIN = AccountId("main")
KO = equity("KO")
MOST = timedelta(minutes=1)
units = st.integers(0, 100).map(Decimal)


def entry(
    name: str = "entry",
    *,
    bought: Decimal = Decimal(10),
    state: OrderState = OrderState.FILLED,
    side: Side = Side.BUY,
    what: Instrument = KO,
    **order: Any,
) -> Placement:
    key = intent_id(MAIN, name)
    made = Order(order_id_of(key), what, side, Decimal(100), OrderType.MARKET, TimeInForce.DAY)
    made = replace(made, **({"take_profit": Decimal(65), "stop_loss": Decimal(55)} | order))
    ended = NOW if state is OrderState.FILLED else None
    intent = Intent(key, MAIN, made, NOW.date(), NOW)
    return Placement(intent, state, filled=bought, booked=bought, sends=1, ended_at=ended, counted_at=ended)


def exits(row: Placement) -> tuple[KeptExit, ...]:
    key = row.intent.intent_id
    return (
        KeptExit(key, ExitKind.TAKE_PROFIT, Decimal(65)),
        KeptExit(key, ExitKind.STOP_LOSS, Decimal(55)),
    )


def kept(row: Placement | None = None, **more: Any) -> Kept:
    row = row or entry()
    return Kept(row, exits(row), **more)


def market(bid: str | None, ask: str | None, *, age: float = 1) -> Market:
    sides = [None if one is None else Decimal(one) for one in (bid, ask)]
    return Market(sides[0], sides[1], seen_at=NOW - timedelta(seconds=age))


# Who holds them


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, None),
        ({"quantity": Decimal("1.5")}, "parts of a unit"),
        ({"what": crypto("BTC")}, "no exits with crypto"),
        ({"time_in_force": TimeInForce.CLOSE}, "with cls"),
        ({"extended_hours": True}, "extended hours"),
        ({"order_type": OrderType.STOP}, "with a stop order"),
    ],
    ids=["whole shares", "fraction", "coin", "auction", "extended", "stop entry"],
)
def test_what_a_venue_cannot_hold_is_kept_and_said_why(changed: dict[str, Any], says: str | None) -> None:
    why = why_kept(entry(**changed).intent.order, ALPACA)
    assert (why is None) if says is None else (why is not None and says in why)


def test_a_venue_without_brackets_holds_none() -> None:
    why = why_kept(entry().intent.order, replace(PAPER, brackets=False))
    assert why == "paper takes no brackets"


def test_exits_of_a_day_order_are_kept_to_the_close_and_others_without_end() -> None:
    nyse = Sessions("XNYS")
    assert kept_until(entry(), nyse, NOW) == nyse.closes_at(NOW.date())
    after = nyse.closes_at(NOW.date())
    assert kept_until(entry(), nyse, after) == nyse.closes_at(nyse.next(NOW.date()))
    assert kept_until(entry(time_in_force=TimeInForce.GTC), nyse, NOW) is None


# Prices


def test_a_sale_is_compared_with_the_bid_and_a_purchase_with_the_ask() -> None:
    quote = market("54.9", "55.3")
    assert closing_price(Side.SELL, quote, NOW, MOST).price == Decimal("54.9")
    assert closing_price(Side.BUY, quote, NOW, MOST).price == Decimal("55.3")


@pytest.mark.parametrize(
    ("quote", "says"),
    [
        (None, "no quote"),
        (market("54", "55", age=61), "61 s old"),
        (market("54", "55", age=-61), "-61 s old"),
        (market(None, "55"), "no bid"),
        (market("54", None), "no ask"),
        (market("56", "55"), "crossed"),
    ],
    ids=["none", "old", "from the future", "no bid", "no ask", "crossed"],
)
def test_a_quote_that_says_nothing_decides_nothing_and_is_told(quote: Market | None, says: str) -> None:
    price = closing_price(Side.SELL, quote, NOW, MOST)
    assert price.price is None
    assert says in price.trouble
    assert first_reached(exits(entry()), Side.SELL, price.price) is None


@pytest.mark.parametrize(
    ("side", "price", "kind"),
    [
        (Side.SELL, "55", ExitKind.STOP_LOSS),
        (Side.SELL, "55.01", None),
        (Side.SELL, "64.99", None),
        (Side.SELL, "65", ExitKind.TAKE_PROFIT),
    ],
)
def test_an_exit_is_reached_at_its_price_and_beyond(side: Side, price: str, kind: ExitKind | None) -> None:
    found = first_reached(exits(entry()), side, Decimal(price))
    assert (found.kind if found else None) == kind


def test_a_short_position_is_left_the_other_way_round() -> None:
    row = entry(side=Side.SELL, take_profit=Decimal(55), stop_loss=Decimal(65))
    key = row.intent.intent_id
    pair = (KeptExit(key, ExitKind.TAKE_PROFIT, Decimal(55)), KeptExit(key, ExitKind.STOP_LOSS, Decimal(65)))
    for price, kind in (("54", ExitKind.TAKE_PROFIT), ("66", ExitKind.STOP_LOSS)):
        found = first_reached(pair, Side.BUY, Decimal(price))
        assert found is not None
        assert found.kind is kind
    assert first_reached(pair, Side.BUY, Decimal(60)) is None


def test_what_was_reached_stays_reached_wherever_the_price_goes() -> None:
    profit, stop = exits(entry())
    reached = with_reached(stop, Decimal(54), NOW)
    found = first_reached((profit, reached), Side.SELL, Decimal(70))
    assert found == reached
    assert with_reached(reached, Decimal(40), LATER) == reached


# Quantities


def out(one: Kept, quantity: Decimal, executed: Decimal, *, ended: bool = True) -> Kept:
    """With one more exit order, of which some has traded."""
    which = with_reached(one.exits[1], Decimal(54), NOW)
    made = exit_intent(one, which, quantity, NOW.date(), NOW)
    state = OrderState.CANCELLED if ended else OrderState.WORKING
    return replace(one, sent=(*one.sent, replace(made, state=state, filled=executed, booked=executed, sends=1)))


@given(st.lists(st.tuples(units, units, units, units, st.booleans()), max_size=12), units)
def test_no_more_ever_goes_out_than_was_bought_or_is_held(
    story: list[tuple[Decimal, Decimal, Decimal, Decimal, bool]], first: Decimal
) -> None:
    """Whatever the entry buys on the way, whatever traded of each exit, and whatever is held or contested."""
    one = kept(entry(bought=first, state=OrderState.PARTIALLY_FILLED))
    for more, held, contested, traded, ended in story:
        bought = one.entry.executed + more
        one = replace(one, entry=replace(one.entry, filled=bought, booked=bought))
        quantity = exit_quantity(one, held, contested)
        closed = sum((each.executed for each in one.sent), Decimal(0))
        assert 0 <= quantity <= max(Decimal(0), held - contested)
        assert closed + quantity <= one.entry.executed
        if one.at_work is not None:
            assert quantity == 0
        if quantity > 0:
            one = out(one, quantity, min(traded, quantity), ended=ended)
    assert sum((each.executed for each in one.sent), Decimal(0)) <= one.entry.executed


@given(st.lists(st.tuples(units, units), min_size=1, max_size=6), units)
def test_what_others_closed_leaves_no_more_than_is_held(left: list[tuple[Decimal, Decimal]], held: Decimal) -> None:
    every = [
        replace(kept(entry(f"entry {number}", bought=bought)), gone=min(gone, bought))
        for number, (bought, gone) in enumerate(left)
    ]
    found = closed_by_others(every, held, LATER)
    after = [replace(one, gone=one.gone + found.get(one.entry.intent.intent_id, Decimal(0))) for one in every]
    before = sum((one.left for one in every), Decimal(0))
    assert sum((one.left for one in after), Decimal(0)) == min(before, held)
    assert all(one.left >= 0 for one in after)


def test_units_that_the_position_may_not_show_yet_are_not_taken_for_gone() -> None:
    fresh = kept(entry(bought=Decimal(10)))
    assert closed_by_others([fresh], Decimal(0), NOW - timedelta(seconds=1)) == {}
    still_buying = kept(entry(state=OrderState.PARTIALLY_FILLED))
    assert closed_by_others([still_buying], Decimal(0), LATER) == {}
    working = out(kept(), Decimal(10), Decimal(0), ended=False)
    assert closed_by_others([working], Decimal(0), LATER) == {}


def test_the_same_exit_decided_again_is_the_same_intent_and_the_next_one_another() -> None:
    one = kept()
    which = with_reached(one.exits[1], Decimal(54), NOW)
    first = exit_intent(one, which, Decimal(10), NOW.date(), NOW)
    again = exit_intent(one, which, Decimal(7), NOW.date(), LATER)
    profit = exit_intent(one, with_reached(one.exits[0], Decimal(66), NOW), Decimal(10), NOW.date(), NOW)
    second = exit_intent(out(one, Decimal(10), Decimal(4)), which, Decimal(6), NOW.date(), NOW)
    assert first.intent.intent_id == again.intent.intent_id
    assert len({one.intent.intent_id for one in (first, profit, second)}) == 3
    order = first.intent.order
    assert (order.side, order.order_type, order.is_exit) == (Side.SELL, OrderType.MARKET, True)


def test_units_that_grow_with_the_entry_go_out_after_the_first_exit_order_has_ended() -> None:
    buying = kept(entry(bought=Decimal(4), state=OrderState.PARTIALLY_FILLED))
    gone_out = out(buying, Decimal(4), Decimal(4))
    more = replace(gone_out, entry=replace(buying.entry, filled=Decimal(10), booked=Decimal(10)))
    assert exit_quantity(more, Decimal(6), Decimal(0)) == 6


# Orders in the way


def resting(side: Side, quantity: str, **more: Any) -> OrderReport:
    report = OrderReport(BrokerOrderId("B"), None, OrderState.WORKING, KO, side, Decimal(quantity), Decimal(0))
    return replace(report, **more)


def test_open_orders_on_the_exits_side_hold_their_units() -> None:
    partly = resting(Side.SELL, "5", filled_quantity=Decimal(2))
    pair = resting(Side.SELL, "4", legs=(resting(Side.SELL, "4"),))  # of the two only one can trade
    waiting = resting(Side.BUY, "9", legs=(resting(Side.SELL, "9", venue_status="held"),))
    assert contested_units([partly, pair, waiting], "KO", Side.SELL) == 7
    assert contested_units([partly], "BAC", Side.SELL) == 0


def test_an_order_that_does_not_say_what_it_trades_may_trade_anything() -> None:
    assert contested_units([resting(Side.SELL, "5", instrument=None)], "KO", Side.SELL) is None


def test_a_position_counts_on_the_side_that_closes_it() -> None:
    assert held_on(Side.SELL, Decimal(7)) == 7
    assert held_on(Side.SELL, Decimal(-7)) == 0
    assert held_on(Side.BUY, Decimal(-7)) == 7


# The end


def test_exits_are_over_when_there_is_nothing_left_to_leave() -> None:
    assert why_over(kept(), None, NOW) is None
    assert why_over(out(kept(), Decimal(10), Decimal(10)), None, NOW) == "all of it is out"
    assert why_over(kept(gone=Decimal(10)), None, NOW) == "the position is not there any more"
    nothing = entry(bought=Decimal(0), state=OrderState.CANCELLED)
    assert why_over(kept(nothing), None, NOW) == "nothing of the entry traded"
    assert why_over(out(kept(), Decimal(10), Decimal(3), ended=False), NOW, LATER) is None


def test_time_ends_what_waits_and_not_what_was_reached() -> None:
    assert why_over(kept(), NOW, NOW) == "kept until 2026-03-02 15:00 UTC"
    row = entry()
    profit, stop = exits(row)
    reached = Kept(row, (profit, replace(stop, state=KeptState.REACHED)))
    assert why_over(reached, NOW, LATER) is None
