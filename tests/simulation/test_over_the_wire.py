"""The story of three sessions through an adapter: what changed between two closes is in the statement between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.account import SimulatedAccount
from simulator.option_stories import option_week
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import DropRows
from simulator.protocols.http_face import HttpFace
from simulator.protocols.native import NativeFace
from simulator.scenario import Scenario, Stage
from simulator.stories import BUSY, CLEAN, EVENTS, OPTIONS, PARTIAL, SETTLING, three_sessions
from simulator.venue import SimulatedVenue
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.records import Statement
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness, Snapshot

FACES: dict[str, Callable[[SimulatedVenue], HttpFace]] = {"alpaca": AlpacaFace, "paper": NativeFace}
NAMES = (CLEAN, BUSY, EVENTS, SETTLING, PARTIAL, OPTIONS)


@contextmanager
def connected(venue_name: str, stage: Stage, account: SimulatedAccount) -> Iterator[tuple[Broker, HttpFace]]:
    settings = Account(AccountId("main"), venue_name, Mode.PAPER, "USD", "XNYS")
    with FACES[venue_name](stage.venue) as face:
        credential = Credential(account.key_id, account.secret)
        with open_broker(AccountSettings(settings, endpoint=face.base_url), credential, stage.venue.clock) as broker:
            yield broker, face


def closes(broker: Broker, stage: Stage) -> Iterator[tuple[date, Snapshot, Statement | None]]:
    """Each session played, the account read after its close, and the statement since the close before."""
    since: datetime | None = None
    for day in stage.days:
        stage.play(day)
        snapshot, until = broker.fetch_snapshot(day), stage.venue.clock.now
        statement = None
        if since is not None:
            fetched = broker.fetch_executions(since, until), broker.fetch_activities(since, until)
            statement = Statement(since, until, *fetched)
        yield day, snapshot, statement
        since = snapshot.captured_at


def units(snapshot: Snapshot) -> dict[str, Decimal]:
    return {p.instrument.symbol: p.quantity for p in snapshot.positions}


STORIES = [(three_sessions, name) for name in NAMES] + [(option_week, one.name) for one in option_week().accounts]


@pytest.mark.parametrize("venue_name", FACES)
@pytest.mark.parametrize(("story", "name"), STORIES, ids=[name for _, name in STORIES])
def test_a_statement_explains_what_changed_between_two_closes(
    venue_name: str, story: Callable[[], Scenario], name: str
) -> None:
    stage = Stage(story())
    account = stage.account(name)
    with connected(venue_name, stage, account) as (broker, _):
        before: Snapshot | None = None
        for _, snapshot, statement in closes(broker, stage):
            assert snapshot.proof.completeness is Completeness.COMPLETE
            assert units(snapshot) == {p.instrument.symbol: p.quantity for p in account.positions()}
            if before is not None and statement is not None:
                moved = _moved(statement)
                expected = defaultdict(Decimal, units(before))
                for symbol, quantity in moved.items():
                    expected[symbol] += quantity
                assert units(snapshot) == {symbol: quantity for symbol, quantity in expected.items() if quantity}
                if name != SETTLING:
                    assert snapshot.balances[0].cash == before.balances[0].cash + _paid(statement)
            before = snapshot


def _moved(statement: Statement) -> dict[str, Decimal]:
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for execution in statement.executions.records:
        moved[execution.instrument.symbol] += execution.signed_quantity
    for activity in statement.activities.records:
        if activity.instrument:
            moved[activity.instrument.symbol] += activity.quantity
    return moved


def _paid(statement: Statement) -> Decimal:
    traded = sum((e.cash_change - e.fee for e in statement.executions.records), Decimal(0))
    return traded + sum((a.amount for a in statement.activities.records), Decimal(0))


@pytest.mark.parametrize("venue_name", FACES)
def test_the_ids_in_a_statement_are_those_the_desk_was_told(venue_name: str) -> None:
    stage = Stage(three_sessions())
    account = stage.account(CLEAN)
    with connected(venue_name, stage, account) as (broker, _):
        since = stage.venue.clock.now
        for day in stage.days:
            stage.play(day)
        fetched = broker.fetch_executions(since, stage.venue.clock.now)

    told = [(e.execution_id, e.client_order_id, e.price) for e in account.heard]
    assert [(e.execution_id, e.client_order_id, e.price) for e in fetched.records] == told


@pytest.mark.parametrize("venue_name", FACES)
def test_proceeds_under_way_are_not_in_the_cash_of_the_evening(venue_name: str) -> None:
    stage = Stage(three_sessions())
    account = stage.account(SETTLING)
    with connected(venue_name, stage, account) as (broker, _):
        cash = [snapshot.balances[0].cash for _, snapshot, _ in closes(broker, stage)]

    (sale,) = account.executions
    assert cash == [8_000, 8_000, 8_000 + sale.cash_change]


def test_a_download_that_came_short_is_partial_by_the_venues_own_count() -> None:
    stage = Stage(three_sessions())
    with connected("paper", stage, stage.account(PARTIAL)) as (broker, face):
        stage.play()
        face.faults.add(DropRows(noticed=False), "/v1/positions", times=9)
        snapshot = broker.fetch_snapshot(stage.days[0])

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert "1 rows where the venue counts 2" in snapshot.proof.notes[0]


def test_a_record_that_comes_late_is_in_the_statement_of_the_day_it_came() -> None:
    stage = Stage(three_sessions())
    account = stage.account(CLEAN)
    with connected("paper", stage, account) as (broker, _):
        stage.play()
        first = stage.venue.clock.now
        late = _late_trade(stage, account)
        stage.play()
        second = stage.venue.clock.now
        stage.play()
        early = broker.fetch_executions(first, second).records
        after = broker.fetch_executions(second, stage.venue.clock.now).records

    assert late not in {e.client_order_id for e in early}
    assert late in {e.client_order_id for e in after}


def _late_trade(stage: Stage, account: SimulatedAccount) -> str:
    from tests.simulation.world import an_order

    order = an_order("late", instrument=next(p.instrument for p in account.positions()), quantity="1")
    stage.venue.advance(stage.sessions.opens_at(stage.days[1]) + timedelta(minutes=1))
    account.submit(order, late=timedelta(hours=20))
    return order.client_order_id
