"""tieout transfers: announced beforehand, by two people where there are two."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_people import asked, by, people

__all__ = ["people"]  # a fixture
WHAT = ("transfers", "expect", "--account", "alpaca-main", "--until", "2026-03-06", "--because", "rent")
MONEY = ("--amount", "-5000.00", "--currency", "usd")


def test_where_nobody_is_configured_one_person_announces(desk: Desk) -> None:
    told = desk.json(*WHAT, *MONEY, "--by", "anybody")

    (row,) = desk.json("transfers", "list")
    assert (row["announced_id"], row["expects"], row["state"]) == (told["expected"], "out: -5000 USD", "open")
    assert row["until"] == "2026-03-06T23:59:59.999999+00:00"
    assert "out: -5000 USD" in desk("transfers", "list", "--account", "alpaca-main").stdout
    (event,) = desk.json("audit", "show", "--action", "transfer")
    assert (event["action"], event["actor"], event["account_id"]) == ("transfer.expected", "anybody", "alpaca-main")


def test_where_approvers_are_configured_two_must_agree_and_see_what_to(people: Desk) -> None:
    act = asked(people(*WHAT, *MONEY, *by("desk")))
    assert people.json("transfers", "list") == []
    assert "alpaca-main: out: -5000 USD by 2026-03-06 23:59 UTC" in people("approve").stdout

    assert "is expected as EXP-" in people("approve", act, *by("head")).stdout

    (row,) = people.json("transfers", "list")
    assert row["by"] == "desk, head"
    people(*WHAT, *MONEY, "--by", "desk", "--code", "000000", expect=1)
    assert len(people.json("transfers", "list")) == 1


def test_one_person_takes_an_announcement_back(people: Desk) -> None:
    people.configure()
    made = people.json(*WHAT, "--flag", "crypto_status=INACTIVE", "--by", "desk")["expected"]

    people("transfers", "revoke", made, "--by", "head", "--because", "not us")

    assert "Nothing is expected" in people("transfers", "list").stdout
    assert [one["state"] for one in people.json("transfers", "list", "--all")] == ["revoked"]
    assert "nothing of that id" in people("transfers", "revoke", made, "--by", "x", "--because", "y", expect=1).stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*WHAT, "--by", "x"), "say one thing"),
        ((*WHAT, "--amount", "many", "--currency", "USD", "--by", "x"), "is not a number"),
        ((*WHAT[:-4], "--until", "2026-03-01", "--because", "late", *MONEY, "--by", "x"), "is over already"),
        (("transfers", "expect", "-a", "nope", *WHAT[4:], *MONEY, "--by", "x"), "is not configured"),
    ],
)
def test_what_is_unclear_or_too_late_is_refused(desk: Desk, words: tuple[str, ...], says: str) -> None:
    assert says in desk(*words, expect=1).stderr
