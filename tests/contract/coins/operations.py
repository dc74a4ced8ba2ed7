"""Every operation of the broker protocol at a coin venue, each held to what the simulated account holds to be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.ccxt.adapter import CcxtBroker
from brokers.ccxt.leverage import MarginMode
from simulator.protocols.coins.orders import shown_id
from simulator.protocols.coins.state import is_isolated, leverage
from tests.contract.coins.benches import SIZES, Bench
from tests.unit.simulator.protocols.coins.world import BTC, START
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.ids import ActivityId, client_order_id
from tieout.instruments import Instrument
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind
from tieout.snapshots import Completeness, Snapshot

BEFORE, AFTER = START - timedelta(hours=1), START + timedelta(hours=6)
_EACH_WAY = {Side.BUY: Decimal(61_000), Side.SELL: Decimal(59_000)}


def an_order(instrument: Instrument, key: str = "first", side: Side = Side.BUY, limit: int | None = None) -> Order:
    """Met at once, or resting far from the market."""
    price = _EACH_WAY[side] if limit is None else Decimal(limit)
    until = TimeInForce.IOC if limit is None else TimeInForce.GTC
    name = client_order_id(f"{instrument.symbol} {key}")
    return Order(name, instrument, side, SIZES[instrument], OrderType.LIMIT, until, price)


def snapshot_of(broker: CcxtBroker) -> Snapshot:
    found = broker.fetch_snapshot(START.date())
    assert found.proof.completeness is Completeness.COMPLETE, found.proof.notes
    return found


def identity(bench: Bench) -> None:
    who = bench.broker().fetch_identity()

    assert (who.mode, who.trading_blocked) == (Mode.PAPER, False)
    assert who.venue_account
    assert who.evidence
    assert who.permissions


def balances(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        broker.submit(an_order(one))

    found = snapshot_of(broker)

    held = {one.currency: one.cash for one in found.balances if one.cash}
    held |= {str(one.instrument.underlying): one.quantity for one in found.positions if not one.instrument.is_margined}
    there = {coin: total for coin, (total, _) in bench.account.wallets().items() if total}
    assert held == {coin: total for coin, total in there.items() if bench.row.coins is None or coin in bench.row.coins}


def positions(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        broker.submit(an_order(one, side=Side.SELL))

    held = {one.instrument: one.quantity for one in snapshot_of(broker).positions}

    for one in bench.contracts:
        assert held[one] == -SIZES[one]
    if BTC in bench.row.traded:
        assert held[BTC] == bench.account.wallets()["BTC"][0]


def open_orders(bench: Bench) -> None:
    broker = bench.broker()
    resting = [an_order(one, limit=50_000) for one in bench.row.traded]
    for one in resting:
        broker.submit(one)

    found = {one.client_order_id: one for one in snapshot_of(broker).open_orders}

    assert set(found) == {one.client_order_id for one in resting}
    for one in resting:
        seen = found[one.client_order_id]
        assert (seen.instrument, seen.side, seen.limit_price) == (one.instrument, one.side, one.limit_price)
        assert (seen.quantity, seen.state) == (one.quantity, OrderState.WORKING)


def closed_orders(bench: Bench) -> None:
    broker = bench.broker()
    expected: dict[str | None, OrderState] = {}
    for one in bench.row.traded:
        filled, over = an_order(one), an_order(one, "over", limit=50_000)
        broker.submit(filled)
        broker.submit(over)
        broker.cancel(over.client_order_id)
        expected |= {filled.client_order_id: OrderState.FILLED, over.client_order_id: OrderState.CANCELLED}

    listed = broker.fetch_orders(BEFORE, AFTER)

    assert {one.client_order_id: one.state for one in listed} == expected


def place(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        order = an_order(one, limit=50_000)
        report = broker.submit(order)
        (arrived,) = [each for each in bench.account.orders() if each.instrument == one]

        assert shown_id(arrived.client_order_id) == order.client_order_id == report.client_order_id
        assert (arrived.side, arrived.quantity, arrived.limit_price) == (order.side, order.quantity, order.limit_price)
        assert report.broker_order_id


def replacement(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        first = an_order(one, limit=50_000)
        second = an_order(one, "second", limit=49_000)
        broker.submit(first)
        replaced = broker.replace(first.client_order_id, second)

        assert (replaced.client_order_id, replaced.limit_price) == (second.client_order_id, second.limit_price)
        assert [shown_id(each.order.client_order_id) for each in bench.account.live] == [second.client_order_id]


def cancel(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        order = an_order(one, limit=50_000)
        broker.submit(order)
        report = broker.cancel(order.client_order_id)

        assert report.state is OrderState.CANCELLED
    assert bench.account.live == ()


def found_by_our_id(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        order = an_order(one)
        broker.submit(order)
        bench.world.clock.advance_to(bench.now() + timedelta(minutes=1))  # an order that has just ended is shown longer
        found, missing = broker.fetch_order(order.client_order_id), broker.fetch_order(client_order_id("missing"))

        assert missing is None
        assert found is not None
        assert (found.state, found.instrument, found.filled_quantity) == (OrderState.FILLED, one, order.quantity)


def executions(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        broker.submit(an_order(one))
        broker.submit(an_order(one, "back", Side.SELL))

    records = broker.fetch_executions(BEFORE, AFTER).records

    truth = bench.account.executions
    seen = {(one.instrument, one.side, one.quantity, one.price, one.executed_at) for one in records}
    assert seen == {(one.instrument, one.side, one.quantity, one.price, one.executed_at) for one in truth}
    fees = [(one.fee_currency, one.fee) for one in records if one.fee]
    if "fees in fills" in bench.row.venue.lacks:
        told = broker.fetch_ledger(ActivityKind.FEE, BEFORE, AFTER).records
        fees += [(one.currency, -one.amount) for one in told]
    assert sorted(fees) == sorted((one.fee_currency, one.fee) for one in truth)
    assert len(fees) == len(truth)


def funding(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.contracts:
        broker.submit(an_order(one))
    bench.world.venue.advance(AFTER)

    records = broker.fetch_ledger(ActivityKind.FUNDING, BEFORE, AFTER).records

    paid = [one for one in bench.account.activities if one.kind is ActivityKind.FUNDING]
    assert sorted((str(one.instrument), one.amount, one.currency) for one in records) == sorted(
        (str(one.instrument), one.amount, one.currency) for one in paid
    )
    assert len(paid) == len(bench.contracts) > 0


def interest(bench: Bench) -> None:
    _ledger(bench, ActivityKind.INTEREST, {"USDT": Decimal("-1.25")})


def conversion(bench: Bench) -> None:
    _ledger(bench, ActivityKind.CONVERSION, {"USDT": Decimal(-600), "BTC": Decimal("0.01")})


def money_in_and_out(bench: Bench) -> None:
    _ledger(bench, ActivityKind.TRANSFER, {"USDT": Decimal("250.75"), "BTC": Decimal("-0.125")})


def _ledger(bench: Bench, kind: ActivityKind, amounts: dict[str, Decimal]) -> None:
    canned = bench.row.canned.get(kind)
    broker = bench.broker(**(canned.options if canned else {}))
    if canned is not None:
        bench.instead(canned)
    for coin, amount in amounts.items() if canned is None else ():
        happening = Activity(ActivityId(""), kind, bench.now(), amount=amount, currency=coin)
        bench.account.books.post(happening)

    records = broker.fetch_ledger(kind, BEFORE, AFTER).records

    assert {one.currency: one.amount for one in records} == (canned.amounts if canned else amounts)
    assert {one.kind for one in records} == {kind}
    assert len(records) == len({one.activity_id for one in records})


def leverage_under_a_cap(bench: Bench) -> None:
    broker = bench.broker()
    traded = bench.contracts or bench.row.traded
    for one in traded:
        with pytest.raises(ConfigError, match="the cap of its class"):
            broker.set_leverage(one, 11)
        assert bench.told == 0
    for one in traded:
        broker.set_leverage(one, 3)
        assert leverage(bench.account, one) == 3


def margin_mode(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.contracts or bench.row.traded:
        if "own margin" in bench.row.venue.lacks:
            broker.set_leverage(one, 3)  # which isolates a contract there
        else:
            broker.set_margin_mode(one, MarginMode.ISOLATED)
        assert is_isolated(bench.account, one)
        broker.set_margin_mode(one, MarginMode.CROSS)
        assert not is_isolated(bench.account, one)


def close_position(bench: Bench) -> None:
    broker = bench.broker()
    before = bench.account.wallets()["BTC"][0]
    for one in bench.row.traded:
        broker.submit(an_order(one))
        broker.submit(replace(an_order(one, "out", Side.SELL), is_exit=True))

    held = {one.instrument: one.quantity for one in snapshot_of(broker).positions}

    assert not [one for one in held if one.is_margined]
    if BTC in bench.row.traded:
        fees = sum(one.fee for one in bench.account.executions if one.fee_currency == "BTC")
        in_coin = {one.execution_id for one in bench.account.executions if one.instrument.is_inverse}
        profit = sum(made for key, made in bench.account.books.realised.items() if key in in_coin)
        assert held[BTC] == before - fees + profit


def ticker(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        quote = broker.fetch_quote(one)
        assert (quote.instrument, quote.bid, quote.ask) == (one, Decimal("59999.5"), Decimal("60000.5"))


def order_book(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        book = broker.fetch_book(one, 5)
        assert (book.bids[0].price, book.asks[0].price) == (Decimal("59999.5"), Decimal("60000.5"))
        assert book.bids[0].quantity > 0


def market_rules(bench: Bench) -> None:
    broker = bench.broker()
    for one in bench.row.traded:
        contract = broker.fetch_contract(one)
        assert contract.tradable
        assert contract.tick == Decimal("0.01")
        assert contract.lot
        assert SIZES[one] % contract.lot == 0


def clock(bench: Bench) -> None:
    told = bench.broker().fetch_clock()

    assert told.is_open
    assert told.now.tzinfo is not None


def sessions(bench: Bench) -> None:
    bench.broker().fetch_sessions(START.date(), START.date())


Operation = Callable[[Bench], None]
OPERATIONS: dict[str, Operation] = {
    "identity and permissions": identity,
    "balances": balances,
    "positions": positions,
    "open orders": open_orders,
    "closed orders": closed_orders,
    "place": place,
    "replace": replacement,
    "cancel": cancel,
    "find by client id": found_by_our_id,
    "executions with fees": executions,
    "ledger: funding": funding,
    "ledger: interest": interest,
    "ledger: conversion": conversion,
    "ledger: deposits and withdrawals": money_in_and_out,
    "leverage under a hard cap": leverage_under_a_cap,
    "margin mode": margin_mode,
    "close position": close_position,
    "ticker": ticker,
    "order book": order_book,
    "contract rules": market_rules,
    "clock": clock,
    "sessions": sessions,
}
