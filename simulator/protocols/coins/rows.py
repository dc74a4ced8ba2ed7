"""How coin venues write numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from tieout.money import ZERO

Row = dict[str, object]


def milliseconds(moment: datetime | None) -> int:
    """Since 1970; zero where there is none."""
    return 0 if moment is None else int(moment.timestamp() * 1_000)


def moment_of(text: str | int) -> datetime:
    """From milliseconds since 1970. Raises ValueError."""
    return datetime.fromtimestamp(int(text) / 1_000, UTC)


def digits(number: Decimal | None, places: int = 8) -> str:
    """With so many digits behind the point; zero for none. More digits than that are kept."""
    value = ZERO if number is None else number
    exponent = value.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{value:.{max(places, own)}f}"


def trimmed(number: Decimal | None) -> str:
    """Without zeros at the end; "0" for none."""
    if not number:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
