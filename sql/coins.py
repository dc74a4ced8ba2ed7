"""The coin rule of an account, and the keys under which its coins are held, as a store knows them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection, select

from sql.schema import journal as tables
from tieout.accounts import Account, Mode
from tieout.coins import CoinBook, CoinRule
from tieout.ids import AccountId, InstrumentId
from tieout.instruments import AssetClass


def read_rule(
    connection: Connection, account_id: AccountId, rates: Mapping[str, Decimal] | None = None
) -> CoinRule | None:
    """The rule of an account as it was written down last; None where it holds no coins in wallets, or is not known."""
    table = tables.account
    row = connection.execute(select(table).where(table.c.account_id == account_id)).first()
    if row is None:
        return None
    return CoinRule.of(Account(account_id, row.broker, Mode(row.mode), row.base_currency, row.calendar), rates)


def read_coins(connection: Connection, rule: CoinRule) -> dict[str, InstrumentId]:
    """Coin to the key of its holding, for every coin that the store has a holding of."""
    table = tables.instrument
    wanted = select(table.c.underlying, table.c.symbol, table.c.instrument_id).where(
        table.c.asset_class == AssetClass.CRYPTO.value, table.c.currency == rule.base_currency
    )
    return {
        row.underlying: InstrumentId(row.instrument_id)
        for row in connection.execute(wanted.order_by(table.c.instrument_id))
        if rule.is_coin(row.underlying) and row.symbol == f"{row.underlying}/{rule.base_currency}"
    }


def read_coin_book(
    connection: Connection, account_id: AccountId, rates: Mapping[str, Decimal] | None = None
) -> CoinBook | None:
    """What the ledger needs to book coins of an account; None for one without wallets."""
    rule = read_rule(connection, account_id, rates)
    return None if rule is None else CoinBook(rule, read_coins(connection, rule))
