"""What an account is worth at a moment, in the words of a broker's balance and position lists."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from simulator.books import Books
from simulator.holdings import Holding
from simulator.margin import exposure
from simulator.market import Market
from simulator.prices import Tick
from simulator.terms import AccountTerms, CashBasis
from tieout.instruments import AssetClass, Instrument
from tieout.money import SCALE, ZERO
from tieout.orders import Order, Side
from tieout.snapshots import Balance, Position

_CENT = Decimal("0.01")


class Valuation:
    """The books at the market's prices of one moment."""

    def __init__(self, terms: AccountTerms, books: Books, market: Market, now: datetime) -> None:
        self._terms = terms
        self._books = books
        self._market = market
        self._now = now
        self._holdings = books.holdings

    def positions(self) -> tuple[Position, ...]:
        """Everything held, by symbol."""
        return tuple(self._position(held) for held in self._holdings.values())

    def balances(self, reserved: Decimal) -> tuple[Balance, ...]:
        """Cash by currency on the account's basis; equity and buying power on the base currency's row, which is first.

        reserved   money bound by open orders, base currency
        """
        base = self._terms.base_currency
        others = [currency for currency in self._books.cash.currencies if currency != base]
        first = Balance(
            base,
            self.cash(base),
            self._books.cash.settled(base),
            storable(self.equity()),
            self.buying_power(reserved),
        )
        return (first, *(Balance(c, self.cash(c), self._books.cash.settled(c)) for c in others))

    def cash(self, currency: str) -> Decimal:
        """Cash as this broker counts it."""
        books = self._books.cash
        settled = self._terms.cash_basis is CashBasis.SETTLED
        return books.settled(currency) if settled else books.traded(currency)

    def equity(self) -> Decimal:
        """Cash as this broker counts it and positions together, base currency.

        On the settled basis money under way is therefore in neither until it is paid.
        """
        cash = sum((self.cash(c) * self._rate(c) for c in self._books.cash.currencies), ZERO)
        return cash + self._worth()

    def buying_power(self, reserved: Decimal) -> Decimal:
        """Exposure that may still be added, base currency, whole cents, zero or above."""
        own = sum((self._spendable(c) * self._rate(c) for c in self._books.cash.currencies), ZERO)
        bound = sum((self._bound(held) for held in self._holdings.values()), ZERO)
        free = (own + self._worth()) * self._terms.leverage - bound - reserved
        return max(free, ZERO).quantize(_CENT, ROUND_DOWN)

    def _spendable(self, currency: str) -> Decimal:
        """Cash to buy with: on the settled basis, no proceeds before they are paid and nothing spent twice."""
        return min(self.cash(currency), self._books.cash.traded(currency))

    def needed(self, order: Order, quantity: Decimal) -> Decimal:
        """Exposure that filling `quantity` units of an order would add, base currency, zero or above."""
        instrument = order.instrument
        quote = self._market.quote(instrument, self._now)
        price = order.limit_price or order.stop_price or (quote.ask if order.side is Side.BUY else quote.bid)
        held = self._books.units(instrument)
        after = exposure(instrument, held + quantity * order.side.sign, price, self._holdings)
        before = exposure(instrument, held, price, self._holdings)
        return self._in_base(instrument, max(after - before, ZERO), price)

    def _position(self, held: Holding) -> Position:
        tick = self._tick(held.instrument)
        value = storable(held.instrument.value(held.quantity, tick.price))
        cost_basis = storable(held.cost_basis)
        return Position(
            instrument=held.instrument,
            quantity=held.quantity,
            avg_entry_price=held.average,
            market_price=tick.price,
            market_value=value,
            cost_basis=cost_basis,
            unrealized_pnl=storable(held.profit(tick.price)),
            side="long" if held.quantity > 0 else "short",
            priced_at=tick.at,
        )

    def _worth(self) -> Decimal:
        return sum((self._value(held) for held in self._holdings.values()), ZERO)

    def _tick(self, instrument: Instrument) -> Tick:
        """Its price; of a coin in a wallet that no listed pair has against the base currency, through another pair."""
        if not self._terms.wallets or instrument.asset_class is not AssetClass.CRYPTO:
            return self._market.price(instrument, self._now)
        return Tick(self._now, storable(self._rate(instrument.underlying or "")))

    def _value(self, held: Holding) -> Decimal:
        price = self._tick(held.instrument).price
        if held.instrument.is_margined:  # nothing was paid for it: only its profit is the account's
            return held.profit(price) * self._rate(held.instrument.profit_currency)
        return held.instrument.value(held.quantity, price) * self._rate(held.instrument.currency)

    def _in_base(self, instrument: Instrument, amount: Decimal, price: Decimal) -> Decimal:
        """Money of an instrument's currency in the base currency; of an inverse contract by way of its coin."""
        if instrument.is_inverse and instrument.currency != self._terms.base_currency:
            return amount / price * self._rate(instrument.profit_currency)
        return amount * self._rate(instrument.currency)

    def margined_worth(self) -> Decimal:
        """What contracts are worth together, base currency, long and short both counted positive."""
        margined = (held for held in self._holdings.values() if held.instrument.is_margined)
        return sum((self._bound(held) for held in margined), ZERO)

    def _bound(self, held: Holding) -> Decimal:
        price = self._tick(held.instrument).price
        bound = exposure(held.instrument, held.quantity, price, self._holdings)
        return self._in_base(held.instrument, bound, price)

    def _rate(self, currency: str) -> Decimal:
        return self._market.rate(currency, self._terms.base_currency, self._now)


def storable(number: Decimal) -> Decimal:
    """`number` with no more digits behind the point than any store holds; unchanged where it has no more."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -SCALE:
        return number
    return number.quantize(Decimal(1).scaleb(-SCALE), ROUND_HALF_EVEN)
