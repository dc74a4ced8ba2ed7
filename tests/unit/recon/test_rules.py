from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

import tieout.recon.rules as package
from tests.unit.recon.samples import (
    ACCOUNT,
    FRI,
    MON,
    PUT,
    PUT_ID,
    THU,
    TUE,
    WED,
    activity,
    cash,
    context,
    execution,
    held,
    position,
    settling,
)
from tieout.instruments import AssetClass
from tieout.recon.context import Context, OpenFill, Prior, Quoted
from tieout.recon.explain import explain
from tieout.recon.rules import RULES
from tieout.recon.types import BreakKind, CaseState, Cause, Difference, Finding, Pair, Severity, break_id
from tieout.settings import ResolutionCaps


def only(*differences: Difference, ctx: Context | None = None) -> Finding:
    (found,) = explain(differences, ctx or context())
    return found


def prior_of(difference: Difference, *, first_seen: date = MON, until: date | None = None) -> dict[object, Prior]:
    name = break_id(ACCOUNT, difference.kind, difference.subject)
    return {name: Prior(CaseState.RESOLVED, first_seen, first_seen, until)}


def test_every_rule_has_a_file_a_name_and_a_place() -> None:
    files = {one.name for one in pkgutil.iter_modules(package.__path__)} - {"common", "cash_events"}

    assert files == {rule.__name__ for rule in RULES}  # type: ignore[attr-defined]
    for name in files:
        assert name == importlib.import_module(f"tieout.recon.rules.{name}").NAME
    assert RULES[-1].__name__ == "unknown"  # type: ignore[attr-defined]


def test_rules_that_leave_something_are_a_mistake_that_is_told() -> None:
    with pytest.raises(ValueError, match="no rule explained AAPL"):
        explain([position("1", "2")], context(), rules=RULES[:1])


def test_findings_come_in_one_order_whatever_the_order_of_rows() -> None:
    rows = [cash("3"), position("1", "2"), execution("x1", "1", "-100"), position(None, "5", symbol="KO")]

    assert explain(rows, context()) == explain(list(reversed(rows)), context())


# Settlement


def test_the_latest_run_of_settlement_dates_that_fits_is_believed() -> None:
    found = only(cash("1000"), ctx=context(settling=settling((TUE, "-1000"), (WED, "250"), (THU, "-250"))))

    assert found.cause is Cause.SETTLEMENT_TIMING
    assert found.proposal is not None
    assert (found.proposal.expected_until, found.proposal.automatic) == (THU, True)
    assert [one.key for one in found.evidence] == [f"USD/{TUE}", f"USD/{WED}", f"USD/{THU}"]


def test_what_settles_on_the_day_itself_may_still_be_under_way() -> None:
    assert only(cash("1000"), ctx=context(settling=settling((MON, "-1000")))).cause is Cause.SETTLEMENT_TIMING


def test_what_should_have_settled_before_is_overdue() -> None:
    ctx = context(business_date=WED, settling=settling((MON, "-1000")))

    found = only(cash("1000"), ctx=ctx)

    assert (found.cause, found.severity, found.proposal) == (Cause.SETTLEMENT_TIMING, Severity.CRITICAL, None)


def test_settlement_of_another_currency_explains_nothing() -> None:
    ctx = context(settling=settling((TUE, "-1000")))

    assert only(cash("1000", currency="EUR"), ctx=ctx).cause is Cause.UNKNOWN


def test_a_difference_of_the_statement_is_no_settlement() -> None:
    ctx = context(settling=settling((TUE, "-1000")))

    assert only(cash("1000", pair=Pair.STATEMENT_SNAPSHOT), ctx=ctx).cause is Cause.UNKNOWN


# Orders


def test_unreported_fills_of_several_orders_sum_up() -> None:
    difference = position("10", "15")
    fills = tuple(OpenFill(f"b{n}", None, difference.instrument_id, Decimal(n)) for n in (2, 3))  # type: ignore[arg-type]

    found = only(difference, ctx=context(open_fills=fills))

    assert found.cause is Cause.PENDING_ORDER
    assert [one.key for one in found.evidence] == ["b2", "b3"]


def test_a_pending_order_that_is_overdue_waits_no_more() -> None:
    difference = position("10", "15")
    fill = OpenFill("b1", None, difference.instrument_id, Decimal(5))  # type: ignore[arg-type]
    ctx = context(business_date=WED, open_fills=(fill,), priors=prior_of(difference, until=TUE))

    found = only(difference, ctx=ctx)

    assert (found.cause, found.proposal, found.severity) == (Cause.PENDING_ORDER, None, Severity.CRITICAL)
    assert f"expected to be gone after {TUE}" in found.explanation


# Options


def test_a_stock_leg_without_its_option_row_is_told_as_such() -> None:
    found = only(activity("t1", "option_trade", quantity="100", amount="-6000", symbol="KO"))

    assert found.cause is Cause.ASSIGNMENT
    assert "Its option row is not there" in found.explanation


def test_an_assignment_without_its_stock_leg_says_so() -> None:
    found = only(activity("a1", "assignment", quantity="1", symbol=PUT.symbol), ctx=context(instruments=held()))

    assert "its stock leg is not there yet" in found.explanation


def test_an_expiration_with_a_stock_leg_is_never_automatic() -> None:
    rows = [
        activity("e1", "expiration", quantity="1", symbol=PUT.symbol, group_id="g"),
        activity("e2", "option_trade", quantity="100", amount="-6000", symbol="KO", group_id="g"),
    ]

    found = only(*rows, ctx=context(business_date=FRI, instruments=held()))

    assert found.cause is Cause.EXPIRATION
    assert found.proposal is not None
    assert not found.proposal.automatic


def option_position(ours: str, theirs: str | None) -> Difference:
    return position(ours, theirs, symbol=PUT.symbol, price="0.4", asset_class=AssetClass.OPTION, multiplier="100")


def test_a_long_put_that_left_with_its_stock_and_cash_was_exercised() -> None:
    rows = [option_position("2", None), position(None, "-200", symbol="KO", price="50"), cash("12000")]

    found = only(*rows, ctx=context(instruments=held()))

    assert (found.cause, found.difference.subject) == (Cause.EXERCISE, PUT.symbol)
    assert {one.subject for one in found.symptoms} == {"KO", "cash:USD"}


def test_a_part_of_a_short_option_may_be_assigned_before_expiry() -> None:
    rows = [option_position("-3", "-1"), position("100", "300", symbol="KO", price="50")]

    found = only(*rows, ctx=context(instruments=held()))

    assert found.cause is Cause.ASSIGNMENT
    assert "cash does not show it" in found.explanation


def test_an_option_gone_before_it_expires_is_not_explained_away() -> None:
    assert only(option_position("-1", None), ctx=context(instruments=held())).cause is Cause.UNKNOWN


@pytest.mark.parametrize(("price", "silent"), [("48", True), ("60", False), ("71", False)])
def test_whether_an_expired_put_was_worth_something_is_said(price: str, silent: bool) -> None:
    ctx = context(business_date=FRI, instruments=held(), underlyings={"KO": Decimal(price)})

    found = only(option_position("-1", None), ctx=ctx)

    assert found.cause is Cause.EXPIRATION
    assert ("silent settlement" in found.explanation) is silent


# Splits


@pytest.mark.parametrize(
    ("ours", "theirs", "before", "now", "says"),
    [
        ("10", "40", "100", "25", "4:1"),
        ("40", "10", "25", "100", "1:4"),
        ("-10", "-20", "100", "52", "2:1"),
    ],
)
def test_an_exact_ratio_with_a_fitting_price_looks_split(
    ours: str, theirs: str, before: str, now: str, says: str
) -> None:
    difference = position(ours, theirs)
    ctx = context(quotes={difference.instrument_id: Quoted(Decimal(now), Decimal(before))})

    found = only(difference, ctx=ctx)

    assert found.cause is Cause.SPLIT
    assert f"looks split {says}" in found.explanation
    assert found.proposal is not None
    assert not found.proposal.automatic
    assert not found.proposal.books


@pytest.mark.parametrize(
    ("ours", "theirs", "quoted"),
    [
        ("10", "40", None),
        ("10", "40", Quoted(None, Decimal(100))),
        ("10", "40", Quoted(Decimal(100), Decimal(100))),
        ("10", "25", Quoted(Decimal(40), Decimal(100))),  # 5:2 is real but nobody guesses it
        ("1", "101", Quoted(Decimal(1), Decimal(101))),
    ],
)
def test_what_only_resembles_a_split_is_not_called_one(ours: str, theirs: str, quoted: Quoted | None) -> None:
    difference = position(ours, theirs)
    quotes = {difference.instrument_id: quoted} if quoted else {}

    assert only(difference, ctx=context(quotes=quotes)).cause is Cause.UNKNOWN


def test_what_rows_left_of_a_position_has_no_ratio() -> None:
    difference = position("10", "40")
    ctx = context(quotes={difference.instrument_id: Quoted(Decimal(25), Decimal(100))})

    found = explain([difference, execution("x1", "20", "-500"), cash("-500")], ctx)

    assert Cause.SPLIT not in {one.cause for one in found}


def test_a_split_without_its_ratio_is_for_a_person() -> None:
    row = activity("s1", "split", quantity="30", symbol="AAPL", position_book=Decimal(10))

    found = only(row, position("10", "40"))

    assert "unknown ratio" in found.explanation
    assert found.proposal is not None
    assert not found.proposal.automatic


# Rounding, duplicates, the book's own errors


def test_dust_is_measured_by_units_and_money() -> None:
    caps = ResolutionCaps(rounding_quantity=Decimal("0.001"), rounding_money=Decimal("0.05"))

    assert only(position("1", "1.0005"), ctx=context(caps=caps)).cause is Cause.FRACTIONAL_ROUNDING
    assert only(position("1", "1.0006"), ctx=context(caps=caps)).cause is Cause.UNKNOWN
    assert only(position("1", "1.0005", price=None), ctx=context(caps=caps)).cause is Cause.UNKNOWN


def test_contracts_are_never_rounded() -> None:
    difference = replace(position("1", "1.000001", price="1"), asset_class=AssetClass.OPTION)

    assert only(difference).cause is Cause.UNKNOWN


def test_a_duplicate_of_the_book_is_its_error_and_one_of_the_statement_is_not() -> None:
    ours = replace(
        execution("x1", "-5", "500", kind=BreakKind.DUPLICATE_EXECUTION, twin="x0"),
        ours=Decimal(5),
        theirs=None,
    )
    theirs = execution("x2", "5", "-500", kind=BreakKind.DUPLICATE_EXECUTION, twin="x0")

    assert [one.cause for one in explain([ours, theirs], context())] == [Cause.BOOKING_ERROR, Cause.UNKNOWN]


def test_a_position_says_which_sources_agree() -> None:
    lacks = only(position("10", "12", implied="12"))
    alone = only(position("10", "12", implied="10"))
    apart = only(position("10", "12", implied="11"))
    unknown = only(position("10", "12"))

    assert (lacks.cause, alone.cause) == (Cause.BOOKING_ERROR, Cause.UNKNOWN)
    assert "Statement and snapshot agree" in lacks.explanation
    assert "Book and statement agree" in alone.explanation
    assert "All three differ" in apart.explanation
    assert "no baseline" in unknown.explanation


def test_a_currency_mismatch_names_both_currencies() -> None:
    difference = replace(
        position("1", "1", kind=BreakKind.CURRENCY_MISMATCH),
        quantity=Decimal(1),
        detail={"ours_currency": "USD", "theirs_currency": "CAD"},
    )

    found = only(difference)

    assert found.cause is Cause.BOOKING_ERROR
    assert "USD by us and in CAD by the broker" in found.explanation


def test_an_unknown_kind_of_activity_is_proposed_but_never_automatic() -> None:
    found = only(activity("o1", "other", amount="5", venue_kind="XYZ", description="something new"))

    assert found.cause is Cause.UNKNOWN
    assert found.proposal is not None
    assert not found.proposal.automatic
    assert "XYZ" in found.explanation


def test_age_and_money_set_the_severity_and_unknown_prices_are_critical() -> None:
    small = position("1", "2", price="5")
    old = context(business_date=THU, priors=prior_of(small))

    assert only(small).severity is Severity.WARNING
    assert only(small, ctx=old).severity is Severity.CRITICAL
    assert only(position("1", "2", price=None)).severity is Severity.CRITICAL
    assert only(position("1", "2", price="99.99")).severity is Severity.WARNING


def test_the_option_key_of_the_samples_is_its_own() -> None:
    assert option_position("1", None).instrument_id == PUT_ID
