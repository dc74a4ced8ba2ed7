"""Options that left the position list without a row: assigned, exercised or expired, as far as figures can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tieout.instruments import Instrument
from tieout.money import plain
from tieout.options.osi import OptionRight
from tieout.recon.context import Context
from tieout.recon.kinds import POSITION_KINDS
from tieout.recon.rules.common import finding, money
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair, Severity

NAME = "silent_option"


def silent_option(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Some venues settle options without reporting it. Figures that agree explain, but nothing proves it: no booking.

    Option, stock and cash moving together by contracts × multiplier × strike is an assignment or exercise. An expired
    option that is gone by itself has expired; in the money, with no stock move, it is a silent settlement: critical.
    """
    for one in left:
        contract = context.instruments.get(one.instrument_id) if one.instrument_id is not None else None
        if one.kind not in POSITION_KINDS or one.pair is not Pair.BOOK_SNAPSHOT or contract is None:
            continue
        if contract.strike is None or contract.option_right is None:
            continue
        moved = _stock_moved(contract, -one.quantity)
        stock = _find_stock(left, contract, moved)
        if stock is not None:
            yield _delivered(one, stock, _find_cash(left, contract, moved, context), context)
        elif one.kind is BreakKind.MISSING_AT_BROKER and _has_expired(contract, context):
            yield _gone(one, contract, context)


def _stock_moved(contract: Instrument, contracts: Decimal) -> Decimal:
    """Units of stock that come in when so many contracts (signed, as held) are exercised or assigned."""
    sign = 1 if contract.option_right is OptionRight.CALL else -1
    return contracts * contract.multiplier * sign


def _find_stock(left: Sequence[Difference], contract: Instrument, moved: Decimal) -> Difference | None:
    return next(
        (
            one
            for one in left
            if one.kind in POSITION_KINDS and one.symbol == contract.underlying and one.quantity == moved
        ),
        None,
    )


def _find_cash(left: Sequence[Difference], contract: Instrument, moved: Decimal, context: Context) -> Difference | None:
    paid = -moved * (contract.strike or 0)
    return next(
        (
            one
            for one in left
            if one.kind is BreakKind.CASH_MISMATCH
            and one.currency == contract.currency
            and abs(one.amount - paid) <= context.tolerances.cash
        ),
        None,
    )


def _delivered(one: Difference, stock: Difference, cash: Difference | None, context: Context) -> Finding:
    short = (one.ours or 0) < 0
    parts = [part for part in (stock, cash) if part is not None]
    told = f"cash by {money(cash.amount, cash.currency)}" if cash else "cash does not show it"
    words = (
        f"{one.symbol} looks {'assigned' if short else 'exercised'} without a row: the position changed by "
        f"{plain(one.quantity)} contracts, {stock.symbol} by {plain(stock.quantity)}, {told}. "
        "Figures explain it, no record proves it: a person books it."
    )
    evidence = [
        Evidence("snapshot_position", part.subject, "moved with the option", dict(part.detail)) for part in parts
    ]
    cause = Cause.ASSIGNMENT if short else Cause.EXERCISE
    return finding(one, cause, words, context, evidence=evidence, symptoms=parts, floor=Severity.CRITICAL)


def _gone(one: Difference, contract: Instrument, context: Context) -> Finding:
    price = context.underlyings.get(contract.underlying or "")
    evidence = [
        Evidence("instrument", contract.symbol, f"expired on {contract.expiration}", {"strike": contract.strike})
    ]
    if price is not None and _in_the_money(contract, price):
        words = (
            f"{one.symbol} expired on {contract.expiration} in the money ({contract.underlying} at {plain(price)}), "
            "and it is gone from the broker's list without stock or cash: a silent settlement. Ask the broker."
        )
        return finding(one, Cause.EXPIRATION, words, context, evidence=evidence, floor=Severity.CRITICAL)
    words = (
        f"{one.symbol} expired on {contract.expiration} and is gone from the broker's list; its activity row is not "
        "there yet. It is booked once the row proves it."
    )
    return finding(one, Cause.EXPIRATION, words, context, evidence=evidence)


def _has_expired(contract: Instrument, context: Context) -> bool:
    return contract.expiration is not None and contract.expiration <= context.book_date


def _in_the_money(contract: Instrument, price: Decimal) -> bool:
    strike = contract.strike or Decimal(0)
    return price > strike if contract.option_right is OptionRight.CALL else price < strike
