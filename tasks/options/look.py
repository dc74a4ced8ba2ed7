"""Looking: what an account holds in options, what their underlyings cost, and what each contract delivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tasks.log import run_logger
from tieout.errors import BrokerError, DataError, Unreadable
from tieout.instruments import AssetClass, Instrument, equity
from tieout.money import ZERO
from tieout.options.account import AccountForecast, Standing, account_forecast
from tieout.options.closes import Spot, official_close, traded
from tieout.options.forecast import OpenOption, Outlook, PositionForecast, forecast, horizon
from tieout.options.products import product_of
from tieout.options.settings import OptionSettings
from tieout.sessions import Sessions
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness, Position, Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from brokers.base import Broker, Contract, Quote


@dataclass(frozen=True, slots=True)
class Seen:
    """An account's forecast with what it was made from; pickled between tasks."""

    found: AccountForecast
    spots: dict[str, Spot]


def whole_snapshot(broker: Broker, account: AccountSettings, day: date) -> Snapshot:
    """The account as the broker has it.

    raises    Unreadable where the answer is not complete: an empty list of options would look like none
    """
    snapshot = broker.fetch_snapshot(day)
    if snapshot.proof.completeness is Completeness.COMPLETE:
        return snapshot
    notes = "; ".join(snapshot.proof.notes)
    raise Unreadable(account.account.broker, f"the account could not be read whole: {notes}")


def look(
    broker: Broker,
    account: AccountSettings,
    settings: OptionSettings,
    sessions: Sessions,
    day: date,
    now: datetime,
    days: int,
    closes: Mapping[str, Decimal],
    instructed: Mapping[str, bool] | None = None,
) -> Seen:
    """The forecast of every option that expires within some sessions, or may be called for a dividend before.

    closes      prices of the day by our own records, symbol -> currency per unit
    instructed  what the broker was told and has taken: symbol -> to exercise it, or not to
    raises    Unreadable where the account cannot be read whole
    """
    snapshot = whole_snapshot(broker, account, day)
    held = [one for one in snapshot.positions if one.instrument.asset_class is AssetClass.OPTION and one.quantity]
    spots = _spots(broker, held, sessions, now, closes)
    outlook = Outlook(account.account.broker, sessions, now, spots, settings.dividends, settings.bands)
    told = instructed or {}
    found = [_forecast(broker, one, outlook, told.get(one.instrument.symbol)) for one in held]
    due = [one for one in found if _is_due(one, day, sessions, days)]
    return Seen(account_forecast(_standing(snapshot, account), due, spots), spots)


def stated_deliverables(broker: Broker, contract: Instrument) -> tuple[tuple[str, ...], str | None]:
    """What the venue says one contract delivers, and why that cannot be relied on where it cannot."""
    found = _contract(broker, contract)
    if found is None:
        return (), None
    if found.instrument.multiplier != contract.multiplier:
        return (), f"its multiplier is {contract.multiplier} in the list and {found.instrument.multiplier} in its terms"
    return found.deliverables, None


def _forecast(broker: Broker, position: Position, outlook: Outlook, told: bool | None) -> PositionForecast:
    from dataclasses import replace

    stated, wrong = stated_deliverables(broker, position.instrument)
    option = OpenOption(position.instrument, position.quantity, stated, position.market_price, told)
    found = forecast(option, outlook)
    if wrong is None:
        return found
    from tieout.options.likelihood import Likelihood

    return replace(found, refused=wrong, likelihood=Likelihood.UNKNOWN, legs=())


def _is_due(one: PositionForecast, day: date, sessions: Sessions, days: int) -> bool:
    return horizon(one.contract, day, sessions) <= days or (one.dividend is not None and one.dividend.likely)


def _contract(broker: Broker, contract: Instrument) -> Contract | None:
    try:
        return broker.fetch_contract(contract)
    except BrokerError as error:
        run_logger().warning("the terms of %s could not be read: %s", contract.symbol, error)
        return None


def _spots(
    broker: Broker, held: Iterable[Position], sessions: Sessions, now: datetime, closes: Mapping[str, Decimal]
) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for symbol in sorted({product_of(one.instrument).underlying for one in held}):
        quote = _quote(broker, equity(symbol))
        spot = _spot(symbol, quote, sessions, now, closes)
        if spot is not None:
            found[symbol] = spot
    return found


def _quote(broker: Broker, instrument: Instrument) -> Quote | None:
    try:
        return broker.fetch_quote(instrument)
    except BrokerError as error:
        run_logger().warning("no price of %s: %s", instrument.symbol, error)
        return None


def _spot(
    symbol: str, quote: Quote | None, sessions: Sessions, now: datetime, closes: Mapping[str, Decimal]
) -> Spot | None:
    """After the close the last trade of the session is its close, beside the one of our own records."""
    last = None if quote is None else quote.last or _middle(quote)
    day = now.astimezone(sessions.zone).date()
    if sessions.is_session(day) and now >= sessions.closes_at(day):
        stated = {"last trade": None if quote is None else quote.last, "our close": closes.get(symbol)}
        try:
            found = official_close(stated)
        except DataError as error:
            run_logger().error("the close of %s is not usable: %s", symbol, error)
            found = None
        if found is not None:
            return found
    return None if last is None else traded(last, "quote")


def _middle(quote: Quote) -> Decimal | None:
    return (quote.bid + quote.ask) / 2 if quote.bid and quote.ask else None


def _standing(snapshot: Snapshot, account: AccountSettings) -> Standing:
    currency = account.account.base_currency
    balance = next((one for one in snapshot.balances if one.currency == currency), None)
    shares = {
        one.instrument.symbol: one.quantity
        for one in snapshot.positions
        if one.instrument.asset_class in {AssetClass.EQUITY, AssetClass.FUND}
    }
    return Standing(
        account.account.account_id,
        currency,
        shares,
        balance.cash if balance else None,
        balance.buying_power if balance else None,
        account.limits.max_leverage > 1,
    )


def shares_of(found: AccountForecast, symbol: str) -> Decimal:
    """Units of a security that the account holds."""
    return found.standing.shares.get(symbol, ZERO)
