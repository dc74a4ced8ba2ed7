"""Every kind of break, each by the difference that makes it and by nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sql.reconcile import ReconOutcome
from tests.recon_world import AAPL, KO, MON, MSFT, TUE, World, at, event, fill, open_order
from tieout.errors import DataError, StoreError
from tieout.ids import SnapshotId
from tieout.instruments import crypto
from tieout.recon.types import BreakKind, Cause, Finding, Pair, Severity
from tieout.records import ActivityKind, RecordStatus
from tieout.snapshots import Completeness, Proof, SnapshotStatus

BUY = fill("x1", AAPL, 5, 100, MON)


def only(outcome: ReconOutcome) -> Finding:
    assert len(outcome.findings) == 1, [(one.difference.kind, one.difference.subject) for one in outcome.findings]
    return outcome.findings[0]


def kinds(outcome: ReconOutcome) -> list[tuple[BreakKind, str]]:
    return [(one.difference.kind, one.difference.subject) for one in outcome.findings]


def test_a_book_that_agrees_ties_out_at_full_coverage(both: World) -> None:
    both.open_with(10_000, {AAPL: 10, KO: -3})
    both.book(BUY)

    outcome = both.close(MON, both.see(MON, {AAPL: 15, KO: -3}, 9_500, BUY))

    assert (outcome.state, outcome.coverage, outcome.findings) == ("tied_out", Decimal(1), ())
    assert outcome.rows_compared == 4  # two positions, one currency, one execution


@pytest.mark.parametrize(
    ("held", "theirs", "kind"),
    [
        (10, 0, BreakKind.MISSING_AT_BROKER),
        (0, 7, BreakKind.UNEXPECTED_AT_BROKER),
        (10, 12, BreakKind.QUANTITY_MISMATCH),
        (10, -10, BreakKind.SIDE_MISMATCH),
    ],
)
def test_a_position_that_differs_is_one_break_with_both_figures(
    both: World, held: int, theirs: int, kind: BreakKind
) -> None:
    both.open_with(10_000, {AAPL: held} if held else {})

    found = only(both.close(MON, both.see(MON, {AAPL: theirs} if theirs else {}, 10_000)))

    assert (found.difference.kind, found.difference.subject) == (kind, "AAPL")
    assert found.difference.quantity == theirs - held
    assert found.severity is Severity.CRITICAL


def test_a_position_is_valued_at_the_last_known_price_when_the_broker_lacks_it(world: World) -> None:
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 10}, 10_000))

    found = only(world.close(TUE, world.see(TUE, {}, 10_000)))

    assert found.money_at_risk == 1_000


def test_a_position_without_any_price_is_critical_and_says_so(world: World) -> None:
    world.open_with(10_000, {AAPL: 1})

    found = only(world.close(MON, world.see(MON, {}, 10_000)))

    assert found.severity is Severity.CRITICAL
    assert "price is unknown" in found.explanation


def test_cash_differs_beyond_a_cent(both: World) -> None:
    both.open_with("1000.00")

    assert both.close(MON, both.see(MON, {}, "1000.01"), dry_run=True).findings == ()
    found = only(both.close(MON, both.see(MON, {}, "1000.02")))

    assert (found.difference.kind, found.difference.subject) == (BreakKind.CASH_MISMATCH, "cash:USD")
    assert found.difference.amount == Decimal("0.02")
    assert found.severity is Severity.INFO


def test_cash_of_a_currency_that_only_the_broker_has_is_a_break(both: World) -> None:
    both.open_with(1_000)

    found = only(both.close(MON, both.see(MON, {}, 1_000, currencies={"EUR": "50"})))

    assert found.difference.subject == "cash:EUR"
    assert found.difference.amount == 50


def test_settled_cash_is_compared_where_the_venue_states_it(both: World) -> None:
    both.open_with(1_000)
    both.book(fill("x1", AAPL, 5, 100, MON))  # settles on Tuesday

    run = both.see(MON, {AAPL: 5}, 500, fill("x1", AAPL, 5, 100, MON), settled="900")

    found = only(both.close(MON, run))
    assert found.difference.kind is BreakKind.SETTLED_CASH_MISMATCH
    assert (found.difference.ours, found.difference.theirs) == (1_000, 900)


def test_an_execution_of_our_own_order_that_the_book_lacks_is_missing(both: World) -> None:
    both.open_with(10_000)
    both.book(fill("x1", AAPL, 5, 100, MON, client="ours"))

    run = both.see(
        MON,
        {AAPL: 8},
        "9200",
        fill("x1", AAPL, 5, 100, MON, client="ours"),
        fill("x2", AAPL, 3, 100, MON, client="ours"),
    )

    found = only(both.close(MON, run))
    assert (found.difference.kind, found.cause) == (BreakKind.MISSING_EXECUTION, Cause.MISSED_FILL)
    assert [one.subject for one in found.symptoms] == ["cash:USD", "AAPL"]
    assert found.proposal is not None
    assert found.proposal.accept_executions == ("x2",)
    assert not found.proposal.automatic


def test_an_execution_that_no_order_explains_is_unknown(both: World) -> None:
    both.open_with(10_000)

    found = only(both.close(MON, both.see(MON, {MSFT: 2}, 9_600, fill("x9", MSFT, 2, 200, MON))))

    assert (found.difference.kind, found.cause) == (BreakKind.UNKNOWN_EXECUTION, Cause.MANUAL_TRADE)
    assert found.money_at_risk == 400


def test_an_execution_that_only_the_book_has_is_unreported(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)

    found = only(both.close(MON, both.see(MON, {}, 10_000)))

    assert (found.difference.kind, found.cause) == (BreakKind.UNREPORTED_EXECUTION, Cause.BOOKING_ERROR)
    assert len(found.symptoms) == 2


def test_an_execution_after_the_broker_was_asked_is_nobodys_break(world: World) -> None:
    world.open_with(10_000)
    world.book(fill("late", AAPL, 5, 100, MON, clock="22:03"))

    assert world.close(MON, world.see(MON, {}, 10_000)).state == "tied_out"


def test_an_execution_that_differs_in_price_explains_the_cash(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)

    found = only(both.close(MON, both.see(MON, {AAPL: 5}, 9_495, fill("x1", AAPL, 5, 101, MON))))

    assert found.difference.kind is BreakKind.EXECUTION_MISMATCH
    assert found.difference.amount == -5
    assert [one.subject for one in found.symptoms] == ["cash:USD"]


def test_rows_without_a_shared_id_are_paired_by_what_they_say_and_never_twice(both: World) -> None:
    both.open_with(10_000)
    both.book(*(fill(f"stream-{n}", AAPL, 5, 100, MON) for n in (1, 2)))
    rows = [fill(f"venue-{n}", AAPL, 5, 100, MON) for n in (1, 2, 3)]

    outcome = both.close(MON, both.see(MON, {AAPL: 15}, 8_500, *rows))

    assert kinds(outcome) == [(BreakKind.UNKNOWN_EXECUTION, "execution:venue-3")]


def test_a_fill_that_the_book_has_twice_is_a_duplicate(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY, fill("x1-again", AAPL, 5, 100, MON))

    found = only(both.close(MON, both.see(MON, {AAPL: 5}, 9_500, BUY)))

    assert (found.difference.kind, found.cause) == (BreakKind.DUPLICATE_EXECUTION, Cause.BOOKING_ERROR)
    assert found.difference.quantity == -5


def test_a_fill_that_the_statement_has_twice_is_a_duplicate_when_the_snapshot_holds_it_once(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)

    found = only(both.close(MON, both.see(MON, {AAPL: 5}, 9_500, BUY, fill("x1-again", AAPL, 5, 100, MON))))

    assert found.difference.kind is BreakKind.DUPLICATE_EXECUTION
    assert found.proposal is None


def test_a_second_fill_like_the_first_is_no_duplicate_when_the_snapshot_has_both(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)

    found = only(both.close(MON, both.see(MON, {AAPL: 10}, 9_000, BUY, fill("x2", AAPL, 5, 100, MON))))

    assert found.difference.kind is BreakKind.UNKNOWN_EXECUTION


def test_an_activity_that_only_the_statement_has_is_unbooked(both: World) -> None:
    both.open_with(1_000)

    found = only(
        both.close(MON, both.see(MON, {}, 700, event("w1", ActivityKind.TRANSFER, MON, amount=-300)), dry_run=True)
    )

    assert (found.difference.kind, found.cause) == (BreakKind.UNBOOKED_ACTIVITY, Cause.TRANSFER)
    assert found.difference.amount == -300


def test_an_activity_that_only_the_book_has_is_missing(both: World) -> None:
    both.open_with(1_000)
    both.book(event("d1", ActivityKind.DIVIDEND, MON, amount=25), source="statement")

    found = only(both.close(MON, both.see(MON, {}, 1_000)))

    assert (found.difference.kind, found.cause) == (BreakKind.MISSING_ACTIVITY, Cause.BOOKING_ERROR)
    assert found.difference.amount == -25


def test_an_activity_whose_amount_differs_is_a_mismatch(both: World) -> None:
    both.open_with(1_000)
    both.book(event("d1", ActivityKind.DIVIDEND, MON, amount=25), source="statement")

    found = only(both.close(MON, both.see(MON, {}, 1_024, event("d1", ActivityKind.DIVIDEND, MON, amount=24))))

    assert found.difference.kind is BreakKind.ACTIVITY_MISMATCH
    assert found.difference.amount == -1


def test_a_fee_that_differs_is_a_fee_mismatch(both: World) -> None:
    both.open_with(10_000)
    both.book(fill("x1", AAPL, 5, 100, MON, fee="1.00"))

    found = only(both.close(MON, both.see(MON, {AAPL: 5}, "9498.50", fill("x1", AAPL, 5, 100, MON, fee="1.50"))))

    assert (found.difference.kind, found.cause) == (BreakKind.FEE_MISMATCH, Cause.FEE)
    assert found.difference.amount == Decimal("-0.50")
    assert [one.subject for one in found.symptoms] == ["cash:USD"]


def test_another_cost_basis_for_the_same_units_is_a_warning(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})

    agreed = both.see(MON, {AAPL: 10}, 10_000, costs={"AAPL": "1000.90"})
    assert both.close(MON, agreed, dry_run=True).findings == ()
    found = only(both.close(MON, both.see(MON, {AAPL: 10}, 10_000, costs={"AAPL": "1500"})))

    assert found.difference.kind is BreakKind.COST_BASIS_MISMATCH
    assert found.severity is Severity.WARNING


def test_a_price_older_than_the_session_is_stale(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    fresh, stale = at(TUE, "20:59"), at(MON, "20:59")

    assert both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000, priced_at=fresh), dry_run=True).findings == ()
    found = only(both.close(TUE, both.see(TUE, {AAPL: 10}, 10_000, priced_at=stale)))

    assert found.difference.kind is BreakKind.STALE_PRICE
    assert found.severity is Severity.WARNING


def test_an_open_order_that_is_none_of_ours_is_told(both: World) -> None:
    both.open_with(10_000)

    found = only(both.close(MON, both.see(MON, {}, 10_000, orders=[open_order("b1", AAPL, "3", client=None)])))

    assert (found.difference.kind, found.cause) == (BreakKind.ORDER_STATE_MISMATCH, Cause.MANUAL_TRADE)
    assert found.money_at_risk == 270


def test_rows_that_nobody_can_map_are_critical_and_lower_the_coverage(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})

    outcome = both.close(MON, both.see(MON, {AAPL: 10}, 10_000, unmapped=['{"symbol": "WHAT?", "qty": "1"}']))

    found = only(outcome)
    assert (found.difference.kind, found.difference.subject) == (BreakKind.INSTRUMENT_UNMAPPED, "unmapped:WHAT?")
    assert found.severity is Severity.CRITICAL
    assert outcome.coverage < 1


def test_an_unmapped_row_of_the_statement_is_a_break_too(both: World) -> None:
    both.open_with(10_000)

    outcome = both.close(MON, both.see(MON, {}, 10_000, unread=["something nobody can read"]))

    assert only(outcome).difference.pair is Pair.BOOK_STATEMENT
    assert outcome.coverage < 1


def test_a_position_kept_in_another_currency_is_a_currency_mismatch(both: World) -> None:
    from sqlalchemy import update

    from sql.schema.warehouse import snapshot_position

    both.open_with(10_000, {AAPL: 10})
    run = both.see(MON, {AAPL: 10}, 10_000)
    with both.stores.warehouse.write(both.name) as warehouse:
        wanted = update(snapshot_position).where(snapshot_position.c.snapshot_id == run[1])
        warehouse.execute(wanted.values(currency="CAD"))

    found = only(both.close(MON, run))

    assert (found.difference.kind, found.difference.subject) == (BreakKind.CURRENCY_MISMATCH, "AAPL")
    assert "CAD" in found.explanation


def test_a_bust_in_the_statement_takes_its_trade_back(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)
    both.close(MON, both.see(MON, {AAPL: 5}, 9_500, BUY))

    bust = fill("x1", AAPL, 5, 100, MON, status=RecordStatus.CANCELLED)
    found = only(both.close(TUE, both.see(TUE, {}, 10_000, bust)))

    assert found.difference.kind is BreakKind.UNREPORTED_EXECUTION
    assert {one.subject for one in found.symptoms} == {"AAPL", "cash:USD"}


def test_a_correction_in_the_statement_is_compared_with_what_we_booked(both: World) -> None:
    both.open_with(10_000)
    both.book(BUY)
    both.close(MON, both.see(MON, {AAPL: 5}, 9_500, BUY))

    better = fill("x1", AAPL, 4, 100, MON, status=RecordStatus.CORRECTED)
    found = only(both.close(TUE, both.see(TUE, {AAPL: 4}, 9_600, better)))

    assert found.difference.kind is BreakKind.EXECUTION_MISMATCH
    assert found.difference.quantity == -1


def test_fees_taken_in_the_coin_shorten_the_position(both: World) -> None:
    coin = crypto("BTC")
    both.open_with(100_000)
    trade = fill("c1", coin, "0.5", "40000.123456789012345678", MON, fee="0.001", fee_currency="BTC")
    both.book(trade)

    cash = Decimal(100_000) + trade.cash_change
    run = both.see(MON, {coin: "0.499"}, cash, trade, prices={"BTC/USD": "40000"})

    assert both.close(MON, run).findings == ()


def test_a_statement_that_leads_elsewhere_is_told_when_book_and_snapshot_agree(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})
    both.close(MON, both.see(MON, {AAPL: 10}, 10_000))
    both.book(event("adj", ActivityKind.ADJUSTMENT, TUE, instrument=AAPL, quantity=1), source="import")

    found = only(both.close(TUE, both.see(TUE, {AAPL: 11}, 10_000)))

    assert found.difference.pair is Pair.STATEMENT_SNAPSHOT
    assert found.severity is Severity.WARNING


def test_without_a_statement_only_book_and_snapshot_are_compared(both: World) -> None:
    both.open_with(10_000, {AAPL: 10})

    outcome = both.close(MON, both.see(MON, {AAPL: 10}, 10_000, statement=False))

    assert outcome.state == "incomplete"
    assert outcome.findings == ()
    assert Decimal("0.2") < outcome.coverage < Decimal("0.5")


def test_a_first_close_without_opening_has_nothing_to_roll_forward_from(world: World) -> None:
    outcome = world.close(MON, world.see(MON, {AAPL: 10}, 10_000))

    assert {one.difference.kind for one in outcome.findings} == {
        BreakKind.UNEXPECTED_AT_BROKER,
        BreakKind.CASH_MISMATCH,
    }
    assert outcome.coverage < 1
    assert "no baseline" in outcome.findings[0].explanation


@pytest.mark.parametrize(
    ("status", "proof"),
    [
        (SnapshotStatus.QUARANTINED, Proof(Completeness.COMPLETE, 2, True)),
        (SnapshotStatus.PENDING, Proof(Completeness.COMPLETE, 2, True)),
        (SnapshotStatus.ACCEPTED, Proof(Completeness.PARTIAL, 2, False)),
    ],
)
def test_only_a_complete_accepted_snapshot_is_reconciled(world: World, status: SnapshotStatus, proof: Proof) -> None:
    world.open_with(10_000, {AAPL: 10})

    with pytest.raises(DataError, match="only a complete, accepted snapshot"):
        world.close(MON, world.see(MON, {}, 0, status=status, proof=proof))

    assert world.cases() == []


def test_a_snapshot_of_another_session_or_none_at_all_is_refused(world: World) -> None:
    run = world.see(MON, {}, 0)

    with pytest.raises(DataError, match="not of desk for 2026-01-13"):
        world.close(TUE, run)
    with pytest.raises(StoreError, match="no snapshot 7"):
        world.close(MON, (run[0], SnapshotId(7)))


def test_what_was_booked_late_counts_for_the_moment_the_broker_was_asked(world: World) -> None:
    """Monday reconciled on Tuesday evening: the broker shows Tuesday's trades already, and so does the book."""
    world.open_with(10_000)
    world.book(fill("x2", AAPL, 5, 100, TUE))
    moment = datetime(2026, 1, 13, 22, tzinfo=UTC)

    run = world.see(MON, {AAPL: 5}, 9_500, fill("x2", AAPL, 5, 100, TUE), captured="22:00", taken_at=moment)

    assert world.close(MON, run).findings == ()
