"""A simulated coin venue in a process of its own: `python -m benchmarks.coin_venue NAME`, until its stdin is closed.

One account with twenty coins, ten perpetuals, twelve working orders and the fills that it came from. Prints one line of
JSON: where it listens, and the moment its clock stands at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.account import SimulatedAccount
    from simulator.protocols.coins.face import CoinFace
    from simulator.venue import SimulatedVenue
    from tieout.instruments import Instrument

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY, SECRET = "PKTEST1", "test-secret"
COINS, CONTRACTS, WORKING, FILLS = 20, 10, 3, 5  # the last two in each of the first markets of either kind
TRADED = 2
_PRICE = Decimal(100)


def coin(number: int) -> str:
    """`QZA`, `QZB`, …"""
    return f"QZ{chr(65 + number)}"


def traded() -> tuple[str, ...]:
    """Markets in which there are orders and fills, by ccxt's symbols."""
    names = [coin(n) for n in range(TRADED)]
    return (*(f"{one}/USDT" for one in names), *(f"{one}/USDT:USDT" for one in names))


@contextmanager
def running_venue(name: str) -> Iterator[str]:
    """Where a venue process listens."""
    command = [sys.executable, "-m", "benchmarks.coin_venue", name]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as venue:
        assert venue.stdin is not None
        assert venue.stdout is not None
        try:
            yield str(json.loads(venue.stdout.readline())["url"])
        finally:
            venue.stdin.close()


def opened() -> SimulatedVenue:
    """The venue with its one account, which has traded."""
    from simulator.clock import SimulatedClock
    from simulator.costs import ChargedIn, CostSchedule
    from simulator.market import Listing, Market
    from simulator.prices import Tick, TickReplay
    from simulator.terms import AccountTerms
    from simulator.venue import SimulatedVenue
    from tieout.instruments import crypto, perpetual
    from tieout.sessions import Sessions

    always, market = Sessions("24/7"), Market()
    pairs = [crypto(coin(n), "USDT") for n in range(COINS)]
    swaps = [perpetual(coin(n), "USDT", "USDT") for n in range(CONTRACTS)]
    for one in (*pairs, *swaps):
        prices = TickReplay([Tick(NOW - timedelta(days=30), _PRICE)])
        market.add(Listing(one, prices, always, tick=Decimal("0.01"), half_spread=Decimal("0.01"), fractionable=True))
    venue = SimulatedVenue(SimulatedClock(NOW - timedelta(hours=1)), market, always)
    costs = CostSchedule("binance", venue="binance", charged_in=ChargedIn.QUOTE)
    terms = AccountTerms(
        "7001", KEY, SECRET, base_currency="USDT", costs=costs, shorting=True, leverage=Decimal(10), wallets=True
    )
    account = venue.open_account(terms)
    account.open_with({"USDT": Decimal(1_000_000)} | {coin(n): Decimal(10 + n) for n in range(COINS)})
    _trade(account, [*pairs[:TRADED], *swaps[:TRADED]], FILLS, WORKING)
    _trade(account, swaps[TRADED:], 1, 0)
    venue.advance(NOW)
    return venue


def _trade(account: SimulatedAccount, instruments: list[Instrument], fills: int, working: int) -> None:
    from simulator.coin_orders import CoinOrder
    from tieout.ids import ClientOrderId, derived_text
    from tieout.orders import OrderType, Side, TimeInForce

    for instrument in instruments:
        for number in range(fills + working):
            key = ClientOrderId(str(derived_text("bench", instrument.symbol, number)))
            price = _PRICE + 1 if number < fills else _PRICE - 10 - number
            account.submit(CoinOrder(key, instrument, Side.BUY, Decimal(1), OrderType.LIMIT, TimeInForce.GTC, price))


def face_of(name: str, venue: SimulatedVenue) -> CoinFace:
    """The venue's own language; its limits are for those who ask too often, which is not what is measured."""
    from simulator.protocols.binance.face import BinanceFace
    from simulator.protocols.bybit.face import BybitFace
    from simulator.protocols.limits import RequestLimit

    face: CoinFace = {"binance": BinanceFace, "bybit": BybitFace}[name](venue)
    for limit in vars(face).values():
        if isinstance(limit, RequestLimit):
            limit.per_minute = 1_000_000
    return face


def main(name: str) -> None:
    """Serve until nobody listens any more."""
    venue = opened()
    with face_of(name, venue) as face:
        print(json.dumps({"url": face.base_url, "now": venue.clock.now.isoformat()}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
