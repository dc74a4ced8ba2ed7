"""One Interactive Brokers account through `brokers.base.Broker`. It translates, and does nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from brokers.base import Capabilities, Clock, Contract, Quote, VenueSession
from brokers.credentials import Credential
from brokers.http.calls import Call, CallLog
from brokers.http.errors import unreadable
from brokers.http.reading import fetch_snapshot
from brokers.ibkr import ordering, reading, reference
from brokers.ibkr.client_ids import ClientIds
from brokers.ibkr.codes import BROKER
from brokers.ibkr.endpoint import account_of, endpoint_of, masked, proven_mode
from brokers.ibkr.flex.download import ENDPOINT, PATIENCE_S, FlexService
from brokers.ibkr.outages import outages_of
from brokers.ibkr.parse.account import base_currency
from brokers.ibkr.sdk import note_orders
from brokers.ibkr.session import Session
from brokers.ibkr.statements import Statements
from brokers.ibkr.tape import Tape
from brokers.ibkr.updates import OrderUpdates
from tieout.accounts import Identity
from tieout.errors import ConfigError, Malformed, Unsupported
from tieout.ids import ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.orders import Order, OrderReport, OrderType, TimeInForce
from tieout.records import Activity, Execution, Fetched
from tieout.sessions import Sessions
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness, RawAnswer, Snapshot

CAPABILITIES = Capabilities(
    broker=BROKER,
    asset_classes=frozenset({AssetClass.EQUITY, AssetClass.OPTION}),
    order_types=frozenset(OrderType),
    times_in_force=frozenset(TimeInForce),
    lookup_by_client_order_id=True,
    executions_carry_client_order_id=True,
    reports_settled_cash=True,
    streams_orders=True,
    multi_leg=True,
    extended_hours=frozenset({AssetClass.EQUITY}),
    visibility_delay_s=Decimal(10),
    signs_requests=False,
    replaces=False,
    dates_orders=False,
    any_sessions=False,
    notes=(
        "an order's reference is not unique: the same one twice makes two orders",
        "orders and executions of the present day; earlier ones come from Flex",
        "trading whole units only; coins and futures are read, not traded",
    ),
)

PAUSE: Callable[[float], None] = time.sleep
"""How a report that is still being made is waited for, seconds."""


class IbkrBroker:
    """One account behind one login of TWS or the Gateway.

    credential   the Flex query and its token; None where there are no Flex statements. The socket needs none
    clock        aware UTC, for the moments of snapshots
    raises       ConfigError for options that cannot be used
    """

    def __init__(self, settings: AccountSettings, credential: Credential | None, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._endpoint = endpoint_of(settings)
        self._delayed = _delayed(settings)
        self._tape = Tape(clock)
        self._calls = CallLog()
        folder = settings.options.get("lock_dir")
        self._ids = ClientIds(self._endpoint, Path(folder) if folder else None)
        self._outages = outages_of(settings.options, settings.account.account_id)
        self._ended: dict[int, tuple[str, str]] = {}
        self._updates = OrderUpdates()
        self._session = self._made(None)
        self._contracts = reference.Contracts(self._session)
        self._flex = _flex(settings, credential, clock)
        self._statements = Statements(
            self._session, self._number, self._flex, lambda: Sessions(settings.account.calendar), clock
        )
        self._desk = ordering.Desk(self._session, self._contracts, self._number, self._ended, self._made)

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do; activities only where a Flex query is configured."""
        return replace(CAPABILITIES, activities=self._flex is not None)

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer of this session as it came, the Flex token removed."""
        return self._tape.answers + (self._flex.answers if self._flex else ())

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, over both wires, oldest first."""
        return tuple(sorted(self._calls.all + (self._flex.calls.all if self._flex else ()), key=_sent_at))

    def take_calls(self) -> tuple[Call, ...]:
        """The calls that nobody has taken yet, for the audit trail."""
        return tuple(
            sorted(self._calls.take_calls() + (self._flex.calls.take_calls() if self._flex else ()), key=_sent_at)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        if self._flex is not None:
            self._flex.close()

    def fetch_identity(self) -> Identity:
        """Account number and mode, with what proves it."""
        number = self._number()
        figures = self._session.ask("account", lambda ib: reading.fetch_figures(ib, number))
        try:
            currency = base_currency({(one.tag, one.currency): one.value for one in figures})
        except Malformed as error:
            raise unreadable(BROKER, str(error), error.received) from error
        mode, evidence = proven_mode(self._settings.account.mode, number, self._endpoint.port)
        return Identity(masked(number), mode, evidence, currency)

    def fetch_snapshot(self, business_date: date) -> Snapshot:
        """The whole account with its proof. Without the end of its positions it is failed, never flat."""
        reader = reading.reader(self._session, self._number, self._clock, self._contracts.named)
        snapshot = fetch_snapshot(self._settings, business_date, reader, self.fetch_clock, lambda: self.answers)
        if "positions" in snapshot.proof.end_markers:
            return snapshot
        failed = replace(snapshot.proof, completeness=Completeness.FAILED, agreed=False)
        return replace(snapshot, positions=(), proof=failed)

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """See `statements.Statements.fetch_executions`."""
        return self._statements.fetch_executions(since, until)

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """See `statements.Statements.fetch_activities`. Raises Unsupported without a Flex query."""
        return self._statements.fetch_activities(since, until)

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """None only when open orders, completed orders and executions were all read, and none has it."""
        return ordering.fetch_order(self._desk, client_order_id)

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """See `ordering.fetch_orders`."""
        return ordering.fetch_orders(self._desk, since)

    def submit(self, order: Order) -> OrderReport:
        """Send once; see `ordering.submit`."""
        return ordering.submit(self._desk, order, self.capabilities)

    def replace(self, client_order_id: ClientOrderId, order: Order) -> OrderReport:
        """Unsupported: TWS changes an order in place, under its old id."""
        raise Unsupported(BROKER, "changes orders in place and makes no new one: cancel, and decide anew")

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport:
        """Ask for the cancel; see `ordering.cancel`."""
        return ordering.cancel(self._desk, client_order_id)

    def fetch_quote(self, instrument: Instrument) -> Quote:
        """Best bid and ask."""
        return reference.fetch_quote(self._session, self._contracts, instrument, self._clock, delayed=self._delayed)

    def fetch_contract(self, instrument: Instrument) -> Contract:
        """What TWS says the instrument is."""
        return reference.fetch_contract(self._contracts, instrument)

    def fetch_clock(self) -> Clock:
        """TWS's own time, and the exchange's regular hours."""
        return reference.fetch_clock(self._session, self._contracts)

    def fetch_sessions(self, start: date, end: date) -> tuple[VenueSession, ...]:
        """See `reference.fetch_sessions`."""
        return reference.fetch_sessions(self._contracts, start, end)

    def order_updates(self, wait_s: float = 0) -> Iterator[OrderReport]:
        """Changes of the orders that this connection placed; see `brokers.base.Broker.order_updates`."""
        return self._updates.since_last(self._session, self._contracts.named, wait_s)

    def _number(self) -> str:
        return account_of(self._session.managed, self._endpoint, self._settings.account.account_id)

    def _made(self, client_id: int | None) -> Session:
        def attach(ib: Any) -> None:
            note_orders(ib, self._ended)
            if client_id is None:
                self._updates.listen(ib)

        return Session(
            self._endpoint,
            self._ids,
            self._settings.timeout_s,
            self._clock,
            self._tape,
            self._outages,
            self._calls,
            client_id=client_id,
            on_connect=attach,
        )


def _sent_at(call: Call) -> datetime:
    return call.sent_at


def _delayed(settings: AccountSettings) -> bool:
    kind = settings.options.get("market_data", "live")
    if kind not in ("live", "delayed"):
        raise ConfigError(f"account {settings.account.account_id}: market_data is {kind!r}, neither live nor delayed")
    return kind == "delayed"


def _flex(
    settings: AccountSettings, credential: Credential | None, clock: Callable[[], datetime]
) -> FlexService | None:
    if credential is None:
        return None
    patience = settings.options.get("flex_patience_s", f"{PATIENCE_S:g}")
    if not patience.isdecimal():
        raise ConfigError(f"account {settings.account.account_id}: flex_patience_s is {patience!r}, not whole seconds")
    endpoint = settings.options.get("flex_endpoint", ENDPOINT).rstrip("/")
    return FlexService(
        credential, settings.timeout_s, clock, endpoint=endpoint, patience_s=float(patience), sleep=PAUSE
    )
