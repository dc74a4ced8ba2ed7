"""tieout undo: what a rule resolved can be taken back, by name and with a reason."""

from __future__ import annotations

from tests.cli.conftest import Desk
from tests.databases import FileTemplate, open_stores
from tests.recon_world import MON, World, event
from tieout.recon.types import CaseState
from tieout.records import ActivityKind


def test_a_resolution_is_taken_back_once(desk: Desk) -> None:
    stores = open_stores(*FileTemplate.urls(desk.folder / "data"))
    world = World(stores)
    world.open_with(1_000)
    world.close(MON, world.see(MON, {}, 1_010, event("d1", ActivityKind.DIVIDEND, MON, amount=10)))
    (case,) = world.cases()
    name = str(case["break_id"])
    stores.close()
    assert desk.json("breaks") == []

    told = desk.json("undo", name, "--by", "desk", "--reason", "wrong account")

    assert told == {"break_id": name, "state": CaseState.OPEN.value, "by": "desk", "reason": "wrong account"}
    assert [one["break_id"] for one in desk.json("breaks")] == [name]
    assert "no resolution to take back" in desk("undo", name, "--by", "desk", "--reason", "again", expect=1).stderr
    assert "there is no break" in desk("undo", "BRK-0", "--by", "desk", "--reason", "why", expect=1).stderr.lower()
    desk("undo", name, "--by", "desk", expect=2)
