"""Whether trading stopped between risk's word and the send. Asked in the transaction that commits the send, and again
at the last look before it: risk may have spoken long ago, while a person was asked or a venue could not be reached.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tieout.halting import FLATTEN
from tieout.kept_exits import KEPT
from tieout.placement import Placement
from tieout.stops import stop_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def stopped(journal: Connection, row: Placement, now: datetime) -> str | None:
    """Why the order may not leave, None where it may.

    Closing orders of a halt and exits that we keep leave in any case: risk let them through because they only reduce.
    """
    from sql.breakers import read_breakers

    if row.intent.window in (FLATTEN, KEPT):
        return None
    return stop_of(row.intent, read_breakers(journal, row.intent.account_id), now)
