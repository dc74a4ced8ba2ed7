"""Measuring what orders cost: their executions against the price at arrival and the market's volume-weighted price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from tasks.accounts import open_broker, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.stores import Stores
from tieout.errors import BrokerError, ConfigError
from tieout.fill_figures import OrderFigures, last_fill, order_figures
from tieout.ids import AccountId, IntentId
from tieout.placement import Placement
from tieout.records import Execution
from tieout.sessions import Sessions
from tieout.vwap import Minute, Vwap, VwapOf, interval_vwap, whole_minutes

if TYPE_CHECKING:
    from brokers.base import Broker

MOST_CALLS = 40  # for prices of one account at a time: orders and reconciliation go before; the next look goes on

_Answer = TypeVar("_Answer")
Filled = tuple[Placement, tuple[Execution, ...]]


def measure(stores: Stores, rows: Sequence[Placement]) -> list[OrderFigures]:
    """The figures of each intent, in the same order, and stored.

    Never raises for a venue: a price that cannot be had now stays as it was, and nothing but figures rests on it.
    """
    from sql.fill_figures import read_vwaps, save_figures
    from sql.fills import read_fills

    with stores.journal.read() as journal:
        known = read_vwaps(journal, [row.intent.intent_id for row in rows])
        fills = read_fills(journal, rows)
    filled = [(row, fills[row.intent.intent_id]) for row in rows]
    vwaps = {**known, **_fetched(stores, [one for one in filled if _is_due(one, known)])}
    figures = [order_figures(row, each, vwaps.get(row.intent.intent_id)) for row, each in filled]
    with stores.journal.write() as journal:
        for row, one in zip(rows, figures, strict=True):
            if row.sends > 0:
                save_figures(journal, row, one, now())
    return figures


def measure_again(stores: Stores, account_id: AccountId, day: date) -> None:
    """What was measured against the session, or not at all, before the minutes of its interval were over."""
    from sql.fill_figures import read_vwaps
    from sql.placements import read_placements

    with stores.journal.read() as journal:
        rows = [row for row in read_placements(journal, account_id, business_date=day) if row.executed > 0]
        known = read_vwaps(journal, [row.intent.intent_id for row in rows])
    poor = [row for row in rows if (one := known.get(row.intent.intent_id)) is None or one.of is VwapOf.SESSION]
    if poor:
        measure(stores, poor)


def _is_due(filled: Filled, known: Mapping[IntentId, Vwap]) -> bool:
    """Whether something traded whose market price is not known for its own interval."""
    row, fills = filled
    last, vwap = last_fill(fills), known.get(row.intent.intent_id)
    if last is None or row.intent.order.legs:
        return False
    return vwap is None or vwap.of is VwapOf.SESSION or last >= vwap.until


def _fetched(stores: Stores, filled: Sequence[Filled]) -> dict[IntentId, Vwap]:
    found = {}
    for account_id in dict.fromkeys(row.intent.account_id for row, _ in filled):
        mine = [one for one in filled if one[0].intent.account_id == account_id]
        with ExitStack() as opened:
            prices = _open(stores, account_id, opened)
            for row, fills in mine if prices else ():
                last = last_fill(fills)
                vwap = prices.of(row, last) if prices and last else None
                if vwap is not None:
                    found[row.intent.intent_id] = vwap
    return found


def _open(stores: Stores, account_id: AccountId, opened: ExitStack) -> _Prices | None:
    account = stores.settings.accounts.get(account_id)
    if account is None:
        return None
    try:
        broker = opened.enter_context(open_broker(stores.settings, account))
    except (BrokerError, ConfigError) as error:
        run_logger().warning("no market prices of %s: %s", account_id, error)
        return None
    return _Prices(broker, sessions_of(account))


@dataclass(slots=True)
class _Prices:
    """What one account's venue says of the market, each thing asked once."""

    broker: Broker
    sessions: Sessions
    calls: int = 0
    minutes: dict[tuple[str, datetime, datetime], tuple[Minute, ...]] = field(default_factory=dict)
    of_session: dict[str, Vwap | None] = field(default_factory=dict)

    def of(self, row: Placement, last: datetime) -> Vwap | None:
        """The price of the order's own interval, otherwise that of its session while that goes on."""
        return self._interval(row, last) or self._session(row, last)

    def _interval(self, row: Placement, last: datetime) -> Vwap | None:
        from brokers.base import TellsMinutes

        broker, instrument = self.broker, row.intent.order.instrument
        since, until = whole_minutes(row.intent.created_at, last)
        if not isinstance(broker, TellsMinutes) or now() < until:
            return None
        key = (instrument.symbol, since, until)
        if key not in self.minutes:
            self.minutes[key] = self._ask(lambda: broker.fetch_minutes(instrument, since, until)) or ()
        return interval_vwap(self.minutes[key], row.intent.created_at, last, now())

    def _session(self, row: Placement, last: datetime) -> Vwap | None:
        """Of no other session than the one it traded in."""
        instrument, day = row.intent.order.instrument, self.sessions.business_date(last)
        if day != self.sessions.business_date(now()):
            return None
        if instrument.symbol not in self.of_session:
            quote = self._ask(lambda: self.broker.fetch_quote(instrument))
            price, opens = quote.vwap if quote else None, self.sessions.opens_at(day)
            self.of_session[instrument.symbol] = Vwap(VwapOf.SESSION, price, opens, now()) if price else None
        return self.of_session[instrument.symbol]

    def _ask(self, call: Callable[[], _Answer]) -> _Answer | None:
        self.calls += 1
        if self.calls > MOST_CALLS:
            return None
        try:
            return call()
        except BrokerError as error:
            run_logger().info("no price: %s", error)
            return None
