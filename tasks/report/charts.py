"""Charts as SVG inside the page: readable in light and dark, named for screen readers, without a script."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from html import escape
from typing import Any

INK = "#7a8794"  # stands out on white and on black alike
LONG, SHORT = "#2f7ed8", "#d9822b"
Row = dict[str, Any]


def equity_curve(nav: Sequence[Row], currency: str) -> str:
    """Equity over the sessions; empty where there is only one to show."""
    points = [row for row in nav if row["currency"] == currency]
    if len(points) < 2:
        return ""
    days = [row["business_date"] for row in points]
    title = f"Equity, {currency}, {days[0]} to {days[-1]}"
    with _axes(title) as (axes, out):
        axes.plot(range(len(days)), [float(row["equity"]) for row in points], color=LONG, marker="o", markersize=3)
        shown = range(0, len(days), max(len(days) // 6, 1))
        axes.set_xticks(list(shown), [f"{days[index]:%d %b}" for index in shown])
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return out[0]


def exposure(rows: Sequence[Row]) -> str:
    """Long and short market value by asset class."""
    if not rows:
        return ""
    with _axes("Market value by asset class") as (axes, out):
        names = [row["asset_class"] for row in rows]
        axes.barh(names, [_number(row["long_value"]) for row in rows], color=LONG)
        axes.barh(names, [_number(row["short_value"]) for row in rows], color=SHORT)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return out[0]


def ageing(breaks: Sequence[Row]) -> str:
    """How many sessions the open breaks have stood."""
    if not breaks:
        return ""
    ages = [int(row["age_sessions"]) for row in breaks]
    with _axes("Open breaks by age in sessions") as (axes, out):
        counts = [ages.count(age) for age in range(max(ages) + 1)]
        axes.bar(range(len(counts)), counts, color=SHORT, width=0.7)
        axes.set_xticks(range(len(counts)))
        axes.set_yticks(range(max(counts) + 1))
    return out[0]


def _number(value: Decimal | None) -> float:
    return float(value or 0)


@contextmanager
def _axes(title: str) -> Iterator[tuple[Any, list[str]]]:
    """Axes to draw on; the finished SVG is in the list when the block has ended."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    out: list[str] = []
    with mpl.rc_context({"svg.fonttype": "none", "font.size": 9, "svg.hashsalt": "tieout", "text.color": INK}):
        figure = Figure(figsize=(4.6, 2.2), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, fontsize=9, color=INK, loc="left")
        axes.tick_params(colors=INK, length=2)
        for name, spine in axes.spines.items():
            spine.set_visible(name in {"left", "bottom"})
            spine.set_color(INK)
        yield axes, out
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    out.append(_inline(drawn.getvalue(), title))


def _inline(svg: str, title: str) -> str:
    """The svg element alone, sized by the page, with its name for those who cannot see it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    opening = body.index(">") + 1
    return f'{body[: opening - 1]} role="img">{f"<title>{escape(title)}</title>"}{body[opening:]}'
