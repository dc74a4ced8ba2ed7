"""Alerts that do not arrive: real SMTP and HTTP on loopback, channels that die and come back, simulated time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from sql.alert_messages import count_waiting, read_messages
from sql.journal import Journal
from tasks.alerts import flush, tell, tell_blindly, tell_over
from tests.flows.channel import SECRET, Channel
from tests.flows.mailbox import PASSWORD, Mailbox, running_mailbox
from tieout.alert import Alert, lasting
from tieout.alerts_delivery import MessageState
from tieout.config import parse_settings
from tieout.errors import SecretSourceError, StoreError
from tieout.outages import parse_outage
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

NOW = datetime(2026, 1, 12, 15, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOWN = Alert(Severity.CRITICAL, "tieout watch: alpaca-main is down", "no answer", (lasting("broker alpaca-main"),))
SLOW = Alert(Severity.WARNING, "tieout watch: kraken is slow", "2.5 s", (lasting("broker kraken"),))
CHAT, MAIL = "env:CHAT", "env:MAIL"
RULES = AlertSettings(critical=(CHAT,), warning=(CHAT,), fallback=(MAIL,))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as running:
        yield running


@pytest.fixture(autouse=True)
def both(channel: Channel, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT", channel.url)
    monkeypatch.setenv("MAIL", mailbox.url)


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(one["Subject"]) for one in mailbox.mails]


def waiting(journal: Journal) -> dict[Severity, int]:
    with journal.read() as connection:
        return count_waiting(connection)


def test_a_message_goes_by_mail_where_that_is_the_target(journal: Journal, mailbox: Mailbox) -> None:
    sent = tell(AlertSettings(critical=(MAIL,)), journal, DOWN, NOW)

    assert (sent.targets, sent.errors) == ((MAIL,), ())
    assert subjects(mailbox) == ["tieout watch: alpaca-main is down"]
    assert "no answer" in str(mailbox.mails[0])
    assert mailbox.recipients == ["oncall@desk.example"]


def test_a_dead_channel_is_replaced_by_its_fallback_at_once(
    journal: Journal, channel: Channel, mailbox: Mailbox
) -> None:
    channel.status = 503
    sent = tell(RULES, journal, DOWN, NOW)

    assert sent.targets == (MAIL,)
    assert [str(one).startswith("env:CHAT: not delivered") for one in sent.errors] == [True]
    assert subjects(mailbox) == ["tieout watch: alpaca-main is down"]
    assert waiting(journal) == {}
    with journal.read() as connection:
        (row,) = read_messages(connection, MessageState.REROUTED)
    assert (row["channel"], row["via"]) == (CHAT, MAIL)


def test_a_target_whose_secret_is_locked_up_is_replaced_by_its_fallback(
    journal: Journal, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(reference: str, place: str) -> str:
        if reference == CHAT:
            raise SecretSourceError("keyring:desk: the key ring is locked")
        return mailbox.url

    monkeypatch.setattr("tasks.channels.open_reference", locked)

    sent = tell(RULES, journal, DOWN, NOW)

    assert (sent.targets, [str(one) for one in sent.errors]) == (
        (MAIL,),
        ["env:CHAT: keyring:desk: the key ring is locked"],
    )


@dataclass
class Wire:
    """What would have left for a service on the Internet."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    found = Wire()

    def send(_: HTTPAdapter, request: PreparedRequest, **_more: object) -> Response:
        found.requests.append((str(request.url), json.loads(str(request.body))))
        answer = Response()
        answer.status_code, answer._content, answer.request = (
            (202 if "pagerduty" in str(request.url) else 200),
            b"ok",
            request,
        )
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return found


URLS = {
    "SLACK": "slack://TTESTTEST/BTESTTEST/testtesttesttesttesttest/#desk",
    "PAGERDUTY": "pagerduty://testtesttesttesttesttesttesttest@testtesttest/tieout/desk",
}


@pytest.mark.parametrize(
    ("severity", "weight", "color"),
    [
        (Severity.CRITICAL, "critical", "#A32037"),
        (Severity.WARNING, "warning", "#CACF29"),
    ],
)
def test_slack_and_pagerduty_are_told_how_grave_it_is_and_what_it_is_about(
    journal: Journal, wire: Wire, monkeypatch: pytest.MonkeyPatch, severity: Severity, weight: str, color: str
) -> None:
    for name, url in URLS.items():
        monkeypatch.setenv(name, url)
    named = {severity.value: [f"env:{name}" for name in URLS]}
    rules = parse_settings({"alerts": named}, {}).alerts
    down = replace(DOWN, severity=severity)

    tell(rules, journal, down, NOW)
    tell(rules, journal, replace(down, body="still no answer"), NOW + timedelta(hours=1))

    (slack, said), (pager, event), (_, said_again), (_, event_again) = wire.requests
    assert (slack.partition("/services/")[0], pager) == (
        "https://hooks.slack.com",
        "https://events.pagerduty.com/v2/enqueue",
    )
    (shown,) = said["attachments"]
    assert shown["color"] == color
    assert shown["text"].splitlines() == ["no answer", "", f"[{weight} {DOWN.key}]"]
    assert event["payload"]["severity"] == weight
    assert event["payload"]["custom_details"] == {"severity": weight, "fingerprint": DOWN.key}
    assert event_again["payload"]["custom_details"]["fingerprint"] == DOWN.key
    assert DOWN.key in said_again["attachments"][0]["text"]
    assert DOWN.key != SLOW.key


def test_what_nobody_took_is_kept_and_tried_again_until_somebody_does(
    journal: Journal, channel: Channel, mailbox: Mailbox
) -> None:
    channel.status, mailbox.refuses = 503, True
    assert tell(RULES, journal, DOWN, NOW).targets == ()
    assert waiting(journal) == {Severity.CRITICAL: 1}
    for days in range(1, 5):
        assert flush(RULES, journal, NOW + timedelta(days=days)).targets == ()

    mailbox.refuses = False
    assert flush(RULES, journal, NOW + timedelta(days=5)).targets == (MAIL,)
    assert subjects(mailbox) == ["tieout watch: alpaca-main is down"]
    assert flush(RULES, journal, NOW + timedelta(days=6)).targets == ()


def test_a_warning_that_nobody_took_for_a_day_is_given_up(journal: Journal, channel: Channel, mailbox: Mailbox) -> None:
    channel.status, mailbox.refuses = 503, True
    tell(RULES, journal, SLOW, NOW)
    flush(RULES, journal, NOW + timedelta(days=1))
    assert waiting(journal) == {}


def test_no_url_stands_in_what_is_kept_about_a_failure(journal: Journal, channel: Channel, mailbox: Mailbox) -> None:
    channel.status, mailbox.refuses = 401, True
    sent = tell(RULES, journal, DOWN, NOW)
    with journal.read() as connection:
        kept = str(read_messages(connection, MessageState.WAITING))
    for secret in (SECRET, PASSWORD, "127.0.0.1"):
        assert secret not in kept
        assert secret not in str(sent)


def test_whoever_heard_of_a_trouble_hears_that_it_is_over(journal: Journal, channel: Channel, mailbox: Mailbox) -> None:
    channel.status = 503
    tell(RULES, journal, DOWN, NOW)
    channel.status = 200
    over = Alert(Severity.INFO, "tieout watch: alpaca-main is up again", "after 4 minutes")

    tell_over(RULES, journal, "broker alpaca-main", over, NOW + 4 * MINUTE)
    tell_over(RULES, journal, "broker alpaca-main", over, NOW + 5 * MINUTE)

    assert subjects(mailbox) == ["tieout watch: alpaca-main is down", "tieout watch: alpaca-main is up again"]
    assert channel.messages == [], "it never took the first, and info goes to nobody"


def test_quiet_hours_hold_warnings_back_until_morning_and_nothing_critical(journal: Journal, channel: Channel) -> None:
    night = replace(RULES, quiet_hours=(parse_outage("daily 22:00-07:00 America/New_York"),))
    late = datetime(2026, 1, 13, 4, tzinfo=UTC)
    tell(night, journal, SLOW, late)
    tell(night, journal, DOWN, late)
    assert [one["title"] for one in channel.messages] == ["tieout watch: alpaca-main is down"]

    flush(night, journal, late + timedelta(hours=9))
    assert [one["title"] for one in channel.messages][1:] == ["tieout watch: kraken is slow"]


def test_without_a_journal_the_fallback_is_told_all_the_same(channel: Channel, mailbox: Mailbox) -> None:
    channel.status = 503
    sent = tell_blindly(RULES, DOWN, StoreError("the disk is full"))
    assert sent.targets == (MAIL,)
    assert "a rerun will tell them again" in str(sent.errors[-1])
    assert subjects(mailbox) == ["tieout watch: alpaca-main is down"]
