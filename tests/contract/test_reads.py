"""What an adapter reads is what the venue holds, to the last digit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from simulator.events import Dividend, Split
from simulator.protocols.faults import ALWAYS, DropRows, SameAgain
from simulator.terms import AccountTerms
from tests.contract.able import require
from tests.contract.conftest import CREDENTIAL
from tests.contract.venues import Face, Venue
from tests.contract.world import BAC, BTC, KO, KO_PUT, MONDAY, MONDAY_CLOSE, TERMS, World, an_order
from tieout.accounts import Account, Mode, require_mode
from tieout.errors import ConfigError, Unauthorised, Unreadable
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.orders import OrderState, Side
from tieout.records import ActivityKind
from tieout.snapshots import Completeness

DAY = MONDAY.date()
BEFORE = MONDAY - timedelta(days=1)


def test_the_account_proves_its_mode_and_shows_four_digits_of_its_number(broker: Broker) -> None:
    identity = broker.fetch_identity()

    assert identity.mode is Mode.PAPER
    assert identity.evidence
    assert identity.venue_account == "********0001"


def test_an_account_configured_as_live_is_refused_with_a_paper_key(venue: Venue, world: World, face: Face) -> None:
    with venue.broker(face.base_url, world.clock, CREDENTIAL, mode=Mode.LIVE) as broker:
        identity = broker.fetch_identity()

    with pytest.raises(ConfigError, match="configured as live"):
        require_mode(Account(AccountId("main"), venue.name, Mode.LIVE, "USD", "XNYS"), identity)


def test_a_wrong_secret_stops_the_account(venue: Venue, world: World, face: Face) -> None:
    with venue.broker(face.base_url, world.clock, Credential(TERMS.key_id, "test-secret-of-another")) as broker:
        require(broker, "signs_requests")
        with pytest.raises(Unauthorised):
            broker.fetch_snapshot(DAY)


def test_a_snapshot_holds_what_the_account_holds(broker: Broker, world: World) -> None:
    snapshot = broker.fetch_snapshot(DAY)

    held = {p.instrument: p for p in snapshot.positions}
    truth = {p.instrument: p for p in world.account.positions()}
    assert held.keys() == truth.keys() == {KO, BAC, BTC, KO_PUT}
    for instrument, position in truth.items():
        assert held[instrument].quantity == position.quantity
        assert held[instrument].avg_entry_price == position.avg_entry_price
        assert held[instrument].market_value == position.market_value
        assert held[instrument].cost_basis == position.cost_basis
    assert held[BAC].quantity < 0
    assert held[KO].quantity == Decimal("10.557436865")
    assert {b.currency: b.cash for b in snapshot.balances} == {b.currency: b.cash for b in world.account.balances()}


def test_a_snapshot_proves_that_it_is_whole(broker: Broker, world: World) -> None:
    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert snapshot.proof.agreed
    assert snapshot.proof.reads >= 2
    assert {"positions", "orders"} <= set(snapshot.proof.end_markers)
    assert snapshot.proof.broker_time == world.clock.now
    assert {answer.part for answer in snapshot.raw} >= {"account", "positions", "orders"}
    assert snapshot.unmapped == ()


def test_open_orders_are_part_of_a_snapshot(broker: Broker, world: World) -> None:
    resting = an_order(limit="55.1")
    world.account.submit(resting)
    world.account.submit(an_order("filled"))

    (order,) = broker.fetch_snapshot(DAY).open_orders

    assert order.client_order_id == resting.client_order_id
    assert (order.instrument, order.side, order.limit_price) == (KO, Side.BUY, Decimal("55.1"))
    assert order.state is OrderState.WORKING


def test_more_open_orders_than_a_page_holds_are_all_read(broker: Broker, world: World) -> None:
    keys = [f"order {number}" for number in range(501)]
    for key in keys:
        world.account.submit(an_order(key, quantity="1", limit="1.5"))
        world.clock.advance_to(world.clock.now + timedelta(microseconds=1))

    snapshot = broker.fetch_snapshot(DAY)

    assert len(snapshot.open_orders) == len({order.broker_order_id for order in snapshot.open_orders}) == 501
    assert snapshot.proof.completeness is Completeness.COMPLETE


def test_an_empty_account_is_flat_and_not_failed(venue: Venue, world: World, face: Face) -> None:
    empty = world.venue.open_account(AccountTerms("PA0000000002", "PKEMPTY", "test-secret-of-the-second", Mode.PAPER))
    empty.open_with({"USD": Decimal(1)})
    with venue.broker(face.base_url, world.clock, Credential("PKEMPTY", "test-secret-of-the-second")) as broker:
        snapshot = broker.fetch_snapshot(DAY)

    assert (snapshot.positions, snapshot.open_orders) == ((), ())
    assert snapshot.proof.completeness is Completeness.COMPLETE


def test_an_account_that_changes_while_it_is_read_is_read_again(broker: Broker, venue: Venue, face: Face) -> None:
    face.faults.add(DropRows(), venue.paths["positions"])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert snapshot.proof.reads == 3
    assert len(snapshot.positions) == 4


def test_an_account_that_never_holds_still_is_partial(broker: Broker, venue: Venue, face: Face) -> None:
    for reading in range(0, 4, 2):
        face.faults.add(DropRows(), venue.paths["positions"], skip=0 if reading == 0 else 1)

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert not snapshot.proof.agreed
    assert "changed between each of 4 readings" in snapshot.proof.notes[-1]


def test_executions_of_a_window_come_oldest_first_with_our_own_ids(broker: Broker, world: World) -> None:
    orders = [
        an_order("one"),
        an_order("two", side=Side.SELL, quantity="0.5"),
        an_order("three", instrument=BTC, quantity="0.125"),
    ]
    for order in orders:
        world.account.submit(order)
        world.clock.advance_to(world.clock.now + timedelta(minutes=1))

    fetched = broker.fetch_executions(BEFORE, world.clock.now)

    assert [e.client_order_id for e in fetched.records] == [order.client_order_id for order in orders]
    truth = world.account.executions
    assert [(e.execution_id, e.instrument, e.side, e.quantity, e.price, e.executed_at) for e in fetched.records] == [
        (e.execution_id, e.instrument, e.side, e.quantity, e.price, e.executed_at) for e in truth
    ]
    assert fetched.notes == ()


def test_a_window_opens_after_its_beginning_and_closes_with_its_end(broker: Broker, world: World) -> None:
    world.account.submit(an_order("one"))
    first = world.clock.now
    world.clock.advance_to(first + timedelta(seconds=1))
    world.account.submit(an_order("two", side=Side.SELL))
    second = world.clock.now

    assert len(broker.fetch_executions(first, second).records) == 1
    assert len(broker.fetch_executions(first - timedelta(microseconds=1), second).records) == 2
    assert broker.fetch_executions(second, second + timedelta(hours=1)).records == ()


@pytest.fixture
def page(venue: Venue) -> int:
    """Rows on the venue's largest page."""
    if venue.page is None:
        pytest.skip(f"{venue.name}: lists come whole, there are no pages")
    return venue.page


def test_executions_on_many_pages_are_all_read_once(broker: Broker, page: int, world: World) -> None:
    for number in range(page + 5):
        world.account.submit(an_order(f"order {number}", side=Side.SELL if number % 2 else Side.BUY, quantity="1"))
        world.clock.advance_to(world.clock.now + timedelta(seconds=1))

    fetched = broker.fetch_executions(BEFORE, world.clock.now)

    assert [e.execution_id for e in fetched.records] == [e.execution_id for e in world.account.executions]
    assert len(fetched.records) == page + 5
    assert fetched.pages >= 2


def test_a_list_that_shows_the_same_page_for_ever_is_unreadable(
    broker: Broker, venue: Venue, page: int, world: World, face: Face
) -> None:
    for number in range(page):
        world.account.submit(an_order(f"order {number}", quantity="1"))
    face.faults.add(SameAgain(), venue.paths["executions"], times=ALWAYS)

    with pytest.raises(Unreadable):
        broker.fetch_executions(BEFORE, MONDAY_CLOSE)


def test_a_transfer_moves_cash_with_its_sign(broker: Broker, world: World) -> None:
    world.account.deposit(Decimal("250.75"))
    world.clock.advance_to(world.clock.now + timedelta(seconds=1))
    world.account.deposit(Decimal("-100"))

    fetched = broker.fetch_activities(BEFORE, world.clock.now)

    assert [(a.kind, a.amount, a.currency) for a in fetched.records] == [
        (ActivityKind.TRANSFER, Decimal("250.75"), "USD"),
        (ActivityKind.TRANSFER, Decimal(-100), "USD"),
    ]


def test_a_split_is_one_event_with_its_exact_ratio(broker: Broker, world: World) -> None:
    world.venue.announce(Split(BAC, date(2026, 3, 3), Decimal(4)))
    world.venue.advance(datetime(2026, 3, 3, 21, 5, tzinfo=UTC))

    fetched = broker.fetch_activities(MONDAY, world.clock.now)

    (split,) = [a for a in fetched.records if a.kind is ActivityKind.SPLIT]
    assert (split.instrument, split.ratio, split.quantity) == (BAC, Decimal(4), Decimal(-300))
    assert split.amount == 0


def test_a_dividend_pays_cash_and_moves_no_shares(broker: Broker, world: World) -> None:
    world.venue.announce(Dividend(KO, date(2026, 3, 3), date(2026, 3, 4), Decimal("0.51")))
    world.venue.advance(datetime(2026, 3, 4, 21, 5, tzinfo=UTC))

    fetched = broker.fetch_activities(MONDAY, world.clock.now)

    (dividend,) = [a for a in fetched.records if a.kind is ActivityKind.DIVIDEND]
    assert (dividend.instrument, dividend.quantity, dividend.price) == (KO, Decimal(0), Decimal("0.51"))
    assert dividend.amount == Decimal("5.38")  # 10.557436865 shares


def test_an_option_that_expires_closes_its_position(broker: Broker, world: World) -> None:
    world.venue.advance(datetime(2026, 3, 6, 21, 5, tzinfo=UTC))

    fetched = broker.fetch_activities(MONDAY, world.clock.now)
    snapshot = broker.fetch_snapshot(date(2026, 3, 6))

    (expired,) = [a for a in fetched.records if a.kind is ActivityKind.EXPIRATION]
    assert (expired.instrument, expired.quantity, expired.amount) == (KO_PUT, Decimal(1), Decimal(0))
    assert KO_PUT not in {p.instrument for p in snapshot.positions}


def test_activities_explain_every_change_of_cash(broker: Broker, world: World) -> None:
    before = {b.currency: b.cash for b in broker.fetch_snapshot(DAY).balances}
    world.account.submit(an_order("bought"))
    world.account.deposit(Decimal(1000))
    world.venue.announce(Dividend(KO, date(2026, 3, 3), date(2026, 3, 4), Decimal("0.51")))
    world.venue.advance(datetime(2026, 3, 6, 21, 5, tzinfo=UTC))

    executions = broker.fetch_executions(BEFORE, world.clock.now)
    activities = broker.fetch_activities(BEFORE, world.clock.now)
    after = {b.currency: b.cash for b in broker.fetch_snapshot(date(2026, 3, 6)).balances}

    moved = sum(e.cash_change - e.fee for e in executions.records) + sum(a.amount for a in activities.records)
    assert after["USD"] - before["USD"] == moved


def test_the_clock_knows_whether_the_market_is_open(broker: Broker, world: World) -> None:
    assert broker.fetch_clock().is_open

    world.venue.advance(MONDAY_CLOSE)

    clock = broker.fetch_clock()
    assert (clock.now, clock.is_open) == (MONDAY_CLOSE, False)
    assert clock.next_open == datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


def test_sessions_leave_out_weekends_and_holidays(broker: Broker) -> None:
    require(broker, "any_sessions")

    sessions = broker.fetch_sessions(date(2026, 4, 1), date(2026, 4, 6))

    # 3 April 2026 is Good Friday
    assert [s.business_date for s in sessions] == [date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 6)]
    assert sessions[0].closes_at == datetime(2026, 4, 1, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize("instrument", [KO, BTC, KO_PUT], ids=lambda i: i.asset_class)
def test_quotes_and_contracts_are_about_the_instrument_asked_for(
    broker: Broker, world: World, instrument: Instrument
) -> None:
    quote, contract = broker.fetch_quote(instrument), broker.fetch_contract(instrument)

    truth = world.venue.market.quote(instrument, world.clock.now)
    assert (quote.bid or Decimal(0), quote.ask) == (truth.bid, truth.ask)
    assert contract.instrument == instrument
    assert contract.tradable
