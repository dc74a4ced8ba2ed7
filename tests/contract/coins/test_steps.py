"""What a venue shows off its own market's steps or limits is told with the snapshot, which stays whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from simulator.protocols.faults import ALWAYS, SetField
from tests.contract.coins.benches import ROWS
from tests.contract.coins.operations import an_order, snapshot_of
from tests.unit.simulator.protocols.coins.world import BTC, INVERSE

BINANCE = ROWS[0]


def test_rows_on_their_steps_say_nothing() -> None:
    for row in ROWS:
        with row.bench() as bench:
            broker = bench.broker()
            for one in row.traded:
                broker.submit(an_order(one))
                broker.submit(an_order(one, "resting", limit=50_000))

            assert snapshot_of(broker).proof.off_rules == (), row.name


def test_an_order_off_its_steps_and_below_the_least_worth_is_told() -> None:
    with BINANCE.bench() as bench:
        broker = bench.broker()
        order = replace(an_order(BTC, limit=50_000), quantity=Decimal("0.0002"))
        number = broker.submit(order).broker_order_id
        for name, value in (("origQty", "0.000025"), ("price", "49999.999")):
            bench.face.faults.add(SetField(name, value), "/api/v3/openOrders", "GET", times=ALWAYS)
            told = snapshot_of(broker).proof.off_rules
            assert len(told) == (2 if name == "origQty" else 1)
            bench.face.faults.clear()
            assert all(one.startswith(f"order {number} in BTC/USDT: ") for one in told)
            expected = {
                "origQty": (
                    "its quantity 0.000025 is not on the step of 0.00001",
                    "worth of 1.25 is below the least, 5",
                ),
                "price": ("its limit 49999.999 is not on the tick of 0.01",),
            }[name]
            assert [one for one in expected if not any(one in each for each in told)] == []


def test_a_contract_that_is_held_off_its_step_is_told() -> None:
    row = next(one for one in ROWS if one.name == "Binance COIN-M")
    with row.bench() as bench:
        broker = bench.broker()
        broker.submit(an_order(INVERSE))
        bench.face.faults.add(SetField("positionAmt", "9.5"), "/dapi/v1/positionRisk", "GET", times=ALWAYS)

        told = snapshot_of(broker).proof.off_rules

    assert told == ("position in BTC/USD:BTC: its quantity 950 is not on the step of 100",)
