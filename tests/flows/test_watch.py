"""The watch against real protocol faces, a real journal and a real channel, by a clock that the tests turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Status
from tasks.watching.metrics import Metrics
from tests.contract.world import MONDAY, MONDAY_CLOSE, World
from tests.databases import FileTemplate
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk, leave_the_real_environment
from tests.flows.watching import ALERTS, Time, Watching
from tieout.errors import ConfigError

EVENING = datetime(2026, 3, 3, 0, 59, 50, tzinfo=UTC)  # ten seconds before the close should have been confirmed
PATIENCE_S = 60


@pytest.fixture
def watching(
    file_template: FileTemplate, tmp_path: Path, channel: Channel, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watching]:
    """One account at a venue, on Monday after the close, where nobody looks at risk any more."""
    leave_the_real_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("CHANNEL", channel.url)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    file_template.copy_to(tmp_path / "data").close()
    desk = FlowDesk(tmp_path, "", more=ALERTS).account("alpaca-main", face.base_url)
    at = Time(MONDAY_CLOSE + timedelta(hours=1), lambda text: monkeypatch.setenv("TIEOUT_NOW", text))
    made = Watching(desk, at)
    yield made
    made.stop()


def titles(channel: Channel) -> list[str]:
    return [one["title"] for one in channel.messages]


def breaker(watching: Watching) -> list[tuple[str, str | None]]:
    rows = watching.desk.journal_rows("SELECT state, lifted_by FROM breaker WHERE name = 'connectivity'")
    return [(row["state"], row["lifted_by"]) for row in rows]


def test_a_venue_that_falls_silent_is_down_after_three_beats_and_up_again_after_two(
    watching: Watching, face: AlpacaFace, channel: Channel
) -> None:
    watch = watching.start()
    assert watching.turns(watch, 2) == ["up", "up"]
    assert breaker(watching) == []

    face.faults.add(Status(503), times=ALWAYS)
    assert watching.turns(watch, 4) == ["up", "up", "down", "down"]
    assert breaker(watching) == [("halted", None)]
    assert titles(channel) == ["tieout watch: alpaca-main is down"]

    face.faults.clear()
    assert watching.turns(watch, 3) == ["down", "up", "up"]
    assert breaker(watching) == [("lifted", "connection")]
    assert titles(channel)[1:] == ["tieout watch: alpaca-main is up again"]
    changes = watching.desk.journal_rows("SELECT was, state FROM broker_health_event ORDER BY event_id")
    assert [(one["was"], one["state"]) for one in changes] == [("unknown", "up"), ("up", "down"), ("down", "up")]


def test_while_it_lasts_it_trips_its_breaker_once_and_holds_it(
    watching: Watching, face: AlpacaFace, channel: Channel
) -> None:
    watch = watching.start()
    face.faults.add(Status(503), times=ALWAYS)
    watching.turns(watch, 40)  # twenty minutes
    trips = watching.desk.journal_rows("SELECT event FROM order_event WHERE event = 'breaker_tripped'")
    assert len(trips) <= 9, "each lasts five minutes and is renewed when half of them are over"
    (row,) = watching.desk.journal_rows("SELECT until FROM breaker")
    assert datetime.fromisoformat(str(row["until"])) > watching.time.now
    assert titles(channel) == ["tieout watch: alpaca-main is down"] * 2


def test_a_refused_key_is_told_from_silence(watching: Watching, face: AlpacaFace, channel: Channel) -> None:
    watch = watching.start()
    face.faults.add(Status(401), times=ALWAYS)
    assert watching.turns(watch, 2) == ["unknown", "unauthorised"]
    assert titles(channel) == ["tieout watch: alpaca-main is unauthorised"]
    assert breaker(watching) == [("halted", None)]


def test_an_account_of_another_mode_is_told_apart_too(watching: Watching, channel: Channel) -> None:
    watching.desk.account("alpaca-main", watching.desk.accounts["alpaca-main"]["endpoint"], base_currency="EUR")
    assert watching.turns(watching.start(), 2) == ["unknown", "mismatched"]
    assert "says base_currency = 'EUR'" in channel.messages[0]["message"]


def test_in_a_planned_outage_nobody_asks_and_nobody_is_called(
    watching: Watching, face: AlpacaFace, channel: Channel
) -> None:
    endpoint = watching.desk.accounts["alpaca-main"]["endpoint"]
    watching.desk.account("alpaca-main", endpoint, planned_outages=["mon 16:00-18:00 America/New_York"])
    face.faults.add(Status(503), times=ALWAYS)
    assert watching.turns(watching.start(), 5) == ["maintenance"] * 5
    assert (titles(channel), breaker(watching)) == ([], [])


def test_one_account_that_cannot_be_probed_does_not_keep_the_others_from_it(
    watching: Watching, channel: Channel
) -> None:
    watching.desk.account("locked", "http://127.0.0.1:9", credential="file:missing.secret")
    found = watching.turns(watching.start(), 3)
    assert [one.split()[0] for one in found] == ["up"] * 3
    assert len(channel.messages) == 1
    assert "locked" in channel.messages[0]["title"]


def test_one_watch_works_and_the_next_takes_over_where_it_stopped(
    watching: Watching, face: AlpacaFace, channel: Channel
) -> None:
    first, second = watching.start(), watching.start()
    face.faults.add(Status(503), times=ALWAYS)
    watching.turns(first, 3)
    assert second.turn() is False
    assert second.health["alpaca-main"].state.value == "unknown"

    first.stop()
    face.faults.clear()
    assert watching.turns(second, 2) == ["down", "up"], "it knew that it was down"
    assert titles(channel) == ["tieout watch: alpaca-main is down", "tieout watch: alpaca-main is up again"]


def test_a_watch_that_died_is_followed_when_its_lease_runs_out_and_does_nothing_when_it_wakes_up(
    watching: Watching, face: AlpacaFace
) -> None:
    first, second = watching.start(), watching.start()
    watching.turns(first)
    assert second.turn() is False
    watching.time.move(timedelta(seconds=61))
    assert second.turn() is True
    assert first.turn() is False
    assert "tieout_watch_leads 0.0" in scraped(first.metrics)
    assert "tieout_broker_state" not in [line.split("{")[0] for line in scraped(first.metrics).splitlines()]


def test_without_its_journal_it_goes_on_from_memory_and_tells_each_thing_once(
    watching: Watching, face: AlpacaFace, channel: Channel, tmp_path: Path
) -> None:
    watch = watching.start()
    watching.turns(watch)
    assert watch._journal is not None
    watch._journal.close()  # an open connection would go on in the file that is gone
    kept = hide_the_journal(tmp_path)
    face.faults.add(Status(503), times=ALWAYS)
    assert watching.turns(watch, 8)[-1] == "down"
    assert titles(channel) == ["tieout watch: the journal cannot be used", "tieout watch: alpaca-main is down"]
    assert "tieout_journal_reachable 0.0" in scraped(watch.metrics)

    bring_back(tmp_path, kept)
    face.faults.clear()
    assert watching.turns(watch, 4)[-1] == "up"
    watching.turns(watch, 2)
    assert sorted(titles(channel)[2:]) == ["tieout watch: alpaca-main is up again", "tieout watch: the journal is back"]
    assert breaker(watching) == [("lifted", "connection")], "it was down for one more probe"


def test_a_close_that_nobody_confirmed_is_missed_until_somebody_does(watching: Watching, channel: Channel) -> None:
    watch = watching.start()
    watching.time.move(timedelta(hours=-10))
    watching.turns(watch)
    watching.time.move(EVENING - watching.time.now)
    watch.stop()
    watch = watching.start()
    watching.turns(watch)
    assert titles(channel) == []

    watching.turns(watch, 4)
    assert titles(channel) == ["tieout: the close of 1 account has not been confirmed"]
    assert "alpaca-main 2026-03-02" in channel.messages[0]["message"]

    end_a_close(watching, "tied_out")
    watching.turns(watch, 3)
    assert titles(channel)[1:] == ["tieout: the close of alpaca-main of 2026-03-02 is confirmed"]


def test_whoever_looks_only_now_and_then_calls_for_the_same_close_once(watching: Watching, channel: Channel) -> None:
    from tasks.settings import load_settings
    from tasks.watching.closes import tell_unconfirmed

    end_a_close(watching, "failed")
    stores, late = watching.desk.stores(), []
    for seconds in (0, 10, 600):
        watching.time.move(EVENING + timedelta(seconds=seconds) - watching.time.now)
        late.append(len(tell_unconfirmed(load_settings(), stores.journal, watching.time.now)))
    stores.close()

    assert late == [0, 1, 1]
    (message,) = channel.messages
    assert "the last of 1 runs was failed" in message["message"]


def test_in_the_session_it_looks_at_risk_under_a_lease(watching: Watching, channel: Channel, world: World) -> None:
    watching.time.move(MONDAY - watching.time.now)
    watch = watching.start()
    watching.turns(watch, 4)
    looked = watching.desk.journal_rows("SELECT event FROM order_event WHERE event = 'risk_watched'")
    assert len(looked) == 2, "one a minute"
    leases = watching.desk.journal_rows("SELECT lease_key, released FROM lease WHERE lease_key LIKE '%risk-watch%'")
    assert [(one["lease_key"], bool(one["released"])) for one in leases] == [
        ("alpaca-main:risk-watch:2026-03-02", True)
    ]
    assert titles(channel) == []


def test_two_looks_at_one_account_never_run_side_by_side(watching: Watching) -> None:
    from sql.leases import acquire
    from tasks.trading.risk_watch import watch_account
    from tieout.ids import AccountId

    watching.time.move(MONDAY - watching.time.now)
    stores = watching.desk.stores()
    with stores.journal.write() as journal:
        key = "alpaca-main:risk-watch:2026-03-02"
        acquire(journal, key, "another", watching.time.now, timedelta(minutes=5))
    stores.close()
    looked = watch_account.fn(AccountId("alpaca-main"))
    assert looked.skipped is not None
    assert "is being worked on by another" in looked.skipped


def test_the_metrics_say_what_is_known(watching: Watching) -> None:
    watch = watching.start()
    watching.turns(watch, 2)
    told = scraped(watch.metrics)
    for line in (
        'tieout_broker_state{account="alpaca-main",broker="alpaca",state="up"} 1.0',
        'tieout_broker_state{account="alpaca-main",broker="alpaca",state="down"} 0.0',
        'tieout_probes_total{account="alpaca-main",answer="good"} 2.0',
        'tieout_open_breaks{account="alpaca-main",severity="critical"} 0.0',
        'tieout_unknown_orders{account="alpaca-main"} 0.0',
        'tieout_alerts_waiting{severity="critical"} 0.0',
        'tieout_rate_limit_headroom_ratio{account="alpaca-main"} 0.9',
        "tieout_watch_leads 1.0",
        "tieout_journal_reachable 1.0",
    ):
        assert line in told, line


def test_a_port_that_is_taken_is_named() -> None:
    port, stop = Metrics().served("127.0.0.1", 0)
    with pytest.raises(ConfigError, match="metrics_port"):
        Metrics().served("127.0.0.1", port)
    stop()


@pytest.mark.slow
def test_the_service_stops_on_sigterm_and_leaves_its_lease(watching: Watching) -> None:
    watching.desk.configure(ALERTS + "[watch]\nmetrics_port = 0\n")
    command = [sys.executable, "-m", "flows.cli.main", "watch"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stderr is not None
        until = time.monotonic() + PATIENCE_S
        while "up, was unknown" not in running.stderr.readline():
            assert time.monotonic() < until
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        rest = running.stderr.read()
        assert running.wait(PATIENCE_S) == 0
    assert rest.splitlines()[-1] == "stopped"
    (lease,) = watching.desk.journal_rows("SELECT released FROM lease WHERE lease_key = '*:watch:service'")
    assert lease["released"]


def scraped(metrics: Metrics) -> str:
    port, stop = metrics.served("127.0.0.1", 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    finally:
        stop()


def hide_the_journal(folder: Path) -> dict[Path, bytes]:
    """As a disk would that is gone."""
    kept = {one: one.read_bytes() for one in (folder / "data").glob("journal.sqlite*")}
    for one in kept:
        one.unlink()
    (folder / "data" / "journal.sqlite").mkdir()
    return kept


def bring_back(folder: Path, kept: dict[Path, bytes]) -> None:
    (folder / "data" / "journal.sqlite").rmdir()
    for path, content in kept.items():
        path.write_bytes(content)


def end_a_close(watching: Watching, state: str) -> None:
    from sql.runs import end_run, start_run
    from tieout.ids import AccountId

    stores, moment = watching.desk.stores(), watching.time.now
    with stores.journal.write() as journal:
        day = MONDAY.date()
        run_id = start_run(journal, AccountId("alpaca-main"), "eod-reconciliation", day, moment, None)
        end_run(journal, run_id, state, {}, moment)
    stores.close()
