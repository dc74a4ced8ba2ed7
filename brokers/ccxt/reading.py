"""The three parts of an account, each read whole, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from brokers.ccxt.desk import Desk
from brokers.ccxt.markets import off_rules, off_step
from brokers.ccxt.parse.orders import order_report
from brokers.ccxt.parse.positions import position
from brokers.ccxt.worth import Prices, valued
from brokers.http.fields import Row
from brokers.http.reading import Reader, Reading
from brokers.http.unmapped import mapped
from tieout.coins import Held, held
from tieout.errors import Unavailable
from tieout.lanes import Lane
from tieout.orders import OrderReport
from tieout.snapshots import Position


def reader(desk: Desk, clock: Callable[[], datetime]) -> Reader:
    """Reads wallets, positions and open orders; which wallets they were is among the parts that were seen."""
    wallets: list[Held] = []
    prices = Prices(desk)

    def balances(reading: Reading) -> Reading:
        wallets.clear()
        with desk.line.calls("account", Lane.RECONCILIATION):
            named = dict(desk.venue.wallets(desk))
        found = held((line for lines in named.values() for line in lines), desk.base_currency)
        wallets.append(found)
        for name in named:
            reading = reading.with_part(f"wallet {name}", 1)
        return replace(reading, balances=found.balances).with_part("account", len(named))

    def positions(reading: Reading) -> Reading:
        if not wallets:
            raise Unavailable(desk.venue.broker, "what the wallets hold was not read")
        (found,), contracts, pages = wallets, [], 0
        rows: list[Row] = []
        faults: list[str] = []
        with desk.line.calls("positions", Lane.RECONCILIATION):
            desk.markets.require()
            for scoped in desk.in_scope(desk.venue.positions):
                listed = desk.read(scoped.listing, scoped.query, "positions")
                some, unmapped, bad = mapped(listed.rows, partial(_position, desk, scoped.kinds))
                contracts += [one for one in some if one is not None]
                rows, faults, pages = [*rows, *unmapped], [*faults, *bad], pages + listed.pages
        listed_in = [(one, desk.markets.find(one.instrument)) for one in contracts]
        off = [told for one, market in listed_in if market is not None for told in off_step(one, market)]
        reading = replace(reading, positions=(*found.positions, *contracts), off_rules=(*reading.off_rules, *off))
        return reading.with_part("positions", pages, rows, faults)

    def orders(reading: Reading) -> Reading:
        working: list[OrderReport] = []
        rows: list[Row] = []
        faults: list[str] = []
        pages = 0
        with desk.line.calls("orders", Lane.RECONCILIATION):
            desk.markets.require()
            for scoped in desk.in_scope(desk.venue.open_orders):
                listed = desk.read(scoped.listing, scoped.query, "orders")
                some, unmapped, bad = mapped(listed.rows, partial(report_of, desk, scoped.kinds))
                working, rows, faults = [*working, *some], [*rows, *unmapped], [*faults, *bad]
                pages += listed.pages
        listed_in = [(one, desk.markets.find(one.instrument)) for one in working if one.instrument is not None]
        off = [told for one, market in listed_in if market is not None for told in off_rules(one, market)]
        reading = replace(reading, orders=tuple(working), off_rules=(*reading.off_rules, *off))
        return reading.with_part("orders", pages, rows, faults)

    def worth(reading: Reading) -> Reading:
        margin = wallets[0].free if wallets and desk.venue.margin_is_coin(desk) else None
        return valued(reading, prices, desk.base_currency, margin)

    return Reader(clock, (("account", balances), ("positions", positions), ("orders", orders), ("worth", worth)))


def report_of(desk: Desk, kinds: tuple[str, ...], row: Row) -> OrderReport:
    """The report of an order's row."""
    record, market = desk.record(row, kinds, "parse_order")
    return order_report(record, market, desk.venue.order_words)


def _position(desk: Desk, kinds: tuple[str, ...], row: Row) -> Position | None:
    told = Row(desk.venue.told(desk, row.values), row.where)
    return position(told, desk.market(told, kinds), desk.venue.position_words)
