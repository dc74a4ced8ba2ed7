"""The book of one account as the ledger has it now: units of every instrument, and the cash of one currency."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, func, select

from sql.reference import read_instruments
from sql.schema.warehouse import ledger_entry
from tieout.ids import AccountId, InstrumentId
from tieout.instruments import Instrument
from tieout.money import ZERO


def read_book(
    warehouse: Connection, account_id: AccountId, currency: str
) -> tuple[dict[str, tuple[Instrument, Decimal]], Decimal]:
    """Instrument and signed units by symbol, flat ones left out; and cash, trade date."""
    table = ledger_entry
    mine = table.c.account_id == account_id
    sums = (
        select(table.c.instrument_id, func.sum(table.c.quantity))
        .where(mine, table.c.instrument_id.is_not(None))
        .group_by(table.c.instrument_id)
    )
    held = {InstrumentId(key): Decimal(units) for key, units in warehouse.execute(sums).all() if units}
    names = read_instruments(warehouse, held)
    paid = select(func.sum(table.c.quantity)).where(mine, table.c.instrument_id.is_(None), table.c.currency == currency)
    cash = warehouse.execute(paid).scalar()
    return {names[key].symbol: (names[key], units) for key, units in held.items()}, Decimal(cash or ZERO)
