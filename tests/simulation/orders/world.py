"""One seed played: venues, processes one after the other, and time, until all is quiet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from simulator.clock import SimulatedClock
from simulator.direct import DirectAccount
from simulator.faults import SeededFaults
from simulator.market import Listing, Market
from simulator.prices import Tick, TickReplay
from simulator.terms import AccountTerms
from simulator.venue import SimulatedVenue
from sql.journal import Journal
from sql.rows import read_rows
from sql.schema.journal import lease
from tests.simulation.orders.process import NYSE, Kinds, Process, ProcessDied, answer
from tests.simulation.orders.story import ACCOUNTS, HORIZON, Stop, Story
from tieout.errors import StoreError
from tieout.ids import AccountId, IntentId
from tieout.placement import CancelFor, Observation
from tieout.records import Execution

CASH = Decimal(1_000_000)
_PATIENCE = timedelta(seconds=80)  # with a venue that never comes back; a person is called much earlier
_FOREVER = timedelta(days=1)
_BACK_AFTER = (0.1, 12.0)  # seconds until a process that is gone has a successor


@dataclass(frozen=True, slots=True)
class Exposure:
    """What every order could have traded by then, in the moment at which a venue took one. Client order id -> units."""

    at: datetime
    units: dict[str, Decimal]


class World:
    """Everything of one seed but our own code.

    exposures   at every order taken by a venue
    points      how often a process died or slept, by kind and point
    busted      trades taken back
    skewed      processes whose clock was off
    strange     errors of a process that nobody had overtaken
    """

    def __init__(self, story: Story, journal: Journal, kinds: Kinds = Kinds(), *, talks: bool = False) -> None:  # noqa: B008
        self.story, self.journal, self.kinds = story, journal, kinds
        self.clock = SimulatedClock(story.start)
        self.venue = _venue(story, self.clock)
        self.venues = {account: self._open(number) for number, account in enumerate(ACCOUNTS)}
        self.faults = {account: self._faults(number) for number, account in enumerate(ACCOUNTS)}
        self.exposures: list[Exposure] = []
        self.points: Counter[str] = Counter()
        self.busted: list[Execution] = []
        self.strange: list[str] = []
        self.answered: set[int] = set()
        self.cancels_done: set[CancelFor] = set()
        self.trace: list[str] = []
        self.refused_zombies = 0
        self.skewed = 0
        self._wakes_by: datetime | None = None
        self.quiet = False
        self._talks = talks
        self._draws = random.Random(f"{story.seed}:world")
        self._stops = list(story.stops)
        self._busts = list(story.busts_at)
        self._thought_dead: set[str] = set()
        self._process: Process | None = None
        self._started = 0
        self.passed = 0
        self._numbers = {row.intent.intent_id: number for number, row in enumerate(story.intents)}

    # Playing

    def play(self) -> None:
        """Until all is quiet, or the horizon is reached."""
        self._run(self.story.final_at + _PATIENCE if self.story.dead else self.story.start + HORIZON)

    def _run(self, until: datetime) -> None:
        while self.clock.now < until and not self.quiet:
            process = self._process or self._start()
            due = self._turn(process) if process is not None else self._later(*_BACK_AFTER)
            if due is None and self._process is process and not self._is_under_way():
                self.quiet = True
                return
            self._advance(min(moment for moment in (due, until, *self._appointments()) if moment is not None))

    def _turn(self, process: Process) -> datetime | None:
        """When to come back; at once where the process is gone."""
        try:
            return process.turn()
        except ProcessDied:
            self._gone(process)
        except StoreError as error:
            self._refused(process, error)
        return self._later(*_BACK_AFTER)

    def _start(self) -> Process | None:
        self._started += 1
        try:
            process = Process(self, self._started)
        except ProcessDied:
            return None
        except StoreError as error:
            self.noted(None, f"no lease yet: {error}")
            return None
        self.skewed += process.clock() != self.clock.now
        if self._process is None:
            self._process = process
        else:  # it fell asleep as soon as it had its lease, and others took over
            self._turn(process)
        return self._process

    def _gone(self, process: Process) -> None:
        if self._process is process:
            self._process = None

    def _refused(self, process: Process, error: StoreError) -> None:
        """A zombie's writes are refused; anybody else's must not be."""
        self.noted(process, f"refused: {error}")
        self._gone(process)
        if self._holds_the_lease(process):
            self.strange.append(f"{process.name}: {error}")
        else:
            self.refused_zombies += 1

    def _holds_the_lease(self, process: Process) -> bool:
        with self.journal.read() as journal:
            return any(row["token"] == process.token for row in read_rows(journal, select(lease)))

    def reached(self, process: Process, point: str) -> None:
        """A process comes to a point at which it may die or fall asleep. Does not come back where it dies."""
        self.passed += 1
        stop = self._stop_at(point)
        if stop is None:
            self.noted(process, point)
            return
        if stop.noticed:
            self._thought_dead.add(process.name)
        if stop.sleeps is None or point == "before commit":  # asleep inside, it would hold up every other writer
            self.points[f"crash {point}"] += 1
            self.noted(process, f"DIES {point}")
            self._gone(process)
            raise ProcessDied(point)
        self._sleep(process, point, stop.sleeps)

    def _stop_at(self, point: str) -> Stop | None:
        for number, stop in enumerate(self._stops):
            if stop.point in (None, point):
                if stop.after == 0:
                    return self._stops.pop(number)
                self._stops[number] = replace(stop, after=stop.after - 1)
        return None

    def _sleep(self, process: Process, point: str, sleeps: timedelta) -> None:
        """Others go on meanwhile; then it does, as if nothing had been."""
        self.points[f"zombie {point}"] += 1
        outer, end = self._wakes_by, self.clock.now + self._in_time(sleeps)
        if point == "before submit":  # past its last look at the lease: no longer than a request may be on its way
            longest = min(traits.on_the_way for traits in self.story.traits.values())
            self._wakes_by = end = min(end, self.clock.now + longest)
        self.noted(process, f"SLEEPS {point} until {end:%H:%M:%S.%f}")
        self._gone(process)
        self._run(end)
        self._wakes_by = outer
        self.noted(process, "WAKES UP")

    def _in_time(self, length: timedelta) -> timedelta:
        """No longer than until somebody must wake up who sleeps further down."""
        return length if self._wakes_by is None else max(min(length, self._wakes_by - self.clock.now), timedelta(0))

    # Time

    def pass_time(self, length: timedelta) -> None:
        """A process waits for an answer; nobody takes its place meanwhile."""
        end = self.clock.now + self._in_time(length)
        while (moments := [one for one in self._appointments() if one < end]) and min(moments) > self.clock.now:
            self._advance(min(moments))
        self._advance(end)

    def _advance(self, to: datetime) -> None:
        to = max(to, self.clock.now + timedelta(milliseconds=1))
        self.venue.advance(to)
        for venue in self.venues.values():
            venue.arrive()
        if self._busts and self._busts[0] <= self.clock.now:
            self._busts.pop(0)
            self._bust()

    def _appointments(self) -> list[datetime]:
        """Moments at which something happens by itself."""
        arrivals = [one.arrives_at for venue in self.venues.values() for one in venue.under_way]
        asks = [ask.at for number, ask in self.story.asks.items() if number not in self.answered]
        fixed = (self.story.window_end, self.story.final_at, *self._busts)
        return [moment for moment in (*arrivals, *asks, *fixed) if moment > self.clock.now]

    def _later(self, least: float, most: float) -> datetime:
        return self.clock.now + timedelta(seconds=self._draws.uniform(least, most))

    def _is_under_way(self) -> bool:
        return any(venue.under_way for venue in self.venues.values())

    def _bust(self) -> None:
        for venue in self.venues.values():
            trades = [one for one in venue.account.books.executions.all if one not in self.busted]
            if trades:
                self.busted.append(venue.account.bust(self._draws.choice(trades).execution_id))
                self.noted(None, f"BUST {self.busted[-1].execution_id}")
                return

    # What processes ask

    def is_thought_dead(self, holder: str) -> bool:
        return holder in self._thought_dead

    def number_of(self, intent_id: IntentId) -> int | None:
        """Which of the story's decisions it is; None for one that goes on with another's rest."""
        return self._numbers.get(intent_id)

    def is_away(self, account: AccountId) -> bool:
        """Whether nothing can be reached at a venue now."""
        return any(begin <= self.clock.now < end for begin, end in self.faults[account].outages)

    def answers_due(self) -> Iterator[tuple[int, IntentId, Observation]]:
        """What people say, who have not said it yet."""
        for number, ask in self.story.asks.items():
            if ask.says_yes is not None and ask.at <= self.clock.now and number not in self.answered:
                yield number, self.story.intents[number].intent.intent_id, answer(ask.says_yes)

    def cancels_due(self) -> list[CancelFor]:
        """What the window's end wants, which this process has not been told of."""
        due = [self.story.end_policy] if self.clock.now >= self.story.window_end else []
        due += [CancelFor.WITHDRAWN] if self.clock.now >= self.story.final_at else []
        return [why for why in due if why not in self.cancels_done]

    def noted(self, process: Process | None, words: str) -> None:
        """A line of the trace."""
        if self._talks:
            name = process.name if process else "world"
            self.trace.append(f"{self.clock.now:%H:%M:%S.%f}  {name:<10}  {words}")

    # Making

    def _open(self, number: int) -> DirectAccount:
        account = ACCOUNTS[number]
        traits = self.story.traits[account]
        terms = AccountTerms(
            f"PA{number:010d}",
            f"PKTEST{number}",
            "test-secret",
            leverage=Decimal(8),
            shorting=True,
            visibility=traits.visibility,
        )
        opened = self.venue.open_account(terms)
        opened.open_with({"USD": CASH})
        return DirectAccount(opened, self.clock, traits, self._taken)

    def _faults(self, number: int) -> SeededFaults:
        account = ACCOUNTS[number]
        outages = self.story.outages[account]
        if account in self.story.dead:
            outages = (*outages, (self.story.window_end, self.story.start + _FOREVER))
        draws = random.Random(f"{self.story.seed}:faults:{number}")
        return SeededFaults(draws, self.story.rates[account], self.story.calm_from, outages)

    def _taken(self) -> None:
        units: Counter[str] = Counter()
        for venue in self.venues.values():
            for one in venue.account.desk.orders:
                key = one.order.client_order_id.partition("#")[0]
                units[key] += one.filled_quantity + (one.remaining if one.state.is_live else Decimal(0))  # type: ignore[assignment]
        self.exposures.append(Exposure(self.clock.now, dict(units)))  # type: ignore[arg-type]
        self.noted(None, f"a venue took an order: { {key[:6]: str(held) for key, held in units.items()} }")


def _venue(story: Story, clock: SimulatedClock) -> SimulatedVenue:
    market = Market()
    for instrument, prices in story.prices.items():
        source = TickReplay(Tick(at, price) for at, price in prices)
        market.add(Listing(instrument, source, NYSE, half_spread=Decimal("0.02"), depth=story.depth))
    return SimulatedVenue(clock, market, NYSE)
