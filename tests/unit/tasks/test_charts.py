from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.report.charts import WIDTH, Bar, bars, line

MONEY = st.decimals(-(10**12), 10**12, places=2)


def places(svg: str, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf' {name}="(-?[\d.]+)"', svg)]


def test_one_session_makes_no_curve_and_no_rows_make_no_chart() -> None:
    assert line("Equity", [("2026-01-15", Decimal(1))], "USD") == ""
    assert bars("Exposure", []) == ""


def test_a_curve_tells_its_ends_to_those_who_do_not_see_it() -> None:
    drawn = line("Equity", [("2026-01-15", Decimal(100)), ("2026-01-16", Decimal("99.5"))], "USD")
    assert "<title>Equity, USD</title>" in drawn
    assert "<desc>100.00 USD on 2026-01-15, 99.50 USD on 2026-01-16, 2 sessions</desc>" in drawn


def test_what_rises_goes_up() -> None:
    drawn = line("Equity", [("a", Decimal(1)), ("b", Decimal(2)), ("c", Decimal(3))], "USD")
    heights = places(drawn, "cy")
    assert heights == sorted(heights, reverse=True)


def test_bars_share_one_zero_and_short_ones_go_left() -> None:
    drawn = bars("Exposure", [Bar("long", Decimal(100), "100"), Bar("short", Decimal(-50), "-50", "short")])
    long, short = places(drawn, "width")
    starts = [float(one) for one in re.findall(r'<rect class="bar \w+" x="([\d.]+)"', drawn)]
    assert starts[1] < starts[0]
    assert abs(starts[1] + short - starts[0]) < 0.2
    assert abs(long - 2 * short) < 0.2


def test_names_are_words_and_never_markup() -> None:
    drawn = bars("<b>", [Bar("<i>&", Decimal(1), '"1"')], "<u>")
    assert not re.search(r"<[biu]>", drawn)
    assert "&lt;i&gt;&amp;" in drawn


@given(st.lists(MONEY, min_size=2, max_size=60))
def test_every_curve_stays_in_its_frame_and_has_marks_to_read_it_by(values: list[Decimal]) -> None:
    drawn = line("Equity", [(str(index), value) for index, value in enumerate(values)], "USD")
    height = float(re.findall(r'viewBox="0 0 \d+ (\d+)"', drawn)[0])
    curve = re.findall(r'points="([^"]+)"', drawn)[0].split()
    for place in curve:
        x, y = (float(one) for one in place.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= height
    assert 3 <= drawn.count('class="grid"') <= 7


@given(st.lists(MONEY, min_size=1, max_size=12))
def test_every_bar_stays_in_its_frame(values: list[Decimal]) -> None:
    drawn = bars("Exposure", [Bar(str(index), value, f"{value:,.0f}") for index, value in enumerate(values)])
    for start, width in re.findall(r'x="([\d.]+)" y="\d+" width="([\d.]+)"', drawn):
        assert float(start) >= 0
        assert float(start) + float(width) <= WIDTH
