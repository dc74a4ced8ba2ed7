"""How much of what should have been compared was compared. `0 breaks` means something only at 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from tieout.money import ZERO

_ONE = Decimal(1)
_DIGITS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run had before it.

    positions, statement_rows               rows that could be compared
    unmapped_positions, unmapped_rows       rows that could not, for no instrument is known
    has_cash                                the snapshot states cash in the base currency
    has_statement                           the broker's statement is there and complete
    has_baseline                            an accepted snapshot or a signed-off opening to start from
    cash_is_implied                         the statement's rows say what cash they moved
    """

    positions: int
    unmapped_positions: int
    statement_rows: int
    unmapped_rows: int
    has_cash: bool
    has_statement: bool
    has_baseline: bool
    cash_is_implied: bool


def parts(seen: Seen) -> dict[str, Decimal]:
    """Every comparison that a close owes, with the part of it that was made, 0 to 1."""
    listed = _mapped(seen.positions, seen.unmapped_positions)
    stated = _mapped(seen.statement_rows, seen.unmapped_rows) if seen.has_statement else ZERO
    implied = stated if seen.has_baseline else ZERO
    cash = _ONE if seen.has_cash else ZERO
    implied_cash = min(implied, cash) if seen.cash_is_implied else ZERO
    return {
        "positions: book and snapshot": listed,
        "positions: book and statement": implied,
        "positions: statement and snapshot": min(implied, listed),
        "cash: book and snapshot": cash,
        "cash: book and statement": implied_cash,
        "cash: statement and snapshot": implied_cash,
        "executions": stated,
        "activities": stated,
        "open orders": _ONE,
    }


def coverage(made: Mapping[str, Decimal]) -> Decimal:
    """The mean over all parts, rounded down: it reads 1 only when everything was compared."""
    if not made:
        return ZERO
    return (sum(made.values(), ZERO) / len(made)).quantize(_DIGITS, rounding=ROUND_DOWN)


def _mapped(known: int, unknown: int) -> Decimal:
    return Decimal(known) / Decimal(known + unknown) if known + unknown else _ONE
