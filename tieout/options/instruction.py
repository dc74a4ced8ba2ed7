"""An instruction of the holder of a long option: exercise it, or let it lapse although it is in the money. Pure.

It takes the way of an order: written down before it is told, told once, and its fate looked up where the answer was
lost. It is no order all the same: it has no price, no executions, and a last hour that is the broker's.

    awaiting_approval -> approved | declined | lapsed
    approved -> sending -> accepted | rejected
    sending -> unknown -> (evidence) -> accepted, or approved again where telling twice cannot do it twice
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tieout.ids import AccountId, derived_text
from tieout.instruments import Instrument
from tieout.money import plain
from tieout.options.policy import TABLE as POLICY
from tieout.options.policy import Cut, PolicyRow, cut_offs
from tieout.options.products import Style, expiration_session, product_of
from tieout.sessions import Sessions

PREFIX = "INS"


class Choice(StrEnum):
    """What the holder wants."""

    EXERCISE = "exercise"
    DO_NOT_EXERCISE = "do_not_exercise"

    @property
    def cut(self) -> Cut:
        """The hour of the broker that ends it."""
        return Cut(self.value)


class State(StrEnum):
    """How far an instruction got, in the words of orders."""

    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether nothing comes after it."""
        return self in {State.DECLINED, State.LAPSED, State.ACCEPTED, State.REJECTED}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decision about one long position at one account.

    contracts       above zero
    business_date   the session whose evening carries it out
    created_at      UTC
    until           UTC; the broker's last hour for it, and `source`, who says so
    why             for people
    told            how often it was told, or may have been
    words           what the venue said, or why it went no further
    version         of the row, for who writes next
    """

    instruction_id: str
    account_id: AccountId
    contract: Instrument
    choice: Choice
    contracts: Decimal
    business_date: date
    until: datetime
    source: str
    proposer: str
    why: str
    created_at: datetime
    state: State = State.AWAITING_APPROVAL
    told: int = 0
    words: str = ""
    version: int = 0

    def __post_init__(self) -> None:
        if self.contracts <= 0:
            raise ValueError(f"contracts count up from zero, was {self.contracts}")

    @property
    def says(self) -> str:
        """What it is, for people."""
        return f"{self.choice.value.replace('_', ' ')} {plain(self.contracts)} {self.contract.symbol}"


@dataclass(frozen=True, slots=True)
class Instructing:
    """How a venue takes instructions, as one row of data.

    choices       what it takes by wire
    whole         it is about the whole position, whatever that is by then
    repeatable    the same again takes the place of what was told, so that telling it twice cannot do it twice
    """

    choices: frozenset[Choice]
    whole: bool
    repeatable: bool


def instruction_id(
    account_id: AccountId, choice: Choice, symbol: str, day: date, contracts: Decimal, number: int = 0
) -> str:
    """The id of a decision: the same taken again is the same; `number` where an earlier one came to nothing."""
    return derived_text(PREFIX, account_id, choice, symbol, day, plain(contracts), number, length=16)


def carried_out_on(contract: Instrument, choice: Choice, sessions: Sessions, now: datetime) -> date:
    """The session whose evening carries it out: for not exercising, and for European options, the expiration's."""
    last = expiration_session(contract, sessions)
    if choice is Choice.DO_NOT_EXERCISE or product_of(contract).style is Style.EUROPEAN:
        return last
    today = sessions.business_date(now)
    return min(today, last)


def last_hour(
    contract: Instrument,
    choice: Choice,
    broker: str,
    sessions: Sessions,
    day: date,
    table: tuple[PolicyRow, ...] = POLICY,
) -> tuple[datetime, str] | None:
    """When the broker takes it for the last time, and who says so; None where it takes none for this contract.

    The hours of the table stand to the close of the expiration; on an earlier session they stand as far from its close.
    """
    hour = next((one for one in cut_offs(contract, broker, sessions, table) if one.cut is choice.cut), None)
    if hour is None:
        return None
    last = expiration_session(contract, sessions)
    if day == last:
        return hour.at, hour.source
    return sessions.closes_at(day) + (hour.at - sessions.closes_at(last)), hour.source


def why_not(contract: Instrument, held: Decimal, contracts: Decimal, venue: Instructing | None, choice: Choice) -> str:
    """Why an instruction cannot be given at all, empty where it can.

    held    signed contracts in the account
    """
    if held <= 0:
        return f"there is no long position in {contract.symbol}"
    if not 0 < contracts <= held:
        return f"{plain(contracts)} of {plain(held)} contracts cannot be instructed"
    if not product_of(contract).is_physical:
        return f"{contract.symbol} is settled in cash whatever anybody instructs"
    if venue is None or choice not in venue.choices:
        return f"the broker takes no word to {choice.value.replace('_', ' ')} by wire: tell it in person"
    whole = venue.whole and contracts != held
    return f"the broker takes it for the whole position only, which is {plain(held)} contracts" if whole else ""


def sending(one: Instruction, now: datetime) -> Instruction:
    """About to be told, or lapsed where the broker's last hour is over.

    raises    ValueError for one that nobody approved, or that was told already
    """
    if one.state is not State.APPROVED:
        raise ValueError(f"{one.instruction_id} is {one.state}: it cannot be told")
    if now >= one.until:
        return replace(one, state=State.LAPSED, words=too_late(one))
    return replace(one, state=State.SENDING, told=one.told + 1, words="")


def too_late(one: Instruction) -> str:
    """Why it is not told any more."""
    return f"the broker's last hour for it was {one.until:%Y-%m-%d %H:%M} UTC ({one.source})"


def looked_up(one: Instruction, shown: str | None, venue: Instructing) -> Instruction:
    """What a look-up makes of one whose fate is not known.

    shown    what the venue shows of it; None where it shows that nothing of it has been done
    """
    if shown is not None:
        return replace(one, state=State.ACCEPTED, words=shown)
    if not venue.repeatable:
        return replace(one, state=State.UNKNOWN, words="the venue does not show it: ask the broker, it may stand")
    return replace(one, state=State.APPROVED, words="the venue does not show it, and the same again takes its place")
