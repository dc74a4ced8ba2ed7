"""What is listed, what it costs at a moment, and when it trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from simulator.baskets import Basket
from simulator.contracts import ContractTerms, DecidedBy, standard_terms
from simulator.hours import is_open
from simulator.prices import OptionModel, PriceSource, Tick, rounded
from tieout.errors import NotTradable
from tieout.hedge import contract_key
from tieout.instruments import AssetClass, Instrument, option
from tieout.options.osi import is_osi
from tieout.sessions import Sessions

_BROKER = "simulator"
_NO_PRICE = Decimal(0)
_MINUTE = timedelta(minutes=1)
_PART = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument and how it trades.

    tick           smallest price step, currency per unit
    half_spread    distance of bid and ask from the price
    depth          units that one order finds at one tick; None means as many as it likes
    fractionable   whether parts of a unit trade
    volatility     yearly, for the model that prices options over this instrument, and for what large orders cost
    daily_volume   units that others trade in a day; None where orders of any size leave no trace
    trades_until   end of its last session, UTC; None where it never ends
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
    daily_volume: Decimal | None = None
    trades_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketQuote:
    """Bid and ask, currency per unit; `at` is the tick they stand on, UTC."""

    bid: Decimal
    ask: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Pressure:
    """What an order left in the quote: a part of the price, above zero after a purchase, halving with time."""

    part: Decimal
    since: datetime
    half_life: timedelta

    def at(self, moment: datetime) -> Decimal:
        """What is left of it; six digits."""
        halvings = max(moment - self.since, timedelta(0)) / self.half_life
        return rounded(self.part * Decimal(repr(round(0.5**halvings, 9))), _PART)


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
        self._terms: dict[str, ContractTerms] = {}
        self._fixings: dict[tuple[str, date, DecidedBy], Decimal] = {}
        self._pressures: dict[str, list[Pressure]] = {}

    def add(self, listing: Listing) -> Listing:
        """List an instrument; ValueError where its symbol is taken, or it pays in a third currency."""
        symbol, paid_in = listing.instrument.symbol, listing.instrument.profit_currency
        if paid_in != listing.instrument.currency and not listing.instrument.is_inverse:
            raise ValueError(f"{symbol} pays in {paid_in}: this is not simulated")
        if symbol in self._listings:
            raise ValueError(f"{symbol} is listed already")
        self._listings[symbol] = listing
        return listing

    @property
    def listings(self) -> tuple[Listing, ...]:
        """All that is listed so far, in the order of listing."""
        return tuple(self._listings.values())

    def listing(self, instrument: Instrument | str) -> Listing:
        """How an instrument trades, by itself or its canonical symbol; NotTradable where it is not listed.

        Both legs of a contract in hedge mode trade as the contract itself does.
        """
        symbol = instrument if isinstance(instrument, str) else instrument.symbol
        found = self._listings.get(symbol) or self._listings.get(contract_key(symbol))
        if found is not None:
            return found
        contract = instrument if isinstance(instrument, Instrument) else _contract(symbol)
        if contract is None or contract.asset_class is not AssetClass.OPTION:
            raise NotTradable(_BROKER, f"{symbol} is not listed")
        return self.add(self._option(contract))

    def list_contract(self, terms: ContractTerms) -> Listing:
        """List a series under terms of its own, as the exchange does when it adjusts one; ValueError where it is taken.

        Every other series is listed under its root's standard terms when it is first asked for.
        """
        symbol = terms.contract.symbol
        if symbol in self._listings:
            raise ValueError(f"{symbol} is listed already")
        self._terms[symbol] = terms
        return self.add(self._option(terms.contract))

    def ensure_listed(self, terms: ContractTerms) -> None:
        """List a series where it is not listed yet."""
        if terms.contract.symbol not in self._listings:
            self.list_contract(terms)

    def terms(self, contract: Instrument | str) -> ContractTerms:
        """What a series delivers and how it is settled; NotTradable for what is no option, or cannot be listed."""
        listed = self.listing(contract).instrument
        if listed.symbol not in self._terms:
            raise NotTradable(_BROKER, f"{listed.symbol} is no option")
        return self._terms[listed.symbol]

    def last_session(self, contract: Instrument | str) -> date:
        """The session at whose prices a series is decided: its expiration, or the session before one that is none."""
        listing = self.listing(contract)
        return _last_session(listing.instrument, listing.sessions)

    def fix(self, symbol: str, day: date, decided_by: DecidedBy, price: Decimal) -> None:
        """Give the official price of a session where it is not that of the last or the first tick."""
        self._fixings[symbol, day, decided_by] = price

    def official(self, instrument: Instrument, day: date, decided_by: DecidedBy) -> Decimal:
        """The official close of a session, or its special opening quotation, currency per unit.

        Where none was given it is what the instrument cost at that bell.
        """
        given = self._fixings.get((instrument.symbol, day, decided_by))
        if given is not None:
            return given
        sessions = self.listing(instrument).sessions
        bell = sessions.closes_at(day) if decided_by is DecidedBy.CLOSE else sessions.opens_at(day)
        return self.price(instrument, bell).price

    def official_worth(self, terms: ContractTerms, day: date) -> Decimal:
        """Of what one contract delivers, at the official prices of a session: before the last one, its closes."""
        decided_by = terms.decided_by if day == self.last_session(terms.contract) else DecidedBy.CLOSE
        return terms.worth(lambda one: self.official(one, day, decided_by))

    def price(self, instrument: Instrument | str, moment: datetime) -> Tick:
        """The last price at `moment`; NotTradable before there was one."""
        listing = self.listing(instrument)
        try:
            return listing.source.at(moment)
        except LookupError as error:
            raise NotTradable(_BROKER, f"{listing.instrument.symbol}: {error}") from error

    def quote(self, instrument: Instrument | str, moment: datetime) -> MarketQuote:
        """Bid and ask at `moment`, moved by what large orders left behind."""
        listing = self.listing(instrument)
        tick = self.price(instrument, moment)
        price = tick.price
        if pressures := self._pressures.get(listing.instrument.symbol):
            moved = sum((one.at(moment) for one in pressures), Decimal(0))
            price = rounded(price * (1 + moved), listing.tick)
        ask = rounded(price + listing.half_spread, listing.tick)
        bid = max(price - listing.half_spread, _NO_PRICE)
        return MarketQuote(bid, ask, tick.at)

    def press(self, instrument: Instrument, pressure: Pressure) -> None:
        """Let an order move the quote for those that come after it."""
        self._pressures.setdefault(self.listing(instrument).instrument.symbol, []).append(pressure)

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
        listing = self.listing(instrument)
        ended = listing.trades_until is not None and moment >= listing.trades_until
        return not ended and is_open(listing.sessions, moment)

    def reprice(self, symbol: str, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """From the session `on`, prices are divided by `ratio`, after `less` was taken off (split, dividend)."""
        self.listing(symbol).source.reprice(on, ratio=ratio, less=less)

    def rate(self, currency: str, base: str, moment: datetime) -> Decimal:
        """Units of `base` for one of `currency`, from listed pairs, at most two; NotTradable without one."""
        if currency == base:
            return Decimal(1)
        if (pair := f"{currency}/{base}") in self._listings:
            return self.price(pair, moment).price
        if (pair := f"{base}/{currency}") in self._listings:
            return 1 / self.price(pair, moment).price
        for between in self._quoted_in(currency):
            if self._is_pair(between, base):
                return self.price(f"{currency}/{between}", moment).price * self.rate(between, base, moment)
        raise NotTradable(_BROKER, f"no listed pair turns {currency} into {base}")

    def _quoted_in(self, currency: str) -> list[str]:
        """What a coin is quoted in."""
        pairs = (symbol.partition("/") for symbol in self._listings if ":" not in symbol)
        return [quote for base, slash, quote in pairs if slash and base == currency]

    def _is_pair(self, one: str, other: str) -> bool:
        return f"{one}/{other}" in self._listings or f"{other}/{one}" in self._listings

    def _option(self, contract: Instrument) -> Listing:
        terms = self._terms.setdefault(contract.symbol, standard_terms(contract))
        parts = [(self.listing(part.instrument), part.units) for part in terms.securities]
        under = parts[0][0]
        sessions = under.sessions
        last = _last_session(contract, sessions)
        by_opening = terms.decided_by is DecidedBy.OPENING
        return Listing(
            contract,
            OptionModel(
                contract,
                _delivered(terms, parts),
                sessions.opens_at(last) if by_opening else sessions.closes_at(last),
                volatility=under.volatility,
                tick=under.tick,
            ),
            sessions,
            tick=under.tick,
            half_spread=under.half_spread,
            depth=under.depth,
            trades_until=sessions.closes_at(sessions.previous(last) if by_opening else last),
        )


def _last_session(contract: Instrument, sessions: Sessions) -> date:
    day = contract.expiration
    if day is None:
        raise NotTradable(_BROKER, f"{contract.symbol} names no expiration")
    return day if sessions.is_session(day) else sessions.previous(day)


def _delivered(terms: ContractTerms, parts: Sequence[tuple[Listing, Decimal]]) -> PriceSource:
    """What one unit of the contract's multiplier is worth."""
    if not terms.is_adjusted:
        return parts[0][0].source
    return Basket([(listing.source, units) for listing, units in parts], terms.cash, terms.contract.multiplier)


def _contract(symbol: str) -> Instrument | None:
    return option(symbol) if is_osi(symbol) else None
