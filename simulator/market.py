"""What is listed, what it costs at a moment, and when it trades."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from simulator.hours import is_open
from simulator.prices import OptionModel, PriceSource, Tick, rounded
from tieout.errors import NotTradable
from tieout.instruments import AssetClass, Instrument, option
from tieout.options.osi import is_osi
from tieout.sessions import Sessions

_BROKER = "simulator"
_NO_PRICE = Decimal(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument and how it trades.

    tick           smallest price step, currency per unit
    half_spread    distance of bid and ask from the price
    depth          units that one order finds at one tick; None means as many as it likes
    fractionable   whether parts of a unit trade
    volatility     yearly, for the model that prices options over this instrument
    """

    instrument: Instrument
    source: PriceSource
    sessions: Sessions
    tick: Decimal = Decimal("0.01")
    half_spread: Decimal = Decimal("0.01")
    depth: Decimal | None = None
    fractionable: bool = False
    shortable: bool = True
    tradable: bool = True
    volatility: float = 0.25


@dataclass(frozen=True, slots=True)
class MarketQuote:
    """Bid and ask, currency per unit; `at` is the tick they stand on, UTC."""

    bid: Decimal
    ask: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class DayPrices:
    """What a session's ticks were so far, currency per unit."""

    low: Decimal
    high: Decimal
    mean: Decimal
    last: Decimal


@dataclass(frozen=True, slots=True)
class MinutePrices:
    """What stood in one minute, currency per unit; `begins` is UTC. Every price that stood in it traded one unit."""

    begins: datetime
    low: Decimal
    high: Decimal
    mean: Decimal
    last: Decimal
    volume: Decimal


class Market:
    """The instruments of one simulated world. Options over a listed instrument list themselves when asked for."""

    def __init__(self) -> None:
        self._listings: dict[str, Listing] = {}

    def add(self, listing: Listing) -> Listing:
        """List an instrument; ValueError where its symbol is taken, or its profit is paid in another currency."""
        symbol = listing.instrument.symbol
        if listing.instrument.profit_currency != listing.instrument.currency:
            raise ValueError(f"{symbol} pays in {listing.instrument.profit_currency}: this is not simulated")
        if symbol in self._listings:
            raise ValueError(f"{symbol} is listed already")
        self._listings[symbol] = listing
        return listing

    @property
    def listings(self) -> tuple[Listing, ...]:
        """All that is listed so far, in the order of listing."""
        return tuple(self._listings.values())

    def listing(self, instrument: Instrument | str) -> Listing:
        """How an instrument trades, by itself or its canonical symbol; NotTradable where it is not listed."""
        symbol = instrument if isinstance(instrument, str) else instrument.symbol
        found = self._listings.get(symbol)
        if found is not None:
            return found
        contract = instrument if isinstance(instrument, Instrument) else _contract(symbol)
        if contract is None or contract.asset_class is not AssetClass.OPTION:
            raise NotTradable(_BROKER, f"{symbol} is not listed")
        return self.add(self._option(contract))

    def price(self, instrument: Instrument | str, moment: datetime) -> Tick:
        """The last price at `moment`; NotTradable before there was one."""
        listing = self.listing(instrument)
        try:
            return listing.source.at(moment)
        except LookupError as error:
            raise NotTradable(_BROKER, f"{listing.instrument.symbol}: {error}") from error

    def quote(self, instrument: Instrument | str, moment: datetime) -> MarketQuote:
        """Bid and ask at `moment`."""
        listing = self.listing(instrument)
        tick = self.price(instrument, moment)
        ask = rounded(tick.price + listing.half_spread, listing.tick)
        bid = max(tick.price - listing.half_spread, _NO_PRICE)
        return MarketQuote(bid, ask, tick.at)

    def quoted_at(self, instrument: Instrument | str, moment: datetime) -> datetime:
        """When a venue says that its quote was made: this moment while the market is open, else the last tick's."""
        return moment if self.is_open(instrument, moment) else self.price(instrument, moment).at

    def day(self, instrument: Instrument | str, moment: datetime) -> DayPrices | None:
        """The session's prices up to now, each tick weighing the same; None before the first session's open."""
        sessions = self.listing(instrument).sessions
        today = sessions.business_date(moment)
        opens = sessions.opens_at(today)
        if opens > moment:
            return None
        first = self.price(instrument, opens).price
        prices = [first, *(tick.price for tick in self.ticks(instrument, opens, moment))]
        return DayPrices(min(prices), max(prices), sum(prices, Decimal(0)) / len(prices), prices[-1])

    def minutes(self, instrument: Instrument | str, since: datetime, until: datetime) -> Iterator[MinutePrices]:
        """The minutes of open sessions that begin in [since, until), oldest first."""
        begins = since.replace(second=0, microsecond=0)
        while begins < until:
            if begins >= since and self.is_open(instrument, begins):
                yield self._minute(instrument, begins)
            begins += _MINUTE

    def _minute(self, instrument: Instrument | str, begins: datetime) -> MinutePrices:
        first = self.price(instrument, begins).price
        prices = [first, *(tick.price for tick in self.ticks(instrument, begins, begins + _MINUTE))]
        mean = sum(prices, Decimal(0)) / len(prices)
        return MinutePrices(begins, min(prices), max(prices), mean, prices[-1], Decimal(len(prices)))

    def ticks(self, instrument: Instrument | str, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks strictly inside (after, until), oldest first."""
        return self.listing(instrument).source.between(after, until)

    def is_open(self, instrument: Instrument | str, moment: datetime) -> bool:
        """Whether the instrument trades at `moment`: from the open of a session up to its close, close excluded."""
        return is_open(self.listing(instrument).sessions, moment)

    def reprice(self, symbol: str, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """From the session `on`, prices are divided by `ratio`, after `less` was taken off (split, dividend)."""
        self.listing(symbol).source.reprice(on, ratio=ratio, less=less)

    def rate(self, currency: str, base: str, moment: datetime) -> Decimal:
        """Units of `base` for one of `currency`, from a listed pair in either direction; NotTradable without one."""
        if currency == base:
            return Decimal(1)
        if (pair := f"{currency}/{base}") in self._listings:
            return self.price(pair, moment).price
        if (pair := f"{base}/{currency}") in self._listings:
            return 1 / self.price(pair, moment).price
        raise NotTradable(_BROKER, f"no listed pair turns {currency} into {base}")

    def _option(self, contract: Instrument) -> Listing:
        if contract.expiration is None or contract.underlying is None:
            raise NotTradable(_BROKER, f"{contract.symbol} names no expiration or underlying")
        under = self.listing(contract.underlying)
        sessions = under.sessions
        day = contract.expiration
        last = day if sessions.is_session(day) else sessions.previous(day)
        model = OptionModel(
            contract, under.source, sessions.closes_at(last), volatility=under.volatility, tick=under.tick
        )
        return Listing(contract, model, sessions, tick=under.tick, half_spread=under.half_spread, depth=under.depth)


def _contract(symbol: str) -> Instrument | None:
    return option(symbol) if is_osi(symbol) else None
