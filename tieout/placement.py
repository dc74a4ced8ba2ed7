"""What the journal knows of one intent's way to a venue, what can be seen of it, and what can be done. Pure values.

`tieout/execution.py` is the machine over them. A placement is the journal's row: everything the next step depends on
stands in it, so that any process can go on where another was killed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tieout.ids import AccountId, BrokerOrderId, IntentId
from tieout.intents import Intent
from tieout.money import ZERO
from tieout.orders import OrderReport, OrderState

TERMINAL = frozenset(
    {
        OrderState.DENIED,
        OrderState.DECLINED,
        OrderState.LAPSED,
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
        OrderState.REPLACED,
    }
)


class Place(StrEnum):
    """Where an order whose fate is unknown is looked for, the surest place first."""

    ORDER = "order"  # by client order id
    LIST = "list"  # in the list of all orders since it was sent
    EXECUTIONS = "executions"  # among the trades since it was sent


class CancelFor(StrEnum):
    """Why an order is to be cancelled, which decides what becomes of the rest."""

    WITHDRAWN = "withdrawn"  # a person, a halt, the end of the window: the rest is dropped
    CONVERT = "convert"  # the rest goes on as a market order at the same account
    FAILOVER = "failover"  # the rest goes on at the next route


class CancelStep(StrEnum):
    """How far a wanted cancel got."""

    WANTED = "wanted"
    SENT = "sent"


class ProofKind(StrEnum):
    """Why nothing more can trade at a venue under this intent."""

    REJECTED = "rejected"  # the venue refused it
    ENDED = "ended"  # the venue confirmed a cancel, with the quantity filled before
    ABSENT = "absent"  # several complete look-ups over the venue's visibility delay, all empty
    NOT_SENT = "not_sent"  # every try failed before anything left us


@dataclass(frozen=True, slots=True)
class Proof:
    """What allows another broker to get the rest.

    filled     units that this venue executed
    evidence   the answers it rests on, as words
    """

    kind: ProofKind
    at: datetime
    filled: Decimal
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One search for an order. `complete`: the whole answer came. A found order ends the search, so none is here."""

    at: datetime
    place: Place
    complete: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the machine is with one venue.

    visibility       how long an accepted order, or a request still on its way, may be missing from every look-up
    rounds           complete and empty rounds through all places that absence needs, at least
    look_every       between rounds, and between polls of a working order
    resend_after     before a send that surely never left us is tried again; doubled each time
    most_unsent      such tries before the intent goes to the next route or ends
    resend_absent    how often an order that was proven absent may go to the same venue again, under the same id: only
                     where the venue itself refuses an id it has seen, so that not even a late request can double it
    cancel_again     before a cancel without effect is sent again
    escalate_after   of not knowing, before a person is called
    places           where this venue lets itself be searched
    """

    visibility: timedelta = timedelta(seconds=10)
    rounds: int = 3
    look_every: timedelta = timedelta(seconds=2)
    resend_after: timedelta = timedelta(seconds=1)
    most_unsent: int = 4
    resend_absent: int = 0
    cancel_again: timedelta = timedelta(seconds=5)
    escalate_after: timedelta = timedelta(seconds=60)
    places: tuple[Place, ...] = tuple(Place)


@dataclass(frozen=True, slots=True)
class Placement:
    """The journal's row of one intent.

    version         grows with every change; a writer that has read an older one is refused
    filled          units the venue reported as executed, the highest it ever said
    booked          units of the executions in our book; lower again after a bust
    busted          units of executions that were booked or shown and then taken back
    accepted        the venue has shown this order at least once: then absence proves nothing
    sends           how often it went to the wire
    unsent          how many of those surely never left us
    absences        how often it was proven absent and sent again
    sent_at         UTC, of the last send
    not_before      UTC, of the next try or poll
    unknown_since   UTC, since when its fate has not been known
    lookups         searches since then
    cancel          how far a wanted cancel got
    cancel_at       UTC, when it was last sent
    cancel_since    UTC, since when it has been wanted
    asked_fills_at  UTC, when its executions were last asked for
    counted_at      UTC, when all that the venue shows of them was last in the book
    ended_at        UTC, when its state became final
    confirmed_at    UTC, when the venue last showed it as over
    heir            the intent that goes on with the rest
    reason          why it ended, in the words of whoever ended it
    told            what people were already called for
    """

    intent: Intent
    state: OrderState
    version: int = 0
    filled: Decimal = ZERO
    booked: Decimal = ZERO
    busted: Decimal = ZERO
    broker_order_id: BrokerOrderId | None = None
    accepted: bool = False
    sends: int = 0
    unsent: int = 0
    absences: int = 0
    sent_at: datetime | None = None
    not_before: datetime | None = None
    unknown_since: datetime | None = None
    lookups: tuple[Lookup, ...] = ()
    cancel: CancelStep | None = None
    cancel_for: CancelFor | None = None
    cancel_at: datetime | None = None
    cancel_since: datetime | None = None
    asked_fills_at: datetime | None = None
    counted_at: datetime | None = None
    ended_at: datetime | None = None
    confirmed_at: datetime | None = None
    proof: Proof | None = None
    heir: IntentId | None = None
    reason: str = ""
    told: frozenset[str] = field(default_factory=frozenset)

    @property
    def executed(self) -> Decimal:
        """Units that have traded as far as anybody says: the higher of reported and booked."""
        return max(self.filled, self.booked)

    @property
    def remaining(self) -> Decimal:
        """Units that have not traded."""
        return max(ZERO, self.intent.order.quantity - self.executed)

    @property
    def ended(self) -> bool:
        """Nothing more can trade under it, and its state will not change; a late fill may still come."""
        return self.state in TERMINAL

    @property
    def fills_missing(self) -> bool:
        """More units were reported than are booked or taken back; or the last of them, and none was counted since.

        A trade that was taken back and replaced leaves the count as it was: only looking tells.
        """
        if self.filled > self.booked + self.busted:
            return True
        counted = self.counted_at is not None and self.ended_at is not None and self.counted_at >= self.ended_at
        return self.state is OrderState.FILLED and not counted

    @property
    def reserved(self) -> Decimal:
        """Units that may still trade, at this venue or the next: held in escrow until the proof is there."""
        return ZERO if self.ended else self.remaining


# What can be seen


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed, nothing else."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A process took this row over: of a call that was under way nothing is known."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Risk said no."""

    words: str


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """A person must agree before `until`, UTC."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Approved:
    """Risk, and a person where one was needed, said yes."""

    by: str


@dataclass(frozen=True, slots=True)
class Declined:
    """A person said no."""

    by: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue's final no to a send. `duplicate`: it knows the client order id already, so the order is there."""

    words: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The answer to a send or cancel did not come or could not be read."""

    words: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely nothing has happened: to an order, or to a planned intent whose account could not be read.

    away    the venue is known to be away so long; where there is a next route, it is not waited for
    """

    words: str
    retry_after: timedelta | None = None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """The venue's word on the order: an answer, a look-up, a poll or its stream."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The venue's complete answer did not hold the order, or (`complete` False) there was no whole answer."""

    place: Place
    complete: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """Units of this order's executions in the book, busts taken off; and what was taken off."""

    total: Decimal
    busted: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class CancelWanted:
    """Somebody wants it ended."""

    why: CancelFor
    words: str


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The venue would not cancel: it may have been too late."""

    words: str


Observation = (
    Tick
    | Restarted
    | Denied
    | ApprovalNeeded
    | Approved
    | Declined
    | Refused
    | Lost
    | NotSent
    | Seen
    | NotSeen
    | Booked
    | CancelWanted
    | CancelRefused
)

# What can be done


@dataclass(frozen=True, slots=True)
class Submit:
    """Send the order, once. The row in state `sending` is committed before."""


@dataclass(frozen=True, slots=True)
class SendCancel:
    """Ask for the cancel, once. The row that says so is committed before."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Search for the order."""

    place: Place


@dataclass(frozen=True, slots=True)
class BookFills:
    """Fetch the executions and book them: the venue reported more units than the book holds."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`, UTC; None waits for a person."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Continue:
    """Decide anew for the rest: at the next route, or at the same account as a market order (`convert`)."""

    account_id: AccountId
    quantity: Decimal
    proof: Proof
    convert: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do."""


Action = Submit | SendCancel | LookUp | BookFills | Wait | Continue | Done


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the order's history. `call`: a person must be told."""

    kind: str
    words: str
    call: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What an observation made of a placement: to be committed whole, before the action is carried out."""

    placement: Placement
    action: Action
    events: tuple[Event, ...] = ()
