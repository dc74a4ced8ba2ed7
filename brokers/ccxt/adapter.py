"""One account at a crypto venue through `brokers.base.Broker`, by ccxt. It translates, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from typing import Self

from brokers.base import Book, Capabilities, Clock, Contract, Quote, VenueSession
from brokers.ccxt import leverage, ordering, reading, reference, statements
from brokers.ccxt.desk import Desk
from brokers.ccxt.endpoint import endpoint_of, proven_mode
from brokers.ccxt.judging import Judge
from brokers.ccxt.line import Line
from brokers.ccxt.setup import exchange_of, is_hedged, products_of, venue_of, words
from brokers.ccxt.stream import OrderStream
from brokers.credentials import Credential
from brokers.http import budgets
from brokers.http.calls import Call
from brokers.http.reading import fetch_snapshot
from brokers.http.telling import is_loopback
from tieout.accounts import Identity, Mode
from tieout.errors import BrokerError, Unsupported
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.lanes import Lane
from tieout.orders import Order, OrderReport
from tieout.records import Activity, ActivityKind, Execution, Fetched
from tieout.settings import AccountSettings
from tieout.snapshots import RawAnswer, Snapshot


class CcxtBroker:
    """One account at the venue that its settings name. ccxt is imported with the first call, for it takes seconds.

    clock    aware UTC, for the moments of snapshots and audit lines
    raises   ConfigError for options, an endpoint or a credential that cannot be used
    """

    def __init__(self, settings: AccountSettings, credential: Credential, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._credential = credential
        self._clock = clock
        self._venue = venue_of(settings)
        self._products = products_of(settings, self._venue)
        self._hedged = is_hedged(settings)
        self._caps = leverage.caps_of(settings)
        self._endpoint = endpoint_of(settings, self._venue)
        here = self._endpoint is not None and is_loopback(self._endpoint)
        key = f"{self._endpoint or settings.account.mode} {credential.key_id}"
        budget = budgets.budget_of(settings, self._venue.broker, key, self._venue.requests_per_minute, rehearsal=here)
        judge = Judge(self._venue.broker, self._venue.rules, self._venue.said, self._venue.wait_s)
        self._line = Line(
            self._venue.broker, judge, credential, budget, clock, endpoint=self._endpoint, guards=self._venue.headers
        )
        self._stream: OrderStream | None = None

    @cached_property
    def _desk(self) -> Desk:
        sandbox = self._endpoint is None and self._settings.account.mode is Mode.PAPER
        exchange = exchange_of(self._settings, self._venue, self._credential, self._line, sandbox=sandbox)
        here = self._endpoint is not None and is_loopback(self._endpoint)
        self._line.attach(exchange, self._settings.timeout_s, behind_proxy=not here)
        return Desk(
            self._venue,
            self._line,
            exchange,
            products=self._products,
            symbols=words(self._settings, "symbols"),
            base_currency=self._settings.account.base_currency,
            hedged=self._hedged,
            now=self._clock,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do."""
        return self._venue.capabilities

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer of this session as it came, secrets removed."""
        return self._line.door.answers

    @property
    def calls(self) -> tuple[Call, ...]:
        """The audit lines of this session."""
        return self._line.door.calls

    def take_calls(self) -> tuple[Call, ...]:
        """Those audit lines that nobody has taken yet."""
        return self._line.door.take_calls()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._line.close()

    def concerns(self, client_order_id: ClientOrderId, instrument: Instrument) -> None:
        """See `brokers.base.AskedByInstrument`."""
        self._desk.concerned[client_order_id] = instrument

    def fetch_identity(self) -> Identity:
        """Account number, the key's permissions, and the mode with what proves it.

        raises   ConfigError where the account is not in the position mode that the settings name, or is of a kind that
                 the venue has to change first
        """
        with self._line.calls("account", Lane.ORDERS):
            facts = self._venue.facts(self._desk)
        mode, evidence = proven_mode(self._endpoint, self._line.hosts, self._line.simulated, self._venue)
        return Identity(
            venue_account=f"{'*' * max(0, len(facts.number) - 4)}{facts.number[-4:]}",
            mode=mode,
            evidence=evidence,
            currency=self._settings.account.base_currency,
            permissions=facts.permissions,
            ip_allow_list=facts.ip_allow_list,
            expires_at=facts.expires_at,
            trading_blocked=facts.blocked,
        )

    def fetch_snapshot(self, business_date: date) -> Snapshot:
        """The whole account with its proof; see `brokers.http.reading.fetch_snapshot`."""
        reader = reading.reader(self._desk, self._clock)
        return fetch_snapshot(self._settings, business_date, reader, self.fetch_clock, lambda: self.answers)

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """See `statements.fetch_executions`."""
        return statements.fetch_executions(self._desk, since, until)

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """See `statements.fetch_activities`."""
        return statements.fetch_activities(self._desk, since, until)

    def fetch_ledger(self, kind: ActivityKind, since: datetime, until: datetime) -> Fetched[Activity]:
        """See `statements.fetch_ledger`."""
        return statements.fetch_ledger(self._desk, kind, since, until)

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """See `ordering.fetch_order`."""
        return ordering.fetch_order(self._desk, client_order_id)

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """See `statements.fetch_orders`."""
        return statements.fetch_orders(self._desk, since, until)

    def submit(self, order: Order) -> OrderReport:
        """Send once; see `ordering.submit`."""
        return ordering.submit(self._desk, order)

    def replace(self, client_order_id: ClientOrderId, order: Order) -> OrderReport:
        """Replace by a new order under its own id; see `ordering.replace_order`."""
        return ordering.replace_order(self._desk, client_order_id, order)

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport:
        """Ask for the cancel; see `ordering.cancel`."""
        return ordering.cancel(self._desk, client_order_id)

    def fetch_quote(self, instrument: Instrument) -> Quote:
        """Best bid and ask."""
        return reference.fetch_quote(self._desk, instrument)

    def fetch_book(self, instrument: Instrument, levels: int) -> Book:
        """See `brokers.base.TellsDepth`."""
        return reference.fetch_book(self._desk, instrument, levels)

    def fetch_contract(self, instrument: Instrument) -> Contract:
        """What the venue says the instrument is, in units."""
        return self._desk.markets.contract(instrument)

    def set_leverage(self, instrument: Instrument, leverage_wanted: int) -> None:
        """See `leverage.set_leverage`."""
        leverage.set_leverage(self._desk, self._caps, instrument, leverage_wanted)

    def set_margin_mode(self, instrument: Instrument, mode: leverage.MarginMode) -> None:
        """See `leverage.set_margin_mode`."""
        leverage.set_margin_mode(self._desk, instrument, mode)

    def fetch_clock(self) -> Clock:
        """The venue's clock; its market never closes."""
        return reference.fetch_clock(self._desk)

    def fetch_sessions(self, start: date, end: date) -> tuple[VenueSession, ...]:
        """Raises Unsupported: the venue trades around the clock and has no calendar."""
        raise Unsupported(self._venue.broker, "has no calendar of sessions: it never closes")

    def order_updates(self, wait_s: float = 0) -> Iterator[OrderReport]:
        """See `brokers.base.Broker.order_updates`."""
        if self._stream is None:
            self._stream = self._opened()
        try:
            yield from self._stream.take(wait_s)
        except BrokerError:
            self._stream.close()
            self._stream = None
            raise

    def _opened(self) -> OrderStream:
        self._desk.markets.require()
        stream = OrderStream(self._desk, self._settings, self._credential, self._endpoint)
        try:
            stream.open(self._settings.timeout_s)
        except BrokerError:
            with suppress(BrokerError):
                stream.close()
            raise
        return stream
