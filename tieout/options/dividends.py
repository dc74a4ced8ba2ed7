"""The ex-dividend screen: short calls that their holder would exercise early to be paid the dividend.

Exercising early gives up the time value that is left and gains the dividend, so it pays where the dividend is larger.
It happens on the session before the ex-date, for the shares must be held when it opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.deliverable import exercise_money
from tieout.options.osi import OptionRight
from tieout.options.products import expiration_session, product_of
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Dividend:
    """A cash dividend that was announced.

    per_share    currency
    """

    symbol: str
    ex_date: date
    per_share: Decimal


@dataclass(frozen=True, slots=True)
class DividendRisk:
    """One short call over one ex-date.

    at_risk      the evening on which assignment is to be reckoned with
    extrinsic    time value left, currency per share; None where the option has no price
    likely       the dividend is larger than that; where it is not known, any short call in the money counts
    """

    dividend: Dividend
    at_risk: date
    extrinsic: Decimal | None
    likely: bool


def screen(
    contract: Instrument,
    contracts: Decimal,
    worth: Decimal | None,
    mark: Decimal | None,
    dividends: Iterable[Dividend],
    today: date,
    sessions: Sessions,
) -> DividendRisk | None:
    """The next ex-date that a short call of an American style lives through; None where there is none to fear.

    worth    of what one contract delivers, currency; None where it has no price
    mark     price of the option, currency per unit of the multiplier; None where it has none
    """
    kind = product_of(contract)
    if contracts >= 0 or contract.option_right is not OptionRight.CALL or not kind.can_be_early or worth is None:
        return None
    last = expiration_session(contract, sessions)
    coming = sorted(
        (one for one in dividends if one.symbol == kind.underlying and today < one.ex_date <= last),
        key=lambda one: one.ex_date,
    )
    intrinsic = (worth - exercise_money(contract)) / contract.multiplier
    if not coming or intrinsic <= 0:
        return None
    extrinsic = None if mark is None else max(mark - intrinsic, ZERO)
    first = coming[0]
    return DividendRisk(
        first, sessions.previous(first.ex_date), extrinsic, extrinsic is None or first.per_share > extrinsic
    )
