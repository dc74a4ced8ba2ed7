"""A contract counted in contracts where it should be counted in units, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tieout.instruments import AssetClass
from tieout.money import WIDE, plain
from tieout.recon.context import Context
from tieout.recon.kinds import POSITION_KINDS
from tieout.recon.rules.common import finding, row_evidence, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Evidence, Finding

NAME = "contract_size"
SIZES = frozenset(Decimal(10) ** exponent for exponent in range(-8, 9) if exponent)
"""Contract sizes of coin exchanges: powers of ten of the coin, and 10 or 100 dollars of an inverse contract."""
_COUNTED = frozenset({AssetClass.PERPETUAL, AssetClass.FUTURE})


def contract_size(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: both sides hold the same, apart by a factor that is a contract size. Never resolved by itself."""
    for one in left:
        counted = one.kind in POSITION_KINDS or one.kind is BreakKind.EXECUTION_MISMATCH
        if counted and one.asset_class in _COUNTED and (size := _factor(one)) is not None:
            yield _explain(one, size, context)


def _factor(one: Difference) -> Decimal | None:
    """Theirs ÷ ours, where it is one of the sizes."""
    if not one.ours or not one.theirs:
        return None
    factor = WIDE.divide(one.theirs, one.ours)
    return factor if factor in SIZES else None


def _explain(one: Difference, factor: Decimal, context: Context) -> Finding:
    words = (
        f"{one.symbol}{when(one, 'of')}: the broker has {units(one.theirs)}, the book {units(one.ours)}, a factor of "
        f"{plain(factor)}: one of them counts contracts and the other units."
    )
    figures = [
        Evidence("snapshot_position", str(one.symbol), "the broker's figure beside the book's", dict(one.detail))
    ]
    evidence = [row_evidence(one, "our row beside the broker's")] if one.subject.startswith("execution:") else figures
    return finding(one, Cause.CONTRACT_SIZE, words, context, evidence=evidence)
