"""Executions in the book: what a trade costs, what it pays, and where its fee goes.

equity, option, fund, crypto, forex    units at cost, cash against them
perpetual, future, cfd                 units at notional, no cash; closing pays the profit in cash
fee in the currency of the trade       part of the cost, or off the proceeds
fee in the coin that is traded         fewer units for the same money
any other fee                          cash of its own, realised at once

In an account of wallets (`coins.py`) spot pairs are booked by `swaps.py`; and the profit of a coin-margined contract is
rounded to eight digits of the coin, as the venues pay it.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from tieout.instruments import AssetClass, Instrument
from tieout.ledger.book import Book
from tieout.ledger.swaps import book_swap
from tieout.ledger.types import JournalRecord
from tieout.money import WIDE, ZERO, rounded
from tieout.records import Execution

_SATOSHI = Decimal("0.00000001")


def notional(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """Signed worth of `units` in the currency that profit is paid in, to 18 digits.

    An inverse contract is worth a fixed sum of the quote currency: in coin −units × multiplier ÷ price, so that a long
    gains as the price rises.
    """
    if instrument.is_inverse and price:
        return rounded(WIDE.divide(WIDE.multiply(-units, instrument.multiplier), price))
    return rounded(instrument.value(units, price))


def book_execution(book: Book, record: JournalRecord, trade: Execution) -> None:
    """Book one trade: an instrument leg, a cash leg for what it paid, and one for a fee in money or in another coin."""
    instrument, fee = trade.instrument, trade.fee
    if book.coins is not None and instrument.asset_class is AssetClass.CRYPTO:
        book_swap(book, book.coins, record, trade)
        return
    money = instrument.profit_currency
    in_coin = is_paid_in_coin(trade)
    in_cost = trade.fee_currency == money and not instrument.is_margined and not in_coin
    worth = notional(instrument, trade.signed_quantity, trade.price)
    moved = _move(book, record, trade, worth + (fee if in_cost else ZERO), fee if in_coin else ZERO)
    paid = moved if instrument.is_margined else -worth
    if book.coins is not None and instrument.is_inverse:
        paid = paid.quantize(_SATOSHI, ROUND_HALF_EVEN)
    if paid:
        book.cash(record, money, paid, "variation" if instrument.is_margined else "trade")
    if fee and not in_coin:
        book.cash(record, trade.fee_currency, -fee, "fee", realized=ZERO if in_cost else -fee)


def is_paid_in_coin(trade: Execution) -> bool:
    """Whether the fee was taken out of the units that were traded."""
    instrument = trade.instrument
    return instrument.asset_class is AssetClass.CRYPTO and trade.fee_currency == instrument.underlying


def _move(book: Book, record: JournalRecord, trade: Execution, cost: Decimal, coin: Decimal) -> Decimal:
    """Move the units, less the coin taken as fee. Returns the profit realised."""
    currency = trade.instrument.profit_currency
    units = trade.signed_quantity - coin
    if units * trade.side.sign > 0:
        return book.move(record, units, cost, event="trade", currency=currency)
    # The fee ate the whole purchase: the cost must not fall on units of the other sign.
    book.move(record, trade.signed_quantity, cost, event="trade", currency=currency)
    return book.move(record, -coin, ZERO, event="fee", currency=currency)
