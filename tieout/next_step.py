"""What a person does next about an open break: one sentence by cause. Pure text, the same in report and alert."""

from __future__ import annotations

from tieout.recon.types import BreakKind, Cause

_BY_CAUSE = {
    Cause.MISSED_FILL: "Compare the fill with the broker's confirmation, then book it: the order was ours.",
    Cause.MANUAL_TRADE: (
        "Ask who traded outside the system. Accept the trade into the book, or have the broker bust it."
    ),
    Cause.BOOKING_ERROR: "Compare our entry with the broker's row, and correct ours by a reversing entry.",
    Cause.SETTLEMENT_TIMING: "Wait until it settles; if it is still here after that date, ask the broker.",
    Cause.PENDING_ORDER: "Look at the order at the broker; it should end with the session.",
    Cause.ASSIGNMENT: "Check the assignment notice, then book contracts and underlying together.",
    Cause.EXERCISE: "Check the exercise notice, then book contracts and underlying together.",
    Cause.EXPIRATION: "Check that the option expired worthless and was not assigned, then book it.",
    Cause.SPLIT: "Check ratio and effective date with the issuer's notice, then book it.",
    Cause.CORPORATE_ACTION: "Read the issuer's notice: no rule may guess what became of the holding.",
    Cause.DIVIDEND: "Check rate and ex-date, then book it.",
    Cause.INTEREST: "Check it against the broker's rate, then book it.",
    Cause.FUNDING: "Compare amount and sign with the venue's funding history, then book or correct it.",
    Cause.LIQUIDATION: "Look at margin and open orders at the venue first; then book the closing with its fee.",
    Cause.DELEVERAGING: "Compare units and price with the venue's notice, see what hedge is gone, then book it.",
    Cause.CONVERSION: "Ask who converted it, then book all of its legs together.",
    Cause.DUST: "Check which dust was converted, then book all of its legs together.",
    Cause.REWARD: "Check it against the venue's programme, then book it.",
    Cause.FEE_IN_COIN: "See in which coin the venue takes fees now, and correct our row by a reversing entry.",
    Cause.CONTRACT_SIZE: "Compare with the contract's specification (contracts × size are units), and correct our row.",
    Cause.INTERNAL_TRANSFER: "Both ends are ours: see that the other account shows it too, then book both.",
    Cause.TRANSFER: "Ask who moved it; book it once somebody stands behind it.",
    Cause.FEE: "Check it against the broker's fee schedule, then book it.",
    Cause.FRACTIONAL_ROUNDING: "Compare the broker's fractions; book the rounding once it is understood.",
}
_BY_KIND = {
    BreakKind.INSTRUMENT_UNMAPPED: "Tell which instrument the symbol means; until then it is not compared.",
    BreakKind.STALE_PRICE: "Find out why the price is old: a halt, a delisting, or a feed that stands still.",
    BreakKind.DUPLICATE_EXECUTION: "See which of the two is real, and take the other back by a reversing entry.",
    BreakKind.OPTION_OUTCOME: "Look at the option at the broker, and book by hand what its records prove.",
    BreakKind.ORDER_STATE_MISMATCH: "Look the order up at the broker; place nothing on this instrument before that.",
}
_UNKNOWN = "Nobody knows the cause yet: compare both sides row by row, and ask the broker before booking anything."


def next_step(kind: BreakKind, cause: Cause) -> str:
    """What to do about an open break of that kind and cause."""
    return _BY_CAUSE.get(cause) or _BY_KIND.get(kind) or _UNKNOWN
