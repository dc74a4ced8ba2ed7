"""Balances and positions. Source: the account summary with its ledger by currency, positions, the portfolio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from brokers.http.fields import Row
from brokers.ibkr.parse.symbols import instrument_of
from tieout.errors import Malformed
from tieout.money import exact, exact_or_none, rounded
from tieout.snapshots import Balance, Position

TAGS = ("NetLiquidation", "TotalCashValue", "SettledCash", "BuyingPower", "AccountType", "$LEDGER:ALL")
_BASE = "BASE"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the account summary."""

    tag: str
    value: str
    currency: str


def balances(figures: Iterable[Figure], where: str = "account") -> tuple[Balance, ...]:
    """Cash by currency, the base currency first; its row carries equity, settled cash and buying power.

    raises   Malformed where the figures of the account or of its base currency are not there
    """
    found = {(one.tag, one.currency): one.value for one in figures}
    base = base_currency(found, where)
    ledger = {currency: value for (tag, currency), value in found.items() if tag == "CashBalance" and currency != _BASE}
    if base not in ledger:
        raise Malformed(f"{where}: the ledger has no cash in {base}")

    def money(tag: str) -> Decimal:
        return exact(found.get((tag, base)), f"{where}: field `{tag}`")

    head = Balance(
        currency=base,
        cash=exact(ledger.pop(base), f"{where}: field `CashBalance` of {base}"),
        settled_cash=money("SettledCash"),
        equity=money("NetLiquidation"),
        buying_power=money("BuyingPower"),
    )
    others = (
        Balance(
            name,
            exact(text, f"{where}: field `CashBalance` of {name}"),
            rate=exact_or_none(found.get(("ExchangeRate", name)), f"{where}: field `ExchangeRate` of {name}"),
        )
        for name, text in ledger.items()
    )
    return (head, *sorted(others, key=lambda one: one.currency))


def base_currency(figures: dict[tuple[str, str], str], where: str = "account") -> str:
    """The currency that the account is kept in: the one its net liquidation value is stated in. Raises Malformed."""
    stated = [currency for tag, currency in figures if tag == "NetLiquidation" and currency not in ("", _BASE)]
    if len(stated) != 1:
        raise Malformed(f"{where}: net liquidation is stated in {len(stated)} currencies, not in one")
    return stated[0]


def position(row: Row) -> Position:
    """One line of the position list. The average cost counts the multiplier in.

    raises   Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    instrument, quantity, cost = instrument_of(row), row.number("qty"), row.number("avgCost")
    return Position(
        instrument=instrument,
        quantity=quantity,
        avg_entry_price=rounded(cost / instrument.multiplier),
        market_price=row.number_or_none("marketPrice"),
        market_value=row.number_or_none("marketValue"),
        cost_basis=rounded(cost * quantity),
        unrealized_pnl=row.number_or_none("unrealizedPNL"),
        side="short" if quantity < 0 else "long",
    )
