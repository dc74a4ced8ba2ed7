"""The one place where the time is read. A rehearsal sets TIEOUT_NOW; live accounts refuse to run with it."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.settings import Settings

REHEARSED = "TIEOUT_NOW"


def now() -> datetime:
    """The present moment, UTC; or the rehearsed one, which stands still.

    `TIEOUT_NOW=2026-01-16T14:20:00Z@2026-03-01T09:00:00Z` runs on instead, from the first moment at the second, real
    one: every process that is given it reads the same time.
    raises    ConfigError where TIEOUT_NOW is no aware ISO 8601 moment
    """
    text = os.environ.get(REHEARSED)
    if not text:
        return datetime.now(UTC)
    rehearsed, runs, began = text.partition("@")
    return _moment(rehearsed) + (datetime.now(UTC) - _moment(began)) if runs else _moment(rehearsed)


def wall_clock() -> datetime:
    """The real moment, UTC, in a rehearsal too: for what other clocks must agree with, such as one-time codes."""
    return datetime.now(UTC)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{REHEARSED}={text!r} is not an ISO 8601 moment such as 2026-01-16T21:30:00Z") from error
    if moment.tzinfo is None:
        raise ConfigError(f"{REHEARSED}={text!r} needs a time zone, such as 2026-01-16T21:30:00Z")
    return moment.astimezone(UTC)


def refuse_rehearsed_time_when_live(settings: Settings) -> None:
    """A made-up time must never reach an account with real money.

    raises    ConfigError naming the live accounts
    """
    live = [name for name, account in settings.accounts.items() if account.account.mode is Mode.LIVE]
    if live and os.environ.get(REHEARSED):
        raise ConfigError(f"{REHEARSED} is set, and these accounts are live: {', '.join(live)}. Unset it.")
