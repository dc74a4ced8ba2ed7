"""What the watch keeps in its own memory stays small, however long anything lasts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tasks.watching.metrics import Figures, Metrics
from tasks.watching.speech import Speech
from tasks.watching.voice import Voice
from tasks.watching.watched import Beat
from tasks.watching.workers import Worker
from tieout.alert import Alert, lasting
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import AlertSettings

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)


def trouble(number: int, said: str = "down") -> Alert:
    return Alert(Severity.CRITICAL, f"trouble {number}", "", (lasting(f"subject {number}", said),))


def test_without_a_journal_only_so_many_subjects_are_remembered_the_newest_of_them() -> None:
    voice = Voice(AlertSettings())
    for number in range(2_000):
        voice.say(None, trouble(number), NOW)
        voice.say_over(None, f"other {number}", trouble(number), NOW)
    assert len(voice.matters) == len(voice.over) == 500
    assert "subject 1999" in voice.matters
    assert "subject 0" not in voice.matters


def test_without_a_journal_the_same_is_told_once_and_again_after_a_gap() -> None:
    voice = Voice(AlertSettings())
    told = [not voice.say(None, trouble(1), NOW + timedelta(minutes=one)).repeated for one in range(16)]
    assert told == [True, *[False] * 14, True]
    assert not voice.say(None, trouble(1, "refused"), NOW + timedelta(minutes=16)).repeated


def test_what_is_over_and_comes_back_before_the_journal_does_is_not_told_as_over() -> None:
    voice = Voice(AlertSettings())
    voice.say_over(None, "subject 1", trouble(1), NOW)
    voice.say(None, trouble(1), NOW)
    assert voice.over == {}


def test_a_job_that_hangs_is_not_begun_again_and_holds_up_its_own_worker_only() -> None:
    hangs, free = Worker[int]("hangs"), Worker[int]("free")
    released = threading.Event()
    assert hangs.begin("probe", lambda: int(released.wait()))
    assert not hangs.begin("probe", lambda: 2)
    assert free.begin("probe", lambda: 3)
    free.settle()
    assert [job.result() for _, job in free.finished()] == [3]
    assert list(hangs.finished()) == []
    released.set()
    hangs.settle()
    assert [(key, job.result()) for key, job in hangs.finished()] == [("probe", 1)]
    assert hangs.begin("probe", lambda: 4)
    hangs.stop()
    free.stop()


def test_what_a_job_raised_is_kept_for_whoever_takes_it() -> None:
    worker = Worker[int]("fails")
    worker.begin("probe", lambda: 1 // 0)
    worker.settle()
    ((_, job),) = worker.finished()
    with pytest.raises(ZeroDivisionError):
        job.result()
    worker.stop()


def test_a_beat_that_was_missed_is_not_made_up_for() -> None:
    at = [0.0]
    beat = Beat(30.0, lambda: at[0])
    due = []
    for at[0] in (0.0, 10.0, 29.9, 30.0, 300.0, 301.0, 331.0):
        due.append(beat.is_due())
    assert due == [True, False, False, True, True, False, True]


def test_what_cannot_be_said_is_at_least_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    speech = Speech(Voice(AlertSettings()), lambda: None)

    def breaks() -> None:
        raise RuntimeError("a channel's library has a defect")

    speech.begin("something grave", breaks)
    speech.settle()
    speech.stop()

    assert "something grave could not be said: a channel's library has a defect" in caplog.text


def test_what_waits_to_be_said_is_said_before_the_end() -> None:
    speech, hangs, said = Speech(Voice(AlertSettings()), lambda: None), threading.Event(), []
    speech.begin("slow", hangs.wait)
    speech.begin("grave", lambda: said.append("it happened once"))
    threading.Timer(0.05, hangs.set).start()

    speech.stop()

    assert said == ["it happened once"]


def test_figures_that_cannot_be_read_are_gone_and_not_as_they_were() -> None:
    metrics = Metrics()
    metrics.counted(Figures(snapshots={"desk": NOW}), (AccountId("desk"),), NOW + timedelta(hours=1))
    assert metrics.registry.get_sample_value("tieout_snapshot_age_seconds", {"account": "desk"}) == 3600

    metrics.uncounted()

    for name in ("tieout_snapshot_age_seconds", "tieout_unknown_orders"):
        assert metrics.registry.get_sample_value(name, {"account": "desk"}) is None
