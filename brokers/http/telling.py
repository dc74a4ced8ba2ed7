"""What is common to telling a venue something over HTTP."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from brokers.http.fields import Row, row
from tieout.errors import Malformed
from tieout.ids import ClientOrderId
from tieout.orders import OrderReport


def about(client_order_id: ClientOrderId, parse: Callable[[Row], OrderReport]) -> Callable[[object], OrderReport]:
    """Reads the report of the order that was told; an answer about another one is no answer."""

    def read(body: object) -> OrderReport:
        report = parse(row(body, "order"))
        if report.client_order_id != client_order_id:
            raise Malformed(f"the answer is about order {report.client_order_id}, not {client_order_id}")
        return report

    return read


def rfc3339(moment: datetime) -> str:
    """UTC with microseconds and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_loopback(url: str) -> bool:
    """Whether the host of `url` is this machine: a rehearsal or a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
