"""What a signal is held to, by the way it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tieout.ids import AccountId
from tieout.settings import Settings
from tieout.signals.formats import Format
from tieout.signals.types import Source
from tieout.windows import Window


@dataclass(frozen=True, slots=True)
class SignalRules:
    """Bounds of one way in.

    accounts        those that are configured
    enabled         those of them that trade; a signal that names none is for the only one
    windows         by name
    time_to_live    from when it was sent until it is no longer acted on
    needs_time      whether the sender must say when it was sent, and recently
    most_quantity   units
    most_notional   instrument currency
    """

    accounts: frozenset[AccountId]
    windows: Mapping[str, Window]
    time_to_live: timedelta
    needs_time: bool
    most_quantity: Decimal
    most_notional: Decimal
    formats: tuple[Format, ...] = ()
    enabled: frozenset[AccountId] = frozenset()


def rules_for(settings: Settings, source: Source) -> SignalRules:
    """The rules of the settings; what comes over the wire must be fresh and say so."""
    signals = settings.signals
    is_wire = source is Source.WEBHOOK
    return SignalRules(
        frozenset(settings.accounts),
        {one.name: one for one in settings.windows},
        timedelta(seconds=signals.webhook.time_to_live_s if is_wire else signals.time_to_live_s),
        is_wire,
        signals.most_quantity,
        signals.most_notional,
        signals.formats,
        frozenset(name for name, one in settings.accounts.items() if one.enabled),
    )
