"""What TWS says of instruments, hours and prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from brokers.base import Clock, Contract, Quote, VenueSession
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.ibkr.codes import BROKER
from brokers.ibkr.parse import market
from brokers.ibkr.parse.symbols import SMART, instrument_of, wanted
from brokers.ibkr.rows import contract_fields, text
from brokers.ibkr.sdk import ibi
from brokers.ibkr.session import Session
from tieout.errors import InvalidOrder, Malformed, NotTradable, Unsupported
from tieout.instruments import Instrument, equity

_CLOCK = equity("SPY")  # its hours are those of the exchange; TWS has no calendar of its own
_DELAYED = 3
_PRICES = ("bid", "ask", "last", "low", "high")


class Contracts:
    """Contracts as TWS knows them, asked for once a session: by instrument and by number."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_symbol: dict[str, Any] = {}
        self._by_number: dict[int, Instrument] = {}

    def details(self, instrument: Instrument) -> Any:
        """The library's details of the one contract that is meant.

        raises   NotTradable where TWS knows none, InvalidOrder where it knows several, Unsupported for the class
        """
        if instrument.symbol not in self._by_symbol:
            asked = wanted(instrument)
            contract = ibi.Contract(
                secType=asked.sec_type,
                symbol=asked.symbol,
                currency=asked.currency,
                exchange=asked.exchange,
                localSymbol=asked.local_symbol,
            )
            self._by_symbol[instrument.symbol] = self._only(contract, instrument.symbol)
        return self._by_symbol[instrument.symbol]

    def named(self, number: int) -> Instrument:
        """The instrument of a contract number. Raises as `details`, and Malformed for a class we do not know."""
        if number not in self._by_number:
            found = self._only(ibi.Contract(conId=number, exchange=SMART), f"contract {number}")
            self._by_number[number] = instrument_of(Row(contract_fields(found.contract), f"contract {number}"))
        return self._by_number[number]

    def _only(self, contract: Any, name: str) -> Any:
        found = self._session.ask("contract", lambda ib: ib.reqContractDetailsAsync(contract))
        if not found:
            raise NotTradable(BROKER, f"TWS knows no contract for {name}", code="200")
        if len(found) > 1:
            raise InvalidOrder(BROKER, f"TWS knows {len(found)} contracts for {name}: it must be named more closely")
        return found[0]


def fetch_contract(contracts: Contracts, instrument: Instrument) -> Contract:
    """What TWS says an instrument is; the multiplier is the contract's own."""
    details = contracts.details(instrument)
    row = Row(contract_fields(details.contract), f"contract of {instrument.symbol}")
    try:
        return Contract(
            instrument=instrument_of(row),
            tradable=True,
            lot=Row({"lot": text(details.sizeIncrement)}, row.where).number_or_none("lot"),
            tick=Row({"tick": text(details.minTick)}, row.where).number_or_none("tick"),
        )
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error


def fetch_quote(
    session: Session, contracts: Contracts, instrument: Instrument, now: Callable[[], datetime], *, delayed: bool
) -> Quote:
    """Best bid and ask, and the day's prices, as one snapshot.

    raises   Rejected where market data is not subscribed, Unavailable where another session of this login has it
    """
    contract = contracts.details(instrument).contract

    async def asked(ib: Any) -> Any:
        if delayed:
            ib.reqMarketDataType(_DELAYED)
        (ticker,) = await ib.reqTickersAsync(contract)
        found = {name: text(getattr(ticker, name)) for name in _PRICES}
        ib.wrapper.tickers.clear()  # the next snapshot must not inherit this one's prices
        return found

    found = session.ask("quote", asked)
    return market.quote(Row(found, f"quote of {instrument.symbol}"), instrument, now())


def fetch_clock(session: Session, contracts: Contracts) -> Clock:
    """TWS's own time, and the regular hours of the exchange around it."""
    now: datetime = session.ask("clock", lambda ib: ib.reqCurrentTimeAsync())
    sessions = _hours(contracts)
    return Clock(
        now=now,
        is_open=any(one.opens_at <= now < one.closes_at for one in sessions),
        next_open=next((one.opens_at for one in sessions if one.opens_at > now), None),
        next_close=next((one.closes_at for one in sessions if one.closes_at > now), None),
    )


def fetch_sessions(contracts: Contracts, start: date, end: date) -> tuple[VenueSession, ...]:
    """The sessions from `start` to `end`, both included.

    raises   Unsupported beyond the few weeks, from today on, of which TWS states hours
    """
    details = contracts.details(_CLOCK)
    known = market.days(details.liquidHours)
    if not known or start < known[0] or end > known[-1]:
        raise Unsupported(BROKER, f"states hours of {len(known)} days from today on, not of {start} to {end}")
    return tuple(one for one in _hours(contracts) if start <= one.business_date <= end)


def _hours(contracts: Contracts) -> tuple[VenueSession, ...]:
    details = contracts.details(_CLOCK)
    try:
        return market.sessions(details.liquidHours, details.timeZoneId)
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error
