"""Positions and trading that may have to be reported to the SEC, against thresholds. Pure, and no legal advice.

13F    Rule 13f-1(a)(1) (17 CFR 240.13f-1): a manager whose accounts hold section 13(f) securities of at least
       $100,000,000 on the last trading day of any month. Section 13(f) securities are those of the SEC's official list
       (Rule 13f-1(c)): exchange-traded shares and funds, and options on them. Long positions only, nothing is netted;
       an option counts with its own value here (SEC staff, Form 13F FAQ), options that were written do not count.
13D/G  Rule 13d-1(a) (17 CFR 240.13d-1): beneficial owner of more than five percent of a registered class of equity.
       What one has the right to acquire within 60 days counts as owned (Rule 13d-3(d)(1)(i)): so do calls that deliver
       shares. They deliver shares that exist, so the shares outstanding stay as they are.
13H    Rule 13h-1(a)(7) (17 CFR 240.13h-1): transactions in NMS securities of two million shares or $20 million in a
       calendar day, or twenty million shares or $200 million in a calendar month. Purchases and sales are added, never
       netted; an option on a share counts with the shares underlying it and their value, an option on an index with
       its own (13h-1(c)(1)). Exercises and assignments are no transactions here (13h-1(a)(6)), nor are they executions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.blotter import Trade
from tieout.ids import AccountId
from tieout.instruments import AssetClass, Instrument
from tieout.large_settings import LargePositionSettings, SharesOutstanding
from tieout.money import WIDE, ZERO, plain
from tieout.options.osi import OptionRight
from tieout.options.products import product_of
from tieout.sessions import Sessions

LISTED = frozenset({AssetClass.EQUITY, AssetClass.OPTION})
DOLLAR = "USD"


class Rule(StrEnum):
    """Which threshold."""

    MANAGED_VALUE = "13F value"
    OWNED_SHARE = "13D/G share"
    DAY_SHARES = "13H shares a day"
    DAY_VALUE = "13H value a day"
    MONTH_SHARES = "13H shares a month"
    MONTH_VALUE = "13H value a month"


class Level(StrEnum):
    """How far it is."""

    BELOW = "below"
    NEAR = "near"
    CROSSED = "crossed"


@dataclass(frozen=True, slots=True)
class Holding:
    """One position of an account's newest accepted snapshot.

    quantity        signed units
    market_value    USD where the instrument is in USD, signed; None where the broker did not say
    """

    account_id: AccountId
    instrument: Instrument
    quantity: Decimal
    market_value: Decimal | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure against its threshold.

    subject     what it is about: a symbol, a day, a month, or `all`
    measured    USD, shares, or a share of the whole
    note        what stands behind it, or is missing
    """

    rule: Rule
    subject: str
    measured: Decimal
    threshold: Decimal
    level: Level
    note: str = ""

    @property
    def key(self) -> str:
        """The same for the same threshold, however often it is measured."""
        return f"{self.rule} {self.subject}"

    @property
    def words(self) -> str:
        """For people."""
        than = "more than" if self.rule is Rule.OWNED_SHARE else "from"
        told = (
            f"{self.rule}, {self.subject}: {_short(self.measured)} ({than} {_short(self.threshold)} on), {self.level}"
        )
        return f"{told}; {self.note}" if self.note else told


def managed_value(holdings: Iterable[Holding], settings: LargePositionSettings, month_end: date | None) -> Finding:
    """The value of the long positions in section 13(f) securities, USD.

    month_end    the day, where it is the last trading day of a month: only those count for the rule
    """
    long = [one for one in holdings if one.quantity > 0 and _is_reported(one.instrument, settings)]
    value = _sum(one.market_value for one in long if one.market_value is not None)
    unknown = sorted({one.instrument.symbol for one in long if one.market_value is None})
    note = f"without a value, and left out: {', '.join(unknown)}" if unknown else ""
    subject = f"end of {month_end:%Y-%m}" if month_end else "all"
    level = _level(value, settings.managed_value, settings)
    return Finding(Rule.MANAGED_VALUE, subject, value, settings.managed_value, level, note)


def month_end(days: Iterable[date], sessions: Sessions) -> date | None:
    """The newest trading day that positions stand at, where it is the last of its month.

    days    sessions of the snapshots; of accounts that never close too, whose other days are left out
    """
    last = max((day for day in days if sessions.is_session(day)), default=None)
    return last if last is not None and sessions.next(last).month != last.month else None


def owned_shares(holdings: Iterable[Holding], settings: LargePositionSettings, today: date) -> list[Finding]:
    """The share of each class that is owned or may be acquired by calls, largest first; only classes with a count."""
    held = list(holdings)
    found = [_owned(one, held, settings, today) for one in settings.shares_outstanding]
    return sorted(found, key=lambda one: (-one.measured, one.subject))


def not_counted(holdings: Iterable[Holding], settings: LargePositionSettings) -> list[str]:
    """Shares held long for which nobody said how many there are, so that 13D/G is not judged."""
    known = {one.symbol for one in settings.shares_outstanding}
    long = (one.instrument for one in holdings if one.quantity > 0 and one.instrument.asset_class is AssetClass.EQUITY)
    return sorted({one.symbol for one in long if one.currency == DOLLAR} - known)


def traded(
    trades: Iterable[Trade], prices: Mapping[str, Decimal], settings: LargePositionSettings
) -> Iterator[Finding]:
    """Shares and value traded, per day and per month, the oldest first.

    prices    of underlyings, USD per share; where one is missing the strike stands for it, and the finding says so
    """
    listed = [one for one in trades if _is_listed(one.execution.instrument)]
    spans = (
        ("%Y-%m-%d", Rule.DAY_SHARES, settings.day_shares, Rule.DAY_VALUE, settings.day_value),
        ("%Y-%m", Rule.MONTH_SHARES, settings.month_shares, Rule.MONTH_VALUE, settings.month_value),
    )
    for form, by_shares, most_shares, by_value, most_value in spans:
        for span in sorted({one.trade_date.strftime(form) for one in listed}):
            within = [one for one in listed if one.trade_date.strftime(form) == span]
            shares, value = _sum(map(_shares, within)), _sum(_value(one, prices) for one in within)
            note = _estimated(within, prices)
            yield Finding(by_shares, span, shares, most_shares, _level(shares, most_shares, settings))
            yield Finding(by_value, span, value, most_value, _level(value, most_value, settings), note)


def underlyings(trades: Iterable[Trade]) -> set[str]:
    """Symbols of shares whose price is needed."""
    options = (one.execution.instrument for one in trades if _is_listed(one.execution.instrument))
    return {str(one.underlying) for one in options if _delivers(one)}


def news(found: Iterable[Finding], told: Mapping[str, Level]) -> list[Finding]:
    """Findings that stand higher than when they were last told."""
    return [one for one in found if _HEIGHT[one.level] > _HEIGHT[told.get(one.key, Level.BELOW)]]


def fallen(found: Iterable[Finding], told: Mapping[str, Level]) -> list[Finding]:
    """Findings that stand lower: noted, so that a second crossing is told again."""
    return [one for one in found if _HEIGHT[one.level] < _HEIGHT[told.get(one.key, Level.BELOW)]]


_HEIGHT = {Level.BELOW: 0, Level.NEAR: 1, Level.CROSSED: 2}


def _owned(count: SharesOutstanding, held: Iterable[Holding], settings: LargePositionSettings, today: date) -> Finding:
    shares, calls = ZERO, ZERO
    for one in held:
        if one.quantity <= 0:
            continue
        if one.instrument.asset_class is AssetClass.EQUITY and one.instrument.symbol == count.symbol:
            shares = WIDE.add(shares, one.quantity)
        elif _is_call_on(one.instrument, count.symbol):
            calls = WIDE.add(calls, WIDE.multiply(one.quantity, one.instrument.multiplier))
    share = WIDE.divide(WIDE.add(shares, calls), count.shares)
    note = f"{plain(shares)} shares and calls on {plain(calls)} of {plain(count.shares)} counted {count.as_of}"
    note += ", an old count" if today - count.as_of > settings.shares_age else ""
    level = _level(share, settings.owned_share, settings, strictly=True)
    return Finding(Rule.OWNED_SHARE, count.symbol, share, settings.owned_share, level, note)


def _level(measured: Decimal, threshold: Decimal, settings: LargePositionSettings, *, strictly: bool = False) -> Level:
    if threshold == 0:
        return Level.BELOW
    if measured > threshold or (measured == threshold and not strictly):
        return Level.CROSSED
    return Level.NEAR if measured >= WIDE.multiply(threshold, settings.warn_share) else Level.BELOW


def _is_listed(one: Instrument) -> bool:
    return one.asset_class in LISTED and one.currency == DOLLAR


def _is_reported(one: Instrument, settings: LargePositionSettings) -> bool:
    return _is_listed(one) and not {one.symbol, one.underlying} & set(settings.not_reported)


def _is_call_on(one: Instrument, symbol: str) -> bool:
    return one.underlying == symbol and one.option_right is OptionRight.CALL and _delivers(one)


def _delivers(one: Instrument) -> bool:
    return one.asset_class is AssetClass.OPTION and product_of(one).is_physical


def _shares(one: Trade) -> Decimal:
    made = one.execution
    if made.instrument.asset_class is AssetClass.EQUITY:
        return made.quantity
    return WIDE.multiply(made.quantity, made.instrument.multiplier) if _delivers(made.instrument) else ZERO


def _value(one: Trade, prices: Mapping[str, Decimal]) -> Decimal:
    made = one.execution
    if not _delivers(made.instrument):
        return made.instrument.value(made.quantity, made.price)
    price = prices.get(str(made.instrument.underlying), made.instrument.strike)
    return WIDE.multiply(_shares(one), price or ZERO)


def _estimated(trades: Iterable[Trade], prices: Mapping[str, Decimal]) -> str:
    missing = sorted(underlyings(trades) - prices.keys())
    return f"by the strike, for want of a price: {', '.join(missing)}" if missing else ""


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for one in numbers:
        total = WIDE.add(total, one)
    return total


def _short(number: Decimal) -> str:
    """Four digits behind the point are enough for people."""
    return plain(number.quantize(Decimal("0.0001"), context=WIDE))
