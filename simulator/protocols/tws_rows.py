"""What a simulated account holds and earned, as TWS frames. Source: the decoders of the vendor's client libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from simulator.account import SimulatedAccount
from simulator.market import Listing
from simulator.protocols.tws_wire import NEW_YORK, Frame, con_id, contract11, figure, ib_symbol, local_symbol
from tieout.accounts import Mode
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO, plain
from tieout.options.osi import OptionRight
from tieout.sessions import Sessions
from tieout.snapshots import Balance, Position

HORIZON_DAYS = 35  # how far ahead trading hours are stated
_BASE = "BASE"


def wire_account(account: SimulatedAccount) -> str:
    """The account's number as this venue would have it: DU… for paper, U… for live, with the same digits."""
    digits = "".join(one for one in account.account_number if one.isdigit())
    return f"{'DU' if account.mode is Mode.PAPER else 'U'}{digits}"


def position_frame(number: str, position: Position) -> Frame:
    """61: the average cost counts the multiplier in."""
    instrument = position.instrument
    average = (position.avg_entry_price or ZERO) * instrument.multiplier
    return ["61", "3", number, *contract11(instrument), plain(position.quantity), plain(average)]


def portfolio_frame(number: str, position: Position) -> Frame:
    """7: with prices. The exchange's place holds the primary exchange."""
    average = (position.avg_entry_price or ZERO) * position.instrument.multiplier
    figures = (position.quantity, position.market_price or ZERO, position.market_value or ZERO, average)
    gains = (position.unrealized_pnl or ZERO, ZERO)
    return ["7", "8", *contract11(position.instrument), *map(plain, figures), *map(plain, gains), number]


def account_values(balances: Sequence[Balance], base: str) -> Iterator[tuple[str, str, str]]:
    """(tag, value, currency): figures of the account in its base currency, then the ledger by currency."""
    head = next(one for one in balances if one.currency == base)
    yield "AccountType", "INDIVIDUAL", ""
    yield "NetLiquidation", figure(head.equity), base
    yield "TotalCashValue", figure(head.cash), base
    yield "SettledCash", figure(head.cash if head.settled_cash is None else head.settled_cash), base
    yield "BuyingPower", figure(head.buying_power), base
    for one in balances:
        yield "CashBalance", figure(one.cash), one.currency
        yield "TotalCashBalance", figure(one.cash), one.currency
        yield "RealCurrency", one.currency, one.currency
    yield "CashBalance", figure(head.cash), _BASE
    yield "RealCurrency", _BASE, _BASE


def details_frame(request: str, listing: Listing, now: datetime) -> Frame:
    """10: one contract with its trading hours."""
    one = listing.instrument
    hours = trading_hours(listing.sessions, now)
    right = {OptionRight.CALL: "C", OptionRight.PUT: "P"}[one.option_right] if one.option_right else ""
    expiry = f"{one.expiration:%Y%m%d}-16:00-US/Eastern" if one.expiration else ""
    kind = contract11(one)[2]
    exchanges = "SMART,AMEX,NYSE,CBOE,ISLAND" if kind in ("STK", "OPT") else "PAXOS"
    return [
        *("10", request, ib_symbol(one), kind, expiry, plain(one.strike or ZERO), right),
        *("SMART" if kind in ("STK", "OPT") else "PAXOS", one.currency, local_symbol(one), ib_symbol(one)),
        *(contract11(one)[10], str(con_id(one)), plain(listing.tick)),
        *(plain(one.multiplier) if one.multiplier != 1 else "", "LMT,MKT,STP,TRAIL", exchanges, "1"),
        *(_under_id(one), ib_symbol(one), "NASDAQ", f"{one.expiration:%Y%m}" if one.expiration else ""),
        *("", "", "", "US/Eastern", hours, hours, "", "", "0", "1"),
        *(ib_symbol(one), "STK" if one.asset_class is AssetClass.OPTION else "", "26"),
        *(f"{one.expiration:%Y%m%d}" if one.expiration else "", "COMMON"),
        *(("0.0001" if listing.fractionable else "1",) * 2), "1" if kind != "CRYPTO" else "0.0001",
    ]  # fmt: skip


def trading_hours(sessions: Sessions, now: datetime) -> str:
    """`yyyymmdd:hhmm-yyyymmdd:hhmm` for each day from today on, `CLOSED` where there is no session."""
    today = now.astimezone(NEW_YORK).date()
    return ";".join(_hours(sessions, today + timedelta(days=number)) for number in range(HORIZON_DAYS))


def _hours(sessions: Sessions, day: date) -> str:
    if not sessions.is_session(day):
        return f"{day:%Y%m%d}:CLOSED"
    opens, closes = (one.astimezone(NEW_YORK) for one in (sessions.opens_at(day), sessions.closes_at(day)))
    return f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}"


def _under_id(instrument: Instrument) -> str:
    if instrument.asset_class is not AssetClass.OPTION or instrument.underlying is None:
        return "0"
    return str(con_id(Instrument(AssetClass.EQUITY, instrument.underlying, instrument.currency)))
