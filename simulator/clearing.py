"""The broker's night: what is done to each account before the open and after the close of a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from simulator.account import SimulatedAccount
from simulator.adjustment import Adjusted, split_contract
from simulator.costs import regulatory_fees
from simulator.events import CorporateAction, Dividend, Split
from simulator.holdings import Holding
from simulator.hours import local_time
from simulator.ids import venue_uuid
from simulator.market import Market
from tieout.ids import ActivityId
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, RecordStatus
from tieout.sessions import Sessions

_CENT = Decimal("0.01")
_UNIT = Decimal("0.000000001")
_DAYS_A_YEAR = 360  # the money market's year
_NO_ID = ActivityId("")


@dataclass(slots=True)
class _Memory:
    """What clearing remembers of one account."""

    entitled: list[tuple[Dividend, Decimal]] = field(default_factory=list)
    charged: int = 0  # executions whose regulatory fees have been taken
    accrued: Decimal = ZERO  # interest not yet posted


class Clearing:
    """Settlement, corporate actions, expiration, fees and interest, each as activities of the account.

    Before the open of a session: splits, and who is entitled to a dividend. After its close: fees for what was traded
    in earlier sessions and dividends due; then options are decided (`option_night`); then interest at the month's end,
    and last what settles.
    """

    def __init__(self, market: Market, sessions: Sessions, report_after: timedelta = timedelta(0)) -> None:
        """report_after   how long after the close the broker shows what clearing did"""
        self._market = market
        self._sessions = sessions
        self._late = report_after
        self._calendar: list[CorporateAction] = []
        self._memory: dict[str, _Memory] = {}

    def announce(self, action: CorporateAction) -> None:
        """Add a corporate action; ValueError where its ex-date is no session."""
        if not self._sessions.is_session(action.ex_date):
            raise ValueError(f"{action.instrument.symbol}: the ex-date {action.ex_date} is no session")
        self._calendar.append(action)

    def before_open(self, account: SimulatedAccount, day: date) -> None:
        """Splits of the day; dividends whose ex-date it is."""
        for action in self._calendar:
            held = account.holdings.get(action.instrument.symbol)
            if action.ex_date != day:
                continue
            if isinstance(action, Split):
                account.cancel_all(action.instrument)
                self._adjust_options(account, action, day)
            if held is not None and isinstance(action, Split):
                self._split(account, held, action, day)
            elif held is not None and isinstance(action, Dividend):
                self._remembered(account).entitled.append((action, held.quantity))

    def dividend(self, instrument: Instrument, ex_date: date) -> Decimal:
        """Per share, of all dividends announced for an ex-date; zero where there is none."""
        due = [one for one in self._calendar if one.instrument == instrument and one.ex_date == ex_date]
        return sum((one.per_share for one in due if isinstance(one, Dividend)), ZERO)

    def after_close(self, account: SimulatedAccount, day: date) -> None:
        """Fees and dividends that are due on the day."""
        self._charge_fees(account, day)
        self._pay_dividends(account, day)

    def end_day(self, account: SimulatedAccount, day: date) -> None:
        """Interest, and what settles."""
        self._accrue_interest(account, day)
        account.books.cash.settle(day)

    def _split(self, account: SimulatedAccount, held: Holding, split: Split, day: date) -> None:
        exact = held.quantity * split.ratio
        after = exact.quantize(_UNIT, ROUND_HALF_EVEN)
        after = exact if after == exact else after
        activity = Activity(
            activity_id=_NO_ID,
            kind=ActivityKind.SPLIT,
            occurred_at=self._midnight(day),
            instrument=split.instrument,
            quantity=after - held.quantity,
            currency=split.instrument.currency,
            ratio=split.ratio,
            venue_kind="SPLIT",
            description=f"{split.instrument.symbol} split, {split.ratio} for 1",
        )
        account.books.post(activity)

    def _adjust_options(self, account: SimulatedAccount, split: Split, day: date) -> None:
        """Contracts on what is split give way to those that the exchange puts in their place, at the same cost."""
        for held in account.holdings.values():
            if held.instrument.asset_class is not AssetClass.OPTION:
                continue
            terms = self._market.terms(held.instrument)
            if split.instrument in [part.instrument for part in terms.securities]:
                account.cancel_all(held.instrument)
                self._exchange(account, held, split_contract(terms, split.ratio), day)

    def _exchange(self, account: SimulatedAccount, held: Holding, into: Adjusted, day: date) -> None:
        new, units = into.terms.contract, held.quantity * into.per_old
        self._market.ensure_listed(into.terms)
        group = venue_uuid("adjusted", account.account_number, held.instrument.symbol, day)
        cost = (held.cost_basis / (units * new.multiplier)).quantize(_UNIT, ROUND_HALF_EVEN)
        for contract, change, price in ((held.instrument, -held.quantity, held.average), (new, units, cost)):
            account.books.post(
                Activity(
                    activity_id=_NO_ID,
                    kind=ActivityKind.SYMBOL_CHANGE,
                    occurred_at=self._midnight(day),
                    instrument=contract,
                    quantity=change,
                    price=price,
                    currency=contract.currency,
                    group_id=group,
                    venue_kind="NC",
                    description=f"{held.instrument.symbol} adjusted to {new.symbol}",
                )
            )

    def _charge_fees(self, account: SimulatedAccount, day: date) -> None:
        memory, everything = self._remembered(account), account.books.executions.all
        fresh = everything[memory.charged :]
        due = [one for one in fresh if self._sessions.business_date(one.executed_at) < day]
        memory.charged += len(due)
        for traded_on in sorted({self._sessions.business_date(one.executed_at) for one in due}):
            sales = [
                one
                for one in due
                if self._sessions.business_date(one.executed_at) == traded_on
                and one.status is not RecordStatus.CANCELLED
            ]
            for name, money in regulatory_fees(account.terms.costs, sales, traded_on).items():
                self._post_cash(
                    account, ActivityKind.FEE, day, -money, f"{name} fee for trades of {traded_on}", venue_kind="FEE"
                )

    def _pay_dividends(self, account: SimulatedAccount, day: date) -> None:
        memory = self._remembered(account)
        due = [one for one in memory.entitled if one[0].pay_date <= day]
        memory.entitled = [one for one in memory.entitled if one[0].pay_date > day]
        for dividend, quantity in due:
            gross = (quantity * dividend.per_share).quantize(_CENT, ROUND_HALF_UP)
            self._pay(account, ActivityKind.DIVIDEND, day, dividend, gross)
            tax = (gross * dividend.withheld).quantize(_CENT, ROUND_HALF_UP)
            if tax > 0:
                self._pay(account, ActivityKind.WITHHOLDING, day, dividend, -tax)

    def _pay(
        self, account: SimulatedAccount, kind: ActivityKind, day: date, dividend: Dividend, amount: Decimal
    ) -> None:
        name = dividend.instrument.symbol
        activity = Activity(
            activity_id=_NO_ID,
            kind=kind,
            occurred_at=self._midnight(day),
            instrument=dividend.instrument,
            price=dividend.per_share if kind is ActivityKind.DIVIDEND else None,
            amount=amount,
            currency=dividend.instrument.currency,
            settles_on=day,
            venue_kind="DIV" if kind is ActivityKind.DIVIDEND else "DIVNRA",
            description=f"{kind} {name} {dividend.per_share} a share, ex {dividend.ex_date}",
        )
        account.books.post(activity, late=self._late)

    def _accrue_interest(self, account: SimulatedAccount, day: date) -> None:
        memory, following = self._remembered(account), self._sessions.next(day)
        cash = account.books.cash.settled(account.base_currency)
        rate = account.terms.credit if cash > 0 else account.terms.debit
        memory.accrued += cash * rate * (following - day).days / _DAYS_A_YEAR
        amount = memory.accrued.quantize(_CENT, ROUND_HALF_UP)
        if following.month != day.month and amount:
            self._post_cash(account, ActivityKind.INTEREST, day, amount, f"interest of {day:%B %Y}", venue_kind="INT")
            memory.accrued = ZERO

    def _post_cash(
        self, account: SimulatedAccount, kind: ActivityKind, day: date, amount: Decimal, says: str, *, venue_kind: str
    ) -> None:
        activity = Activity(
            activity_id=_NO_ID,
            kind=kind,
            occurred_at=self._midnight(day),
            amount=amount,
            currency=account.base_currency,
            settles_on=day,
            venue_kind=venue_kind,
            description=says,
        )
        account.books.post(activity, late=self._late)

    def _remembered(self, account: SimulatedAccount) -> _Memory:
        return self._memory.setdefault(account.account_number, _Memory())

    def _midnight(self, day: date) -> datetime:
        return local_time(self._sessions, day, time(0))
