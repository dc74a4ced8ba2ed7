"""Exits at a venue that takes no brackets: kept in the journal, and sent as one order when their price is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sql.chain import order_chain
from sql.exit_plans import plan_exits
from sql.order_list import list_intents
from tasks.orders.keeper import ExitKeeper, Turn
from tasks.orders.watch import Watch
from tests.contract.world import KO, MONDAY, an_order
from tests.databases import Stores
from tests.store.orders.exit_world import ADAPTERS, MAIN, ExitDesk, exit_desk
from tieout.errors import Unavailable
from tieout.ids import ActivityId, IntentId
from tieout.kept_exits import KEPT
from tieout.orders import OrderState, OrderType, Side, TimeInForce
from tieout.placement import Placement
from tieout.records import Activity, ActivityKind, Fetched

OWN = Decimal("10.557436865")  # of KO, which the account holds before anything is bought


@pytest.fixture(params=ADAPTERS)
def desk(request: pytest.FixtureRequest, stores: Stores) -> Iterator[ExitDesk]:
    with exit_desk(ADAPTERS[request.param], stores, brackets=False) as made:
        yield made


@pytest.fixture
def thin(file_stores: Stores) -> Iterator[ExitDesk]:
    """Where one order finds four units at a tick."""
    with exit_desk(ADAPTERS["paper"], file_stores, depth=Decimal(4), brackets=False) as made:
        yield made


def keeper(desk: ExitDesk, halted: str | None = None) -> ExitKeeper:
    """A process that has just started."""
    return ExitKeeper(desk.stores.journal, desk.venue, MAIN, halted, timedelta(minutes=15), desk.world.clock)


def judge(desk: ExitDesk, halted: str | None = None) -> Turn:
    return keeper(desk, halted).turn(MONDAY.date())


def send(desk: ExitDesk, made: tuple[IntentId, ...]) -> None:
    Watch(desk.desk, made).turn()


def watch(desk: ExitDesk) -> Turn:
    """One turn of the risk watch: judge, send what was made, end what is over."""
    turn = judge(desk)
    send(desk, turn.made)
    return replace(turn, said=(*turn.said, *keeper(desk).conclude()))


def kept(desk: ExitDesk) -> dict[str, str]:
    return {row["kind"]: row["state"] for row in desk.rows("SELECT kind, state FROM kept_exit")}


def exit_orders(desk: ExitDesk) -> list[tuple[str, str, int, str]]:
    found = desk.rows(
        f"SELECT side, order_type, quantity, state FROM intent WHERE \"window\" = '{KEPT}' ORDER BY created_at"
    )
    return [(row["side"], row["order_type"], int(Decimal(row["quantity"])), row["state"]) for row in found]


def is_over(desk: ExitDesk) -> bool:
    return all(row["over_at"] is not None for row in desk.rows("SELECT over_at FROM exit_plan"))


def test_the_entry_goes_out_alone_and_its_exits_are_written_down(desk: ExitDesk) -> None:
    row = desk.enter()

    (at_venue,) = desk.world.account.desk.orders
    assert (at_venue.order.take_profit, at_venue.order.stop_loss, at_venue.children) == (None, None, [])
    assert row.state is OrderState.FILLED
    assert row.intent.order.stop_loss == 55
    assert kept(desk) == {"take_profit": "waiting", "stop_loss": "waiting"}
    with desk.stores.journal.read() as journal:
        (listed,) = list_intents(journal)
    assert str(listed["exits"]).startswith("kept by risk-watch, not at the venue (")
    assert "takes no brackets" in listed["exits"]


def test_nothing_goes_out_while_no_price_is_reached(desk: ExitDesk) -> None:
    desk.enter()
    assert watch(desk) == Turn()
    assert exit_orders(desk) == []


@pytest.mark.parametrize(("minutes", "kind"), [(1, "take_profit"), (2, "stop_loss")])
def test_what_is_reached_goes_out_once_and_ends_its_sibling(desk: ExitDesk, minutes: int, kind: str) -> None:
    desk.enter()
    desk.later(minutes=minutes)

    watch(desk)
    watch(desk)

    assert exit_orders(desk) == [("sell", "market", 10, "filled")]
    assert desk.held() == OWN
    states = kept(desk)
    assert states.pop(kind) == "reached"
    assert list(states.values()) == ["over"]
    assert is_over(desk)
    assert desk.booked() == [("buy", 10, "order"), ("sell", 10, "order")]


def test_who_died_between_the_decision_and_the_send_is_gone_on_from_with_the_same_order(desk: ExitDesk) -> None:
    desk.enter()
    desk.later(minutes=2)
    (made,) = judge(desk).made  # and the process is gone

    assert judge(desk) == Turn()  # decided already, and not ended: nobody decides again
    send(desk, (made,))
    keeper(desk).conclude()

    assert exit_orders(desk) == [("sell", "market", 10, "filled")]
    assert desk.held() == OWN


def test_who_died_in_the_decision_has_decided_nothing(desk: ExitDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enter()
    desk.later(minutes=2)
    with monkeypatch.context() as killed:
        killed.setattr("sql.kept_exits.append_exit_order", _die)
        with pytest.raises(KeyboardInterrupt):
            judge(desk)
    assert exit_orders(desk) == []
    assert set(kept(desk).values()) == {"waiting"}

    watch(desk)
    assert exit_orders(desk) == [("sell", "market", 10, "filled")]


def test_an_exit_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    desk: ExitDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tieout.errors import Ambiguous

    desk.enter()
    desk.later(minutes=2)
    (made,) = judge(desk).made
    submit = desk.broker.submit

    def lost(order: Any) -> None:
        submit(order)
        raise Ambiguous("test", "reset")

    with monkeypatch.context() as broken:
        broken.setattr(desk.broker, "submit", lost, raising=False)
        send(desk, (made,))
    judge(desk)
    send(desk, (made,))
    watch(desk)

    assert len(desk.world.account.desk.orders) == 2
    assert desk.held() == OWN


def test_the_kept_quantity_grows_with_a_partly_filled_entry(thin: ExitDesk) -> None:
    row = thin.enter(order_type=OrderType.LIMIT, limit_price=Decimal("60.5"), time_in_force=TimeInForce.GTC)
    assert (row.state, row.executed) == (OrderState.PARTIALLY_FILLED, Decimal(4))
    thin.later(minutes=1)  # at 66: nothing more is bought, and the profit is there

    watch(thin)
    assert exit_orders(thin) == [("sell", "market", 4, "filled")]
    assert not is_over(thin)  # the entry may still buy

    thin.later(minutes=1)  # at 54 the entry buys on; what was reached stays reached
    thin.desk.tick(thin.stored(row))
    bought = thin.stored(row).executed
    assert bought > 4
    watch(thin)
    assert exit_orders(thin)[1][2] == bought - 4


def test_an_exit_that_traded_in_part_sends_only_the_rest(thin: ExitDesk) -> None:
    row = thin.decide()
    with thin.stores.journal.write() as journal:  # ten units bought by hand, four at a time
        plan_exits(journal, row, "test", until=None, now=thin.world.clock())
    for number in range(3):
        thin.world.account.submit(an_order(f"hand {number}", quantity="4" if number < 2 else "2"))
    _as_filled(thin, row)
    thin.later(minutes=2)

    first = judge(thin)
    send(thin, first.made)
    (order,) = exit_orders(thin)
    assert order[:3] == ("sell", "market", 10)
    sent = thin.world.account.desk.orders[-1]
    assert sent.filled_quantity == 4
    thin.world.account.cancel(sent.order.client_order_id)
    thin.later(seconds=30)
    send(thin, first.made)
    thin.later(seconds=30)
    send(thin, first.made)

    second = judge(thin)
    send(thin, second.made)
    assert exit_orders(thin)[1][2] == 6


def test_what_a_person_sold_by_hand_is_not_sold_again(desk: ExitDesk) -> None:
    desk.enter()
    desk.world.account.submit(an_order("by hand", side=Side.SELL, quantity="17"))  # of 20.55 held, 3.55 are left
    desk.later(minutes=2)

    watch(desk)

    held = desk.held()
    assert held >= 0
    sold = sum(one[2] for one in exit_orders(desk))
    assert sold <= 4
    assert held == OWN + 10 - 17 - sum(Decimal(row["quantity"]) for row in desk.rows(_SOLD))


def test_a_position_that_is_gone_ends_its_exits_and_they_do_not_wake_for_a_new_one(desk: ExitDesk) -> None:
    desk.enter()
    desk.world.account.submit(an_order("by hand", side=Side.SELL, quantity=str(OWN + 10)))
    desk.later(seconds=70)  # at 66, where the profit would be taken, were anything there
    watch(desk)
    watch(desk)
    assert exit_orders(desk) == []
    assert is_over(desk)

    desk.world.account.submit(an_order("anew", quantity="10"))
    watch(desk)
    assert desk.held() == 10


def test_units_that_another_order_may_sell_are_left_to_it(desk: ExitDesk) -> None:
    desk.enter()
    resting = an_order("resting", side=Side.SELL, quantity=str(OWN + 10), limit="90")
    desk.world.account.submit(resting)
    desk.later(minutes=2)

    (said,) = watch(desk).said

    assert "other open orders hold the position" in said
    assert exit_orders(desk) == []
    desk.world.account.cancel(resting.client_order_id)
    watch(desk)
    assert exit_orders(desk) == [("sell", "market", 10, "filled")]


def test_a_quote_that_cannot_be_had_is_said_once_and_decides_nothing(
    desk: ExitDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enter()
    desk.later(minutes=2)
    with monkeypatch.context() as broken:
        broken.setattr(desk.broker, "fetch_quote", _refuse, raising=False)
        (said,) = watch(desk).said
        assert "there is no quote" in said
        assert watch(desk).said == ()
        with desk.stores.journal.read() as journal:
            assert "there is no quote" in list_intents(journal)[0]["exits"]
    assert exit_orders(desk) == []


def test_a_share_that_split_over_night_is_not_sold_at_a_price_of_before(
    desk: ExitDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = Activity(ActivityId("split"), ActivityKind.SPLIT, MONDAY + timedelta(days=1), KO, ratio=Decimal(2))
    desk.enter(time_in_force=TimeInForce.GTC)
    desk.later(days=1)
    monkeypatch.setattr(desk.broker, "fetch_activities", lambda *_: Fetched((split,), 1), raising=False)
    tuesday = MONDAY.date() + timedelta(days=1)

    (said,) = keeper(desk).turn(tuesday).said

    assert "not judged: split since" in said
    assert keeper(desk).turn(tuesday) == Turn()
    assert exit_orders(desk) == []
    monkeypatch.setattr(desk.broker, "fetch_activities", lambda *_: Fetched((), 1), raising=False)
    assert len(keeper(desk).turn(tuesday).made) == 1


def test_an_old_quote_decides_nothing(desk: ExitDesk) -> None:
    desk.enter()
    desk.later(minutes=2)
    patient = replace(keeper(desk), most_age=timedelta(seconds=-1))
    (said,) = patient.turn(MONDAY.date()).said
    assert "s old" in said
    assert exit_orders(desk) == []


def test_an_account_that_cannot_be_read_whole_decides_nothing(desk: ExitDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tieout.snapshots import Completeness

    desk.enter()
    desk.later(minutes=2)
    whole = desk.broker.fetch_snapshot(MONDAY.date())
    partial = replace(whole, proof=replace(whole.proof, completeness=Completeness.PARTIAL), positions=())
    with monkeypatch.context() as broken:
        broken.setattr(desk.broker, "fetch_snapshot", lambda _: partial, raising=False)
        (said,) = judge(desk).said
    assert "could not be read whole" in said
    assert set(kept(desk).values()) == {"waiting"}


def test_a_halt_by_a_person_holds_the_exit_back_and_is_said(desk: ExitDesk) -> None:
    desk.enter()
    desk.later(minutes=2)

    (said,) = judge(desk, "a person halted trading: drill").said

    assert "stop loss 55 is reached, and not sent: a person halted trading: drill" in said
    assert exit_orders(desk) == []


def test_exits_of_a_day_order_end_with_the_session_and_say_what_is_left(desk: ExitDesk) -> None:
    desk.enter(take_profit=Decimal(90), stop_loss=Decimal(1))
    desk.later(hours=6)

    (said,) = judge(desk).said

    assert "10 units have no exit any more" in said
    assert is_over(desk)
    assert set(kept(desk).values()) == {"over"}


def test_the_story_of_entry_and_exit_is_one_whichever_is_asked_for(desk: ExitDesk) -> None:
    row = desk.enter()
    desk.later(minutes=2)
    watch(desk)
    (sent,) = desk.rows("SELECT exit_intent_id, number FROM kept_exit_order")

    for asked in (row.intent.intent_id, sent["exit_intent_id"]):
        with desk.stores.journal.read() as journal, desk.stores.warehouse.read() as warehouse:
            chain = order_chain(journal, warehouse, asked)
        assert {one["intent_id"] for one in chain["intents"]} == {row.intent.intent_id, sent["exit_intent_id"]}
        assert {one["kind"] for one in chain["kept_exits"]} == {"take_profit", "stop_loss"}
        assert sorted(one["side"] for one in chain["executions"]) == ["buy", "sell"]


_SOLD = "SELECT quantity FROM execution WHERE side = 'sell'"


def _as_filled(desk: ExitDesk, row: Placement) -> None:
    """The journal's row as if ten units had traded under it."""
    from sql.placements import save

    done = replace(row, state=OrderState.FILLED, filled=Decimal(10), booked=Decimal(10), version=row.version + 1)
    done = replace(done, ended_at=desk.world.clock(), counted_at=desk.world.clock(), sends=1)
    with desk.stores.journal.write() as journal:
        save(journal, done, (), lease=None, now=desk.world.clock())


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def _refuse(*_: object) -> None:
    raise Unavailable("test", "no quote now")
