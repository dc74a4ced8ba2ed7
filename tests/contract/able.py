"""What a venue cannot do is skipped, with the words of its own capability row."""

from __future__ import annotations

import pytest

from brokers.base import Broker
from brokers.http.kinds import require_supported
from tieout.errors import Unsupported
from tieout.orders import Order


def require(broker: Broker, capability: str) -> None:
    """Go on where the venue has a capability."""
    if not getattr(broker.capabilities, capability):
        pytest.skip(f"{broker.capabilities.broker}: {capability} is not among its capabilities")


def require_takes(broker: Broker, *orders: Order) -> None:
    """Go on where the venue takes orders of these kinds."""
    for order in orders:
        try:
            require_supported(order, broker.capabilities)
        except Unsupported as lacking:
            pytest.skip(str(lacking))
        if order.quantity % 1 and order.instrument.asset_class not in broker.capabilities.fractional:
            pytest.skip(f"{broker.capabilities.broker}: takes no fractions of {order.instrument.asset_class}")
