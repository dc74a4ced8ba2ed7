"""Kill after kill: a run of the window gets as far as the next strike, and the run after it goes on with the orders."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from tests.flows.conftest import FlowDesk
from tests.flows.windows import wish
from tests.flows.worker_kills.crew import Crew, until
from tests.flows.worker_kills.strikes import INTENTS, Point, Strike, Trigger, Whom, deck
from tests.flows.worker_kills.venues import Venue
from tieout.orders import Side

_BOUGHT_FIRST = 5
FINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_OF_A_RUN_UNDER_WAY = (Point.ORDER_BEFORE, Point.ORDER_BOOKED, Point.ORDER_ANSWERED, Point.COMMIT)


@dataclass(slots=True)
class Game:
    """One desk, its venues and its workers, until enough workers have died.

    fallen     strikes that fell, by kind
    crashed    runs that were killed while their worker lived
    """

    desk: FlowDesk
    venues: tuple[Venue, ...]
    crew: Crew
    trigger: Trigger
    rng: random.Random
    fallen: Counter[tuple[Whom, Point]] = field(default_factory=Counter)
    crashed: list[UUID] = field(default_factory=list)
    wished: int = 0
    batches: int = 0
    missed: int = 0

    @property
    def worker_kills(self) -> int:
        return sum(count for (whom, _), count in self.fallen.items() if whom.takes_the_worker)

    def play(self, kills: int) -> None:
        """Until so many workers were killed, and at every point; then one more run must bring all to its end."""
        strikes = deck(self.rng)
        while self.worker_kills < kills or not {point for _, point in self.fallen} >= set(Point):
            strike = next(strikes)
            self._until_it_falls(strike)
            if strike.whom is Whom.WORKER and self._goes_on_without_its_worker(strike):
                point = self.rng.choice(_OF_A_RUN_UNDER_WAY)
                self._until_it_falls(Strike(Whom.RUN, point, self.rng.randint(1, INTENTS)))
        self.finish()

    def finish(self) -> None:
        """The last run's worker dies too; the run completes, and says so to the server."""
        self.crew.hire()
        self.trigger.arm(Strike(Whom.WORKER, Point.BEGUN, 1))
        run = self.crew.begin(stay=False)
        until(self.trigger.pulled.is_set, "the last run begins", self.tail)
        self.fallen[Whom.WORKER, Point.BEGUN] += 1
        until(lambda: self.crew.state(run) in FINAL, "the last run ends", self.tail)
        assert self.crew.state(run) == "COMPLETED", self.tail()
        for one in self.crashed:
            until(lambda one=one: self.crew.state(one) == "CRASHED", f"the worker says that {one} died", self.tail)  # type: ignore[misc]

    def _until_it_falls(self, strike: Strike) -> None:
        while not self._falls(strike):
            self.missed += 1

    def _falls(self, strike: Strike) -> bool:
        """One run, or what is left of one, up to the strike. False where it ended before that."""
        self._wish()
        self._silence(strike)
        had_worker = not self.crew.is_running()
        if had_worker:
            self.crew.run = None  # of the one before nothing counts any more
            self.crew.hire()
        self.trigger.arm(strike)
        if had_worker:
            self.crew.begin(**({"stay": False} if strike.point is Point.ENDING else {}))
        run = self.crew.run
        until(lambda: self.trigger.pulled.is_set() or self._is_over(run), f"{strike}", self.tail)
        self.trigger.disarm()
        if not self.trigger.pulled.is_set():
            return False
        self._require_dead(strike)
        self.fallen[strike.whom, strike.point] += 1
        if strike.whom is Whom.RUN and had_worker and run is not None:
            self.crashed.append(run)
        return True

    def _require_dead(self, strike: Strike) -> None:
        if strike.whom.takes_the_run:
            until(lambda: not self.crew.is_running(), "the run's processes are gone", self.tail)
        if strike.whom.takes_the_worker:
            until(lambda: any(one.poll() is not None for one in self.crew.workers), "a worker is dead", self.tail)

    def _is_over(self, run: UUID | None) -> bool:
        return run is not None and self.crew.state(run) in FINAL

    def _goes_on_without_its_worker(self, strike: Strike) -> bool:
        """Signals that come now still reach the venues. False where the run ends, or had not really begun."""
        self._wish()
        run = self.crew.run
        until(lambda: self._all_arrived() or not self.crew.is_running(), "an orphan's orders", self.tail)
        if self._all_arrived() and strike.point is not Point.ENDING:
            return True
        until(lambda: not self.crew.is_running(), "the run ends", self.tail)
        if strike.point is not Point.STARTING:
            assert run is not None
            assert self.crew.state(run) == "COMPLETED", self.tail()
        return False

    def _all_arrived(self) -> bool:
        """Whether every signal has become an order that a venue has."""
        return sum(len(one.world.account.orders()) for one in self.venues) == self.wished

    def tail(self) -> str:
        """Where it stands, for whoever must find out why it does not go on."""
        sql = "SELECT client_order_id, account_id, state, filled, booked, sends, updated_at, detail FROM intent"
        there = {str(each.client_order_id) for one in self.venues for each in one.world.account.orders()}
        open_ones = [
            row
            for row in self.desk.journal_rows(sql)
            if row["client_order_id"] not in there or row["state"] != "filled"
        ]
        waiting = self.desk.journal_rows(
            "SELECT signal_id, state, reason FROM signal WHERE state NOT IN ('done', 'taken')"
        )
        leases = self.desk.journal_rows("SELECT lease_key, holder, token, released, expires_at FROM lease")
        return "\n".join([*(str(row) for row in (*open_ones, *waiting, *leases)), self.crew.tail()])

    def _silence(self, strike: Strike) -> None:
        if strike.point is Point.UNKNOWN:
            self.rng.choice(self.venues).mortal.is_silent = True

    def _wish(self) -> None:
        """A batch of signals for each account: bought, and sold by the next one, so that no limit of ours is near.

        At first more is bought: the sells that wait for the next run may add up, and nothing is to be sold short.
        """
        self.batches += 1
        side = Side.BUY if self.batches <= _BOUGHT_FIRST or self.batches % 2 else Side.SELL
        for venue in self.venues:
            for number in range(INTENTS):
                name = f"{venue.account}, batch {self.batches}, {number}"
                wish(self.desk, name, "1", side=side, account=venue.account)
                self.wished += 1


def told(game: Game) -> Iterator[str]:
    """What happened, in lines for people."""
    for point in Point:
        hit = {whom: game.fallen[whom, point] for whom in Whom if game.fallen[whom, point]}
        yield f"{point:44} " + (", ".join(f"{whom} {count}" for whom, count in hit.items()) or "never")
    by_whom = {whom: sum(count for (hit, _), count in game.fallen.items() if hit is whom) for whom in Whom}
    yield f"{sum(by_whom.values())} SIGKILLs: " + ", ".join(f"{whom} {count}" for whom, count in by_whom.items())
    yield f"{game.worker_kills} workers killed, {game.crew.hired} started; {game.missed} strikes came too late"
