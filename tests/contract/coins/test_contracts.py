"""Perpetuals through the venues that have a face for them: legs, units, contract size, funding, leverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from simulator.protocols.http_face import HttpFace
from tests.contract.coins.venues import CONTRACTS, CoinVenue
from tests.unit.simulator.protocols.coins.world import START, CoinWorld
from tieout.errors import ConfigError, Unavailable, Unsupported
from tieout.hedge import Leg, in_leg
from tieout.ids import client_order_id
from tieout.instruments import Instrument
from tieout.lanes import Lane
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.records import ActivityKind
from tieout.snapshots import Completeness

BEFORE, AFTER = START - timedelta(hours=1), START + timedelta(hours=1)


@pytest.fixture(params=CONTRACTS, ids=str)
def venue(request: pytest.FixtureRequest) -> CoinVenue:
    found: CoinVenue = request.param
    return found


def an_order(
    venue: CoinVenue, key: str, *, side: Side = Side.BUY, instrument: Instrument | None = None, exit_: bool = False
) -> Order:
    return Order(
        client_order_id(key),
        instrument or venue.contract,
        side,
        venue.size,
        OrderType.MARKET,
        TimeInForce.IOC,
        is_exit=exit_,
    )


def test_a_position_is_counted_in_units_with_its_sign(broker: Broker, venue: CoinVenue, world: CoinWorld) -> None:
    broker.submit(an_order(venue, "short", side=Side.SELL))

    snapshot = broker.fetch_snapshot(START.date())

    (held,) = [one for one in snapshot.positions if one.instrument.is_margined]
    assert (held.instrument, held.quantity, held.side) == (venue.contract, -venue.size, "short")
    assert held.avg_entry_price == world.account.executions[0].price
    assert snapshot.proof.completeness is Completeness.COMPLETE


def test_an_order_is_found_and_its_trade_told_in_units(broker: Broker, venue: CoinVenue, world: CoinWorld) -> None:
    order = an_order(venue, "one")
    broker.submit(order)

    found = broker.fetch_order(order.client_order_id)
    (trade,) = broker.fetch_executions(BEFORE, AFTER).records

    assert found is not None
    assert (found.state, found.instrument, found.filled_quantity) == (OrderState.FILLED, venue.contract, venue.size)
    truth = world.account.executions[0]
    assert (trade.instrument, trade.quantity, trade.price) == (venue.contract, truth.quantity, truth.price)
    assert trade.fee == (0 if "fees in fills" in venue.lacks else truth.fee)
    if "fees in fills" in venue.lacks:
        told = broker.fetch_activities(BEFORE, AFTER).records
        assert [(one.kind, one.amount) for one in told] == [(ActivityKind.FEE, -truth.fee)]


def test_an_order_is_absent_once_its_own_market_says_so_and_not_before_anybody_named_it(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    """An account of coins and contracts whose settings name no markets."""
    products = {"okx": "spot,swap", "binance": "spot,linear,inverse", "bybit": "spot,linear,inverse"}
    both = replace(venue, options={"products": products[venue.name]} if venue.name in products else {})
    missing = client_order_id("missing")
    with both.broker(face.base_url, lambda: world.clock.now, *keys) as broker:
        if venue.name == "binance":  # the one that lists orders, too, market by market
            with pytest.raises(Unavailable, match="market by market"):
                broker.fetch_order(missing)
        if broker.capabilities.asked_by_market:
            broker.concerns(missing, venue.contract)  # type: ignore[attr-defined]

        assert broker.fetch_order(missing) is None


def test_an_exit_closes_the_position(broker: Broker, venue: CoinVenue) -> None:
    broker.submit(an_order(venue, "in"))
    broker.submit(an_order(venue, "out", side=Side.SELL, exit_=True))

    assert not [one for one in broker.fetch_snapshot(START.date()).positions if one.instrument.is_margined]


def test_leverage_is_set_under_its_cap(broker: Broker, venue: CoinVenue) -> None:
    broker.set_leverage(venue.contract, 3)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="cap of its class"):
        broker.set_leverage(venue.contract, 50)  # type: ignore[attr-defined]


def test_stops_on_contracts_are_taken_only_where_they_are_found_again(broker: Broker, venue: CoinVenue) -> None:
    stop = replace(an_order(venue, "stop"), order_type=OrderType.STOP, stop_price=Decimal(50_000))
    if OrderType.STOP in broker.capabilities.order_types:
        pytest.skip(f"{broker.capabilities.broker}: stops share the ids of orders")
    with pytest.raises(Unsupported, match="stop"):
        broker.submit(stop)


def test_an_account_in_another_mode_than_its_settings_say_is_refused(
    venue: CoinVenue, world: CoinWorld, face: object, keys: tuple[str, str]
) -> None:
    if "position mode" in venue.lacks:
        pytest.skip(f"{venue}: positions have no mode there")
    hedged = {"position_mode": "hedge"}
    url = face.base_url  # type: ignore[attr-defined]
    with venue.broker(url, lambda: world.clock.now, *keys, options=hedged) as broker:
        if venue.name == "bybit":
            with venue.broker(url, lambda: world.clock.now, *keys) as plain:
                plain.submit(an_order(venue, "one"))  # the mode shows in positions alone
        with pytest.raises(ConfigError, match="one-way mode"):
            broker.fetch_identity()


def test_legs_of_hedge_mode_are_apart(venue: CoinVenue, world: CoinWorld, face: object, keys: tuple[str, str]) -> None:
    if "hedge mode" in venue.lacks:
        pytest.skip(f"{venue}: has no legs there")
    long, short = in_leg(venue.contract, Leg.LONG), in_leg(venue.contract, Leg.SHORT)
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
        broker.submit(an_order(venue, "long", instrument=long))
        broker.submit(an_order(venue, "short", side=Side.SELL, instrument=short))

        snapshot = broker.fetch_snapshot(START.date())
        trades = broker.fetch_executions(BEFORE, AFTER).records

    held = {one.instrument: one.quantity for one in snapshot.positions if one.instrument.is_margined}
    assert held == {long: venue.size, short: -venue.size}
    assert {one.instrument: one.side for one in trades} == {long: Side.BUY, short: Side.SELL}
