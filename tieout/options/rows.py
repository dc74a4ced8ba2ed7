"""The broker's own rows about options, put together: an option row with the security and cash rows that go with it.

Alpaca joins them by `group_id`; Interactive Brokers and files do not always: then the security row of the same date
that delivers what the contract delivers, at its strike, is the one. A row that is still alone lost its other half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tieout.errors import DataError
from tieout.ids import derived_text
from tieout.instruments import AssetClass, Instrument
from tieout.options.deliverable import Deliverable, deliverable_of, exercise_money
from tieout.options.legs import received
from tieout.options.products import product_of
from tieout.records import Activity, ActivityKind, RecordStatus

ENDINGS = frozenset({ActivityKind.ASSIGNMENT, ActivityKind.EXERCISE, ActivityKind.EXPIRATION})
KINDS = ENDINGS | {ActivityKind.OPTION_TRADE}


@dataclass(frozen=True, slots=True)
class Joined:
    """One option row and what goes with it.

    whole    nothing that should go with it is missing
    """

    row: Activity
    legs: tuple[Activity, ...]
    whole: bool

    @property
    def contract(self) -> Instrument:
        """The option."""
        if self.row.instrument is None:
            raise DataError(f"activity {self.row.activity_id} ends an option and names none")
        return self.row.instrument

    @property
    def books(self) -> tuple[Activity, ...]:
        """All of it under one group, so that the ledger sees one event."""
        group = self.row.group_id or derived_text("OPT", self.row.activity_id)
        return tuple(replace(one, group_id=group) for one in (self.row, *self.legs))


@dataclass(frozen=True, slots=True)
class Sorted:
    """What the rows come to.

    orphans    security and cash rows without an option row
    repeated   ids that came more than once and say the same: counted once
    """

    joined: tuple[Joined, ...]
    orphans: tuple[Activity, ...]
    repeated: tuple[str, ...]


def sort_rows(activities: Iterable[Activity], stated: Mapping[str, Sequence[str]] | None = None) -> Sorted:
    """The option events among activities; a row that was taken back, and its first saying, are left out.

    stated    deliverables by symbol of contract, as the venue lists them
    """
    standing, repeated = _standing([one for one in activities if one.kind in KINDS])
    endings = [one for one in standing if one.kind in ENDINGS]
    loose = [one for one in standing if one.kind is ActivityKind.OPTION_TRADE]
    joined = []
    for row in endings:
        legs = _legs_of(row, loose, endings, (stated or {}).get(_symbol(row), ()))
        loose = [one for one in loose if one not in legs]
        joined.append(Joined(row, legs, _is_whole(row, legs)))
    return Sorted(tuple(joined), tuple(loose), repeated)


def _standing(activities: Sequence[Activity]) -> tuple[list[Activity], tuple[str, ...]]:
    """The last word on each id, in the order of first appearance."""
    found: dict[str, Activity] = {}
    repeated: list[str] = []
    for one in activities:
        before = found.get(one.activity_id)
        if before is not None and before.status is one.status:
            repeated.append(one.activity_id)
        if before is None or _RANK[one.status] >= _RANK[before.status]:
            found[one.activity_id] = one
    return [one for one in found.values() if one.status is not RecordStatus.CANCELLED], tuple(repeated)


_RANK = {RecordStatus.EXECUTED: 0, RecordStatus.CORRECTED: 1, RecordStatus.CANCELLED: 2}


def _legs_of(
    row: Activity, loose: Sequence[Activity], endings: Sequence[Activity], stated: Sequence[str]
) -> tuple[Activity, ...]:
    if row.kind is ActivityKind.EXPIRATION and row.group_id is None:
        return ()
    if row.group_id is not None:
        mine = [one for one in loose if one.group_id == row.group_id]
        siblings = [one for one in endings if one.group_id == row.group_id]
        if len(siblings) > 1:
            return _matching(row, mine, stated)
        return (*mine, *_of_no_group(row, mine, loose, endings, stated))
    return _matching(row, [one for one in loose if one.group_id is None], stated)


def _of_no_group(
    row: Activity,
    mine: Sequence[Activity],
    loose: Sequence[Activity],
    endings: Sequence[Activity],
    stated: Sequence[str],
) -> tuple[Activity, ...]:
    """What the contract delivers besides and stands apart: a venue may group by underlying, a new share has its own."""
    taken = {one.group_id for one in endings}
    here = {_symbol(one) for one in mine}
    free = [one for one in loose if one.group_id not in taken]
    return tuple(one for one in _matching(row, free, stated) if one.quantity and _symbol(one) not in here)


def _matching(row: Activity, loose: Sequence[Activity], stated: Sequence[str]) -> tuple[Activity, ...]:
    """The rows that deliver what the contract delivers; of two equal ones the first."""
    contract, delivers = row.instrument, _delivers(row, stated)
    if contract is None or delivers is None:
        return ()
    times = received(contract, -row.quantity)
    wanted = {part.symbol: times * part.units for part in delivers.parts}
    found: list[Activity] = []
    for symbol, units in wanted.items():
        one = next((leg for leg in loose if leg not in found and _fits(leg, row, symbol, units)), None)
        if one is not None:
            found.append(one)
    cash = [leg for leg in loose if leg not in found and leg.quantity == 0 and _is_about(leg, contract)]
    return (*found, *cash[:1]) if delivers.cash or not delivers.parts else tuple(found)


def _fits(leg: Activity, row: Activity, symbol: str, units: Decimal) -> bool:
    return (
        leg.instrument is not None
        and leg.instrument.symbol == symbol
        and leg.quantity == units
        and leg.occurred_at == row.occurred_at
        and (leg.price is None or row.instrument is None or leg.price == row.instrument.strike or _adjusted(leg, row))
    )


def _adjusted(leg: Activity, row: Activity) -> bool:
    """Whether the money is right although the price per share is not the strike."""
    contract = row.instrument
    return contract is not None and abs(leg.amount) in {abs(row.quantity) * exercise_money(contract), Decimal(0)}


def _is_about(leg: Activity, contract: Instrument) -> bool:
    return leg.instrument is None or leg.instrument.symbol in {contract.symbol, product_of(contract).underlying}


def _delivers(row: Activity, stated: Sequence[str]) -> Deliverable | None:
    if row.instrument is None:
        return None
    try:
        return deliverable_of(row.instrument, stated)
    except DataError:
        return None


def _is_whole(row: Activity, legs: Sequence[Activity]) -> bool:
    """An assignment or exercise moves securities, or for a cash-settled contract money; an expiration neither."""
    contract = row.instrument
    if row.kind is ActivityKind.EXPIRATION or contract is None:
        return True
    if not product_of(contract).is_physical:
        return any(leg.quantity == 0 for leg in legs)
    return any(leg.quantity for leg in legs)


def is_option(one: Activity) -> bool:
    """Whether the row is about an option contract itself."""
    return one.instrument is not None and one.instrument.asset_class is AssetClass.OPTION


def _symbol(row: Activity) -> str:
    return row.instrument.symbol if row.instrument is not None else ""
