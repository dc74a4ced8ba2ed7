from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sql.leases import Lease, acquire, check_token, release, renew
from sql.quarantine import keep, read_kept
from sql.rows import read_rows
from sql.runs import end_run, start_run
from sql.schema.journal import run
from tests.databases import Stores
from tests.store.examples import ACCOUNT, EVENING, FRIDAY, THURSDAY
from tieout.errors import StoreError
from tieout.ids import AccountId, RunId

KEY = "alpaca-main:eod-reconciliation:2026-01-15"
TTL = timedelta(minutes=10)
LATER = EVENING + timedelta(minutes=11)


def take(stores: Stores, holder: str, now: object = EVENING) -> Lease:
    with stores.journal.write() as connection:
        return acquire(connection, KEY, holder, now, TTL)  # type: ignore[arg-type]


def check(stores: Stores, lease: Lease) -> None:
    with stores.journal.write() as connection:
        check_token(connection, lease)


def test_runs_are_numbered_by_account_and_session_and_never_share_a_name(stores: Stores) -> None:
    with stores.journal.write() as connection:
        names = [
            start_run(connection, ACCOUNT, "eod-reconciliation", THURSDAY, EVENING, None),
            start_run(connection, ACCOUNT, "eod-reconciliation", THURSDAY, EVENING, "flow-run"),
            start_run(connection, ACCOUNT, "broker-health", THURSDAY, EVENING, None),
            start_run(connection, ACCOUNT, "eod-reconciliation", FRIDAY, EVENING, None),
            start_run(connection, AccountId("other"), "eod-reconciliation", THURSDAY, EVENING, None),
        ]
    assert names == [
        "alpaca-main-20260115-01",
        "alpaca-main-20260115-02",
        "alpaca-main-20260115-03",
        "alpaca-main-20260116-01",
        "other-20260115-01",
    ]


def test_the_end_of_a_run_is_written_down(stores: Stores) -> None:
    with stores.journal.write() as connection:
        run_id = start_run(connection, ACCOUNT, "eod-reconciliation", THURSDAY, EVENING, None)
        end_run(connection, run_id, "tied_out", {"breaks": 0}, LATER)
        row = read_rows(connection, select(run))[0]
    assert (row["state"], row["outcome"], row["ended_at"]) == ("tied_out", {"breaks": 0}, LATER)


def test_a_run_that_never_started_cannot_end(stores: Stores) -> None:
    with stores.journal.write() as connection, pytest.raises(StoreError, match="never started"):
        end_run(connection, RunId("nope"), "tied_out", {}, EVENING)


def test_a_lease_keeps_everybody_else_out_and_names_its_holder(stores: Stores) -> None:
    lease = take(stores, "first")
    check(stores, lease)
    with pytest.raises(StoreError, match=r"being worked on by first until 2026-01-15 23:10:00 UTC"):
        take(stores, "second")


def test_a_lease_that_ran_out_is_taken_over_and_the_zombie_is_refused(stores: Stores) -> None:
    zombie = take(stores, "first")
    heir = take(stores, "second", LATER)
    assert heir.token == zombie.token + 1
    check(stores, heir)
    with pytest.raises(StoreError, match=r"token 1\) is no longer valid, it is held by token 2 of second"):
        check(stores, zombie)


def test_a_zombie_cannot_release_or_renew_the_lease_of_its_heir(stores: Stores) -> None:
    zombie = take(stores, "first")
    heir = take(stores, "second", LATER)
    with stores.journal.write() as connection:
        release(connection, zombie, LATER)
    with pytest.raises(StoreError, match="no longer valid"), stores.journal.write() as connection:
        renew(connection, zombie, LATER, TTL)
    check(stores, heir)


def test_a_released_lease_is_free_at_once_and_its_token_is_dead(stores: Stores) -> None:
    lease = take(stores, "first")
    with stores.journal.write() as connection:
        release(connection, lease, EVENING)
    with pytest.raises(StoreError, match="no longer valid"):
        check(stores, lease)
    assert take(stores, "second").token == 2


def test_a_renewed_lease_holds_longer(stores: Stores) -> None:
    lease = take(stores, "first")
    with stores.journal.write() as connection:
        renew(connection, lease, LATER, TTL)
    with pytest.raises(StoreError, match="being worked on"):
        take(stores, "second", LATER)


def test_a_holder_that_comes_again_gets_a_new_token(stores: Stores) -> None:
    first = take(stores, "first")
    assert take(stores, "first").token == first.token + 1
    with pytest.raises(StoreError, match="no longer valid"):
        check(stores, first)


def test_a_lease_nobody_ever_took_is_refused(stores: Stores) -> None:
    with pytest.raises(StoreError, match="held by nobody"):
        check(stores, Lease(KEY, "first", 1))


def test_what_is_kept_in_quarantine_comes_back_byte_by_byte(stores: Stores) -> None:
    body = b'{"qty": nul' + bytes(range(256))
    with stores.journal.write() as connection:
        keep(connection, ACCOUNT, RunId("r"), "positions", "truncated", EVENING, body)
        keep(connection, AccountId("other"), None, "orders", "not JSON", LATER, b"<html>")
    with stores.journal.read() as connection:
        mine = read_kept(connection, ACCOUNT)
        assert [kept.body for kept in read_kept(connection)] == [body, b"<html>"]
    assert [(kept.part, kept.reason, kept.run_id, kept.body) for kept in mine] == [
        ("positions", "truncated", "r", body)
    ]
