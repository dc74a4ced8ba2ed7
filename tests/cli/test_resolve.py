"""tieout resolve: a break ends by hand, by the word of two, with its evidence in the trail, and can be undone."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_people import PEOPLE, SECRETS, asked, by, present
from tests.databases import FileTemplate, open_stores
from tests.recon_world import MON, MSFT, TUE, World, fill
from tieout.accounts import Account, Mode
from tieout.ids import AccountId


@pytest.fixture
def broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with two approvers, and a trade that somebody made by hand."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"{name.upper()}_TOTP", secret)
    desk.configure(more=PEOPLE)
    stores = open_stores(*FileTemplate.urls(desk.folder / "data"))
    world = World(stores, account=Account(AccountId("alpaca-main"), "alpaca", Mode.PAPER, "USD", "XNYS"))
    world.open_with(10_000)
    world.close(MON, world.see(MON, {MSFT: 2}, 9_600, fill("x1", MSFT, 2, 200, MON)))
    stores.warehouse.publish()
    stores.close()
    return desk


def name_of(desk: Desk) -> str:
    (one,) = desk.json("breaks")
    return str(one["break_id"])


def test_two_people_resolve_a_break_and_two_take_it_back(broken: Desk) -> None:
    name = name_of(broken)
    how = ("--how", "statement", "--reason", "it was ours")

    first = broken("resolve", name, *how, *by("desk"))
    assert "1 more person must agree" in first.stdout
    assert f"resolve {name} by hand: the broker's execution:x1 booked" in broken("approve").stdout.replace("\n", " ")
    assert broken.json("breaks")

    done = broken("approve", asked(first), *by("head"))
    assert f"{name} is resolved: by hand of desk, head" in done.stdout
    assert broken.json("breaks") == []
    (told,) = broken.json("audit", "show", "--action", "break.resolved")
    assert (told["actor"], told["subject"]) == ("desk, head", name)
    assert "statement_execution:x1" in str(told["detail"])

    code = ("--by", "desk", "--code", present(SECRETS["desk"], 1))
    undone = broken("undo", name, "--reason", "it was not", *code)
    broken("approve", asked(undone), *by("boss"))
    assert name_of(broken) == name


def test_a_wish_that_makes_no_sense_asks_nobody(broken: Desk) -> None:
    name = name_of(broken)

    for words, says in (
        (("--how", "take_back"), "there is nothing to take back"),
        (("--how", "adjust"), "is not adjusted"),
        (("--how", "wait", "--evidence", "document:x", "--until", "2026-06-01"), "may stand for 1 to 10"),
    ):
        more = () if "--evidence" in words else ("--evidence", "document:x")
        refused = broken("resolve", name, *words, *more, "--by", "desk", "--reason", "why", "--code", "1", expect=1)
        assert says in refused.stderr
    broken("resolve", name, "--how", "adjust", "--units", "many", "--by", "desk", "--reason", "why", expect=2)
    assert "Nothing waits" in broken("approve").stdout


def test_what_changed_since_it_was_asked_is_not_carried_out_and_can_be_declined(broken: Desk) -> None:
    first = broken("resolve", name_of(broken), "--how", "statement", "--reason", "ours", *by("desk"))
    stores = open_stores(*FileTemplate.urls(broken.folder / "data"))
    world = World(stores, account=Account(AccountId("alpaca-main"), "alpaca", Mode.PAPER, "USD", "XNYS"))
    world.close(TUE, world.see(TUE, {MSFT: 3}, 9_400, fill("x1", MSFT, 3, 200, MON)))
    stores.warehouse.publish()
    stores.close()

    refused = broken("approve", asked(first), *by("head"), expect=1)
    assert "has changed" in refused.stderr
    assert asked(first) in broken("approve").stdout
    assert "declined" in broken("approve", asked(first), *by("boss"), "--decline").stdout
    assert "Nothing waits" in broken("approve").stdout
