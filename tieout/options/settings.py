"""The `[options]` table as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from tieout.options.dividends import Dividend
from tieout.options.likelihood import Bands


@dataclass(frozen=True, slots=True)
class OptionSettings:
    """How expirations are looked at.

    days        sessions ahead that a forecast looks
    window      execution window that approved proposals go out in
    patience    sessions after an expiration that the venue's rows may take, before figures alone may book
    dividends   announced cash dividends, for the ex-dividend screen
    """

    days: int = 5
    window: str = "session"
    patience: int = 1
    bands: Bands = field(default_factory=Bands)
    dividends: tuple[Dividend, ...] = ()
