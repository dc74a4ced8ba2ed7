"""What a venue closes by itself is an activity with its units and its price, and no trade of ours."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.forced import deleverage, liquidate
from tests.contract.coins import kucoin
from tests.contract.coins.benches import ROWS
from tests.contract.coins.canned import AFTER, BEFORE, NOW_MS
from tests.contract.coins.operations import an_order
from tests.unit.simulator.protocols.coins.world import START
from tieout.records import ActivityKind

FUTURES = [one for one in ROWS if any(each.is_margined for each in one.traded)]


@pytest.mark.parametrize("row", FUTURES, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", [ActivityKind.LIQUIDATION, ActivityKind.DELEVERAGING])
def test_a_forced_closing_is_named_at_every_face(row: Any, kind: ActivityKind) -> None:
    with row.bench() as bench:
        broker, traded = bench.broker(), bench.contracts[0]
        broker.submit(an_order(traded, "in"))
        bench.world.tick()
        if kind is ActivityKind.LIQUIDATION:
            liquidate(bench.account, bench.world.market)
        else:
            deleverage(bench.account, traded, Decimal("0.5"), Decimal(59_000))
        (truth,) = [one for one in bench.account.activities if one.kind is kind]

        told = broker.fetch_ledger(kind, START - timedelta(hours=1), START + timedelta(hours=1)).records
        trades = broker.fetch_executions(START - timedelta(hours=1), START + timedelta(hours=1)).records

    assert [(one.instrument, one.quantity, one.price) for one in told] == [(traded, truth.quantity, truth.price)]
    assert len(trades) == 1


@pytest.mark.parametrize(("word", "kind"), [("liquid", ActivityKind.LIQUIDATION), ("adl", ActivityKind.DELEVERAGING)])
def test_kucoin_s_forced_closings_are_named_with_their_fee(word: str, kind: ActivityKind) -> None:
    closed = {
        "symbol": "XBTUSDTM",
        "tradeId": "1828954878299",
        "orderId": "250444645610336999",
        "side": "sell",
        "liquidity": "taker",
        "price": "59000",
        "size": 50,
        "value": "2950",
        "fee": "1.77",
        "feeCurrency": "USDT",
        "settleCurrency": "USDT",
        "tradeType": word,
        "positionSide": "BOTH",
        "createdAt": NOW_MS,
    }
    with kucoin.ROW.bench() as bench:
        kucoin._ledgers(bench)
        bench.say("GET /api/v1/fills", kucoin.items())
        bench.say("GET futures:/api/v1/fills", kucoin.items(closed))
        broker = bench.broker()
        told, trades = broker.fetch_activities(BEFORE, AFTER).records, broker.fetch_executions(BEFORE, AFTER).records

    assert trades == ()
    seen = {one.kind: (one.quantity, one.price, one.amount) for one in told}
    assert seen == {
        kind: (Decimal("-0.05"), Decimal(59000), Decimal(0)),
        ActivityKind.FEE: (Decimal(0), None, Decimal("-1.77")),
    }
