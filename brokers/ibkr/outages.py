"""When TWS is away on purpose: its nightly restart, and the weekly login that a person has to approve.

Sources: the vendor's guide to auto-restart, and its note that all sessions end on Sunday at 01:00 New York. What is
planned is not used, and not blamed: it counts against nobody, and nobody is called for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from brokers.ibkr.codes import BROKER
from tieout.errors import ConfigError, DataError, PlannedOutage, Unavailable
from tieout.outages import Outage, parse_outage

NEW_YORK = ZoneInfo("America/New_York")
NIGHTLY, WEEKLY = "23:45-00:45", "01:00-17:00"  # by the clock of New York, the latter on Sundays
_NEVER = "none"


@dataclass(frozen=True, slots=True)
class Outages:
    """What is planned for one program, by why."""

    planned: Mapping[str, Outage]

    def explain(self, error: Unavailable, now: datetime) -> Unavailable:
        """The same error, as planned where it happens in a planned outage."""
        for why, outage in self.planned.items():
            if (until := outage.until(now)) is not None and not isinstance(error, PlannedOutage):
                words = f"in a planned outage, {why}, until {until:%Y-%m-%d %H:%M} UTC: {error.reason}"
                planned = PlannedOutage(BROKER, words, code=error.code)
                planned.until = until
                return planned
        return error


def outages_of(options: Mapping[str, str], account_id: str) -> Outages:
    """From the account's options. Raises ConfigError for what is no span such as 23:45-00:45."""
    given = {
        "the nightly restart": (options.get("nightly_restart", NIGHTLY), "daily"),
        "the weekly login": (options.get("weekly_login", WEEKLY), "sun"),
    }
    return Outages({why: _outage(span, days, why, account_id) for why, (span, days) in given.items() if span != _NEVER})


def planned_outages(options: Mapping[str, str], account_id: str) -> tuple[Outage, ...]:
    """The same without their names, for who plans around them."""
    return tuple(outages_of(options, account_id).planned.values())


def _outage(span: str, days: str, why: str, account_id: str) -> Outage:
    try:
        return parse_outage(f"{days} {span} {NEW_YORK.key}")
    except DataError as error:
        problem = f"{span!r} is no span such as 23:45-00:45, nor {_NEVER!r}"
        raise ConfigError(f"account {account_id}: {why}: {problem}") from error
