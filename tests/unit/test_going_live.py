"""The gate before real money: every point alone keeps an account out, and says what to do."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tieout.config import parse_settings
from tieout.going_live import LIMITS, PaperDay, Record, checklist, failed
from tieout.ids import AccountId
from tieout.settings import Settings

READY = """
[accounts.paper]
broker = "alpaca"
credential = "env:PAPER"
[accounts.real]
broker = "alpaca"
mode = "live"
live_enabled = true
credential = "env:REAL"
[accounts.real.risk]
max_position_pct = 0.10
max_order_notional = 20000
max_daily_loss_pct = 0.03
max_drawdown_pct = 0.10
approve_above = 10000
[alerts]
critical = ["env:ALERT_URL"]
[approvers.desk]
totp = "env:ANNA"
[approvers.boss]
totp = "env:BOSS"
role = "admin"
"""
PAPER = AccountId("paper")


def settings(text: str = READY) -> Settings:
    return parse_settings(tomllib.loads(text, parse_float=Decimal), {})


def days(*states: str) -> tuple[PaperDay, ...]:
    return tuple(PaperDay(PAPER, date(2026, 1, 1) + timedelta(days=n), state) for n, state in enumerate(states))


TWENTY = days(*["breaks_open"] * 15, *["tied_out"] * 5)


def missing(text: str = READY, record: Record = Record(TWENTY, halted=True), **wanted: Any) -> list[str]:  # noqa: B008
    given = settings(text)
    given = replace(given, going_live=replace(given.going_live, **wanted))
    return [one.name for one in failed(checklist(given, given.accounts[AccountId("real")], record))]


def test_an_account_that_has_everything_passes() -> None:
    assert missing() == []


@pytest.mark.parametrize(
    ("without", "point"),
    [
        ("live_enabled = true", "switch"),
        ('mode = "live"', "switch"),
        ("approve_above = 10000", "approval"),
        ('critical = ["env:ALERT_URL"]', "alerts"),
        ('role = "admin"', "people"),
        ('[approvers.desk]\ntotp = "env:ANNA"\n', "people"),
        *((f"{name} = ", "limits") for name in LIMITS),
    ],
)
def test_whatever_is_left_out_is_named(without: str, point: str) -> None:
    lines = [
        line for line in READY.splitlines(keepends=True) if not (without.endswith(" = ") and line.startswith(without))
    ]
    assert missing("".join(lines).replace(without, "")) == [point]


def test_a_key_that_paper_uses_too_is_not_its_own() -> None:
    assert missing(READY.replace("env:REAL", "env:PAPER")) == ["credential"]


@pytest.mark.parametrize(
    ("record", "points"),
    [
        (Record((), halted=True), ["paper period", "tied out"]),
        (Record(TWENTY[1:], halted=True), ["paper period"]),
        (Record((*TWENTY[:-1], replace(TWENTY[-1], state="critical_breaks")), halted=True), ["tied out"]),
        (Record((*TWENTY[:-1], replace(TWENTY[-1], state="quarantined")), halted=True), ["paper period", "tied out"]),
        (Record(TWENTY), ["halt"]),
    ],
)
def test_what_the_journal_does_not_prove_is_missing(record: Record, points: list[str]) -> None:
    assert missing(record=record) == points


def test_days_of_two_paper_accounts_do_not_add_up() -> None:
    other = tuple(replace(one, account_id=AccountId("other")) for one in TWENTY[:10])
    assert "paper period" in missing(record=Record((*TWENTY[10:], *other), halted=True))


def test_what_is_asked_for_is_set_by_the_settings_and_one_person_only_in_so_many_words() -> None:
    alone = READY.replace('[approvers.desk]\ntotp = "env:ANNA"\n', "")

    assert missing(alone) == ["people"]
    assert missing(alone, people=1) == []
    assert missing(record=Record(), paper_sessions=0, clean_sessions=0, halt_rehearsed=False) == []


def test_each_missing_point_says_what_to_do() -> None:
    given = settings('[accounts.real]\nbroker = "alpaca"\n')
    told = failed(checklist(given, given.accounts[AccountId("real")], Record()))

    assert all(one.advice for one in told)
    assert "[accounts.real.risk]" in {one.name: one.advice for one in told}["limits"]
