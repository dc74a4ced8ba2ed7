from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import insert, text

from sql.schema.journal import signal, signal_inbox
from sql.signals import (
    Appended,
    append_signal,
    expire_signals,
    read_pending,
    read_signal,
    read_signals,
    set_state,
)
from tasks.signals.inbox import take_inbox
from tests.databases import Stores
from tests.unit.signals.samples import MAIN, NOW, judged, payload, refused, taken
from tieout.ids import SignalId
from tieout.settings import Settings
from tieout.signals.types import Kept, Refusal, RefusalCode, Signal, SignalState

LATER = NOW + timedelta(minutes=1)
OPTION = payload(
    symbol="AAPL260116P00150000", limit_price="1.05", mean="-0.10", variance="0.2", note="a", quantity=None
)


def append(stores: Stores, *ones: Signal | Refusal) -> list[Appended]:
    with stores.journal.write() as connection:
        return [append_signal(connection, one, NOW) for one in ones]


def states(stores: Stores) -> dict[str, str]:
    with stores.journal.read() as connection:
        return {row["signal_id"]: row["state"] for row in read_signals(connection)}


def move(stores: Stores, signal_id: SignalId, state: SignalState, reason: str | None = None) -> bool:
    with stores.journal.write() as connection:
        return set_state(connection, signal_id, state, LATER, reason=reason)


def test_a_signal_is_read_back_as_it_came(stores: Stores) -> None:
    ones = [taken(OPTION), taken(payload(account="alpaca-main", quantity="0.1", time="2026-01-16T14:00:00.5Z"))]
    append(stores, *ones)
    with stores.journal.read() as connection:
        assert sorted(read_pending(connection, NOW), key=lambda one: one.signal_id) == sorted(
            ones, key=lambda one: one.signal_id
        )


def test_the_same_wish_twice_is_one_signal(stores: Stores) -> None:
    one, again = taken(payload()), taken(payload(quantity="10.0"), now=LATER)
    first, second = append(stores, one)[0], append(stores, again)[0]

    assert first == Appended(one.signal_id, True)
    assert second == Appended(one.signal_id, False)
    assert states(stores) == {one.signal_id: "pending"}


def test_an_id_that_was_used_for_another_wish_is_refused_and_kept(stores: Stores) -> None:
    first, again, other = (taken(payload(id="A-1", quantity=one)) for one in ("10", "10", "11"))
    kept = append(stores, first, again, other, other)

    assert [(one.new, one.refusal and one.refusal.code) for one in kept] == [
        (True, None),
        (False, None),
        (True, RefusalCode.DUPLICATE_ID),
        (False, RefusalCode.DUPLICATE_ID),
    ]
    with stores.journal.read() as connection:
        pending = read_pending(connection, NOW)
        row = read_signal(connection, kept[2].signal_id)
    assert [one.quantity for one in pending] == [10]
    assert row is not None
    assert (row["state"], row["payload"]["quantity"]) == ("refused", "11")
    assert "was used before" in row["reason"]


def test_a_refusal_is_kept_once_with_what_was_sent(stores: Stores) -> None:
    bad = refused(payload(side="hold"))
    first, second = append(stores, bad, bad)

    assert (first.new, second.new, first.signal_id) == (True, False, second.signal_id)
    with stores.journal.read() as connection:
        (row,) = read_signals(connection, [SignalState.REFUSED])
    assert (row["state"], row["strategy"], row["payload"]) == ("refused", "alpha", bad.raw)
    assert row["reason"].startswith("not_a_word: side was")


def test_what_was_refused_or_expired_is_never_pending_again(stores: Stores) -> None:
    one, bad = taken(payload()), refused(payload(side="x"))
    kept = append(stores, one, bad)
    with stores.journal.write() as connection:
        assert expire_signals(connection, one.expires_at - timedelta(microseconds=1)) == []
        assert expire_signals(connection, one.expires_at) == [one.signal_id]
        assert expire_signals(connection, one.expires_at) == []

    for state in (SignalState.PENDING, SignalState.TAKEN, SignalState.DONE):
        assert [move(stores, each.signal_id, state) for each in kept] == [False, False]
    append(stores, one)
    assert states(stores) == {one.signal_id: "expired", kept[1].signal_id: "refused"}


def test_expired_signals_are_not_pending_even_before_they_are_let_go(stores: Stores) -> None:
    one = taken(payload())
    append(stores, one)
    with stores.journal.read() as connection:
        assert read_pending(connection, one.expires_at - timedelta(microseconds=1)) == [one]
        assert read_pending(connection, one.expires_at) == []


def test_of_many_that_want_one_signal_one_gets_it(stores: Stores) -> None:
    one = taken(payload())
    append(stores, one)
    got: list[bool] = []
    wanting = [
        threading.Thread(target=lambda: got.append(move(stores, one.signal_id, SignalState.TAKEN))) for _ in range(6)
    ]
    for thread in wanting:
        thread.start()
    for thread in wanting:
        thread.join()

    assert sorted(got) == [False] * 5 + [True]
    assert move(stores, one.signal_id, SignalState.DONE, "sent")
    with stores.journal.read() as connection:
        row = read_signal(connection, one.signal_id)
    assert row is not None
    assert (row["state"], row["reason"], row["updated_at"]) == ("done", "sent", LATER)


def test_many_senders_of_one_wish_make_one_signal(stores: Stores) -> None:
    one = taken(payload())
    kept: list[Appended] = []
    sending = [threading.Thread(target=lambda: kept.extend(append(stores, one))) for _ in range(6)]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join()
    assert sorted(each.new for each in kept) == [False] * 5 + [True]


def test_lists_are_by_state_and_account_the_newest_first(stores: Stores) -> None:
    old, new = taken(payload()), taken(payload(account="alpaca-main"), now=LATER)
    append(stores, old, new, refused(payload(side="x")))
    with stores.journal.read() as connection:
        assert [row["signal_id"] for row in read_signals(connection, [SignalState.PENDING])] == [
            new.signal_id,
            old.signal_id,
        ]
        assert [row["signal_id"] for row in read_signals(connection, account_id=MAIN)] == [new.signal_id]
        assert len(read_signals(connection, limit=2)) == 2


def put(stores: Stores, content: object, strategy: str | None = None) -> None:
    with stores.journal.write() as connection:
        connection.execute(insert(signal_inbox).values(payload=content, strategy=strategy))


def answers(stores: Stores) -> list[tuple[str | None, str | None]]:
    with stores.journal.read() as connection:
        rows = connection.execute(text("SELECT signal_id, reason FROM signal_inbox ORDER BY inbox_id"))
        return [(row[0], row[1]) for row in rows]


def test_rows_of_other_programs_are_judged_once_and_answered_beside_them(stores: Stores) -> None:
    put(stores, '{"symbol": "AAPL", "side": "buy", "quantity": 10}', "alpha")
    put(stores, '{"symbol": "AAPL", "side": "buy", "quantity": NaN}', "alpha")
    put(stores, '{"symbol": "AAPL", "side": "buy"', "x" * 64)
    put(stores, "[" * 100_000)

    first = take_inbox(stores.journal, Settings({}), NOW)
    again = take_inbox(stores.journal, Settings({}), NOW)

    assert [one.refusal and one.refusal.code for one in first] == [
        None,
        RefusalCode.NOT_A_NUMBER,
        RefusalCode.UNREADABLE,
        RefusalCode.TOO_LARGE,
    ]
    assert again == []
    told = answers(stores)
    assert told[0] == (first[0].signal_id, None)
    assert (told[1][1] or "").startswith("not_a_number: quantity must be a finite number")
    assert (told[2][1] or "").startswith("unreadable: not JSON")
    assert [one for one, _ in told] == [one.signal_id for one in first]
    with stores.journal.read() as connection:
        assert [one.source.value for one in read_pending(connection, NOW)] == ["table"]


def test_what_the_database_lets_in_of_other_types_stops_nobody(file_stores: Stores) -> None:
    for content in (b"\xff\xfe\x00", 42, '{"symbol": "AAPL", "side": "buy"}'):
        with file_stores.journal.write() as connection:
            connection.execute(
                text("INSERT INTO signal_inbox (payload, strategy) VALUES (:content, 'alpha')"), {"content": content}
            )
    done = take_inbox(file_stores.journal, Settings({}), NOW)
    assert [one.refusal is None for one in done] == [False, False, True]


def test_a_signal_that_another_program_wrote_by_hand_is_left_alone(stores: Stores) -> None:
    row: dict[str, Kept | object] = {
        "signal_id": "S",
        "source": "folder",
        "received_at": NOW,
        "payload": {},
        "state": "pending",
    }
    with stores.journal.write() as connection:
        connection.execute(insert(signal), row)
    with stores.journal.read() as connection:
        assert read_pending(connection, NOW) == []


def test_whatever_a_sender_writes_every_store_takes_it(stores: Stores) -> None:
    from tieout.signals.document import read_json

    nasty = rb'{"strategy": "alpha", "symbol": "A\u0000\ud800", "\u0000\udfff": "\u0001", "quantity": 1e999999}'
    found = judged(read_json(nasty))
    assert isinstance(found, Refusal)
    kept = append(stores, found)
    with stores.journal.read() as connection:
        row = read_signal(connection, kept[0].signal_id)
    assert row is not None
    assert row["payload"]["quantity"] == "1e999999"
