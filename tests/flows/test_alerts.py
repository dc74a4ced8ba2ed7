"""Alerts over the real Apprise, to a real HTTP server on loopback."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sql.journal import Journal
from tasks.alerts import send
from tests.databases import Stores
from tests.flows.channel import SECRET, Channel
from tests.recon_world import AAPL, MON, World
from tieout.alerts_delivery import channels_of
from tieout.errors import NotDelivered
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings, Settings
from tieout.verdict import AccountOutcome, OutcomeState

NOW = datetime(2026, 1, 12, 22, 10, tzinfo=UTC)
REPORT = Path("out/reports/close.html")
BAD = AccountOutcome(AccountId("desk"), MON, OutcomeState.CRITICAL_BREAKS, coverage=Decimal(1), breaks_open=1)
GOOD = replace(BAD, state=OutcomeState.TIED_OUT, breaks_open=0)
FAILED = replace(BAD, state=OutcomeState.FAILED, error="Unavailable: alpaca: no connection", coverage=Decimal(0))


@pytest.fixture
def settings(channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Critical and warning go to the channel; info to nobody."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHANNEL", channel.url)
    monkeypatch.setenv("BROKEN", f"nonsense://{SECRET}")
    return Settings(accounts={}, alerts=AlertSettings(critical=("env:CHANNEL",), warning=("env:CHANNEL",)))


def with_critical(settings: Settings, *references: str) -> Settings:
    return replace(settings, alerts=AlertSettings(critical=references))


def test_one_run_is_one_message_with_its_open_breaks(file_stores: Stores, settings: Settings, channel: Channel) -> None:
    world = World(file_stores)
    world.open_with(10_000, {AAPL: 10})
    world.close(MON, world.see(MON, {AAPL: 7}, 10_000))
    (case,) = [one for one in world.cases() if one["subject"] == "AAPL"]

    sent = send(settings, file_stores.journal, (BAD,), REPORT, NOW)

    assert (sent.targets, sent.errors, sent.repeated) == (("env:CHANNEL",), (), False)
    (message,) = channel.messages
    assert message["title"] == "tieout 2026-01-12: critical breaks"
    assert message["type"] == "failure"
    assert f"- {case['break_id']} critical, desk: 300.00 USD at risk, new" in message["message"]
    assert f"\n\nReport: {REPORT}\n\n[critical alert-" in message["message"]


def test_a_rerun_with_the_same_outcome_tells_nobody_twice(
    journal: Journal, settings: Settings, channel: Channel
) -> None:
    send(settings, journal, (FAILED,), REPORT, NOW)
    again = send(settings, journal, (FAILED,), Path("another.html"), NOW)
    assert again.repeated
    assert again.targets == ()
    assert len(channel.messages) == 1


def test_an_outcome_that_comes_back_is_told_again_though_the_good_news_went_to_nobody(
    journal: Journal, settings: Settings, channel: Channel
) -> None:
    for outcome in (FAILED, GOOD, FAILED):
        send(settings, journal, (outcome,), REPORT, NOW)
    assert [one["title"] for one in channel.messages] == ["tieout 2026-01-12: failed"] * 2


def test_a_rerun_tells_only_the_target_that_had_not_been_reached(
    journal: Journal, settings: Settings, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = with_critical(settings, "env:CHANNEL", "env:LATER")
    first = send(both, journal, (FAILED,), REPORT, NOW)
    monkeypatch.setenv("LATER", channel.url.replace("/hook/", "/later/"))
    second = send(both, journal, (FAILED,), REPORT, NOW + timedelta(minutes=1))

    assert (first.targets, len(first.errors)) == (("env:CHANNEL",), 1)
    assert (second.targets, second.errors) == (("env:LATER",), ())
    assert [path.split("/")[1] for path in channel.paths] == ["hook", "later"]


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_target_that_refuses_is_told_as_a_typed_error_without_its_url(
    status: int, journal: Journal, settings: Settings, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    channel.status = status
    with caplog.at_level(logging.DEBUG):
        sent = send(settings, journal, (FAILED,), REPORT, NOW)

    (error,) = sent.errors
    assert isinstance(error, NotDelivered)
    assert str(error).startswith("env:CHANNEL: not delivered. ")
    assert f"error={status}" in str(error)
    assert_no_secret(f"{error!r} {sent} {caplog.text}")


def test_a_target_that_is_not_there_fails_no_run_and_shows_no_url(
    journal: Journal,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CHANNEL", f"json://desk:{SECRET}@127.0.0.1:1/{SECRET}")  # port 1: nobody listens
    with caplog.at_level(logging.DEBUG):
        sent = send(settings, journal, (FAILED,), REPORT, NOW)

    assert sent.targets == ()
    assert len(sent.errors) == 1
    assert_no_secret(f"{sent} {caplog.text}")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:BROKEN", "no Apprise URL that this installation can send to"),
        ("env:NOT_SET", "set NOT_SET in the environment or in .env"),
        ("keyring:desk", "nothing is stored there"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_and_the_others_are_told(
    reference: str,
    says: str,
    journal: Journal,
    settings: Settings,
    channel: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent = send(with_critical(settings, reference, "env:CHANNEL"), journal, (FAILED,), REPORT, NOW)

    assert sent.targets == ("env:CHANNEL",)
    (error,) = sent.errors
    assert says in str(error)
    assert str(error).startswith(f"{reference}: ")
    assert_no_secret(f"{sent} {caplog.text}")
    assert len(channel.messages) == 1


def test_the_loggers_are_as_they_were_when_the_message_is_out(
    journal: Journal, settings: Settings, channel: Channel
) -> None:
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3.connectionpool")]
    before = [(one.handlers, one.propagate, one.level) for one in loggers]
    send(settings, journal, (FAILED,), REPORT, NOW)
    assert [(one.handlers, one.propagate, one.level) for one in loggers] == before


def test_a_journal_that_cannot_be_read_does_not_silence_the_alert(
    file_stores: Stores, settings: Settings, channel: Channel, tmp_path: Path
) -> None:
    (tmp_path / "data" / "journal.sqlite").write_bytes(b"this is no database at all " * 400)
    for part in (tmp_path / "data").glob("journal.sqlite-*"):
        part.unlink()
    file_stores.journal.close()

    sent = send(settings, file_stores.journal, (FAILED,), REPORT, NOW)

    assert sent.targets == ("env:CHANNEL",)
    assert ["lacks the open breaks" in str(one) for one in sent.errors] == [True, False]
    assert "a rerun will tell them again" in str(sent.errors[1])
    assert "desk: failed" in channel.messages[0]["message"]


def test_nobody_configured_is_no_error(journal: Journal, settings: Settings, channel: Channel) -> None:
    sent = send(replace(settings, alerts=AlertSettings()), journal, (FAILED,), REPORT, NOW)
    assert (sent.targets, sent.errors, sent.repeated) == ((), (), False)
    assert channel.messages == []


def test_a_target_named_twice_is_told_once() -> None:
    assert channels_of(Severity.INFO, AlertSettings(info=("env:A", "env:B", "env:A"))) == ("env:A", "env:B")


@pytest.mark.parametrize(
    ("public_url", "report", "shown"),
    [
        ("https://desk.example/out/", "out/reports/a.html", "https://desk.example/out/reports/a.html"),
        ("https://desk.example/out", "elsewhere/a.html", "elsewhere/a.html"),
        (None, "out/reports/a.html", "out/reports/a.html"),
        ("https://desk:test-secret@desk.example", "out/a.html", "https://***@desk.example/a.html"),
    ],
)
def test_the_report_is_a_link_where_a_browser_can_reach_it(
    public_url: str | None, report: str, shown: str, journal: Journal, settings: Settings, channel: Channel
) -> None:
    told = replace(settings, output_dir="out", public_url=public_url)
    send(told, journal, (FAILED,), Path(report), NOW)
    assert f"\n\nReport: {shown}\n\n[critical alert-" in channel.messages[0]["message"]


def test_a_long_message_arrives_whole(journal: Journal, settings: Settings, channel: Channel) -> None:
    reasons = tuple(f"positions.expect_{number}: {'x' * 280}" for number in range(5))
    many = tuple(
        AccountOutcome(AccountId(f"a{n:02}"), date(2026, 1, 12), OutcomeState.QUARANTINED, quarantined_because=reasons)
        for n in range(30)
    )
    send(settings, journal, many, REPORT, NOW)
    body = "".join(one["message"] for one in channel.messages)
    assert all(f"- a{n:02}: quarantined" in body for n in range(20))
    assert "… and 10 quarantined" in body


def assert_no_secret(text: str) -> None:
    assert SECRET not in text
    assert "test-secret" not in text
