"""The request budget of an account, from its settings and from what its adapter knows of the venue."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from brokers.http.limiter import RequestBudget
from tieout.errors import ConfigError
from tieout.settings import AccountSettings

OPTIONS = frozenset({"requests_per_minute", "limits_in", "limits_file"})
"""What every adapter that has such a budget takes among its options."""
_FILE = "data/limits.sqlite"


class Shared(StrEnum):
    """Who shares the budget of one key, as `limits_in` says it."""

    RUN = "run"  # nobody: each flow run counts for itself
    FILE = "file"  # the flow runs of this machine
    JOURNAL = "journal"  # those of all machines with the same journal, in its PostgreSQL


def budget_of(settings: AccountSettings, broker: str, key: str, per_minute: int, *, rehearsal: bool) -> RequestBudget:
    """The budget of one key at one venue.

    key          tells keys apart, endpoint included; kept as a digest only
    per_minute   what the venue allows, less what a person at its own screens needs; `requests_per_minute` goes before
    rehearsal    the endpoint is this machine: another port each time and no limit to keep, so nobody shares it unless
                 the options say so
    raises       ConfigError for options that cannot be used
    """
    rate = settings.options.get("requests_per_minute", str(per_minute))
    if not rate.isdecimal() or int(rate) < 1:
        raise ConfigError(f"account {settings.account.account_id}: requests_per_minute is {rate!r}, not a count")
    return RequestBudget(broker, key, int(rate), _place(settings, rehearsal), settings.lanes)


def _place(settings: AccountSettings, rehearsal: bool) -> Path | str | None:
    options, url = settings.options, settings.limits_url
    usual = Shared.RUN if rehearsal else Shared.FILE if url is None else Shared.JOURNAL
    said = options.get("limits_in", Shared.FILE if options.get("limits_file") else usual)
    if said == Shared.JOURNAL and url is not None:
        return url
    if said == Shared.FILE:
        return Path(options.get("limits_file") or _FILE)
    if said == Shared.RUN:
        return None
    what = "needs a journal in PostgreSQL" if said == Shared.JOURNAL else f"must be one of {', '.join(Shared)}"
    raise ConfigError(f"account {settings.account.account_id}: limits_in = {said!r} {what}")
