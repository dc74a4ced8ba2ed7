"""The order side: looked up by our own id, told once, and never guessed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from brokers.ccxt.desk import Desk
from brokers.ccxt.markets import Market, amount_of, in_units, is_among, limit_of, trigger_of
from brokers.ccxt.paging import dig, pick, rows_in
from brokers.ccxt.parse.orders import acknowledged, order_report
from brokers.ccxt.reading import report_of
from brokers.ccxt.statements import fetch_orders
from brokers.ccxt.venue import Lookup, Priced
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.kinds import require_supported
from tieout.errors import Ambiguous, BrokerError, Malformed, NotFound, Unavailable, Unsupported
from tieout.hedge import leg_of
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.lanes import Lane
from tieout.orders import Order, OrderReport

_AHEAD = timedelta(minutes=5)  # the venue's clock may be before ours


def fetch_order(desk: Desk, client_order_id: ClientOrderId) -> OrderReport | None:
    """The order under our id, from every place where the venue keeps such; None only where all of them said no.

    raises   Unavailable where the venue looks up in one market only and nobody has named the order's
    """
    asked, everywhere, proves = False, True, True
    with desk.line.calls("order", Lane.ORDERS, order=client_order_id):
        desk.markets.require()
        for lookup in desk.venue.lookups:
            if not desk.products & set(lookup.products):
                continue
            markets = _markets(desk, lookup, client_order_id)
            everywhere, proves = everywhere and markets is not None, proves and not lookup.active_only
            for market in markets or ():
                asked = True
                row = _found(desk, lookup, market, client_order_id)
                if row is not None:
                    return _read(desk, row, lookup.kinds)
    return None if asked and everywhere and proves else _in_lists(desk, client_order_id)


def submit(desk: Desk, order: Order) -> OrderReport:
    """Send the order once.

    raises   Unsupported, NotTradable, InvalidOrder before anything is sent; leaves of Rejected; Ambiguous where the
             answer was lost, unreadable, or about another order
    """
    require(desk, order)
    market, priced = _priced(desk, order)
    desk.concerned[order.client_order_id] = order.instrument
    with desk.line.calls("order", Lane.ORDERS, tells=True, order=order.client_order_id):
        record = desk.venue.create(desk, order, market, priced)
        return _told(desk, record, order, market, priced)


def replace_order(desk: Desk, client_order_id: ClientOrderId, order: Order) -> OrderReport:
    """Replace a working order by a new one under its own id, where the venue does both in one step.

    raises   Unsupported where it does not; NotFound where there is no order under the old id; as `submit`
    """
    require(desk, order)
    if not desk.venue.capabilities.replaces:
        raise Unsupported(desk.venue.broker, desk.venue.no_replace)
    known = _required(desk, client_order_id)
    market, priced = _priced(desk, order)
    desk.concerned[order.client_order_id] = order.instrument
    with desk.line.calls("order", Lane.ORDERS, tells=True, order=order.client_order_id):
        record = desk.venue.replace(desk, known.broker_order_id, order, market, priced)
        return replace(_told(desk, record, order, market, priced), replaces=known.broker_order_id)


def cancel(desk: Desk, client_order_id: ClientOrderId) -> OrderReport:
    """Ask for the cancel, and say how the order stands after it.

    raises   NotFound, Rejected where it can no longer be cancelled, Ambiguous where the answer was lost
    """
    known = _required(desk, client_order_id)
    if known.instrument is None:
        raise Unavailable(desk.venue.broker, f"order {client_order_id} names no market that is known")
    market = desk.markets.of(known.instrument)
    with desk.line.calls("order", Lane.ORDERS, tells=True, order=client_order_id):
        desk.exchange.cancel_order(known.broker_order_id, market["symbol"], desk.venue.cancelling(desk, market))
    try:
        return fetch_order(desk, client_order_id) or known
    except BrokerError:
        return replace(known, venue_status="pending_cancel")  # asked for, and its effect not seen


def require(desk: Desk, order: Order) -> None:
    """Raises Unsupported before anything is sent, naming all that is in the way."""
    require_supported(order, desk.venue.capabilities, *desk.venue.against(order), *_against(desk, order))


def _against(desk: Desk, order: Order) -> Iterator[str]:
    if desk.hedged and order.instrument.is_margined and leg_of(order.instrument) is None:
        yield "orders that name no leg: the account is in hedge mode"
    if not desk.hedged and leg_of(order.instrument) is not None:
        yield "orders of a leg: the account is in one-way mode"


def _priced(desk: Desk, order: Order) -> tuple[Market, Priced]:
    market = desk.markets.open_for(order.instrument)
    limit = None if order.limit_price is None else limit_of(order.limit_price, order.side, market)
    trigger = None if order.stop_price is None else trigger_of(order.stop_price, order.side, market)
    return market, Priced(amount_of(order, market, desk.venue.broker), limit, trigger)


def _told(desk: Desk, record: Any, order: Order, market: Market, priced: Priced) -> OrderReport:
    """The venue's answer to an order. Raises Ambiguous where it is not surely about this one."""
    number = record.get("id") if isinstance(record, dict) else None
    if not number:
        raise Ambiguous(desk.venue.broker, f"the answer to order {order.client_order_id} has no number of an order")
    echoed = pick(record.get("info"), desk.venue.order_words.client) or record.get("clientOrderId")
    if echoed and echoed != order.client_order_id:
        raise Ambiguous(desk.venue.broker, f"the answer is about order {echoed}, not {order.client_order_id}")
    if record.get("status") is None or record.get("amount") is None:
        return acknowledged(str(number), order, order.instrument, in_units(priced.amount, market))
    try:
        report = order_report(record, market, desk.venue.order_words)
    except Malformed as error:
        raise Ambiguous(desk.venue.broker, f"unreadable answer to order {order.client_order_id}: {error}") from error
    return replace(report, client_order_id=order.client_order_id, instrument=order.instrument)


def _required(desk: Desk, client_order_id: ClientOrderId) -> OrderReport:
    known = fetch_order(desk, client_order_id)
    if known is None:
        raise NotFound(desk.venue.broker, f"no order under {client_order_id}")
    return known


def _markets(desk: Desk, lookup: Lookup, client_order_id: ClientOrderId) -> list[Market | None] | None:
    """The markets to ask about an order: its own where it is known, otherwise all that the account trades in.

    Empty where the order is known to be in a market of another kind; None where nobody knows where to ask.
    """
    if not lookup.market:
        return [None]
    known: Instrument | None = desk.concerned.get(client_order_id)
    if known is not None:
        market = desk.markets.of(known)
        return [market] if is_among(market, lookup.kinds) else []
    return [*desk.named_markets(lookup.kinds)] if desk.symbols else None


def _found(desk: Desk, lookup: Lookup, market: Market | None, client_order_id: ClientOrderId) -> Row | None:
    query: dict[str, object] = {**lookup.query, lookup.param: client_order_id}
    if market is not None:
        query[lookup.market] = market["id"]
    try:
        answer = desk.call(lookup.method, query)
    except NotFound:
        return None
    if lookup.many:
        rows = rows_in(answer, lookup.path, "order", keyed=lookup.keyed)
        return next((row for row in rows if _client_of(desk, row.values) == client_order_id), None)
    content = dig(answer, lookup.path)
    if lookup.null_is_none and not content:
        return None
    if not isinstance(content, dict) or not content:
        raise unreadable(
            desk.venue.broker, f"order {client_order_id}: an object was expected, got {content!r}"[:200], ""
        )
    return Row(content, f"order {client_order_id}")


def _client_of(desk: Desk, row: Mapping[str, object]) -> object:
    return pick(dict(row), desk.venue.order_words.client)


def _read(desk: Desk, row: Row, kinds: tuple[str, ...]) -> OrderReport:
    try:
        return report_of(desk, kinds, row)
    except Malformed as error:
        raise unreadable(desk.venue.broker, str(error), error.received) from error


def _in_lists(desk: Desk, client_order_id: ClientOrderId) -> OrderReport | None:
    """The order among those that work, however old, or among all of the last days.

    raises   Unavailable where the venue lists the latter by their market: that the order works no more proves nothing
    """
    with desk.line.calls("order", Lane.ORDERS, order=client_order_id):
        for scoped in desk.in_scope(desk.venue.open_orders):
            for row in desk.read(scoped.listing, scoped.query, "orders").rows:
                if _client_of(desk, row.values) == client_order_id:
                    return _read(desk, row, scoped.kinds)
    if not any(one.market for one in desk.in_scope(desk.venue.all_orders)):
        now = desk.now()
        listed = fetch_orders(desk, now - desk.venue.remembers, now + _AHEAD)
        return next((one for one in listed if one.client_order_id == client_order_id), None)
    raise Unavailable(
        desk.venue.broker,
        f"order {client_order_id} is looked up market by market here: name the account's markets in options.symbols",
    )
