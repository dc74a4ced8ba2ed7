"""A coin exchange to test in: bitcoin, ether and the venue's own coin, spot, linear and coin-margined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.costs import FREE, CostSchedule
from simulator.funding import Funding
from simulator.market import Listing, Market
from simulator.prices import PriceSource, constant
from simulator.profiles import AS_QUOTED, Profile
from simulator.terms import AccountTerms
from simulator.venue import SimulatedVenue
from tieout.ids import client_order_id
from tieout.instruments import Instrument, crypto, perpetual
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.sessions import Sessions

ALWAYS = Sessions("24/7")
BTC, ETH, BNB, ETH_BTC, USDC = (
    crypto("BTC", "USDT"),
    crypto("ETH", "USDT"),
    crypto("BNB", "USDT"),
    crypto("ETH", "BTC"),
    crypto("USDC", "USDT"),
)
LINEAR, INVERSE = perpetual("BTC", "USDT", "USDT"), perpetual("BTC", "USD", "BTC")
MONDAY = datetime(2026, 1, 12, 1, 0, tzinfo=UTC)
PRICES = {BTC: "60000", ETH: "3000", BNB: "600", ETH_BTC: "0.05", USDC: "1", LINEAR: "60000", INVERSE: "60000"}


def a_venue(
    sources: Mapping[Instrument, PriceSource] | None = None,
    *,
    funding: Funding | None = None,
    half_spread: str = "0",
    depth: str | None = None,
    daily_volume: str | None = None,
) -> SimulatedVenue:
    """Prices that stand still unless a source is given."""
    market = Market()
    for instrument, price in PRICES.items():
        market.add(
            Listing(
                instrument,
                (sources or {}).get(instrument) or constant(Decimal(price)),
                ALWAYS,
                tick=Decimal("0.0001"),
                half_spread=Decimal(half_spread),
                depth=None if depth is None else Decimal(depth),
                fractionable=True,
                daily_volume=None if daily_volume is None else Decimal(daily_volume),
            )
        )
    return SimulatedVenue(SimulatedClock(MONDAY), market, ALWAYS, funding=funding)


def an_account(
    venue: SimulatedVenue,
    cash: Mapping[str, str],
    *,
    costs: CostSchedule = FREE,
    hedge: bool = False,
    leverage: str = "10",
    maintenance: str | None = None,
    liquidation_fee: str = "0",
    profile: Profile = AS_QUOTED,
) -> SimulatedAccount:
    """An account with wallets; its base currency is USDT."""
    terms = AccountTerms(
        "C0001",
        "PKTEST",
        "test-secret",
        base_currency="USDT",
        costs=costs,
        leverage=Decimal(leverage),
        shorting=True,
        wallets=True,
        hedge=hedge,
        maintenance=None if maintenance is None else Decimal(maintenance),
        liquidation_fee=Decimal(liquidation_fee),
        profile=profile,
    )
    account = venue.open_account(terms)
    account.open_with({code: Decimal(amount) for code, amount in cash.items()})
    return account


def an_order(
    instrument: Instrument,
    quantity: str,
    *,
    key: str = "first",
    limit: str | None = None,
    until: TimeInForce = TimeInForce.GTC,
) -> Order:
    """A negative quantity sells."""
    units = Decimal(quantity)
    return Order(
        client_order_id(key),
        instrument,
        Side.BUY if units > 0 else Side.SELL,
        abs(units),
        OrderType.LIMIT if limit else OrderType.MARKET,
        until,
        Decimal(limit) if limit else None,
    )
