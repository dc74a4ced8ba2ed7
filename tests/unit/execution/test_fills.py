from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.unit.execution.samples import NOW, working
from tieout.fills import belongs_to, busted_units_of, sorted_out, units_of
from tieout.heirs import heir_of
from tieout.ids import BrokerOrderId, ClientOrderId, ExecutionId
from tieout.instruments import Instrument, option
from tieout.intents import intent_id, order_id_of
from tieout.orders import OrderLeg, Side, TimeInForce
from tieout.placement import Continue, Proof, ProofKind
from tieout.records import Execution, RecordStatus

CALL, PUT = option("KO260116C00060000"), option("KO260116P00060000")
ROW = working()
ORDER = ROW.intent.order


def trade(
    quantity: str, *, number: int = 1, of: Instrument = ORDER.instrument, status: RecordStatus = RecordStatus.EXECUTED
) -> Execution:
    return Execution(
        ExecutionId(f"E{number}"),
        of,
        Side.BUY,
        Decimal(quantity),
        Decimal(60),
        NOW,
        status=status,
    )


def test_a_trade_belongs_to_our_id_or_else_to_the_venues() -> None:
    ours = replace(trade("1"), client_order_id=ORDER.client_order_id)
    other = replace(trade("1"), client_order_id=ClientOrderId("another"), broker_order_id=BrokerOrderId("V1"))
    theirs = replace(trade("1"), broker_order_id=BrokerOrderId("V1"))

    assert [belongs_to(one, ROW) for one in (ours, other, theirs, trade("1"))] == [True, False, True, False]


def test_a_trade_taken_back_counts_for_nothing_and_is_known() -> None:
    trades = [
        trade("4"),
        trade("3", number=2, status=RecordStatus.CANCELLED),
        trade("2", status=RecordStatus.CORRECTED),
    ]

    assert units_of(ORDER, trades) == 6
    assert busted_units_of(ORDER, trades) == 3


def test_legs_count_as_whole_units() -> None:
    spread = replace(ORDER, legs=(OrderLeg(CALL, Side.BUY), OrderLeg(PUT, Side.SELL, 2)))
    trades = [trade("3", of=CALL), trade("4", of=PUT), trade("2", of=PUT, status=RecordStatus.CANCELLED)]

    assert units_of(spread, trades) == 2
    assert busted_units_of(spread, trades) == 1


def test_an_auction_order_is_converted_for_the_session() -> None:
    auction = replace(ROW, intent=replace(ROW.intent, order=replace(ORDER, time_in_force=TimeInForce.CLOSE)))
    proof = Proof(ProofKind.ENDED, NOW, Decimal(0), ("shown as cancelled",))

    heir = heir_of(auction, Continue(ROW.intent.account_id, Decimal(10), proof, convert=True), NOW)

    assert heir.intent.order.time_in_force is TimeInForce.DAY


def test_a_list_of_trades_is_sorted_out_by_order_and_what_is_not_ours_is_left_out() -> None:
    key = intent_id(ROW.intent.account_id, "another")
    order = replace(ORDER, client_order_id=order_id_of(key))
    by_theirs = replace(
        ROW, intent=replace(ROW.intent, intent_id=key, order=order), broker_order_id=BrokerOrderId("V9")
    )
    foreign = replace(trade("9", number=9), client_order_id=ClientOrderId("nobody's"))
    theirs = replace(trade("2", number=2), client_order_id=None, broker_order_id=BrokerOrderId("V9"))

    ours = replace(trade("4"), client_order_id=ORDER.client_order_id)
    found = sorted_out([ours, foreign, theirs], [ROW, by_theirs])

    assert [[str(one.quantity) for one in each] for each in found] == [["4"], ["2"]]
