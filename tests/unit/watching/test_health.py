from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.breakers import BreakerName, TradingState
from tieout.errors import (
    Ambiguous,
    ConfigError,
    InvalidOrder,
    KnownDown,
    PlannedOutage,
    RateLimited,
    SecretSourceError,
    StoreError,
    TieoutError,
    Unauthorised,
    Unavailable,
    Unreadable,
)
from tieout.health import RECENT, UNUSABLE, Answer, Health, HealthState, Probe, answer_of, judged, severity_of, unknown
from tieout.health_news import compose_over, compose_trouble, event_of, lets_go, subject_of, trip_of
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.risk.limits import Limits
from tieout.settings import WatchSettings

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)
DESK, RULES = AccountId("desk"), WatchSettings()
BEAT = timedelta(seconds=30)
GOOD, SLOW, SILENT, REFUSED, WRONG, AWAY = (
    Answer.GOOD,
    Answer.SLOW,
    Answer.SILENT,
    Answer.REFUSED,
    Answer.WRONG,
    Answer.AWAY,
)
S = HealthState


def after(*answers: Answer, start: Health | None = None) -> list[Health]:
    """Its health after each of the probes, one a beat."""
    health, found = start or unknown(DESK, "alpaca", NOW), []
    for answer in answers:
        health = judged(health, Probe(answer, f"it was {answer}", health.checked_at + BEAT, 12), RULES)
        found.append(health)
    return found


def states(*answers: Answer, start: Health | None = None) -> list[HealthState]:
    return [one.state for one in after(*answers, start=start)]


@pytest.fixture
def up() -> Health:
    return after(GOOD)[0]


@pytest.fixture
def down(up: Health) -> Health:
    return after(SILENT, SILENT, SILENT, start=up)[-1]


def test_the_first_answer_makes_it_up_and_silence_from_the_start_down_in_time() -> None:
    assert states(GOOD) == [S.UP]
    assert states(SILENT, SILENT, SILENT) == [S.UNKNOWN, S.UNKNOWN, S.DOWN]


def test_one_lost_answer_is_no_news(up: Health) -> None:
    assert states(SILENT, SILENT, GOOD, start=up) == [S.UP] * 3


def test_it_comes_back_when_it_answered_twice_in_a_row(down: Health) -> None:
    assert states(GOOD, SILENT, GOOD, GOOD, start=down) == [S.DOWN, S.DOWN, S.DOWN, S.UP]


def test_a_refused_key_is_believed_the_second_time(up: Health) -> None:
    assert states(REFUSED, REFUSED, start=up) == [S.UP, S.UNAUTHORISED]
    assert states(WRONG, WRONG, start=up) == [S.UP, S.MISMATCHED]


def test_what_was_down_and_refuses_the_key_says_so(down: Health) -> None:
    assert states(REFUSED, REFUSED, GOOD, GOOD, start=down) == [S.DOWN, S.UNAUTHORISED, S.UNAUTHORISED, S.UP]


def test_a_planned_outage_is_no_trouble_and_what_follows_counts_from_nothing(up: Health) -> None:
    assert states(SILENT, SILENT, AWAY, SILENT, SILENT, SILENT, start=up) == [
        S.UP,
        S.UP,
        S.MAINTENANCE,
        S.MAINTENANCE,
        S.MAINTENANCE,
        S.DOWN,
    ]
    assert states(AWAY, GOOD, start=up) == [S.MAINTENANCE, S.UP]


def test_slow_answers_degrade_and_five_good_ones_restore(up: Health) -> None:
    found = states(SLOW, SLOW, SLOW, *[GOOD] * 5, start=up)
    assert found == [S.UP, S.UP, *[S.DEGRADED] * 5, S.UP]


def test_a_broker_that_answers_every_other_time_is_degraded_and_never_down(up: Health) -> None:
    found = states(*[SILENT, GOOD] * 20, start=up)
    assert S.DOWN not in found
    assert found[4:] == [S.DEGRADED] * 36


def test_what_was_long_ago_says_nothing(down: Health) -> None:
    later = judged(down, Probe(SILENT, "", down.checked_at + timedelta(hours=1)), RULES)
    assert (later.recent, later.watched_since, later.state) == ((SILENT,), later.checked_at, S.DOWN)
    assert not down.fresh(down.checked_at + 4 * BEAT, RULES)
    assert down.fresh(down.checked_at + 3 * BEAT, RULES)


@given(answers=st.lists(st.sampled_from(Answer), max_size=80))
def test_a_change_rests_on_enough_probes_and_what_is_remembered_stays_small(answers: list[Answer]) -> None:
    found = after(*answers)
    for number, one in enumerate(found):
        assert len(one.recent) <= RECENT
        before = found[number - 1].state if number else S.UNKNOWN
        last = answers[: number + 1]
        if one.state is S.DOWN and before is not S.DOWN:
            assert last[-RULES.down_after :] == [SILENT] * RULES.down_after
        if before in UNUSABLE and one.state is S.UP:
            assert not set(last[-RULES.up_after :]) & {SILENT, REFUSED, WRONG, AWAY}
        assert one.since == (one.checked_at if one.state is not before else found[number - 1].since if number else NOW)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Unauthorised("alpaca", "401"), REFUSED),
        (ConfigError("it is live"), WRONG),
        (InvalidOrder("alpaca", "422"), WRONG),
        (Unavailable("alpaca", "no connection"), SILENT),
        (Unreadable("alpaca", "no JSON"), SILENT),
        (Ambiguous("alpaca", "lost"), SILENT),
        (KnownDown("alpaca", "down"), SILENT),
        (RateLimited("alpaca", "429"), Answer.LIMITED),
        (PlannedOutage("ibkr", "restart"), AWAY),
    ],
)
def test_every_error_of_a_broker_says_how_it_is(error: TieoutError, answer: Answer) -> None:
    assert answer_of(error) is answer


@pytest.mark.parametrize("error", [StoreError("the disk is full"), SecretSourceError("locked")])
def test_what_says_nothing_of_the_broker_is_raised(error: TieoutError) -> None:
    with pytest.raises(type(error)):
        answer_of(error)


def test_a_broker_that_cannot_be_used_halts_its_account_for_a_while(down: Health) -> None:
    now = down.checked_at
    trip = trip_of(down, Limits(), RULES, now)
    assert trip is not None
    assert (trip.name, trip.effect, trip.scope) == (BreakerName.CONNECTIVITY, TradingState.HALTED, "")
    assert trip.until == now + timedelta(seconds=300)
    assert trip_of(down, replace(Limits(), enable_circuit_breakers=False), RULES, now) is None


@pytest.mark.parametrize("state", HealthState)
def test_trouble_is_told_halts_or_lets_go_consistently(state: HealthState, up: Health) -> None:
    health = replace(up, state=state)
    halts = trip_of(health, Limits(), RULES, NOW) is not None
    assert halts is (severity_of(state) is Severity.CRITICAL)
    assert not (halts and lets_go(health))
    told = compose_trouble(health)
    assert (told is None) is (severity_of(state) is None)


def test_the_message_has_the_same_fingerprint_while_the_state_lasts(down: Health) -> None:
    later = replace(down, reason="another port", latency_ms=None, checked_at=NOW + timedelta(hours=2))
    one, other = compose_trouble(down), compose_trouble(later)
    assert one is not None
    assert other is not None
    assert one.about == other.about
    assert one.about[0].subject == subject_of(down)
    refused = compose_trouble(replace(down, state=S.UNAUTHORISED))
    assert refused is not None
    assert refused.about[0].fingerprint != one.about[0].fingerprint


def test_what_is_over_says_how_long_it_was(down: Health) -> None:
    back = replace(down, state=S.UP, since=down.since + timedelta(minutes=42))
    over = compose_over(down, back)
    assert over.title == "tieout watch: desk is up again"
    assert over.body == "alpaca of desk was down for 42 minutes."
    assert event_of(down, back)["was"] == "down"


def test_headroom_and_latency_are_of_the_last_probe(up: Health) -> None:
    probe = Probe(GOOD, "", up.checked_at + BEAT, 40, 150, 200)
    found = judged(up, probe, RULES)
    assert (found.latency_ms, found.left, found.most) == (40, 150, 200)
    assert Decimal(found.left or 0) / Decimal(found.most or 1) == Decimal("0.75")
