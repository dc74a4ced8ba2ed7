"""Which rows account for which figures: a missing execution explains the position and the cash that it moves.

Rows (a missing execution, an unbooked dividend) are root causes; position and cash differences are symptoms. A symptom
that is exactly the sum of rows belongs to them. What is left over stays a difference of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import combinations

from tieout.ids import InstrumentId
from tieout.money import ZERO, plain
from tieout.recon.context import Context
from tieout.recon.kinds import CASH_KINDS, POSITION_KINDS, ROW_KINDS, CashEffect, cash_effects
from tieout.recon.settling import matching_start
from tieout.recon.types import BreakKind, Difference, DifferenceKey, Pair

_CLAIMED = frozenset({BreakKind.MISSING_EXECUTION, BreakKind.UNKNOWN_EXECUTION})
MOST_ROWS = 10  # of one figure whose combinations are tried: 2**10 sums


@dataclass(frozen=True, slots=True)
class Share:
    """What one row moves of one figure."""

    key: DifferenceKey
    value: Decimal
    effect: CashEffect | None = None


@dataclass(slots=True)
class Attributed:
    """The outcome.

    left        rows, what is left of figures, and everything else, in the order given
    symptoms    row -> the figures that it accounts for
    agreed      rows whose every effect the snapshot shows too
    """

    left: list[Difference] = field(default_factory=list)
    symptoms: dict[DifferenceKey, list[Difference]] = field(default_factory=dict)
    agreed: set[DifferenceKey] = field(default_factory=set)


def attribute(differences: Sequence[Difference], context: Context) -> Attributed:
    """Attach every figure that rows account for exactly; keep the rest."""
    rows = [one for one in differences if one.kind in ROW_KINDS]
    found = Attributed(agreed={row.key for row in rows})
    explained: dict[DifferenceKey, Difference | None] = {}
    for instrument_id, shares in _by_instrument(rows, context).items():
        figures = [one for one in differences if one.kind in POSITION_KINDS and one.instrument_id == instrument_id]
        _attribute_position(figures, shares, found, explained)
    for currency, shares in _by_currency(rows, context).items():
        figures = [one for one in differences if one.kind in CASH_KINDS and one.currency == currency]
        _attribute_cash(figures, shares, context, found, explained)
    _attach_orders(differences, found, explained)
    for one in differences:
        rest = explained.get(one.key, one)
        if rest is not None:
            found.left.append(_with_agreement(rest, found))
    return found


def _by_instrument(rows: Iterable[Difference], context: Context) -> dict[InstrumentId, list[Share]]:
    """What rows move of each position: their units, and their money where it is a coin that is a position."""
    shares: dict[InstrumentId, list[Share]] = {}
    for row in rows:
        if row.instrument_id is not None and row.quantity != 0:
            shares.setdefault(row.instrument_id, []).append(Share(row.key, row.quantity))
        for effect in cash_effects(row):
            if effect.currency in context.coins:
                shares.setdefault(context.coins[effect.currency], []).append(Share(row.key, effect.amount))
    return shares


def _by_currency(rows: Iterable[Difference], context: Context) -> dict[str, list[Share]]:
    shares: dict[str, list[Share]] = {}
    for row in rows:
        for effect in cash_effects(row):
            if effect.currency in context.coins:
                continue
            shares.setdefault(effect.currency, []).append(Share(row.key, effect.amount, effect))
    return shares


def _attribute_position(
    figures: Sequence[Difference],
    shares: Sequence[Share],
    found: Attributed,
    explained: dict[DifferenceKey, Difference | None],
) -> None:
    """Rows of one instrument against its position; without a figure the two agree, and rows must sum to nil."""
    book = next((one for one in figures if one.pair is Pair.BOOK_SNAPSHOT), None)
    chosen = choose(gap_of(book), shares, ZERO)
    _settle(book, chosen, ZERO, found, explained)
    _disagree(shares, chosen, found)
    contradicted = [share for share in shares if share not in chosen]
    for one in figures:  # the statement's own rows that the snapshot does not show
        if one.pair is Pair.STATEMENT_SNAPSHOT and contradicted and _sum(contradicted) == -one.quantity:
            _attach(one, contradicted, found)
            explained[one.key] = None


def _attribute_cash(
    figures: Sequence[Difference],
    shares: Sequence[Share],
    context: Context,
    found: Attributed,
    explained: dict[DifferenceKey, Difference | None],
) -> None:
    """Rows of one currency against its cash: the trade-date figure, then the settled one."""
    tolerance = context.tolerances.cash
    cash = next(
        (one for one in figures if one.kind is BreakKind.CASH_MISMATCH and one.pair is Pair.BOOK_SNAPSHOT), None
    )
    chosen = choose_cash(gap_of(cash), shares, context)
    _settle(cash, chosen, tolerance, found, explained)
    _disagree(shares, chosen, found)
    contradicted = [share for share in shares if share not in chosen]
    settled = [share for share in shares if _has_settled(share, context)]
    for one in figures:
        if one.pair is Pair.STATEMENT_SNAPSHOT and contradicted and abs(_sum(contradicted) + one.amount) <= tolerance:
            _attach(one, contradicted, found)
            explained[one.key] = None
        if one.kind is BreakKind.SETTLED_CASH_MISMATCH:
            _settle(one, choose(one.amount, settled, tolerance), tolerance, found, explained)


def choose_cash(gap: Decimal, shares: Sequence[Share], context: Context) -> list[Share]:
    """The rows that make up a cash difference.

    Brokers differ in whether cash counts trades that have not settled, so three readings are tried: all rows, only
    those that have settled, and each of them beside the booked trades that have not settled yet.
    """
    tolerance = context.tolerances.cash
    settled = [share for share in shares if _has_settled(share, context)]
    for candidate in (list(shares), settled):
        if candidate and abs(gap - _sum(candidate)) <= tolerance:
            return candidate
    if gap == 0:
        return []
    for candidate in (list(shares), settled):
        if candidate and matching_start(_currency(shares), gap - _sum(candidate), context) is not None:
            return candidate
    if matching_start(_currency(shares), gap, context) is not None:
        return []
    return choose(gap, shares, tolerance)


def choose(gap: Decimal, shares: Sequence[Share], tolerance: Decimal) -> list[Share]:
    """The rows that make up a difference: all of them, the only combination that fits, or all where they come nearer.

    tolerance    how far sum and difference may be apart: zero for positions
    """
    if abs(gap - _sum(shares)) <= tolerance:
        return list(shares)
    if gap == 0:
        return []
    fitting = _combinations(gap, shares, tolerance)
    if len(fitting) == 1:
        return fitting[0]
    return list(shares) if abs(gap - _sum(shares)) < abs(gap) else []


def _combinations(gap: Decimal, shares: Sequence[Share], tolerance: Decimal) -> list[list[Share]]:
    if len(shares) > MOST_ROWS:
        return []
    return [
        list(some)
        for size in range(1, len(shares))
        for some in combinations(shares, size)
        if abs(gap - _sum(some)) <= tolerance
    ]


def _settle(
    figure: Difference | None,
    chosen: Sequence[Share],
    tolerance: Decimal,
    found: Attributed,
    explained: dict[DifferenceKey, Difference | None],
) -> None:
    """Attach a figure to the rows that make it up wholly; otherwise note what they leave of it."""
    if figure is None or not chosen:
        return
    rest = gap_of(figure) - _sum(chosen)
    if abs(rest) <= tolerance:
        _attach(figure, chosen, found)
        explained[figure.key] = None
        return
    detail = figure.detail | {
        "whole_difference": plain(gap_of(figure)),
        "explained_by_rows": sorted({subject for _, subject in (share.key for share in chosen)}),
    }
    if figure.kind in POSITION_KINDS:
        explained[figure.key] = replace(figure, quantity=rest, detail=detail)
    else:
        explained[figure.key] = replace(figure, amount=rest, detail=detail)


def gap_of(figure: Difference | None) -> Decimal:
    """theirs − ours, in units for a position and in money for cash; zero where nothing differs."""
    if figure is None:
        return ZERO
    return figure.quantity if figure.kind in POSITION_KINDS else figure.amount


def _attach(figure: Difference, chosen: Iterable[Share], found: Attributed) -> None:
    for key in dict.fromkeys(share.key for share in chosen):
        found.symptoms.setdefault(key, []).append(figure)


def _disagree(shares: Iterable[Share], chosen: Sequence[Share], found: Attributed) -> None:
    """Rows that the snapshot does not bear out: booking them would move the book away from it."""
    found.agreed.difference_update(share.key for share in shares if share not in chosen)


def _attach_orders(
    differences: Sequence[Difference], found: Attributed, explained: dict[DifferenceKey, Difference | None]
) -> None:
    """An order that we still think is open has ended with the fill that the book lacks."""
    fills: dict[object, list[Share]] = {}
    for one in differences:
        if one.kind is BreakKind.MISSING_EXECUTION and one.detail.get("client_order_id"):
            fills.setdefault(one.detail["client_order_id"], []).append(Share(one.key, one.quantity))
    for one in differences:
        shares = fills.get(one.detail.get("client_order_id"))
        if (
            one.kind is BreakKind.ORDER_STATE_MISMATCH
            and shares
            and one.theirs is None
            and _sum(shares) == one.quantity
        ):
            _attach(one, shares, found)
            explained[one.key] = None


def _has_settled(share: Share, context: Context) -> bool:
    settles_on = share.effect.settles_on if share.effect else None
    return settles_on is None or settles_on <= context.business_date


def _with_agreement(one: Difference, found: Attributed) -> Difference:
    """A row with what the snapshot says of it; a repeated row that the snapshot lacks is a duplicate."""
    if one.kind not in ROW_KINDS:
        return one
    agrees = one.key in found.agreed
    told = replace(one, detail=one.detail | {"snapshot_agrees": agrees})
    if agrees or one.kind not in _CLAIMED or not one.detail.get("twin"):
        return told
    duplicate = replace(told, kind=BreakKind.DUPLICATE_EXECUTION)
    if one.key in found.symptoms:
        found.symptoms[duplicate.key] = found.symptoms.pop(one.key)
    return duplicate


def _sum(shares: Iterable[Share]) -> Decimal:
    return sum((share.value for share in shares), ZERO)


def _currency(shares: Sequence[Share]) -> str:
    effect = shares[0].effect
    return effect.currency if effect else ""
