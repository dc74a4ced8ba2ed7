"""What must hold for the balances of a snapshot, and between them and its positions."""

from __future__ import annotations

from typing import ClassVar

from sql.quality.expectations.base import Flagged, Unique


class ExpectCurrencyOnce(Unique):
    """No currency has two balances."""

    key: tuple[str, ...] = ("account_id", "currency")


class ExpectBalanceOfThisAccount(Flagged):
    """Every balance belongs to the snapshot's account."""

    flag: str = "account_differs"
    shows: ClassVar = ("currency", "account_id", "cash")


class ExpectBalanceCurrencyCode(Flagged):
    """The currency is a code: 2 to 12 capital letters or digits."""

    flag: str = "currency_malformed"
    shows: ClassVar = ("currency", "cash")


class ExpectCashAndPositionsToMakeEquity(Flagged):
    """Cash and positions make the equity that the broker states, within the tolerances; a position that was dropped
    from the list shows here."""

    flag: str = "equity_disagrees"
    shows: ClassVar = ("currency", "equity", "cash", "positions_value", "difference")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not sample:
            return super().told(failed, rows, sample)
        row = sample[0]
        return (
            f"cash {row['cash']} and positions {row['positions_value']} do not make equity {row['equity']} "
            f"{row['currency']}: off by {row['difference']}"
        )


class ExpectEquityToBeProvable(Flagged):
    """Every figure that equity is made of is stated, in the account's base currency."""

    flag: str = "equity_unproven"
    shows: ClassVar = ("currency", "equity", "unvalued", "foreign_rows")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not sample:
            return super().told(failed, rows, sample)
        row = sample[0]
        return (
            f"equity cannot be added up: {row['unvalued']} positions without a value, "
            f"{row['foreign_rows']} positions and balances in another currency"
        )
