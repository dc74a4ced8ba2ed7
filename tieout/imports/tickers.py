"""A ticker cell as the share it names."""

from __future__ import annotations

from tieout.errors import Malformed
from tieout.imports.csv_table import CsvRow
from tieout.instruments import Instrument, equity


def stock(row: CsvRow, currency: str) -> Instrument:
    """The share in column Ticker.

    raises    Malformed with file and line for characters that no symbol has
    """
    try:
        return equity(row.text("Ticker"), currency)
    except Malformed as error:
        raise row.complain(str(error)) from error
