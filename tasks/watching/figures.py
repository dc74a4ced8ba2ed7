"""Reading what the metrics show from both stores."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tasks.rotation.expiry import read_calendar
from tasks.watching.metrics import Figures
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal

_DAY_S = Decimal(86_400)


def read_figures(settings: Settings, journal: Journal, now: datetime) -> Figures:
    """As they stand.

    raises    StoreError where a store cannot be read
    """
    from sql.alert_messages import count_waiting
    from sql.figures import count_open_breaks, count_unknown_orders, read_newest_snapshots
    from sql.warehouse import Warehouse

    with journal.read() as connection:
        breaks, orders = count_open_breaks(connection), count_unknown_orders(connection)
        waiting = count_waiting(connection)
    days = {
        one.credential_id: Decimal(str((one.deadline - now).total_seconds())) / _DAY_S
        for one in read_calendar(journal, settings)
        if one.deadline is not None
    }
    with closing(Warehouse.open(settings.warehouse_url)) as opened, opened.read() as warehouse:
        return Figures(breaks, orders, read_newest_snapshots(warehouse), days, waiting)
