"""An account with 100,000 USD of which every fact is known, and orders that pass all rules there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.accounts import Account, Mode
from tieout.ids import AccountId, ClientOrderId
from tieout.instruments import AssetClass, Instrument, crypto, equity, option
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.risk.assess import assess
from tieout.risk.limits import Limits
from tieout.risk.types import (
    Holding,
    InstrumentFacts,
    Market,
    Reservation,
    RiskContext,
    SessionState,
    VenueRules,
)

ACCOUNT = Account(AccountId("one"), "alpaca", Mode.PAPER, "USD", "XNYS")
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
AAPL, MSFT, BTC = equity("AAPL"), equity("MSFT"), crypto("BTC")
PUT = option("AAPL270115P00100000")
LOWER_PUT = option("AAPL270115P00090000")
CALL = option("AAPL270115C00100000")
HIGHER_CALL = option("AAPL270115C00110000")
D = Decimal

VENUE = VenueRules(
    "alpaca",
    frozenset({AssetClass.EQUITY, AssetClass.OPTION, AssetClass.CRYPTO}),
    frozenset(OrderType),
    frozenset(TimeInForce),
    fractional=frozenset({AssetClass.EQUITY, AssetClass.CRYPTO}),
    extended_hours=True,
    multi_leg=True,
)


def facts(instrument: Instrument, **changed: Any) -> InstrumentFacts:
    whole = instrument.asset_class is AssetClass.OPTION
    tick = D("0.01")
    usual = InstrumentFacts(instrument, tradable=True, fractionable=not whole, shortable=True, tick=tick, sector="tech")
    return replace(usual, **changed)


def market(price: str, **changed: Any) -> Market:
    at = D(price)
    usual = Market(bid=at, ask=at, last=at, day_low=at * D("0.99"), day_high=at * D("1.01"), seen_at=NOW)
    return replace(usual, **changed)


def holding(instrument: Instrument, quantity: str, value: str | None, **changed: Any) -> Holding:
    worth = None if value is None else D(value)
    return replace(Holding(instrument, D(quantity), worth, sector="tech"), **changed)


def held(*holdings: Holding) -> dict[str, Holding]:
    return {one.instrument.symbol: one for one in holdings}


def context(*, limits: dict[str, Any] | None = None, **changed: Any) -> RiskContext:
    """Everything known, nothing held; shares and options at 100 and 5, a coin at 100."""
    bounds: dict[str, Any] = {"halt_on_drawdown": True} | (limits or {})
    options = (PUT, LOWER_PUT, CALL, HIGHER_CALL)
    usual = RiskContext(
        ACCOUNT,
        Limits(**bounds),
        VENUE,
        NOW,
        SessionState.OPEN,
        facts={one.symbol: facts(one) for one in (AAPL, MSFT, BTC, *options)},
        markets={one.symbol: market("100") for one in (AAPL, MSFT, BTC)} | {one.symbol: market("5") for one in options},
        cash=D(100_000),
        settled_cash=D(100_000),
        buying_power=D(100_000),
        equity=D(100_000),
        day_start_equity=D(100_000),
        peak_equity=D(100_000),
        margin_excess=D(100_000),
        trades_today=0,
        day_trades=0,
        convexity_score=D(1),
    )
    return replace(usual, **changed)


def order(side: Side = Side.BUY, quantity: str = "10", instrument: Instrument = AAPL, **changed: Any) -> Order:
    given: dict[str, Any] = {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.DAY} | changed
    return Order(ClientOrderId("c" * 32), instrument, side, D(quantity), **given)


def limit(side: Side, price: str, quantity: str = "10", instrument: Instrument = AAPL, **changed: Any) -> Order:
    return order(side, quantity, instrument, order_type=OrderType.LIMIT, limit_price=D(price), **changed)


def kept(side: Side, quantity: str, money: str, instrument: Instrument = AAPL, **changed: Any) -> Reservation:
    return replace(Reservation(instrument, side, D(quantity), D(money), "other", sector="tech"), **changed)


def codes(an_order: Order, where: RiskContext) -> list[str]:
    return [denial.code.value for denial in assess(an_order, where)]
