"""The `[large_positions]` table: thresholds from which somebody may have to file, and how many shares there are.

[large_positions]
managed_value = 100000000     # USD
not_reported = ["TCEHY"]

[large_positions.shares_outstanding]
KO = "2026-02-17 4300000000"  # date of the count and shares
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from tieout.errors import Malformed
from tieout.ids import AccountId
from tieout.large_settings import LargePositionSettings, SharesOutstanding
from tieout.money import exact
from tieout.toml_table import TomlTable, nearest


def parse_large(root: TomlTable, accounts: Collection[AccountId]) -> LargePositionSettings:
    """The table, or the defaults where it is not written.

    raises    ConfigError naming the key and what to write instead, an account that is not configured included
    """
    usual, table = LargePositionSettings(), root.table("large_positions")
    found = LargePositionSettings(
        accounts=_accounts(table, accounts),
        managed_value=table.number("managed_value", usual.managed_value),
        owned_share=table.number("owned_share", usual.owned_share),
        day_shares=table.number("day_shares", usual.day_shares),
        day_value=table.number("day_value", usual.day_value),
        month_shares=table.number("month_shares", usual.month_shares),
        month_value=table.number("month_value", usual.month_value),
        warn_share=table.number("warn_share", usual.warn_share),
        shares_age=timedelta(days=table.whole("shares_age_days", usual.shares_age.days)),
        not_reported=tuple(one.upper() for one in table.texts("not_reported")),
        shares_outstanding=_counts(table.table("shares_outstanding")),
    )
    if found.warn_share > 1 or found.owned_share >= 1:
        raise table.complain("warn_share and owned_share", 'are shares of a whole, such as 0.05 or "5%"')
    table.close()
    return found


def _accounts(table: TomlTable, known: Collection[AccountId]) -> tuple[AccountId, ...]:
    named = tuple(AccountId(one) for one in table.texts("accounts"))
    for one in named:
        if one not in known:
            raise table.complain("accounts", f"names {one!r}, which is not configured; {nearest(one, known)}")
    return named


def _counts(table: TomlTable) -> tuple[SharesOutstanding, ...]:
    return tuple(_count(table, symbol) for symbol in table.content)


def _count(table: TomlTable, symbol: str) -> SharesOutstanding:
    day, _, shares = table.text(symbol, "").partition(" ")
    try:
        found = SharesOutstanding(symbol.upper(), exact(shares.strip(), symbol), date.fromisoformat(day))
    except (ValueError, Malformed) as error:
        raise table.complain(symbol, 'must be the date of the count and the shares: "2026-02-17 4300000000"') from error
    if found.shares <= 0:
        raise table.complain(symbol, f"has above zero shares outstanding, was {found.shares}")
    return found
