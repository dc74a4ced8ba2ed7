"""What a person may want to do about a forecast, as proposals. Nothing here is an order; nothing is sent by itself.

close               trade out of it before the broker's cut-off
roll                close it and open the same strike at a later expiration, in one order
exercise            a long that the rule would not exercise, or a day before its expiration
do not exercise     a long in the money that the account cannot or should not carry
fund                bring the money, or the shares, that the outcome needs
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.money import plain
from tieout.options.account import AccountForecast, Standing
from tieout.options.forecast import PositionForecast
from tieout.options.likelihood import COUNTS, Likelihood
from tieout.options.policy import Cut
from tieout.options.products import product_of
from tieout.recon.types import Severity


class Action(StrEnum):
    """What can be done."""

    CLOSE = "close"
    ROLL = "roll"
    EXERCISE = "exercise"
    DO_NOT_EXERCISE = "do_not_exercise"
    FUND = "fund"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be done about one position, or about the account where `symbol` is None.

    contracts    above zero; None where no contracts are meant
    amount       currency to bring; None where none is meant
    by           UTC; later it has no effect
    """

    action: Action
    symbol: str | None
    words: str
    by: datetime
    severity: Severity = Severity.WARNING
    contracts: Decimal | None = None
    amount: Decimal | None = None

    @property
    def is_trade(self) -> bool:
        """Whether an order would do it, so that an intent can be proposed."""
        return self.action in {Action.CLOSE, Action.ROLL}


def suggestions(found: AccountForecast) -> tuple[Suggestion, ...]:
    """What may be done, position by position and then for the account; nothing for what can no longer be helped."""
    listed = [one for position in found.positions for one in _about(position, found)]
    return (*listed, *_fund(found))


def _about(one: PositionForecast, found: AccountForecast) -> Iterator[Suggestion]:
    if one.report_only or one.refused is not None:
        return
    carries = not _lacks(one, found.standing)
    if one.contracts < 0:
        yield from _short(one, carries=carries)
    else:
        yield from _long(one, carries=carries)


def _short(one: PositionForecast, *, carries: bool) -> Iterator[Suggestion]:
    symbol, contracts = one.contract.symbol, abs(one.contracts)
    severity = Severity.WARNING if carries else Severity.CRITICAL
    if one.likelihood is Likelihood.PIN:
        words = f"{symbol} is at its strike: whether it is assigned is known only the next morning"
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, severity, contracts)
    elif one.likelihood in COUNTS:
        words = f"assignment of {symbol} is {one.likelihood}: {_moves(one)}"
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, severity, contracts)
        yield Suggestion(
            Action.ROLL, symbol, f"roll {symbol} instead of being assigned", one.decide_by.at, severity, contracts
        )
    if one.dividend is not None and one.dividend.likely:
        risk = one.dividend
        left = "an unknown time value" if risk.extrinsic is None else f"{plain(risk.extrinsic)} of time value"
        words = (
            f"{symbol} may be assigned on the evening of {risk.at_risk}: the dividend of "
            f"{plain(risk.dividend.per_share)} (ex {risk.dividend.ex_date}) stands against {left}"
        )
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, severity, contracts)


def _long(one: PositionForecast, *, carries: bool) -> Iterator[Suggestion]:
    symbol, contracts = one.contract.symbol, one.contracts
    if one.likelihood in COUNTS and not carries:
        words = f"{symbol} would be exercised and the account cannot carry it: {_moves(one)}"
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, Severity.CRITICAL, contracts)
        yield from _not_exercise(one, f"or let {symbol} lapse")
    elif one.likelihood is Likelihood.PIN:
        words = f"{symbol} is at its strike: sell it, or decide about exercise before the cut-off"
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, contracts=contracts)
        yield from _not_exercise(one, f"let {symbol} lapse if the shares are not wanted")
        if product_of(one.contract).is_physical and (by := _hour(one, Cut.EXERCISE)):
            yield Suggestion(Action.EXERCISE, symbol, f"exercise {symbol} if they are", by, contracts=contracts)
    elif one.likelihood is Likelihood.UNLIKELY and one.option.mark:
        words = f"{symbol} expires worthless; {plain(one.option.mark)} is bid for it now"
        yield Suggestion(Action.CLOSE, symbol, words, one.decide_by.at, Severity.INFO, contracts)


def _not_exercise(one: PositionForecast, words: str) -> Iterator[Suggestion]:
    if product_of(one.contract).is_physical and (by := _hour(one, Cut.DO_NOT_EXERCISE)):
        yield Suggestion(Action.DO_NOT_EXERCISE, one.contract.symbol, words, by, contracts=one.contracts)


def _fund(found: AccountForecast) -> Iterator[Suggestion]:
    """What the account lacks, at the likeliest and at the worst, with the earliest hour that it matters."""
    hours = [one.decide_by.at for one in found.positions if one.may_happen and not one.report_only]
    if not hours:
        return
    currency, by = found.standing.currency, min(hours)
    if found.expected.shortfall > 0:
        words = (
            f"the expected outcome lacks {plain(found.expected.shortfall)} {currency}: the broker may close positions"
        )
        yield Suggestion(Action.FUND, None, words, by, Severity.CRITICAL, amount=found.expected.shortfall)
    elif found.worst.shortfall > 0:
        words = f"if every short is assigned, {plain(found.worst.shortfall)} {currency} is lacking"
        yield Suggestion(Action.FUND, None, words, by, Severity.WARNING, amount=found.worst.shortfall)


def _lacks(one: PositionForecast, standing: Standing) -> bool:
    """Whether the account cannot carry this outcome by itself: not the cash, or not the shares."""
    delivered = [leg for leg in one.legs if leg.symbol is not None and leg.units < 0]
    if any(standing.shares.get(leg.symbol or "", Decimal(0)) + leg.units < 0 for leg in delivered):
        return True
    if standing.may_borrow:
        return False
    return one.cash < 0 and standing.cash is not None and standing.cash + one.cash < 0


def _moves(one: PositionForecast) -> str:
    """What it would move, in words."""
    parts = [f"{plain(leg.units)} {leg.symbol}" for leg in one.legs if leg.symbol is not None]
    return " and ".join([*parts, f"{plain(one.cash)} {one.contract.currency}"])


def _hour(one: PositionForecast, cut: Cut) -> datetime | None:
    return next((hour.at for hour in one.cut_offs if hour.cut is cut), None)
