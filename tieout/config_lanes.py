"""`[accounts.NAME.lanes]`: who may spend how much of an account's request budget, and how long each waits for room."""

from __future__ import annotations

from decimal import Decimal

from tieout.lanes import Lanes
from tieout.settings import AccountSettings
from tieout.toml_table import TomlTable


def parse_lanes(table: TomlTable) -> Lanes:
    """The rule of one account. Raises ConfigError for shares that let a lower lane go before a higher one."""
    usual = Lanes()
    lanes = Lanes(
        reconciliation_share=_share(table, "reconciliation_share", usual.reconciliation_share),
        data_share=_share(table, "data_share", usual.data_share),
        orders_wait_s=table.seconds("orders_wait_s", usual.orders_wait_s),
        reconciliation_wait_s=table.seconds("reconciliation_wait_s", usual.reconciliation_wait_s),
        data_wait_s=table.seconds("data_wait_s", usual.data_wait_s),
    )
    table.close()
    if lanes.data_share > lanes.reconciliation_share:
        raise table.complain("data_share", f"must not be above reconciliation_share, {lanes.reconciliation_share}")
    return lanes


def require_in_flight(table: TomlTable, settings: AccountSettings) -> None:
    """An order that waits for room is under way: it must leave while a request of ours may still be.

    raises    ConfigError where it may wait longer than `timeout_s`; whoever takes a run over waits twice that long
    """
    if settings.lanes.orders_wait_s > settings.timeout_s:
        raise table.complain("lanes.orders_wait_s", f"must not be above timeout_s, {settings.timeout_s:g}")


def _share(table: TomlTable, key: str, default: Decimal) -> Decimal:
    share = table.number(key, default)
    if not 0 < share <= 1:
        raise table.complain(key, f"must be above 0 and at most 1, was {share}")
    return share
