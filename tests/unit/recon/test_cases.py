from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.unit.recon.samples import ACCOUNT, MON, THU, TUE, WED, cash, context, position, settling, xnys
from tieout.recon.cases import Case, CaseEvent, Close, end, found_id, record, undo
from tieout.recon.explain import explain
from tieout.recon.types import CaseState, Difference, Finding, Pair, Severity


def close(day: date = MON, **more: object) -> Close:
    return Close(ACCOUNT, day, xnys(), **more)  # type: ignore[arg-type]


def found(difference: Difference, day: date = MON) -> Finding:
    (one,) = explain([difference], context(business_date=day, settling=settling((THU, "-1000"))))
    return one


def opened(difference: Difference | None = None, day: date = MON) -> Case:
    (change,) = record({}, [found(difference or position("1", "2"), day)], set(), close(day))
    return change.case


def known(case: Case) -> dict[object, Case]:
    return {case.break_id: case}


def test_a_new_finding_opens_a_case_of_age_zero() -> None:
    (change,) = record({}, [found(position("1", "2"))], set(), close())

    assert (change.event, change.case.state, change.case.age_sessions) == (CaseEvent.OPENED, CaseState.OPEN, 0)


def test_the_same_session_again_is_no_event() -> None:
    case = opened()

    assert record(known(case), [found(position("1", "2"))], set(), close()) == []  # type: ignore[arg-type]


def test_another_session_is_seen_and_other_figures_are_a_change() -> None:
    case = opened()

    (seen,) = record(known(case), [found(position("1", "2"), TUE)], set(), close(TUE))  # type: ignore[arg-type]
    (changed,) = record(known(case), [found(position("1", "3"), TUE)], set(), close(TUE))  # type: ignore[arg-type]

    assert (seen.event, seen.case.age_sessions, seen.case.first_seen) == (CaseEvent.SEEN, 1, MON)
    assert changed.event is CaseEvent.CHANGED


def test_a_wait_that_goes_on_is_seen_and_one_that_fails_reopens() -> None:
    waiting = found(cash("1000"))
    name = found_id(ACCOUNT, waiting)
    changes = record({}, [waiting], {name}, close())
    assert [one.event for one in changes] == [CaseEvent.OPENED, CaseEvent.RESOLVED]
    case = changes[-1].case
    assert case.expected_until == THU

    (again,) = record(known(case), [found(cash("1000"), TUE)], {name}, close(TUE))  # type: ignore[arg-type]
    assert (again.event, again.case.state, again.case.resolved_on) == (CaseEvent.SEEN, CaseState.RESOLVED, MON)
    (failed,) = record(known(case), [found(cash("1001"), TUE)], set(), close(TUE))  # type: ignore[arg-type]
    assert (failed.event, failed.case.state, failed.case.first_seen) == (CaseEvent.REOPENED, CaseState.OPEN, MON)


def test_a_case_that_ended_reopens_and_ages_anew() -> None:
    (ended,) = end(known(opened()), set(), close(TUE))  # type: ignore[arg-type]
    assert (ended.event, ended.case.state, ended.case.closed_on) == (CaseEvent.CLOSED, CaseState.CLOSED, TUE)

    (again,) = record(known(ended.case), [found(position("1", "2"), WED)], set(), close(WED))  # type: ignore[arg-type]

    assert (again.event, again.case.first_seen, again.case.age_sessions) == (CaseEvent.REOPENED, WED, 0)


def test_an_older_session_says_nothing_about_a_later_case() -> None:
    case = opened(day=WED)

    assert record(known(case), [found(position("1", "5"), TUE)], set(), close(TUE)) == []  # type: ignore[arg-type]
    assert end(known(case), set(), close(TUE)) == []  # type: ignore[arg-type]


def test_closing_carries_the_figures_that_agree() -> None:
    case = opened()

    (ended,) = end(known(case), set(), close(TUE, agreed={"AAPL": (Decimal(2), Decimal(2))}))  # type: ignore[arg-type]

    assert ended.detail == {"ours": 2, "theirs": 2, "says": "both sides agree"}
    assert ended.case.evidence[-1].says == "both sides agree"


def test_a_case_found_or_closed_is_not_ended() -> None:
    case = opened()

    assert end(known(case), {case.break_id}, close(TUE)) == []  # type: ignore[arg-type]
    assert end(known(replace(case, state=CaseState.CLOSED)), set(), close(TUE)) == []  # type: ignore[arg-type]


def test_a_case_that_another_one_accounts_for_is_resolved_until_it_is_gone() -> None:
    case = opened()
    root = found_id(ACCOUNT, found(position("7", "8", symbol="KO")))

    (explained,) = end(known(case), set(), close(TUE, explained_by={case.break_id: root}))  # type: ignore[arg-type]
    assert (explained.event, explained.case.resolution) == (CaseEvent.RESOLVED, f"explained by {root}")
    (again,) = end(known(explained.case), set(), close(WED, explained_by={case.break_id: root}))  # type: ignore[arg-type]
    assert again.event is CaseEvent.SEEN
    (gone,) = end(known(explained.case), set(), close(WED))  # type: ignore[arg-type]
    assert gone.event is CaseEvent.CLOSED


def test_a_case_of_a_pair_that_could_not_be_compared_stays() -> None:
    case = opened(position("1", "2", pair=Pair.STATEMENT_SNAPSHOT))

    assert end(known(case), set(), close(TUE, comparable=(Pair.BOOK_SNAPSHOT,))) == []  # type: ignore[arg-type]
    assert len(end(known(case), set(), close(TUE))) == 1  # type: ignore[arg-type]


def test_undoing_opens_the_case_and_remembers_it() -> None:
    case = replace(opened(), state=CaseState.RESOLVED, resolution="booked", booked=True, severity=Severity.INFO)

    change = undo(case, "ops", "mistake")

    assert (change.case.state, change.case.undone, change.case.booked) == (CaseState.OPEN, True, False)
    assert change.case.severity is Severity.WARNING
    assert change.detail == {"actor": "ops", "reason": "mistake", "was": "booked"}


def test_nothing_is_resolved_without_a_proposal() -> None:
    one = found(position("1", "2"))

    with pytest.raises(ValueError, match="without a proposal"):
        record({}, [one], {found_id(ACCOUNT, one)}, close())
