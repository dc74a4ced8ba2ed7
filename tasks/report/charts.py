"""Charts as SVG inside the page, drawn here: no script, no fonts, colours from the page so that dark mode holds.

A plotting library would take half a second to import and fifty milliseconds a chart; a hundred accounts have three
hundred charts, and these are lines and bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from markupsafe import Markup, escape

WIDTH = 380
LABEL, VALUE = 118, 78  # room for the names at the left and the figures at the right of bars
BAR, GAP = 16, 8
TOP = 24  # below the title


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its length (below zero to the left), the figure beside it, and its CSS class."""

    name: str
    value: Decimal
    shown: str
    kind: str = "long"


def line(title: str, points: Sequence[tuple[str, Decimal]], unit: str) -> Markup:
    """Values over sessions, oldest first; empty with fewer than two."""
    if len(points) < 2:
        return Markup("")
    height, left, right, bottom = 150, 66, WIDTH - 8, 126
    values = [value for _, value in points]
    low, high = _around(min(values), max(values))
    places = [
        (left + (right - left) * index / (len(points) - 1), _scaled(value, low, high, bottom, TOP + 8))
        for index, value in enumerate(values)
    ]
    parts = [_grid(value, _scaled(value, low, high, bottom, TOP + 8), left, right) for value in _ticks(low, high)]
    parts.append(_tag("polyline", {"class": "line", "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places)}))
    parts += [
        _tag("circle", {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "2.5"}, _title(f"{day}: {value:,.2f}"))
        for (x, y), (day, value) in zip(places, points, strict=True)
        if len(points) <= 40
    ]
    parts += [
        _text(points[0][0], left, height - 6, "start"),
        _text(points[-1][0], right, height - 6, "end"),
    ]
    first, last = points[0], points[-1]
    told = f"{first[1]:,.2f} {unit} on {first[0]}, {last[1]:,.2f} {unit} on {last[0]}, {len(points)} sessions"
    return _chart(f"{title}, {unit}", told, height, parts)


def bars(title: str, rows: Sequence[Bar], rest: str = "") -> Markup:
    """Bars from a common zero, one below the other, each with its figure; `rest` says what is left out."""
    if not rows:
        return Markup("")
    low = min(Decimal(0), *(row.value for row in rows))
    high = max(Decimal(0), *(row.value for row in rows))
    left, right = LABEL, WIDTH - VALUE
    if low == high:
        high = Decimal(1)
    zero = _scaled(Decimal(0), low, high, left, right)
    parts: list[Markup] = []
    for index, row in enumerate(rows):
        y = TOP + index * (BAR + GAP)
        end = _scaled(row.value, low, high, left, right)
        size = {"x": f"{min(zero, end):.1f}", "y": str(y), "width": f"{max(abs(end - zero), 1):.1f}"}
        parts.append(_tag("rect", {"class": f"bar {row.kind}", **size, "height": str(BAR), "rx": "2"}))
        parts.append(_text(_short(row.name), LABEL - 8, y + 12, "end"))
        parts.append(_text(row.shown, WIDTH, y + 12, "end", "figure"))
    bottom = TOP + len(rows) * (BAR + GAP)
    parts.append(_rule(zero, TOP - 2, zero, bottom - GAP + 2, "axis"))
    if rest:
        parts.append(_text(rest, WIDTH, bottom + 10, "end"))
    told = "; ".join(f"{row.name}: {row.shown}" for row in rows) + (f"; {rest}" if rest else "")
    return _chart(title, told, bottom + (16 if rest else 0), parts)


def payoff(
    title: str,
    points: Sequence[tuple[Decimal, Decimal]],
    marks: Sequence[tuple[str, Decimal]],
    band: tuple[Decimal, Decimal],
    unit: str,
) -> Markup:
    """Money over a price, lowest price first, with upright marks and a band in which nobody can say.

    marks    name and price, such as the strike and the last price
    """
    height, left, right, bottom = 176, 66, WIDTH - 8, 140
    low, high = _around(min(value for _, value in points), max(value for _, value in points))
    first, last = points[0][0], points[-1][0]

    def across(price: Decimal) -> float:
        return _scaled(min(max(price, first), last), first, last, left, right)

    def up(value: Decimal) -> float:
        return _scaled(value, low, high, bottom, TOP + 8)

    begins, ends = across(band[0]), across(band[1])
    room = {"x": f"{begins:.1f}", "y": str(TOP + 8), "width": f"{max(ends - begins, 1):.1f}", "fill-opacity": "0.18"}
    parts = [_tag("rect", {"class": "bar warning", **room, "height": str(bottom - TOP - 8)})]
    parts += [_grid(value, up(value), left, right) for value in _ticks(low, high)]
    parts.append(_rule(left, up(Decimal(0)), right, up(Decimal(0)), "axis"))
    places = " ".join(f"{across(price):.1f},{up(value):.1f}" for price, value in points)
    parts.append(_tag("polyline", {"class": "line", "points": places}))
    for row, (name, price) in enumerate(marks):
        parts.append(_rule(across(price), TOP + 8, across(price), bottom, "axis"))
        parts.append(_text(f"{name} {price:,f}", across(price), bottom + 14 + 13 * row, "middle", "figure"))
    told = (
        "; ".join(f"{name} at {price:,f}" for name, price in marks)
        + f"; nobody can say from {band[0]:,f} to {band[1]:,f}"
    )
    return _chart(f"{title}, {unit}", told, height, parts)


def _chart(title: str, told: str, height: int, parts: Sequence[Markup]) -> Markup:
    inside = [_title(title), _tag("desc", {}, escape(told)), _text(title, 0, 12, "start", "name"), *parts]
    box = {"class": "chart", "role": "img", "viewBox": f"0 0 {WIDTH} {height}"}
    return _tag("svg", box, Markup("").join(inside))


def _around(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """The range to draw: a little more than the values, never empty."""
    room = (high - low) / 10 or abs(high) / 100 or Decimal(1)
    return low - room, high + room


def _ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """Three to seven round values inside the range: multiples of 1, 2 or 5 times a power of ten."""
    power = Decimal(1).scaleb((high - low).adjusted())
    steps = (power * Decimal(one) for one in ("5", "2", "1", "0.5", "0.2"))
    found = (_multiples(step, low, high) for step in steps)
    return next(ticks for ticks in found if len(ticks) >= 3)


def _multiples(step: Decimal, low: Decimal, high: Decimal) -> list[Decimal]:
    first = int((low / step).to_integral_value(rounding=ROUND_CEILING))
    last = int((high / step).to_integral_value(rounding=ROUND_FLOOR))
    return [step * index for index in range(first, last + 1)]


def _scaled(value: Decimal, low: Decimal, high: Decimal, start: float, end: float) -> float:
    return start + float((value - low) / (high - low)) * (end - start)


def _grid(value: Decimal, y: float, left: float, right: float) -> Markup:
    shown = f"{value:,.0f}" if value == value.to_integral_value() else f"{value.normalize():,f}"
    return _rule(left, y, right, y, "grid") + _text(shown, left - 6, y + 4, "end")


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    ends = zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    return _tag("line", {"class": kind, **{name: f"{place:.1f}" for name, place in ends}})


def _text(text: str, x: float, y: float, anchor: str, kind: str = "") -> Markup:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    return _tag("text", place | ({"class": kind} if kind else {}), escape(text))


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _title(text: str) -> Markup:
    return _tag("title", {}, escape(text))


def _tag(name: str, attributes: dict[str, str], inside: Markup | None = None) -> Markup:
    listed = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in attributes.items())
    if inside is None:
        return Markup("<{}{}/>").format(name, listed)
    return Markup("<{0}{1}>{2}</{0}>").format(name, listed, inside)
