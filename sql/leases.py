"""Only one hand on an account: leases with fencing tokens, in the journal.

A lease runs out by itself, so that a dead run does not block the next. A run that was only slow then finds its token
old: it must check it in the same transaction as what it writes, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from sql.load import query
from sql.rows import read_rows
from sql.schema.journal import lease as table
from tieout.errors import StoreError

_HELD = select(table.c.token, table.c.holder, table.c.released).where(table.c.lease_key == bindparam("lease_key"))
_LOCKED = {"sqlite": _HELD, "postgresql": _HELD.with_for_update()}


class HeldByAnotherError(StoreError):
    """Somebody else holds the lease, or has taken it over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was granted; `token` grows with every grant of the same key."""

    key: str  # account:flow:session
    holder: str
    token: int


def acquire(
    connection: Connection,
    key: str,
    holder: str,
    now: datetime,
    ttl: timedelta,
    is_dead: Callable[[str], bool] = lambda _: False,
) -> Lease:
    """Take a lease that is free, released, run out or left by the dead. The holder's own is granted again.

    now      UTC
    ttl      how long it holds without being renewed
    is_dead  whether a holder is known to be gone; the new token refuses it even if that was wrong
    raises   HeldByAnotherError naming the holder and the end of a lease that somebody else holds
    """
    found = read_rows(connection, select(table).where(table.c.lease_key == key))
    abandoned = [row["holder"] for row in found if not row["released"] and is_dead(row["holder"])]
    binds = {"lease_key": key, "holder": holder, "now": now, "expires_at": now + ttl}
    token = connection.execute(query("take_lease"), binds | {"abandoned": "".join(abandoned)}).scalar_one_or_none()
    if token is None:
        row = read_rows(connection, select(table).where(table.c.lease_key == key))[0]
        raise HeldByAnotherError(
            f"{key} is being worked on by {row['holder']} until {row['expires_at']:%Y-%m-%d %H:%M:%S} UTC. "
            "Wait for that run to end; if it died, the lease runs out by itself."
        )
    return Lease(key, holder, int(token))


def renew(connection: Connection, lease: Lease, now: datetime, ttl: timedelta) -> None:
    """Hold a lease longer.

    raises    StoreError where it was taken over or released
    """
    check_token(connection, lease)
    connection.execute(update(table).where(table.c.lease_key == lease.key).values(expires_at=now + ttl))


def release(connection: Connection, lease: Lease, now: datetime) -> None:
    """Give a lease back. One that somebody else has taken over meanwhile is left alone."""
    mine = (table.c.lease_key == lease.key) & (table.c.token == lease.token)
    connection.execute(update(table).where(mine).values(released=True, expires_at=now))


def check_token(connection: Connection, lease: Lease) -> None:
    """Refuse a zombie: fencing, to be asked in the transaction that writes. The lease is locked until that ends.

    raises    HeldByAnotherError where the token is old or the lease was released
    """
    found = read_rows(connection, _LOCKED[connection.dialect.name], {"lease_key": lease.key})
    if found and found[0]["token"] == lease.token and not found[0]["released"]:
        return
    now_held = f"token {found[0]['token']} of {found[0]['holder']}" if found else "nobody"
    raise HeldByAnotherError(
        f"{lease.key}: this run's lease (token {lease.token}) is no longer valid, it is held by {now_held}. "
        "The run was overtaken and may write nothing more."
    )
