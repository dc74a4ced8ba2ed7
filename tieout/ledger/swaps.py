"""Spot trades in wallets: a coin or a currency against another, whatever pair it was.

coin against money        units of COIN/BASE at what the money is worth in the base currency: at par for the base
                          currency itself, at the stated rate for another. Without a rate nobody knows: the units come
                          at no cost, and what the money was is realised in its own currency
coin against coin         the cost goes along with the trade: nothing is realised, no price is needed
money against money       an exchange of currencies: nothing is realised
fee in the bought coin    fewer units for the same cost
fee in the pair's money   part of the cost, or off the proceeds
fee in a third coin       its units leave for nothing: their cost is the expense
"""

from __future__ import annotations

from decimal import Decimal

from tieout.coins import CoinBook
from tieout.errors import StoreError
from tieout.ids import InstrumentId
from tieout.ledger.book import COIN, UNITS, Book
from tieout.ledger.types import JournalRecord
from tieout.money import WIDE, ZERO, rounded
from tieout.records import Execution

TRADE, FEE = "trade", "fee"


def book_swap(book: Book, coins: CoinBook, record: JournalRecord, trade: Execution) -> None:
    """Book a spot trade: a leg for what was bought or sold, one for what was paid, one for a fee that is in neither."""
    bought, paid = trade.instrument.underlying, trade.instrument.currency
    if bought is None:
        raise StoreError(f"journal record {record.seq}: {trade.instrument.symbol} names no coin")
    coin, money = coins.holding_id(bought), coins.holding_id(paid)
    in_coin = coin is not None and trade.fee_currency == bought
    if coin is None:
        _exchange(book, coins, record, trade, bought)
    elif money is None:
        _against_money(book, coins, record, trade, coin, trade.fee if in_coin else ZERO)
    else:
        _against_coin(book, coins, record, trade, (coin, money), trade.fee if in_coin else ZERO)
    if trade.fee and not in_coin:
        in_cost = (
            money is None and coin is not None and trade.fee_currency == paid and coins.rule.rate(paid) is not None
        )
        book.cash(record, trade.fee_currency, -trade.fee, FEE, realized=ZERO if in_cost else -trade.fee)


def _against_money(
    book: Book, coins: CoinBook, record: JournalRecord, trade: Execution, coin: InstrumentId, fee: Decimal
) -> None:
    base, money = coins.rule.base_currency, rounded(trade.cash_change)
    rate = coins.rule.rate(trade.instrument.currency)
    spent = -money + (trade.fee if trade.fee_currency == trade.instrument.currency else ZERO)
    cost = ZERO if rate is None else rounded(WIDE.multiply(spent, rate))
    units = trade.signed_quantity - fee
    if units * trade.side.sign > 0:
        book.move(record, units, cost, event=TRADE, currency=base, of=coin)
    else:  # the fee ate the whole purchase: the cost must not fall on units of the other sign
        book.move(record, trade.signed_quantity, cost, event=TRADE, currency=base, of=coin)
        book.move(record, -fee, ZERO, event=TRADE, currency=base, of=coin)
    book.cash(record, trade.instrument.currency, money, TRADE, realized=money if rate is None else ZERO)


def _against_coin(
    book: Book,
    coins: CoinBook,
    record: JournalRecord,
    trade: Execution,
    pair: tuple[InstrumentId, InstrumentId],
    fee: Decimal,
) -> None:
    """What leaves hands its cost to what comes."""
    base = coins.rule.base_currency
    legs = [(pair[0], trade.signed_quantity - fee, TRADE), (pair[1], rounded(trade.cash_change), TRADE + COIN)]
    (out, leaving, event), (into, coming, other) = sorted(legs, key=lambda leg: leg[1])
    before = _cost(book, out)
    book.move(record, leaving, ZERO, event=event, currency=base, at_cost=True, of=out)
    book.move(record, coming, before - _cost(book, out), event=other, currency=base, of=into)


def _cost(book: Book, held: InstrumentId) -> Decimal:
    return sum((lot.cost for lot in book.lots_of(held).lots()), ZERO)


def _exchange(book: Book, coins: CoinBook, record: JournalRecord, trade: Execution, bought: str) -> None:
    """A currency against another, or against a coin, which then is sold or bought for what the currency is worth."""
    book.cash(record, bought, trade.signed_quantity, TRADE + UNITS)
    held, paid = coins.holding_id(trade.instrument.currency), rounded(trade.cash_change)
    if held is None:
        book.cash(record, trade.instrument.currency, paid, TRADE)
        return
    rate = coins.rule.rate(bought)
    cost = ZERO if rate is None else -rounded(WIDE.multiply(trade.signed_quantity, rate))
    currency = coins.rule.base_currency
    book.move(record, paid, cost, event=TRADE + COIN, currency=currency, of=held)
