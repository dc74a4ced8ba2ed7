"""Which contracts of a long position are exercised.

Source: OCC rule 805, exercise by exception: at expiration whatever is in the money by $0.01 a share or more is
exercised, unless the holder instructs otherwise; FINRA rule 2360(b)(23) lets the holder decide against the rule either
way. The closing price decides; for an adjusted contract the value of all that it delivers against strike × multiplier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from simulator.contracts import ContractTerms
from tieout.money import ZERO

BY_EXCEPTION = Decimal("0.01")


class Choice(StrEnum):
    """What the holder wants done with a contract."""

    EXERCISE = "exercise"
    DO_NOT_EXERCISE = "do_not_exercise"


@dataclass(frozen=True, slots=True)
class Instruction:
    """Word from the holder of a long position.

    contracts   how many it is for, above zero; None: all that are held when it is carried out
    day         the session whose evening carries it out: of an instruction not to exercise, the expiration's
    """

    choice: Choice
    day: date
    contracts: Decimal | None = None


def is_in_the_money(terms: ContractTerms, worth: Decimal) -> bool:
    """Whether exercise by exception takes it: a cent for each unit of the multiplier."""
    return terms.gain(worth) >= BY_EXCEPTION * terms.contract.multiplier


def exercised(held: Decimal, instruction: Instruction | None, *, expiring: bool, in_the_money: bool) -> Decimal:
    """Contracts of a long position that are exercised tonight.

    held       contracts, above zero
    returns    contracts, zero up to `held`
    """
    if held < 0:
        raise ValueError(f"held counts up from zero, was {held}")
    told = ZERO if instruction is None else min(instruction.contracts or held, held)
    by_exception = held if expiring and in_the_money else ZERO
    if instruction is None:
        return by_exception
    if instruction.choice is Choice.EXERCISE:
        return max(by_exception, told)
    return max(by_exception - told, ZERO)
