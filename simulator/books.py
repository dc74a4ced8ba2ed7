"""The broker's own books of one account: cash, holdings, and the records of what moved them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from simulator.clock import SimulatedClock
from simulator.costs import commission
from simulator.holdings import Cash, Holding
from simulator.ids import record_id
from simulator.kept import Records
from simulator.matching import Fill
from simulator.orders import WorkingOrder
from simulator.terms import AccountTerms
from tieout.ids import ActivityId, ExecutionId
from tieout.instruments import Instrument
from tieout.ledger.settlement import settlement_date
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, Execution
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
        held = self._holdings.get(instrument.symbol)
        return ZERO if held is None else held.quantity

    def move(self, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Change a position by signed units at a price per unit of underlying."""
        held = self._holdings.get(instrument.symbol, Holding(instrument))
        self._put(held.moved(quantity, price))

    def trade(self, working: WorkingOrder, fill: Fill) -> Execution:
        """Book a fill of an order: position, cash on its settlement date, commission."""
        now, order = self._clock.now, working.order
        cost = commission(self._terms.costs, order.instrument, order.side, fill.quantity, fill.price, maker=fill.maker)
        execution = Execution(
            execution_id=ExecutionId(self._record_id(now, "execution", len(self.executions))),
            instrument=order.instrument,
            side=order.side,
            quantity=fill.quantity,
            price=fill.price,
            executed_at=now,
            fee=cost.money,
            fee_currency=order.instrument.currency,
            client_order_id=order.client_order_id,
            broker_order_id=working.broker_order_id,
        )
        self.move(order.instrument, execution.signed_quantity, fill.price)
        settles_on = settlement_date(order.instrument, self.today, self._sessions)
        self.cash.post(order.instrument.currency, execution.cash_change - cost.money, settles_on, self.today)
        self.executions.keep(execution, now + working.late, heard=working.heard)
        if cost.coin:
            self._take_coin(execution, cost.coin, working.late)
        return execution

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
        held = self._holdings.get(instrument.symbol, Holding(instrument))
        if activity.kind is ActivityKind.SPLIT and activity.ratio is not None:
            self._put(replace(held, quantity=held.quantity + activity.quantity))  # the cost stays
            return
        self.move(instrument, activity.quantity, held.average if activity.price is None else activity.price)

    def _put(self, held: Holding) -> None:
        if held.quantity:
            self._holdings[held.instrument.symbol] = held
        else:
            self._holdings.pop(held.instrument.symbol, None)
        self.revision += 1

    def _take_coin(self, execution: Execution, coin: Decimal, late: timedelta) -> None:
        self.post(
            Activity(
                activity_id=ActivityId(""),
                kind=ActivityKind.FEE,
                occurred_at=execution.executed_at,
                instrument=execution.instrument,
                quantity=-coin,
                price=execution.price,
                currency=execution.instrument.currency,
                venue_kind="CFEE",
                description=f"coin taken as fee on {execution.execution_id}",
            ),
            late=late,
        )

    def _record_id(self, moment: datetime, *parts: object) -> str:
        return record_id(moment, self._sessions.zone, self._terms.account_number, *parts)
