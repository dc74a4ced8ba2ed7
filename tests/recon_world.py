"""One account with its two stores, and short words to make a day of it: what we booked, what the broker says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from sql.bulk import arrow_table, insert_arrow
from sql.cases import case_history, read_cases
from sql.posting import post
from sql.reconcile import ReconOutcome, reconcile
from sql.records import append_activities, append_executions, instrument_ids, record_account
from sql.reference import mirror_reference
from sql.runs import start_run
from sql.schema import warehouse as tables
from sql.snapshots import append_snapshot, read_baseline, set_status
from tests.databases import Stores
from tieout.accounts import Account, Mode
from tieout.coins import CoinRule, holdings_of
from tieout.ids import AccountId, ActivityId, BrokerOrderId, ClientOrderId, ExecutionId, RunId, SnapshotId
from tieout.instruments import Instrument, equity, option
from tieout.orders import OrderReport, OrderState, Side
from tieout.records import Activity, ActivityKind, Execution, Fetched, RecordStatus, Statement
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, ResolutionCaps, Severities, Tolerances
from tieout.snapshots import (
    Balance,
    Completeness,
    Position,
    Proof,
    Snapshot,
    SnapshotStatus,
    instruments_of,
)

MON, TUE, WED, THU, FRI = (date(2026, 1, day) for day in (12, 13, 14, 15, 16))
BEFORE = date(2026, 1, 9)
AAPL, MSFT, KO = equity("AAPL"), equity("MSFT"), equity("KO")
PUT = option("KO    260116P00060000")
COMPLETE = Proof(Completeness.COMPLETE, reads=2, agreed=True, end_markers=("positions", "orders"))
PRICES = {"AAPL": "100", "MSFT": "200", "KO": "50", PUT.symbol: "0.40"}


@cache
def xnys() -> Sessions:
    return Sessions("XNYS")


def number(value: str | int | Decimal) -> Decimal:
    return Decimal(str(value))


def at(day: date, clock: str = "16:00") -> datetime:
    """A moment of that day, UTC; New York is five hours behind in January."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def fill(
    name: str,
    instrument: Instrument,
    quantity: str | int,
    price: str | int,
    day: date,
    *,
    fee: str = "0",
    fee_currency: str = "USD",
    client: str | None = None,
    broker: str | None = None,
    status: RecordStatus = RecordStatus.EXECUTED,
    clock: str = "16:00",
) -> Execution:
    """A trade; a negative quantity sells."""
    units = number(quantity)
    return Execution(
        ExecutionId(name),
        instrument,
        Side.BUY if units > 0 else Side.SELL,
        abs(units),
        number(price),
        at(day, clock),
        number(fee),
        fee_currency,
        ClientOrderId(client) if client else None,
        BrokerOrderId(broker) if broker else None,
        status,
    )


def event(
    name: str,
    kind: ActivityKind,
    day: date,
    *,
    instrument: Instrument | None = None,
    quantity: str | int = 0,
    amount: str | int = 0,
    price: str | None = None,
    ratio: str | None = None,
    group: str | None = None,
    settles_on: date | None = None,
    status: RecordStatus = RecordStatus.EXECUTED,
    currency: str = "USD",
) -> Activity:
    """A non-trade event at midnight of its day, as venues date it."""
    return Activity(
        ActivityId(name),
        kind,
        at(day, "05:00"),
        instrument,
        number(quantity),
        number(price) if price is not None else None,
        number(amount),
        currency,
        settles_on,
        group,
        number(ratio) if ratio is not None else None,
        status,
        kind.value.upper(),
        f"{kind.value} of {instrument.symbol if instrument else currency}",
    )


def open_order(
    name: str, instrument: Instrument, quantity: str, *, client: str | None, filled: str = "0"
) -> OrderReport:
    units = number(quantity)
    state = OrderState.PARTIALLY_FILLED if number(filled) else OrderState.WORKING
    return OrderReport(
        BrokerOrderId(name),
        ClientOrderId(client) if client else None,
        state,
        instrument,
        Side.BUY if units > 0 else Side.SELL,
        abs(units),
        number(filled),
        limit_price=Decimal(90),
        venue_status="new",
    )


@dataclass
class World:
    """The account `desk` and its days."""

    stores: Stores
    caps: ResolutionCaps = field(default_factory=ResolutionCaps)
    tolerances: Tolerances = field(default_factory=Tolerances)
    severities: Severities = field(default_factory=Severities)
    account: Account = field(default_factory=lambda: Account(AccountId("desk"), "paper", Mode.PAPER, "USD", "XNYS"))
    rates: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.stores.journal.write() as journal:
            record_account(journal, self.account)

    @property
    def name(self) -> AccountId:
        return self.account.account_id

    @property
    def settings(self) -> AccountSettings:
        return AccountSettings(self.account, rates=self.rates)

    @property
    def sessions(self) -> Sessions:
        return xnys() if self.account.calendar == "XNYS" else Sessions(self.account.calendar)

    def open_with(
        self, cash: str | int, held: Mapping[Instrument, str | int] | None = None, day: date = BEFORE
    ) -> None:
        """A signed-off opening: positions at their usual price, and cash."""
        base = self.account.base_currency
        rows = [event("OPEN-cash", ActivityKind.OPENING, day, amount=cash, currency=base)]
        rows += [
            event(
                f"OPEN-{one.symbol}",
                ActivityKind.OPENING,
                day,
                instrument=one,
                quantity=units,
                price=PRICES[one.symbol],
                currency=one.currency,
            )
            for one, units in (held or {}).items()
        ]
        self.book(*rows, source="import")

    def book(self, *records: Execution | Activity, source: str = "order") -> None:
        """Accept records as ours, and post them."""
        executions = [one for one in records if isinstance(one, Execution)]
        activities = [one for one in records if isinstance(one, Activity)]
        now = at(max([FRI, *(_day(one) for one in records)]), "23:00") - timedelta(days=4)
        with self.stores.journal.write() as journal:
            append_executions(journal, self.name, executions, sessions=self.sessions, source=source, now=now)
            append_activities(journal, self.name, activities, sessions=self.sessions, source=source, now=now)
        post(self.stores.journal, self.stores.warehouse, self.name, self.settings.lot_method, now, self.rates)

    def see(
        self,
        day: date,
        held: Mapping[Instrument, str | int],
        cash: str | int | Decimal,
        *records: Execution | Activity,
        settled: str | None = None,
        orders: Sequence[OrderReport] = (),
        prices: Mapping[str, str] | None = None,
        costs: Mapping[str, str] | None = None,
        statement: bool = True,
        unmapped: Iterable[str] = (),
        unread: Iterable[str] = (),
        status: SnapshotStatus = SnapshotStatus.ACCEPTED,
        proof: Proof = COMPLETE,
        captured: str = "22:00",
        taken_at: datetime | None = None,
        priced_at: datetime | None = None,
        currencies: Mapping[str, str] | None = None,
    ) -> tuple[RunId, SnapshotId]:
        """A run of the close up to its accepted snapshot: what the broker shows, and what it says happened."""
        told = PRICES | dict(prices or {})
        balances = [Balance(self.account.base_currency, number(cash), None if settled is None else number(settled))]
        balances += [Balance(name, number(amount)) for name, amount in (currencies or {}).items()]
        snapshot = Snapshot(
            self.name,
            day,
            taken_at or at(day, captured),
            tuple(self._position(one, number(units), told, costs or {}, priced_at) for one, units in held.items()),
            tuple(balances),
            tuple(orders),
            proof,
            unmapped=tuple(unmapped),
        )
        stated = self._statement(day, records, taken_at or at(day, captured), unread) if statement else None
        return self.take(day, snapshot, stated, status)

    def take(
        self,
        day: date,
        snapshot: Snapshot,
        stated: Statement | None,
        status: SnapshotStatus = SnapshotStatus.ACCEPTED,
    ) -> tuple[RunId, SnapshotId]:
        """A run of the close up to its accepted snapshot, of what a broker was read to show and say."""
        snapshot = replace(snapshot, account_id=self.name)
        with self.stores.journal.write() as journal:
            run_id = start_run(journal, self.name, "eod-reconciliation", day, at(day, "21:59"), None)
            coins = holdings_of(CoinRule.of(self.account), stated)
            ids = instrument_ids(journal, (*instruments_of(snapshot, stated), *coins))
        with self.stores.journal.read() as journal, self.stores.warehouse.write(self.name) as warehouse:
            mirror_reference(journal, warehouse)
            baseline = read_baseline(warehouse, self.name, day)
            snapshot_id = append_snapshot(
                warehouse, snapshot, run_id=run_id, ids=ids, statement=stated, baseline=baseline, sessions=self.sessions
            )
            set_status(warehouse, snapshot_id, status, None)
        return run_id, snapshot_id

    def close(self, day: date, run: tuple[RunId, SnapshotId], *, dry_run: bool = False) -> ReconOutcome:
        """Reconcile a run's snapshot."""
        return reconcile(
            self.stores.journal,
            self.stores.warehouse,
            run_id=run[0],
            settings=self.settings,
            business_date=day,
            snapshot_id=run[1],
            sessions=self.sessions,
            tolerances=self.tolerances,
            caps=self.caps,
            severities=self.severities,
            now=at(day, "22:05"),
            dry_run=dry_run,
        )

    def cases(self, **wanted: object) -> list[dict[str, object]]:
        with self.stores.journal.read() as journal:
            return read_cases(journal, self.name, **({"states": None} | wanted))  # type: ignore[arg-type]

    def history(self, index: int) -> list[dict[str, object]]:
        """The events of a case, by its place in `cases`."""
        with self.stores.journal.read() as journal:
            return case_history(journal, str(self.cases()[index]["break_id"]))

    def price(self, instrument: Instrument, day: date, price: str) -> None:
        """A market price from elsewhere."""
        with self.stores.journal.write() as journal:
            key = instrument_ids(journal, [instrument])[instrument.symbol]
        row = {
            "instrument_id": key,
            "business_date": day,
            "price": number(price),
            "currency": instrument.currency,
            "source": "test",
            "priced_at": at(day),
        }
        with self.stores.warehouse.write() as warehouse:
            insert_arrow(warehouse, tables.price, arrow_table(tables.price, [row]))

    def _statement(
        self, day: date, records: Sequence[Execution | Activity], until: datetime, unread: Iterable[str]
    ) -> Statement:
        since = self.sessions.closes_at(self.sessions.previous(day))
        executions = tuple(one for one in records if isinstance(one, Execution))
        activities = tuple(one for one in records if isinstance(one, Activity))
        return Statement(since, until, Fetched(executions, 1), Fetched(activities, 1, tuple(unread)))

    @staticmethod
    def _position(
        one: Instrument,
        units: Decimal,
        prices: Mapping[str, str],
        costs: Mapping[str, str],
        priced_at: datetime | None,
    ) -> Position:
        price = number(prices[one.symbol]) if one.symbol in prices else None
        cost = number(costs[one.symbol]) if one.symbol in costs else None
        value = None if price is None else one.value(units, price)
        return Position(one, units, None, price, value, cost, None, "short" if units < 0 else "long", priced_at)


def _day(record: Execution | Activity) -> date:
    return (record.executed_at if isinstance(record, Execution) else record.occurred_at).date()
