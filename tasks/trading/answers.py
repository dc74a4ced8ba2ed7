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

from tasks.clock import now, wall_clock
from tasks.credentials import open_reference
from tasks.stores import Stores
from tieout.approvers import Approver, agreed, why_not
from tieout.breakers import TradingState, why_stopped
from tieout.errors import ConfigError, DataError
from tieout.execution import note
from tieout.ids import IntentId
from tieout.placement import Approved, Declined, Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.approvals import Question
    from sql.journal import Journal

STEP_S = 30
DRIFT = 1  # steps before and after


class NotProven(DataError):
    """The answer does not count: nobody proved to be an approver. The question stays open."""


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
    missing = [f"{key}: nobody is asked about it (any more)" for key in answer.intents if key not in questions]
    approver = _prove(stores, answer, asked)
    with stores.journal.write() as journal:
        return missing + [_answer(journal, answer, approver, one) for one in asked]


def _prove(stores: Stores, answer: Answer, asked: Sequence[Question]) -> Approver:
    approver = stores.settings.approvers.get(answer.approver)
    step_used = None if approver is None else _step_of(_secret(approver), answer.code, wall_clock())
    if approver is not None and step_used is not None and _first_use(stores, approver, step_used):
        return approver
    from sql.approvals import count_wrong_code

    with stores.journal.write() as journal:
        for one in asked:
            count_wrong_code(journal, one.intent_id)
        _audit_refusal(journal, approver, [one.intent_id for one in asked])
    raise NotProven("name and one-time code do not go together, or the code was used before; the question stays open")


def _audit_refusal(journal: Connection, claimed: Approver | None, about: Sequence[str]) -> None:
    """Names that nobody has are left out: people type codes and passwords into the wrong field."""
    from sql.audit import append

    who = claimed.name if claimed is not None else "unknown"
    subject, detail = about[0] if about else "", {"about": list(about)}
    append(journal, actor=who, action="code.refused", subject=subject, detail=detail, now=now())


def _secret(approver: Approver) -> str:
    secret = open_reference(approver.totp, f"approvers.{approver.name}")
    if not secret:
        raise ConfigError(f"approver {approver.name}: {approver.totp} holds no secret")
    return secret


def _step_of(secret: str, code: str, moment: datetime) -> int | None:
    """The time step that a code belongs to; None for a wrong one. Compared in constant time by the library."""
    import pyotp

    digits = code.strip().replace(" ", "")
    clock = pyotp.TOTP(secret, interval=STEP_S)
    present = int(moment.timestamp()) // STEP_S
    near = range(present - DRIFT, present + DRIFT + 1)
    return max((one for one in near if pyotp.utils.strings_equal(digits, clock.at(one * STEP_S))), default=None)


def _first_use(stores: Stores, approver: Approver, step_used: int) -> bool:
    """Whether no code of this step or a later one was used: each serves once, and none goes back in time."""
    from sql.one_time_codes import use

    with stores.journal.write() as journal:
        return use(journal, approver.name, step_used, now())


def _answer(journal: Connection, answer: Answer, approver: Approver, question: Question) -> str:
    from sql.approvals import Decision, agree, decide

    moment = now()
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
    return f"{question.intent_id}: approved by {names}"


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
