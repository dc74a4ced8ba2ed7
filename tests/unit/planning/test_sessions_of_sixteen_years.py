"""For every session of the New York Stock Exchange from 2015 to 2030: planned times against a second source.

The oracle knows nothing of our calendar code: hours are the exchange's own rule (09:30 to 16:00 New York, 13:00 on half
days, whose dates the exchange published), turned into UTC by the change-over rule of the Energy Policy Act of 2005
(second Sunday of March, first Sunday of November) and not by a time zone database.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.unit.planning.examples import XNYS, by_name, plan

SINCE, UNTIL = date(2015, 1, 1), date(2030, 12, 31)
FULL_CLOSE, HALF_CLOSE = time(16), time(13)
CLOSURES = {date(2018, 12, 5): "mourning for George H. W. Bush", date(2025, 1, 9): "mourning for Jimmy Carter"}
JUNETEENTH = 2022  # the first year in which the exchange kept it


def easter(year: int) -> date:
    """Gauss, in the form of Meeus."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * j) // 433
    month = (h + j - 7 * m + 90) // 25
    return date(year, month, (h + j - 7 * m + 33 * month + 19) % 32)


def nth(year: int, month: int, weekday: int, number: int) -> date:
    """The n-th weekday of a month, Monday being 0."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def last_monday_of_may(year: int) -> date:
    day = date(year, 5, 31)
    return day - timedelta(days=day.weekday())


def observed(day: date) -> date:
    """A Sunday's holiday is kept on Monday, a Saturday's on Friday (rule 7.2 of the exchange)."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def holidays(year: int) -> set[date]:
    fixed = [date(year, 7, 4), date(year, 12, 25)] + ([date(year, 6, 19)] if year >= JUNETEENTH else [])
    new_year = date(year, 1, 1)
    kept = {observed(day) for day in fixed}
    kept |= {observed(new_year)} if new_year.weekday() != 5 else set()  # on a Saturday it is not made up for
    kept |= {nth(year, 1, 0, 3), nth(year, 2, 0, 3), nth(year, 9, 0, 1), nth(year, 11, 3, 4)}
    return kept | {last_monday_of_may(year), easter(year) - timedelta(days=2)}


def half_days(year: int) -> set[date]:
    """The day after Thanksgiving, the day before Independence Day, and Christmas Eve, where they are trading days."""
    found = {nth(year, 11, 3, 4) + timedelta(days=1)}
    third, eve = date(year, 7, 3), date(year, 12, 24)
    if third.weekday() in range(4):  # the fourth is then no weekend's
        found.add(third)
    if eve.weekday() in range(4):
        found.add(eve)
    return found


def sessions() -> dict[date, time]:
    """Every trading day with its closing hour in New York."""
    found = {}
    day = SINCE
    while day <= UNTIL:
        if day.weekday() < 5 and day not in holidays(day.year) and day not in CLOSURES:
            found[day] = HALF_CLOSE if day in half_days(day.year) else FULL_CLOSE
        day += timedelta(days=1)
    return found


def utc(day: date, hour: time) -> datetime:
    summer = nth(day.year, 3, 6, 2) <= day < nth(day.year, 11, 6, 1)  # from 02:00 on; markets are closed by then
    return datetime.combine(day, hour, UTC) + timedelta(hours=4 if summer else 5)


def expected(day: date, closes: time) -> dict[str, datetime]:
    opening, close = utc(day, time(9, 30)), utc(day, closes)
    minutes = {
        "assignment-check": opening - timedelta(minutes=120),
        "broker-health/open-2h": opening - timedelta(minutes=120),
        "execution-window/open-auction": opening - timedelta(minutes=32),
        "execution-window/session": opening - timedelta(minutes=2),
        "options-expiration/forecast": opening + timedelta(minutes=30),
        "options-expiration/decide": close - timedelta(minutes=165),
        "broker-health/close-1h30m": close - timedelta(minutes=90),
        "execution-window/close-auction": close - timedelta(minutes=17),
        "options-expiration/expect": close + timedelta(minutes=30),
        "eod-reconciliation": close + timedelta(minutes=45),
    }
    # the gateway restarts at 23:45 for an hour: one look at five minutes after it
    return minutes | {f"broker-health/back-{utc(day, time(0, 45)):%d-%H%M}": utc(day, time(0, 50))}


OUTAGES = ("daily 23:45-00:45 America/New_York",)


def test_every_planned_time_equals_the_rule_to_the_second(capsys: pytest.CaptureFixture[str]) -> None:
    days, odd, runs = sessions(), [], 0
    before = SINCE
    for day, closes in days.items():
        found = plan(day, utc(day, time(3)), outages=OUTAGES)

        assert {name: due.at for name, due in by_name(found).items()} == expected(day, closes), day
        assert [due.at for due in found.dues] == sorted(due.at for due in found.dues)
        assert (found.session, found.why) == (day, None)
        runs += len(found.dues)
        if closes != FULL_CLOSE or utc(before, time(12)).hour != utc(day, time(12)).hour:
            odd.append((day, closes, by_name(found)["eod-reconciliation"].at))
        before = day

    assert set(days) == {day for day in all_days() if XNYS.is_session(day)}
    assert (len(days), runs) == (4021, 4021 * 11)
    with capsys.disabled():
        print_odd(odd, days)


def test_a_day_without_a_session_plans_nothing_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    days = sessions()
    closed = [day for day in all_days() if day not in days]
    for day in closed:
        found = plan(day, utc(day, time(3)), outages=OUTAGES)

        assert (found.dues, found.session) == ((), None)
        assert found.why is not None
        assert found.why.startswith(f"{day} is no session: ")
        if day in CLOSURES:
            assert found.why.endswith("a closure that the exchange announced")
    assert len(closed) + len(days) == (UNTIL - SINCE).days + 1


def all_days() -> list[date]:
    return [SINCE + timedelta(days=number) for number in range((UNTIL - SINCE).days + 1)]


def print_odd(odd: list[tuple[date, time, datetime]], days: dict[date, time]) -> None:
    print(f"\n{len(days)} sessions of XNYS, {SINCE} to {UNTIL}; the odd ones:")
    for day, closes, close_run in odd:
        what = "half day" if closes != FULL_CLOSE else "first session after the clocks changed"
        print(f"{day} {day:%a}  closes {closes:%H:%M}  close runs {close_run:%H:%M} UTC  {what}")
    for day, why in CLOSURES.items():
        print(f"{day} {day:%a}  closed        nothing runs              {why}")
