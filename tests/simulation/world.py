"""Small worlds to test in: prices that stand still, or that go where a test sends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.costs import FREE, CostSchedule
from simulator.market import Listing, Market
from simulator.policy import AT_THE_CLOSE, OptionPolicy
from simulator.prices import PriceSource, Tick, TickReplay, constant
from simulator.terms import AccountTerms, CashBasis
from simulator.venue import SimulatedVenue
from tieout.ids import client_order_id
from tieout.instruments import Instrument, crypto, equity, future, option
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.sessions import Sessions

NYSE, ALWAYS = Sessions("XNYS"), Sessions("24/7")
KO, BTC = equity("KO"), crypto("BTC")
ES = future("ES", datetime(2026, 3, 20, tzinfo=UTC).date(), Decimal(50))
PUT, CALL = option("KO260116P00060000"), option("KO260116C00060000")

WEDNESDAY = datetime(2026, 1, 14, 15, 0, tzinfo=UTC)  # 10:00 in New York, half an hour after the open
WEDNESDAY_OPEN = datetime(2026, 1, 14, 14, 30, tzinfo=UTC)
WEDNESDAY_CLOSE = datetime(2026, 1, 14, 21, 0, tzinfo=UTC)
THURSDAY_CLOSE = datetime(2026, 1, 15, 21, 0, tzinfo=UTC)
FRIDAY_CLOSE = datetime(2026, 1, 16, 21, 0, tzinfo=UTC)
TUESDAY_CLOSE = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)  # Monday the 19th is a holiday

LONG_AGO = datetime(2025, 12, 1, tzinfo=UTC)


def steps(*moves: tuple[datetime, str]) -> TickReplay:
    """A price that stands until the next move."""
    return TickReplay(Tick(moment, Decimal(price)) for moment, price in moves)


def a_venue(
    at: datetime = WEDNESDAY,
    ko: PriceSource | None = None,
    *,
    depth: Decimal | None = None,
    half_spread: str = "0.05",
    extra: Sequence[Listing] = (),
    report_after: timedelta = timedelta(0),
    policy: OptionPolicy = AT_THE_CLOSE,
    seed: int = 0,
) -> SimulatedVenue:
    """KO at 62, a bitcoin at 90,000 and a future at 7,000, unless told otherwise."""
    market = Market()
    spread = Decimal(half_spread)
    market.add(Listing(KO, ko or constant(Decimal(62)), NYSE, half_spread=spread, depth=depth, fractionable=True))
    market.add(Listing(BTC, constant(Decimal(90_000)), ALWAYS, half_spread=Decimal(10), fractionable=True))
    for listing in extra:
        market.add(listing)
    return SimulatedVenue(SimulatedClock(at), market, NYSE, report_after=report_after, policy=policy, seed=seed)


def an_account(
    venue: SimulatedVenue,
    *,
    cash: str = "10000",
    held: Sequence[tuple[Instrument, str, str]] = (),
    costs: CostSchedule = FREE,
    basis: CashBasis = CashBasis.TRADE,
    leverage: str = "1",
    shorting: bool = False,
    visibility: timedelta = timedelta(0),
    credit: str = "0",
    number: int = 1,
) -> SimulatedAccount:
    """An account with cash and (instrument, units, price paid)."""
    terms = AccountTerms(
        f"PA{number:010d}",
        f"PKTEST{number}",
        "test-secret",
        cash_basis=basis,
        costs=costs,
        leverage=Decimal(leverage),
        shorting=shorting,
        visibility=visibility,
        credit=Decimal(credit),
    )
    account = venue.open_account(terms)
    account.open_with({"USD": Decimal(cash)}, [(i, Decimal(q), Decimal(p)) for i, q, p in held])
    return account


def an_order(
    key: str = "first",
    *,
    instrument: Instrument = KO,
    side: Side = Side.BUY,
    quantity: str = "10",
    limit: str | None = None,
    stop: str | None = None,
    until: TimeInForce = TimeInForce.DAY,
) -> Order:
    """An order whose type follows from the prices it names."""
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    return Order(
        client_order_id(key),
        instrument,
        side,
        Decimal(quantity),
        kinds[limit is not None, stop is not None],
        until,
        Decimal(limit) if limit else None,
        Decimal(stop) if stop else None,
    )
