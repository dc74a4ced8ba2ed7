"""A story over several sessions, described as data and played on a venue of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.contracts import ContractTerms
from simulator.events import (
    CorporateAction,
    Event,
    Fixing,
    Instruct,
    ManualTrade,
    StrangersExercise,
    Trade,
    Transfer,
)
from simulator.exercise import Instruction
from simulator.hours import local_time
from simulator.market import Listing, Market
from simulator.policy import AT_THE_CLOSE, OptionPolicy
from simulator.prices import PriceSource, SeededWalk
from simulator.terms import AccountTerms
from simulator.venue import SimulatedVenue
from tieout.ids import ClientOrderId, client_order_id
from tieout.instruments import Instrument
from tieout.orders import Order, OrderReport
from tieout.records import Activity, Execution
from tieout.sessions import Sessions

_EVENING = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Stock:
    """An instrument of the story.

    price      before the first session, currency per unit; ignored where `source` is given
    tradable   False for an index: it has a price, and nobody holds it
    source     prices to replay instead of a seeded walk
    calendar   of its trading hours; the story's where left out
    """

    instrument: Instrument
    price: Decimal = Decimal(100)
    volatility: Decimal = Decimal("0.25")
    tick: Decimal = Decimal("0.01")
    half_spread: Decimal = Decimal("0.01")
    depth: Decimal | None = None
    fractionable: bool = False
    shortable: bool = True
    tradable: bool = True
    source: PriceSource | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An account of the story and what it holds at the start: settled cash, (instrument, signed units, price paid)."""

    name: str
    terms: AccountTerms
    cash: dict[str, Decimal]
    positions: tuple[tuple[Instrument, Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What there is, and what will happen.

    seed           of the prices
    first          date of the first session
    sessions       how many
    report_after   how long after the close the broker shows what clearing did
    policy         what the broker does with options
    contracts      series with terms of their own: adjusted ones
    fixings        official prices other than the bell's tick
    strangers      evenings on which strangers do not exercise as they would by themselves
    """

    seed: int
    first: date
    sessions: int
    stocks: tuple[Stock, ...]
    accounts: tuple[Opening, ...]
    events: tuple[Event, ...] = ()
    actions: tuple[CorporateAction, ...] = ()
    calendar: str = "XNYS"
    report_after: timedelta = timedelta(0)
    policy: OptionPolicy = AT_THE_CLOSE
    contracts: tuple[ContractTerms, ...] = ()
    fixings: tuple[Fixing, ...] = ()
    strangers: tuple[StrangersExercise, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that took place and what the broker said of it."""

    event: Event
    at: datetime
    outcome: OrderReport | Activity | Instruction


@dataclass(slots=True)
class Stage:
    """A scenario being played: its venue, and how far the story has gone."""

    scenario: Scenario
    sessions: Sessions = field(init=False)
    venue: SimulatedVenue = field(init=False)
    days: tuple[date, ...] = field(init=False)
    _accounts: dict[str, SimulatedAccount] = field(init=False, default_factory=dict)
    _played: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Set the stage: local midnight before the first session, every account holding its opening."""
        story = self.scenario
        self.sessions = Sessions(story.calendar)
        self.sessions.require(story.first)
        self.days = tuple(self._session_dates())
        clock = SimulatedClock(local_time(self.sessions, story.first, time(0)))
        self.venue = SimulatedVenue(
            clock,
            self._market(),
            self.sessions,
            report_after=story.report_after,
            policy=story.policy,
            seed=story.seed,
        )
        for evening in story.strangers:
            self.venue.options.script(evening)
        for action in story.actions:
            self.venue.announce(action)
        for opening in story.accounts:
            account = self.venue.open_account(opening.terms)
            account.open_with(opening.cash, opening.positions)
            self._accounts[opening.name] = account
        self._require_names()

    def account(self, name: str) -> SimulatedAccount:
        """An account by its name in the scenario; KeyError for an unknown one."""
        return self._accounts[name]

    @property
    def played(self) -> int:
        """How many sessions have been played."""
        return self._played

    def play(self, day: date | None = None) -> tuple[Happened, ...]:
        """Play the next session with all its events, up to half an hour after its close.

        day      the session expected to be next; ValueError where it is not, or the story is over
        """
        if self._played >= len(self.days):
            raise ValueError(f"the story is over: it ended with {self.days[-1]}")
        following = self.days[self._played]
        if day is not None and day != following:
            raise ValueError(f"the next session of the story is {following}, not {day}")
        self._played += 1
        happened = tuple(self._take_place(event, following) for event in self._events_of(self._played))
        evening = self.sessions.closes_at(following) + _EVENING
        self.venue.advance(max(evening, self.venue.clock.now))
        return happened

    def heard(self, name: str, day: date) -> tuple[Execution, ...]:
        """What the desk was told of the trades of one session: what its own book knows."""
        told = self.account(name).heard
        return tuple(one for one in told if self.sessions.business_date(one.executed_at) == day)

    def _session_dates(self) -> Iterator[date]:
        day = self.scenario.first
        for _ in range(self.scenario.sessions):
            yield day
            day = self.sessions.next(day)

    def _market(self) -> Market:
        market = Market()
        for stock in self.scenario.stocks:
            market.add(self._listed(stock))
        for terms in self.scenario.contracts:
            market.list_contract(terms)
        for fixing in self.scenario.fixings:
            market.fix(fixing.instrument.symbol, fixing.day, fixing.decided_by, fixing.price)
        return market

    def _listed(self, stock: Stock) -> Listing:
        sessions = Sessions(stock.calendar) if stock.calendar else self.sessions
        first = self.scenario.first
        walk = SeededWalk(
            stock.instrument.symbol,
            self.scenario.seed,
            stock.price,
            sessions,
            first if sessions.is_session(first) else sessions.next(first),
            volatility=stock.volatility,
            tick=stock.tick,
        )
        return Listing(
            stock.instrument,
            stock.source or walk,
            sessions,
            tick=stock.tick,
            half_spread=stock.half_spread,
            depth=stock.depth,
            fractionable=stock.fractionable,
            shortable=stock.shortable,
            tradable=stock.tradable,
            volatility=float(stock.volatility),
        )

    def _require_names(self) -> None:
        for event in self.scenario.events:
            if event.account not in self._accounts:
                raise ValueError(f"the story has no account {event.account!r}: {event}")
            if not 1 <= event.session <= len(self.days):
                raise ValueError(f"the story has {len(self.days)} sessions: {event}")

    def _events_of(self, number: int) -> list[Event]:
        return sorted((event for event in self.scenario.events if event.session == number), key=lambda event: event.at)

    def _take_place(self, event: Event, day: date) -> Happened:
        moment = local_time(self.sessions, day, event.at)
        self.venue.advance(moment)
        with self.venue.lock:
            return Happened(event, moment, self._outcome(event))

    def _outcome(self, event: Event) -> OrderReport | Activity | Instruction:
        account = self.account(event.account)
        if isinstance(event, Transfer):
            return account.deposit(event.amount, event.currency)
        if isinstance(event, Instruct):
            return account.instruct(event.contract.symbol, event.choice, event.contracts)
        if isinstance(event, ManualTrade):
            return account.trade_by_hand(event.instrument, event.side, event.quantity)
        return account.submit(order_of(event), heard=event.heard, late=event.late)


def order_of(trade: Trade) -> Order:
    """The order that a trade of the story sends."""
    return Order(
        key_of(trade),
        trade.instrument,
        trade.side,
        trade.quantity,
        trade.order_type,
        trade.time_in_force,
        trade.limit_price,
        trade.stop_price,
    )


def key_of(trade: Trade) -> ClientOrderId:
    """Its client order id: the same in every telling of the story."""
    told = f"{trade.account}:{trade.session}:{trade.at}:{trade.instrument.symbol}:{trade.side}:{trade.quantity}"
    return client_order_id(trade.key or told)
