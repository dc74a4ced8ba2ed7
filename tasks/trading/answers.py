"""Answers to questions about intents: who says so is proven by a one-time code, and only then does it count.

The same checks stand behind the form in the Prefect UI and `tieout approve`. RFC 6238; a code serves once, and the one
before and after it are good as well, for clocks that differ by half a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tasks.acts import PREFIX, decline
from tasks.acts import agree as agree_to
from tasks.clock import now
from tasks.options.alternatives import withdraw_others
from tasks.proof import NotProven, prove
from tasks.stores import Stores
from tieout.approvers import Approver, agreed, why_not
from tieout.breakers import TradingState, why_stopped
from tieout.execution import note
from tieout.ids import IntentId
from tieout.placement import Approved, Declined, Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.approvals import Question
    from sql.journal import Journal

__all__ = ["Answer", "NotProven", "give", "open_questions"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to some questions.

    code      one-time code, never kept
    intents   those that it is about
    """

    approver: str
    code: str
    yes: bool
    intents: tuple[IntentId, ...]
    words: str = ""


def open_questions(journal: Journal) -> tuple[Question, ...]:
    """Questions that still can be answered."""
    from sql.approvals import read_open

    with journal.read() as connection:
        return tuple(one for one in read_open(connection) if one.until > now())


def give(stores: Stores, answer: Answer) -> list[str]:
    """Let an answer count for each of its intents, and say for each what came of it.

    raises    NotProven where name or code are wrong; ConfigError for an approver whose secret cannot be opened
    """
    questions = {one.intent_id: one for one in open_questions(stores.journal)}
    asked = [questions[key] for key in answer.intents if key in questions]
    acts = [key for key in answer.intents if key.startswith(PREFIX)]
    rest = [key for key in answer.intents if key not in questions and key not in acts]
    approver = _prove(stores, answer, asked, acts)
    said = [f"{key}: nobody is asked about it (any more)" for key in rest]
    said += [_acted(stores, answer, approver, key) for key in acts]
    with stores.journal.write() as journal:
        return said + [_answer(journal, answer, approver, one) for one in asked]


def _acted(stores: Stores, answer: Answer, approver: Approver, key: str) -> str:
    return agree_to(stores, key, approver).words if answer.yes else decline(stores, key, approver)


def _prove(stores: Stores, answer: Answer, asked: Sequence[Question], acts: Sequence[str]) -> Approver:
    try:
        return prove(stores, answer.approver, answer.code, [*(one.intent_id for one in asked), *acts])
    except NotProven:
        _count(stores, asked, acts)
        raise


def _count(stores: Stores, asked: Sequence[Question], acts: Sequence[str]) -> None:
    from sql.acts import count_wrong_code as count_for_act
    from sql.approvals import count_wrong_code

    with stores.journal.write() as journal:
        for key in acts:
            count_for_act(journal, key)
        for one in asked:
            count_wrong_code(journal, one.intent_id)


def _answer(journal: Connection, answer: Answer, approver: Approver, question: Question) -> str:
    from sql.approvals import Decision, agree, decide, read_open

    moment = now()
    if question.intent_id not in {one.intent_id for one in read_open(journal)}:
        return f"{question.intent_id}: not counted, it was answered meanwhile"
    if not answer.yes:
        decide(journal, question.intent_id, Decision.DECLINED, approver.name, moment)
        _tell_machine(journal, question.intent_id, Declined(approver.name, answer.words), moment)
        return f"{question.intent_id}: declined"
    if halted := _halted(journal, question, moment):
        return f"{question.intent_id}: not counted, trading is halted: {halted}"
    two = bool(question.evidence.get("two_persons"))
    worth = Decimal(str(question.evidence.get("numbers", {}).get("worth", "Infinity")))
    reason = why_not(
        approver,
        worth=worth,
        proposer=str(question.evidence.get("proposer") or ""),
        earlier=question.agreed,
        two_persons=two,
    )
    if reason is not None:
        return f"{question.intent_id}: not counted, {reason}"
    everybody = agree(journal, question.intent_id, approver.name, moment)
    if not agreed(everybody, two_persons=two):
        return f"{question.intent_id}: noted, one more person must agree"
    names = ", ".join(everybody)
    decide(journal, question.intent_id, Decision.APPROVED, names, moment)
    _tell_machine(journal, question.intent_id, Approved(names), moment)
    gone = withdraw_others(journal, question, approver.name, moment)
    instead = f", and so not {', '.join(gone)}" if gone else ""
    return f"{question.intent_id}: approved by {names}{instead}"


def _halted(journal: Connection, question: Question, moment: datetime) -> str:
    """Why trading is halted by now for the order's account or instrument; empty where it is not."""
    from sql.breakers import read_breakers
    from sql.placements import read_placement

    instrument = read_placement(journal, question.intent_id).intent.order.instrument
    found = why_stopped(read_breakers(journal), question.account_id, instrument, moment)
    return "; ".join(f"{one.name}, {one.reason}" for one in found if one.effect is TradingState.HALTED)


def _tell_machine(journal: Connection, intent_id: IntentId, seen: Approved | Declined, moment: datetime) -> None:
    """The decision and the intent's new state are one transaction; the run that watches the intent sends it."""
    from sql.placements import read_placement, save

    row = read_placement(journal, intent_id)
    after, events = note(row, seen, moment, Policy())
    save(journal, after, events, lease=None, now=moment)
