"""What an adapter reads and tells of spot coins is what the venue holds and took, to the last digit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker, TellsDepth
from simulator.protocols.faults import ALWAYS, HTML, Reset, Status, Truncate, html
from simulator.protocols.http_face import HttpFace
from tests.contract.coins.venues import CoinVenue
from tests.unit.simulator.protocols.coins.world import BTC, START, CoinWorld
from tieout.accounts import Mode, require_mode
from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    NotFound,
    NotTradable,
    Rejected,
    Unauthorised,
    Unavailable,
    Unsupported,
)
from tieout.ids import client_order_id
from tieout.instruments import crypto, equity
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.snapshots import Completeness

DAY = START.date()
BEFORE = START - timedelta(hours=1)
AFTER = START + timedelta(hours=1)


def an_order(key: str = "first", *, side: Side = Side.BUY, quantity: str = "0.5", limit: str | None = None) -> Order:
    """Resting far from the market with a limit; without one a limit that is met at once, for not all take markets."""
    price, until = (Decimal(limit), TimeInForce.GTC) if limit else (Decimal(60_000 + 600 * side.sign), TimeInForce.IOC)
    return Order(client_order_id(key), BTC, side, Decimal(quantity), OrderType.LIMIT, until, price)


def spoil(face: HttpFace, effect: object, path: str = "*") -> None:
    """Spoil what is read under a path: some venues are asked by POST as well."""
    for method in ("GET", "POST"):
        face.faults.add(effect, path, method, times=ALWAYS)  # type: ignore[arg-type]


def test_the_account_is_named_and_proven_to_be_paper(broker: Broker, venue: CoinVenue) -> None:
    identity = broker.fetch_identity()

    assert (identity.mode, identity.currency) == (Mode.PAPER, "USDT")
    assert identity.venue_account
    assert identity.venue_account.endswith("7001") or "account number" in venue.lacks
    assert identity.evidence


def test_an_account_configured_as_live_is_refused_on_this_machine(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    with venue.broker(face.base_url, lambda: world.clock.now, *keys, mode=Mode.LIVE) as broker:
        identity = broker.fetch_identity()
        account = broker._settings.account  # type: ignore[attr-defined]

    with pytest.raises(ConfigError, match="configured as live"):
        require_mode(account, identity)


def test_a_wrong_secret_stops_the_account(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    _, another = venue.signs(CoinWorld()) if venue.name == "coinbase" else ("", "dGVzdC1zZWNyZXQtb2YtYW5vdGhlcg==")
    with (
        venue.broker(face.base_url, lambda: world.clock.now, keys[0], another) as broker,
        pytest.raises(Unauthorised),
    ):
        broker.fetch_snapshot(DAY)


def test_coins_are_positions_and_money_is_cash(broker: Broker, world: CoinWorld) -> None:
    broker.submit(an_order())

    snapshot = broker.fetch_snapshot(DAY)

    (trade,) = world.account.executions
    fee = {"BTC": Decimal(0), "USDT": Decimal(0)} | {trade.fee_currency: trade.fee}
    paid = Decimal("60000.5") / 2 + fee["USDT"]
    assert {one.instrument: one.quantity for one in snapshot.positions} == {BTC: Decimal("1.5") - fee["BTC"]}
    assert {one.currency: one.cash for one in snapshot.balances} == {"USDT": Decimal(100_000) - paid}
    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert {"account", "positions", "orders"} <= set(snapshot.proof.end_markers)
    assert any(part.startswith("wallet ") for part in snapshot.proof.end_markers)


def test_what_leaves_is_what_was_decided_on_the_markets_steps_and_never_more(broker: Broker, world: CoinWorld) -> None:
    report = broker.submit(an_order(quantity="0.1234567891", limit="50000.019"))

    (arrived,) = world.account.orders()
    assert (arrived.client_order_id, arrived.quantity) == (report.client_order_id, Decimal("0.12345"))
    assert arrived.limit_price == Decimal("50000.01")
    assert report.broker_order_id


def test_a_resting_order_is_in_the_snapshot_and_found_by_our_id(broker: Broker) -> None:
    order = an_order(limit="50000")
    broker.submit(order)

    found = broker.fetch_order(order.client_order_id)
    (resting,) = broker.fetch_snapshot(DAY).open_orders

    assert found is not None
    assert (found.state, found.client_order_id) == (OrderState.WORKING, order.client_order_id)
    assert (found.instrument, found.side, found.limit_price) == (BTC, Side.BUY, Decimal(50_000))
    assert resting.broker_order_id == found.broker_order_id


def test_a_filled_order_is_found_with_its_price(broker: Broker) -> None:
    order = an_order()
    broker.submit(order)

    found = broker.fetch_order(order.client_order_id)

    assert found is not None
    assert (found.state, found.filled_quantity) == (OrderState.FILLED, Decimal("0.5"))
    assert found.average_fill_price == Decimal("60000.5")


def test_executions_carry_their_fee_in_the_coin_it_was_taken_in(broker: Broker, world: CoinWorld) -> None:
    broker.submit(an_order("bought"))
    broker.submit(an_order("sold", side=Side.SELL, quantity="0.2"))

    fetched = broker.fetch_executions(BEFORE, AFTER)

    truth = world.account.executions
    assert {(e.side, e.quantity, e.price, e.fee, e.fee_currency, e.executed_at) for e in fetched.records} == {
        (e.side, e.quantity, e.price, e.fee, e.fee_currency, e.executed_at) for e in truth
    }
    assert all(e.fee > 0 for e in fetched.records)
    assert all(e.broker_order_id for e in fetched.records)


def test_orders_of_every_state_are_listed(broker: Broker) -> None:
    broker.submit(an_order("filled"))
    broker.submit(an_order("resting", limit="50000"))

    listed = {one.client_order_id: one.state for one in broker.fetch_orders(BEFORE, AFTER)}

    assert listed == {client_order_id("filled"): OrderState.FILLED, client_order_id("resting"): OrderState.WORKING}


def test_a_cancel_ends_a_resting_order(broker: Broker, world: CoinWorld) -> None:
    order = an_order(limit="50000")
    broker.submit(order)

    assert broker.cancel(order.client_order_id).state is OrderState.CANCELLED
    assert world.account.live == ()


def test_a_cancel_of_a_filled_order_is_refused(broker: Broker) -> None:
    broker.submit(an_order())

    with pytest.raises(Rejected):
        broker.cancel(an_order().client_order_id)


def test_a_cancel_of_nothing_is_not_found(broker: Broker) -> None:
    with pytest.raises(NotFound):
        broker.cancel(client_order_id("nothing"))


def test_a_replacement_is_a_new_order_under_its_own_id_or_refused_before_anything_is_sent(
    broker: Broker, world: CoinWorld
) -> None:
    first = an_order(limit="50000")
    broker.submit(first)
    second = replace(first, client_order_id=client_order_id("second"), limit_price=Decimal(49_000))
    if not broker.capabilities.replaces:
        with pytest.raises(Unsupported, match="old id"):
            broker.replace(first.client_order_id, second)
        assert len(world.account.orders()) == 1
        return

    replaced = broker.replace(first.client_order_id, second)

    assert (replaced.client_order_id, replaced.limit_price) == (second.client_order_id, Decimal(49_000))
    assert [one.order.client_order_id for one in world.account.live] == [second.client_order_id]


@pytest.mark.parametrize(
    ("order", "leaf"),
    [
        pytest.param(an_order(quantity="100"), InsufficientFunds, id="more than there is"),
        pytest.param(an_order(side=Side.SELL, quantity="50"), InsufficientFunds, id="more than held"),
        pytest.param(replace(an_order(), instrument=crypto("NOCOIN", "USDT")), NotTradable, id="unknown symbol"),
        pytest.param(an_order(quantity="0.000001", limit="50000"), InvalidOrder, id="below a step"),
        pytest.param(an_order(quantity="0.00002", limit="50000"), InvalidOrder, id="minimum notional"),
        pytest.param(replace(an_order(), instrument=equity("KO")), Unsupported, id="no coin"),
        pytest.param(replace(an_order(), order_type=OrderType.TRAILING_STOP), Unsupported, id="trailing stop"),
    ],
)
def test_a_refusal_is_one_leaf_and_leaves_nothing(
    broker: Broker, world: CoinWorld, order: Order, leaf: type[BrokerError]
) -> None:
    with pytest.raises(leaf) as refused:
        broker.submit(order)

    assert type(refused.value) is leaf
    assert world.account.orders() == ()


def test_what_our_own_rules_refuse_never_reaches_the_wire(broker: Broker, face: HttpFace) -> None:
    for order in (replace(an_order(), instrument=equity("KO")), replace(an_order(), extended_hours=True)):
        with pytest.raises(Unsupported):
            broker.submit(order)

    assert not [line for line in face.log if line.method == "POST"]


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Status(500, booked=True), id="500 after booking"),
        pytest.param(html(502, booked=True), id="HTML 502 after booking"),
        pytest.param(Reset(booked=True), id="reset after booking"),
        pytest.param(Truncate(30), id="truncated JSON"),
        pytest.param(Truncate(30, honest=False), id="cut connection"),
        pytest.param(Status(200, HTML, {"Content-Type": "text/html"}, booked=True), id="HTML 200"),
        pytest.param(Status(200, b"{}", booked=True), id="empty object"),
        pytest.param(Status(200, b"[]", booked=True), id="empty list"),
        pytest.param(Status(403, HTML, {"Content-Type": "text/html"}, booked=True), id="HTML 403"),
    ],
)
def test_a_lost_answer_to_an_order_is_ambiguous_and_the_order_is_sent_once(
    broker: Broker, venue: CoinVenue, face: HttpFace, world: CoinWorld, effect: object
) -> None:
    broker.fetch_contract(BTC)  # the markets are known before
    sent = len(face.log)
    face.faults.add(effect, venue.paths["submit"], "POST", times=ALWAYS)  # type: ignore[arg-type]

    with pytest.raises(Ambiguous):
        broker.submit(an_order())

    assert len([line for line in face.log[sent:] if venue.paths["submit"] in line.path]) == 1
    assert len(world.account.orders()) == 1
    face.faults.clear()
    found = broker.fetch_order(an_order().client_order_id)
    assert found is not None
    assert found.state is OrderState.FILLED


@pytest.mark.parametrize("part", ["account", "orders"])
@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Status(500), id="500"),
        pytest.param(html(502), id="HTML 502"),
        pytest.param(Status(200, HTML, {"Content-Type": "text/html"}), id="HTML 200"),
        pytest.param(Status(200, b"{}"), id="empty object"),
        pytest.param(Status(200, b"null"), id="null"),
        pytest.param(Truncate(20), id="truncated JSON"),
        pytest.param(Reset(), id="reset"),
    ],
)
def test_a_part_that_cannot_be_read_never_looks_empty(
    broker: Broker, venue: CoinVenue, face: HttpFace, part: str, effect: object
) -> None:
    broker.submit(an_order(limit="50000"))
    spoil(face, effect, venue.paths[part])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is not Completeness.COMPLETE
    assert part not in snapshot.proof.end_markers
    assert any(note.startswith(f"{part}:") for note in snapshot.proof.notes)


@pytest.mark.parametrize("effect", [Status(500), Status(200, b"{}"), Status(200, b"null"), html(404), Truncate(15)])
def test_an_unreadable_look_up_is_never_taken_for_an_absence(broker: Broker, face: HttpFace, effect: object) -> None:
    broker.fetch_contract(BTC)
    spoil(face, effect)
    with pytest.raises(Unavailable):
        broker.fetch_order(client_order_id("nothing"))

    face.faults.clear()
    assert broker.fetch_order(client_order_id("nothing")) is None


def test_nobody_listens_is_unavailable_also_for_an_order(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    face.stop()
    with venue.broker(face.base_url, lambda: world.clock.now, *keys) as broker:
        with pytest.raises(Unavailable):
            broker.submit(an_order())
        with pytest.raises(Unavailable):
            broker.fetch_order(an_order().client_order_id)


def test_prices_and_depth_are_exact(broker: Broker, world: CoinWorld) -> None:
    quote = broker.fetch_quote(BTC)
    assert (quote.bid, quote.ask) == (Decimal("59999.5"), Decimal("60000.5"))
    assert isinstance(broker, TellsDepth)
    book = broker.fetch_book(BTC, 5)
    assert (book.bids[0].price, book.asks[0].price) == (Decimal("59999.5"), Decimal("60000.5"))
    contract = broker.fetch_contract(BTC)
    assert (contract.lot, contract.tick, contract.tradable) == (Decimal("0.00001"), Decimal("0.01"), True)


def test_a_venue_that_never_closes_has_no_sessions(broker: Broker) -> None:
    with pytest.raises(Unsupported, match="never closes"):
        broker.fetch_sessions(DAY, DAY)


def test_money_that_came_and_went_is_an_activity(broker: Broker, world: CoinWorld) -> None:
    world.account.deposit(Decimal("250.75"))
    if not broker.capabilities.activities:
        with pytest.raises(Unsupported):
            broker.fetch_activities(BEFORE, AFTER)
        return

    fetched = broker.fetch_activities(BEFORE, AFTER)

    assert [(one.amount, one.currency) for one in fetched.records] == [(Decimal("250.75"), "USDT")]


def test_no_secret_is_in_anything_that_is_left_behind(
    broker: Broker, venue: CoinVenue, face: HttpFace, keys: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    broker.submit(an_order())
    spoil(face, Status(500, json.dumps({"msg": " ".join(keys)}).encode()), venue.paths["account"])
    snapshot = broker.fetch_snapshot(DAY)

    left = [repr(broker), repr(vars(broker)), caplog.text, repr(snapshot), repr(broker.answers)]
    left += [repr(broker.calls)]  # type: ignore[attr-defined]
    for text in left:
        assert keys[1] not in text
        assert keys[0] not in text
