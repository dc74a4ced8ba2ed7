from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recon.samples import ACCOUNT, MON, activity, cash, context, execution, position
from tieout.recon.context import Prior
from tieout.recon.coverage import Seen, coverage, parts
from tieout.recon.explain import explain
from tieout.recon.plainly import plainly
from tieout.recon.resolution import books, hold, resolve, waits
from tieout.recon.severity import by_money, max_severity, money_at_risk, stated, weigh
from tieout.recon.types import BreakKind, CaseState, Finding, Pair, Severity, break_id
from tieout.settings import ResolutionCaps, Severities

ALL = Seen(10, 0, 5, 0, has_cash=True, has_statement=True, has_baseline=True, cash_is_implied=True)


# Money and severity


def test_money_at_risk_is_the_value_of_the_units_or_the_amount() -> None:
    assert money_at_risk(position("1", "-2", price="12.5", multiplier="100")) == 3_750
    assert money_at_risk(cash("-7.25")) == Decimal("7.25")


def test_money_at_risk_is_unknown_without_a_price_and_rounded_up_never_down() -> None:
    assert money_at_risk(position("1", "2", price=None)) is None
    assert money_at_risk(position("0", "0.000000000000000001", price="1")) == Decimal("0.00000001")
    assert stated(None) == 0


@given(st.decimals("0", "1e12", places=18), st.decimals("0", "1e12", places=18))
def test_money_at_risk_never_loses_a_digit_that_matters(units: Decimal, price: Decimal) -> None:
    money = money_at_risk(replace(position("0", "1"), quantity=units + 1, price=price))

    assert money is not None
    assert money >= 0


def test_thresholds_are_inclusive() -> None:
    severities = Severities()

    assert [by_money(Decimal(one), severities) for one in ("0.99", "1", "99.99", "100")] == [
        Severity.INFO,
        Severity.WARNING,
        Severity.WARNING,
        Severity.CRITICAL,
    ]
    assert by_money(None, severities) is Severity.CRITICAL
    assert max_severity(Severity.INFO, Severity.CRITICAL, Severity.WARNING) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("difference", "severity"),
    [
        (replace(cash("9999"), kind=BreakKind.COST_BASIS_MISMATCH), Severity.WARNING),
        (replace(cash("0"), kind=BreakKind.STALE_PRICE), Severity.INFO),
        (replace(cash("0"), kind=BreakKind.INSTRUMENT_UNMAPPED), Severity.CRITICAL),
        (position("1", "999", pair=Pair.STATEMENT_SNAPSHOT), Severity.WARNING),
    ],
)
def test_kinds_have_their_own_floor_and_ceiling(difference: Any, severity: Severity) -> None:
    assert weigh(difference, context()) is severity


def test_a_case_seen_first_on_a_later_day_has_no_age() -> None:
    difference = position("1", "2")
    later = Prior(CaseState.OPEN, date(2026, 2, 2), date(2026, 2, 2))
    ctx = context(priors={break_id(ACCOUNT, difference.kind, difference.subject): later})

    assert ctx.age(difference.key) == 0


# Coverage


def test_everything_compared_is_one() -> None:
    assert coverage(parts(ALL)) == 1
    assert coverage({}) == 0


@pytest.mark.parametrize(
    "less",
    [
        {"unmapped_positions": 1},
        {"unmapped_rows": 1},
        {"has_cash": False},
        {"has_statement": False},
        {"has_baseline": False},
        {"cash_is_implied": False},
    ],
)
def test_whatever_was_not_compared_lowers_the_coverage(less: dict[str, Any]) -> None:
    assert coverage(parts(replace(ALL, **less))) < 1


@given(st.integers(1, 10**9))
def test_one_unmapped_row_never_rounds_up_to_one(positions: int) -> None:
    assert coverage(parts(replace(ALL, positions=positions, unmapped_positions=1))) < 1


def test_a_flat_account_without_rows_is_fully_compared() -> None:
    assert coverage(parts(replace(ALL, positions=0, statement_rows=0))) == 1


# Resolution


def dividends(*amounts: str, currency: str = "USD") -> list[Finding]:
    rows = [replace(activity(f"d{n}", "dividend", amount=one), currency=currency) for n, one in enumerate(amounts)]
    total = sum((Decimal(one) for one in amounts), Decimal(0))
    return list(explain([*rows, cash(str(total), currency=currency)], context()))


def test_findings_are_resolved_in_order_until_a_cap() -> None:
    caps = ResolutionCaps(max_count=5, max_money=Decimal(50), max_money_run=Decimal(70))

    done = resolve(dividends("40", "60", "20", "20"), context(caps=caps), books)

    assert [one.difference.subject for one in done.resolved] == ["activity:d0", "activity:d2"]
    assert [one.explanation.rsplit("itself: ")[1] for one in done.left] == [
        "60 is above the cap of 50 per break.",
        "with it the run would pass its cap of 70.",
    ]
    assert (done.count, done.money) == (2, 60)
    assert {one.severity for one in done.resolved} == {Severity.INFO}


def test_a_foreign_amount_has_no_cap_that_could_be_checked() -> None:
    done = resolve(dividends("5", currency="CAD"), context(), books)

    assert done.resolved == ()
    assert "caps are in USD" in done.left[0].explanation


def test_a_step_leaves_what_it_is_not_about() -> None:
    assert resolve(dividends("5"), context(), waits).resolved == ()
    row = execution("x1", "5", "-500")
    assert resolve(explain([row, position(None, "5"), cash("-500")], context()), context(), books).resolved == ()


def test_what_this_run_books_no_more_says_why() -> None:
    held = hold(dividends("5"), context(), 0, Decimal(0))
    full = hold(dividends("5"), context(caps=ResolutionCaps(max_count=3)), 3, Decimal(0))

    assert "came to light after this run had booked" in held[0].explanation
    assert "has resolved 3 already" in full[0].explanation


def test_an_unknown_amount_of_money_is_not_resolved() -> None:
    row = activity("s1", "split", quantity="30", symbol="AAPL", price=None, ratio=Decimal(4), position_book=Decimal(10))

    done = resolve(explain([row, position("10", "40")], context()), context(), books)

    assert "money at risk is unknown" in done.left[0].explanation


# Plain values


@dataclass(frozen=True)
class Sample:
    at: date
    amount: Decimal


def test_values_have_one_plain_form() -> None:
    value = {"b": (Sample(MON, Decimal("1.500")), Severity.INFO), "a": {"y", "x"}, Decimal("1E+2"): None}

    assert plainly(value) == {
        "b": [{"at": "2026-01-12", "amount": "1.5"}, "info"],
        "a": ["x", "y"],
        "100": None,
    }
