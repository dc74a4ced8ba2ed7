"""The `[options]` table: how far ahead, how near the strike is near, and the dividends that were announced.

[options]
days = 5                      # sessions ahead
pin_band = 0.005              # of the strike: on the last day nobody can say inside it
patience = 1                  # sessions that the broker's rows may take before figures alone may book

[options.dividends]
KO = "2026-03-13 0.51"        # ex-date and currency per share
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tieout.errors import Malformed
from tieout.money import exact
from tieout.options.dividends import Dividend
from tieout.options.likelihood import Bands
from tieout.options.settings import OptionSettings
from tieout.toml_table import TomlTable


def parse_options(root: TomlTable) -> OptionSettings:
    """The table, or the defaults where it is not written.

    raises    ConfigError naming the key and what to write instead
    """
    usual, table = OptionSettings(), root.table("options")
    bands = Bands(
        pin=table.number("pin_band", usual.bands.pin),
        closed=table.number("closed_band", usual.bands.closed),
        certain=table.number("certain_bands", usual.bands.certain, least=Decimal(1)),
    )
    found = OptionSettings(
        days=table.whole("days", usual.days),
        window=table.text("window", usual.window),
        patience=table.whole("patience", usual.patience),
        bands=bands,
        dividends=_dividends(table.table("dividends")),
    )
    table.close()
    return found


def _dividends(table: TomlTable) -> tuple[Dividend, ...]:
    return tuple(_dividend(table, symbol) for symbol in table.content)


def _dividend(table: TomlTable, symbol: str) -> Dividend:
    day, _, amount = table.text(symbol, "").partition(" ")
    try:
        found = Dividend(symbol, date.fromisoformat(day), exact(amount.strip(), symbol))
    except (ValueError, Malformed) as error:
        raise table.complain(symbol, 'must be an ex-date and an amount a share, such as "2026-03-13 0.51"') from error
    if found.per_share <= 0:
        raise table.complain(symbol, f"pays above zero a share, was {found.per_share}")
    return found
