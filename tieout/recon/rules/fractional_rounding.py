"""Dust: the venue rounds a fractional position to other digits than the sum of its fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.instruments import AssetClass
from tieout.money import plain
from tieout.recon.context import Context
from tieout.recon.rules.common import finding, pair_says, units
from tieout.recon.severity import money_at_risk
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding, Pair, Proposal

NAME = "fractional_rounding"
_FRACTIONAL = frozenset({AssetClass.EQUITY, AssetClass.FUND, AssetClass.CRYPTO})


def fractional_rounding(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: both positions, apart by no more units and no more money than the caps name."""
    for one in left:
        if one.kind is BreakKind.QUANTITY_MISMATCH and one.pair is Pair.BOOK_SNAPSHOT and _is_dust(one, context):
            yield _explain(one, context)


def _is_dust(one: Difference, context: Context) -> bool:
    money = money_at_risk(one, context)
    return (
        one.asset_class in _FRACTIONAL
        and abs(one.quantity) <= context.caps.rounding_quantity
        and money is not None
        and money <= context.caps.rounding_money
    )


def _explain(one: Difference, context: Context) -> Finding:
    words = (
        f"{one.symbol}: the broker holds {units(one.theirs)}, the book {units(one.ours)}; "
        f"{plain(one.quantity)} units are rounding (at most {plain(context.caps.rounding_quantity)}). {pair_says(one)}"
    )
    evidence = [Evidence("snapshot_position", str(one.symbol), "the broker's rounded position", dict(one.detail))]
    proposal = Proposal(NAME, adjust_quantity=one.quantity, automatic=True)
    return finding(one, Cause.FRACTIONAL_ROUNDING, words, context, evidence=evidence, proposal=proposal)
