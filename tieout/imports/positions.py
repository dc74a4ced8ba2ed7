"""Opening positions from a signed-off CSV file.

column         meaning
asset_class    equity, fund, option, crypto, perpetual, future, forex, cfd or cash
symbol         canonical key (`AAPL`, `AAPL  260116P00150000` or its compact form, `BTC/USD`); a currency for cash
quantity       signed units; money for cash
unit_cost      currency per unit of underlying (an option's premium per share, not per contract); empty for cash
currency       what the price is quoted in
side           optional: long or short. A file without it is long-only, and a negative quantity in it is refused
multiplier     optional: units of underlying per contract; needed for futures and adjusted options
as_of          optional: the session at whose close this was held, the same in every row
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tieout.errors import DataError, Malformed
from tieout.ids import AccountId
from tieout.imports.batch import ImportBatch, require_signature
from tieout.imports.csv_table import CsvRow, CsvTable, SourceFile, read_table
from tieout.imports.instruments import instrument_from
from tieout.imports.opening import OpeningLine, opening_records
from tieout.instruments import AssetClass, cash
from tieout.sessions import Sessions

REQUIRED = ("asset_class", "symbol", "quantity", "unit_cost", "currency")
OPTIONAL = ("side", "multiplier", "as_of")


def read_positions(
    source: SourceFile, account_id: AccountId, *, signed_off_by: str, as_of: date | None, sessions: Sessions
) -> ImportBatch:
    """Opening positions and cash of one account. All of the file or nothing: the first bad line stops it.

    as_of     session at whose close the positions were held; None where the file has the column
    raises    DataError without a signature or a session; Malformed naming file, line and what was expected
    """
    signature = require_signature(signed_off_by)
    table = read_table(source, REQUIRED, OPTIONAL)
    day = _as_of(table, as_of)
    sessions.require(day)
    lines = tuple(_line(row, table) for row in table.rows)
    _no_repeats(source, lines)
    return ImportBatch(signature, day, opening_records(account_id, day, lines, source, sessions))


def _as_of(table: CsvTable, given: date | None) -> date:
    days = {row.day("as_of") for row in table.rows} if "as_of" in table.columns else set()
    if given is not None:
        days.add(given)
    if not days:
        raise DataError(f"{table.source.name}: say which session's close it states (--as-of, or a column as_of)")
    if len(days) > 1:
        told = ", ".join(str(day) for day in sorted(days))
        raise DataError(f"{table.source.name}: as-of dates disagree ({told}); an opening states one close")
    return days.pop()


def _line(row: CsvRow, table: CsvTable) -> OpeningLine:
    quantity = _quantity(row, long_only="side" not in table.columns)
    currency = row.text("currency").upper()
    asset_class = row.text("asset_class").lower()
    if asset_class == AssetClass.CASH:
        return _cash(row, quantity, currency)
    try:
        instrument = instrument_from(asset_class, row.text("symbol"), currency, _multiplier(row))
    except Malformed as error:
        raise row.complain(str(error)) from error
    if quantity == 0:
        raise row.complain("quantity is zero; leave out what is not held")
    return OpeningLine(row.line, instrument, quantity, _unit_cost(row), currency)


def _quantity(row: CsvRow, *, long_only: bool) -> Decimal:
    quantity = row.number("quantity")
    if row.text("asset_class").lower() == AssetClass.CASH:
        return quantity
    if long_only:
        if quantity < 0:
            raise row.complain(
                f"quantity {quantity} is negative in a long-only file; a file with short positions has a column side"
            )
        return quantity
    side = row.text("side").lower()
    if side not in ("long", "short"):
        raise row.complain(f"side must be long or short, was {side!r}")
    if (quantity < 0) != (side == "short"):
        raise row.complain(f"side says {side}, the quantity {quantity} says otherwise")
    return quantity


def _unit_cost(row: CsvRow) -> Decimal:
    cost = row.number("unit_cost")
    if cost < 0:
        raise row.complain(f"unit_cost must be zero or above, was {cost}; a short position's is what it was sold for")
    return cost


def _multiplier(row: CsvRow) -> Decimal | None:
    return row.number("multiplier") if row.note("multiplier") else None


def _cash(row: CsvRow, amount: Decimal, currency: str) -> OpeningLine:
    symbol = row.text("symbol").upper()
    if symbol != currency:
        raise row.complain(f"cash is written with its currency as symbol: {symbol} and {currency} differ")
    if row.note("unit_cost"):
        raise row.complain("cash has no unit_cost; leave it empty")
    try:
        cash(currency)
    except Malformed as error:
        raise row.complain(str(error)) from error
    return OpeningLine(row.line, None, amount, None, currency)


def _no_repeats(source: SourceFile, lines: Sequence[OpeningLine]) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        subject = line.instrument.symbol if line.instrument else f"cash {line.currency}"
        if subject in seen:
            raise Malformed(
                f"{source.name} line {line.line}: {subject} is already on line {seen[subject]}; "
                "write one row per instrument, with its total and average cost"
            )
        seen[subject] = line.line
