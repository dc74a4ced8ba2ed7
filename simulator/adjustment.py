"""What a split makes of an option contract.

Source: the OCC's adjustment of strikes, multipliers and deliverables (By-Laws article VI, section 11A, and its memos):

whole ratio (4:1)    so many contracts for each, the strike divided; the contract stays a standard one
other ratio (3:2)    the same contracts; the strike divided, multiplier and deliverable multiplied
reverse (1:10)       the same contracts, strike and multiplier; fewer shares are delivered

The last two get a root of their own, which ends in a digit. Strikes are rounded to a tenth of a cent, the finest that a
symbol can state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from simulator.contracts import ContractTerms, Deliverable, Settled, standard_terms
from tieout.instruments import Instrument, option
from tieout.options.osi import OsiSymbol, parse_osi

_STRIKE_STEP = Decimal("0.001")
_LONGEST_ROOT = 6


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The contract that takes another's place.

    per_old   contracts of it for each of the old
    """

    terms: ContractTerms
    per_old: Decimal


def split_contract(terms: ContractTerms, ratio: Decimal) -> Adjusted:
    """What a split of `ratio` new shares for each old one makes of a contract on them.

    raises   ValueError for a contract that was adjusted before, or is settled in cash: the OCC decides those one by one
    """
    old = parse_osi(terms.contract.symbol)
    if terms.is_adjusted or old.is_adjusted or terms.settled is Settled.CASH or len(old.root) == _LONGEST_ROOT:
        raise ValueError(f"{old.padded}: no rule says what a split makes of it")
    strike = (old.strike / ratio).quantize(_STRIKE_STEP, ROUND_HALF_UP) if ratio > 1 else old.strike
    if ratio > 1 and ratio == ratio.to_integral_value():
        return Adjusted(standard_terms(_contract(replace(old, strike=strike), terms, Decimal(1))), ratio)
    renamed = replace(old, root=f"{old.root}1", strike=strike)
    contract = _contract(renamed, terms, ratio if ratio > 1 else Decimal(1))
    delivered = tuple(Deliverable(part.instrument, part.units * ratio) for part in terms.securities)
    return Adjusted(ContractTerms(contract, delivered), Decimal(1))


def _contract(symbol: OsiSymbol, terms: ContractTerms, larger: Decimal) -> Instrument:
    old = terms.contract
    return option(symbol.padded, old.currency, multiplier=old.multiplier * larger, underlying=old.underlying)
