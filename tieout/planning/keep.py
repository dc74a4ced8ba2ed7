"""From what is wished for and what already stands to what must change: planning twice changes nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.ids import AccountId
from tieout.planning.missed import GivenUp, Wish


class PlanState(StrEnum):
    """Of one planned run, as the journal has it."""

    PLANNED = "planned"
    BEGUN = "begun"
    ENDED = "ended"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the journal knows of one run.

    at            UTC, when it is scheduled
    flow_run_id   Prefect's id of the run that it is; None where there is none
    report        it only looks and tells
    words         how it ended, or why it did not run
    """

    key: str
    flow: str
    part: str
    account_id: AccountId
    session: date
    at: datetime
    state: PlanState
    flow_run_id: str | None = None
    report: bool = False
    why: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What Prefect says of a run.

    waits     it has not begun and will begin
    at        UTC, when; None where it does not wait
    words     the name of its state
    ended     it has ended, well or badly
    """

    waits: bool
    at: datetime | None = None
    words: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that share one flow run. Each group differs from every other by its key."""

    wishes: tuple[Wish, ...]

    @property
    def first(self) -> Wish:
        """The wish that names the group."""
        return self.wishes[0]

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        """In the order of their names."""
        return tuple(one.due.account_id for one in self.wishes)

    @property
    def idempotency_key(self) -> str:
        """For Prefect: flow, account, session; with how many more accounts where they share a run."""
        more = len(self.wishes) - 1
        return f"{self.first.due.key}+{more}" if more else self.first.due.key


@dataclass(frozen=True, slots=True)
class Changes:
    """What planning must do.

    remove      flow runs that have not begun and are not wanted as they stand
    create      flow runs to be made
    missed      to be written down as given up
    withdrawn   to be written down as not wanted any more
    kept        how many stay as they are
    """

    remove: tuple[str, ...] = ()
    create: tuple[Group, ...] = ()
    missed: tuple[GivenUp, ...] = ()
    withdrawn: tuple[Kept, ...] = ()
    kept: int = 0

    @property
    def none(self) -> bool:
        """Whether everything stands as it should."""
        return not (self.remove or self.create or self.missed or self.withdrawn)


def compare(
    wishes: Sequence[Wish],
    given_up: Sequence[GivenUp],
    rows: Mapping[str, Kept],
    standing: Mapping[str, Standing],
    now: datetime,
    *,
    grace: timedelta,
    together: int = 1,
) -> Changes:
    """What must change.

    rows        by key: every run of the accounts and sessions that the plan is about
    standing    by flow run id; a run that Prefect does not know is left out
    grace       how long after its time a run that was made up for may still wait
    together    accounts that share one flow run
    """
    right = {one.due.key for one in wishes if _is_right(one, rows, standing, now, grace)}
    changed = [one for one in wishes if one.due.key not in right]
    wanted = {one.due.key for one in wishes} | {one.due.key for one in given_up}
    dropped = [row for row in rows.values() if row.key not in wanted and _waits(row, standing)]
    ended = [one for one in given_up if one.due.key not in rows or _waits(rows[one.due.key], standing)]
    touched = {*(one.due.key for one in changed), *(row.key for row in dropped), *(one.due.key for one in ended)}
    theirs = {str(rows[key].flow_run_id) for key in touched if key in rows and _waits(rows[key], standing)}
    remove = theirs & standing.keys()
    broken = [one for one in wishes if one.due.key in right and _shares(rows.get(one.due.key), standing, remove)]
    return Changes(
        remove=tuple(sorted(remove)),
        create=tuple(grouped([*changed, *broken], together)),
        missed=tuple(ended),
        withdrawn=tuple(dropped),
        kept=len(right) - len(broken),
    )


def grouped(wishes: Iterable[Wish], together: int) -> list[Group]:
    """Wishes for the same work at the same time, as many accounts to a run as may share one."""
    alike: dict[tuple[object, ...], list[Wish]] = {}
    for one in wishes:
        when = one.due.at if one.late else one.at  # late ones lie apart by their spread alone
        alike.setdefault((one.due.name, one.due.session, when, one.due.place, one.report), []).append(one)
    groups = []
    for each in alike.values():
        ordered = sorted(each, key=lambda one: one.due.account_id)
        groups += [Group(tuple(ordered[start : start + together])) for start in range(0, len(ordered), together)]
    return sorted(groups, key=lambda group: (group.first.at, group.first.due.key))


def _is_right(
    one: Wish, rows: Mapping[str, Kept], standing: Mapping[str, Standing], now: datetime, grace: timedelta
) -> bool:
    row = rows.get(one.due.key)
    if row is None or row.state in {PlanState.MISSED, PlanState.WITHDRAWN}:
        return row is not None and row.state is PlanState.MISSED
    if row.state is not PlanState.PLANNED:
        return True
    found = standing.get(str(row.flow_run_id))
    if found is None:
        return False
    if not found.waits:
        return True
    if one.report is not row.report or found.at is None:
        return False
    return found.at > now - grace if one.late else found.at == one.at


def _waits(row: Kept, standing: Mapping[str, Standing]) -> bool:
    found = standing.get(str(row.flow_run_id))
    return row.state is PlanState.PLANNED and (found is None or found.waits)


def _shares(row: Kept | None, standing: Mapping[str, Standing], removed: set[str]) -> bool:
    """Whether the run, right in itself, goes with others of its group that are not."""
    return row is not None and _waits(row, standing) and str(row.flow_run_id) in removed
