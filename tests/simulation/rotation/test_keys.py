"""The rotation of an API key: whatever happens, one key works at the end, and the old one goes last.

`python -m tests.simulation.rotation.drill` runs every crash point of every fault and prints the count; here every crash
point of a rotation without a fault, and a part of the others.
"""

from __future__ import annotations

import pytest

from tests.contract.world import TERMS
from tests.simulation.rotation.drill import drill_all, prepared
from tests.simulation.rotation.faults import FAULTS
from tieout.rotation_types import Phase

EVERY = 9


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_exactly_one_key_works_after_every_crash(fault: str) -> None:
    count = drill_all(fault, every=1 if fault == "none" else EVERY)
    print(f"{count} stories of {fault}")
    assert count > 2


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
