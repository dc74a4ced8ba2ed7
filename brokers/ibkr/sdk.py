"""The one place that imports the client library: ib_async, or ib_insync, which it continues, where only that is there.

The two differ in three points that matter here, and all three end in this file: how errors of the start-up requests
are raised, which requests a connection starts with, and that ib_insync wants an event loop at import.
"""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import Any

NAMES = ("ib_async", "ib_insync")  # never both: each brings a module called eventkit


def _library() -> Any:
    for name in NAMES:
        try:
            return import_module(name)
        except ImportError:
            continue
        except RuntimeError:  # ib_insync asks for the event loop of a thread that has none
            asyncio.set_event_loop(asyncio.new_event_loop())
            return import_module(name)
    raise ImportError(f"the ibkr adapter needs {NAMES[0]}")


ibi = _library()
IS_CONTINUED = ibi.__name__ == NAMES[0]


async def connect(ib: Any, host: str, port: int, client_id: int, timeout_s: float) -> None:
    """Connect, with as few requests as the library can do with, and an error for each that is not answered."""
    if IS_CONTINUED:
        await ib.connectAsync(
            host, port, clientId=client_id, timeout=timeout_s, raiseSyncErrors=True, fetchFields=ibi.StartupFetchNONE
        )
        return
    await ib.connectAsync(host, port, clientId=client_id, timeout=timeout_s, readonly=True)


# It logs each position and balance it hears, and its own errors once more: what went wrong is raised here instead
logging.getLogger(ibi.__name__).setLevel(logging.CRITICAL)


def note_orders(ib: Any, ended: dict[int, tuple[str, str]]) -> None:
    """Keep what the library hears of orders and drops: when and how completed ones ended, where a trailing stop stands.

    ended    by permanent number
    """
    hear_completed, hear_open = ib.wrapper.completedOrder, ib.wrapper.openOrder

    def completed(contract: Any, order: Any, state: Any) -> None:
        ended[order.permId] = (state.completedTime, state.completedStatus)
        hear_completed(contract, order, state)

    def opened(order_id: int, contract: Any, order: Any, state: Any) -> None:
        hear_open(order_id, contract, order, state)
        known = ib.wrapper.permId2Trade.get(order.permId)
        if known is not None:
            known.order.trailStopPrice = order.trailStopPrice

    ib.wrapper.completedOrder, ib.wrapper.openOrder = completed, opened
