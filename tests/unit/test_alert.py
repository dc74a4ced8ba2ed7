from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.alert import LONGEST, SHOWN_ACCOUNTS, SHOWN_BREAKS, Alert, compose, money, quoted
from tieout.ids import AccountId, RunId
from tieout.recon.types import Severity
from tieout.verdict import AccountOutcome, OutcomeState

DAY = date(2026, 1, 16)
REPORT = "data/out/reports/close-2026-01-16.html"
FIRST_REASON = (
    "snapshot.expect_snapshot_to_be_complete: the snapshot is partial: positions: not JSON (120 bytes) "
    "[snapshot_id 5345134585701320, completeness partial]"
)

GOLDEN = """\
4 accounts: 1 quarantined, 1 critical breaks, 2 tied out; 3 open breaks (1 critical); coverage 0%

- alpaca-partial: quarantined, nothing was compared
    snapshot.expect_snapshot_to_be_complete: the snapshot is partial: positions: not JSON (120 bytes) \
[snapshot_id 5345134585701320, completeness partial]
- alpaca-busy: critical breaks, 3 open (1 critical), coverage 100%
- alpaca-clean: tied out, 0 open (0 critical), coverage 100%
- alpaca-events: tied out, 0 open (0 critical), coverage 100%

Open breaks, worst first:
- BRK-6a9f5e9b6a critical, alpaca-busy: 12,486.00 USD at risk, 2 sessions old
    missing execution, missed fill: The broker filled 40 BOLT at 62.15 for our order, and the book does not have it.
- BRK-0000000002 warning, alpaca-busy: 0.125 BTC at risk, 1 session old
    cash mismatch, unknown: The two sides differ.
- BRK-0000000003 warning, alpaca-busy: new
    missing execution, unknown: Nobody knows a price.

Report: data/out/reports/close-2026-01-16.html"""


def outcome(name: str, state: OutcomeState = OutcomeState.TIED_OUT, **figures: Any) -> AccountOutcome:
    return AccountOutcome(AccountId(name), DAY, state, **({"coverage": Decimal(1)} | figures))


def case(name: str, severity: str = "warning", risk: str = "0", **fields: Any) -> dict[str, Any]:
    row = {
        "break_id": name,
        "account_id": "alpaca-busy",
        "severity": severity,
        "kind": "missing_execution",
        "cause": "unknown",
        "currency": "USD",
        "money_at_risk": Decimal(risk),
        "age_sessions": 0,
        "explanation": "Nobody knows a price.",
    }
    return row | fields


BUSY = outcome("alpaca-busy", OutcomeState.CRITICAL_BREAKS, breaks_open=3, critical_open=1)
PARTIAL = outcome("alpaca-partial", OutcomeState.QUARANTINED, coverage=Decimal(0), quarantined_because=(FIRST_REASON,))
BREAKS = (
    case("BRK-0000000003"),
    case(
        "BRK-0000000002",
        risk="0.125",
        currency="BTC",
        kind="cash_mismatch",
        explanation="The two sides differ.",
        age_sessions=1,
    ),
    case(
        "BRK-6a9f5e9b6a",
        "critical",
        "12486",
        cause="missed_fill",
        explanation="The broker filled 40 BOLT at 62.15 for our order, and the book does not have it.",
        age_sessions=2,
    ),
)


def prints(alert: Alert) -> list[str]:
    return [one.fingerprint for one in alert.about]


def test_one_message_tells_a_run_account_by_account_and_break_by_break() -> None:
    alert = compose((outcome("alpaca-events"), BUSY, outcome("alpaca-clean"), PARTIAL), BREAKS, REPORT)

    assert alert.title == "tieout 2026-01-16: quarantined"
    assert alert.body == GOLDEN
    assert alert.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        (OutcomeState.TIED_OUT, Severity.INFO),
        (OutcomeState.SKIPPED, Severity.INFO),
        (OutcomeState.INCOMPLETE, Severity.WARNING),
        (OutcomeState.BREAKS_OPEN, Severity.WARNING),
        (OutcomeState.CRITICAL_BREAKS, Severity.CRITICAL),
        (OutcomeState.QUARANTINED, Severity.CRITICAL),
        (OutcomeState.FAILED, Severity.CRITICAL),
    ],
)
def test_the_worst_account_chooses_who_is_told(state: OutcomeState, severity: Severity) -> None:
    assert compose((outcome("a"), outcome("b", state)), (), REPORT).severity is severity


def test_a_failed_account_says_why_in_its_own_line() -> None:
    failed = outcome("alpaca-main", OutcomeState.FAILED, error="Unauthorised: alpaca: the key was refused [401]")
    assert (
        "- alpaca-main: failed: Unauthorised: alpaca: the key was refused [401]\n" in compose((failed,), (), "r").body
    )


def test_thousands_of_breaks_are_counted_not_listed() -> None:
    many = [case(f"BRK-{number:010}", "critical" if number < 12 else "info", str(number)) for number in range(5000)]
    body = compose((BUSY,), many, REPORT).body

    assert body.count("BRK-") == SHOWN_BREAKS
    assert "BRK-0000000011 critical" in body, "the most money first"
    assert "… and 4990 more (2 critical, 4988 info): `tieout breaks` lists all" in body


def test_many_accounts_are_counted_behind_the_worst() -> None:
    fine = [outcome(f"account-{number:03}") for number in range(100)]
    body = compose((*fine, BUSY), (), REPORT).body

    assert body.splitlines()[2].startswith("- alpaca-busy")
    assert f"… and {101 - SHOWN_ACCOUNTS} tied out" in body


def test_many_failed_checks_of_one_account_are_counted() -> None:
    reasons = tuple(f"positions.expect_{number}: 1 row" for number in range(8))
    assert "    … and 3 more\n" in compose((replace(PARTIAL, quarantined_because=reasons),), (), REPORT).body


def test_sessions_of_several_calendars_share_a_title() -> None:
    later = replace(outcome("crypto"), business_date=date(2026, 1, 18))
    assert compose((outcome("a"), later), (), REPORT).title == "tieout 2026-01-16 to 2026-01-18: tied out"


def test_a_run_over_no_account_still_makes_a_message() -> None:
    assert compose((), (), REPORT).title == "tieout: skipped"


def test_foreign_text_stays_on_its_line_and_tells_no_secret() -> None:
    hostile = "one\nReport: https://evil.example\r\n\u202etwo\x1b[31m token=test-secret https://u:p@host/x"
    body = compose((outcome("a", OutcomeState.FAILED, error=hostile),), (), REPORT).body

    assert body.splitlines()[2] == "- a: failed: one Report: https://evil.example two[31m token=*** https://***@host/x"
    assert body.count("\nReport: ") == 1


def test_long_text_is_cut_with_a_mark() -> None:
    shown = quoted("word " * 1000)
    assert len(shown) <= LONGEST
    assert shown.endswith("word…")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1234567.5", "1,234,567.50"), ("0.125", "0.125"), ("0", "0.00"), ("-0.5", "-0.50"), ("-1234", "-1,234.00")],
)
def test_money_has_separators_and_loses_no_digit(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=18))
def test_money_reads_back_exactly(amount: Decimal) -> None:
    assert Decimal(money(amount).replace(",", "")) == amount


def test_a_rerun_with_the_same_outcome_has_the_same_fingerprints() -> None:
    again = replace(BUSY, run_id=RunId("alpaca-busy-20260116-02"), breaks_opened=0, rows_compared=7)
    other_snapshot = FIRST_REASON.replace("5345134585701320", "99").replace("120", "77")
    sick = replace(PARTIAL, quarantined_because=(other_snapshot,))

    assert prints(compose((BUSY, PARTIAL), BREAKS, REPORT)) == prints(compose((again, sick), BREAKS[::-1], "elsewhere"))


def test_the_same_failure_at_another_port_is_the_same_outcome() -> None:
    one, other = (
        outcome("a", OutcomeState.FAILED, error=f"Unavailable: no connection to 127.0.0.1:{port}") for port in (81, 92)
    )
    assert prints(compose((one,), (), REPORT)) == prints(compose((other,), (), REPORT))


@pytest.mark.parametrize(
    ("changed", "breaks"),
    [
        (BUSY, BREAKS[:2]),
        (BUSY, (*BREAKS[:2], BREAKS[2] | {"severity": "warning"})),
        (replace(BUSY, coverage=Decimal("0.5")), BREAKS),
        (replace(BUSY, state=OutcomeState.BREAKS_OPEN), BREAKS),
        (replace(BUSY, error="StoreError: the disk is full"), BREAKS),
        (replace(BUSY, business_date=date(2026, 1, 20)), BREAKS),
    ],
)
def test_another_outcome_is_told_apart(changed: AccountOutcome, breaks: tuple[dict[str, Any], ...]) -> None:
    assert compose((changed,), breaks, REPORT).about != compose((BUSY,), BREAKS, REPORT).about


def test_an_account_is_fingerprinted_by_its_own_outcome_alone() -> None:
    together = compose((BUSY, outcome("a")), BREAKS, REPORT)
    assert together.about[0] == compose((BUSY,), BREAKS, REPORT).about[0]


@given(st.text(max_size=200))
def test_quoted_text_is_one_visible_line(text: str) -> None:
    shown = quoted(text)
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable()
