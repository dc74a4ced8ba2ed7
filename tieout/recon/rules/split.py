"""Splits: the position's ratio is exactly the split's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tieout.money import plain
from tieout.recon.context import Context
from tieout.recon.kinds import POSITION_KINDS
from tieout.recon.rules.common import finding, kind_of, not_in_snapshot, row_evidence, row_id, snapshot_agrees, when
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair, Proposal
from tieout.records import ActivityKind

NAME = "split"
_MOST = 100  # 1:100 is the widest ratio worth guessing at
_PRICE_SLACK = Decimal("0.25")  # how far a share may move on its own between two closes and still look split


def split(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: a split row whose ratio turns the book's position into the broker's exactly.

    Without a row, an exact ratio and a price that moved inversely only look like a split: told, never resolved.
    """
    for one in left:
        if one.kind is BreakKind.UNBOOKED_ACTIVITY and kind_of(one) == ActivityKind.SPLIT:
            yield _reported(one, context)
        elif one.kind is BreakKind.QUANTITY_MISMATCH and one.pair is Pair.BOOK_SNAPSHOT:
            ratio = _looks_split(one, context)
            if ratio is not None:
                yield _guessed(one, ratio, context)


def _reported(one: Difference, context: Context) -> Finding:
    ratio, held = _decimal(one.detail.get("ratio")), _decimal(one.detail.get("position_book"))
    is_exact = ratio is not None and held is not None and held != 0 and held * ratio == held + one.quantity
    words = (
        f"{one.symbol} split {_ratio_words(ratio)}{when(one)}: {plain(one.quantity)} units come to "
        f"{plain(held) if held is not None else 'an unknown number'} in the book.{not_in_snapshot(one)}"
    )
    if not is_exact:
        words += " Position and ratio do not fit exactly, so a person looks."
    proposal = Proposal(NAME, accept_activities=(row_id(one),), automatic=is_exact and snapshot_agrees(one))
    evidence = [row_evidence(one, f"split {_ratio_words(ratio)}")]
    return finding(one, Cause.SPLIT, words, context, evidence=evidence, proposal=proposal)


def _looks_split(one: Difference, context: Context) -> Decimal | None:
    """The whole ratio, or one over a whole number, between both positions, where the price fits too."""
    if one.kind not in POSITION_KINDS or not one.ours or not one.theirs or one.instrument_id is None:
        return None
    if one.quantity != one.theirs - one.ours:
        return None  # rows explain a part of it: what is left has no ratio
    quoted = context.quotes.get(one.instrument_id)
    if quoted is None or not quoted.now or not quoted.before:
        return None
    for whole in range(2, _MOST + 1):
        for new, old in ((whole, 1), (1, whole)):
            if one.ours * new == one.theirs * old:
                moved = quoted.now * new / (quoted.before * old)
                return Decimal(new) / Decimal(old) if abs(moved - 1) <= _PRICE_SLACK else None
    return None


def _guessed(one: Difference, ratio: Decimal, context: Context) -> Finding:
    quoted = context.quotes[one.instrument_id] if one.instrument_id is not None else None
    now, before = (quoted.now, quoted.before) if quoted else (None, None)
    words = (
        f"{one.symbol} looks split {_ratio_words(ratio)}: the position has exactly that ratio and the price went from "
        f"{before} to {now}. No activity row proves it, so it is not booked by itself."
    )
    evidence = [Evidence("price", str(one.symbol), "price moved inversely", {"before": before, "now": now})]
    return finding(one, Cause.SPLIT, words, context, evidence=evidence, proposal=Proposal(NAME))


def _ratio_words(ratio: Decimal | None) -> str:
    if ratio is None:
        return "by an unknown ratio"
    return f"{plain(ratio)}:1" if ratio >= 1 else f"1:{plain((1 / ratio).quantize(Decimal('0.0001')))}"


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
