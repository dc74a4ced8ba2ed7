"""Failover in the journal: parent and heir change together, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from sql.leases import Lease
from sql.placements import continue_with, read_placement, read_placements
from sql.rows import read_rows
from sql.schema.journal import escrow
from tests.databases import Stores
from tests.store.orders.samples import BACKUP, MAIN, NOW, POLICY, THIRD, a_placement, a_report
from tests.store.orders.test_placements import events_of, held, keep, see, stored
from tieout.errors import StoreError
from tieout.execution import step
from tieout.heirs import heir_of
from tieout.orders import OrderState
from tieout.placement import Approved, Continue, Placement, ProofKind, Refused, Seen, Step


def refused(stores: Stores) -> tuple[Placement, Step]:
    """An order that the venue is about to refuse, and the step that goes on."""
    row = a_placement(routes=(BACKUP, THIRD))
    keep(stores, row)
    row = see(stores, row, Approved("risk"))
    taken = step(row, Refused("no such account"), NOW, POLICY)
    assert isinstance(taken.action, Continue)
    return row, taken


def family(taken: Step, before: Placement) -> tuple[Placement, Placement]:
    assert isinstance(taken.action, Continue)
    heir = heir_of(taken.placement, taken.action, NOW)
    return replace(taken.placement, heir=heir.intent.intent_id, version=before.version + 1), heir


def go_on(stores: Stores, parent: Placement, heir: Placement, taken: Step, lease: Lease | None = None) -> None:
    with stores.journal.write() as connection:
        continue_with(connection, parent, heir, taken.events, lease=lease, now=NOW)


def test_parent_and_heir_stand_together_with_the_proof(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)

    assert (stored(stores, parent), stored(stores, heir)) == (parent, heir)
    proof = stored(stores, parent).proof
    assert proof is not None
    assert (proof.kind, proof.evidence) == (ProofKind.REJECTED, ("no such account",))
    assert events_of(stores, parent)[-1] == ("rejected", "rejected")
    assert events_of(stores, heir) == [("continues", "planned")]


def test_escrow_goes_from_the_parent_to_the_heir_without_a_gap(stores: Stores) -> None:
    row, taken = refused(stores)
    assert held(stores, row) == {MAIN: 10, BACKUP: 10, THIRD: 10}
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)

    assert held(stores, parent) == {}
    assert held(stores, heir) == {BACKUP: 10, THIRD: 10}
    with stores.journal.read() as connection:
        whys = {one["why"] for one in read_rows(connection, select(escrow))}
    assert whys == {f"{heir.intent.intent_id} goes on", f"it goes on for {parent.intent.intent_id}"}


def test_going_on_is_said_as_often_as_one_likes_and_done_once(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)
    working = see(stores, heir, Approved("risk"), Seen(a_report(heir)))
    later = replace(heir, intent=replace(heir.intent, created_at=NOW + timedelta(minutes=1)))
    go_on(stores, parent, later, taken)

    assert stored(stores, heir) == working
    assert events_of(stores, parent).count(("rejected", "rejected")) == 1
    with stores.journal.read() as connection:
        assert len(read_placements(connection, BACKUP)) == 1


def test_nobody_goes_on_with_an_intent_that_was_overtaken(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    see(stores, row, Seen(a_report(row)))
    with pytest.raises(StoreError, match="overtaken"):
        go_on(stores, parent, heir, taken)
    with stores.journal.read() as connection:
        assert read_placements(connection, BACKUP) == ()
        assert read_placement(connection, row.intent.intent_id).heir is None


def test_a_second_heir_is_refused(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)
    assert isinstance(taken.action, Continue)
    other = heir_of(taken.placement, replace(taken.action, account_id=THIRD), NOW)
    with pytest.raises(StoreError, match="overtaken"):
        go_on(stores, replace(parent, heir=other.intent.intent_id), other, taken)
    with stores.journal.read() as connection:
        assert read_placements(connection, THIRD) == ()


def test_an_heir_of_somebody_else_is_refused(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, _ = family(taken, row)
    with pytest.raises(StoreError, match="is not the heir of"):
        go_on(stores, parent, a_placement(account_id=BACKUP), taken)


def test_an_heir_with_another_rest_than_the_one_that_stands_is_refused(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)
    order = replace(heir.intent.order, quantity=Decimal(3))
    with pytest.raises(StoreError, match="another decision"):
        go_on(stores, parent, replace(heir, intent=replace(heir.intent, order=order)), taken)


def test_a_zombie_lets_nobody_go_on(stores: Stores) -> None:
    row, taken = refused(stores)
    parent, heir = family(taken, row)
    with pytest.raises(StoreError, match="held by nobody"):
        go_on(stores, parent, heir, taken, Lease("k", "first", 1))
    assert stored(stores, row).state is OrderState.SENDING
