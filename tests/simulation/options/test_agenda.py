"""The hours of a broker's day, in order, half days and holidays among them."""

from __future__ import annotations

from datetime import date

from simulator.agenda import Hour, agenda
from simulator.policy import ALPACA, AT_THE_CLOSE
from tests.simulation.options.evening import FRI, TUE, new_york
from tests.simulation.world import NYSE


def test_alpaca_posts_before_dawn_closes_positions_at_a_quarter_past_three_and_decides_at_six() -> None:
    found = list(agenda(ALPACA, NYSE, new_york(FRI, "00:00"), new_york(TUE, "04:20")))

    assert [(f"{moment.astimezone(NYSE.zone):%a %H:%M}", hour) for moment, hour, _ in found] == [
        ("Fri 04:20", Hour.POST),
        ("Fri 09:30", Hour.OPEN),
        ("Fri 15:15", Hour.LIQUIDATE),
        ("Fri 16:00", Hour.CLOSE),
        ("Fri 16:00", Hour.END),
        ("Fri 18:00", Hour.DECIDE),
        ("Tue 04:20", Hour.POST),
    ]
    assert [day for _, _, day in found] == [FRI] * 6 + [TUE]


def test_on_a_half_day_positions_are_closed_as_long_before_its_close() -> None:
    friday = date(2026, 11, 27)
    found = agenda(ALPACA, NYSE, new_york(friday, "10:00"), new_york(friday, "23:00"))

    assert [f"{moment.astimezone(NYSE.zone):%H:%M}" for moment, _, _ in found] == ["12:15", "13:00", "13:00", "18:00"]


def test_where_all_happens_at_the_close_options_are_decided_before_anything_settles() -> None:
    found = agenda(AT_THE_CLOSE, NYSE, new_york(FRI, "15:59"), new_york(FRI, "16:00"))

    assert [hour for _, hour, _ in found] == [Hour.CLOSE, Hour.DECIDE, Hour.END]


def test_a_window_opens_after_its_beginning_and_closes_with_its_end() -> None:
    assert not list(agenda(ALPACA, NYSE, new_york(FRI, "18:00"), new_york(TUE, "04:19")))
