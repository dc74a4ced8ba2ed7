"""What a session needs, and when: calendars that are not New York's, outages, announced early closes, settings."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from tests.unit.planning.examples import FRIDAY, MONDAY, NAME, THURSDAY, at, by_name, plan, settings
from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.outages import ends_between, parse_outage
from tieout.planning.rules import said
from tieout.planning.settings import Missed, PlanSettings
from tieout.sessions import Sessions
from tieout.windows import moment


def test_an_announced_early_close_moves_what_hangs_on_the_close() -> None:
    early = Sessions("XNYS", early=[(FRIDAY, time(12))])
    found = by_name(plan(FRIDAY, at("2026-01-16 08:00"), sessions=early))

    assert early.is_half_day(FRIDAY)
    assert found["eod-reconciliation"].at == at("2026-01-16 17:45")
    assert found["execution-window/session"].latest == at("2026-01-16 16:45")
    assert found["broker-health/open-2h"].at == at("2026-01-16 12:30")


def test_an_announced_close_that_is_no_earlier_changes_nothing() -> None:
    assert Sessions("XNYS", early=[(FRIDAY, time(17))]).closes_at(FRIDAY) == at("2026-01-16 21:00")


def test_on_a_day_the_next_sessions_first_runs_are_planned_where_they_fall_on_it() -> None:
    forex = plan(None, at("2026-01-18 12:00"), sessions=Sessions("forex"), given=settings(calendar="forex"))

    assert forex.why == "2026-01-18 is no session: a Sunday"
    assert [(due.name, due.session) for due in forex.dues] == [
        ("broker-health/open-2h", date(2026, 1, 19)),
        ("execution-window/open-auction", date(2026, 1, 19)),
        ("execution-window/session", date(2026, 1, 19)),
    ]
    assert plan(None, at("2026-01-16 12:00")).dues == plan(FRIDAY, at("2026-01-16 12:00")).dues


def test_what_falls_into_an_outage_is_moved_behind_it_and_says_so() -> None:
    found = plan(FRIDAY, at("2026-01-16 06:00"), outages=["fri 16:30-17:30 America/New_York"])
    close = by_name(found)["eod-reconciliation"]

    assert close.at == at("2026-01-16 22:35")
    assert close.why == "close+45m, moved: the venue is away until 2026-01-16 22:30 UTC"
    assert "broker-health/back-16-2230" not in by_name(found)  # after the close nobody waits for it


def test_a_run_that_an_outage_leaves_no_time_for_is_left_out_with_the_reason() -> None:
    found = plan(FRIDAY, at("2026-01-16 06:00"), outages=["fri 13:00-15:59 America/New_York"])

    assert "options-expiration/decide" not in by_name(found)
    assert (
        "options-expiration/decide is left out: close-2h45m, moved: the venue is away until 2026-01-16 20:59 UTC"
        in found.notes
    )


def test_before_the_opening_one_look_follows_the_last_outage_and_during_the_session_each() -> None:
    outages = ["daily 23:45-00:45 America/New_York", "fri 06:00-06:30 America/New_York", "fri 11:00-11:10 UTC"]
    found = plan(FRIDAY, at("2026-01-16 05:00"), outages=[*outages, "fri 12:00-12:30 America/New_York"])

    looks = [due for due in found.dues if due.part.startswith("back-")]
    assert [(due.at, due.latest) for due in looks] == [
        (at("2026-01-16 11:35"), at("2026-01-16 21:00")),
        (at("2026-01-16 17:35"), at("2026-01-16 21:00")),
    ]


def test_an_outage_that_another_one_prolongs_has_not_ended() -> None:
    both = [parse_outage("fri 06:00-06:30 UTC"), parse_outage("fri 06:30-07:00 UTC")]
    assert ends_between(both, at("2026-01-15 00:00"), at("2026-01-16 12:00")) == (at("2026-01-16 07:00"),)


def test_exchanges_without_listed_options_plan_none() -> None:
    found = plan(FRIDAY, at("2026-01-16 06:00"), sessions=Sessions("XLON"))
    assert {due.flow for due in found.dues} == {"broker-health", "execution-window", "eod-reconciliation"}


def test_a_session_too_short_for_a_window_says_so() -> None:
    windows = {"late": {"begins": "open+7h", "ends": "close"}}
    given = parse_settings({"accounts": {NAME: {"broker": "alpaca"}}, "windows": windows}, {})
    found = plan(date(2026, 11, 27), at("2026-11-27 06:00"), given=given)

    assert found.notes == ("the session of 2026-11-27 is too short for window late",)
    assert "execution-window/late" not in by_name(found)


def test_keys_name_flow_account_and_session() -> None:
    found = by_name(plan(FRIDAY, at("2026-01-16 06:00")))

    assert found["eod-reconciliation"].key == "eod-reconciliation:alpaca-main:2026-01-16"
    assert found["execution-window/session"].key == "execution-window/session:alpaca-main:2026-01-16"
    assert found["options-expiration/expect"].latest == at("2026-01-20 14:30")
    assert MONDAY > THURSDAY


@pytest.mark.parametrize("text", ["open", "close", "open+30m", "close-2h45m", "open-1h30s", "close+15s"])
def test_a_moment_is_said_as_it_is_written(text: str) -> None:
    assert said(moment(text)) == text


def test_the_plan_table_is_read_and_its_mistakes_are_told() -> None:
    written = {
        "close": "close+1h",
        "health": ["open-3h"],
        "spread_s": Decimal(5),
        "accounts_per_run": 20,
        "near": {"ibkr": "ibkr"},
        "missed": {"eod-reconciliation": "once", "risk-watch": "skip"},
    }
    plan_ = parse_settings({"plan": written}, {}).plan

    assert (plan_.close, plan_.health) == (moment("close+1h"), (moment("open-3h"),))
    assert (plan_.spread_s, plan_.accounts_per_run, plan_.near) == (5.0, 20, {"ibkr": "ibkr"})
    assert plan_.policy("eod-reconciliation") is Missed.ONCE
    assert plan_.policy("risk-watch") is Missed.SKIP
    assert plan_.policy("transfers-watch") is Missed.ONCE
    assert parse_settings({}, {}).plan == PlanSettings()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"close": "noon"}, "close 'noon' is no moment"),
        ({"health": ["soon"]}, "health 'soon' is no moment"),
        ({"missed": {"eod-reconcilation": "once"}}, "did you mean 'eod-reconciliation'"),
        ({"missed": {"eod-reconciliation": "twice"}}, "must be one of skip, once, catch_up, report_only"),
        ({"near": {"ibkr": "The Gateway"}}, "must be a place such as ibkr"),
        ({"accounts_per_run": 0}, "must be 1 or above"),
        ({"clos": "close"}, "'clos' is not known"),
    ],
)
def test_a_wrong_plan_table_is_refused(written: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_settings({"plan": written}, {})


def test_calendars_take_closures_and_early_closes() -> None:
    accounts = {NAME: {"broker": "alpaca"}}
    said_ = parse_settings({"accounts": accounts, "calendars": {"XNYS": ["2026-12-05", "2026-12-23 13:00"]}}, {})
    account = said_.accounts[NAME]

    assert account.closures == (date(2026, 12, 5),)
    assert account.early_closes == ((date(2026, 12, 23), time(13)),)
    with pytest.raises(ConfigError, match="nor an early close"):
        parse_settings({"accounts": accounts, "calendars": {"XNYS": ["2026-12-23 noon"]}}, {})
