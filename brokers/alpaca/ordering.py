"""The order side: looked up by our own id, told once, and never guessed at."""

from __future__ import annotations

from dataclasses import replace

from brokers.alpaca.parse.orders import order_report, order_request, replace_request
from brokers.alpaca.parse.symbols import Multiply
from brokers.alpaca.refusals import BROKER
from brokers.alpaca.rules import against, require_replaceable
from brokers.base import Capabilities
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.errors import unreadable
from brokers.http.fields import row
from brokers.http.kinds import require_supported
from brokers.http.telling import about
from tieout.errors import BrokerError, Malformed, NotFound
from tieout.ids import ClientOrderId
from tieout.orders import Order, OrderReport

_NOT_FOUND = "40410000"  # the venue's own word; a 404 without it may be a proxy's


def fetch_order(ask: Ask, multipliers: Multiply, client_order_id: ClientOrderId) -> OrderReport | None:
    """The order under our id, None only when the venue itself said that there is none."""
    request = Request(
        "order", "GET", "/v2/orders:by_client_order_id", {"client_order_id": client_order_id, "nested": "true"}
    )
    try:
        found = ask(request, lambda body: row(body, "order"))
    except NotFound as error:
        if error.code == _NOT_FOUND:
            return None
        raise unreadable(BROKER, f"a 404 that is not the venue's own: {error.reason}", error.reason) from None
    try:
        return order_report(found, multipliers([found]))
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error


def submit(ask: Ask, order: Order, capabilities: Capabilities) -> OrderReport:
    """Send the order once.

    raises   Unsupported before anything is sent; leaves of Rejected; Ambiguous where the answer was lost or unreadable
    """
    require_supported(order, capabilities, *against(order))
    return ask(Request("order", "POST", "/v2/orders", order_request(order)), about(order.client_order_id, order_report))


def replace_order(
    ask: Ask, multipliers: Multiply, client_order_id: ClientOrderId, order: Order, capabilities: Capabilities
) -> OrderReport:
    """Replace a working order: the venue makes a new one under `order.client_order_id`.

    raises   Unsupported where it would change exits or legs, which have ids of their own; NotFound where there is no
             order under the old id, leaves of Rejected, Ambiguous
    """
    require_supported(order, capabilities, *against(order))
    known = _required(ask, multipliers, client_order_id)
    require_replaceable(known, order)
    request = Request("order", "PATCH", f"/v2/orders/{known.broker_order_id}", replace_request(order))
    return ask(request, about(order.client_order_id, order_report))


def cancel(ask: Ask, multipliers: Multiply, client_order_id: ClientOrderId) -> OrderReport:
    """Ask for the cancel, and say how the order stands after it: 204 means requested, not yet done.

    raises   NotFound, Rejected where it can no longer be cancelled, Ambiguous where the answer was lost
    """
    known = _required(ask, multipliers, client_order_id)
    ask(Request("order", "DELETE", f"/v2/orders/{known.broker_order_id}"), lambda _: None)
    try:
        return fetch_order(ask, multipliers, client_order_id) or known
    except BrokerError:
        return replace(known, venue_status="pending_cancel")  # asked for, and its effect not seen


def _required(ask: Ask, multipliers: Multiply, client_order_id: ClientOrderId) -> OrderReport:
    known = fetch_order(ask, multipliers, client_order_id)
    if known is None:
        raise NotFound(BROKER, f"no order under {client_order_id}", code=_NOT_FOUND)
    return known
