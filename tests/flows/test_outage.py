"""Four hours without a broker: all that looks at it fails, and people get a handful of messages. Time is simulated.

Channels die too: the first for two hours, its fallback in the middle of that, so that for an hour nobody can be told.
The close and the window really run now and then, against the broker that is down, and alert by themselves; what the
last of them said is what the many between them say through the same place.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Reset, Status
from sql.alert_messages import read_messages
from sql.alerts import read_alerts
from tests.contract.world import MONDAY, World, a_world
from tests.databases import FileTemplate
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk, leave_the_real_environment, without_heartbeats
from tests.flows.mailbox import Mailbox, running_mailbox
from tests.flows.watching import Time, Watching
from tests.flows.windows import RISK, wish
from tieout.alerts_delivery import MessageState
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.verdict import AccountOutcome, OutcomeState
from tieout.window_outcome import WindowOutcome, WindowState
from tieout.window_plan import WindowRun

ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\nfallback = ["env:MAIL"]\n'
ACCOUNTS = ("alpaca-main",)
BEATS, BEAT = 480, timedelta(seconds=30)
CLOSES_RUN = frozenset({0, 120, 240, 360})  # beats: every hour, before and after the session's end
WINDOWS_RUN = frozenset({0, 120, 180})  # in the session
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


class Asking:
    """The clock by which a look at an account waits for its venue: nobody really waits."""

    passed_s = 0.0

    def monotonic(self) -> float:
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        self.passed_s += seconds


@dataclass
class Failures:
    """What failed, by who found out.

    ran     flows that really ran
    said    by flow, what the last run that really ran said of the account: business date and error
    """

    by: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)
    said: dict[str, tuple[date, str]] = field(default_factory=dict)


@pytest.fixture
def world() -> World:
    """Monday, in the session."""
    return a_world()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as running:
        yield running


@pytest.fixture
def watching(
    prefect_api: str,
    file_template: FileTemplate,
    tmp_path: Path,
    channel: Channel,
    mailbox: Mailbox,
    face: AlpacaFace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Watching]:
    """An account at a venue that is about to fail, two hours before the close; a signal waits for it."""
    from tasks.trading import risk_watch, work
    from tasks.watching import service

    leave_the_real_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("CHANNEL", channel.url)
    monkeypatch.setenv("MAIL", mailbox.url)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(service, "FIGURES_EVERY_S", 3600.0)
    monkeypatch.setattr(risk_watch, "time", Asking())
    monkeypatch.setattr(work, "TRIES", timedelta(0))  # for a minute of the clock that stands still here
    file_template.copy_to(tmp_path / "data").close()
    desk = FlowDesk(tmp_path, prefect_api, more=f"{ALERTS}{RISK}[run]\nretry_delays_s = [0, 0]\n")
    for name in ACCOUNTS:
        desk.account(name, face.base_url)
    wish(desk, "one", lasts=timedelta(hours=6))
    made = Watching(desk, Time(MONDAY + timedelta(hours=4), lambda text: monkeypatch.setenv("TIEOUT_NOW", text)))
    yield made
    made.stop()


def test_four_hours_without_a_broker_are_a_handful_of_messages_and_no_critical_one_is_lost(
    watching: Watching,
    world: World,
    face: AlpacaFace,
    channel: Channel,
    mailbox: Mailbox,
    capsys: pytest.CaptureFixture[str],
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
        print(f"really run: {dict(failures.ran)}; {failures.said}")
        print(f"{len(critical)} critical alerts of {seen} occurrences, {len(lost)} lost")

    assert failures.ran == {"eod-reconciliation": len(CLOSES_RUN), "execution-window": len(WINDOWS_RUN)}
    assert not world.account.orders(), "the signal waits: nothing was sent into the dark"
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
    if beat in CLOSES_RUN:
        run(watching, failures, "eod-reconciliation")
    if beat in WINDOWS_RUN:
        run(watching, failures, "execution-window", window="session")
    for name in ACCOUNTS:
        if beat not in CLOSES_RUN:
            close(watching, AccountId(name), *failures.said["eod-reconciliation"])
        if beat not in WINDOWS_RUN:
            window(AccountId(name), *failures.said["execution-window"])
        failures.by["closes"] += 1
        failures.by["windows"] += 1


def run(watching: Watching, failures: Failures, name: str, **parameters: Any) -> None:
    """A flow against the broker that is down, on the server. It tells people itself."""
    from flows.cli.server import pointing_to
    from flows.serving import load_flow

    with pointing_to(watching.desk.api), without_heartbeats():
        flow = name.replace("-", "_")
        state: Any = load_flow(f"flows.{flow}:{flow}")(**parameters, return_state=True)
    assert state.is_failed(), state
    row = watching.desk.journal_rows(f"SELECT state, business_date, outcome FROM run WHERE flow LIKE '{name}%'")[-1]
    error = json.loads(row["outcome"])["error"]
    assert row["state"] == "failed"
    assert error.startswith("Unavailable: "), error
    failures.ran[name] += 1
    failures.said[name] = date.fromisoformat(row["business_date"]), error


def close(watching: Watching, account: AccountId, day: date, error: str) -> None:
    from tasks.alerts import send
    from tasks.settings import load_settings

    failed = AccountOutcome(account, day, OutcomeState.FAILED, error=error)
    stores = watching.desk.stores()
    send(load_settings(), stores.journal, (failed,), "none", watching.time.now)
    stores.close()


def window(account: AccountId, day: date, error: str) -> None:
    from tasks.trading.publish import send_alert

    work = WindowRun(account, "session", day, MONDAY, MONDAY + timedelta(hours=6))
    send_alert.fn([WindowOutcome(work, WindowState.FAILED, error=error)])
