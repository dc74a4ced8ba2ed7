"""One position, one answer: what was proposed about it beside what a person agreed to is taken away with that yes.

A position that is closed and rolled, or closed and exercised, would end on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tieout.agreement import ActKind
from tieout.execution import note
from tieout.ids import AccountId, IntentId
from tieout.options.instruction import State
from tieout.placement import Declined, Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.approvals import Question


def withdraw_others(journal: Connection, question: Question, by: str, moment: datetime) -> list[str]:
    """Say no to everything else that waits about the position of a question that was agreed to. The ids."""
    symbol = question.evidence.get("position")
    if not symbol:
        return []
    beside = {question.intent_id, question.evidence.get("beside")}
    return withdraw(journal, question.account_id, str(symbol), beside, question.intent_id, by, moment)


def withdraw(
    journal: Connection,
    account_id: AccountId,
    symbol: str,
    kept: Iterable[str | None],
    instead: str,
    by: str,
    moment: datetime,
) -> list[str]:
    """Say no to intents and instructions that wait about a position.

    kept       ids that stay, and those beside which others stay
    instead    what was agreed to
    """
    stays = {one for one in kept if one}
    words = f"{instead} was agreed to instead"
    return [
        *_intents(journal, account_id, symbol, stays, words, by, moment),
        *_instructions(journal, account_id, symbol, stays, words, by, moment),
    ]


def _intents(
    journal: Connection, account_id: AccountId, symbol: str, stays: set[str], words: str, by: str, moment: datetime
) -> list[str]:
    from sql.approvals import Decision, decide, read_open
    from sql.placements import read_placement, save

    ended = []
    for one in read_open(journal):
        mine = one.account_id == account_id and one.evidence.get("position") == symbol
        if not mine or stays & {one.intent_id, one.evidence.get("beside")}:
            continue
        decide(journal, one.intent_id, Decision.DECLINED, by, moment)
        after, events = note(read_placement(journal, IntentId(one.intent_id)), Declined(by, words), moment, Policy())
        save(journal, after, events, lease=None, now=moment)
        ended.append(str(one.intent_id))
    return ended


def _instructions(
    journal: Connection, account_id: AccountId, symbol: str, stays: set[str], words: str, by: str, moment: datetime
) -> list[str]:
    from sql.acts import lock_act, move
    from sql.options.instructions import act_of, read_instructions, save_instruction
    from tieout.acts import ActState

    ended = []
    for one in read_instructions(journal, account_id, {State.AWAITING_APPROVAL}):
        if one.contract.symbol != symbol or one.instruction_id in stays:
            continue
        act = lock_act(journal, act_of(one.instruction_id))
        if act.kind is ActKind.INSTRUCT and act.state is ActState.ASKED:
            move(journal, act, ActState.DECLINED, by, moment)
            save_instruction(journal, replace(one, state=State.DECLINED, words=words), by, moment)
            ended.append(one.instruction_id)
    return ended
