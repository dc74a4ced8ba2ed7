"""A small simulated world that every adapter is asked about: fixed prices, two accounts, one week of March."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.market import Listing, Market
from simulator.policy import AT_THE_CLOSE, OptionPolicy
from simulator.prices import PriceSource, constant
from simulator.terms import AccountTerms
from simulator.venue import SimulatedVenue
from tieout.accounts import Mode
from tieout.ids import client_order_id
from tieout.instruments import Instrument, crypto, equity, option
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.sessions import Sessions

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MONDAY_CLOSE = datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
KO, BAC, BTC = equity("KO"), equity("BAC"), crypto("BTC")
KO_CALL = option("KO260320C00060000")
KO_PUT = option("KO260306P00050000")  # expires on the Friday of this week, out of the money
PRICES = {KO: Decimal("60.25"), BAC: Decimal("41.5"), BTC: Decimal("65000.5")}

TERMS = AccountTerms(
    account_number="PA0000000001",
    key_id="PKTEST",
    secret="test-secret-of-the-first",  # pragma: allowlist secret
    mode=Mode.PAPER,
    leverage=Decimal(4),
    shorting=True,
)


@dataclass(frozen=True, slots=True)
class World:
    """One venue and the account under test."""

    venue: SimulatedVenue
    account: SimulatedAccount

    @property
    def clock(self) -> SimulatedClock:
        return self.venue.clock


def a_world(
    ko: PriceSource | None = None,
    visibility: timedelta = timedelta(0),
    depth: Decimal | None = None,
    policy: OptionPolicy = AT_THE_CLOSE,
) -> World:
    """Long, short, a fraction, a short option and a coin; 100,000 USD in cash.

    ko            prices of KO instead of one that stands still
    visibility    how long an accepted order is missing from look-ups and lists
    depth         units that one order finds at one tick; None means as many as it likes
    policy        what the broker does with options, and when it shows it
    """
    nyse, always = Sessions("XNYS"), Sessions("24/7")
    market = Market()
    for instrument, price in PRICES.items():
        sessions = always if instrument == BTC else nyse
        source = (ko if instrument == KO else None) or constant(price)
        market.add(Listing(instrument, source, sessions, depth=depth, fractionable=True))
    venue = SimulatedVenue(SimulatedClock(MONDAY), market, nyse, policy=policy)
    account = venue.open_account(replace(TERMS, visibility=visibility))
    account.open_with(
        {"USD": Decimal(100_000)},
        [
            (KO, Decimal("10.557436865"), Decimal("58.1")),
            (BAC, Decimal(-100), Decimal("40")),
            (BTC, Decimal("0.25"), Decimal("60000")),
            (KO_PUT, Decimal(-1), Decimal("1.2")),
        ],
    )
    return World(venue, account)


def an_order(
    key: str = "first",
    *,
    instrument: Instrument = KO,
    side: Side = Side.BUY,
    quantity: str = "3",
    limit: str | None = None,
    until: TimeInForce = TimeInForce.DAY,
) -> Order:
    """A day order: at the market, or resting far from it with a limit."""
    return Order(
        client_order_id(key),
        instrument,
        side,
        Decimal(quantity),
        OrderType.LIMIT if limit else OrderType.MARKET,
        until,
        Decimal(limit) if limit else None,
    )
