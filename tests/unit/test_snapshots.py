from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tieout.ids import AccountId, ActivityId, BrokerOrderId, ExecutionId
from tieout.instruments import Instrument, equity
from tieout.orders import OrderReport, OrderState, Side
from tieout.records import Activity, ActivityKind, Execution, Fetched, Statement
from tieout.snapshots import Completeness, Position, Proof, Snapshot, instruments_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONE = Decimal(1)


def a_position(symbol: str) -> Position:
    return Position(equity(symbol), ONE, ONE, ONE, ONE, ONE)


def an_order(instrument: Instrument | None) -> OrderReport:
    return OrderReport(BrokerOrderId("b"), None, OrderState.WORKING, instrument, Side.BUY, ONE, Decimal(0))


def a_snapshot(*symbols: str) -> Snapshot:
    return Snapshot(
        AccountId("a"),
        date(2026, 1, 5),
        NOON,
        tuple(a_position(symbol) for symbol in symbols),
        (),
        (an_order(equity("ORDERED")), an_order(None)),
        Proof(Completeness.COMPLETE, 2, agreed=True),
    )


def a_statement() -> Statement:
    trade = Execution(ExecutionId("e"), equity("TRADED"), Side.BUY, ONE, ONE, NOON)
    events = (
        Activity(ActivityId("a"), ActivityKind.DIVIDEND, NOON, equity("PAID"), amount=ONE),
        Activity(ActivityId("b"), ActivityKind.INTEREST, NOON, amount=ONE),
    )
    return Statement(NOON, NOON, Fetched((trade,), 1), Fetched(events, 1))


def symbols(found: tuple[Instrument, ...]) -> list[str]:
    return [one.symbol for one in found]


def test_every_instrument_is_named_once_in_order_of_appearance() -> None:
    assert symbols(instruments_of(a_snapshot("KO", "PEP", "KO"), a_statement())) == [
        "KO",
        "PEP",
        "ORDERED",
        "TRADED",
        "PAID",
    ]


def test_a_snapshot_without_a_statement_names_its_own() -> None:
    assert symbols(instruments_of(a_snapshot("KO"), None)) == ["KO", "ORDERED"]
