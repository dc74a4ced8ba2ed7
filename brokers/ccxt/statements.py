"""Executions, orders and activities of a window, each list read to its end or not returned at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from brokers.ccxt.desk import Desk
from brokers.ccxt.markets import Market
from brokers.ccxt.paging import Pages
from brokers.ccxt.parse.executions import execution
from brokers.ccxt.parse.ledger import FORCED, FORCED_WORDS, activity
from brokers.ccxt.reading import report_of
from brokers.ccxt.venue import Ledger, Scoped
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.unmapped import readable
from tieout.errors import Unavailable, Unsupported
from tieout.lanes import Lane
from tieout.orders import OrderReport
from tieout.records import Activity, ActivityKind, Execution, Fetched


def fetch_executions(desk: Desk, since: datetime, until: datetime) -> Fetched[Execution]:
    """Trades in (since, until], UTC, oldest first.

    raises   a leaf of Unavailable where a page failed, repeats, or holds a field that cannot be read
    """
    found: dict[str, Execution] = {}
    unmapped: list[str] = []
    notes: list[str] = []
    pages = 0
    with desk.line.calls("executions", Lane.RECONCILIATION):
        desk.markets.require()
        for scoped in desk.in_scope(desk.venue.trades):
            forced = desk.venue.forced(desk, scoped, since, until)
            for listed in _listed(desk, scoped, since, until, notes):
                rows = [row for row in listed.rows if desk.venue.own_row(row.values)]
                rows = [row for row in rows if forced is None or not forced.kind(row.values)]
                some, unknown = readable(desk.venue.broker, rows, partial(_execution, desk, scoped.kinds))
                found |= {one.execution_id: one for one in some}
                unmapped += unknown
                pages += listed.pages
    within = [one for one in found.values() if since < one.executed_at <= until]
    ordered = tuple(sorted(within, key=lambda one: (one.executed_at, one.execution_id)))
    return Fetched(ordered, pages, tuple(unmapped), tuple(dict.fromkeys(notes)))


def fetch_orders(desk: Desk, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
    """Orders of every state submitted in (since, until], oldest first.

    raises   Unreadable where one of them cannot be read: half a list is never returned as a whole one
    """
    found: dict[str, OrderReport] = {}
    with desk.line.calls("orders", Lane.ORDERS):
        desk.markets.require()
        # What works first: an order that ends between two lists then stands in the second, and not in neither.
        for scoped in desk.in_scope((*desk.venue.open_orders, *desk.venue.all_orders)):
            for listed in _listed(desk, scoped, since, until, []):
                rows = [row for row in listed.rows if desk.venue.is_order(row.values)]
                some, unknown = readable(desk.venue.broker, rows, partial(report_of, desk, scoped.kinds))
                if unknown:
                    raise unreadable(desk.venue.broker, f"{len(unknown)} orders have no instrument we know", unknown[0])
                for one in some:
                    known = found.get(one.broker_order_id)
                    if known is None or known.filled_quantity <= one.filled_quantity:  # histories may lag behind
                        found[one.broker_order_id] = one
    within = [one for one in found.values() if one.submitted_at is None or since < one.submitted_at <= until]
    return tuple(sorted(within, key=lambda one: (one.submitted_at or since, one.broker_order_id)))


def fetch_activities(desk: Desk, since: datetime, until: datetime) -> Fetched[Activity]:
    """Everything of the ledgers in (since, until] that is no trade, UTC, oldest first.

    raises   as `fetch_executions`
    """
    found: dict[str, Activity] = {}
    unmapped: list[str] = []
    notes: list[str] = []
    pages = 0
    with desk.line.calls("activities", Lane.RECONCILIATION):
        desk.markets.require()
        for ledger in desk.venue.ledgers:
            for scoped in desk.in_scope([ledger.scoped]):
                if not desk.venue.has(desk, scoped):
                    notes.append(f"not told where the account lives: {scoped.listing.method}")
                    continue
                for listed in _listed(desk, scoped, since, until, notes):
                    some, unknown = _activities(desk, ledger, listed.rows)
                    found |= some
                    unmapped += unknown
                    pages += listed.pages
        for scoped in desk.in_scope(desk.venue.trades):
            forced = desk.venue.forced(desk, scoped, since, until)
            if forced is not None:
                ledger = Ledger(scoped, FORCED_WORDS, forced.rows)
                for listed in _listed(desk, scoped, since, until, notes):
                    closed = [row for row in listed.rows if forced.kind(row.values)]
                    some, unknown = _activities(desk, ledger, closed)
                    found |= some
                    unmapped += unknown
                    pages += listed.pages
    within = [one for one in found.values() if since < one.occurred_at <= until]
    ordered = tuple(sorted(within, key=lambda one: (one.occurred_at, one.activity_id)))
    return Fetched(ordered, pages, tuple(unmapped), tuple(dict.fromkeys(notes)))


def fetch_ledger(desk: Desk, kind: ActivityKind, since: datetime, until: datetime) -> Fetched[Activity]:
    """As `fetch_activities`, of one kind.

    raises   Unsupported where no ledger in scope tells of such, before anything is sent: an empty list would say that
             there was none
    """
    words = [one.words for one in desk.venue.ledgers if desk.in_scope([one.scoped])]
    if kind not in FORCED and not any(kind is told for one in words for told in (*one.kinds.values(), one.rest)):
        why = desk.venue.no_kind.get(kind, f"none of {', '.join(sorted(desk.products))} has it")
        raise Unsupported(desk.venue.broker, f"tells of no {kind}: {why}")
    found = fetch_activities(desk, since, until)
    return replace(found, records=tuple(one for one in found.records if one.kind is kind))


def _activities(desk: Desk, ledger: Ledger, rows: list[Row]) -> tuple[dict[str, Activity], Iterable[str]]:
    """Activities of a ledger's rows by their ids, and the rows about what has no key of ours. Raises Unreadable."""
    single = rows if ledger.expand is None else [one for row in rows for one in ledger.expand(row)]
    read, unknown = readable(
        desk.venue.broker, single, lambda row: activity(row, ledger.words, desk.coin, desk.contract)
    )
    return {one.activity_id: one for one in read if one is not None}, unknown


def _listed(desk: Desk, scoped: Scoped, since: datetime, until: datetime, notes: list[str]) -> Iterator[Pages]:
    """A list of a window; market by market where the venue has it no other way, and then a note of which."""
    part = scoped.listing.method
    if not scoped.market:
        for query in desk.venue.parts(desk, scoped):
            yield desk.read_between(scoped.listing, {**scoped.query, **query}, since, until, part)
        return
    markets = _asked_for(desk, scoped, since, until)
    if not markets and not desk.symbols and not desk.venue.tells_traded(scoped):
        raise Unavailable(
            desk.venue.broker, "trades and orders are told market by market here: name the account's in options.symbols"
        )
    notes.append(f"read market by market: {', '.join(str(one['symbol']) for one in markets) or 'none'}")
    for market in markets:
        yield desk.read_between(scoped.listing, {**scoped.query, scoped.market: market["id"]}, since, until, part)


def _asked_for(desk: Desk, scoped: Scoped, since: datetime, until: datetime) -> list[Market]:
    told = desk.venue.traded_in(desk, scoped, since, until)
    named = {str(one["symbol"]): one for one in desk.named_markets(scoped.kinds)}
    return list((named | {str(one["symbol"]): one for one in told}).values())


def _execution(desk: Desk, kinds: tuple[str, ...], row: Row) -> Execution:
    record, market = desk.record(row, kinds, "parse_trade")
    return execution(record, market, desk.venue.trade_words)
