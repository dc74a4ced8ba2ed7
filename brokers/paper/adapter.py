"""One account at the paper broker through `brokers.base.Broker`. It translates, and does nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from brokers.base import Capabilities, Clock, Contract, Quote, VenueSession
from brokers.credentials import Credential
from brokers.http.answers import Request
from brokers.http.calls import Call
from brokers.http.door import Ask, Door
from brokers.http.errors import unreadable
from brokers.http.fields import Row, row
from brokers.http.kinds import require_supported
from brokers.http.limiter import RequestBudget
from brokers.http.reading import fetch_snapshot
from brokers.http.telling import about, is_loopback
from brokers.http.unmapped import readable
from brokers.paper import parse, reading
from brokers.paper.endpoint import endpoint_of, proven_mode
from brokers.paper.lists import read_list, window
from brokers.paper.refusals import BROKER, refused
from brokers.paper.transport import signed_transport
from tieout.accounts import Identity, Mode
from tieout.errors import ConfigError, NotFound
from tieout.ids import ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.lanes import Lane
from tieout.options.instruction import Choice, Instructing, Instruction
from tieout.orders import Order, OrderReport, OrderType, TimeInForce
from tieout.records import Activity, Execution, Fetched
from tieout.settings import AccountSettings
from tieout.snapshots import RawAnswer, Snapshot

CAPABILITIES = Capabilities(
    broker=BROKER,
    asset_classes=frozenset(AssetClass),
    order_types=frozenset(OrderType),
    times_in_force=frozenset(TimeInForce),
    fractional=frozenset({AssetClass.EQUITY, AssetClass.FUND, AssetClass.CRYPTO, AssetClass.FOREX}),
    lookup_by_client_order_id=True,
    enforces_unique_client_order_id=True,
    executions_carry_client_order_id=True,
    reports_settled_cash=True,
    streams_orders=True,
    activities=True,
    brackets=True,
    oco=True,
    multi_leg=True,
    extended_hours=frozenset({AssetClass.EQUITY}),
    notes=("records are found by the time the broker first showed them", "every list proves its length"),
)
INSTRUCTING = Instructing(frozenset(Choice), whole=False, repeatable=True)
_REQUESTS_PER_MINUTE = 6_000  # the simulator has no limit of its own; this one only bounds a loop gone wrong

T = TypeVar("T")


class PaperBroker:
    """One account at the paper broker.

    clock    aware UTC, for the moments of snapshots and audit lines
    raises   ConfigError for an endpoint that is missing or cannot be used, and for unknown options
    """

    def __init__(self, settings: AccountSettings, credential: Credential, clock: Callable[[], datetime]) -> None:
        if settings.options:
            names = ", ".join(sorted(settings.options))
            raise ConfigError(f"account {settings.account.account_id}: the paper broker knows no options: {names}")
        endpoint = endpoint_of(settings)
        self._settings = settings
        self._credential = credential
        self._clock = clock
        self._updates_read: set[str] = set()
        self._transport = signed_transport(
            endpoint, credential, settings.timeout_s, behind_proxy=not is_loopback(endpoint)
        )
        self._door = Door(
            BROKER,
            self._transport.send,
            refused=refused,
            credential=credential,
            budget=RequestBudget(BROKER, f"{endpoint} {credential.key_id}", _REQUESTS_PER_MINUTE, None, settings.lanes),
            clock=clock,
        )
        self._trading, self._books, self._data = (self._door.in_lane(lane) for lane in Lane)

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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()
        self._door.close()

    def fetch_identity(self) -> Identity:
        """Account number and mode, with what proves it."""
        found = self._read(self._trading, "account", "/v1/account", {}, lambda each: each)
        number, stated = found.text("account_number"), found.text("mode")
        if stated not in frozenset(Mode):
            raise unreadable(BROKER, f"the account states the mode {stated!r}", stated)
        mode, evidence = proven_mode(self._settings.account.mode, Mode(stated), self._credential)
        return Identity(
            venue_account=f"{'*' * max(0, len(number) - 4)}{number[-4:]}",
            mode=mode,
            evidence=evidence,
            currency=found.text("base_currency"),
            permissions=_words(found.values.get("permissions")),
            ip_allow_list=_words(found.values.get("ip_allow_list")),
            trading_blocked=found.flag("trading_blocked"),
        )

    def fetch_snapshot(self, business_date: date) -> Snapshot:
        """The whole account with its proof; see `brokers.http.reading.fetch_snapshot`."""
        reader = reading.reader(self._books, self._clock)
        return fetch_snapshot(self._settings, business_date, reader, self.fetch_clock, lambda: self.answers)

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """Trades first shown in (since, until], UTC, oldest first: one reported late belongs to the later window.

        raises   a leaf of Unavailable where a page failed or the list does not prove to be whole
        """
        listed = read_list(self._books, "executions", "/v1/executions", window(since, until), "execution_id")
        records, unmapped = readable(BROKER, listed.rows, parse.execution)
        ordered = sorted(records, key=lambda one: (one.executed_at, one.execution_id))
        return Fetched(tuple(ordered), listed.pages, unmapped)

    def fetch_activities(self, since: datetime, until: datetime) -> Fetched[Activity]:
        """Non-trade events first shown in (since, until], UTC, oldest first; raises as `fetch_executions`."""
        listed = read_list(self._books, "activities", "/v1/activities", window(since, until), "activity_id")
        records, unmapped = readable(BROKER, listed.rows, parse.activity)
        return Fetched(tuple(sorted(records, key=lambda one: one.occurred_at)), listed.pages, unmapped)

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """None only when the venue said that there is no such order: its code for that is the one NotFound here."""
        try:
            return self._read(self._trading, "order", _path(client_order_id), {}, parse.order_report)
        except NotFound:
            return None

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """Orders of every state submitted in (since, until].

        raises   Unreadable where one of them cannot be read: half a list is never returned as a whole one
        """
        listed = read_list(self._trading, "orders", "/v1/orders", window(since, until), "order_id")
        orders, unmapped = readable(BROKER, listed.rows, parse.order_report)
        if unmapped:
            raise unreadable(BROKER, f"{len(unmapped)} orders have no instrument we know", unmapped[0])
        return tuple(orders)

    def submit(self, order: Order) -> OrderReport:
        """Send the order once.

        raises   Unsupported before anything is sent; leaves of Rejected; Ambiguous where the answer was lost
        """
        require_supported(order, CAPABILITIES)
        return self._told("POST", "/v1/orders", order)

    def replace(self, client_order_id: ClientOrderId, order: Order) -> OrderReport:
        """Replace a working order by another, which counts its quantity from zero under its own id.

        raises   as `submit`, and NotFound where there is no order under the old id
        """
        require_supported(order, CAPABILITIES)
        return self._told("PATCH", _path(client_order_id), order)

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport:
        """End an order. Raises NotFound, InvalidOrder where it is not live any more, Ambiguous."""
        return self._trading(
            Request("order", "DELETE", _path(client_order_id)), about(client_order_id, parse.order_report)
        )

    @property
    def instructing(self) -> Instructing:
        """How it takes the word of an option's holder."""
        return INSTRUCTING

    def submit_instruction(self, instruction: Instruction) -> str:
        """Tell it once; a later one for the same contract takes its place."""
        request = Request("instruction", "POST", "/v1/instructions", parse.instruction_request(instruction))
        return self._trading(request, lambda body: _sound("instruction", body, parse.instruction_words))

    def fetch_instruction(self, instruction: Instruction) -> str | None:
        """What stands of it; None where another one stands for the contract, or none."""
        listed = read_list(self._trading, "instructions", "/v1/instructions", {}, "symbol")
        mine = [one for one in listed.rows if parse.is_same(one, instruction)]
        return parse.instruction_words(mine[0]) if mine else None

    def fetch_quote(self, instrument: Instrument) -> Quote:
        """Best bid and ask."""
        return self._read(self._data, "quote", "/v1/quote", {"symbol": instrument.symbol}, parse.quote(instrument))

    def fetch_contract(self, instrument: Instrument) -> Contract:
        """What the venue says the instrument is."""
        return self._read(
            self._data, "instrument", "/v1/instrument", {"symbol": instrument.symbol}, parse.contract(instrument)
        )

    def fetch_clock(self) -> Clock:
        """The venue's clock."""
        return self._read(self._data, "clock", "/v1/clock", {}, parse.clock)

    def fetch_sessions(self, start: date, end: date) -> tuple[VenueSession, ...]:
        """The venue's sessions from `start` to `end`, both included."""
        days = {"start": start.isoformat(), "end": end.isoformat()}
        listed = read_list(self._data, "sessions", "/v1/sessions", days, "date")
        return tuple(readable(BROKER, listed.rows, parse.session)[0])

    def order_updates(self, wait_s: float = 0) -> Iterator[OrderReport]:
        """See `brokers.base.Broker.order_updates`: the changes are read as a list, of which none is ever missed."""
        fresh = self._fresh_updates()
        if not fresh and wait_s > 0:
            time.sleep(wait_s)
            fresh = self._fresh_updates()
        updates, unmapped = readable(BROKER, fresh, parse.order_report)
        if unmapped:
            raise unreadable(BROKER, f"{len(unmapped)} updates have no instrument we know", unmapped[0])
        for found, update in zip(fresh, updates, strict=True):
            self._updates_read.add(found.text("update"))
            yield update

    def _fresh_updates(self) -> list[Row]:
        listed = read_list(self._trading, "order updates", "/v1/order-updates", {}, "update")
        return [found for found in listed.rows if found.text("update") not in self._updates_read]

    def _read(self, ask: Ask, part: str, path: str, query: dict[str, str | bool], read: Callable[[Row], T]) -> T:
        return ask(Request(part, "GET", path, query), lambda body: _sound(part, body, read))

    def _told(self, method: str, path: str, order: Order) -> OrderReport:
        request = Request("order", method, path, parse.order_request(order))
        return self._trading(request, about(order.client_order_id, parse.order_report))


def _path(client_order_id: ClientOrderId) -> str:
    return f"/v1/orders/{quote(client_order_id, safe='')}"


def _sound(part: str, body: object, read: Callable[[Row], T]) -> T:
    return read(row(body, part))


def _words(value: object) -> tuple[str, ...]:
    """A list of texts; none where the venue says nothing."""
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
