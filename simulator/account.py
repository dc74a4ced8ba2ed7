"""One account at the simulated broker: what it is told, and what it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from simulator.books import Books
from simulator.clock import SimulatedClock
from simulator.desk import Desk
from simulator.exercise import Choice, Instruction
from simulator.holdings import Holding, Pending
from simulator.hours import last_opened
from simulator.ids import venue_uuid
from simulator.instructions import Instructions
from simulator.market import Market
from simulator.orders import WorkingOrder
from simulator.policy import AT_THE_CLOSE, OptionPolicy
from simulator.revisions import revise
from simulator.terms import AccountTerms, CashBasis
from simulator.updates import Change
from tieout.accounts import Mode
from tieout.ids import ActivityId, ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions
from tieout.snapshots import Balance, Position

QUIET = frozenset({Change.PENDING_NEW, Change.DONE_FOR_DAY})  # the order itself does not change
_NOT_LATE = timedelta(0)


class SimulatedAccount:
    """The broker's own truth about one account.

    Orders, positions and cash change at once; executions and activities are shown from their `visible_at` on, so that a
    record can come late. `executions` is what the broker shows when asked; `heard` is what it told the desk by itself.
    """

    def __init__(
        self,
        terms: AccountTerms,
        clock: SimulatedClock,
        market: Market,
        sessions: Sessions,
        policy: OptionPolicy = AT_THE_CLOSE,
    ) -> None:
        self.terms = terms
        self.books = Books(
            terms, clock, sessions, lambda currency: market.rate(currency, terms.base_currency, clock.now)
        )
        self._clock = clock
        self._market = market
        self.desk = Desk(terms, self.books, market, clock)
        self.instructions = Instructions(market, sessions, policy)

    # What it is

    @property
    def account_number(self) -> str:
        return self.terms.account_number

    @property
    def key_id(self) -> str:
        return self.terms.key_id

    @property
    def secret(self) -> str:
        return self.terms.secret

    @property
    def mode(self) -> Mode:
        return self.terms.mode

    @property
    def base_currency(self) -> str:
        return self.terms.base_currency

    @property
    def cash_basis(self) -> CashBasis:
        return self.terms.cash_basis

    # What it shows

    @property
    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._clock.now

    @property
    def revision(self) -> int:
        """Grows with every change: two readings of the same revision read the same account."""
        return self.books.revision + len(self.desk.updates)

    def positions(self) -> tuple[Position, ...]:
        """Everything held, by symbol, at the market's present prices."""
        return self.desk.means.valued().positions()

    def balances(self) -> tuple[Balance, ...]:
        """Cash by currency, on the account's basis; equity and buying power on the base currency's row, the first."""
        means = self.desk.means
        return means.valued().balances(means.reserved(self.live))

    def orders(self, states: Collection[OrderState] | None = None) -> tuple[OrderReport, ...]:
        """Orders as they stand, oldest first, their exits and legs inside; all, or those in one of `states`."""
        return tuple(one.report() for one in self.desk.orders if states is None or one.state in states)

    def order(self, client_order_id: str) -> OrderReport | None:
        """One order, None where there is none."""
        working = self.desk.find(client_order_id)
        return None if working is None else working.report()

    @property
    def executions(self) -> list[Execution]:
        """What the broker shows now, oldest first."""
        return list(self.books.executions.visible(self._clock.now))

    @property
    def activities(self) -> list[Activity]:
        """What the broker shows now, oldest first."""
        return list(self.books.activities.visible(self._clock.now))

    @property
    def heard(self) -> list[Execution]:
        """Executions the desk was told of by now: not those by another hand, nor those whose report was lost."""
        return list(self.books.executions.heard(self._clock.now))

    @property
    def updates(self) -> tuple[OrderReport, ...]:
        """Every order after each of its changes, in order."""
        return tuple(one.report for one in self.desk.updates if one.change not in QUIET)

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """What is held, by symbol."""
        return self.books.holdings

    def wallets(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Coin or currency to (total, of it locked by live spot orders), of an account whose coins lie in wallets."""
        locked = self.desk.means.locked(self.live)
        coins = {one.instrument.underlying or "" for one in self.books.holdings.values() if _is_coin(one.instrument)}
        codes = coins | set(self.books.cash.currencies)
        return {code: (self.books.wallet(code), locked.get(code, ZERO)) for code in sorted(codes)}

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Money agreed and not paid yet."""
        return self.books.cash.pending

    @property
    def live(self) -> tuple[WorkingOrder, ...]:
        """Orders that may still trade."""
        return self.desk.live

    @property
    def shown(self) -> tuple[WorkingOrder, ...]:
        """Orders that look-ups and lists show now, oldest first: an accepted one may be missing for a while."""
        return tuple(one for one in self.desk.orders if one.shown_from <= self._clock.now)

    def mark(self, instrument: Instrument) -> Decimal:
        """The present price of an instrument; NotTradable where it has none."""
        return self._market.price(instrument, self._clock.now).price

    def listed(self, symbol: str) -> Instrument:
        """The instrument behind a canonical symbol; NotTradable where it is not listed."""
        return self._market.listing(symbol).instrument

    # What it is told

    def open_with(
        self, cash: Mapping[str, Decimal], positions: Iterable[tuple[Instrument, Decimal, Decimal]] = ()
    ) -> None:
        """What the account holds before the story begins: settled cash, and (instrument, signed units, price paid)."""
        today = self.books.today
        for currency, amount in cash.items():
            if amount:
                self.books.pay(currency, amount, today)
            else:
                self.books.cash.post(currency, amount, today, today)
        for instrument, quantity, price in positions:
            if not self.terms.wallets:
                self._market.listing(instrument)
            self.books.move(instrument, quantity, price)
        self.books.revision += 1

    def submit(self, order: Order, *, heard: bool = True, late: timedelta = _NOT_LATE) -> OrderReport:
        """Take an order, and fill what fills at once.

        heard    False where the desk shall never be told of the fills: the report is lost
        late     how long after a fill the broker's records show it
        raises   a leaf of Rejected; then there is no such order
        """
        return self.desk.accept(order, heard=heard, late=late).report()

    def trade_by_hand(self, instrument: Instrument, side: Side, quantity: Decimal) -> OrderReport:
        """A market order placed in the broker's own app: its client order id is the app's, and the desk never hears."""
        app_id = ClientOrderId(venue_uuid(self.account_number, "app", len(self.desk.orders)))
        order = Order(app_id, instrument, side, quantity, OrderType.MARKET, TimeInForce.DAY)
        return self.submit(order, heard=False)

    def replace(self, client_order_id: str, order: Order) -> OrderReport:
        """Put another order in place of a live one; what was filled stays filled, `order` counts from zero.

        An order without exits or legs of its own keeps those of the one it replaces.
        raises   NotFound, InvalidOrder where the order is not live any more, and whatever `submit` raises
        """
        return self.desk.replace(client_order_id, order).report()

    def cancel(self, client_order_id: str) -> OrderReport:
        """End a live order, at once or after the profile's latency; NotFound, or InvalidOrder where it is not live."""
        working = self.desk.required(client_order_id)
        self.desk.cancel(working)
        return working.report()

    def reject(self, client_order_id: str) -> OrderReport:
        """The exchange refuses an order that the broker had taken."""
        return self._ended(client_order_id, OrderState.REJECTED)

    def correct(self, execution_id: str, *, quantity: Decimal | None = None, price: Decimal | None = None) -> Execution:
        """The exchange corrects a trade: units, price or both. KeyError for one that is not there."""
        return revise(self.books, self.desk, execution_id, quantity, price)

    def bust(self, execution_id: str) -> Execution:
        """The exchange takes a trade back. KeyError for one that is not there."""
        return revise(self.books, self.desk, execution_id, None, None, busted=True)

    def instruct(self, symbol: str, choice: Choice, contracts: Decimal | None = None) -> Instruction:
        """Tell the broker what to do with a long option; see `Instructions.give`."""
        held = self.holdings.get(symbol)
        quantity = ZERO if held is None else held.quantity
        return self.instructions.give(symbol, quantity, choice, self._clock.now, contracts)

    def deposit(self, amount: Decimal, currency: str | None = None) -> Activity:
        """Cash or coins in, or out where negative."""
        return self.books.post(
            Activity(
                activity_id=ActivityId(""),
                kind=ActivityKind.TRANSFER,
                occurred_at=self._clock.now,
                amount=amount,
                currency=currency or self.base_currency,
                venue_kind="CSD" if amount > 0 else "CSW",
                description="cash transfer",
            )
        )

    # What the venue does with its orders

    def match(self) -> None:
        """Let every live order meet the present tick of its instrument, once."""
        for working in self.live:
            self.desk.meet(working, resting=True)

    def cross(self, until: TimeInForce) -> None:
        """Hold the opening or closing auctions of this moment."""
        self.desk.cross(until)

    def expire(self) -> None:
        """End the day orders whose session is over, and those whose cancelling has reached the market."""
        for working in self.live:
            if working.state.is_live and working.expires_at is not None and working.expires_at <= self._clock.now:
                self.desk.end(working, OrderState.EXPIRED, working.expires_at)
            if working.state.is_live and working.cancel_at is not None and working.cancel_at <= self._clock.now:
                self.desk.end(working, OrderState.CANCELLED, working.cancel_at)

    def end_day(self) -> None:
        """Tell of the orders that rest over the night that begins now."""
        now = self._clock.now

        def is_over(working: WorkingOrder) -> bool:
            sessions = self._market.listing(working.instruments[0]).sessions
            return sessions.closes_at(last_opened(sessions, now)) == now

        self.desk.done_for_day(is_over)

    def cancel_all(self, instrument: Instrument) -> None:
        """End every live order of one instrument, as venues do on a split."""
        for working in self.live:
            if working.state.is_live and instrument in working.instruments:
                self.desk.end(working, OrderState.CANCELLED, self._clock.now)

    def _ended(self, client_order_id: str, state: OrderState) -> OrderReport:
        working = self.desk.required(client_order_id)
        self.desk.end(working, state, self._clock.now)
        return working.report()


def _is_coin(instrument: Instrument) -> bool:
    return instrument.asset_class is AssetClass.CRYPTO
