"""Instructions of option holders: made from a suggestion or by hand, and put before people.

What was agreed to is told by `tasks/options/settle.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tasks.accounts import open_broker, sessions_of
from tasks.acts import Came, agree
from tasks.clock import now
from tasks.options.look import whole_snapshot
from tasks.proof import prove
from tasks.stores import Stores
from tieout.acts import Act, people_needed, still_needed
from tieout.agreement import ActKind
from tieout.closing import Close
from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.options.forecast import PositionForecast
from tieout.options.instruction import (
    Choice,
    Instructing,
    Instruction,
    carried_out_on,
    instruction_id,
    last_hour,
    too_late,
    why_not,
)
from tieout.options.osi import parse_osi
from tieout.options.suggest import Action, Suggestion
from tieout.options.told import told_instruction
from tieout.settings import AccountSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person wants told to the broker.

    contracts    None: all that are held
    """

    account_id: AccountId
    symbol: str
    choice: Choice
    by: str
    reason: str
    contracts: Decimal | None = None


def propose_instruction(
    stores: Stores, close: Close, broker: Broker, position: PositionForecast, one: Suggestion, proposer: str
) -> list[str]:
    """Put an instruction before a person; nothing where the venue takes none by wire, it is over, or was put before.

    An exercise is proposed on the session that decides only: before it, it would give the time value away.
    """
    choice = Choice.EXERCISE if one.action is Action.EXERCISE else Choice.DO_NOT_EXERCISE
    held = position.contracts
    if position.sessions_left and choice is Choice.EXERCISE:
        return []
    if why_not(position.contract, held, held, instructing_of(broker), choice):
        return []
    account = stores.settings.accounts[close.account_id]
    made = _made(account, position.contract, choice, held, proposer, one.words, now())
    if isinstance(made, str) or not _put(stores, made, max(1, _needed(stores))):
        return []
    return [made.instruction_id]


def instruct(stores: Stores, wish: ByHand, code: str | None) -> Came:
    """A contrary instruction by hand: asked of people, and told to the broker once enough have agreed.

    code      None: whoever wants it is not proven, and counts for nobody
    raises    DataError with the reason where the broker takes it no more, or not at all; NotProven
    """
    if not wish.by.strip() or not wish.reason.strip():
        raise DataError("say who wants it (--by) and why (--reason): both are kept")
    account = stores.settings.accounts[wish.account_id]
    one = _wanted(stores, account, wish)
    people = _needed(stores)
    person = prove(stores, wish.by, code, (ActKind.INSTRUCT.value, one.instruction_id)) if people and code else None
    new = _put(stores, one, people)
    if not people:
        return carry_out_act(stores, _act(stores, one), wish.by)
    act = _act(stores, one)
    if person is not None:
        return agree(stores, act.act_id, person)
    words = f"{one.says}: {still_needed(act, stores.settings.approvers)}, `tieout approve {act.act_id} --by NAME`"
    return Came(words if new else f"it was asked before; {words}", told_instruction(one) | {"waits": True}, waits=True)


def carry_out_act(stores: Stores, act: Act, by: str) -> Came:
    """Enough people agreed: the instruction is approved, and told at once where no real money is at stake."""
    from tasks.options.settle import approve, settle

    one = approve(stores, str(act.terms["instruction_id"]), by)
    account = stores.settings.accounts[one.account_id]
    for each in settle(stores, account, live=False, only=one.instruction_id):
        one = each
    words = one.words or "it goes out with `tieout options instructions --send`"
    return Came(f"{one.says}: {one.state.value.replace('_', ' ')}, {words}", told_instruction(one))


def instructing_of(broker: Broker) -> Instructing | None:
    """How the venue takes instructions, None where it takes none by wire."""
    from brokers.base import TakesInstructions

    return broker.instructing if isinstance(broker, TakesInstructions) else None


def ended_act(journal: Connection, act: Act, by: str) -> None:
    """A person's no to the act is one to its instruction; in the same transaction."""
    from sql.options.instructions import lock_instruction, save_instruction
    from tieout.options.instruction import State

    one = lock_instruction(journal, str(act.terms["instruction_id"]))
    if one is not None and one.state is State.AWAITING_APPROVAL:
        save_instruction(journal, replace(one, state=State.DECLINED, words=f"by {by}"), by, now())


def accepted_words(stores: Stores, account_id: AccountId, day: Any) -> dict[str, bool]:
    """What the broker has been told about positions that still stand: symbol -> whether it is to be exercised."""
    from sql.options.instructions import read_instructions
    from tieout.options.instruction import State

    with stores.journal.read() as journal:
        rows = read_instructions(journal, account_id, {State.ACCEPTED})
    return {one.contract.symbol: one.choice is Choice.EXERCISE for one in rows if one.business_date >= day}


def listed(stores: Stores, accounts: Sequence[AccountId]) -> list[dict[str, Any]]:
    """Every instruction of some accounts, the oldest first, for tables and JSON."""
    from sql.options.instructions import act_of, read_instructions

    with stores.journal.read() as journal:
        rows = [one for name in accounts for one in read_instructions(journal, name)]
    return [told_instruction(one) | {"approve": act_of(one.instruction_id)} for one in rows]


def _wanted(stores: Stores, account: AccountSettings, wish: ByHand) -> Instruction:
    symbol = parse_osi(wish.symbol).padded
    with open_broker(stores.settings, account) as broker:
        day = sessions_of(account).business_date(now())
        positions = {one.instrument.symbol: one for one in whole_snapshot(broker, account, day).positions}
        if (found := positions.get(symbol)) is None:
            raise DataError(f"{symbol}: there is no position in it")
        units = found.quantity if wish.contracts is None else wish.contracts
        if reason := why_not(found.instrument, found.quantity, units, instructing_of(broker), wish.choice):
            raise DataError(f"{symbol}: {reason}")
    earlier = _earlier(stores, wish, symbol)
    made = _made(account, found.instrument, wish.choice, units, wish.by, wish.reason, now(), earlier)
    if isinstance(made, str):
        raise DataError(made)
    return made


def _made(
    account: AccountSettings,
    contract: Instrument,
    choice: Choice,
    contracts: Decimal,
    proposer: str,
    why: str,
    moment: datetime,
    number: int = 0,
) -> Instruction | str:
    """The instruction, or why the broker does not take it any more."""
    sessions, name = sessions_of(account), account.account.account_id
    day = carried_out_on(contract, choice, sessions, moment)
    hour = last_hour(contract, choice, account.account.broker, sessions, day)
    if hour is None:
        return f"{contract.symbol}: no broker takes that for it"
    key = instruction_id(name, choice, contract.symbol, day, contracts, number)
    one = Instruction(key, name, contract, choice, contracts, day, hour[0], hour[1], proposer, why, moment)
    return one if moment < one.until else f"{one.says}: {too_late(one)}"


def _earlier(stores: Stores, wish: ByHand, symbol: str) -> int:
    """How often the same was wanted and came to nothing."""
    from sql.options.instructions import read_instructions
    from tieout.options.instruction import State

    ended = {State.DECLINED, State.LAPSED, State.REJECTED}
    with stores.journal.read() as journal:
        rows = read_instructions(journal, wish.account_id, ended)
    return sum(one.contract.symbol == symbol and one.choice is wish.choice for one in rows)


def _put(stores: Stores, one: Instruction, people: int) -> bool:
    """Write instruction and question down together; False where both were there."""
    from sql.acts import ask
    from sql.options.instructions import act_of, append_instruction
    from sql.records import record_account

    moment = now()
    terms = {"instruction_id": one.instruction_id, "account_id": one.account_id, "position": one.contract.symbol}
    subject, kind = f"{one.account_id}: {one.says}", ActKind.INSTRUCT
    act = Act(act_of(one.instruction_id), kind, subject, terms, one.proposer, one.why, people, moment, one.until)
    with stores.journal.write() as journal:
        record_account(journal, stores.settings.accounts[one.account_id].account)
        if not append_instruction(journal, one, moment):
            return False
        ask(journal, act)
    return True


def _act(stores: Stores, one: Instruction) -> Act:
    from sql.acts import lock_act
    from sql.options.instructions import act_of

    with stores.journal.write() as journal:
        return lock_act(journal, act_of(one.instruction_id))


def _needed(stores: Stores) -> int:
    return people_needed(ActKind.INSTRUCT, stores.settings.agreement, stores.settings.approvers.values())
