"""What a run left behind and nobody will go on with is seen to by the account's next window, and by its close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.native import NativeFace
from tests.contract.world import MONDAY, MONDAY_CLOSE, World, a_world
from tests.flows.conftest import OPENING, FlowDesk
from tests.flows.windows import trade, wish
from tieout.accounts import Account, Mode
from tieout.ids import AccountId, SignalId
from tieout.instruments import equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
MAIN, DAY = AccountId("main"), date(2026, 3, 2)
OVER, NOT_OVER = "open-auction", "close-auction"  # at ten o'clock in New York
THREE = Decimal(3)


@pytest.fixture
def world() -> World:
    """Monday, in the session."""
    return a_world()


@pytest.fixture
def desk(flow_desk: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowDesk]:
    """A desk in the session whose clock runs; its venue shows an order as soon as it has it."""
    monkeypatch.setenv("TIEOUT_NOW", f"{MONDAY.isoformat()}@{datetime.now(UTC).isoformat()}")
    monkeypatch.setenv("MAIN_API_KEY", "PKTEST")
    monkeypatch.setenv("MAIN_API_SECRET", world.account.secret)
    with NativeFace(world.venue) as face:
        yield flow_desk.account(MAIN, face.base_url, broker="paper", credential="env:MAIN", timeout_s=1)


def left_behind(state: OrderState, window: str = OVER, account_id: AccountId = MAIN, **more: Any) -> Placement:
    """A purchase of three KO whose run died."""
    key = intent_id(account_id, "left", window)
    order = Order(order_id_of(key), equity("KO"), Side.BUY, THREE, OrderType.MARKET, TimeInForce.DAY)
    began = MONDAY - timedelta(minutes=20)
    until = MONDAY - timedelta(minutes=1) if window == OVER else MONDAY + timedelta(hours=5)
    intent = Intent(key, account_id, order, DAY, began, signal_id=SignalId("the one"), valid_until=until, window=window)
    return replace(Placement(intent, state, sends=1, sent_at=began), **more)


def write(desk: FlowDesk, row: Placement) -> None:
    from sql.placements import append_intent
    from sql.records import record_account

    stores = desk.stores()
    with stores.journal.write() as journal:
        broker = str(desk.accounts[row.intent.account_id]["broker"])
        record_account(journal, Account(row.intent.account_id, broker, Mode.PAPER, "USD", "XNYS"))
        append_intent(journal, row, (), now=MONDAY)
    stores.close()


def filled_and_not_booked(desk: FlowDesk, world: World, window: str, account_id: AccountId = MAIN) -> Placement:
    """The venue has filled it, and the run died before the trade was in the book."""
    row = left_behind(OrderState.FILLED, window, account_id, filled=THREE, accepted=True, ended_at=MONDAY)
    world.account.submit(row.intent.order)
    write(desk, row)
    return row


def standing(desk: FlowDesk, row: Placement) -> dict[str, Any]:
    rows = desk.journal_rows("SELECT intent_id, state, filled, booked, sends FROM intent")
    (found,) = [one for one in rows if one["intent_id"] == row.intent.intent_id]
    return {name: found[name] for name in ("state", "filled", "booked", "sends")}


def hold(desk: FlowDesk, row: Placement, holder: str) -> None:
    """Somebody works in that window."""
    from sql.leases import acquire
    from tasks.clock import now

    key = f"{MAIN}:execution-window/{row.intent.window}:{DAY}"
    stores = desk.stores()
    with stores.journal.write() as journal:
        acquire(journal, key, holder, now(), timedelta(minutes=10))
    stores.close()


@pytest.mark.parametrize("window", [OVER, NOT_OVER])
def test_the_next_window_books_what_traded_in_one_that_died(desk: FlowDesk, world: World, window: str) -> None:
    row = filled_and_not_booked(desk, world, window)

    assert trade(desk).name == "Idle"

    assert standing(desk, row) == {"state": "filled", "filled": "3", "booked": "3", "sends": 1}
    (booked,) = desk.journal_rows("SELECT client_order_id, quantity, source FROM execution")
    assert booked == {"client_order_id": row.intent.order.client_order_id, "quantity": "3", "source": "order"}
    assert {one["released"] for one in desk.journal_rows("SELECT released FROM lease")} == {1}


def test_an_order_of_unknown_fate_is_found_by_the_next_window(desk: FlowDesk, world: World) -> None:
    row = left_behind(OrderState.SENDING)
    world.account.submit(row.intent.order)
    write(desk, row)

    trade(desk)

    assert standing(desk, row) == {"state": "filled", "filled": "3", "booked": "3", "sends": 1}
    assert len(world.account.orders()) == 1


def test_an_order_that_never_arrived_is_not_sent_when_its_window_is_over(desk: FlowDesk, world: World) -> None:
    row = left_behind(OrderState.SENDING)
    write(desk, row)
    wish(desk, "today's", account=MAIN)

    assert trade(desk).name == "Done"

    assert standing(desk, row) == {"state": "cancelled", "filled": "0", "booked": "0", "sends": 1}
    (order,) = world.account.orders()
    assert order.client_order_id != row.intent.order.client_order_id


@pytest.mark.parametrize("state", [OrderState.PLANNED, OrderState.APPROVED])
def test_what_was_never_sent_ends_with_its_window(desk: FlowDesk, world: World, state: OrderState) -> None:
    row = left_behind(state, sends=0, sent_at=None)
    write(desk, row)

    trade(desk)

    assert standing(desk, row)["state"] == ("cancelled" if state is OrderState.PLANNED else "lapsed")
    assert world.account.orders() == ()


def test_an_order_that_outlived_its_window_is_cancelled_as_the_window_says(desk: FlowDesk, world: World) -> None:
    row = left_behind(OrderState.WORKING, accepted=True)
    resting = replace(row.intent.order, order_type=OrderType.LIMIT, limit_price=Decimal(50))
    row = replace(row, intent=replace(row.intent, order=resting))
    world.account.submit(resting)
    write(desk, row)

    trade(desk)

    assert standing(desk, row)["state"] == "cancelled"
    assert [one.state for one in world.account.orders()] == [OrderState.CANCELLED]


def test_what_a_living_run_works_on_is_left_to_it(desk: FlowDesk, world: World) -> None:
    row = filled_and_not_booked(desk, world, OVER)
    hold(desk, row, "elsewhere:1:a flow run:1")

    trade(desk)

    assert standing(desk, row)["booked"] == "0"


def test_an_unknown_of_a_window_that_is_not_over_is_left_to_its_own_next_run(desk: FlowDesk, world: World) -> None:
    row = left_behind(OrderState.SENDING, NOT_OVER)
    write(desk, row)

    trade(desk)

    assert standing(desk, row)["state"] == "sending"


class TestTheClose:
    """Alpaca's protocol, on Monday after the close."""

    @pytest.fixture
    def opened(self, flow_desk: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowDesk]:
        """A book that agrees with the venue, but for what the window has left."""
        from typer.testing import CliRunner

        from flows.cli.main import app

        with AlpacaFace(world.venue) as face:
            flow_desk.account("alpaca-main", face.base_url)
            (flow_desk.folder / "opening.csv").write_text(OPENING)
            words = ["import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk"]
            assert CliRunner().invoke(app, words).exit_code == 0
            monkeypatch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
            yield flow_desk

    @pytest.fixture
    def row(self, opened: FlowDesk, world: World) -> Placement:
        found = filled_and_not_booked(opened, world, "session", AccountId("alpaca-main"))
        world.venue.advance(MONDAY_CLOSE)
        return found

    def test_it_books_what_traded_before_it_looks(self, opened: FlowDesk, row: Placement) -> None:
        state = opened.close(date=DAY)

        assert (state.name, state.is_completed()) == ("Tied out", True), state.message
        assert standing(opened, row)["booked"] == "3"
        assert [one["source"] for one in opened.journal_rows("SELECT source FROM execution")] == ["order"]

    def test_a_dry_run_books_nothing(self, opened: FlowDesk, row: Placement) -> None:
        opened.close(date=DAY, dry_run=True)

        assert standing(opened, row)["booked"] == "0"
