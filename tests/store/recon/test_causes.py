"""Every cause, its proof, what it may do by itself, and what it leaves to a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sql.reconcile import ReconOutcome
from sql.schema import journal as tables
from tests.recon_world import (
    AAPL,
    BEFORE,
    FRI,
    KO,
    MON,
    MSFT,
    PUT,
    THU,
    TUE,
    WED,
    World,
    at,
    event,
    fill,
    number,
    open_order,
)
from tieout.instruments import crypto, equity
from tieout.recon.types import BreakKind, CaseState, Cause, Finding, Severity
from tieout.records import ActivityKind
from tieout.settings import ResolutionCaps

SPLIT = event("s1", ActivityKind.SPLIT, TUE, instrument=AAPL, quantity=30, ratio="4")
NEXT_FRIDAY = date(2026, 1, 16)


def only(outcome: ReconOutcome) -> Finding:
    assert len(outcome.findings) == 1, [(one.difference.kind, one.difference.subject) for one in outcome.findings]
    return outcome.findings[0]


def accepted(world: World) -> dict[str, dict[str, object]]:
    """What rules booked, by id."""
    from sqlalchemy import select

    from sql.rows import read_rows

    with world.stores.journal.read() as journal:
        rows = read_rows(journal, select(tables.activity).where(tables.activity.c.source == "resolution"))
    return {row["activity_id"]: row for row in rows}


def resolved(world: World, outcome: ReconOutcome, cause: Cause) -> Finding:
    """The only finding, of that cause, resolved by the run."""
    found = only(outcome)
    assert found.cause is cause, found
    assert (outcome.resolved, outcome.open_breaks) == (1, 0)
    assert outcome.state == "tied_out"
    assert [case["state"] for case in world.cases()] == [CaseState.RESOLVED]
    return found


def left_to_a_person(world: World, outcome: ReconOutcome, cause: Cause) -> Finding:
    """The only finding, of that cause, open and nothing booked for it."""
    found = only(outcome)
    assert found.cause is cause, found
    assert (outcome.resolved, outcome.open_breaks) == (0, 1)
    assert accepted(world) == {}
    return found


# Settlement


def sold_on_monday(world: World) -> None:
    """1,000 for ten shares, paid on Tuesday: trade date plus one."""
    world.open_with(5_000, {AAPL: 10})
    world.book(fill("x1", AAPL, -10, 100, MON))


def test_cash_that_has_not_settled_is_expected_and_gone_the_day_after(both: World) -> None:
    sold_on_monday(both)

    first = both.close(MON, both.see(MON, {}, 5_000, fill("x1", AAPL, -10, 100, MON)))
    found = resolved(both, first, Cause.SETTLEMENT_TIMING)
    assert (found.difference.kind, found.severity) == (BreakKind.CASH_MISMATCH, Severity.INFO)
    assert both.cases()[0]["expected_until"] == TUE
    assert accepted(both) == {}

    second = both.close(TUE, both.see(TUE, {}, 6_000))
    assert (second.findings, second.closed) == ((), 1)
    assert second.coverage == 1


def test_cash_that_is_still_unpaid_after_its_date_is_overdue_and_critical(world: World) -> None:
    sold_on_monday(world)
    world.close(MON, world.see(MON, {}, 5_000, fill("x1", AAPL, -10, 100, MON)))

    late = world.close(WED, world.see(WED, {}, 5_000))

    found = only(late)
    assert (found.cause, found.severity) == (Cause.SETTLEMENT_TIMING, Severity.CRITICAL)
    assert "overdue" in found.explanation
    assert [event["event"] for event in world.history(0)] == ["opened", "resolved", "reopened"]


def test_a_difference_that_is_not_exactly_the_unsettled_cash_stays_open(world: World) -> None:
    sold_on_monday(world)

    outcome = world.close(MON, world.see(MON, {}, 5_010, fill("x1", AAPL, -10, 100, MON)))

    assert only(outcome).cause is Cause.UNKNOWN
    assert outcome.state == "critical_breaks"


def test_unsettled_cash_and_a_dividend_are_told_apart(world: World) -> None:
    sold_on_monday(world)
    dividend = event("d1", ActivityKind.DIVIDEND, MON, instrument=KO, amount="12.50")

    outcome = world.close(MON, world.see(MON, {}, "5012.50", fill("x1", AAPL, -10, 100, MON), dividend))

    assert {one.cause for one in outcome.findings} == {Cause.SETTLEMENT_TIMING, Cause.DIVIDEND}
    assert (outcome.resolved, outcome.open_breaks) == (2, 0)


def test_settlement_above_its_own_cap_waits_for_a_person(world: World) -> None:
    world.caps = ResolutionCaps(max_money_timing=Decimal(999))
    sold_on_monday(world)

    outcome = world.close(MON, world.see(MON, {}, 5_000, fill("x1", AAPL, -10, 100, MON)))

    assert outcome.open_breaks == 1
    assert "above the cap of 999" in only(outcome).explanation


# Orders


def place(world: World, client: str, state: str, *, quantity: str = "10", filled: str | None = None) -> None:
    """An intent of ours, and the broker's report of it where it has one."""
    from sqlalchemy import insert

    from sql.records import instrument_ids

    with world.stores.journal.write() as journal:
        key = instrument_ids(journal, [AAPL])["AAPL"]
        row = {
            "account_id": world.name,
            "client_order_id": client,
            "instrument_id": key,
            "side": "buy",
            "quantity": number(quantity),
            "limit_price": number(90),
            "state": state,
            "updated_at": at(MON),
        }
        journal.execute(
            insert(tables.intent),
            row | {"intent_id": f"i-{client}", "order_type": "limit", "time_in_force": "day", "created_at": at(MON)},
        )
        if filled is not None:
            told = {"broker_order_id": f"b-{client}", "filled_quantity": number(filled), "venue_status": state}
            journal.execute(insert(tables.broker_order), row | told)


def test_an_order_that_the_broker_works_on_before_we_heard_is_pending(both: World) -> None:
    both.open_with(10_000)
    place(both, "c1", "sending")

    outcome = both.close(MON, both.see(MON, {}, 10_000, orders=[open_order("b-c1", AAPL, "10", client="c1")]))

    resolved(both, outcome, Cause.PENDING_ORDER)
    assert both.cases()[0]["expected_until"] == TUE


def test_an_order_that_both_sides_have_alike_is_no_break(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "working", filled="0")

    outcome = world.close(MON, world.see(MON, {}, 10_000, orders=[open_order("b-c1", AAPL, "10", client="c1")]))

    assert outcome.findings == ()


def test_an_order_of_ours_that_the_broker_does_not_list_is_open(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "working", filled="0")

    found = left_to_a_person(world, world.close(MON, world.see(MON, {}, 10_000)), Cause.UNKNOWN)

    assert found.severity is Severity.CRITICAL
    assert "does not list it" in found.explanation


def test_an_order_we_think_has_ended_but_the_broker_works_on_is_critical(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "cancelled", filled="0")

    run = world.see(MON, {}, 10_000, orders=[open_order("b-c1", AAPL, "10", client="c1")])
    found = left_to_a_person(world, world.close(MON, run), Cause.UNKNOWN)

    assert found.severity is Severity.CRITICAL


def test_a_fill_of_an_open_order_that_no_row_reports_yet_is_pending(both: World) -> None:
    both.open_with(10_000)
    place(both, "c1", "partially_filled", filled="4")

    orders = [open_order("b-c1", AAPL, "10", client="c1", filled="4")]
    outcome = both.close(MON, both.see(MON, {AAPL: 4}, 10_000, orders=orders))

    found = resolved(both, outcome, Cause.PENDING_ORDER)
    assert found.difference.subject == "AAPL"
    assert found.evidence[0].source == "snapshot_order"


def test_a_pending_fill_that_is_still_there_after_the_next_session_is_critical(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "partially_filled", filled="4")
    orders = [open_order("b-c1", AAPL, "10", client="c1", filled="4")]
    world.close(MON, world.see(MON, {AAPL: 4}, 10_000, orders=orders))

    outcome = world.close(WED, world.see(WED, {AAPL: 4}, 10_000))

    by_subject = {one.difference.subject: one for one in outcome.findings}
    assert by_subject["AAPL"].severity is Severity.CRITICAL
    assert f"expected to be gone after {TUE}" in by_subject["AAPL"].explanation


def test_a_missing_fill_of_a_known_intent_is_a_missed_fill_and_explains_the_order(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "working", filled="0")

    run = world.see(MON, {AAPL: 10}, 9_100, fill("x1", AAPL, 10, 90, MON, client="c1"))
    found = left_to_a_person(world, world.close(MON, run), Cause.MISSED_FILL)

    assert {one.subject for one in found.symptoms} == {"AAPL", "cash:USD", "order:c1"}


def test_a_fill_that_carries_only_the_brokers_order_id_is_known_too(world: World) -> None:
    world.open_with(10_000)
    place(world, "c1", "filled", filled="10")

    run = world.see(MON, {AAPL: 10}, 9_100, fill("x1", AAPL, 10, 90, MON, broker="b-c1"))

    left_to_a_person(world, world.close(MON, run), Cause.MISSED_FILL)


# Options


def short_put(world: World) -> None:
    world.open_with(10_000, {PUT: -1})
    world.close(THU, world.see(THU, {PUT: -1}, 10_000, prices={PUT.symbol: "0.05"}))


def test_an_expiration_at_no_money_that_a_row_proves_is_booked(both: World) -> None:
    short_put(both)
    row = event("e1", ActivityKind.EXPIRATION, FRI, instrument=PUT, quantity=1)

    found = resolved(both, both.close(FRI, both.see(FRI, {}, 10_000, row)), Cause.EXPIRATION)

    assert found.money_at_risk == 5
    booked = accepted(both)["e1"]
    assert booked["evidence"]["rule"] == "option_events"
    assert booked["evidence"]["rows"][0]["source"] == "statement_activity"


def test_an_expiration_that_moved_money_is_for_a_person(world: World) -> None:
    short_put(world)
    row = event("e1", ActivityKind.EXPIRATION, FRI, instrument=PUT, quantity=1, amount=-300)

    left_to_a_person(world, world.close(FRI, world.see(FRI, {}, 9_700, row)), Cause.EXPIRATION)


def test_an_expiration_before_its_date_is_for_a_person(world: World) -> None:
    short_put(world)
    row = event("e1", ActivityKind.EXPIRATION, THU, instrument=PUT, quantity=1)

    outcome = world.close(THU, world.see(THU, {}, 10_000, row))

    assert only(outcome).cause is Cause.EXPIRATION
    assert accepted(world) == {}


def test_a_short_option_that_is_gone_after_expiry_waits_for_its_row(world: World) -> None:
    short_put(world)

    found = left_to_a_person(world, world.close(FRI, world.see(FRI, {}, 10_000, prices={})), Cause.EXPIRATION)

    assert "row is not there yet" in found.explanation


def test_an_option_in_the_money_that_vanished_without_stock_is_a_silent_settlement(world: World) -> None:
    world.open_with(10_000, {PUT: -1, KO: 5})
    world.close(THU, world.see(THU, {PUT: -1, KO: 5}, 10_000))
    world.price(KO, FRI, "48")

    found = left_to_a_person(world, world.close(FRI, world.see(FRI, {KO: 5}, 10_000)), Cause.EXPIRATION)

    assert found.severity is Severity.CRITICAL
    assert "silent settlement" in found.explanation


@pytest.mark.parametrize(
    ("kind", "held", "cause"),
    [(ActivityKind.ASSIGNMENT, -1, Cause.ASSIGNMENT), (ActivityKind.EXERCISE, 1, Cause.EXERCISE)],
)
def test_the_legs_of_one_option_event_are_one_break_with_both_rows_proposed(
    both: World, kind: ActivityKind, held: int, cause: Cause
) -> None:
    both.open_with(10_000, {PUT: held})
    both.close(THU, both.see(THU, {PUT: held}, 10_000))
    option_row = event("a1", kind, FRI, instrument=PUT, quantity=-held, group="g1")
    stock_row = event(
        "a2",
        ActivityKind.OPTION_TRADE,
        FRI,
        instrument=KO,
        quantity=-100 * held,
        price="60",
        amount=6_000 * held,
        group="g1",
    )

    run = both.see(FRI, {KO: -100 * held}, 10_000 + 6_000 * held, option_row, stock_row)
    found = left_to_a_person(both, both.close(FRI, run), cause)

    assert found.proposal is not None
    assert found.proposal.accept_activities == ("a1", "a2")
    assert {one.subject for one in found.symptoms} == {"activity:a2", "KO", PUT.symbol, "cash:USD"}


def test_an_assignment_that_nobody_reports_is_recognised_by_three_figures(both: World) -> None:
    short_put(both)

    found = left_to_a_person(both, both.close(FRI, both.see(FRI, {KO: 100}, 4_000)), Cause.ASSIGNMENT)

    assert found.severity is Severity.CRITICAL
    assert {one.subject for one in found.symptoms} == {"KO", "cash:USD"}
    assert found.proposal is None


# Corporate actions


def test_a_split_of_exact_ratio_is_booked_with_its_row(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})

    found = resolved(
        both, both.close(TUE, both.see(TUE, {AAPL: 40}, 10_000, SPLIT, prices={"AAPL": "25"})), Cause.SPLIT
    )

    assert found.money_at_risk == 750
    assert [one.subject for one in found.symptoms] == ["AAPL"]
    assert "4:1" in found.explanation


def test_a_reverse_split_is_exact_too(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    row = event("s1", ActivityKind.SPLIT, TUE, instrument=AAPL, quantity=-9, ratio="0.1")

    outcome = world.close(TUE, world.see(TUE, {AAPL: 1}, 10_000, row, prices={"AAPL": "1000"}))

    assert "1:10" in resolved(world, outcome, Cause.SPLIT).explanation


def test_a_split_whose_units_do_not_fit_its_ratio_is_for_a_person(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    row = event("s1", ActivityKind.SPLIT, TUE, instrument=AAPL, quantity=29, ratio="4")

    outcome = world.close(TUE, world.see(TUE, {AAPL: 39}, 10_000, row, prices={"AAPL": "25"}))

    assert "do not fit exactly" in left_to_a_person(world, outcome, Cause.SPLIT).explanation


def test_a_split_that_the_snapshot_does_not_show_is_not_booked(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})

    outcome = world.close(TUE, world.see(TUE, {AAPL: 10}, 10_000, SPLIT))

    found = left_to_a_person(world, outcome, Cause.SPLIT)
    assert "snapshot does not show it" in found.explanation


def test_an_exact_ratio_with_the_inverse_price_looks_split_but_nothing_proves_it(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 10}, 10_000))

    outcome = both.close(TUE, both.see(TUE, {AAPL: 40}, 10_000, prices={"AAPL": "25.30"}))

    assert "looks split 4:1" in left_to_a_person(both, outcome, Cause.SPLIT).explanation


def test_an_exact_ratio_at_an_unchanged_price_is_no_split(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 10}, 10_000))

    assert only(world.close(TUE, world.see(TUE, {AAPL: 40}, 10_000))).cause is Cause.UNKNOWN


@pytest.mark.parametrize(
    "kind", [ActivityKind.MERGER, ActivityKind.SPINOFF, ActivityKind.SYMBOL_CHANGE, ActivityKind.RIGHTS]
)
def test_other_corporate_actions_are_explained_and_left_to_a_person(world: World, kind: ActivityKind) -> None:
    world.open_with(10_000)
    row = event("m1", kind, TUE, instrument=MSFT, quantity=3)

    found = left_to_a_person(world, world.close(TUE, world.see(TUE, {MSFT: 3}, 10_000, row)), Cause.CORPORATE_ACTION)

    assert found.proposal is not None
    assert found.proposal.accept_activities == ("m1",)


# Cash events


@pytest.mark.parametrize(
    ("kind", "amount", "cause"),
    [
        (ActivityKind.DIVIDEND, "9.60", Cause.DIVIDEND),
        (ActivityKind.WITHHOLDING, "-1.44", Cause.DIVIDEND),
        (ActivityKind.INTEREST, "-3.07", Cause.INTEREST),
        (ActivityKind.FUNDING, "0.55", Cause.FUNDING),
        (ActivityKind.FEE, "-0.02", Cause.FEE),
    ],
)
def test_cash_that_the_statement_proves_is_booked_with_its_evidence(
    both: World, kind: ActivityKind, amount: str, cause: Cause
) -> None:
    both.open_with(1_000)

    outcome = both.close(MON, both.see(MON, {}, 1_000 + number(amount), event("r1", kind, MON, amount=amount)))

    found = resolved(both, outcome, cause)
    assert found.evidence[0].key == "r1"
    assert accepted(both)["r1"]["amount"] == number(amount)
    assert accepted(both)["r1"]["evidence"]["break_id"] == both.cases()[0]["break_id"]


def test_a_dividend_that_the_brokers_cash_does_not_hold_yet_is_not_booked(both: World) -> None:
    both.open_with(1_000)
    row = event("d1", ActivityKind.DIVIDEND, MON, instrument=AAPL, amount=10)

    found = left_to_a_person(both, both.close(MON, both.see(MON, {}, 1_000, row)), Cause.DIVIDEND)
    assert [one.subject for one in found.symptoms] == [
        "cash:USD"
    ]  # where the statement leads and the snapshot does not

    outcome = both.close(TUE, both.see(TUE, {}, 1_010))
    assert (outcome.resolved, outcome.open_breaks) == (1, 0)
    assert "d1" in accepted(both)


def test_a_dividend_and_a_fee_that_cancel_out_are_both_booked(world: World) -> None:
    world.open_with(1_000)
    rows = [event("d1", ActivityKind.DIVIDEND, MON, amount=10), event("f1", ActivityKind.FEE, MON, amount=-10)]

    outcome = world.close(MON, world.see(MON, {}, 1_000, *rows))

    assert (outcome.resolved, outcome.open_breaks, outcome.state) == (2, 0, "tied_out")


def test_what_a_dividend_does_not_explain_stays_a_break_of_its_own(both: World) -> None:
    both.open_with(1_000)

    outcome = both.close(MON, both.see(MON, {}, 1_015, event("d1", ActivityKind.DIVIDEND, MON, amount=10)))

    rest = next(one for one in outcome.findings if one.difference.kind is BreakKind.CASH_MISMATCH)
    assert rest.difference.amount == 5
    assert (outcome.resolved, outcome.open_breaks) == (1, 1)


def test_a_reinvested_dividend_is_booked_only_with_its_units(world: World) -> None:
    world.open_with(1_000, {KO: 10})
    row = event("d1", ActivityKind.DIVIDEND, MON, instrument=KO, quantity=1)

    left_to_a_person(world, world.close(MON, world.see(MON, {KO: 10}, 1_000, row)), Cause.DIVIDEND)
    assert world.close(TUE, world.see(TUE, {KO: 11}, 1_000)).resolved == 1


def test_a_transfer_is_explained_and_left_to_a_person(both: World) -> None:
    both.open_with(1_000)

    run = both.see(MON, {}, 600, event("w1", ActivityKind.TRANSFER, MON, amount=-400))

    assert left_to_a_person(both, both.close(MON, run), Cause.TRANSFER).money_at_risk == 400


def test_an_activity_of_a_kind_nobody_knows_is_unknown_and_never_booked(world: World) -> None:
    world.open_with(1_000)

    outcome = world.close(MON, world.see(MON, {}, 1_001, event("o1", ActivityKind.OTHER, MON, amount=1)))

    found = left_to_a_person(world, outcome, Cause.UNKNOWN)
    assert "OTHER" in found.explanation


# Rounding and the rest


def test_dust_of_a_fractional_position_is_booked_away(both: World) -> None:
    coin = crypto("ETH")
    both.open_with(10_000)
    both.book(fill("c1", coin, "1.000000001", 2_000, MON), source="import")
    trade = fill("c1", coin, "1.000000001", 2_000, MON)

    run = both.see(MON, {coin: "1"}, number(10_000) + trade.cash_change, trade, prices={"ETH/USD": "2000"})
    found = resolved(both, both.close(MON, run), Cause.FRACTIONAL_ROUNDING)

    assert found.difference.quantity == Decimal("-0.000000001")
    (booked,) = accepted(both).values()
    assert (booked["kind"], booked["quantity"]) == ("adjustment", Decimal("-0.000000001"))


def test_more_than_dust_is_not_rounding(world: World) -> None:
    world.open_with(10_000, {AAPL: "10.001"})

    outcome = world.close(MON, world.see(MON, {AAPL: "10"}, 10_000))

    assert only(outcome).cause is not Cause.FRACTIONAL_ROUNDING


def test_dust_that_is_worth_money_is_not_rounding(world: World) -> None:
    world.open_with(10_000, {AAPL: "10.00001"})

    outcome = world.close(MON, world.see(MON, {AAPL: "10"}, 10_000, prices={"AAPL": "500000"}))

    assert only(outcome).cause is not Cause.FRACTIONAL_ROUNDING


def test_a_book_that_stands_alone_against_statement_and_snapshot_is_a_booking_error(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 10}, 10_000))
    both.book(event("oops", ActivityKind.ADJUSTMENT, TUE, instrument=AAPL, quantity=5), source="import")

    found = left_to_a_person(both, both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000)), Cause.BOOKING_ERROR)

    assert "our book lacks something or holds something wrong" in found.explanation


def test_a_broker_that_stands_alone_against_book_and_statement_is_told_so(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 10}, 10_000))

    found = left_to_a_person(both, both.close(TUE, both.see(TUE, {AAPL: 12}, 10_000)), Cause.UNKNOWN)

    assert "Book and statement agree" in found.explanation


def test_a_lag_of_the_brokers_list_heals_without_another_break(world: World) -> None:
    """Monday the list lacks a fill that the statement has; Tuesday it is there: one break, which ends."""
    trade = fill("x1", AAPL, 5, 100, MON)
    world.open_with(10_000)
    world.book(trade)
    first = world.close(MON, world.see(MON, {}, 10_000, trade))
    second = world.close(TUE, world.see(TUE, {AAPL: 5}, 9_500))

    assert {one.difference.subject for one in first.findings} == {"AAPL", "cash:USD"}
    assert (second.findings, second.closed, second.open_breaks) == ((), len(world.cases()), 0)


def test_a_late_row_explains_yesterdays_break(world: World) -> None:
    """The position moved on Monday, the trade is reported on Tuesday."""
    world.open_with(10_000)
    first = world.close(MON, world.see(MON, {MSFT: 2}, 9_600))
    second = world.close(TUE, world.see(TUE, {MSFT: 2}, 9_600, fill("x1", MSFT, 2, 200, MON)))

    assert {one.difference.subject for one in first.findings} == {"MSFT", "cash:USD"}
    assert [one.difference.subject for one in second.findings] == ["execution:x1"]
    states = {case["subject"]: (case["state"], case["resolution"]) for case in world.cases()}
    root = next(case["break_id"] for case in world.cases() if case["subject"] == "execution:x1")
    assert states["MSFT"] == (CaseState.RESOLVED, f"explained by {root}")
    assert second.open_breaks == 1


def test_a_missing_row_stays_the_same_break_while_nobody_books_it(world: World) -> None:
    """Statements tile time: the row is in Monday's only, and still explains Tuesday's figures."""
    world.open_with(10_000)
    row = fill("x1", MSFT, 2, 200, MON)
    world.close(MON, world.see(MON, {MSFT: 2}, 9_600, row))

    second = world.close(TUE, world.see(TUE, {MSFT: 2}, 9_600))

    assert only(second).difference.subject == "execution:x1"
    assert second.opened == 0
    assert [case["age_sessions"] for case in world.cases()] == [1]


def test_an_instrument_of_another_currency_is_not_resolved_by_caps_in_the_base_currency(world: World) -> None:
    abroad = equity("SHOP", "CAD")
    world.open_with(1_000)
    row = event("d1", ActivityKind.DIVIDEND, MON, instrument=abroad, amount=10, currency="CAD")

    outcome = world.close(MON, world.see(MON, {}, 1_000, row, currencies={"CAD": "10"}))

    assert "caps are in USD" in left_to_a_person(world, outcome, Cause.DIVIDEND).explanation


def test_the_opening_day_itself_is_not_compared_with_a_statement(world: World) -> None:
    world.open_with(1_000, {AAPL: 1}, BEFORE)

    assert world.close(MON, world.see(MON, {AAPL: 1}, 1_000)).state == "tied_out"
