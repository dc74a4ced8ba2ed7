"""One chain per database: kept by every writer, and each single tampering found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from sql.audit import Wanted, append, last_of, read_events, read_head, verify_chain
from sql.schema.journal import audit_chain, audit_event, lease
from tests.databases import Stores
from tests.store.workers import append_to_audit
from tieout.audit import Anchor, Fault
from tieout.errors import StoreError

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WRITERS, EACH = 4, 1_000
TAMPERINGS = 1_000
LENGTH = 60


def write(stores: Stores, count: int = 1, *, action: str = "test.done", start: int = 0) -> None:
    for number in range(start, start + count):
        with stores.journal.write() as connection:
            detail = {"number": number, "account_id": "one" if number % 2 else "two"}
            now = NOW + timedelta(minutes=number)
            append(connection, actor="desk", action=action, subject=f"s{number}", detail=detail, now=now)


def faults(stores: Stores, anchors: tuple[Anchor, ...] = ()) -> list[Fault]:
    with stores.journal.read() as connection:
        return [one.fault for one in verify_chain(connection, anchors).findings]


def test_what_was_appended_is_one_unbroken_chain(stores: Stores) -> None:
    write(stores, 3)

    with stores.journal.read() as connection:
        found = verify_chain(connection)
        events = list(read_events(connection))
        assert read_head(connection) == found.last
    assert (found.unbroken, found.events) == (True, 3)
    assert [one.number for one in events] == [1, 2, 3]
    assert [one.account_id for one in events] == ["two", "one", "two"]
    assert events[0].detail == '{"account_id":"two","number":0}'


def test_a_transaction_that_fails_leaves_no_event_and_no_gap(stores: Stores) -> None:
    write(stores)
    with taken_back(stores) as connection:
        append(connection, actor="desk", action="test.undone", subject="", detail={}, now=NOW)
    write(stores, start=1)

    with stores.journal.read() as connection:
        assert [one.action for one in read_events(connection)] == ["test.done"] * 2
    assert faults(stores) == []


def test_a_transaction_says_all_it_has_to_say_at_its_end_and_in_order(stores: Stores) -> None:
    with stores.journal.write() as connection:
        for number in range(5):
            append(connection, actor="desk", action="test.done", subject=str(number), detail={}, now=NOW)
        assert connection.execute(select(audit_chain)).all() == []

    with stores.journal.read() as connection:
        assert [one.subject for one in read_events(connection)] == list("01234")
    assert faults(stores) == []


def test_secrets_are_removed_and_what_no_store_takes_is_shown(stores: Stores) -> None:
    with stores.journal.write() as connection:
        detail = {"api_secret": "test-secret", "words": "token=test-secret \x00 \ud800", "n": None}
        append(connection, actor="d\x00k", action="a" * 99, subject="password=test-secret", detail=detail, now=NOW)

    with stores.journal.read() as connection:
        (one,) = read_events(connection)
    assert "test-secret" not in f"{one}"
    assert (one.actor, len(one.action)) == ("d␀k", 64)
    assert faults(stores) == []


def test_events_are_found_by_what_they_are_about(stores: Stores) -> None:
    write(stores, 4)
    write(stores, 2, action="order.sending", start=4)
    write(stores, 1, action="orders", start=6)

    def numbers(wanted: Wanted, newest: int | None = None) -> list[int]:
        with stores.journal.read() as connection:
            return [one.number for one in read_events(connection, wanted, newest=newest)]

    assert numbers(Wanted(action="order")) == [5, 6]
    assert numbers(Wanted(action="order.sending", account_id="one")) == [6]
    assert numbers(Wanted(since=NOW + timedelta(minutes=2), until=NOW + timedelta(minutes=4))) == [3, 4]
    assert numbers(Wanted(subject="s0")) == [1]
    assert numbers(Wanted(actor="nobody")) == []
    assert numbers(Wanted(), newest=2) == [6, 7]
    with stores.journal.read() as connection:
        assert last_of(connection, "order.sending") == {"number": 5, "account_id": "one"}
        assert last_of(connection, "nothing") is None


def test_four_processes_extend_one_chain(stores: Stores, processes: ForkServerContext) -> None:
    started = [
        processes.Process(target=append_to_audit, args=(stores.journal_url, f"p{number}", EACH))
        for number in range(WRITERS)
    ]
    for one in started:
        one.start()
    for one in started:
        one.join()
    assert [one.exitcode for one in started] == [0] * WRITERS

    with stores.journal.read() as connection:
        found = verify_chain(connection)
        by_writer: dict[str, list[str]] = {}
        for one in read_events(connection):
            by_writer.setdefault(one.actor, []).append(one.subject)
    print(f"{found.events} events of {len(by_writer)} writers, {len(found.findings)} findings")
    assert (found.unbroken, found.events) == (True, WRITERS * EACH)
    assert by_writer == {f"p{number}": [str(one) for one in range(EACH)] for number in range(WRITERS)}


def test_a_writer_that_waits_for_a_row_does_not_hold_the_chain(stores: Stores) -> None:
    """A transaction that has appended and goes on working keeps nobody else from the chain."""
    write(stores)
    with stores.journal.write() as connection:
        append(connection, actor="one", action="test.done", subject="", detail={}, now=NOW)
        held = {"lease_key": "k", "holder": "h", "token": 1, "acquired_at": NOW, "expires_at": NOW, "released": False}
        connection.execute(insert(lease), held)
        if stores.journal.dialect == "postgresql":  # SQLite has one writer at a time anyway
            with stores.journal.write() as other:
                append(other, actor="two", action="test.done", subject="", detail={}, now=NOW)

    assert faults(stores) == []


# Tampering

Tamper = Callable[[Connection, random.Random], str]


def _edit(connection: Connection, dice: random.Random) -> str:
    column = dice.choice(["actor", "action", "subject", "account_id", "detail", "previous_hash", "event_hash"])
    value = {"detail": '{"number":-1}', "account_id": None}.get(column, f"{dice.getrandbits(128):032x}")
    _run(connection, f"UPDATE audit_event SET {column} = :value WHERE event_id = :id", _pick(dice), value=value)
    return f"edit {column}"


def _edit_spelling(connection: Connection, dice: random.Random) -> str:
    _run(connection, "UPDATE audit_event SET detail = detail || ' ' WHERE event_id = :id", _pick(dice))
    return "edit spelling"


def _edit_time(connection: Connection, dice: random.Random) -> str:
    at = NOW + timedelta(days=365, microseconds=dice.randrange(10**6))
    value = at.isoformat(timespec="microseconds") if connection.dialect.name == "sqlite" else at
    _run(connection, "UPDATE audit_event SET at = :value WHERE event_id = :id", _pick(dice), value=value)
    return "edit time"


def _remove(connection: Connection, dice: random.Random) -> str:
    _run(connection, "DELETE FROM audit_event WHERE event_id = :id", _pick(dice))
    return "remove"


def _truncate(connection: Connection, dice: random.Random) -> str:
    """The tail and the store's own word of where it ends, so that only the anchor knows."""
    left = dice.randrange(LENGTH)
    _run(connection, "DELETE FROM audit_event WHERE event_id > :id", left)
    last = connection.execute(text("SELECT event_hash FROM audit_event WHERE event_id = :id"), {"id": left}).scalar()
    value = last or "0" * 64
    _run(connection, "UPDATE audit_chain SET event_id = :id, event_hash = :value", left, value=value)
    return "truncate"


def _insert(connection: Connection, dice: random.Random) -> str:
    """A copy of an event behind the end."""
    copied = "SELECT :value, at, actor, action, subject, account_id, detail, previous_hash, 'x' FROM audit_event"
    columns = "event_id, at, actor, action, subject, account_id, detail, previous_hash, event_hash"
    statement = f"INSERT INTO audit_event ({columns}) {copied} WHERE event_id = :id"
    _run(connection, statement, _pick(dice), value=LENGTH + dice.randrange(1, 5))
    return "insert"


def _swap(connection: Connection, dice: random.Random) -> str:
    one, two = dice.sample(range(1, LENGTH + 1), 2)
    for before, after in ((one, -1), (two, one), (-1, two)):
        _run(connection, "UPDATE audit_event SET event_id = :value WHERE event_id = :id", before, value=after)
    return "swap"


def _renumber(connection: Connection, dice: random.Random) -> str:
    _run(connection, "UPDATE audit_event SET event_id = :value WHERE event_id = :id", _pick(dice), value=0)
    return "renumber"


TAMPERS: list[Tamper] = [_edit, _edit, _edit_spelling, _edit_time, _remove, _truncate, _insert, _swap, _renumber]


def _pick(dice: random.Random) -> int:
    return dice.randint(1, LENGTH)


def _run(connection: Connection, statement: str, number: int, **binds: Any) -> None:
    assert connection.execute(text(statement), {"id": number} | binds).rowcount > 0


@contextmanager
def taken_back(stores: Stores) -> Iterator[Connection]:
    class Back(Exception):
        pass

    try:
        with stores.journal.write() as connection:
            yield connection
            raise Back
    except Back:
        pass


@pytest.mark.parametrize("seed", [20260302])
def test_each_of_a_thousand_tamperings_with_one_row_is_found(file_stores: Stores, seed: int) -> None:
    write(file_stores, LENGTH)
    with file_stores.journal.read() as connection:
        anchor = Anchor(NOW.date(), LENGTH, read_head(connection).event_hash)
    dice, done, missed = random.Random(seed), {}, []
    for _ in range(TAMPERINGS):
        with taken_back(file_stores) as connection:
            what = dice.choice(TAMPERS)(connection, dice)
            done[what] = done.get(what, 0) + 1
            if verify_chain(connection, [anchor]).unbroken:
                missed.append(what)
    print(f"{sum(done.values())} tamperings, {sum(done.values()) - len(missed)} found: {done}")
    assert missed == []
    assert sum(done.values()) == TAMPERINGS
    assert faults(file_stores, (anchor,)) == []


@pytest.mark.parametrize("tamper", TAMPERS[1:], ids=lambda one: one.__name__.strip("_"))
def test_tampering_is_found_on_both_stores(stores: Stores, tamper: Tamper) -> None:
    write(stores, LENGTH)
    with stores.journal.read() as connection:
        anchor = Anchor(NOW.date(), LENGTH, read_head(connection).event_hash)
    for seed in range(5):
        with taken_back(stores) as connection:
            tamper(connection, random.Random(seed))
            assert not verify_chain(connection, [anchor]).unbroken


def test_reading_never_waits_for_who_appends(stores: Stores) -> None:
    with stores.journal.write() as connection:
        append(connection, actor="desk", action="test.done", subject="", detail={}, now=NOW)
        assert faults(stores) == []


def test_a_second_event_that_follows_the_same_one_is_refused(stores: Stores) -> None:
    write(stores)
    with stores.journal.read() as connection:
        row = dict(connection.execute(select(audit_event)).mappings().one())
    with pytest.raises(StoreError):
        _add(stores, row | {"event_id": 2})


def _add(stores: Stores, row: dict[str, Any]) -> None:
    with stores.journal.write() as connection:
        connection.execute(insert(audit_event), row)
