"""The simulated venue: one clock, one market, many accounts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from simulator.account import SimulatedAccount
from simulator.agenda import Hour, agenda
from simulator.clearing import Clearing
from simulator.clock import SimulatedClock
from simulator.events import CorporateAction, Split
from simulator.forced import is_uncovered, pay_funding
from simulator.forced import liquidate as liquidate_contracts
from simulator.funding import Funding
from simulator.hours import bells
from simulator.key_ring import KeyRing
from simulator.market import Market
from simulator.option_day import liquidate
from simulator.option_night import OptionNight
from simulator.policy import AT_THE_CLOSE, OptionPolicy
from simulator.terms import AccountTerms
from tieout.errors import Unauthorised
from tieout.instruments import Instrument
from tieout.orders import TimeInForce
from tieout.sessions import Sessions

_BROKER = "simulator"


class SimulatedVenue:
    """A broker and its market. Time passes in `advance` only.

    accounts       by the key_id that each was opened with
    keys           every key and token that speaks for one of them
    sessions       the calendar of the closes, after which the day is cleared
    report_after   how long after the close the broker shows what clearing did
    policy         what this broker does with options, and when it shows it
    seed           of the draws that assign
    funding        when perpetuals pay, and how much; None where they never do
    lock           held while time passes; a face holds it while it answers
    """

    def __init__(
        self,
        clock: SimulatedClock,
        market: Market,
        sessions: Sessions,
        *,
        report_after: timedelta = timedelta(0),
        policy: OptionPolicy = AT_THE_CLOSE,
        seed: int = 0,
        funding: Funding | None = None,
    ) -> None:
        self.clock = clock
        self.funding = funding
        self.market = market
        self.sessions = sessions
        self.accounts: dict[str, SimulatedAccount] = {}
        self.keys = KeyRing()
        self.lock = threading.RLock()
        self.policy = policy
        self._clearing = Clearing(market, sessions, report_after)
        self.options = OptionNight(
            market,
            sessions,
            policy,
            self.accounts.values,
            self._clearing.dividend,
            seed=seed,
            late=report_after,
        )

    def open_account(self, terms: AccountTerms) -> SimulatedAccount:
        """A new account; ValueError where its key or number is taken."""
        taken = {account.account_number for account in self.accounts.values()}
        if terms.key_id in self.accounts or terms.account_number in taken:
            raise ValueError(f"account {terms.account_number}: its key or number is taken")
        account = SimulatedAccount(terms, self.clock, self.market, self.sessions, self.policy)
        self.accounts[terms.key_id] = account
        self.keys.add(account, "opened with", key_id=terms.key_id, secret=terms.secret)
        return account

    def authenticate(self, key_id: str, secret: str) -> SimulatedAccount:
        """The account behind a key; Unauthorised for an unknown key or a wrong secret."""
        key = self.keys.find(key_id, secret)
        if key is None:
            raise Unauthorised(_BROKER, "the key or its secret is wrong")
        return key.account

    def authenticate_token(self, token: str) -> SimulatedAccount:
        """The account behind an access token; Unauthorised for one that is unknown or has lapsed."""
        account = self.keys.token_owner(token)
        if account is None:
            raise Unauthorised(_BROKER, "the access token is unknown or has lapsed")
        return account

    def announce(self, action: CorporateAction) -> None:
        """Put a corporate action on the calendar, and into the prices from its ex-date on."""
        self._clearing.announce(action)
        if isinstance(action, Split):
            self.market.reprice(action.instrument.symbol, action.ex_date, ratio=action.ratio)
        else:
            self.market.reprice(action.instrument.symbol, action.ex_date, less=action.per_share)

    def advance(self, to: datetime) -> None:
        """Let time pass: orders meet each tick on the way, day orders end, sessions are cleared, in order of time."""
        with self.lock:
            for moment in [*self._stops(to), to]:
                self._trade_until(moment)
                self._arrive(moment)

    def _stops(self, to: datetime) -> list[datetime]:
        """Moments on the way at which more happens than trading."""
        live = [one for account in self.accounts.values() for one in account.live]
        ends = {moment for one in live for moment in (one.expires_at, one.acts_from, one.cancel_at) if moment}
        traded = {instrument for one in live for instrument in one.instruments}
        calendars = {self.market.listing(one).sessions for one in traded} | {self.sessions}
        rung = {moment for sessions in calendars for moment, _, _ in bells(sessions, self.clock.now, to)}
        rung |= {moment for moment, _, _ in agenda(self.policy, self.sessions, self.clock.now, to)}
        if self.funding is not None:
            rung |= set(self.funding.moments(self.clock.now, to))
        return sorted(moment for moment in ends | rung if self.clock.now < moment < to)

    def _trade_until(self, moment: datetime) -> None:
        for tick_at in sorted(set(self._ticks(moment))):
            self.clock.advance_to(tick_at)
            self._match()

    def _ticks(self, until: datetime) -> Iterator[datetime]:
        instruments = {one for account in self.accounts.values() for order in account.live for one in order.instruments}
        instruments |= {one for account in self.accounts.values() for one in _watched(account)}
        for instrument in instruments:
            for tick in self.market.ticks(instrument, self.clock.now, until):
                yield tick.at

    def _arrive(self, moment: datetime) -> None:
        before = self.clock.now
        self.clock.advance_to(moment)
        for account in self.accounts.values():
            account.cross(TimeInForce.CLOSE)
            account.expire()
            account.end_day()
        self._pay_funding(before, moment)
        for _, hour, day in agenda(self.policy, self.sessions, before, moment):
            self._clear(hour, day)
        for account in self.accounts.values():
            account.cross(TimeInForce.OPEN)
        self._match()

    def _clear(self, hour: Hour, day: date) -> None:
        """What the broker does at one hour of a session, for every account."""
        if hour is Hour.DECIDE:
            self.options.decide(day)
        elif hour is Hour.POST:
            self.options.post(day)
        for account in self.accounts.values():
            if hour is Hour.OPEN:
                self._clearing.before_open(account, day)
            elif hour is Hour.LIQUIDATE:
                liquidate(account, self.market, self.policy, day)
            elif hour is Hour.CLOSE:
                self._clearing.after_close(account, day)
            elif hour is Hour.END:
                self._clearing.end_day(account, day)

    def _pay_funding(self, after: datetime, until: datetime) -> None:
        if self.funding is None:
            return
        for moment in self.funding.moments(after, until):
            for account in self.accounts.values():
                pay_funding(account, self.market, self.funding, moment)

    def _match(self) -> None:
        for account in self.accounts.values():
            account.match()
            if is_uncovered(account):
                liquidate_contracts(account, self.market)


def _watched(account: SimulatedAccount) -> list[Instrument]:
    """Contracts that the venue may have to close: each of their ticks counts."""
    if account.terms.maintenance is None:
        return []
    return [one.instrument for one in account.holdings.values() if one.instrument.is_margined]
