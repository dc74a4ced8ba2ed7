"""Trailing stops, auctions, brackets, pairs of exits and combinations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.account import SimulatedAccount
from simulator.market import Listing
from simulator.prices import constant
from tests.simulation.world import (
    CALL,
    KO,
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
from tieout.errors import InsufficientFunds, InvalidOrder, MarketClosed
from tieout.ids import client_order_id
from tieout.orders import Order, OrderLeg, OrderState, OrderType, Side, TimeInForce

LONG_AGO = datetime(2025, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THURSDAY_OPEN = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)


def later(minutes: int) -> datetime:
    return WEDNESDAY + minutes * MINUTE


def trailing(side: Side = Side.SELL, *, amount: str | None = None, percent: str | None = None) -> Order:
    return replace(
        an_order("trailing", side=side),
        order_type=OrderType.TRAILING_STOP,
        trail_amount=Decimal(amount) if amount else None,
        trail_percent=Decimal(percent) if percent else None,
    )


def bracket(**changes: object) -> Order:
    """Ten shares with exits at 65 and 60."""
    both = {"take_profit": Decimal(65), "stop_loss": Decimal(60)}
    return replace(an_order("bracket"), **(both | changes))  # type: ignore[arg-type]


def oco() -> Order:
    return replace(an_order("oco", side=Side.SELL), take_profit=Decimal(65), stop_loss=Decimal(60), is_exit=True)


def spread(quantity: str = "2", limit: str | None = None, *, ratio: int = 1) -> Order:
    """Buys the call, writes `ratio` puts."""
    return Order(
        client_order_id("spread"),
        KO,
        Side.BUY,
        Decimal(quantity),
        OrderType.LIMIT if limit else OrderType.MARKET,
        TimeInForce.DAY,
        Decimal(limit) if limit else None,
        legs=(OrderLeg(CALL, Side.BUY, opens=True), OrderLeg(PUT, Side.SELL, ratio, opens=True)),
    )


def exits(account: SimulatedAccount, key: str) -> dict[str, tuple[OrderState, str]]:
    report = account.order(client_order_id(key))
    assert report is not None
    return {str(leg.order_type): (leg.state, leg.venue_status) for leg in report.legs}


@pytest.mark.parametrize("trail", [{"amount": "2"}, {"percent": "0.03125"}], ids=["amount", "percent"])
def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(trail: dict[str, str]) -> None:
    prices = steps((LONG_AGO, "62.05"), (later(1), "64.05"), (later(2), "63"), (later(3), "62.05"))
    venue = a_venue(ko=prices)
    account = an_account(venue, held=[(KO, "10", "50")])
    account.submit(trailing(**trail))

    venue.advance(later(2) + MINUTE / 2)
    waiting = account.order(client_order_id("trailing"))
    venue.advance(later(4))
    done = account.order(client_order_id("trailing"))

    assert waiting is not None
    assert done is not None
    assert (waiting.state, waiting.stop_price) == (OrderState.WORKING, Decimal(62))  # two below 64, the best bid
    assert (done.state, done.average_fill_price) == (OrderState.FILLED, Decimal(62))


def test_a_trailing_stop_to_buy_stays_above_the_lowest_price() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (later(1), "58"), (later(2), "60")))
    account = an_account(venue)
    account.submit(trailing(Side.BUY, amount="2"))

    venue.advance(later(3))

    assert account.executions[0].price == Decimal("60.05")
    assert account.executions[0].executed_at == later(2)


@pytest.mark.parametrize("order", [trailing(), trailing(amount="1", percent="0.1"), trailing(percent="1.5")])
def test_a_trail_is_an_amount_or_a_share_below_one(order: Order) -> None:
    account = an_account(a_venue(), held=[(KO, "10", "50")])

    with pytest.raises(InvalidOrder):
        account.submit(order)


def test_an_order_for_the_open_fills_at_the_first_price_of_the_session() -> None:
    venue = a_venue(WEDNESDAY_CLOSE + timedelta(hours=4), ko=steps((LONG_AGO, "62"), (THURSDAY_OPEN, "63")))
    account = an_account(venue)
    account.submit(an_order(until=TimeInForce.OPEN))
    account.submit(an_order("too low", limit="62.5", until=TimeInForce.OPEN))

    venue.advance(THURSDAY_OPEN + MINUTE)

    (execution,) = account.executions
    assert (execution.price, execution.executed_at) == (Decimal(63), THURSDAY_OPEN)  # one price, no spread
    missed = account.order(client_order_id("too low"))
    assert missed is not None
    assert missed.state is OrderState.CANCELLED


def test_an_order_for_the_close_fills_at_the_last_price_before_the_day_is_cleared() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (WEDNESDAY_CLOSE, "61.5")))
    account = an_account(venue)
    account.submit(an_order(until=TimeInForce.CLOSE))

    venue.advance(WEDNESDAY_CLOSE)

    (execution,) = account.executions
    assert (execution.price, execution.executed_at) == (Decimal("61.5"), WEDNESDAY_CLOSE)
    assert account.pending[0].settles_on == NYSE.next(WEDNESDAY.date())


@pytest.mark.parametrize(
    ("until", "at", "taken"),
    [
        (TimeInForce.OPEN, THURSDAY_OPEN - 3 * MINUTE, True),
        (TimeInForce.OPEN, THURSDAY_OPEN - 2 * MINUTE, False),
        (TimeInForce.OPEN, THURSDAY_OPEN, False),
        (TimeInForce.OPEN, THURSDAY_OPEN + timedelta(hours=9, minutes=30), True),  # 19:00 in New York
        (TimeInForce.CLOSE, THURSDAY_CLOSE - 11 * MINUTE, True),
        (TimeInForce.CLOSE, THURSDAY_CLOSE - 10 * MINUTE, False),
        (TimeInForce.CLOSE, datetime(2026, 1, 18, 16, 0, tzinfo=UTC), True),  # a Sunday
    ],
)
def test_an_auction_takes_orders_until_its_cut_off(until: TimeInForce, at: datetime, taken: bool) -> None:
    account = an_account(a_venue(at))

    if taken:
        assert account.submit(an_order(until=until)).state is OrderState.WORKING
    else:
        with pytest.raises(MarketClosed):
            account.submit(an_order(until=until))


def test_exits_wait_for_their_entry_and_bind_nothing_until_then() -> None:
    account = an_account(a_venue())
    before = account.balances()[0].buying_power
    account.submit(bracket(order_type=OrderType.LIMIT, limit_price=Decimal(61)))

    assert exits(account, "bracket") == {
        "limit": (OrderState.WORKING, "held"),
        "stop": (OrderState.WORKING, "held"),
    }
    assert before is not None
    assert account.balances()[0].buying_power == before - 610


@pytest.mark.parametrize(
    ("moved_to", "filled", "price"), [("66", "limit", "65.95"), ("59", "stop", "58.95")], ids=["gain", "loss"]
)
def test_one_exit_fills_and_the_other_is_cancelled(moved_to: str, filled: str, price: str) -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (later(1), moved_to)))
    account = an_account(venue)
    account.submit(bracket())

    venue.advance(later(2))

    states = {name: state for name, (state, _) in exits(account, "bracket").items()}
    other = {"limit": "stop", "stop": "limit"}[filled]
    assert states == {filled: OrderState.FILLED, other: OrderState.CANCELLED}
    assert [e.price for e in account.executions] == [Decimal("62.05"), Decimal(price)]
    assert account.positions() == ()


def test_an_exit_that_fills_in_part_leaves_the_rest_to_both() -> None:
    prices = steps((LONG_AGO, "62"), (later(1), "62.01"), (later(2), "62.02"), (later(3), "66"), (later(4), "59"))
    venue = a_venue(ko=prices, depth=Decimal(4))
    account = an_account(venue)
    account.submit(bracket())

    venue.advance(later(1))
    assert exits(account, "bracket")["limit"] == (OrderState.WORKING, "held")  # eight of ten: not all in yet
    venue.advance(later(3) + MINUTE / 2)
    venue.advance(later(5))

    sold = [(e.quantity, e.price) for e in account.executions if e.side is Side.SELL]
    assert sold == [(Decimal(4), Decimal("65.95")), (Decimal(4), Decimal("58.95"))]
    assert account.holdings["KO"].quantity == 2


def test_an_entry_that_ends_takes_its_exits_with_it() -> None:
    account = an_account(a_venue())
    account.submit(bracket(order_type=OrderType.LIMIT, limit_price=Decimal(61)))

    account.cancel(client_order_id("bracket"))

    assert account.live == ()
    assert {state for state, _ in exits(account, "bracket").values()} == {OrderState.CANCELLED}


def test_a_cancelled_exit_takes_the_other_with_it() -> None:
    account = an_account(a_venue())
    report = account.submit(bracket())

    account.cancel(report.legs[0].client_order_id or "")

    assert account.live == ()
    assert account.holdings["KO"].quantity == 10


def test_a_replaced_entry_keeps_its_exits_at_its_own_size() -> None:
    account = an_account(a_venue())
    account.submit(bracket(order_type=OrderType.LIMIT, limit_price=Decimal(61)))

    new = account.replace(client_order_id("bracket"), an_order("next", quantity="7", limit="60.5"))

    assert [(leg.quantity, leg.state) for leg in new.legs] == [(Decimal(7), OrderState.WORKING)] * 2
    assert len(account.live) == 3


def test_a_replaced_exit_keeps_its_place_in_the_pair() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (later(1), "64.05")))
    account = an_account(venue)
    take_profit = account.submit(bracket()).legs[0]

    account.replace(take_profit.client_order_id or "", an_order("nearer", side=Side.SELL, limit="64"))
    venue.advance(later(2))

    assert account.positions() == ()
    assert account.live == ()


def test_a_pair_of_exits_binds_the_position_once() -> None:
    account = an_account(a_venue(), held=[(KO, "10", "50")])
    account.submit(oco())

    with pytest.raises(InsufficientFunds, match="1 to sell, 0 available"):
        account.submit(an_order("more", side=Side.SELL, quantity="1"))
    assert exits(account, "oco") == {"stop": (OrderState.WORKING, "held")}


def test_a_pair_of_exits_needs_its_position_even_where_shorts_are_allowed() -> None:
    account = an_account(a_venue(), shorting=True)

    with pytest.raises(InsufficientFunds):
        account.submit(oco())


@pytest.mark.parametrize("moved_to", ["66", "59"], ids=["gain", "loss"])
def test_fills_of_either_exit_of_a_pair_belong_to_the_order_that_was_sent(moved_to: str) -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (later(1), moved_to)))
    account = an_account(venue, held=[(KO, "10", "50")])
    account.submit(oco())

    venue.advance(later(2))

    (execution,) = account.executions
    assert execution.client_order_id == client_order_id("oco")
    assert account.positions() == ()
    assert account.live == ()


@pytest.mark.parametrize(
    "order",
    [
        bracket(stop_loss=Decimal(66)),
        bracket(time_in_force=TimeInForce.IOC),
        bracket(order_type=OrderType.STOP, stop_price=Decimal(63)),
        replace(oco(), stop_loss=None),
        replace(spread(), legs=spread().legs[:1]),
        replace(spread(), legs=(spread().legs[0], spread().legs[0])),
        replace(spread(), legs=(OrderLeg(KO, Side.BUY), spread().legs[0])),
        replace(spread(), order_type=OrderType.LIMIT),
        replace(an_order(), extended_hours=True),
        replace(an_order(instrument=PUT), time_in_force=TimeInForce.CLOSE),
    ],
)
def test_what_makes_no_group_is_refused(order: Order) -> None:
    account = an_account(a_venue(), cash="100000", shorting=True)

    with pytest.raises(InvalidOrder):
        account.submit(order)

    assert account.orders() == ()


def test_a_combination_trades_all_its_legs_at_one_moment() -> None:
    venue = a_venue(half_spread="0.01")
    account = an_account(venue, cash="100000", shorting=True)
    touch = {one: venue.market.quote(one, WEDNESDAY) for one in (CALL, PUT)}

    report = account.submit(spread(ratio=2))

    net = touch[CALL].ask - 2 * touch[PUT].bid
    assert (report.state, report.filled_quantity, report.average_fill_price) == (OrderState.FILLED, Decimal(2), net)
    assert (report.instrument, report.side) == (None, None)
    assert [(leg.quantity, leg.state) for leg in report.legs] == [
        (Decimal(2), OrderState.FILLED),
        (Decimal(4), OrderState.FILLED),
    ]
    assert [e.broker_order_id for e in account.executions] == [leg.broker_order_id for leg in report.legs]
    assert {e.client_order_id for e in account.executions} == {client_order_id("spread")}
    assert account.balances()[0].cash == Decimal(100_000) - 2 * net * 100


def test_a_combination_waits_for_its_net_price() -> None:
    venue = a_venue(half_spread="0.01")
    account = an_account(venue, cash="100000", shorting=True)
    net = venue.market.quote(CALL, WEDNESDAY).ask - venue.market.quote(PUT, WEDNESDAY).bid

    waits = account.submit(spread(limit=str(net - Decimal("0.01"))))
    account.cancel(client_order_id("spread"))
    fills = account.submit(replace(spread(limit=str(net)), client_order_id=client_order_id("enough")))

    assert (waits.state, fills.state) == (OrderState.WORKING, OrderState.FILLED)


def test_a_combination_trades_no_leg_where_one_has_nothing_on_offer() -> None:
    scarce = Listing(PUT, constant(Decimal(1)), NYSE, depth=Decimal(1))
    account = an_account(a_venue(extra=[scarce]), cash="100000", shorting=True)

    report = account.submit(spread("3", ratio=2))

    assert report.filled_quantity == 0
    assert account.executions == []


def test_a_combination_binds_what_its_written_leg_may_cost() -> None:
    account = an_account(a_venue(), cash="10000", shorting=True)

    with pytest.raises(InsufficientFunds):
        account.submit(spread("2"))  # two written puts may take 12,000


def test_an_order_for_extended_hours_trades_in_the_evening() -> None:
    evening = WEDNESDAY_CLOSE + timedelta(hours=1)
    order = replace(an_order(limit="63"), extended_hours=True)
    usual = an_account(a_venue(evening)).submit(an_order(limit="63"))
    extended = an_account(a_venue(evening)).submit(order)
    night = an_account(a_venue(WEDNESDAY_CLOSE + timedelta(hours=5))).submit(order)

    assert (usual.state, extended.state, night.state) == (OrderState.WORKING, OrderState.FILLED, OrderState.WORKING)


def test_an_order_for_extended_hours_ends_with_the_evening() -> None:
    venue = a_venue()
    account = an_account(venue)
    account.submit(replace(an_order(limit="1"), extended_hours=True))

    venue.advance(WEDNESDAY_CLOSE + timedelta(hours=3))
    assert len(account.live) == 1
    venue.advance(WEDNESDAY_CLOSE + timedelta(hours=4))
    assert account.live == ()


def test_an_accepted_order_shows_in_lists_only_after_the_venues_delay() -> None:
    venue = a_venue()
    account = an_account(venue, visibility=timedelta(seconds=5))
    account.submit(an_order())

    assert (account.shown, account.executions) == ((), [])
    assert account.holdings["KO"].quantity == 10  # it is at work all the same
    venue.advance(WEDNESDAY + timedelta(seconds=5))
    assert len(account.shown) == len(account.executions) == 1


def test_a_busted_trade_gives_back_units_and_money() -> None:
    account = an_account(a_venue())
    account.submit(an_order())

    account.bust(account.executions[0].execution_id)

    (execution,) = account.executions
    report = account.order(client_order_id("first"))
    assert report is not None
    assert execution.status == "cancelled"
    assert (report.state, report.filled_quantity) == (OrderState.CANCELLED, Decimal(0))
    assert account.positions() == ()
    assert account.balances()[0].cash == 10_000
    with pytest.raises(ValueError, match="taken back already"):
        account.bust(execution.execution_id)


def test_a_corrected_trade_keeps_its_id_and_moves_the_difference() -> None:
    account = an_account(a_venue())
    account.submit(an_order())

    account.correct(account.executions[0].execution_id, price=Decimal(61), quantity=Decimal(8))

    (execution,) = account.executions
    assert (execution.status, execution.price, execution.quantity) == ("corrected", Decimal(61), Decimal(8))
    assert account.holdings["KO"].quantity == 8
    assert account.balances()[0].cash == 10_000 - 8 * 61


def test_a_leg_that_is_busted_leaves_the_combination_short_of_it() -> None:
    account = an_account(a_venue(), cash="100000", shorting=True)
    account.submit(spread())

    account.bust(account.executions[0].execution_id)

    report = account.order(client_order_id("spread"))
    assert report is not None
    assert (report.filled_quantity, report.state) == (Decimal(0), OrderState.CANCELLED)


def test_an_order_may_be_refused_by_the_exchange_after_it_was_accepted() -> None:
    account = an_account(a_venue())
    account.submit(an_order(limit="1"))

    assert account.reject(client_order_id("first")).state is OrderState.REJECTED
    assert account.live == ()


def test_what_rests_over_the_night_is_told_to_be_done_for_the_day() -> None:
    venue = a_venue()
    account = an_account(venue)
    account.submit(an_order(limit="1", until=TimeInForce.GTC))

    venue.advance(WEDNESDAY_CLOSE)

    assert [u.change for u in account.desk.updates] == ["pending_new", "new", "done_for_day"]
