"""Circuit breakers in the journal: as they stand in `breaker`, and each change for good in `order_event`.

A breaker of a narrower scope than its account is stored under `name:scope`. `state` says what it still allows while it
is off (`halted`, `reduce_only`, `told` for one that stops nothing) and `lifted` once it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql import audit
from sql.load import query
from sql.rows import read_rows
from sql.schema.journal import breaker as table
from sql.schema.journal import order_event
from tieout.breakers import ALL_ACCOUNTS, Breaker, BreakerName, BreakerState, TradingState, Trip, lifted, tripped
from tieout.errors import DataError, StoreError
from tieout.ids import AccountId

_LONGEST = 48  # characters of the column
_STATES = {TradingState.ACTIVE: "told", TradingState.REDUCE_ONLY: "reduce_only", TradingState.HALTED: "halted"}
_EFFECTS = {word: effect for effect, word in _STATES.items()}
_LIFTED = BreakerState.LIFTED.value


def trip(connection: Connection, told: Trip, now: datetime, *, actor: str = "breaker") -> Breaker:
    """Let a breaker go off. Tripping one that is off changes nothing, unless it now stops more or lasts longer.

    now       UTC
    actor     who stops trading: the breaker itself, or the person behind `halt`
    returns   the breaker as it stands
    raises    StoreError where its scope is too long to be stored
    """
    binds = {"account": told.account_id, "name": stored_name(told.name, told.scope), "now": now}
    before = _breaker(read_rows(connection, query("lock_breaker"), binds)[0])
    after = tripped(told, before, now)
    if after != before:
        _write(connection, after)
        numbers = {name: str(number) for name, number in told.numbers}
        _note(connection, after, "breaker_tripped", actor, now, {"numbers": numbers, "told": told.reason})
    return after


def lift(
    connection: Connection,
    account_id: AccountId,
    name: BreakerName,
    scope: str,
    actor: str,
    reason: str,
    now: datetime,
) -> Breaker:
    """Let trading go on.

    actor, reason    who and why, kept with the breaker and in its history
    raises           DataError where either is empty or the breaker is not off
    """
    wanted = select(table).where(table.c.account_id == account_id, table.c.name == stored_name(name, scope))
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update()
    found = read_rows(connection, wanted)
    if not found:
        raise DataError(f"{stored_name(name, scope)} of {account_id} never went off: there is nothing to lift")
    before = _breaker(found[0])
    after = lifted(before, actor, reason, now)
    _write(connection, after)
    _note(connection, after, "breaker_lifted", after.lifted_by or actor, now, {"was": before.reason})
    return after


def read_breakers(connection: Connection, account_id: AccountId | None = None) -> list[Breaker]:
    """Breakers as they stand, lifted ones too, the oldest change first.

    account_id    None for all; otherwise those of the account and those that hold for all accounts
    """
    wanted = select(table).order_by(table.c.since, table.c.account_id, table.c.name)
    if account_id is not None:
        wanted = wanted.where(table.c.account_id.in_([account_id, ALL_ACCOUNTS]))
    return [_breaker(row) for row in read_rows(connection, wanted)]


def breaker_history(connection: Connection, account_id: AccountId) -> list[dict[str, Any]]:
    """Every change of the account's breakers, oldest first; `detail` holds what went off, who, why and the numbers."""
    mine = (order_event.c.account_id == account_id) & order_event.c.event.in_(["breaker_tripped", "breaker_lifted"])
    return read_rows(connection, select(order_event).where(mine).order_by(order_event.c.event_id))


def stored_name(name: BreakerName, scope: str) -> str:
    """The key of a breaker within its account.

    raises    StoreError where the scope is too long
    """
    key = f"{name.value}:{scope}" if scope else name.value
    if len(key) > _LONGEST:
        raise StoreError(f"the breaker {key!r} has more than {_LONGEST} characters and cannot be stored")
    return key


def _breaker(row: Mapping[str, Any]) -> Breaker:
    name, _, scope = row["name"].partition(":")
    is_lifted = row["state"] == _LIFTED
    return Breaker(
        AccountId(row["account_id"]),
        BreakerName(name),
        scope,
        BreakerState.LIFTED if is_lifted else BreakerState.TRIPPED,
        TradingState.ACTIVE if is_lifted else _EFFECTS[row["state"]],
        row["reason"],
        row["since"],
        row["until"],
        row["lifted_by"],
    )


def _write(connection: Connection, one: Breaker) -> None:
    same = (table.c.account_id == one.account_id, table.c.name == stored_name(one.name, one.scope))
    state = _LIFTED if one.state is BreakerState.LIFTED else _STATES[one.effect]
    values = {"state": state, "reason": one.reason, "since": one.since, "until": one.until, "lifted_by": one.lifted_by}
    connection.execute(update(table).where(*same).values(values))


def _note(
    connection: Connection, one: Breaker, event: str, actor: str, now: datetime, more: Mapping[str, object]
) -> None:
    detail = {
        "breaker": one.name.value,
        "scope": one.scope,
        "effect": one.effect.value,
        "reason": one.reason,
        "until": one.until,
        "actor": actor,
        **more,
    }
    values = {"account_id": one.account_id, "event": event, "at": now, "detail": detail}
    connection.execute(insert(order_event).values(values))
    told = {**detail, "account_id": one.account_id}
    subject = stored_name(one.name, one.scope)
    audit.append(connection, actor=actor, action=event.replace("_", "."), subject=subject, detail=told, now=now)
