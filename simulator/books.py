"""The broker's own books of one account: cash, holdings, and the records of what moved them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from simulator.clock import SimulatedClock
from simulator.costs import Commission, commission
from simulator.holdings import Cash, Holding
from simulator.ids import record_id
from simulator.kept import Records
from simulator.matching import Fill
from simulator.orders import WorkingOrder
from simulator.terms import AccountTerms
from tieout.ids import ActivityId, ExecutionId
from tieout.instruments import AssetClass, Instrument
from tieout.ledger.settlement import settlement_date
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.sessions import Sessions


class Books:
    """Position and cash move at once; records are shown from their `visible_at` on."""

    def __init__(self, terms: AccountTerms, clock: SimulatedClock, sessions: Sessions) -> None:
        self._terms = terms
        self._clock = clock
        self._sessions = sessions
        self._holdings: dict[str, Holding] = {}
        self.cash = Cash()
        self.executions: Records[Execution] = Records()
        self.activities: Records[Activity] = Records()
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
        """Signed units held."""
        return self._held(instrument).quantity

    def move(self, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Change a position by signed units at a price per unit of underlying."""
        self._put(self._held(instrument).moved(quantity, price))

    def trade(self, working: WorkingOrder, fill: Fill) -> Execution:
        """Book a fill of an order: position, cash on its settlement date, commission."""
        now, order = self._clock.now, working.order
        instrument = order.instrument
        cost = self._cost(instrument, order.side, fill)
        apart = self._terms.costs.as_activities and instrument.asset_class is AssetClass.CRYPTO
        within = Commission() if apart else cost
        execution = Execution(
            execution_id=ExecutionId(self._record_id(now, "execution", len(self.executions))),
            instrument=instrument,
            side=order.side,
            quantity=fill.quantity,
            price=fill.price,
            executed_at=now,
            fee=within.coin or within.money or within.tokens,
            fee_currency=self._paid_in(within, instrument),
            client_order_id=working.owner_id,
            broker_order_id=working.broker_order_id,
        )
        self._exchange(execution, within)
        self.executions.keep(execution, max(now + working.late, working.shown_from), heard=working.heard)
        if apart and (cost.money or cost.coin):
            self._charge(execution, cost, working.late)
        return execution

    def _cost(self, instrument: Instrument, side: Side, fill: Fill) -> Commission:
        return commission(self._terms.costs, instrument, side, fill.quantity, fill.price, maker=fill.maker)

    def _paid_in(self, cost: Commission, instrument: Instrument) -> str:
        return (instrument.underlying if cost.coin else None) or instrument.currency

    def _exchange(self, execution: Execution, cost: Commission) -> None:
        """Units against money; where only margin is at stake, the profit of what was closed is all that is paid."""
        instrument = execution.instrument
        before = self._held(instrument)
        after = before.moved(execution.signed_quantity, execution.price)
        moved = execution.cash_change
        if instrument.is_margined:
            moved += after.cost_basis - before.cost_basis
        self._put(replace(after, quantity=after.quantity - cost.coin))  # a fee in coin leaves fewer at the same cost
        traded_on = self._sessions.business_date(execution.executed_at)
        settles_on = settlement_date(instrument, traded_on, self._sessions)
        self.cash.post(instrument.currency, moved - cost.money, settles_on, self.today)

    def revise(self, old: Execution, new: Execution) -> None:
        """Undo a trade and put another in its place, shown from now on; a cancelled one only undoes."""
        back = replace(old, side=Side.SELL if old.side is Side.BUY else Side.BUY)
        cost = _cost_of(old)
        self._exchange(back, Commission(-cost.money, -cost.coin))
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
        self.cash.post(activity.currency, activity.amount, activity.settles_on or self.today, self.today)
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
        if held.quantity:
            self._holdings[held.instrument.symbol] = held
        else:
            self._holdings.pop(held.instrument.symbol, None)
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
    in_coin = execution.fee_currency == execution.instrument.underlying
    return Commission(coin=execution.fee) if in_coin else Commission(execution.fee)
