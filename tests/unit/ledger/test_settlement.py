from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.unit.ledger.records import BTC, ES, KO, LINEAR, PUT, event, trade
from tieout.instruments import Instrument, cash, cfd, forex, fund
from tieout.ledger.booking import place_activity, place_execution
from tieout.ledger.settlement import is_us_bank_holiday, settlement_date, settlement_days
from tieout.records import ActivityKind as Kind
from tieout.sessions import Sessions

NYSE = Sessions("XNYS")


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        (date(2017, 9, 1), date(2017, 9, 7)),  # the last T+3, over Labor Day
        (date(2017, 9, 5), date(2017, 9, 7)),  # the first T+2
        (date(2024, 5, 24), date(2024, 5, 29)),  # the last T+2, over Memorial Day
        (date(2024, 5, 28), date(2024, 5, 29)),  # the first T+1
        (date(2025, 7, 3), date(2025, 7, 7)),
        (date(2025, 11, 28), date(2025, 12, 1)),
        (date(2025, 1, 8), date(2025, 1, 10)),  # over an unscheduled closure
    ],
)
def test_us_equities_settle_by_the_cycle_of_their_trade_date(traded: date, settles: date) -> None:
    assert settlement_date(KO, traded, NYSE) == settles


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        (date(2025, 10, 10), date(2025, 10, 14)),  # Columbus Day: exchanges trade, banks are closed
        (date(2025, 10, 13), date(2025, 10, 14)),
        (date(2025, 11, 10), date(2025, 11, 12)),  # Veterans Day
        (date(2015, 11, 10), date(2015, 11, 16)),  # T+3 over Veterans Day
    ],
)
def test_nothing_settles_on_a_bank_holiday(traded: date, settles: date) -> None:
    assert settlement_date(KO, traded, NYSE) == settles


def test_veterans_day_moves_from_sunday_to_monday_and_stays_on_saturday() -> None:
    assert is_us_bank_holiday(date(2029, 11, 12))
    assert is_us_bank_holiday(date(2023, 11, 11))
    assert not is_us_bank_holiday(date(2023, 11, 10))
    assert not is_us_bank_holiday(date(2024, 11, 12))


@pytest.mark.parametrize(
    ("exchange", "traded", "days"),
    [
        ("XTSE", date(2024, 5, 27), 1),
        ("XTSE", date(2024, 5, 24), 2),
        ("XLON", date(2014, 10, 3), 3),
        ("XLON", date(2026, 1, 5), 2),
        ("XETR", date(2027, 10, 11), 1),
        ("XTKS", date(2019, 7, 12), 3),
        ("XTKS", date(2026, 1, 5), 2),
        ("XHKG", date(2026, 1, 5), 2),
    ],
)
def test_other_exchanges_have_their_own_cycles(exchange: str, traded: date, days: int) -> None:
    assert settlement_days(KO, traded, exchange) == days


@pytest.mark.parametrize("same_day", [BTC, ES, LINEAR, cfd("US500"), cash("USD")])
def test_coins_and_margin_move_on_the_trade_date(same_day: Instrument) -> None:
    assert settlement_date(same_day, date(2026, 1, 5), NYSE) == date(2026, 1, 5)


def test_options_and_funds_settle_the_next_session_in_every_year() -> None:
    assert settlement_date(PUT, date(2016, 1, 8), NYSE) == date(2016, 1, 11)
    assert settlement_date(fund("VTSAX"), date(2016, 1, 8), NYSE) == date(2016, 1, 11)


def test_spot_forex_settles_in_two_days_and_in_one_against_the_canadian_dollar() -> None:
    week = Sessions("forex")
    assert settlement_date(forex("EUR", "USD"), date(2026, 1, 9), week) == date(2026, 1, 13)
    assert settlement_date(forex("USD", "CAD"), date(2026, 1, 9), week) == date(2026, 1, 12)
    assert settlement_date(forex("EUR", "CAD"), date(2026, 1, 9), week) == date(2026, 1, 13)
    assert settlement_date(forex("EUR", "USD"), date(2025, 12, 23), week) == date(2025, 12, 26)


def test_an_alias_of_the_exchange_settles_like_the_exchange() -> None:
    assert settlement_date(KO, date(2026, 1, 5), Sessions("NASDAQ")) == date(2026, 1, 6)


def test_a_trade_is_placed_on_its_session_and_its_settlement_date() -> None:
    assert place_execution(trade("1", "1", day=4), NYSE) == (date(2026, 1, 9), date(2026, 1, 12))


def test_an_event_moves_cash_on_its_own_session_unless_the_venue_says_otherwise() -> None:
    paid = event(Kind.DIVIDEND, amount="1", day=5)
    assert place_activity(paid, NYSE) == (date(2026, 1, 12), date(2026, 1, 12))
    stated = replace(paid, settles_on=date(2026, 2, 1))
    assert place_activity(stated, NYSE) == (date(2026, 1, 12), date(2026, 2, 1))


def test_the_stock_of_an_assignment_settles_like_a_trade_in_it() -> None:
    leg = event(Kind.OPTION_TRADE, "100", "-15000", day=4)
    assert place_activity(leg, NYSE) == (date(2026, 1, 9), date(2026, 1, 12))
    cash_leg = event(Kind.OPTION_TRADE, amount="5", instrument=None, day=4)
    assert place_activity(cash_leg, NYSE) == (date(2026, 1, 9), date(2026, 1, 9))
