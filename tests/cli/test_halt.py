"""tieout halt, resume and breakers: at once, without a server, with who and why."""

from __future__ import annotations

from tests.cli.conftest import Desk

NAMED = ("--reason", "a rehearsal", "--by", "desk")


def test_a_halt_is_listed_with_its_reason_until_somebody_resumes(desk: Desk) -> None:
    assert desk.json("breakers") == []

    assert desk.json("halt", *NAMED)["state"] == "halted"
    (row,) = desk.json("breakers")
    assert (row["account"], row["breaker"], row["reason"]) == ("all accounts", "manual", "a rehearsal")

    told = desk.json("resume", "--all", *NAMED)
    assert (told["lifted"], told["still"]) == (["manual"], [])
    assert desk.json("breakers") == []
    (row,) = desk.json("breakers", "--all")
    assert (row["state"], row["lifted_by"]) == ("lifted", "desk")


def test_resuming_an_account_tells_that_the_halt_of_all_still_holds(desk: Desk) -> None:
    desk("halt", *NAMED)
    desk("halt", "--account", "alpaca-main", "--reduce-only", *NAMED)

    told = desk.json("resume", "--account", "alpaca-main", *NAMED)

    assert told["still"] == ["manual of all accounts"]


def test_resuming_must_say_what(desk: Desk) -> None:
    desk("halt", *NAMED)

    desk("resume", *NAMED, expect=2)
    desk("resume", "--all", "--account", "alpaca-main", *NAMED, expect=2)
    desk("resume", "--all", "--breaker", "drawdown", *NAMED, expect=1)
    assert len(desk.json("breakers")) == 1


def test_an_unknown_account_halts_nothing(desk: Desk) -> None:
    desk("halt", "--account", "alpaca-mian", *NAMED, expect=1)
    assert desk.json("breakers") == []
