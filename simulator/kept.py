"""Records that a broker keeps, and from when on it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from tieout.records import Activity, Execution

RecordT = TypeVar("RecordT", Execution, Activity)


@dataclass(frozen=True, slots=True)
class Kept(Generic[RecordT]):
    """A record.

    visible_at   UTC; before it the broker's lists do not show the record, though it has moved position and cash
    heard        whether the desk was told of it when it became visible
    """

    record: RecordT
    visible_at: datetime
    heard: bool


class Records(Generic[RecordT]):
    """Records in the order in which they happened."""

    def __init__(self) -> None:
        self._kept: list[Kept[RecordT]] = []

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, record: RecordT, visible_at: datetime, *, heard: bool) -> None:
        """Add a record at the end."""
        self._kept.append(Kept(record, visible_at, heard))

    @property
    def all(self) -> tuple[RecordT, ...]:
        """Everything that happened, visible or not, each in its newest revision."""
        return tuple(kept.record for kept in self._newest(None))

    def visible(self, now: datetime) -> tuple[RecordT, ...]:
        """What the broker shows at `now`."""
        return tuple(kept.record for kept in self._newest(now))

    def shown(self, now: datetime) -> tuple[Kept[RecordT], ...]:
        """What the broker shows at `now`, with the moment each became visible."""
        return self._newest(now)

    def heard(self, now: datetime) -> tuple[RecordT, ...]:
        """What the desk has been told by `now`."""
        return tuple(kept.record for kept in self._newest(now) if kept.heard)

    def _newest(self, now: datetime | None) -> tuple[Kept[RecordT], ...]:
        """The last revision of each record that is visible by `now`, in the order in which they happened."""
        newest: dict[str, Kept[RecordT]] = {}
        for kept in self._kept:
            if now is None or kept.visible_at <= now:
                newest[_id_of(kept.record)] = kept
        return tuple(newest.values())


def _id_of(record: Execution | Activity) -> str:
    return record.execution_id if isinstance(record, Execution) else record.activity_id
