"""What risk must know of an account before an order: from the broker now, and from our own records."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tasks.stores import Stores
from tieout.breakers import trading_state
from tieout.errors import BrokerError, NotFound, NotTradable, Unreadable
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.options.account import Reservation as Expected
from tieout.options.osi import OptionRight
from tieout.orders import Side
from tieout.risk.types import (
    Holding,
    InstrumentFacts,
    Market,
    Reservation,
    RiskContext,
    SessionState,
    VenueRules,
    is_usable,
)
from tieout.sessions import Sessions
from tieout.settings import AccountSettings
from tieout.snapshots import Balance, Completeness, Position, Snapshot

if TYPE_CHECKING:
    from brokers.base import Broker, Capabilities
    from sql.reservations import Reserved

# Extended hours of United States equities, New York: 04:00 to 20:00 (Alpaca's "extended hours trading").
PRE_MARKET, AFTER_HOURS = timedelta(hours=5, minutes=30), timedelta(hours=4)
NEW_YORK = ZoneInfo("America/New_York")


def read_context(broker: Broker, account: AccountSettings, day: date, sessions: Sessions, now: datetime) -> RiskContext:
    """The account as the broker has it now; nothing of our own records, nothing of any instrument.

    raises    Unreadable where the broker's answer is not complete: nothing is sized or sent from a part of an account
    """
    snapshot = _complete(broker.fetch_snapshot(day), account)
    balance = _base_balance(snapshot.balances, account)
    return RiskContext(
        account=account.account,
        limits=account.limits,
        venue=venue_rules(broker.capabilities),
        now=now,
        session=session_state(sessions, now),
        holdings={one.instrument.symbol: _holding(one) for one in snapshot.positions},
        rates=_rates(snapshot, account),
        cash=balance.cash if balance else None,
        settled_cash=balance.settled_cash if balance else None,
        buying_power=balance.buying_power if balance else None,
        equity=balance.equity if balance else None,
    )


EquityBefore = tuple[Decimal | None, Decimal | None]  # of the last close, and the highest ever


def read_equity_before(stores: Stores, account: AccountSettings, day: date) -> EquityBefore:
    """The account's equity at the last close before a session, and its highest; None where no close has been run."""
    from sql import nav

    name, currency = account.account.account_id, account.account.base_currency
    with stores.warehouse.read() as warehouse:
        return nav.read_equity_before(warehouse, name, day, currency)


def with_equity_before(context: RiskContext, before: EquityBefore) -> RiskContext:
    """With the equity of the last close and the highest ever; today's own where no close has been run yet."""
    last, peak = before
    highest = max((one for one in (peak, context.equity) if one is not None), default=None)
    return replace(context, day_start_equity=context.equity if last is None else last, peak_equity=highest)


def with_our_records(context: RiskContext, stores: Stores, day: date, but: Collection[str] = ()) -> RiskContext:
    """What our orders and expected assignments hold for themselves, how many went today, and which breakers are off.

    but    client order ids of orders that are judged only now
    """
    from sql.breakers import read_breakers
    from sql.options.forecasts import read_reservations
    from sql.reservations import read_order_counts, read_reserved

    name = context.account.account_id
    with stores.journal.read() as journal:
        breakers = tuple(read_breakers(journal, name))
        reserved = read_reserved(journal, name, context.now)
        counts = read_order_counts(journal, name, day)
        expected = read_reservations(journal, name)
    orders = (_reservation(one) for one in reserved if one.client_order_id not in but)
    return replace(
        context,
        reservations=(*orders, *(_kept_for(contract, one) for contract, one in expected)),
        trades_today=counts.trades_today,
        account_state=trading_state(breakers, name, None, context.now),
        breakers=breakers,
    )


def with_instruments(context: RiskContext, broker: Broker, instruments: Iterable[Instrument]) -> RiskContext:
    """With what the venue says of the instruments. What it does not say stays unknown, and is denied for that.

    What the context holds of them already, from this same reading of the account, is not asked for again.
    """
    wanted = tuple(instruments)
    name = context.account.account_id
    new = [one for one in wanted if one.symbol not in context.facts or one.symbol not in context.markets]
    facts = {one.symbol: fact for one in new if (fact := _facts(broker, one)) is not None}
    markets = {one.symbol: market for one in new if (market := _market(broker, one)) is not None}
    states = {one.symbol: trading_state(context.breakers, name, one, context.now) for one in wanted}
    return replace(
        context,
        facts={**context.facts, **facts},
        markets={**context.markets, **markets},
        instrument_states={**context.instrument_states, **states},
    )


def venue_rules(capabilities: Capabilities) -> VenueRules:
    """A venue's capability row as the rules want it."""
    return VenueRules(
        broker=capabilities.broker,
        asset_classes=capabilities.asset_classes,
        order_types=capabilities.order_types,
        times_in_force=capabilities.times_in_force,
        fractional=capabilities.fractional,
        extended_hours=bool(capabilities.extended_hours),
        multi_leg=capabilities.multi_leg,
    )


def session_state(sessions: Sessions, now: datetime) -> SessionState:
    """Where the market stands, by the account's calendar."""
    day = now.astimezone(sessions.zone).date()
    if not sessions.is_session(day):
        return SessionState.CLOSED
    opens, closes = sessions.opens_at(day), sessions.closes_at(day)
    if opens <= now < closes:
        return SessionState.OPEN
    if sessions.zone != NEW_YORK:
        return SessionState.CLOSED
    if opens - PRE_MARKET <= now < opens:
        return SessionState.PRE
    return SessionState.POST if closes <= now < closes + AFTER_HOURS else SessionState.CLOSED


def _reservation(one: Reserved) -> Reservation:
    """An order without a known price keeps no money here; the venue's own buying power is less by it once it works."""
    money = max(one.money or ZERO, ZERO)
    return Reservation(one.instrument, one.side, one.units, money, one.client_order_id, in_buying_power=one.reported)


def _kept_for(contract: Instrument, one: Expected) -> Reservation:
    """Cash for an expected assignment or exercise. A short's requirement is in the venue's buying power already."""
    side = Side.BUY if contract.option_right is OptionRight.PUT else Side.SELL
    return Reservation(contract, side, ZERO, one.amount, f"options:{one.symbol}", in_buying_power=one.contracts < 0)


def _complete(snapshot: Snapshot, account: AccountSettings) -> Snapshot:
    if snapshot.proof.completeness is Completeness.COMPLETE:
        return snapshot
    raise Unreadable(
        account.account.broker,
        f"the account could not be read whole ({snapshot.proof.completeness}): {'; '.join(snapshot.proof.notes)}",
    )


def _base_balance(balances: Iterable[Balance], account: AccountSettings) -> Balance | None:
    return next((one for one in balances if one.currency == account.account.base_currency), None)


def _rates(snapshot: Snapshot, account: AccountSettings) -> dict[str, Decimal]:
    """What currencies are worth: coins and money by the broker, and what it says nothing of as the owner states it."""
    base = account.account.base_currency
    held = ((one.instrument, one.market_price) for one in snapshot.positions)
    coins = {
        coin.underlying: price
        for coin, price in held
        if coin.asset_class is AssetClass.CRYPTO and coin.underlying and coin.currency == base and price
    }
    money = {one.currency: one.rate for one in snapshot.balances if one.rate is not None}
    by_the_broker = {code: rate for code, rate in {**money, **coins}.items() if rate > 0 and is_usable(rate)}
    return {**account.rates, **by_the_broker, base: Decimal(1)}


def _holding(position: Position) -> Holding:
    return Holding(position.instrument, position.quantity, position.market_value)


def _facts(broker: Broker, instrument: Instrument) -> InstrumentFacts | None:
    """None where the venue does not know it; the rule on unknown symbols then says so."""
    try:
        contract = broker.fetch_contract(instrument)
    except (NotFound, NotTradable):
        return None
    return InstrumentFacts(
        contract.instrument,
        tradable=contract.tradable,
        fractionable=contract.fractionable,
        shortable=contract.shortable,
        lot=contract.lot,
        tick=contract.tick,
        min_notional=contract.min_notional,
    )


def _market(broker: Broker, instrument: Instrument) -> Market | None:
    """None where there is no quote: the rules that need one deny."""
    try:
        quote = broker.fetch_quote(instrument)
    except BrokerError:
        return None
    return Market(quote.bid, quote.ask, quote.last, quote.day_low, quote.day_high, quote.quoted_at)
