"""Signals for tests: rules, payloads, and the moment at which they arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId
from tieout.signals.formats import Format
from tieout.signals.parse import parse_signal
from tieout.signals.rules import SignalRules
from tieout.signals.types import Arrival, Kept, Refusal, RefusalCode, Signal, Source
from tieout.windows import Anchor, Moment, Window

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)
MAIN, OTHER = AccountId("alpaca-main"), AccountId("alpaca-other")
SESSION = Window("session", Moment(Anchor.OPEN), Moment(Anchor.CLOSE))
OF_OTHER = Window("late", Moment(Anchor.OPEN), Moment(Anchor.CLOSE), (OTHER,))


def rules(*formats: Format, needs_time: bool = False, live: timedelta = timedelta(days=1)) -> SignalRules:
    windows = {one.name: one for one in (SESSION, OF_OTHER)}
    most = Decimal(1_000_000), Decimal(10_000_000)
    return SignalRules(frozenset({MAIN, OTHER}), windows, live, needs_time, *most, formats)


def payload(**changed: Kept) -> dict[str, Kept]:
    """A wish in the built-in format; a field that is changed to None is left out."""
    fields: dict[str, Kept] = {"strategy": "alpha", "symbol": "AAPL", "side": "buy", "quantity": "10"}
    return {name: value for name, value in {**fields, **changed}.items() if value is not None}


def judged(
    content: Kept, *, strategy: str | None = None, held_to: SignalRules | None = None, now: datetime = NOW
) -> Signal | Refusal:
    return parse_signal(content, Arrival(Source.FOLDER, now, strategy), held_to or rules())


def taken(content: Kept, **options: Any) -> Signal:
    found = judged(content, **options)
    assert isinstance(found, Signal), found
    return found


def refused(content: Kept, **options: Any) -> Refusal:
    found = judged(content, **options)
    assert isinstance(found, Refusal), found
    return found


def code_of(content: Kept, **options: Any) -> tuple[RefusalCode, str]:
    """Why, and which field."""
    found = refused(content, **options)
    return found.code, found.field_name
