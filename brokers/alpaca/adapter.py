"""One Alpaca account through `brokers.base.Broker`. It translates, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from brokers.alpaca import instructions, ordering, reading, reference, statements
from brokers.alpaca.endpoints import Endpoint, endpoint_of, mode_facts, proven_mode
from brokers.alpaca.pages import read_orders
from brokers.alpaca.parse import market
from brokers.alpaca.parse.account import account
from brokers.alpaca.parse.orders import is_pair, order_report, order_update
from brokers.alpaca.refusals import BROKER, refused
from brokers.alpaca.stream import TradeUpdateStream
from brokers.alpaca.transport import SignedClient, send
from brokers.base import Capabilities, Clock, Contract, Quote, VenueSession
from brokers.credentials import Credential
from brokers.http import budgets
from brokers.http.answers import Request
from brokers.http.calls import Call
from brokers.http.door import Door
from brokers.http.errors import unreadable
from brokers.http.limiter import RequestBudget
from brokers.http.reading import fetch_snapshot
from brokers.http.unmapped import mapped
from tieout.accounts import Identity
from tieout.errors import BrokerError, ConfigError, Malformed, Unauthorised
from tieout.ids import ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.lanes import Lane
from tieout.options.instruction import Instructing, Instruction
from tieout.orders import Order, OrderReport, OrderType, TimeInForce
from tieout.records import Activity, Execution, Fetched
from tieout.settings import AccountSettings
from tieout.snapshots import RawAnswer, Snapshot
from tieout.vwap import Minute

CAPABILITIES = Capabilities(
    broker=BROKER,
    asset_classes=frozenset({AssetClass.EQUITY, AssetClass.OPTION, AssetClass.CRYPTO}),
    order_types=frozenset(OrderType),
    times_in_force=frozenset(TimeInForce),
    fractional=frozenset({AssetClass.EQUITY, AssetClass.CRYPTO}),
    lookup_by_client_order_id=True,
    enforces_unique_client_order_id=True,
    streams_orders=True,
    activities=True,
    brackets=True,
    bracket_classes=frozenset({AssetClass.EQUITY}),
    brackets_whole_units=True,
    oco=True,
    multi_leg=True,
    extended_hours=frozenset({AssetClass.EQUITY}),
    visibility_delay_s=Decimal(10),
    notes=("client order ids stay taken for ever", "regulatory fees are posted as activities of the next day"),
)
OPTIONS = frozenset({"data_endpoint", "data_feed"}) | budgets.OPTIONS
_REQUESTS_PER_MINUTE = 180  # the venue counts 200 per account; the rest is for the person at its dashboard


class AlpacaBroker:
    """One Alpaca account.

    clock    aware UTC, for the moments of snapshots and audit lines
    raises   ConfigError for options or an endpoint that cannot be used
    """

    def __init__(self, settings: AccountSettings, credential: Credential, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._credential = credential
        self._clock = clock
        self._endpoint = endpoint_of(settings)
        budget = _budget(settings, credential, self._endpoint)
        client = SignedClient(
            credential, self._endpoint.trading, settings.timeout_s, behind_proxy=not self._endpoint.is_loopback
        )
        self._client = client
        self._door = Door(
            BROKER,
            lambda request: send(client, request, self._endpoint.data),
            refused=refused,
            credential=credential,
            budget=budget,
            clock=clock,
        )
        self._trading, self._books, self._data = (self._door.in_lane(lane) for lane in Lane)
        self._multipliers = reference.Multipliers(self._trading)
        self._stream: TradeUpdateStream | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do."""
        return CAPABILITIES

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer of this session as it came, secrets removed."""
        return self._door.answers

    @property
    def calls(self) -> tuple[Call, ...]:
        """The audit lines of this session."""
        return self._door.calls

    def take_calls(self) -> tuple[Call, ...]:
        """Those audit lines that nobody has taken yet."""
        return self._door.take_calls()

    def headroom(self) -> tuple[int, int] | None:
        """How many requests are left of how many; None where that is not known."""
        return self._door.headroom()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._client.close()
        self._door.close()

    def fetch_identity(self) -> Identity:
        """Account number and mode, with what proves it.

        raises   Unauthorised with a hint where the key's prefix is of the other mode
        """
        configured = self._settings.account.mode
        try:
            answer = self._trading(Request("account", "GET", "/v2/account"), account)
        except Unauthorised as error:
            hint = f"{error.reason}; the account is configured as {configured} and its {self._key_words()}"
            raise Unauthorised(BROKER, hint, code=error.code) from None
        facts = mode_facts(self._credential, self._endpoint, answer.number)
        return Identity(
            venue_account=f"{'*' * max(0, len(answer.number) - 4)}{answer.number[-4:]}",
            mode=proven_mode(configured, facts),
            evidence=tuple(fact.words for fact in facts),
            currency=answer.currency,
            permissions=answer.permissions,
            trading_blocked=answer.blocked or answer.status != "ACTIVE",
        )

    def fetch_snapshot(self, business_date: date) -> Snapshot:
        """The whole account with its proof; see `brokers.http.reading.fetch_snapshot`."""
        reader = reading.reader(self._books, self._clock, self._multipliers)
        return fetch_snapshot(self._settings, business_date, reader, self.fetch_clock, lambda: self.answers)

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """See `statements.fetch_executions`."""
        return statements.fetch_executions(self._books, self._multipliers, since, until)

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """See `statements.fetch_activities`."""
        return statements.fetch_activities(self._books, self._multipliers, since, until)

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """None only when the venue said that there is no such order."""
        return ordering.fetch_order(self._trading, self._multipliers, client_order_id)

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """Orders of every state submitted in (since, until].

        raises   Unreadable where one of them cannot be read: half a list is never returned as a whole one
        """
        listed = read_orders(self._trading, "all", since, until)
        known = self._multipliers(listed.rows)
        orders, unmapped, faults = mapped(listed.rows, lambda row: order_report(row, known))
        if unmapped or faults:
            what = "; ".join([*faults, *(f"{row.where}: no instrument" for row in unmapped)])
            raise unreadable(BROKER, what, what)
        return tuple(o for o in orders if o.submitted_at is None or since < o.submitted_at <= until)

    def submit(self, order: Order) -> OrderReport:
        """Send once; see `ordering.submit`."""
        return ordering.submit(self._trading, order, CAPABILITIES)

    def replace(self, client_order_id: ClientOrderId, order: Order) -> OrderReport:
        """Replace by a new order under its own id; see `ordering.replace_order`."""
        return ordering.replace_order(self._trading, self._multipliers, client_order_id, order, CAPABILITIES)

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport:
        """Ask for the cancel; see `ordering.cancel`."""
        return ordering.cancel(self._trading, self._multipliers, client_order_id)

    @property
    def instructing(self) -> Instructing:
        """How it takes the word of an option's holder."""
        return instructions.INSTRUCTING

    def submit_instruction(self, instruction: Instruction) -> str:
        """Tell it once; see `instructions.submit`."""
        return instructions.submit(self._trading, instruction)

    def fetch_instruction(self, instruction: Instruction) -> str | None:
        """See `instructions.shown`."""
        rows = self.fetch_activities(instruction.created_at, self._clock()).records
        return instructions.shown(self._trading, instruction, rows)

    def fetch_quote(self, instrument: Instrument) -> Quote:
        """Best bid and ask."""
        return reference.fetch_quote(self._data, instrument)

    def fetch_minutes(self, instrument: Instrument, since: datetime, until: datetime) -> tuple[Minute, ...]:
        """See `brokers.base.TellsMinutes`."""
        return reference.fetch_minutes(self._data, instrument, since, until, self._settings.options.get("data_feed"))

    def fetch_contract(self, instrument: Instrument) -> Contract:
        """What the venue says the instrument is."""
        return reference.fetch_contract(self._data, instrument)

    def fetch_clock(self) -> Clock:
        """The venue's clock."""
        return self._data(Request("clock", "GET", "/v2/clock"), market.clock)

    def fetch_sessions(self, start: date, end: date) -> tuple[VenueSession, ...]:
        """The venue's sessions from `start` to `end`, both included."""
        days = {"start": start.isoformat(), "end": end.isoformat()}
        return self._data(Request("calendar", "GET", "/v2/calendar", days), market.sessions)

    def order_updates(self, wait_s: float = 0) -> Iterator[OrderReport]:
        """See `brokers.base.Broker.order_updates`. Both orders of a pair of exits are looked up, for each is half."""
        if self._stream is None:
            self._stream = TradeUpdateStream(self._credential, self._endpoint.trading)
            try:
                self._stream.open(self._settings.timeout_s)
            except BrokerError:
                self._stream = None
                raise
        yield from self._taken(self._stream, wait_s)

    def _taken(self, stream: TradeUpdateStream, wait_s: float) -> Iterator[OrderReport]:
        try:
            while (frame := stream.take(wait_s)) is not None:
                wait_s = 0
                yield from self._update(frame)
        except BrokerError:
            stream.close()
            self._stream = None
            raise

    def _update(self, frame: object) -> Iterator[OrderReport]:
        try:
            found = order_update(frame)
            if found is None:
                return
            report = order_report(found, self._multipliers([found]))
        except Malformed as error:
            raise unreadable(BROKER, str(error), error.received) from error
        whole = self.fetch_order(report.client_order_id) if is_pair(found) and report.client_order_id else None
        yield whole or report

    def _key_words(self) -> str:
        return mode_facts(self._credential, self._endpoint, "")[0].words


def _budget(settings: AccountSettings, credential: Credential, endpoint: Endpoint) -> RequestBudget:
    """One for trading and data together: the venue counts each of its hosts by itself, and may not always."""
    unknown = sorted(set(settings.options) - OPTIONS)
    if unknown:
        raise ConfigError(
            f"account {settings.account.account_id}: options {', '.join(unknown)} are unknown to the alpaca adapter; "
            f"it knows {', '.join(sorted(OPTIONS))}"
        )
    key = f"{endpoint.trading} {credential.key_id}"
    return budgets.budget_of(settings, BROKER, key, _REQUESTS_PER_MINUTE, rehearsal=endpoint.is_loopback)
