"""A small coin venue to test in: two pairs, a perpetual that pays in dollars and one that pays in coin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.coin_orders import CoinOrder
from simulator.costs import ChargedIn, CostSchedule
from simulator.funding import Funding
from simulator.market import Listing, Market
from simulator.prices import Tick, TickReplay
from simulator.terms import AccountTerms
from simulator.venue import SimulatedVenue
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument, crypto, perpetual
from tieout.orders import OrderType, Side, TimeInForce
from tieout.sessions import Sessions

ALWAYS = Sessions("24/7")
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=1)
BTC, ETH, BNB = crypto("BTC", "USDT"), crypto("ETH", "USDT"), crypto("BNB", "USDT")
SWAP = perpetual("BTC", "USDT", "USDT")
INVERSE = perpetual("BTC", "USD", "BTC")
KEY, SECRET = "PKTEST1", "test-secret"
COSTS = CostSchedule("binance", venue="binance", charged_in=ChargedIn.RECEIVED)


def prices(*each: str) -> TickReplay:
    """One price after the other, a minute each; the first stands since long ago."""
    first, *rest = each
    ticks = [Tick(START - timedelta(days=30), Decimal(first))]
    return TickReplay([*ticks, *(Tick(START + STEP * n, Decimal(one)) for n, one in enumerate(rest, start=1))])


class CoinWorld:
    """A venue, one account with money in it, and time."""

    def __init__(
        self,
        *btc: str,
        depth: str | None = None,
        fees: str = "binance",
        funding: Funding | None = None,
        **terms: object,
    ) -> None:
        self.clock = SimulatedClock(START)
        self.market = Market()
        path = btc or ("60000",)
        for instrument, each in ((BTC, path), (ETH, ("3000",)), (BNB, ("600",)), (SWAP, path), (INVERSE, path)):
            self._list(instrument, each, None if instrument is INVERSE else depth)
        self.venue = SimulatedVenue(self.clock, self.market, ALWAYS, funding=funding)
        terms.setdefault("costs", replace(COSTS, venue=fees))
        self.account = self.open(KEY, "7001", **terms)
        self.minutes = 0

    def open(self, key: str, number: str, **terms: object) -> SimulatedAccount:
        """A further account with 100,000 USDT and a bitcoin."""
        agreed = {"base_currency": "USDT", "costs": COSTS, "shorting": True, "leverage": Decimal(10), **terms}
        account = self.venue.open_account(AccountTerms(number, key, SECRET, wallets=True, **agreed))  # type: ignore[arg-type]
        account.open_with({"USDT": Decimal(100_000), "BTC": Decimal(1)})
        return account

    def tick(self) -> None:
        """Let the next price come."""
        self.minutes += 1
        self.venue.advance(START + STEP * self.minutes + timedelta(seconds=1))

    def _list(self, instrument: Instrument, each: tuple[str, ...], depth: str | None) -> None:
        found = Decimal(depth) if depth else None
        self.market.add(
            Listing(
                instrument,
                prices(*each),
                ALWAYS,
                tick=Decimal("0.01"),
                half_spread=Decimal("0.5"),
                depth=found,
                fractionable=True,
            )
        )


def coin_order(instrument: Instrument, key: str, price: str, quantity: str = "0.1") -> CoinOrder:
    """A limit order to buy."""
    return CoinOrder(
        ClientOrderId(key), instrument, Side.BUY, Decimal(quantity), OrderType.LIMIT, TimeInForce.GTC, Decimal(price)
    )
