"""A fee that was taken in another coin than the book has it: out of the units, in money, or in the venue's token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.instruments import AssetClass
from tieout.recon.context import Context
from tieout.recon.rules.common import finding, money, row_evidence, units, when
from tieout.recon.types import BreakKind, Cause, Difference, Finding

NAME = "coin_fee"


def coin_fee(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: our row and the broker's agree on the trade, and only the fee and what it was taken from differ."""
    for one in left:
        if one.kind is BreakKind.EXECUTION_MISMATCH and _is_the_fee(one):
            yield _explain(one, f"{units(one.detail.get('coin_fee') or one.detail.get('theirs_fee'))}", context)
        elif one.kind is BreakKind.FEE_MISMATCH and _in_another_coin(one, context):
            yield _explain(one, units(one.theirs), context)


def _is_the_fee(one: Difference) -> bool:
    """The same money moved for units that are apart by exactly a fee."""
    detail = one.detail
    if one.asset_class is not AssetClass.CRYPTO or detail.get("same_money") is not True:
        return False
    taken = detail.get("coin_fee") or 0
    return one.quantity == -taken if taken else bool(detail.get("theirs_fee")) and not detail.get("ours_fee")


def _in_another_coin(one: Difference, context: Context) -> bool:
    ours, theirs = one.detail.get("ours_currency"), one.detail.get("theirs_currency")
    return ours != theirs and (ours in context.coins or theirs in context.coins)


def _explain(one: Difference, fee: str, context: Context) -> Finding:
    theirs = one.detail.get("theirs_currency") or one.detail.get("fee_currency")
    ours = one.detail.get("ours_currency")
    words = (
        f"The broker took {fee} {theirs or ''} as fee on {one.symbol}{when(one, 'of')}; the book has it "
        f"{f'in {ours}' if ours else 'differently'}: {units(one.quantity)} units and {money(one.amount, one.currency)} "
        "apart."
    )
    evidence = [row_evidence(one, "our row beside the broker's")]
    return finding(one, Cause.FEE_IN_COIN, words, context, evidence=evidence)
