"""The `[accounts.NAME.routes]` tables: who goes on with the rest of an order, by asset class and in order."""

from __future__ import annotations

from collections.abc import Mapping

from tieout.ids import AccountId
from tieout.instruments import AssetClass
from tieout.settings import AccountSettings
from tieout.toml_table import TomlTable, nearest


def parse_routes(table: TomlTable) -> dict[AssetClass, tuple[AccountId, ...]]:
    """Account names by asset class."""
    found = {one: _names(table, one.value) for one in AssetClass if table.has(one.value)}
    table.close()
    return found


def require_routes(tables: TomlTable, accounts: Mapping[AccountId, AccountSettings]) -> None:
    """Every route leads to another configured account of the same mode and currency.

    raises    ConfigError naming the table
    """
    for name, account in accounts.items():
        table = tables.table(name).table("routes")
        for one, routes in account.routes.items():
            for route in routes:
                if reason := _why_not(account, accounts.get(route)):
                    raise table.complain(one.value, f"names {route!r}, {reason}; {nearest(route, accounts)}")


def _names(table: TomlTable, key: str) -> tuple[AccountId, ...]:
    value = table.content[key]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise table.complain(key, f"must be a list of account names, was {value!r}")
    return tuple(AccountId(one) for one in value)


def _why_not(account: AccountSettings, other: AccountSettings | None) -> str | None:
    """An order must not wander from paper to real money, nor into another currency."""
    if other is None:
        return "which is not configured"
    if other.account.account_id == account.account.account_id:
        return "which is the account itself"
    if other.account.mode is not account.account.mode:
        return f"which is {other.account.mode}, while this account is {account.account.mode}"
    if other.account.base_currency != account.account.base_currency:
        return f"which is kept in {other.account.base_currency}"
    return None
