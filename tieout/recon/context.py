"""What the rules may know besides the differences: facts of one account's close, all of them pinned by the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.ids import AccountId, BreakId, InstrumentId
from tieout.instruments import Instrument
from tieout.recon.types import BreakKind, CaseState, DifferenceKey, break_id
from tieout.sessions import Sessions
from tieout.settings import ResolutionCaps, Severities, Tolerances


@dataclass(frozen=True, slots=True)
class Settling:
    """Booked cash of one currency that settles on one date, net; `entries` is how many ledger entries it sums."""

    currency: str
    settles_on: date
    amount: Decimal
    entries: int


@dataclass(frozen=True, slots=True)
class OpenFill:
    """What an order of ours, open at the broker, has filled there beyond the executions that anybody reported.

    quantity    signed units, as the position changes
    """

    broker_order_id: str
    client_order_id: str | None
    instrument_id: InstrumentId
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Quoted:
    """Market price of one instrument now and at the baseline, currency per unit of underlying; None where unknown."""

    now: Decimal | None = None
    before: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a break from earlier runs.

    undone    a person took its resolution back: no rule may resolve it again until it has closed
    """

    state: CaseState
    first_seen: date
    last_seen: date
    expected_until: date | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One account's close.

    business_date     the session that is reconciled
    book_date         session up to which the book counts; later than business_date where the broker was asked later
    baseline_date     session of the baseline, None at an account's first close
    settling          booked cash by currency and settlement date around the business date
    open_fills        fills of our open orders that no statement row carries yet
    quotes            market prices of the instruments that differ
    coins             coins that are positions of this account, with the instrument of each
    underlyings       market prices of what the differing options are written on, by symbol
    """

    account_id: AccountId
    business_date: date
    book_date: date
    base_currency: str
    sessions: Sessions
    tolerances: Tolerances = field(default_factory=Tolerances)
    caps: ResolutionCaps = field(default_factory=ResolutionCaps)
    severities: Severities = field(default_factory=Severities)
    baseline_date: date | None = None
    settling: tuple[Settling, ...] = ()
    open_fills: tuple[OpenFill, ...] = ()
    quotes: Mapping[InstrumentId, Quoted] = field(default_factory=dict)
    underlyings: Mapping[str, Decimal] = field(default_factory=dict)
    instruments: Mapping[InstrumentId, Instrument] = field(default_factory=dict)
    priors: Mapping[BreakId, Prior] = field(default_factory=dict)
    coins: Mapping[str, InstrumentId] = field(default_factory=dict)

    @property
    def next_session(self) -> date:
        """The session after the one that is reconciled."""
        return self.sessions.next(self.business_date)

    def prior(self, key: DifferenceKey) -> Prior | None:
        """What earlier runs knew of a difference."""
        kind, subject = key
        return self.priors.get(break_id(self.account_id, BreakKind(kind), subject))

    def age(self, key: DifferenceKey) -> int:
        """Sessions since the break was first seen; 0 for a new one and for one that had ended."""
        prior = self.prior(key)
        if prior is None or prior.state is CaseState.CLOSED or prior.first_seen > self.business_date:
            return 0
        return self.sessions.sessions_between(prior.first_seen, self.business_date)
