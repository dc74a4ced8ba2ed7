"""The forecast of one option position: what becomes of it, what that moves, and until when it can be helped.

A contract whose deliverable nobody states, or of which the venue says two things, is not forecast: `refused` says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tieout.errors import DataError
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.closes import Spot
from tieout.options.deliverable import Deliverable, deliverable_of
from tieout.options.dividends import Dividend, DividendRisk, screen
from tieout.options.legs import Leg, Outcome, cash_of, cash_settlement, delivery, outcome_of
from tieout.options.likelihood import MAY_HAPPEN, Bands, Likelihood, Moneyness, likelihood, moneyness
from tieout.options.policy import TABLE, CutOff, PolicyRow, cut_offs, earliest_cut
from tieout.options.products import (
    decided_at,
    expiration_session,
    last_trading_day,
    product_of,
    trading_ends,
    why_inconsistent,
)
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class OpenOption:
    """One position as the account holds it.

    contracts      signed
    deliverables   the venue's own list (`brokers.base.Contract.deliverables`); empty where it has none
    mark           price of the option, currency per unit of the multiplier
    instructed     a contrary instruction that the broker has taken: True to exercise, False not to; None without one
    """

    contract: Instrument
    contracts: Decimal
    deliverables: tuple[str, ...] = ()
    mark: Decimal | None = None
    instructed: bool | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecast rests on besides the position.

    now        UTC
    spots      price by symbol of underlying
    """

    broker: str
    sessions: Sessions
    now: datetime
    spots: Mapping[str, Spot] = field(default_factory=dict)
    dividends: tuple[Dividend, ...] = ()
    bands: Bands = field(default_factory=Bands)
    table: tuple[PolicyRow, ...] = TABLE

    @property
    def today(self) -> date:
        """The date where the exchange is."""
        return self.now.astimezone(self.sessions.zone).date()


@dataclass(frozen=True, slots=True)
class PositionForecast:
    """What is expected of one position. Nothing of it is evidence, and nothing is booked on it.

    outcome       how it ends if the likelihood comes true
    legs          what exercise or assignment would move, whatever its likelihood
    sessions_left sessions after today until the one that decides
    trading_ends, decide_by    UTC; the first of the broker's cut-offs or the end of trading
    report_only   that hour is over: nothing can be done any more, and nothing is suggested
    refused       why nothing is forecast
    """

    option: OpenOption
    expires: date
    sessions_left: int
    likelihood: Likelihood
    outcome: Outcome
    legs: tuple[Leg, ...]
    stands: Moneyness | None
    delivers: Deliverable | None
    trading_ends: datetime
    decided_at: datetime
    cut_offs: tuple[CutOff, ...]
    decide_by: CutOff
    report_only: bool
    dividend: DividendRisk | None = None
    refused: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def contract(self) -> Instrument:
        """The option."""
        return self.option.contract

    @property
    def contracts(self) -> Decimal:
        """Signed, as held."""
        return self.option.contracts

    @property
    def cash(self) -> Decimal:
        """What exercise or assignment would pay (above zero) or cost."""
        return cash_of(self.legs)

    @property
    def may_happen(self) -> bool:
        """Whether exercise or assignment is to be reckoned with: certain, likely, or too near to say."""
        return self.likelihood in MAY_HAPPEN


def forecast(option: OpenOption, outlook: Outlook) -> PositionForecast:
    """What is expected of one position.

    raises    DataError for what is no option or has no expiration
    """
    contract, sessions = option.contract, outlook.sessions
    delivers, refused = _delivers(option)
    stands = (
        None
        if delivers is None
        else moneyness(contract, product_of(contract).underlying, delivers, dict(outlook.spots))
    )
    day = expiration_session(contract, sessions)
    left = max(sessions.sessions_between(outlook.today, last_trading_day(contract, sessions)), 0)
    word = _likelihood(option, stands, left, outlook)
    first = earliest_cut(contract, outlook.broker, sessions, outlook.table)
    return PositionForecast(
        option,
        day,
        left,
        word,
        outcome_of(contract, option.contracts) if word is not Likelihood.UNLIKELY else Outcome.EXPIRED,
        _legs(option, stands, delivers, day, sessions),
        stands,
        delivers,
        trading_ends(contract, sessions),
        decided_at(contract, sessions),
        cut_offs(contract, outlook.broker, sessions, outlook.table),
        first,
        outlook.now >= first.at,
        screen(
            contract,
            option.contracts,
            stands.worth if stands else None,
            option.mark,
            outlook.dividends,
            outlook.today,
            sessions,
        ),
        refused,
        tuple(_notes(option, stands, outlook)),
    )


def horizon(contract: Instrument, today: date, sessions: Sessions) -> int:
    """Sessions from today to the contract's expiration session; zero on it, below zero never."""
    return max(sessions.sessions_between(today, expiration_session(contract, sessions)), 0)


def _delivers(option: OpenOption) -> tuple[Deliverable | None, str | None]:
    if (wrong := why_inconsistent(option.contract)) is not None:
        return None, f"the broker's fields disagree with the symbol: {wrong}"
    try:
        return deliverable_of(option.contract, option.deliverables), None
    except DataError as error:
        return None, str(error)


def _likelihood(option: OpenOption, stands: Moneyness | None, left: int, outlook: Outlook) -> Likelihood:
    if stands is None:
        return Likelihood.UNKNOWN
    if option.contracts > 0 and option.instructed is not None and product_of(option.contract).is_physical:
        return Likelihood.CERTAIN if option.instructed else Likelihood.UNLIKELY
    return likelihood(option.contract, option.contracts, stands, left, outlook.bands)


def _legs(
    option: OpenOption, stands: Moneyness | None, delivers: Deliverable | None, day: date, sessions: Sessions
) -> tuple[Leg, ...]:
    if delivers is None:
        return ()
    if product_of(option.contract).is_physical:
        return delivery(option.contract, option.contracts, delivers, day, sessions)
    if stands is None:
        return ()
    return cash_settlement(option.contract, option.contracts, max(stands.gain, ZERO), day, sessions)


def _notes(option: OpenOption, stands: Moneyness | None, outlook: Outlook) -> Iterable[str]:
    contract, sessions = option.contract, outlook.sessions
    day = expiration_session(contract, sessions)
    if contract.expiration is not None and day != contract.expiration:
        why = sessions.why_closed(contract.expiration)
        yield f"{contract.expiration} is no session ({why}): it expires on {day}"
    if sessions.is_half_day(last_trading_day(contract, sessions)):
        yield f"its last trading day, {last_trading_day(contract, sessions)}, is a half day"
    symbols = [one for one in (product_of(contract).underlying,) if one in outlook.spots]
    for symbol in symbols:
        if outlook.spots[symbol].disputed:
            yield f"two official closes of {symbol} disagree: {outlook.spots[symbol].source}"
    if outlook.now >= decided_at(contract, sessions) and (stands is None or not stands.official):
        yield "the price that decides is not known yet; forecast from the last price"
    if option.instructed is not None:
        yield "the broker has an instruction " + ("to exercise" if option.instructed else "not to exercise")
