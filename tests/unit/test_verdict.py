from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.ids import AccountId
from tieout.verdict import AccountOutcome, OutcomeState, account_state, judge_outcomes, percent, words

DAY = date(2026, 1, 16)
FULL = Decimal(1)
HOLIDAY = "2026-01-19 is no session: holiday"


def outcome(state: OutcomeState, name: str = "desk", coverage: str = "1", **figures: object) -> AccountOutcome:
    return AccountOutcome(AccountId(name), DAY, state, coverage=Decimal(coverage), **figures)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("coverage", "breaks_open", "critical_open", "state"),
    [
        ("1", 0, 0, OutcomeState.TIED_OUT),
        ("1.0000", 0, 0, OutcomeState.TIED_OUT),
        ("0.9999", 0, 0, OutcomeState.INCOMPLETE),
        ("0", 0, 0, OutcomeState.INCOMPLETE),
        ("1", 2, 0, OutcomeState.BREAKS_OPEN),
        ("0.5", 2, 0, OutcomeState.BREAKS_OPEN),
        ("1", 2, 1, OutcomeState.CRITICAL_BREAKS),
    ],
)
def test_no_breaks_tie_out_only_where_everything_was_compared(
    coverage: str, breaks_open: int, critical_open: int, state: OutcomeState
) -> None:
    found = account_state(coverage=Decimal(coverage), breaks_open=breaks_open, critical_open=critical_open)
    assert found is state


@pytest.mark.parametrize(
    ("state", "exit_code"),
    [
        (OutcomeState.TIED_OUT, 0),
        (OutcomeState.INCOMPLETE, 0),
        (OutcomeState.BREAKS_OPEN, 0),
        (OutcomeState.SKIPPED, 0),
        (OutcomeState.CRITICAL_BREAKS, 3),
        (OutcomeState.QUARANTINED, 1),
        (OutcomeState.FAILED, 1),
    ],
)
def test_the_exit_code_tells_scripts_what_the_state_tells_people(state: OutcomeState, exit_code: int) -> None:
    assert judge_outcomes([outcome(state)]).exit_code == exit_code


def test_the_worst_account_speaks_for_the_run() -> None:
    states = [OutcomeState.TIED_OUT, OutcomeState.CRITICAL_BREAKS, OutcomeState.QUARANTINED, OutcomeState.BREAKS_OPEN]
    assert judge_outcomes([outcome(one) for one in states]).state is OutcomeState.QUARANTINED


def test_a_skipped_account_hides_nothing_and_lowers_nothing() -> None:
    skipped = outcome(OutcomeState.SKIPPED, "forex", "0", error=HOLIDAY)
    verdict = judge_outcomes([skipped, outcome(OutcomeState.TIED_OUT)])
    assert verdict.state is OutcomeState.TIED_OUT
    assert verdict.coverage == FULL
    assert verdict.headline == "2 accounts: 1 tied out, 1 skipped; 0 open breaks (0 critical); coverage 100%"


def test_a_holiday_says_why_once() -> None:
    verdict = judge_outcomes([outcome(OutcomeState.SKIPPED, name, "0", error=HOLIDAY) for name in ("one", "two")])
    assert (verdict.state, verdict.exit_code) == (OutcomeState.SKIPPED, 0)
    assert verdict.headline == f"skipped: {HOLIDAY}"


def test_a_run_over_no_account_is_skipped() -> None:
    verdict = judge_outcomes([])
    assert (verdict.state, verdict.headline, verdict.coverage) == (OutcomeState.SKIPPED, "no account was due", 0)


def test_the_headline_counts_accounts_worst_first_and_breaks_over_all() -> None:
    verdict = judge_outcomes(
        [
            outcome(OutcomeState.TIED_OUT, "a"),
            outcome(OutcomeState.FAILED, "b", "0", error="Unavailable: no connection"),
            outcome(OutcomeState.CRITICAL_BREAKS, "c", "0.9999", breaks_open=3, critical_open=1),
            outcome(OutcomeState.TIED_OUT, "d"),
        ]
    )
    assert verdict.headline == (
        "4 accounts: 1 failed, 1 critical breaks, 2 tied out; 3 open breaks (1 critical); coverage 0%"
    )


def test_a_run_that_missed_a_little_never_reads_as_all_of_it() -> None:
    verdict = judge_outcomes([outcome(OutcomeState.INCOMPLETE, coverage="0.9999")])
    assert verdict.headline.endswith("coverage 99.9%")


@pytest.mark.parametrize(
    ("coverage", "shown"), [("1", "100%"), ("1.0000", "100%"), ("0.9999", "99.9%"), ("0.5", "50%"), ("0", "0%")]
)
def test_coverage_is_written_as_people_read_it(coverage: str, shown: str) -> None:
    assert percent(Decimal(coverage)) == shown


@given(st.decimals(0, 1, places=6))
def test_a_hundred_percent_is_written_for_all_of_it_and_nothing_less(coverage: Decimal) -> None:
    assert (percent(coverage) == "100%") is (coverage == 1)
    assert Decimal(percent(coverage).removesuffix("%")) <= coverage * 100


@given(st.lists(st.sampled_from(OutcomeState), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_accounts_changes_no_verdict(states: list[OutcomeState], random: object) -> None:
    outcomes = [outcome(state, f"account-{index}") for index, state in enumerate(states)]
    shuffled = list(outcomes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = judge_outcomes(outcomes), judge_outcomes(shuffled)
    assert (one.state, one.exit_code, one.coverage) == (other.state, other.exit_code, other.coverage)


@given(st.lists(st.sampled_from(OutcomeState), min_size=1, max_size=6))
def test_a_run_is_green_only_where_every_account_that_was_due_tied_out(states: list[OutcomeState]) -> None:
    verdict = judge_outcomes([outcome(state) for state in states])
    due = [state for state in states if state is not OutcomeState.SKIPPED]
    assert (verdict.state is OutcomeState.TIED_OUT) is (bool(due) and set(due) == {OutcomeState.TIED_OUT})


def test_states_read_as_words() -> None:
    assert words(OutcomeState.CRITICAL_BREAKS) == "critical breaks"
