"""The `[windows.NAME]`, `[approvers.NAME]` and `[calendars]` tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from tieout.accounts import Account
from tieout.approvers import Approver, Role
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.orders import TimeInForce
from tieout.toml_table import TomlTable, nearest
from tieout.windows import AtEnd, Moment, Window, moment, usual


def parse_windows(root: TomlTable, accounts: Iterable[Account]) -> tuple[Window, ...]:
    """The configured windows in the order of the file; the usual ones where there is no such table."""
    if not root.has("windows"):
        return usual(accounts)
    tables, known = root.table("windows"), [one.account_id for one in accounts]
    return tuple(_window(name, tables.table(name), known) for name in tables.content)


def parse_approvers(root: TomlTable) -> dict[str, Approver]:
    """Who may approve, by name."""
    tables = root.table("approvers")
    return {name: _approver(name, tables.table(name)) for name in tables.content}


@dataclass(frozen=True, slots=True)
class Announced:
    """What an exchange announced that its calendar does not know yet.

    closures        days without a session
    early_closes    days and the hours at which it closes then, by the exchange's own clock
    """

    closures: tuple[date, ...]
    early_closes: tuple[tuple[date, time], ...]


def parse_announced(root: TomlTable) -> dict[str, Announced]:
    """Days on which an exchange stays closed or closes early although its calendar does not know it, by calendar."""
    tables = root.table("calendars")
    return {name: _announced(tables, name) for name in tables.content if tables.has(name)}


def _window(name: str, table: TomlTable, known: list[AccountId]) -> Window:
    window = Window(
        name,
        _moment(table, "begins"),
        _moment(table, "ends"),
        _accounts(table, known),
        table.choice("at_end", AtEnd, AtEnd.CANCEL),
        table.choice("time_in_force", TimeInForce, TimeInForce.DAY),
    )
    table.close()
    return window


def _moment(table: TomlTable, key: str) -> Moment:
    text = table.required(key, "write a moment such as open+30m or close-15m")
    try:
        return moment(text)
    except ConfigError as error:
        raise table.complain(key, str(error)) from None


def _accounts(table: TomlTable, known: list[AccountId]) -> tuple[AccountId, ...]:
    named = table.content["accounts"] if table.has("accounts") else []
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise table.complain("accounts", f"must be a list of account names, was {named!r}")
    for one in named:
        if one not in known:
            raise table.complain("accounts", f"names {one!r}, which is not configured; {nearest(one, known)}")
    return tuple(AccountId(one) for one in named)


def _approver(name: str, table: TomlTable) -> Approver:
    code = table.reference_or_none("totp")
    if code is None:
        raise table.complain("totp", "is missing: name where the secret of their one-time codes is kept, env:DESK_TOTP")
    most = table.number("up_to", Decimal(0)) if table.has("up_to") else None
    approver = Approver(name, code, most, table.choice("role", Role, Role.APPROVER))
    table.close()
    return approver


def _announced(table: TomlTable, name: str) -> Announced:
    values = table.content[name]
    if not isinstance(values, list):
        raise table.complain(name, f'must be a list such as [2026-12-05, "2026-12-24 13:00"], was {values!r}')
    days = [_day(table, name, one) for one in values]
    early = tuple((day, hour) for day, hour in days if hour is not None)
    return Announced(tuple(day for day, hour in days if hour is None), early)


def _day(table: TomlTable, name: str, value: object) -> tuple[date, time | None]:
    """A date alone is a closure, a date with an hour an early close."""
    day, _, hour = str(value).replace("T", " ").partition(" ")
    try:
        return date.fromisoformat(day), time.fromisoformat(hour) if hour else None
    except ValueError:
        what = 'which is no date such as 2026-12-05, nor an early close such as "2026-12-24 13:00"'
        raise table.complain(name, f"holds {value!r}, {what}") from None
