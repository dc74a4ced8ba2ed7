"""Perpetuals through the venues that have a face for them: legs, units, contract size, funding, leverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.protocols.http_face import HttpFace
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.unit.simulator.protocols.coins.world import START, SWAP, CoinWorld
from tieout.errors import ConfigError, Unavailable, Unsupported
from tieout.hedge import Leg, in_leg
from tieout.ids import client_order_id
from tieout.instruments import Instrument
from tieout.lanes import Lane
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.snapshots import Completeness

BEFORE, AFTER = START - timedelta(hours=1), START + timedelta(hours=1)
PRODUCTS = {
    "binance": {"products": "linear", "symbols": "BTC/USDT:USDT"},
    "bybit": {"products": "spot,linear"},
    "okx": {"products": "spot,swap", "symbols": "BTC/USDT:USDT"},
}
SWAPS = [one for one in VENUES if one.name in PRODUCTS]


@pytest.fixture(params=SWAPS, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> CoinVenue:
    found: CoinVenue = request.param
    return replace(found, options={**found.options, **PRODUCTS[found.name]})


def an_order(key: str, *, side: Side = Side.BUY, instrument: Instrument = SWAP, exit_: bool = False) -> Order:
    return Order(
        client_order_id(key),
        instrument,
        side,
        Decimal("0.05"),
        OrderType.MARKET,
        TimeInForce.IOC,
        is_exit=exit_,
    )


def test_a_position_is_counted_in_units_with_its_sign(broker: Broker, world: CoinWorld) -> None:
    broker.submit(an_order("short", side=Side.SELL))

    snapshot = broker.fetch_snapshot(START.date())

    (held,) = [one for one in snapshot.positions if one.instrument.is_margined]
    assert (held.instrument, held.quantity, held.side) == (SWAP, Decimal("-0.05"), "short")
    assert held.avg_entry_price == world.account.executions[0].price
    assert snapshot.proof.completeness is Completeness.COMPLETE


def test_an_order_is_found_and_its_trade_told_in_units(broker: Broker, world: CoinWorld) -> None:
    order = an_order("one")
    broker.submit(order)

    found = broker.fetch_order(order.client_order_id)
    (trade,) = broker.fetch_executions(BEFORE, AFTER).records

    assert found is not None
    assert (found.state, found.instrument, found.filled_quantity) == (OrderState.FILLED, SWAP, Decimal("0.05"))
    truth = world.account.executions[0]
    assert (trade.instrument, trade.quantity, trade.price, trade.fee) == (SWAP, truth.quantity, truth.price, truth.fee)


def test_an_order_is_absent_once_its_own_market_says_so_and_not_before_anybody_named_it(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    """An account of coins and contracts whose settings name no markets."""
    both = replace(venue, options={"products": {"okx": "spot,swap"}.get(venue.name, "spot,linear")})
    missing = client_order_id("missing")
    with both.broker(face.base_url, lambda: world.clock.now, *keys) as broker:
        if venue.name == "binance":  # the one that lists orders, too, market by market
            with pytest.raises(Unavailable, match="market by market"):
                broker.fetch_order(missing)
        if broker.capabilities.asked_by_market:
            broker.concerns(missing, SWAP)  # type: ignore[attr-defined]

        assert broker.fetch_order(missing) is None


def test_an_exit_closes_the_position(broker: Broker) -> None:
    broker.submit(an_order("in"))
    broker.submit(an_order("out", side=Side.SELL, exit_=True))

    assert not [one for one in broker.fetch_snapshot(START.date()).positions if one.instrument.is_margined]


def test_leverage_is_set_under_its_cap(broker: Broker) -> None:
    broker.set_leverage(SWAP, 3)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="cap of its class"):
        broker.set_leverage(SWAP, 50)  # type: ignore[attr-defined]


def test_stops_on_contracts_are_taken_only_where_they_are_found_again(broker: Broker) -> None:
    stop = replace(an_order("stop"), order_type=OrderType.STOP, stop_price=Decimal(50_000))
    if OrderType.STOP in broker.capabilities.order_types:
        pytest.skip(f"{broker.capabilities.broker}: stops share the ids of orders")
    with pytest.raises(Unsupported, match="stop"):
        broker.submit(stop)


def test_an_account_in_another_mode_than_its_settings_say_is_refused(
    venue: CoinVenue, world: CoinWorld, face: object, keys: tuple[str, str]
) -> None:
    hedged = {"position_mode": "hedge"}
    url = face.base_url  # type: ignore[attr-defined]
    with venue.broker(url, lambda: world.clock.now, *keys, options=hedged) as broker:
        if venue.name == "bybit":
            with venue.broker(url, lambda: world.clock.now, *keys) as plain:
                plain.submit(an_order("one"))  # the mode shows in positions alone
        with pytest.raises(ConfigError, match="one-way mode"):
            broker.fetch_identity()


def test_legs_of_hedge_mode_are_apart(venue: CoinVenue, world: CoinWorld, face: object, keys: tuple[str, str]) -> None:
    long, short = in_leg(SWAP, Leg.LONG), in_leg(SWAP, Leg.SHORT)
    switch = {
        "binance": lambda exchange: exchange.set_position_mode(True),
        "bybit": lambda exchange: exchange.set_position_mode(True, "BTC/USDT:USDT"),
        "okx": lambda exchange: exchange.set_position_mode(True),
    }
    url = face.base_url  # type: ignore[attr-defined]
    with venue.broker(url, lambda: world.clock.now, *keys, options={"position_mode": "hedge"}) as broker:
        desk = broker._desk  # type: ignore[attr-defined]
        with desk.line.calls("mode", Lane.ORDERS):
            switch[venue.name](desk.exchange)
        broker.submit(an_order("long", instrument=long))
        broker.submit(an_order("short", side=Side.SELL, instrument=short))

        snapshot = broker.fetch_snapshot(START.date())
        trades = broker.fetch_executions(BEFORE, AFTER).records

    held = {one.instrument: one.quantity for one in snapshot.positions if one.instrument.is_margined}
    assert held == {long: Decimal("0.05"), short: Decimal("-0.05")}
    assert {one.instrument: one.side for one in trades} == {long: Side.BUY, short: Side.SELL}
