"""The broker's own books of one account: cash, holdings, and the records of what moved them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.clock import SimulatedClock
from simulator.coin_orders import Standing
from simulator.costs import Commission, commission
from simulator.holdings import Cash, Holding
from simulator.ids import record_id
from simulator.kept import Records
from simulator.matching import Fill
from simulator.orders import WorkingOrder
from simulator.terms import AccountTerms
from tieout.coins import CoinRule, holding
from tieout.ids import ActivityId, ExecutionId
from tieout.instruments import AssetClass, Instrument
from tieout.ledger.settlement import settlement_date
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.sessions import Sessions

_SATOSHI = Decimal("0.00000001")

Worth = Callable[[str], Decimal]


def _unknown(currency: str) -> Decimal:
    raise ValueError(f"nobody told these books what {currency} is worth")


class Books:
    """Position and cash move at once; records are shown from their `visible_at` on.

    makers      trades whose order had been waiting at its price
    realised    profit of each trade of a contract before its fee, in what the contract pays in
    standing    since when each position is there, by symbol
    """

    def __init__(self, terms: AccountTerms, clock: SimulatedClock, sessions: Sessions, worth: Worth = _unknown) -> None:
        """worth   present price of a currency or coin in the base currency"""
        self._terms = terms
        self._rule = CoinRule(terms.base_currency) if terms.wallets else None
        self._worth = worth
        self._clock = clock
        self._sessions = sessions
        self._holdings: dict[str, Holding] = {}
        self.cash = Cash()
        self.executions: Records[Execution] = Records()
        self.activities: Records[Activity] = Records()
        self.makers: set[ExecutionId] = set()
        self.realised: dict[ExecutionId, Decimal] = {}
        self.standing: dict[str, Standing] = {}
        self.revision = 0

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """What is held, by symbol, in the order of symbols."""
        return dict(sorted(self._holdings.items()))

    @property
    def today(self) -> date:
        """The business date that the present moment belongs to."""
        return self._sessions.business_date(self._clock.now)

    def units(self, instrument: Instrument) -> Decimal:
        """Signed units held; of a spot pair in wallets, what the wallet of its base coin has."""
        if self._rule is not None and instrument.asset_class is AssetClass.CRYPTO:
            return self.wallet(instrument.underlying or "")
        return self._held(instrument).quantity

    def wallet(self, code: str) -> Decimal:
        """What the account has of a coin or currency."""
        if self._is_coin(code):
            return self._held(holding(code, self._terms.base_currency)).quantity
        return self.cash.traded(code)

    def _is_coin(self, code: str) -> bool:
        return self._rule is not None and self._rule.is_coin(code)

    def pay(self, code: str, amount: Decimal, settles_on: date | None = None, *, price: Decimal | None = None) -> None:
        """Move signed money, or units of a coin, which come at a price in the base currency, now's where left out."""
        if amount and self._is_coin(code):
            held = self._held(holding(code, self._terms.base_currency))
            self._put(held.moved(amount, self._worth(code) if price is None else price))
        elif amount:
            self.cash.post(code, amount, settles_on or self.today, self.today)

    def move(self, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Change a position by signed units at a price per unit of underlying."""
        self._put(self._held(instrument).moved(quantity, price))

    def trade(self, working: WorkingOrder, fill: Fill) -> Execution:
        """Book a fill of an order: position, cash on its settlement date, commission."""
        now, order = self._clock.now, working.order
        instrument = order.instrument
        cost = commission(
            self._terms.costs,
            instrument,
            order.side,
            fill.quantity,
            fill.price,
            maker=fill.maker,
            on=self.today,
            own_price=self._own_price(instrument, fill),
        )
        apart = self._terms.costs.as_activities and instrument.asset_class is AssetClass.CRYPTO
        within = Commission() if apart else cost
        execution = Execution(
            execution_id=ExecutionId(self._record_id(now, "execution", len(self.executions))),
            instrument=instrument,
            side=order.side,
            quantity=fill.quantity,
            price=fill.price,
            executed_at=now,
            fee=within.coin or within.other or within.money,
            fee_currency=within.other_currency or (instrument.underlying if within.coin else "") or instrument.currency,
            client_order_id=working.owner_id,
            broker_order_id=working.broker_order_id,
        )
        self._exchange(execution, within)
        if fill.maker:
            self.makers.add(execution.execution_id)
        self.executions.keep(execution, max(now + working.late, working.shown_from), heard=working.heard)
        if apart and (cost.money or cost.coin):
            self._charge(execution, cost, working.late)
        return execution

    def profit_of(self, instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
        """What signed units of a contract at a price would pay, in what it pays in; eight digits."""
        before = self._held(instrument)
        worth = before.worth(units, price) * instrument.multiplier
        paid = before.moved(units, price).cost_basis - before.cost_basis - worth
        return paid.quantize(_SATOSHI, ROUND_HALF_EVEN)

    def _own_price(self, instrument: Instrument, fill: Fill) -> Decimal | None:
        """What the venue's own coin costs in the quote currency, as long as there is enough of it for the fee."""
        own = self._terms.costs.own_coin
        if not own or instrument.asset_class is not AssetClass.CRYPTO:
            return None
        price = self._worth(own) / self._worth(instrument.currency)
        return price if self.wallet(own) * price > instrument.value(fill.quantity, fill.price) / 100 else None

    def _exchange(self, execution: Execution, cost: Commission) -> None:
        """Units against money; where only margin is at stake, the profit of what was closed is all that is paid."""
        instrument = execution.instrument
        traded_on = self._sessions.business_date(execution.executed_at)
        settles_on = settlement_date(instrument, traded_on, self._sessions)
        if self._rule is not None and instrument.asset_class is AssetClass.CRYPTO:
            self._swap(execution, cost)
        else:
            before = self._held(instrument)
            after = before.moved(execution.signed_quantity, execution.price)
            self._put(
                replace(after, quantity=after.quantity - cost.coin)
            )  # a fee in coin leaves fewer at the same cost
            moved = execution.cash_change
            if instrument.is_margined:
                moved += after.cost_basis - before.cost_basis
            if instrument.is_inverse:
                worth = before.worth(execution.signed_quantity, execution.price) * instrument.multiplier
                moved = (after.cost_basis - before.cost_basis - worth).quantize(_SATOSHI, ROUND_HALF_EVEN)
            if instrument.is_margined:
                self.realised[execution.execution_id] = moved
            self._post(instrument.profit_currency, moved - cost.money, settles_on)
        if cost.other:
            self.pay(cost.other_currency, -cost.other, settles_on)

    def _post(self, currency: str, amount: Decimal, settles_on: date) -> None:
        if self._is_coin(currency):
            self.pay(currency, amount)
        else:
            self.cash.post(currency, amount, settles_on, self.today)

    def _swap(self, execution: Execution, cost: Commission) -> None:
        """The coin of a pair against its money, wallet against wallet."""
        instrument = execution.instrument
        code = instrument.underlying or ""
        price = execution.price * self._worth(instrument.currency)
        self.pay(code, execution.signed_quantity, price=price)
        if cost.coin and self._is_coin(code):
            held = self._held(holding(code, self._terms.base_currency))
            self._put(replace(held, quantity=held.quantity - cost.coin))
        else:
            self.pay(code, -cost.coin)
        self.pay(instrument.currency, execution.cash_change - cost.money)

    def revise(self, old: Execution, new: Execution) -> None:
        """Undo a trade and put another in its place, shown from now on; a cancelled one only undoes."""
        back = replace(old, side=Side.SELL if old.side is Side.BUY else Side.BUY)
        self._exchange(back, -_cost_of(old))
        if new.status is not RecordStatus.CANCELLED:
            self._exchange(new, _cost_of(new))
        self.executions.keep(new, self._clock.now, heard=True)

    def post(self, happening: Activity, *, late: timedelta = timedelta(0)) -> Activity:
        """Let an activity happen. Its id is given here; a missing `settles_on` means that cash moves today."""
        number = len(self.activities)
        activity = replace(
            happening,
            activity_id=ActivityId(self._record_id(happening.occurred_at, happening.kind, number)),
            settles_on=happening.settles_on or self.today,
        )
        self._post(activity.currency, activity.amount, activity.settles_on or self.today)
        if activity.instrument is not None and activity.quantity:
            self._apply(activity, activity.instrument)
        self.activities.keep(activity, self._clock.now + late, heard=False)
        self.revision += 1
        return activity

    def _apply(self, activity: Activity, instrument: Instrument) -> None:
        held = self._held(instrument)
        if activity.kind is ActivityKind.SPLIT and activity.ratio is not None:
            self._put(replace(held, quantity=held.quantity + activity.quantity))  # the cost stays
            return
        self.move(instrument, activity.quantity, held.average if activity.price is None else activity.price)

    def _held(self, instrument: Instrument) -> Holding:
        return self._holdings.get(instrument.symbol, Holding(instrument))

    def _put(self, held: Holding) -> None:
        symbol, now = held.instrument.symbol, self._clock.now
        before = self._held(held.instrument).quantity
        goes_on = symbol in self.standing and before * held.quantity > 0
        self.standing[symbol] = Standing(self.standing[symbol].since if goes_on else now, now)
        if held.quantity:
            self._holdings[symbol] = held
        else:
            self._holdings.pop(symbol, None)
        self.revision += 1

    def _charge(self, execution: Execution, cost: Commission, late: timedelta) -> None:
        """Post a commission as an event of its own: coin out of the position, or money."""
        self.post(
            Activity(
                activity_id=ActivityId(""),
                kind=ActivityKind.FEE,
                occurred_at=execution.executed_at,
                instrument=execution.instrument,
                quantity=-cost.coin,
                price=execution.price if cost.coin else None,
                amount=-cost.money,
                currency=execution.instrument.currency,
                venue_kind="CFEE",
                description=f"fee on {execution.execution_id}",
            ),
            late=late,
        )

    def _record_id(self, moment: datetime, *parts: object) -> str:
        return record_id(moment, self._sessions.zone, self._terms.account_number, *parts)


def _cost_of(execution: Execution) -> Commission:
    instrument, fee = execution.instrument, execution.fee
    if instrument.asset_class is AssetClass.CRYPTO and execution.fee_currency == instrument.underlying:
        return Commission(coin=fee)
    if execution.fee_currency == instrument.currency:
        return Commission(fee)
    return Commission(other=fee, other_currency=execution.fee_currency)
