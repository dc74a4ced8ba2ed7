"""Quantity algebra: what must have happened to options that left the list, from what securities and cash did.

Each contract that is gone was exercised or assigned (then its deliverable and its money moved) or, past its expiration,
ran out (then nothing moved). All combinations are tried, for all legs of an underlying at once, and the money of all
underlyings together. One combination that fits is an explanation; two are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod

from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.deliverable import Deliverable, exercise_money
from tieout.options.legs import received

CENT = Decimal("0.01")
MOST = 20_000  # combinations that are tried; beyond that nothing is claimed


@dataclass(frozen=True, slots=True)
class Gone:
    """Contracts of one position that the broker no longer lists.

    contracts    signed, as they were held
    expired      their expiration has passed, so that they may have run out
    """

    contract: Instrument
    contracts: Decimal
    delivers: Deliverable
    expired: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One combination: how many contracts of each were exercised or assigned, counted up from zero."""

    counts: tuple[tuple[Gone, Decimal], ...]

    @property
    def units(self) -> dict[str, Decimal]:
        """Securities that moved, signed; those that did not are left out."""
        found: dict[str, Decimal] = {}
        for gone, count in self.counts:
            for part in gone.delivers.parts:
                found[part.symbol] = found.get(part.symbol, ZERO) + _times(gone, count) * part.units
        return {symbol: units for symbol, units in found.items() if units}

    @property
    def cash(self) -> Decimal:
        """Money that moved, signed."""
        return sum(
            (_times(gone, count) * (gone.delivers.cash - exercise_money(gone.contract)) for gone, count in self.counts),
            ZERO,
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """What the figures allow of one underlying's options.

    told       None where no combination, or more than one, fits
    exact      the money fits too, and no other combination of the whole account does
    """

    gone: tuple[Gone, ...]
    told: Told | None
    exact: bool


def explain(
    gone: Mapping[str, Sequence[Gone]], units: Mapping[str, Decimal], cash: Decimal | None
) -> tuple[Explained, ...]:
    """What must have happened, by underlying.

    gone     options that left, by underlying
    units    unexplained change of each security, signed; those without one are left out
    cash     unexplained change of cash, signed; None where the broker does not say
    """
    fitting = {name: _fitting(listed, units) for name, listed in gone.items()}
    whole = _by_money(fitting, cash)
    return tuple(_explained(name, listed, fitting[name], whole) for name, listed in gone.items())


def _explained(
    name: str, listed: Sequence[Gone], fitting: Sequence[Told], whole: Mapping[str, Told] | None
) -> Explained:
    if whole is not None:
        return Explained(tuple(listed), whole[name], exact=True)
    return Explained(tuple(listed), fitting[0] if len(fitting) == 1 else None, exact=False)


def _fitting(listed: Sequence[Gone], units: Mapping[str, Decimal]) -> list[Told]:
    """The combinations of one underlying that move the securities as they moved."""
    symbols = {part.symbol for one in listed for part in one.delivers.parts}
    wanted = {symbol: units[symbol] for symbol in symbols if units.get(symbol)}
    return [told for told in _combinations(listed) if told.units == wanted]


def _combinations(listed: Sequence[Gone]) -> Iterable[Told]:
    choices = [_choices(one) for one in listed]
    if prod(len(one) for one in choices) > MOST:
        return ()
    return (Told(tuple(zip(listed, counts, strict=True))) for counts in product(*choices))


def _choices(one: Gone) -> list[Decimal]:
    """How many may have been exercised or assigned: before expiration there is no other way to go."""
    whole = abs(one.contracts)
    if not one.expired:
        return [whole]
    return [Decimal(count) for count in range(int(whole) + 1)]


def _by_money(fitting: Mapping[str, Sequence[Told]], cash: Decimal | None) -> dict[str, Told] | None:
    """The one combination of the whole account whose money fits; None where there is none, or more than one."""
    if cash is None or not fitting or prod(len(one) for one in fitting.values()) > MOST:
        return None
    found = [
        combination
        for combination in product(*fitting.values())
        if abs(sum((one.cash for one in combination), ZERO) - cash) <= CENT
    ]
    return dict(zip(fitting, found[0], strict=True)) if len(found) == 1 else None


def _times(gone: Gone, count: Decimal) -> Decimal:
    """Deliverables that come in, signed."""
    return received(gone.contract, count if gone.contracts > 0 else -count)
