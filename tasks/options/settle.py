"""Seeing approved instructions through: looked up where their fate is not known, told, and closed by the answer.

Written down as `sending` before it is told. What has no answer is `unknown`: it is looked up before it is told again,
and told again only where the venue lets the same word take the place of the first (`Instructing.repeatable`).
One hand at a time: whoever settles an account's instructions holds its lease, and each row changes from the version it
was read at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, prove_trading, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.options.alternatives import withdraw
from tasks.options.instruct import instructing_of
from tasks.options.look import whole_snapshot
from tasks.runs import keep_lease
from tasks.stores import Stores, open_stores
from tasks.trading.taken_over import given_back, take_lease
from tieout.accounts import Mode
from tieout.closing import Close
from tieout.errors import Ambiguous, BrokerError, Rejected, StoreError, Unavailable, Unsupported
from tieout.money import ZERO
from tieout.options.instruction import Choice, Instruction, State, looked_up, sending, too_late, why_not
from tieout.orders import OrderState
from tieout.settings import AccountSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker, TakesInstructions
    from sql.leases import Lease

ACTOR = "tieout"
_OPEN = frozenset({State.AWAITING_APPROVAL, State.APPROVED, State.SENDING, State.UNKNOWN})
_GOES_WELL = frozenset({State.APPROVED, State.SENDING, State.ACCEPTED})
_MAY_TRADE = frozenset(
    {OrderState.APPROVED, OrderState.SENDING, OrderState.UNKNOWN, OrderState.WORKING, OrderState.PARTIALLY_FILLED}
)


@task(task_run_name="instruct {close.account_id}", cache_policy=NO_CACHE, retries=0)
def settle_instructions(close: Close, live: bool) -> tuple[Instruction, ...]:
    """What was agreed to and not told, or told without an answer. Told once; safe to run again."""
    if close.dry_run:
        return ()
    with open_stores() as stores:
        keep_lease(stores, close)
        return settle(stores, stores.settings.accounts[close.account_id], live=live)


def approve(stores: Stores, instruction_id: str, by: str) -> Instruction:
    """Enough people agreed. What else was proposed about the position is taken away. Safe to repeat.

    raises    StoreError where there is no such instruction
    """
    from sql.options.instructions import lock_instruction, save_instruction

    moment = now()
    with stores.journal.write() as journal:
        one = lock_instruction(journal, instruction_id)
        if one is None:
            raise StoreError(f"{instruction_id} is not in the journal")
        if one.state is not State.AWAITING_APPROVAL:
            return one
        one = save_instruction(journal, replace(one, state=State.APPROVED, words=f"by {by}"), by, moment)
        withdraw(journal, one.account_id, one.contract.symbol, {one.instruction_id}, one.instruction_id, by, moment)
    return one


def settle(stores: Stores, account: AccountSettings, *, live: bool, only: str | None = None) -> tuple[Instruction, ...]:
    """See every open instruction of an account as far as it goes now; of `only` one where given.

    live      real money may be moved by this run
    returns   those that changed or wait for something else than a person
    raises    StoreError where somebody else is at it
    """
    from sql.options.instructions import read_instructions

    name = account.account.account_id
    with stores.journal.read() as journal:
        rows = read_instructions(journal, name, _OPEN)
    if not (mine := [one for one in rows if only in {None, one.instruction_id}]):
        return ()
    day = sessions_of(account).business_date(now())
    with given_back(stores, take_lease(stores, f"{name}:instructions:{day}")) as lease:
        overdue = [_lapsed(stores, one) for one in mine if one.state is State.AWAITING_APPROVAL and _is_over(one)]
        due = [one for one in mine if one.state is not State.AWAITING_APPROVAL]
        return (*overdue, *_carried_out(stores, account, lease, due, live=live))


def _carried_out(
    stores: Stores, account: AccountSettings, lease: Lease, due: list[Instruction], *, live: bool
) -> list[Instruction]:
    if not due:
        return []
    if account.account.mode is Mode.LIVE and not (account.live_enabled and live):
        missing = "the account (live_enabled)" if not account.live_enabled else "this run (--live)"
        return [_waiting(one, f"live trading is not enabled for {missing}") for one in due]
    try:
        with open_broker(stores.settings, account) as broker:
            prove_trading(broker, account)
            return [_one(stores, account, lease, broker, one) for one in due]
    except BrokerError as error:
        return [_waiting(one, f"the account could not be read: {error}") for one in due]


def _one(stores: Stores, account: AccountSettings, lease: Lease, broker: Broker, one: Instruction) -> Instruction:
    from brokers.base import TakesInstructions

    if not isinstance(broker, TakesInstructions):
        return _saved(stores, lease, replace(one, state=State.REJECTED, words="the broker takes none by wire"))
    if one.state in {State.SENDING, State.UNKNOWN}:
        one = _looked_up(stores, lease, broker, one)
    if one.state is not State.APPROVED:
        return one
    if _is_over(one):
        return _saved(stores, lease, replace(one, state=State.LAPSED, words=too_late(one)))
    if reason := _held_back(stores, one):
        return _waiting(one, reason)
    if reason := _not_possible(broker, account, one):
        return _saved(stores, lease, replace(one, state=State.REJECTED, words=f"not told: {reason}"))
    return _tell(stores, lease, broker, one)


def _looked_up(stores: Stores, lease: Lease, broker: TakesInstructions, one: Instruction) -> Instruction:
    """A process that died while it was telling leaves `sending`: nobody knows more of it than of an answer lost."""
    try:
        shown = broker.fetch_instruction(one)
    except (Unavailable, Unsupported, Rejected) as error:
        return _saved(stores, lease, replace(one, state=State.UNKNOWN, words=f"could not be looked up: {error}"))
    return _saved(stores, lease, looked_up(one, shown, broker.instructing))


def _tell(stores: Stores, lease: Lease, broker: TakesInstructions, one: Instruction) -> Instruction:
    """Written down, then told. What the answer does not say stays unknown."""
    before = one
    one = _saved(stores, lease, sending(one, now()))
    if one.state is not State.SENDING:
        return one
    return _saved(stores, lease, _answered(broker, one, before.told))


def _answered(broker: TakesInstructions, one: Instruction, told_before: int) -> Instruction:
    try:
        return replace(one, state=State.ACCEPTED, words=broker.submit_instruction(one))
    except Ambiguous as error:
        return replace(one, state=State.UNKNOWN, words=str(error))
    except Unavailable as error:
        return replace(one, state=State.APPROVED, told=told_before, words=f"not sent: {error}")
    except BrokerError as error:
        return _refused(broker, one, error)


def _refused(broker: TakesInstructions, one: Instruction, error: BrokerError) -> Instruction:
    """A no. After an earlier try without an answer the no may be about what that one has done already."""
    if one.told > 1:
        try:
            shown = broker.fetch_instruction(one)
        except BrokerError as failed:
            return replace(one, state=State.UNKNOWN, words=f"refused ({error}), and could not be looked up: {failed}")
        if shown is not None:
            return replace(one, state=State.ACCEPTED, words=shown)
    return replace(one, state=State.REJECTED, words=str(error))


def _held_back(stores: Stores, one: Instruction) -> str:
    """Why it waits: an order may still take the contracts away, or a person has halted trading."""
    with stores.journal.read() as journal:
        if name := _order_at_work(journal, one):
            return f"order {name} may still trade the contracts: cancel it first"
        return _halted(journal, one) if one.choice is Choice.EXERCISE else ""


def _order_at_work(journal: Connection, one: Instruction) -> str:
    from sql.placements import read_placements

    for placement in read_placements(journal, one.account_id, states=_MAY_TRADE):
        order = placement.intent.order
        if one.contract.symbol in {order.instrument.symbol, *(leg.instrument.symbol for leg in order.legs)}:
            return str(placement.intent.intent_id)
    return ""


def _halted(journal: Connection, one: Instruction) -> str:
    from sql.breakers import read_breakers
    from tieout.breakers import TradingState, why_stopped

    stopped = why_stopped(read_breakers(journal), one.account_id, one.contract, now())
    reasons = [f"{each.name}, {each.reason}" for each in stopped if each.effect is TradingState.HALTED]
    return f"trading is halted: {'; '.join(reasons)}" if reasons else ""


def _not_possible(broker: Broker, account: AccountSettings, one: Instruction) -> str:
    """What the position says by now. Raises a leaf of Unavailable where it cannot be read whole."""
    positions = whole_snapshot(broker, account, one.business_date).positions
    held = next((each.quantity for each in positions if each.instrument.symbol == one.contract.symbol), ZERO)
    return why_not(one.contract, held, one.contracts, instructing_of(broker), one.choice)


def _lapsed(stores: Stores, one: Instruction) -> Instruction:
    from sql.options.instructions import save_instruction

    with stores.journal.write() as journal:
        lapsed = replace(one, state=State.LAPSED, words="nobody agreed to it in time: silence is a no")
        return save_instruction(journal, lapsed, ACTOR, now())


def _saved(stores: Stores, lease: Lease, one: Instruction) -> Instruction:
    from sql.leases import check_token
    from sql.options.instructions import save_instruction

    with stores.journal.write() as journal:
        check_token(journal, lease)
        one = save_instruction(journal, one, ACTOR, now())
    told = run_logger().info if one.state in _GOES_WELL else run_logger().error
    told("%s: %s %s", one.says, one.state, one.words)
    return one


def _waiting(one: Instruction, why: str) -> Instruction:
    run_logger().error("%s waits: %s", one.says, why)
    return replace(one, words=why)


def _is_over(one: Instruction) -> bool:
    return now() >= one.until
