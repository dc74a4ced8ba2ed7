"""tieout alerts: what is open, who is at it, how much noise there was."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk
from tests.flows.channel import Channel, running_channel
from tieout.alert import lasting
from tieout.recon.types import Severity


@pytest.fixture
def told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that has told one trouble, to a channel that is not there."""
    from tasks.news import tell_people

    monkeypatch.setenv("CHANNEL", "json://127.0.0.1:1/")
    desk.configure(more='[alerts]\ncritical = ["env:CHANNEL"]\n')
    about = [lasting("broker alpaca-main")]
    tell_people(Severity.CRITICAL, "tieout watch: alpaca-main is down", ["no answer"], about, source="watch")
    return desk


def test_what_is_open_is_listed_with_what_waits(told: Desk) -> None:
    (row,) = told.json("alerts", "list")["alerts"]
    assert (row["id"], row["severity"], row["state"], row["seen"], row["told"]) == (1, "critical", "open", 1, 1)
    (waits,) = told.json("alerts", "list")["waiting"]
    assert (waits["channel"], waits["attempts"]) == ("env:CHANNEL", 1)
    shown = told("alerts", "list").stdout
    assert "tieout watch: alpaca-main is down" in shown
    assert "waits for env:CHANNEL until" in shown


def test_a_person_takes_one_and_puts_another_off(told: Desk) -> None:
    assert "1: acknowledged by desk until" in told("alerts", "ack", "1", "--by", "desk").stdout
    told("alerts", "snooze", "1", "--by", "ben", "--for", "2d", "--because", "known at the broker")
    (row,) = told.json("alerts", "list")["alerts"]
    assert "account 'other' is not configured" in told("alerts", "list", "--account", "other", expect=1).stderr
    assert (row["state"], row["by"], row["reason"]) == ("snoozed", "ben", "known at the broker")
    actions = [one["action"] for one in told.json("audit", "show", "--action", "alert")]
    assert actions == ["alert.acknowledged", "alert.snoozed"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("ack", "9", "--by", "desk"), 1, "there is no alert 9"),
        (("ack", "1", "--by", "desk", "--for", "soon"), 2, "is no span"),
        (("snooze", "1", "--by", "desk", "--for", "0h"), 2, "is no span"),
        (("snooze", "1", "--by", "desk", "--for", "99999999999d"), 2, "is no span"),
        (("ack", "1", "--by", " "), 1, "give a name"),
        (("noise", "--month", "January"), 1, "is no month"),
    ],
)
def test_what_makes_no_sense_is_refused(told: Desk, words: tuple[str, ...], code: int, says: str) -> None:
    assert says in told("alerts", *words, expect=code).stderr


def test_flushing_tries_what_waits_and_says_what_failed(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was sent." in told("alerts", "flush").stdout, "it is not due yet"
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-04T00:00:00Z")
    assert "not delivered" in told("alerts", "flush", expect=1).stderr
    with running_channel() as channel:
        assert isinstance(channel, Channel)
        monkeypatch.setenv("CHANNEL", channel.url)
        monkeypatch.setenv("TIEOUT_NOW", "2026-03-05T00:00:00Z")
        assert "taken by env:CHANNEL" in told("alerts", "flush").stdout
        assert [one["title"] for one in channel.messages] == ["tieout watch: alpaca-main is down"]
    assert told.json("alerts", "list")["waiting"] == []
    noise = told.json("alerts", "noise", "--month", "2026-03")
    assert (noise["messages"], noise["occurrences"], noise["true_breaks"]) == ({"env:CHANNEL": 1}, 1, 0)
    assert "1 occurrences became 1 messages; 0 true breaks" in told("alerts", "noise").stdout


def test_a_desk_where_nothing_happened_says_so(desk: Desk) -> None:
    desk.configure()
    assert "Nothing is open." in desk("alerts", "list").stdout
    assert "0 occurrences became 0 messages" in desk("alerts", "noise").stdout
