"""What is agreed between an account's owner and the simulated broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from simulator.costs import FREE, CostSchedule
from simulator.profiles import AS_QUOTED, Profile
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
    wallets           coins lie in wallets: spot trades of any pair move the coin itself and the money of the pair
    hedge             contracts are held in two legs, and every order says which one it is for
    maintenance       part of the worth of contracts that equity must cover, else the venue closes them; None: never
    profile           what stands between an order and its fill
    liquidation_fee   part of the traded worth that a forced closing costs
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
    wallets: bool = False
    hedge: bool = False
    maintenance: Decimal | None = None
    liquidation_fee: Decimal = ZERO
    profile: Profile = AS_QUOTED
    credit: Decimal = ZERO
    debit: Decimal = ZERO
