"""Intents of which something may be left to do, whatever window or session they are from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, or_

from sql.placements import read_placement, select_placements
from sql.schema.journal import intent
from tieout.ids import AccountId
from tieout.orders import OrderState
from tieout.placement import TERMINAL, Placement

_WITH_A_REST = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})


def read_unsettled(connection: Connection, accounts: Collection[AccountId], since: date) -> tuple[Placement, ...]:
    """Those that have not ended, however old; of sessions from `since` on, those that may have more to book, too."""
    unbooked = intent.c.filled != intent.c.booked
    late = (intent.c.business_date >= since) & or_(unbooked, intent.c.state.in_(sorted(_WITH_A_REST)))
    left = or_(intent.c.state.not_in(sorted(TERMINAL)), late)
    return select_placements(connection, intent.c.account_id.in_(sorted(accounts)), left)


def root_of(connection: Connection, row: Placement) -> Placement:
    """The intent that a decision began with."""
    while row.intent.parent_id is not None:
        row = read_placement(connection, row.intent.parent_id)
    return row
