"""Four hours without a broker: all that looks at it fails, and people get a handful of messages. Time is simulated.

Channels die too: the first for two hours, its fallback in the middle of that, so that for an hour nobody can be told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Reset, Status
from sql.alert_messages import read_messages
from sql.alerts import read_alerts
from tests.contract.world import MONDAY
from tests.databases import FileTemplate
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk, leave_the_real_environment
from tests.flows.mailbox import Mailbox, running_mailbox
from tests.flows.watching import Time, Watching
from tieout.alerts_delivery import MessageState
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.verdict import AccountOutcome, OutcomeState
from tieout.window_outcome import WindowOutcome, WindowState
from tieout.window_plan import WindowRun

ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\nfallback = ["env:MAIL"]\n'
ACCOUNTS = ("alpaca-main",)
BEATS, BEAT = 480, timedelta(seconds=30)
pytestmark = pytest.mark.slow


@dataclass
class Failures:
    """What failed, by who found out."""

    by: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as running:
        yield running


@pytest.fixture
def watching(
    file_template: FileTemplate,
    tmp_path: Path,
    channel: Channel,
    mailbox: Mailbox,
    face: AlpacaFace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Watching]:
    """An account at a venue that is about to fail, two hours before the close."""
    from tasks.watching import service

    leave_the_real_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("CHANNEL", channel.url)
    monkeypatch.setenv("MAIL", mailbox.url)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(service, "FIGURES_EVERY_S", 3600.0)
    file_template.copy_to(tmp_path / "data").close()
    desk = FlowDesk(tmp_path, "", more=ALERTS)
    for name in ACCOUNTS:
        desk.account(name, face.base_url)
    made = Watching(desk, Time(MONDAY + timedelta(hours=4), lambda text: monkeypatch.setenv("TIEOUT_NOW", text)))
    yield made
    made.stop()


def test_four_hours_without_a_broker_are_a_handful_of_messages_and_no_critical_one_is_lost(
    watching: Watching, face: AlpacaFace, channel: Channel, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    watch, failures = watching.start(), Failures()
    assert watching.turns(watch, 2) == ["up", "up"]

    for beat in range(BEATS):
        face.faults.clear()
        face.faults.add(Status(503) if beat % 2 else Reset(), times=ALWAYS)
        hour = beat * BEAT / timedelta(hours=1)
        channel.status = 503 if 0.5 <= hour < 2.5 else 200
        mailbox.refuses = 1 <= hour < 2
        watching.turns(watch)
        failures.by["probes"] += len(ACCOUNTS)
        if beat % 10 == 0:  # every five minutes
            flows_fail(watching, failures, beat)
    face.faults.clear()
    watching.turns(watch, 25)

    stores = watching.desk.stores()
    with stores.journal.read() as journal:
        alerts = read_alerts(journal, everything=True)
        by_state = {state: read_messages(journal, state, 10_000) for state in MessageState}
    stores.close()
    taken = {
        subject
        for state in (MessageState.SENT, MessageState.REROUTED)
        for row in by_state[state]
        for subject in row["subjects"]
    }
    critical = [one for one in alerts if one["severity"] == Severity.CRITICAL.value]
    arrived = [f"{one['title']} {one['message']}" for one in channel.messages]
    arrived += [f"{one['Subject']} {one.get_payload()}" for one in mailbox.mails]
    lost = [one["title"] for one in critical if one["subject"] not in taken]
    lost += [one["title"] for one in critical if not any(one["title"] in text for text in arrived)]
    messages = len(channel.messages) + len(mailbox.mails)
    failed, seen = failures.by.total(), sum(one["occurrences"] for one in alerts)
    with capsys.disabled():
        told = f"{len(channel.messages)} by the channel, {len(mailbox.mails)} by its fallback"
        print(f"\nfour hours without a broker: {failed} failures ({dict(failures.by)}), {messages} messages ({told});")
        print(f"{len(critical)} critical alerts of {seen} occurrences, {len(lost)} lost")

    assert lost == []
    assert by_state[MessageState.WAITING] == by_state[MessageState.DROPPED] == []
    assert messages * 10 <= failed
    assert len(by_state[MessageState.REROUTED]) >= 2, "the fallback took some while the channel was dead"
    assert {one["subject"] for one in critical} >= {f"broker {name}" for name in ACCOUNTS}
    for row in by_state[MessageState.SUPERSEDED]:
        assert set(row["subjects"]) <= taken, "a newer one about the same arrived in its place"
    over = [one["title"] for one in channel.messages if one["title"].endswith("is up again")]
    assert sorted(over) == [f"tieout watch: {name} is up again" for name in ACCOUNTS]


def flows_fail(watching: Watching, failures: Failures, beat: int) -> None:
    """What the flows say of the same trouble, through the same place."""
    from tasks.doctor import examine
    from tasks.health import conclude_health
    from tasks.settings import load_settings

    settings = load_settings()
    if beat % 60 == 0:  # twice an hour, as somebody who is worried
        checks = tuple(examine(settings, tuple(settings.accounts.values())))
        failures.by["checks"] += sum(not one.ok for one in checks)
        conclude_health(checks)
    for name in ACCOUNTS:
        account = AccountId(name)
        close(watching, account)
        window(watching, account)
        failures.by["closes"] += 1
        failures.by["windows"] += 1


def close(watching: Watching, account: AccountId) -> None:
    from tasks.alerts import send
    from tasks.settings import load_settings

    failed = AccountOutcome(account, MONDAY.date(), OutcomeState.FAILED, error="Unavailable: alpaca: HTTP 503")
    stores = watching.desk.stores()
    send(load_settings(), stores.journal, (failed,), "none", watching.time.now)
    stores.close()


def window(watching: Watching, account: AccountId) -> None:
    from tasks.trading.publish import send_alert

    work = WindowRun(account, "session", MONDAY.date(), MONDAY, MONDAY + timedelta(hours=6))
    send_alert.fn([WindowOutcome(work, WindowState.FAILED, error="Unavailable: alpaca: HTTP 503")])
