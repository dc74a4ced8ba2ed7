"""The evening of every option series: who exercises, who is assigned, what lapses, and when the broker shows it.

All accounts of a venue and everybody else hold a series together: as many contracts long as short. Strangers hold the
other side of what the accounts do not, and an interest of their own on both sides, so that a draw may pass by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal
from random import Random

from simulator.account import SimulatedAccount
from simulator.assignment import STRANGERS, assign
from simulator.delivery import When, delivered, lapsed
from simulator.early import Evening, exercised_early
from simulator.events import StrangersExercise
from simulator.exercise import exercised
from simulator.hours import local_time
from simulator.ids import venue_uuid
from simulator.market import Market
from simulator.policy import NEVER, OptionPolicy
from simulator.series import Series, cover, series_held
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.osi import OptionRight
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions

_INTEREST = 1_000  # contracts that strangers hold among themselves, long and short
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one series on one evening: contracts by account number, strangers under theirs.

    Exercised and assigned are the same number of contracts; what is in neither lapsed where the series ended.
    """

    symbol: str
    day: date
    exercised: Mapping[str, int]
    assigned: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Due:
    """A record that the broker books and shows in the morning of `on`."""

    account: SimulatedAccount
    activity: Activity
    on: date


class OptionNight:
    """Decides every series each evening, and books what follows when the broker's policy says so.

    accounts    of the venue, as they are when asked
    dividend    per share that goes ex on a date, by the share's instrument
    late        how long after booking the broker's lists show a record
    strangers   contracts that strangers hold among themselves in each series
    """

    def __init__(
        self,
        market: Market,
        sessions: Sessions,
        policy: OptionPolicy,
        accounts: Callable[[], Iterable[SimulatedAccount]],
        dividend: Callable[[Instrument, date], Decimal],
        *,
        seed: int = 0,
        late: timedelta = timedelta(0),
        strangers: int = _INTEREST,
    ) -> None:
        self._market = market
        self._sessions = sessions
        self._policy = policy
        self._accounts = accounts
        self._dividend = dividend
        self._seed = seed
        self._late = late + policy.rows_after
        self._strangers = strangers
        self._scripted: dict[tuple[str, date], StrangersExercise] = {}
        self._due: list[_Due] = []
        self._over: set[str] = set()
        self.decided: list[Decided] = []

    def script(self, exercise: StrangersExercise) -> None:
        """Let strangers exercise so many contracts of a series on an evening, whatever they would do by themselves."""
        self._scripted[exercise.contract.symbol, exercise.day] = exercise

    def decide(self, day: date) -> None:
        """Exercise, assign and let lapse whatever is due on the evening of a session."""
        accounts = {account.account_number: account for account in self._accounts()}
        ready = [one for one in series_held(accounts.values(), self._market, day) if one.symbol not in self._over]
        for series in ready:
            ours = self._exercised_by_us(series, ready, accounts, day)
            found = self._draw(series, ours, day)
            self.decided.append(found)
            for number, units in series.held.items():
                moved = found.exercised.get(number, 0) if units > 0 else -found.assigned.get(number, 0)
                self._end(accounts[number], series, units, Decimal(moved), day)
            if series.expiring:
                self._over.add(series.symbol)

    def post(self, day: date) -> None:
        """Book what the broker shows in the morning of a session."""
        due = [one for one in self._due if one.on <= day]
        self._due = [one for one in self._due if one.on > day]
        for one in due:
            one.account.books.post(one.activity, late=self._shown_after(one.activity))

    def _exercised_by_us(
        self, series: Series, ready: Iterable[Series], accounts: Mapping[str, SimulatedAccount], day: date
    ) -> dict[str, int]:
        found = {}
        for number, contracts in series.side(1).items():
            told = accounts[number].instructions.standing(series.symbol, day)
            count = exercised(Decimal(contracts), told, expiring=series.expiring, in_the_money=series.in_the_money)
            if self._policy.puts_need_shares and series.terms.right is OptionRight.PUT:
                count = min(count, self._deliverable(series, ready, accounts[number]))
            if count:
                found[number] = int(count)
        return found

    def _deliverable(self, put: Series, ready: Iterable[Series], account: SimulatedAccount) -> Decimal:
        """Contracts of a long put whose shares are held, or come from puts assigned tonight, and cover no call."""
        number = account.account_number
        ending = [one for one in ready if one.expiring and number in one.held]
        bound = cover(account, self._market, [one.symbol for one in ending if not one.in_the_money])
        most = []
        for part in put.terms.securities:
            held = account.holdings.get(part.instrument.symbol)
            coming = sum(
                (
                    -one.held[number] * other.units
                    for one in ending
                    if one.held[number] < 0 and one.in_the_money and one.terms.right is OptionRight.PUT
                    for other in one.terms.securities
                    if other.instrument == part.instrument
                ),
                ZERO,
            )
            free = (held.quantity if held else ZERO) + coming - bound.get(part.instrument.symbol, ZERO)
            most.append(max(free // part.units, ZERO))
        return min(most, default=ZERO)

    def _draw(self, series: Series, ours: dict[str, int], day: date) -> Decided:
        longs, shorts = series.side(1), series.side(-1)
        interest = max(sum(longs.values()), sum(shorts.values())) + self._strangers
        theirs = self._exercised_by_strangers(series, interest - sum(longs.values()), day)
        everybody = ours | ({STRANGERS: theirs} if theirs else {})
        draw = Random(f"{self._seed}:{series.symbol}:{day}")
        pool = shorts | {STRANGERS: interest - sum(shorts.values())}
        return Decided(series.symbol, day, everybody, assign(sum(everybody.values()), pool, draw))

    def _exercised_by_strangers(self, series: Series, longs: int, day: date) -> int:
        scripted = self._scripted.get((series.symbol, day))
        if scripted is not None:
            return longs if scripted.contracts is None else min(scripted.contracts, longs)
        if series.expiring:
            return longs if series.in_the_money else 0
        return exercised_early(longs, self._evening(series, day))

    def _evening(self, series: Series, day: date) -> Evening:
        terms, close = series.terms, self._sessions.closes_at(day)
        contract, following = terms.contract, self._sessions.next(day)
        last = self._market.last_session(contract)
        dividend = sum((one.units * self._dividend(one.instrument, following) for one in terms.securities), ZERO)
        return Evening(
            terms,
            series.worth,
            price=self._market.price(contract, close).price * contract.multiplier,
            bid=self._market.quote(contract, close).bid * contract.multiplier,
            dividend=dividend,
            years=Decimal((last - day).days) / _DAYS_A_YEAR,
        )

    def _end(self, account: SimulatedAccount, series: Series, held: Decimal, moved: Decimal, day: date) -> None:
        """Book or schedule the rows of one account: `moved` contracts exercised or assigned, signed as held."""
        when = When(day, local_time(self._sessions, day, time(0)), self._sessions)
        group = venue_uuid("option", account.account_number, series.symbol, day)
        if moved:
            self._book(account, delivered(series.terms, moved, when, group, series.worth), day)
        if series.expiring and held != moved:
            self._book(account, (lapsed(series.terms.contract, held - moved, when, f"{group}"),), day)

    def _book(self, account: SimulatedAccount, rows: Iterable[Activity], day: date) -> None:
        for row in rows:
            if self._policy.posted_at is None:
                account.books.post(row, late=self._shown_after(row))
            else:
                self._due.append(self._scheduled(account, row, day))

    def _shown_after(self, row: Activity) -> timedelta:
        """How long after booking the broker's lists show a row; those of securities may come later, or never."""
        half = row.kind is ActivityKind.OPTION_TRADE
        return min(self._late + (self._policy.share_rows_after if half else timedelta(0)), NEVER)

    def _scheduled(self, account: SimulatedAccount, row: Activity, day: date) -> _Due:
        lag, following = self._policy.weekend_expiry_lag, self._sessions.next(day)
        before_a_break = following != day + timedelta(days=1)
        if row.kind is not ActivityKind.EXPIRATION or not lag or not before_a_break:
            return _Due(account, row, following)
        dated = self._sessions.next(day, lag)
        later = replace(row, occurred_at=local_time(self._sessions, dated, time(0)), settles_on=dated)
        return _Due(account, later, self._sessions.next(dated))
