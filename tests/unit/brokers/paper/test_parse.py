"""The paper broker's rows: exact, or refused by name."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.http.fields import Row
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from brokers.paper import parse
from simulator.kept import Kept
from simulator.protocols.native_orders import order_from
from simulator.protocols.native_rows import activity_row, execution_row, instrument_row
from tests.simulation.world import WEDNESDAY
from tieout.errors import InvalidOrder, Malformed
from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId, ExecutionId
from tieout.instruments import Instrument, cash, cfd, crypto, equity, forex, fund, future, option, perpetual
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind, Execution, RecordStatus

INSTRUMENTS = [
    equity("BRK.B"),
    option("AAPL1 260116P00150500", multiplier=Decimal(50), underlying="AAPL"),
    crypto("BTC"),
    perpetual("BTC", "USDT", "USDT", Decimal("0.001")),
    future("ES", date(2026, 3, 20), Decimal(50)),
    forex("EUR", "USD"),
    cfd("US500"),
    fund("VTSAX"),
    cash("USD"),
]
amounts = st.decimals(min_value="0.000000000001", max_value="99999999", places=12)


def over_the_wire(row: dict[str, object]) -> Row:
    return Row(json.loads(json.dumps(row)), "a row")


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda i: i.asset_class)
def test_every_asset_class_comes_back_as_it_went(instrument: Instrument) -> None:
    assert parse.instrument(over_the_wire(instrument_row(instrument))) == instrument


@given(st.sampled_from(INSTRUMENTS), st.sampled_from(Side), amounts, amounts, amounts, st.sampled_from(RecordStatus))
def test_an_execution_comes_back_to_the_last_digit(
    instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, fee: Decimal, status: RecordStatus
) -> None:
    execution = Execution(
        ExecutionId("x::1"), instrument, side, quantity, price, WEDNESDAY, fee, "BTC", ClientOrderId("a" * 32),
        BrokerOrderId("b"), status,
    )  # fmt: skip

    assert parse.execution(over_the_wire(execution_row(Kept(execution, WEDNESDAY, heard=True)))) == execution


@given(st.none() | st.sampled_from(INSTRUMENTS), st.sampled_from(ActivityKind), amounts, amounts)
def test_an_activity_comes_back_to_the_last_digit(
    instrument: Instrument | None, kind: ActivityKind, quantity: Decimal, amount: Decimal
) -> None:
    activity = Activity(
        ActivityId("a::1"), kind, WEDNESDAY, instrument, -quantity if instrument else Decimal(0), amount, -amount,
        "EUR",
        date(2026, 1, 16), "group", Decimal("0.25"), RecordStatus.CORRECTED, "WORD", "why",
    )  # fmt: skip

    assert parse.activity(over_the_wire(activity_row(Kept(activity, WEDNESDAY, heard=False)))) == activity


@given(st.sampled_from(INSTRUMENTS), amounts, amounts | st.none(), amounts | st.none())
def test_an_order_leaves_as_it_was_decided(
    instrument: Instrument, quantity: Decimal, limit: Decimal | None, stop: Decimal | None
) -> None:
    order = Order(
        ClientOrderId("c" * 32), instrument, Side.SELL, quantity, OrderType.STOP_LIMIT, TimeInForce.GTC, limit, stop,
        extended_hours=True,
    )  # fmt: skip

    sent = json.loads(json.dumps(parse.order_request(order)))

    assert order_from(sent, lambda symbol: {instrument.symbol: instrument}[symbol]) == order


POSITION = instrument_row(equity("KO")) | {
    "quantity": "10",
    "side": "long",
    "average_entry_price": "60.5",
    "market_price": "62",
    "market_value": "620",
    "cost_basis": "605",
    "unrealized_pnl": "15",
    "priced_at": "2026-01-14T15:00:00Z",
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quantity": None}, "field `quantity`"),
        ({"quantity": "NaN"}, "not a finite number"),
        ({"quantity": 10.5}, "a number in text"),
        ({"quantity": "-10"}, "contradicts"),
        ({"side": "short"}, "contradicts"),
        ({"market_value": "1e400"}, "market_value"),
        ({"priced_at": "2026-01-14T15:00:00"}, "no time zone"),
    ],
)
def test_a_bad_position_names_its_field(change: dict[str, object], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        parse.position(Row(POSITION | change, "positions row 1 (KO)"))


@pytest.mark.parametrize(
    "change",
    [{"symbol": "KO\n"}, {"currency": "usd"}, {"multiplier": "0"}, {"multiplier": None}, {"strike": "x"}],
    ids=str,
)
def test_an_instrument_that_makes_no_sense_is_unmapped(change: dict[str, object]) -> None:
    with pytest.raises(Unmapped):
        parse.position(Row(POSITION | change, "positions row 1"))


def test_an_unknown_asset_class_is_named() -> None:
    with pytest.raises(UnknownAssetClass, match="tulip"):
        parse.position(Row(POSITION | {"asset_class": "tulip"}, "positions row 1"))


ORDER = instrument_row(equity("KO")) | {
    "order_id": "b",
    "client_order_id": "a" * 32,
    "state": "working",
    "side": "buy",
    "quantity": "3",
    "filled_quantity": "0",
    "order_type": "market",
    "time_in_force": "day",
    "submitted_at": "2026-01-14T15:00:00Z",
    "updated_at": "2026-01-14T15:00:00Z",
}


@pytest.mark.parametrize("state", ["sending", "unknown", "planned", "half done", ""])
def test_a_state_that_no_venue_has_is_never_guessed_at(state: str) -> None:
    assert parse.order_report(Row(ORDER, "order")).client_order_id == "a" * 32
    with pytest.raises(Malformed, match="state"):
        parse.order_report(Row(ORDER | {"state": state}, "order"))


def test_an_activity_of_an_unknown_kind_is_kept_as_other() -> None:
    activity = Activity(ActivityId("a"), ActivityKind.DIVIDEND, WEDNESDAY, amount=Decimal(5))
    row = activity_row(Kept(activity, WEDNESDAY, heard=False)) | {"kind": "tombola"}

    found = parse.activity(over_the_wire(row))

    assert (found.kind, found.venue_kind, found.amount) == (ActivityKind.OTHER, "tombola", 5)


@pytest.mark.parametrize("inside", ["KO", 3, []])
def test_an_activity_whose_instrument_is_no_object_is_refused(inside: object) -> None:
    activity = Activity(ActivityId("a"), ActivityKind.DIVIDEND, WEDNESDAY)
    row = activity_row(Kept(activity, WEDNESDAY, heard=False)) | {"instrument": inside}

    with pytest.raises(Malformed, match="an object was expected"):
        parse.activity(Row(row, "activities row 1"))


def test_a_record_that_contradicts_itself_is_malformed() -> None:
    execution = Execution(ExecutionId("x"), equity("KO"), Side.BUY, Decimal(1), Decimal(1), WEDNESDAY)
    row = execution_row(Kept(execution, WEDNESDAY, heard=True)) | {"quantity": "0"}

    with pytest.raises(Malformed, match="counts up from zero"):
        parse.execution(Row(row, "executions row 1"))


@pytest.mark.parametrize("read", [parse.quote(equity("KO")), parse.contract(equity("KO"))], ids=["quote", "contract"])
def test_an_answer_about_another_instrument_is_no_answer(read: object) -> None:
    with pytest.raises(Malformed, match="KO was asked for, PEP answered"):
        read(Row({"symbol": "PEP"}, "quote"))  # type: ignore[operator]


@pytest.mark.parametrize(
    "change",
    [{"quantity": "0"}, {"quantity": "x"}, {"side": "sideways"}, {"symbol": ""}, {"client_order_id": None}],
    ids=str,
)
def test_the_venue_refuses_fields_that_make_no_order(change: dict[str, object]) -> None:
    order = Order(ClientOrderId("c"), equity("KO"), Side.BUY, Decimal(1), OrderType.MARKET, TimeInForce.DAY)

    with pytest.raises(InvalidOrder):
        order_from({**parse.order_request(order), **change}, equity)
