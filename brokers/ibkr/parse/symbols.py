"""Contracts and instruments, in both directions.

| secType | ours   | named by                                                        |
| ------- | ------ | --------------------------------------------------------------- |
| STK     | equity | symbol, a blank where a share class begins (`BRK B`)            |
| FUND    | fund   | symbol                                                          |
| OPT     | option | localSymbol: the padded OSI symbol; the multiplier is its own   |
| FUT     | future | symbol and last trading day                                     |
| CRYPTO  | crypto | symbol and currency                                             |
| CASH    | forex  | symbol and currency                                             |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from brokers.http.fields import Row
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from brokers.ibkr.codes import BROKER
from tieout.errors import Malformed, Unsupported
from tieout.instruments import AssetClass, Instrument, crypto, equity, forex, fund, future, option
from tieout.options.osi import is_osi

BAG = "BAG"
OPTION = "OPT"
SMART = "SMART"
_SEC_TYPES = {
    AssetClass.EQUITY: "STK",
    AssetClass.FUND: "FUND",
    AssetClass.OPTION: OPTION,
    AssetClass.CRYPTO: "CRYPTO",
    AssetClass.FOREX: "CASH",
}
_EXCHANGES = {AssetClass.CRYPTO: "PAXOS", AssetClass.FOREX: "IDEALPRO"}


@dataclass(frozen=True, slots=True)
class ContractWanted:
    """What names one contract in a question to TWS."""

    sec_type: str
    symbol: str
    currency: str
    exchange: str
    local_symbol: str = ""


def instrument_of(row: Row) -> Instrument:
    """The instrument of a contract's fields.

    raises   UnknownAssetClass for a class this adapter was not written for, Unmapped where the fields name nothing
    """
    kind = row.text("secType")
    make = _MAKERS.get(kind)
    if make is None:
        raise UnknownAssetClass(f"{row.where}: field `secType`: {kind!r} is not a known class", received=kind)
    try:
        return make(row)
    except Unmapped:
        raise
    except Malformed as error:
        raise Unmapped(str(error), received=error.received) from error


def _share(row: Row) -> Instrument:
    return equity(row.text("symbol").replace(" ", "."), row.text("currency"))


def _option(row: Row) -> Instrument:
    name = row.text("localSymbol")
    if not is_osi(name):
        raise Unmapped(f"{row.where}: {name!r} is no OSI symbol", received=name)
    under = row.text("symbol").replace(" ", ".")
    return option(name, row.text("currency"), multiplier=row.number("multiplier"), underlying=under)


def _future(row: Row) -> Instrument:
    last = expiry_of(row)
    return future(row.text("symbol"), last, row.number("multiplier"), row.text("currency"))


def expiry_of(row: Row) -> date:
    """The last trading day. Raises Malformed."""
    text = row.text("lastTradeDateOrContractMonth")
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007 - a date, no moment
    except ValueError:
        raise Malformed(f"{row.where}: {text!r} is not a day", received=text) from None


_MAKERS: Mapping[str, Callable[[Row], Instrument]] = {
    "STK": _share,
    "FUND": lambda row: fund(row.text("symbol"), row.text("currency")),
    OPTION: _option,
    "FUT": _future,
    "CRYPTO": lambda row: crypto(row.text("symbol"), row.text("currency")),
    "CASH": lambda row: forex(row.text("symbol"), row.text("currency")),
}


def wanted(instrument: Instrument) -> ContractWanted:
    """What to ask TWS for. Raises Unsupported for classes that it is not asked for here."""
    kind = _SEC_TYPES.get(instrument.asset_class)
    if kind is None:
        raise Unsupported(BROKER, f"is not asked for {instrument.asset_class} contracts")
    exchange = _EXCHANGES.get(instrument.asset_class, SMART)
    if kind == OPTION:
        under = (instrument.underlying or "").replace(".", " ")
        return ContractWanted(kind, under, instrument.currency, exchange, instrument.symbol)
    base = instrument.underlying if exchange != SMART else instrument.symbol
    return ContractWanted(kind, (base or instrument.symbol).replace(".", " "), instrument.currency, exchange)
