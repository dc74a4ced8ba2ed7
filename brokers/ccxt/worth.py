"""What an account is worth in its base currency, by the venue's own prices: no wallet says it, and risk stands on it.

Venues state what each wallet holds and seldom what that is worth, or state it in dollars. So coins are priced by the
venue's own market, of coins or else of contracts, directly or over one other currency, and the equity is

    money + coins at their prices + the unrealised result of contracts + options at their marks

A price is the middle of bid and ask, the last trade where one side is empty; a market that is closed for now still has
one. A coin that no market of the venue trades counts for nothing and is named; a debt in one leaves the equity unknown.
So does a price that could not be asked for, since an equity without it would look like a loss and halt the account.
Nothing of this makes a snapshot partial: the account is known without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from brokers.base import Quote
from brokers.ccxt import reference
from brokers.ccxt.desk import Desk
from brokers.ccxt.markets import symbol_of
from brokers.http.reading import Reading
from tieout.errors import BrokerError, NotFound, NotTradable
from tieout.instruments import ONE, AssetClass, Instrument, crypto, perpetual
from tieout.lanes import Lane
from tieout.ledger.trades import notional
from tieout.money import WIDE, ZERO, rounded
from tieout.snapshots import Balance, Position

_FEW = 4  # so many prices are asked for one by one: most venues tell all of them, or none but the one
_OVER = ("USDT", "USD", "USDC", "BTC", "EUR")  # what coins are traded against where the base currency is not it


@dataclass(frozen=True, slots=True)
class Price:
    """Base currency for one unit of a coin or currency, and when the venue said so, UTC."""

    amount: Decimal
    at: datetime


class Prices:
    """What coins and currencies are worth at the venue, each market asked at most once.

    failed    why a market could not be asked; None as long as all answered. After it none is asked any more, for what
              is missing already leaves the equity unknown
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.failed: str | None = None
        self._known: dict[tuple[str, str], Price | None] = {}

    def of_all(self, codes: Collection[str]) -> None:
        """Ask for the prices of many coins in one request; what it does not say is asked for one by one."""
        listed = self._desk.markets.require().markets
        pairs = {f"{code}/{self._desk.base_currency}": code for code in codes}
        wanted = [symbol for symbol, code in pairs.items() if symbol in listed and not self._is_known(code)]
        if len(wanted) <= _FEW:
            return
        with suppress(BrokerError):
            for quote in reference.fetch_quotes(self._desk, wanted, Lane.RECONCILIATION):
                if (price := _price(quote, self._desk.now())) is not None:
                    self._known[pairs[quote.instrument.symbol], self._desk.base_currency] = price

    def _is_known(self, code: str) -> bool:
        return (code, self._desk.base_currency) in self._known

    def of(self, code: str) -> Price | None:
        """In the account's base currency; None where no market says it."""
        base = self._desk.base_currency
        if code == base:
            return Price(ONE, self._desk.now())
        return self._between(code, base) or next(self._over_another(code, base), None)

    def _over_another(self, code: str, base: str) -> Iterator[Price]:
        for other in _OVER:
            if other in (code, base) or (first := self._between(code, other)) is None:
                continue
            if (second := self._between(other, base)) is not None:
                yield Price(WIDE.multiply(first.amount, second.amount), min(first.at, second.at))

    def _between(self, code: str, other: str) -> Price | None:
        """Units of `other` for one of `code`, by their market, whichever way round it is listed."""
        if (found := self._asked(code, other)) is not None:
            return found
        turned = self._asked(other, code)
        return None if turned is None else Price(WIDE.divide(ONE, turned.amount), turned.at)

    def _asked(self, base: str, quote: str) -> Price | None:
        pair = (base, quote)
        if pair not in self._known:
            self._known[pair] = self._ask(base, quote)
        return self._known[pair]

    def _ask(self, base: str, quote: str) -> Price | None:
        return next((found for one in _said_by(base, quote) if (found := self.in_market(one))), None)

    def in_market(self, instrument: Instrument) -> Price | None:
        """What one unit costs in its own market, in its own currency; None where the venue does not say."""
        if self.failed is not None or symbol_of(instrument) not in self._desk.markets.require().markets:
            return None
        try:
            quote = reference.fetch_quote(self._desk, instrument, Lane.RECONCILIATION)
        except (NotFound, NotTradable):  # listed, and gone all the same
            return None
        except BrokerError as error:  # also a refused key: a public list says nothing of ours
            self.failed = f"{instrument.symbol}: {error.reason}"
            return None
        return _price(quote, self._desk.now())


def valued(
    reading: Reading, prices: Prices, base_currency: str, margin: Mapping[str, Decimal | None] | None = None
) -> Reading:
    """The reading with prices on its coins, and with the equity on the balance of the base currency.

    margin   units of every code that are free, where all of them are margin: their worth is the buying power then
    """
    prices.of_all([coin for one in reading.positions if (coin := _coin(one)) is not None])
    positions = tuple(_priced(one, prices) for one in reading.positions)
    lines = [*_of_money(reading.balances, prices), *_of_positions(positions, prices)]
    rated = [_rated(one, prices) for one in reading.balances]
    power = None if margin is None else _power(margin, prices)
    worth = None if prices.failed or any(one.worth is None and one.owed for one in lines) else _sum(lines)
    balances = tuple(
        replace(one, equity=worth, buying_power=one.buying_power if margin is None else power)
        if one.currency == base_currency
        else one
        for one in rated
    )
    notes = (*reading.notes, *_notes(prices, lines))
    return replace(reading, positions=positions, balances=balances, notes=notes)


def _notes(prices: Prices, lines: Iterable[_Line]) -> Iterator[str]:
    missing = sorted(one.name for one in lines if one.worth is None)
    if prices.failed:
        yield f"the account's worth is not known, for prices could not be asked: {prices.failed}"
    elif missing:
        yield f"no market prices {', '.join(missing)}: counted for nothing"


def _power(margin: Mapping[str, Decimal | None], prices: Prices) -> Decimal | None:
    """What the free coins are worth; one that nobody tells or trades is none. None where prices could not be asked."""
    worth = [_at(prices.of(code), units) for code, units in margin.items() if units]
    return None if prices.failed else rounded(sum((one for one in worth if one is not None), ZERO))


def _rated(balance: Balance, prices: Prices) -> Balance:
    found = prices.of(balance.currency)
    return balance if found is None else replace(balance, rate=found.amount)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the equity. owed: it may lower it, so that it cannot be left out."""

    name: str
    worth: Decimal | None
    owed: bool


def _sum(lines: Iterable[_Line]) -> Decimal:
    return rounded(sum((one.worth for one in lines if one.worth is not None), ZERO))


def _of_money(balances: Iterable[Balance], prices: Prices) -> Iterator[_Line]:
    for one in balances:
        if one.cash:
            yield _Line(one.currency, _at(prices.of(one.currency), one.cash), one.cash < 0)


def _of_positions(positions: Iterable[Position], prices: Prices) -> Iterator[_Line]:
    for one in positions:
        instrument = one.instrument
        adds = _result(one) if instrument.is_margined else one.market_value
        worth = None if adds is None else _at(prices.of(instrument.profit_currency), adds)
        yield _Line(instrument.symbol, worth, one.quantity < 0 or instrument.is_margined)


def _at(price: Price | None, amount: Decimal) -> Decimal | None:
    return None if price is None else WIDE.multiply(amount, price.amount)


def _result(position: Position) -> Decimal | None:
    """Unrealised result in the currency that pays it; reckoned from entry and mark where the venue does not say."""
    entry, mark = position.avg_entry_price, position.market_price
    if position.unrealized_pnl is not None or entry is None or mark is None:
        return position.unrealized_pnl
    now, then = (notional(position.instrument, position.quantity, one) for one in (mark, entry))
    return WIDE.subtract(now, then)


def _priced(position: Position, prices: Prices) -> Position:
    instrument, coin = position.instrument, _coin(position)
    if position.market_price is not None:
        return position
    found = prices.in_market(instrument) if coin is None else prices.of(coin)
    if found is None:
        return position
    value = rounded(instrument.value(position.quantity, found.amount))
    return replace(position, market_price=found.amount, market_value=value, priced_at=found.at)


def _coin(position: Position) -> str | None:
    """The coin that is held; None for a contract."""
    held = position.instrument
    return held.underlying if held.asset_class is AssetClass.CRYPTO else None


def _said_by(base: str, quote: str) -> tuple[Instrument, ...]:
    """The markets that say a price; where coins are not in scope, perpetuals are all there is."""
    return crypto(base, quote), perpetual(base, quote, quote), perpetual(base, quote, base)


def _price(quote: Quote, now: datetime) -> Price | None:
    """Bid and ask are those of the moment, whatever a venue says of its last trade along with them."""
    sides = [one for one in (quote.bid, quote.ask) if one]
    if len(sides) == 2:
        return Price(WIDE.divide(sum(sides, ZERO), Decimal(2)), now)
    return Price(quote.last, quote.quoted_at) if quote.last else None
