"""Pieces of a page as HTML: figures, marks, tables, cards. Everything that comes from the stores is escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from tieout.money import plain

NOTHING = "–"
_CHART = (  # a picture knows nothing of the page's colours: these can be read on white and on black
    "text{font:11px sans-serif;fill:#7d8894}.name{font-weight:600;font-size:12px}"
    ".line{fill:none;stroke:#3b82d6;stroke-width:1.4;stroke-linejoin:round}.dot{fill:#3b82d6}"
    ".grid{stroke:#7d8894;stroke-opacity:.25}.axis{stroke:#7d8894;stroke-opacity:.7}"
    ".bar.long{fill:#3b82d6}.bar.short,.bar.warning{fill:#cf7418}.bar.critical{fill:#d23f37}.bar.info{fill:#7d8894}"
)
_FALL = ".line{stroke:#d23f37}"
_GOOD = frozenset({"tied_out", "filled", "accepted", "active", "healthy", "done", "up"})
_BAD = frozenset(
    {
        "critical",
        "critical_breaks",
        "quarantined",
        "failed",
        "unknown",
        "rejected",
        "halted",
        "live",
        "down",
        "unauthorised",
        "mismatched",
    }
)
_WARN = frozenset(
    {
        "warning",
        "breaks_open",
        "incomplete",
        "awaiting_approval",
        "reduce_only",
        "waiting",
        "skipped",
        "degraded",
        "maintenance",
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    key      of the row
    number   set to the right, with digits below each other
    wide     may be broken into lines
    """

    key: str
    title: str
    number: bool = False
    wide: bool = False


def money(value: Decimal | None, currency: str = "") -> str:
    """`1,234,567.80 USD`."""
    return NOTHING if value is None else f"{value:,.2f} {currency}".strip()


def short(value: Decimal | None) -> str:
    """`1.23 M`, for where there is little room."""
    if value is None:
        return NOTHING
    for power, unit in ((9, "bn"), (6, "M"), (3, "k")):
        if abs(value) >= 10**power:
            return f"{value.scaleb(-power):,.2f} {unit}"
    return f"{value:,.2f}"


def units(value: Decimal | None) -> str:
    """A quantity with its own digits."""
    return NOTHING if value is None else plain(value)


def percent(part: Decimal | None, digits: int = 1) -> str:
    """0.1234 as `12.3 %`."""
    return NOTHING if part is None else f"{part * 100:,.{digits}f} %"


def signed(value: Decimal | None, told: str) -> Markup:
    """A change, in the colour of its direction."""
    if value is None:
        return escape(NOTHING)
    kind = "good" if value > 0 else "bad" if value < 0 else "quiet"
    return Markup('<span class="{}">{}{}</span>').format(kind, "+" if value > 0 else "", told)


def ago(moment: datetime | None, now: datetime) -> str:
    """`3 min ago`; of something to come, `in 2 d`."""
    if moment is None:
        return NOTHING
    apart = now - moment
    told = _span(abs(apart))
    return f"{told} ago" if apart >= timedelta() else f"in {told}"


def _span(apart: timedelta) -> str:
    seconds = int(apart.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def words(value: object) -> str:
    """`critical_breaks` as `critical breaks`."""
    return NOTHING if value is None else str(value).replace("_", " ")


def mark(value: object) -> Markup:
    """A state in its colour."""
    return Markup('<span class="mark {}">{}</span>').format(kind_of(value), words(value))


def kind_of(value: object) -> str:
    """The colour of a state: good, warn, bad or quiet."""
    name = str(value)
    return "good" if name in _GOOD else "bad" if name in _BAD else "warn" if name in _WARN else "quiet"


def heading(text: str, note: str = "") -> Markup:
    """A part's title."""
    return Markup("<h3>{} <small>{}</small></h3>").format(text, note)


def empty(text: str) -> Markup:
    """What is said where there is nothing."""
    return Markup('<p class="nothing">{}</p>').format(text)


def notice(kind: str, text: str) -> Markup:
    """A line that must be seen."""
    return Markup('<p class="notice {}">{}</p>').format(kind, text)


def table(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], nothing: str) -> Markup:
    """A table that becomes one card a row where the screen is narrow."""
    listed = list(rows)
    if not listed:
        return empty(nothing)
    head = Markup("").join(_head(one) for one in columns)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(one, row) for one in columns)) for row in listed
    )
    return Markup('<table class="rows"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(head, body)


def figures(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Names with their values."""
    inside = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*pair) for pair in pairs)
    return Markup('<dl class="figures">{}</dl>').format(inside)


def cards(parts: Iterable[Markup]) -> Markup:
    """Side by side where there is room."""
    return Markup('<div class="cards">{}</div>').format(Markup("").join(parts))


def card(inside: Markup, kind: str = "quiet") -> Markup:
    """One of them; its edge has the colour of what it tells."""
    return Markup('<section class="card {}">{}</section>').format(kind, inside)


def drawing(svg: Markup, told: str, kind: str = "") -> Markup:
    """A chart as a picture: Streamlit takes SVG out of the pages that it is given."""
    if not svg:
        return Markup("")
    whole = svg.replace("<svg ", Markup('<svg xmlns="http://www.w3.org/2000/svg" '), 1)
    styled = str(whole).replace(">", f"><style>{_CHART}{_FALL if kind == 'fall' else ''}</style>", 1)
    data = base64.b64encode(styled.encode()).decode()
    return Markup('<figure><img class="chart" alt="{}" src="data:image/svg+xml;base64,{}"></figure>').format(told, data)


def page(*parts: Markup) -> Markup:
    """A whole page."""
    return Markup('<div class="tieout">{}</div>').format(Markup("").join(parts))


def _head(one: Column) -> Markup:
    return Markup('<th class="{}">{}</th>').format("n" if one.number else "", one.title)


def _cell(one: Column, row: Mapping[str, Any]) -> Markup:
    value = row[one.key]
    kind = "n" if one.number else "wide" if one.wide else ""
    shown = value if isinstance(value, Markup) else escape(NOTHING if value is None else str(value))
    return Markup('<td class="{}" data-title="{}">{}</td>').format(kind, one.title, shown)
