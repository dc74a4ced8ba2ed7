"""The simulated time: it moves when told to, and never backwards."""

from __future__ import annotations

from datetime import UTC, datetime


class SimulatedClock:
    """Aware UTC time that stands still between two calls of `advance_to`."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    @property
    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._now

    def __call__(self) -> datetime:
        """As `now`, so that the clock itself can be handed to whoever wants to be told the time."""
        return self._now

    def advance_to(self, moment: datetime) -> None:
        """Move to `moment`; ValueError for a moment that has passed."""
        target = _utc(moment)
        if target < self._now:
            raise ValueError(f"the clock stands at {self._now.isoformat()} and cannot go back to {target.isoformat()}")
        self._now = target


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone is no moment: {moment!r}")
    return moment.astimezone(UTC)
