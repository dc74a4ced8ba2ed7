"""What is agreed between an account's owner and the simulated broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from simulator.costs import FREE, CostSchedule
from tieout.accounts import Mode
from tieout.money import ZERO


class CashBasis(StrEnum):
    """What the broker's cash figure counts."""

    TRADE = "trade"  # everything agreed
    SETTLED = "settled"  # only what has been paid: neither sale proceeds nor purchases before their settlement date


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """One account's terms.

    leverage          exposure per unit of equity
    shorting          whether more may be sold than is held, options too; coins never
    visibility        how long an accepted order is missing from look-ups and lists
    credit, debit     yearly interest on settled cash above and below zero, in the base currency
    """

    account_number: str
    key_id: str
    secret: str = field(repr=False)
    mode: Mode = Mode.PAPER
    base_currency: str = "USD"
    cash_basis: CashBasis = CashBasis.TRADE
    costs: CostSchedule = FREE
    leverage: Decimal = Decimal(1)
    shorting: bool = False
    visibility: timedelta = timedelta(0)
    credit: Decimal = ZERO
    debit: Decimal = ZERO
