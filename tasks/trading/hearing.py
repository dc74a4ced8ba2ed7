"""What the venue's stream of orders says while a window has nothing else to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tasks.clock import now
from tieout.errors import Unavailable, Unreadable, Unsupported

if TYPE_CHECKING:
    from brokers.base import Broker
    from sql.journal import Journal
    from tieout.orders import OrderReport
    from tieout.window_plan import WindowRun


def hear(broker: Broker, journal: Journal, work: WindowRun, wait_s: float, told: Callable[[OrderReport], None]) -> bool:
    """Wait for changes of orders, at most so long for the first, and tell of each.

    A frame that could not be read is kept in quarantine. What it said, like all that a gap swallowed, the polls find.

    returns   whether the stream could be heard; otherwise changes may have been missed
    """
    try:
        for report in broker.order_updates(wait_s):
            told(report)
    except Unreadable as error:
        _keep(journal, work, error)
        return False
    except (Unavailable, Unsupported):
        return False
    return True


def _keep(journal: Journal, work: WindowRun, error: Unreadable) -> None:
    from sql.quarantine import keep

    with journal.write() as connection:
        keep(connection, work.account_id, work.run_id, "order updates", str(error), now(), error.received.encode())
