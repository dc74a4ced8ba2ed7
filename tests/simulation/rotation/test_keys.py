"""The rotation of an API key: whatever happens, one key works at the end, and the old one goes last.

`python -m tests.simulation.rotation.drill` runs every crash point of every fault and prints the count; here every crash
point of a rotation without a fault, and a part of the others.
"""

from __future__ import annotations

import pytest

from sql.audit import Wanted, read_events, verify_chain
from tasks.rotation.work import working
from tests.contract.world import TERMS
from tests.simulation.rotation.drill import drill_all, prepared
from tests.simulation.rotation.faults import FAULTS
from tieout.errors import StoreError
from tieout.rotation_types import Event, Phase, Step

EVERY = 9


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_exactly_one_key_works_after_every_crash(fault: str) -> None:
    count = drill_all(fault, every=1 if fault == "none" else EVERY)
    print(f"{count} stories of {fault}")
    assert count > 1  # a run that nothing interrupts, and crashes


def test_a_key_is_replaced_verified_and_the_old_one_revoked() -> None:
    with prepared("none") as desk:
        (row,) = desk.run(forced=True)

        assert row.phase is Phase.IDLE
        (key,) = desk.trading_keys()
        assert key.key_id != TERMS.key_id
        assert desk.source().read().parts["key_id"] == key.key_id
        told = desk.events()
        assert told.index("verified") < told.index("revoked") < told.index("revoked_proven")


def test_a_key_that_may_withdraw_is_not_taken_and_the_old_one_stays() -> None:
    with prepared("new_key_may_withdraw") as desk:
        desk.run(forced=True)

        (key,) = desk.trading_keys()
        assert key.key_id == TERMS.key_id
        assert "can take money out (withdraw)" in desk.row().reason
        assert desk.row().phase is Phase.IDLE


def test_a_machine_that_revokes_too_early_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the test: a verification that always says yes lets the old key go too early."""
    from tests.simulation.rotation.world import Desk
    from tieout.rotation_types import Worked

    monkeypatch.setattr(Desk, "_fresh", lambda *_: Worked("never looked"))
    with pytest.raises(AssertionError, match="fresh process"):
        drill_all("none", every=100)


def test_every_step_and_every_call_stands_in_one_unbroken_audit_trail() -> None:
    with prepared("none") as desk:
        desk.run(forced=True)

        with desk.stores.journal.read() as journal:
            trail = list(read_events(journal))
            found = verify_chain(journal, ())
        told = [one.action for one in trail if one.action.startswith("credential.")]
        assert told == [f"credential.{event}" for event in desk.events()]
        assert {"credential.created", "credential.switched", "credential.revoked_proven"} <= set(told)
        calls = [one.subject for one in trail if one.action == "broker.call"]
        assert calls.count("POST /v1/keys") == 1
        assert sum(one.startswith("DELETE /v1/keys/") for one in calls) == 1
        assert any("orders" in one for one in calls)  # the probes' own
        assert found.unbroken
        (key,) = desk.trading_keys()
        written = " ".join(f"{one.subject} {one.detail}" for one in trail)
        for secret in (key.key_id, key.secret, TERMS.secret):
            assert secret not in written


def test_a_way_back_stands_in_the_trail() -> None:
    with prepared("fresh_process_is_refused") as desk:
        desk.run(forced=True)
        desk.run_until_rest()

        with desk.stores.journal.read() as journal:
            told = [one.action for one in read_events(journal, Wanted(action="credential"))]
        assert told == [f"credential.{event}" for event in desk.events()]
        assert (
            told.index("credential.failed") < told.index("credential.restored") < told.index("credential.rolled_back")
        )


def test_a_step_that_is_not_committed_leaves_no_event() -> None:
    """The event stands in the transaction of the step."""
    with prepared("none") as desk:
        desk.run()
        row, before = desk.row(), desk.events()
        stale = Step(row, (Event("made up", "by who has not read the row anew"),))
        with pytest.raises(StoreError, match="changed meanwhile"), working(desk.stores, desk.hands()) as work:
            work.save(stale)

        with desk.stores.journal.read() as journal:
            told = [one.action for one in read_events(journal, Wanted(action="credential"))]
        assert told == [f"credential.{event}" for event in before]
