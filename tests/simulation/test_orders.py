"""Orders against quotes: what fills, when, at what price, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.market import Listing, Market
from simulator.prices import constant
from tests.simulation.world import (
    BTC,
    CALL,
    ES,
    FRIDAY_CLOSE,
    KO,
    LONG_AGO,
    NYSE,
    PUT,
    THURSDAY_CLOSE,
    WEDNESDAY,
    WEDNESDAY_CLOSE,
    a_venue,
    an_account,
    an_order,
    steps,
)
from tieout.errors import (
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
)
from tieout.instruments import equity, perpetual
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce

HOUR = timedelta(hours=1)


def test_a_market_order_buys_at_the_ask_and_sells_at_the_bid() -> None:
    account = an_account(a_venue())

    bought = account.submit(an_order("buy"))
    sold = account.submit(an_order("sell", side=Side.SELL))

    assert (bought.state, bought.average_fill_price) == (OrderState.FILLED, Decimal("62.05"))
    assert (sold.state, sold.average_fill_price) == (OrderState.FILLED, Decimal("61.95"))
    assert account.positions() == ()
    assert account.balances()[0].cash == Decimal("9999.00")  # the spread, ten times


def test_a_limit_order_waits_for_its_price_and_never_pays_more() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (WEDNESDAY + HOUR, "61.50"), (WEDNESDAY + 2 * HOUR, "60.90")))
    account = an_account(venue)

    account.submit(an_order(limit="61.00"))
    venue.advance(WEDNESDAY + HOUR * 1.5)
    waiting = account.orders()[0]
    venue.advance(WEDNESDAY_CLOSE)

    assert waiting.state is OrderState.WORKING
    assert account.orders()[0].average_fill_price == Decimal("60.95")
    assert account.executions[0].executed_at == WEDNESDAY + 2 * HOUR


def test_a_limit_better_than_the_market_fills_at_the_market() -> None:
    account = an_account(a_venue())

    assert account.submit(an_order(limit="65.00")).average_fill_price == Decimal("62.05")


@pytest.mark.parametrize(
    ("side", "stop", "touched"), [(Side.BUY, "63.00", "63.40"), (Side.SELL, "61.00", "60.70")], ids=["buy", "sell"]
)
def test_a_stop_order_becomes_a_market_order_when_its_price_is_reached(side: Side, stop: str, touched: str) -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (WEDNESDAY + HOUR, touched), (WEDNESDAY + 2 * HOUR, "62")))
    account = an_account(venue, held=[(KO, "10", "50")])

    assert account.submit(an_order(side=side, stop=stop)).state is OrderState.WORKING
    venue.advance(WEDNESDAY_CLOSE)

    (execution,) = account.executions
    assert execution.executed_at == WEDNESDAY + HOUR
    assert execution.price == Decimal(touched) + Decimal("0.05") * side.sign


def test_a_stop_limit_order_is_armed_by_the_stop_and_filled_by_the_limit() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (WEDNESDAY + HOUR, "64"), (WEDNESDAY + 2 * HOUR, "62.5")))
    account = an_account(venue)

    account.submit(an_order(stop="63.00", limit="63.10"))
    venue.advance(WEDNESDAY_CLOSE)

    (execution,) = account.executions
    assert (execution.executed_at, execution.price) == (WEDNESDAY + 2 * HOUR, Decimal("62.55"))


def test_an_order_fills_in_parts_where_there_is_no_more_on_offer() -> None:
    moves = [(LONG_AGO, "62"), *((WEDNESDAY + HOUR * n, f"62.{n}0") for n in range(1, 4))]
    venue = a_venue(ko=steps(*moves), depth=Decimal(4))
    account = an_account(venue)

    first = account.submit(an_order(quantity="10"))
    venue.advance(WEDNESDAY + HOUR)
    second = account.orders()[0]
    venue.advance(WEDNESDAY_CLOSE)

    assert (first.state, first.filled_quantity) == (OrderState.PARTIALLY_FILLED, 4)
    assert (second.state, second.filled_quantity) == (OrderState.PARTIALLY_FILLED, 8)
    assert account.orders()[0].state is OrderState.FILLED
    assert [e.quantity for e in account.executions] == [4, 4, 2]
    assert account.orders()[0].average_fill_price == Decimal("62.13")  # (4 × 62.05 + 4 × 62.15 + 2 × 62.25) / 10


def test_the_same_offer_is_not_taken_twice() -> None:
    venue = a_venue(depth=Decimal(4))
    account = an_account(venue)
    account.submit(an_order(quantity="10"))

    for minutes in range(1, 5):
        venue.advance(WEDNESDAY + timedelta(minutes=minutes))

    assert account.orders()[0].filled_quantity == 4


def test_a_day_order_expires_at_the_close_and_keeps_what_was_filled() -> None:
    venue = a_venue(depth=Decimal(4))
    account = an_account(venue)
    account.submit(an_order(quantity="10"))

    venue.advance(THURSDAY_CLOSE)

    order = account.orders()[0]
    assert (order.state, order.filled_quantity) == (OrderState.EXPIRED, 4)
    assert order.updated_at == WEDNESDAY_CLOSE


def test_an_order_good_till_cancelled_stays_over_the_night() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (THURSDAY_CLOSE - HOUR, "59")))
    account = an_account(venue)
    account.submit(an_order(limit="60.00", until=TimeInForce.GTC))

    venue.advance(THURSDAY_CLOSE)

    assert account.orders()[0].state is OrderState.FILLED


def test_an_order_placed_at_night_waits_for_the_open() -> None:
    venue = a_venue(WEDNESDAY_CLOSE + HOUR)
    account = an_account(venue)

    assert account.submit(an_order()).state is OrderState.WORKING
    venue.advance(FRIDAY_CLOSE)

    assert account.executions[0].executed_at == NYSE.opens_at(datetime(2026, 1, 15, tzinfo=UTC).date())


def test_coins_trade_at_any_hour() -> None:
    account = an_account(a_venue(WEDNESDAY_CLOSE + 6 * HOUR))

    assert account.submit(an_order(instrument=BTC, quantity="0.1")).state is OrderState.FILLED


def test_immediate_or_cancel_takes_what_there_is() -> None:
    account = an_account(a_venue(depth=Decimal(4)))

    report = account.submit(an_order(until=TimeInForce.IOC))

    assert (report.state, report.filled_quantity) == (OrderState.CANCELLED, 4)


def test_fill_or_kill_takes_all_or_nothing() -> None:
    account = an_account(a_venue(depth=Decimal(10)))

    killed = account.submit(an_order("more", quantity="11", until=TimeInForce.FOK))
    filled = account.submit(an_order("all", quantity="10", until=TimeInForce.FOK))

    assert (killed.state, killed.filled_quantity) == (OrderState.CANCELLED, 0)
    assert filled.state is OrderState.FILLED


def test_an_order_for_now_is_refused_while_the_market_is_closed() -> None:
    account = an_account(a_venue(WEDNESDAY_CLOSE + HOUR))

    with pytest.raises(MarketClosed):
        account.submit(an_order(until=TimeInForce.IOC))


def trailing() -> Order:
    return Order(an_order().client_order_id, KO, Side.BUY, Decimal(1), OrderType.TRAILING_STOP, TimeInForce.DAY)


@pytest.mark.parametrize(
    ("order", "error", "says"),
    [
        (an_order(quantity="1000"), InsufficientFunds, "62050.00 USD needed, 10000.00 to spend"),
        (an_order(side=Side.SELL), InsufficientFunds, "10 to sell, 0 available"),
        (an_order(instrument=BTC, side=Side.SELL, quantity="0.1"), InsufficientFunds, "to sell"),
        (an_order(instrument=PUT, quantity="1.5"), InvalidOrder, "whole units"),
        (an_order(limit="62.005"), InvalidOrder, "not a multiple of 0.01"),
        (an_order(limit="-1"), InvalidOrder, "not a multiple"),
        (Order(an_order().client_order_id, KO, Side.BUY, Decimal(1), OrderType.LIMIT, TimeInForce.DAY), InvalidOrder,
         "limit price is missing"),
        (Order(an_order().client_order_id, KO, Side.BUY, Decimal(1), OrderType.MARKET, TimeInForce.DAY, Decimal(5)),
         InvalidOrder, "not for this type"),
        (trailing(), InvalidOrder, "needs one of trail_amount"),
        (an_order(instrument=equity("NONE")), NotTradable, "NONE is not listed"),
        (an_order(until=TimeInForce.OPEN), MarketClosed, "opg orders"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(order: Order, error: type[BrokerError], says: str) -> None:
    account = an_account(a_venue())
    before = account.balances()

    with pytest.raises(error, match=says):
        account.submit(order)

    assert account.orders() == ()
    assert account.order(order.client_order_id) is None
    assert account.balances() == before


def test_what_does_not_trade_is_refused() -> None:
    halted = Listing(equity("HALT"), constant(Decimal(1)), NYSE, tradable=False)
    account = an_account(a_venue(extra=[halted]))

    with pytest.raises(NotTradable, match="does not trade"):
        account.submit(an_order(instrument=halted.instrument))


def test_a_client_order_id_is_taken_for_ever() -> None:
    account = an_account(a_venue())
    account.submit(an_order(limit="50.00"))
    account.cancel(an_order().client_order_id)

    with pytest.raises(DuplicateOrder):
        account.submit(an_order())


def test_open_orders_bind_money_and_units() -> None:
    account = an_account(a_venue(), held=[(KO, "10", "50")])
    account.submit(an_order("rests", quantity="150", limit="60.00"))
    account.submit(an_order("offered", side=Side.SELL, quantity="8", limit="70.00"))

    assert account.balances()[0].buying_power == Decimal("1000.00")
    with pytest.raises(InsufficientFunds, match=r"1000\.00 to spend"):
        account.submit(an_order("too much", quantity="17"))
    with pytest.raises(InsufficientFunds, match="2 available"):
        account.submit(an_order("twice", side=Side.SELL, quantity="3"))


def test_a_cancel_frees_what_was_bound() -> None:
    account = an_account(a_venue())
    account.submit(an_order("rests", quantity="150", limit="60.00"))

    report = account.cancel(an_order("rests").client_order_id)

    assert report.state is OrderState.CANCELLED
    assert account.balances()[0].buying_power == Decimal("10000.00")
    assert account.live == ()


def test_only_a_live_order_can_be_cancelled_or_replaced() -> None:
    account = an_account(a_venue())
    account.submit(an_order())

    with pytest.raises(InvalidOrder, match="filled already"):
        account.cancel(an_order().client_order_id)
    with pytest.raises(InvalidOrder, match="filled already"):
        account.replace(an_order().client_order_id, an_order("new"))
    with pytest.raises(NotFound):
        account.cancel("unheard of")


def test_a_replaced_order_names_its_successor_and_the_other_way_round() -> None:
    account = an_account(a_venue())
    old = account.submit(an_order("old", quantity="150", limit="60.00"))

    new = account.replace(old.client_order_id or "", an_order("new", quantity="160", limit="61.00"))

    gone = account.order(an_order("old").client_order_id)
    assert gone is not None
    assert (gone.state, gone.replaced_by) == (OrderState.REPLACED, new.broker_order_id)
    assert (new.state, new.replaces) == (OrderState.WORKING, old.broker_order_id)


def test_a_replacement_that_is_refused_leaves_the_old_order_working() -> None:
    account = an_account(a_venue())
    account.submit(an_order("old", limit="60.00"))

    with pytest.raises(InsufficientFunds):
        account.replace(an_order("old").client_order_id, an_order("new", quantity="1000", limit="60.00"))

    assert [o.state for o in account.orders()] == [OrderState.WORKING]


def test_a_margin_account_sells_short_and_owes_the_shares() -> None:
    account = an_account(a_venue(), leverage="2", shorting=True)

    account.submit(an_order(side=Side.SELL, quantity="100"))

    (position,) = account.positions()
    assert (position.quantity, position.side, position.avg_entry_price) == (-100, "short", Decimal("61.95"))
    assert position.market_value == Decimal(-6200)
    assert account.balances()[0].cash == Decimal("16195.00")
    assert account.balances()[0].equity == Decimal("9995.00")


def test_a_short_position_that_is_bought_over_turns_long_at_the_new_price() -> None:
    account = an_account(a_venue(), held=[(KO, "-10", "70")], leverage="2", shorting=True)

    account.submit(an_order(quantity="15"))

    (position,) = account.positions()
    assert (position.quantity, position.avg_entry_price) == (5, Decimal("62.05"))


def test_a_written_put_binds_its_strike_and_a_covered_call_nothing() -> None:
    account = an_account(a_venue(), cash="10000", held=[(KO, "100", "50")], leverage="2", shorting=True)
    free = account.balances()[0].buying_power
    assert free is not None

    account.submit(an_order("call", instrument=CALL, side=Side.SELL, quantity="1"))
    covered = account.balances()[0].buying_power
    account.submit(an_order("put", instrument=PUT, side=Side.SELL, quantity="1"))
    secured = account.balances()[0].buying_power

    assert covered is not None
    assert secured is not None
    assert abs(covered - free) < 20  # half the spread on one contract, twice
    assert 5900 < covered - secured < 6100


def test_an_option_costs_its_price_a_hundred_times() -> None:
    account = an_account(a_venue())

    report = account.submit(an_order(instrument=CALL, quantity="2"))

    assert report.average_fill_price is not None
    assert account.balances()[0].cash == 10_000 - report.average_fill_price * 200
    assert account.positions()[0].cost_basis == report.average_fill_price * 200


def test_a_future_moves_no_cash_until_it_is_closed() -> None:
    listing = Listing(ES, steps((LONG_AGO, "7000"), (WEDNESDAY + HOUR, "7010")), NYSE, half_spread=Decimal(0))
    venue = a_venue(extra=[listing])
    account = an_account(venue, cash="100000", leverage="20", shorting=True)

    account.submit(an_order("in", instrument=ES, quantity="2"))
    opened = account.balances()[0]
    venue.advance(WEDNESDAY + 2 * HOUR)
    risen = account.balances()[0]
    account.submit(an_order("half out", instrument=ES, side=Side.SELL, quantity="1"))
    halved = account.balances()[0]

    assert (opened.cash, opened.equity) == (100_000, 100_000)
    assert (risen.cash, risen.equity) == (100_000, 101_000)
    assert (halved.cash, halved.equity) == (100_500, 101_000)


def test_a_trade_by_hand_is_in_the_statement_and_unheard_of_at_the_desk() -> None:
    account = an_account(a_venue())

    account.trade_by_hand(KO, Side.BUY, Decimal(5))
    account.submit(an_order("ours"))

    assert [e.quantity for e in account.executions] == [5, 10]
    assert [e.quantity for e in account.heard] == [10]
    assert "-" in (account.executions[0].client_order_id or "")


def test_a_lost_report_leaves_the_trade_where_it_is() -> None:
    account = an_account(a_venue())

    account.submit(an_order(), heard=False)

    assert account.heard == []
    assert account.executions[0].client_order_id == an_order().client_order_id
    assert account.positions()[0].quantity == 10


def test_a_late_fill_moves_the_position_at_once_and_shows_later() -> None:
    venue = a_venue()
    account = an_account(venue)

    account.submit(an_order(), late=2 * HOUR)
    at_once = (account.positions()[0].quantity, account.executions, account.heard)
    venue.advance(WEDNESDAY + 2 * HOUR)

    assert at_once == (10, [], [])
    assert len(account.executions) == len(account.heard) == 1
    assert account.executions[0].executed_at == WEDNESDAY


def test_every_change_of_an_order_is_told() -> None:
    venue = a_venue(depth=Decimal(4))
    account = an_account(venue)
    account.submit(an_order())
    venue.advance(WEDNESDAY_CLOSE)

    assert [u.state for u in account.updates] == [
        OrderState.WORKING,
        OrderState.PARTIALLY_FILLED,
        OrderState.EXPIRED,
    ]


def test_orders_are_listed_by_state() -> None:
    account = an_account(a_venue())
    account.submit(an_order("filled"))
    account.submit(an_order("rests", limit="50.00"))

    assert [o.state for o in account.orders({OrderState.WORKING})] == [OrderState.WORKING]
    assert len(account.orders()) == 2


def test_the_market_knows_pairs_in_both_directions() -> None:
    venue = a_venue()
    market = venue.market

    assert market.rate("USD", "USD", WEDNESDAY) == 1
    assert market.rate("BTC", "USD", WEDNESDAY) == 90_000
    assert market.rate("USD", "BTC", WEDNESDAY) == Decimal(1) / 90_000
    with pytest.raises(NotTradable, match="no listed pair"):
        market.rate("CHF", "USD", WEDNESDAY)


def test_a_symbol_is_listed_once_and_priced_from_its_first_tick_on() -> None:
    market = Market()
    listing = market.add(Listing(KO, constant(Decimal(62), WEDNESDAY), NYSE))

    with pytest.raises(ValueError, match="listed already"):
        market.add(listing)
    with pytest.raises(NotTradable, match="no price before"):
        market.quote(KO, WEDNESDAY - HOUR)
    assert market.listing("KO260116P00060000").instrument == PUT


def test_a_contract_that_pays_in_a_third_coin_is_not_listed() -> None:
    with pytest.raises(ValueError, match="pays in ETH"):
        Market().add(Listing(perpetual("BTC", "USD", "ETH"), constant(Decimal(90_000)), NYSE))


def test_a_perpetual_pays_its_profit_when_it_is_closed() -> None:
    swap = perpetual("ETH", "USD", "USD")
    listing = Listing(swap, steps((LONG_AGO, "3000"), (WEDNESDAY + HOUR, "3100")), NYSE, half_spread=Decimal(0))
    venue = a_venue(extra=[listing])
    account = an_account(venue, leverage="5", shorting=True)

    account.submit(an_order("short", instrument=swap, side=Side.SELL, quantity="2"))
    venue.advance(WEDNESDAY + 2 * HOUR)
    account.submit(an_order("cover", instrument=swap, quantity="2"))

    assert account.positions() == ()
    assert account.balances()[0].cash == account.balances()[0].settled_cash == 9_800
