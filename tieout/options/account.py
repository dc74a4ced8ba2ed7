"""The forecast of an account: what all its expiring options together would move, at the likeliest and at the worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.ids import AccountId
from tieout.money import ZERO
from tieout.options.closes import Spot
from tieout.options.forecast import PositionForecast
from tieout.options.legs import Leg, cash_of, received, units_of
from tieout.options.likelihood import COUNTS, Likelihood
from tieout.options.products import product_of

REG_T_INITIAL = Decimal("0.5")  # of the worth of new shares, long or short: Regulation T, 12 CFR 220.12


@dataclass(frozen=True, slots=True)
class Standing:
    """The account as the broker has it now.

    shares        signed units by symbol, options left out
    cash, buying_power    base currency; None where the broker does not say
    may_borrow    the account is on margin, so shares need only their initial margin
    """

    account_id: AccountId
    currency: str
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    cash: Decimal | None = None
    buying_power: Decimal | None = None
    may_borrow: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way it may end.

    cash         signed change, base currency
    units        signed change by security
    cash_after   None where the cash is not known
    shares_after by security, those that change
    margin       Regulation T initial requirement of the shares that are new or newly short, base currency
    shortfall    what the account lacks to carry it: cash, or on margin buying power
    new_shorts   securities of which it ends short that it does not hold short now
    """

    cash: Decimal
    units: dict[str, Decimal]
    cash_after: Decimal | None
    shares_after: dict[str, Decimal]
    margin: Decimal
    shortfall: Decimal
    new_shorts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Cash that an expected assignment or exercise will take, kept from new orders until it is confirmed or over.

    amount    above zero, currency
    until     its cash date
    """

    symbol: str
    contracts: Decimal
    amount: Decimal
    currency: str
    until: date
    why: str


@dataclass(frozen=True, slots=True)
class AccountForecast:
    """Every expiring position of one account, and what they come to together.

    expected    all that is certain or likely happens
    worst       the shorts that may be assigned are, those that cost most of them, and no long is exercised
    by_date     cash by the date it moves, of what is expected
    """

    standing: Standing
    positions: tuple[PositionForecast, ...]
    expected: Scenario
    worst: Scenario
    by_date: dict[date, Decimal]
    reservations: tuple[Reservation, ...]


def account_forecast(
    standing: Standing, positions: Sequence[PositionForecast], spots: Mapping[str, Spot]
) -> AccountForecast:
    """What the positions come to together."""
    expected = [one for one in positions if one.likelihood in COUNTS]
    threatened = [one for one in positions if one.contracts < 0 and (one.may_happen or _is_called_early(one))]
    expected_legs = _legs(expected)
    return AccountForecast(
        standing,
        tuple(sorted(positions, key=lambda one: (one.expires, one.decide_by.at, one.contract.symbol))),
        scenario(standing, expected_legs, spots),
        _worst(standing, threatened, spots),
        _by_date(expected_legs),
        reservations(positions),
    )


def _worst(standing: Standing, threatened: Sequence[PositionForecast], spots: Mapping[str, Spot]) -> Scenario:
    """All shorts, or only those that bring shares, or only those that take them: a put and a call would cancel out."""
    brings = [one for one in threatened if received(one.contract, one.contracts) > 0]
    takes = [one for one in threatened if received(one.contract, one.contracts) < 0]
    cases = [scenario(standing, _legs(listed), spots) for listed in (threatened, brings, takes)]
    return max(cases, key=lambda one: (one.shortfall, len(one.new_shorts), -one.cash))


def scenario(standing: Standing, legs: Sequence[Leg], spots: Mapping[str, Spot]) -> Scenario:
    """What the account comes to where all these legs happen."""
    cash, units = cash_of(legs), units_of(legs)
    after = {symbol: standing.shares.get(symbol, ZERO) + change for symbol, change in units.items()}
    margin = sum((_margin(standing.shares.get(one, ZERO), after[one], spots.get(one)) for one in units), ZERO)
    shorts = tuple(sorted(one for one, held in after.items() if held < 0 <= standing.shares.get(one, ZERO)))
    cash_after = None if standing.cash is None else standing.cash + cash
    return Scenario(cash, units, cash_after, after, margin, _shortfall(standing, cash_after, margin), shorts)


def reservations(positions: Iterable[PositionForecast]) -> tuple[Reservation, ...]:
    """Cash to keep for what may happen: of each position that would cost money, less what a sure hedge of it brings."""
    listed = list(positions)
    cover = _cover(listed)
    found = []
    for one in listed:
        if not one.may_happen or one.cash >= 0:
            continue
        amount = -one.cash - _hedged(one, cover)
        if amount > 0:
            kind = "assignment" if one.contracts < 0 else "exercise"
            until = max(leg.settles_on for leg in one.legs)
            why = f"{kind} of {one.contract.symbol} is {one.likelihood}"
            found.append(Reservation(one.contract.symbol, one.contracts, amount, one.contract.currency, until, why))
    return tuple(found)


def _cover(positions: Iterable[PositionForecast]) -> dict[tuple[str, date], Decimal]:
    """Money that certain exercises of longs bring, by underlying and expiration."""
    found: dict[tuple[str, date], Decimal] = {}
    for one in positions:
        if one.contracts > 0 and one.likelihood is Likelihood.CERTAIN and one.cash > 0:
            key = product_of(one.contract).underlying, one.expires
            found[key] = found.get(key, ZERO) + one.cash
    return found


def _hedged(one: PositionForecast, cover: dict[tuple[str, date], Decimal]) -> Decimal:
    """Take what is left of the cover, at most what a short costs. A long's own cost has no hedge."""
    if one.contracts > 0:
        return ZERO
    key = product_of(one.contract).underlying, one.expires
    taken = min(cover.get(key, ZERO), -one.cash)
    cover[key] = cover.get(key, ZERO) - taken
    return taken


def _is_called_early(one: PositionForecast) -> bool:
    return one.dividend is not None and one.dividend.likely


def _legs(positions: Iterable[PositionForecast]) -> list[Leg]:
    return [leg for one in positions for leg in one.legs]


def _by_date(legs: Iterable[Leg]) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for leg in legs:
        found[leg.settles_on] = found.get(leg.settles_on, ZERO) + leg.cash
    return dict(sorted(found.items()))


def _margin(before: Decimal, after: Decimal, spot: Spot | None) -> Decimal:
    """On what is new: shares beyond those held before on the same side. Zero where they have no price."""
    new = abs(after) - (abs(before) if before * after > 0 else ZERO)
    return ZERO if spot is None or new <= 0 else new * spot.high * REG_T_INITIAL


def _shortfall(standing: Standing, cash_after: Decimal | None, margin: Decimal) -> Decimal:
    """Without borrowing, cash may not go below zero; on margin the new shares' margin must be there."""
    if not standing.may_borrow:
        return ZERO if cash_after is None else max(-cash_after, ZERO)
    return ZERO if standing.buying_power is None else max(margin - standing.buying_power, ZERO)
