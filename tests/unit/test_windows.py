"""Windows are said by the session's open and close, so that short days move them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.approvers import Approver, agreed, why_not
from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.orders import TimeInForce
from tieout.sessions import Sessions
from tieout.windows import USUAL, Anchor, AtEnd, Moment, Window, moment

NYSE = Sessions("XNYS")
FULL, HALF = date(2026, 11, 25), date(2026, 11, 27)  # the day before and the day after Thanksgiving
ACCOUNTS = {"accounts": {"main": {"broker": "alpaca"}}}


def utc(day: date, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_a_half_day_moves_what_hangs_on_the_close() -> None:
    window = Window("last", moment("close-20m"), moment("close"))

    assert window.span(FULL, NYSE) == (utc(FULL, 20, 40), utc(FULL, 21, 0))
    assert window.span(HALF, NYSE) == (utc(HALF, 17, 40), utc(HALF, 18, 0))


def test_a_session_too_short_leaves_nothing_of_a_window() -> None:
    window = Window("afternoon", moment("open+4h"), moment("close-10m"))

    assert window.span(FULL, NYSE) is not None
    assert window.span(HALF, NYSE) is None


def test_the_usual_windows_cover_both_auctions_and_the_session() -> None:
    spans = {one.name: one.span(FULL, NYSE) for one in USUAL}

    assert spans["open-auction"] == (utc(FULL, 14, 0), utc(FULL, 14, 35))
    assert spans["session"] == (utc(FULL, 14, 30), utc(FULL, 20, 45))
    assert spans["close-auction"] == (utc(FULL, 20, 45), utc(FULL, 21, 5))
    assert [one.time_in_force for one in USUAL] == [TimeInForce.OPEN, TimeInForce.DAY, TimeInForce.CLOSE]


@given(st.sampled_from(Anchor), st.integers(0, 30), st.integers(0, 59), st.integers(0, 59), st.sampled_from("+-"))
def test_moments_are_read_as_they_are_written(
    anchor: Anchor, hours: int, minutes: int, seconds: int, sign: str
) -> None:
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)

    assert moment(f"{anchor}{sign}{hours}h{minutes}m{seconds}s") == Moment(anchor, -offset if sign == "-" else offset)


@pytest.mark.parametrize("text", ["", "noon", "open+", "open15m", "open+15", "close--5m", "open+1d"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no moment of a session"):
        moment(text)


def test_windows_are_configured_for_some_accounts_or_all() -> None:
    tables = {"morning": {"begins": "open", "ends": "open+1h", "accounts": ["main"], "at_end": "market"}}

    (window,) = parse_settings(ACCOUNTS | {"windows": tables}, {}).windows

    assert window.at_end is AtEnd.MARKET
    assert window.is_for(AccountId("main"))
    assert not window.is_for(AccountId("other"))
    assert USUAL[0].is_for(AccountId("other"))


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"windows": {"w": {"ends": "close"}}}, "begins is missing"),
        ({"windows": {"w": {"begins": "dawn", "ends": "close"}}}, "no moment of a session"),
        ({"windows": {"w": {"begins": "open", "ends": "close", "accounts": ["mian"]}}}, "did you mean 'main'"),
        ({"windows": {"w": {"begins": "open", "ends": "close", "at_end": "hope"}}}, "at_end"),
        ({"windows": {"w": {"begins": "open", "ends": "close", "colour": "red"}}}, "'colour' is not known"),
        ({"approvers": {"desk": {}}}, "totp is missing"),
        ({"approvers": {"desk": {"totp": "JBSWY3DP"}}}, "never the secret itself"),
        ({"calendars": {"XNYS": ["tomorrow"]}}, "no date"),
        ({"calendars": {"XNYS": "2026-12-05"}}, "must be a list such as"),
    ],
)
def test_a_wrong_table_is_told_with_its_place(tables: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_settings(ACCOUNTS | tables, {})


def test_an_ad_hoc_closure_reaches_the_accounts_of_its_calendar() -> None:
    settings = parse_settings(ACCOUNTS | {"calendars": {"XNYS": [date(2026, 12, 4)]}}, {})

    assert settings.accounts[AccountId("main")].closures == (date(2026, 12, 4),)


def test_an_approval_counts_only_from_the_right_person() -> None:
    small, any_size = Approver("junior", "env:A", Decimal(1000)), Approver("desk", "env:B")

    assert "up to 1000" in str(why_not(small, worth=Decimal(1001), proposer="momentum"))
    assert why_not(small, worth=Decimal(1000), proposer="momentum") is None
    assert why_not(any_size, worth=Decimal(10**9), proposer="desk") is None
    assert "another person" in str(why_not(any_size, worth=Decimal(1), proposer="desk", two_persons=True))
    assert "already" in str(why_not(any_size, worth=Decimal(1), proposer="x", earlier=("desk",), two_persons=True))
    assert agreed(("desk",), two_persons=False)
    assert not agreed(("desk",), two_persons=True)
    assert not agreed(("desk", "desk"), two_persons=True)
    assert agreed(("desk", "junior"), two_persons=True)


def settings_of(**calendars: str) -> tuple[Window, ...]:
    accounts = {name: {"broker": "alpaca", "calendar": calendar} for name, calendar in calendars.items()}
    return parse_settings({"accounts": accounts}, {}).windows


def test_a_market_that_never_closes_has_no_auctions_and_its_orders_rest() -> None:
    (always,) = settings_of(coins="24/7@22:00")
    assert (always.name, always.time_in_force, always.at_end, always.accounts) == (
        "around-the-clock",
        TimeInForce.GTC,
        AtEnd.LEAVE,
        (),
    )


def test_each_account_has_the_usual_windows_of_its_kind_of_market() -> None:
    def of(name: str) -> list[str]:
        return [one.name for one in settings_of(shares="XNYS", coins="24/7") if one.is_for(AccountId(name))]

    assert of("shares") == ["open-auction", "session", "close-auction"]
    assert of("coins") == ["around-the-clock"]
    assert settings_of(shares="XNYS") == USUAL
