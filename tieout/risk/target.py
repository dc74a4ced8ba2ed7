"""What TARGET_WEALTH, STARTING_CAPITAL and TIME_HORIZON_DAYS do here: they tell, and they hold back. They never push.

Tools that know these names raise the bet, to the largest leverage allowed, once the target can no longer be reached
with the edge at hand: a lucky finish is bought with the risk of ruin. That is not done here. The three give

- a number: the growth per session that the target still asks for, for the report and the approver, and
- a cap: where a smaller part of the Kelly bet is expected to reach the target in time, the rest of it is left away.
  A target that asks for more than the full bet promises changes nothing; one that is reached asks for nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from tieout.instruments import ONE
from tieout.money import WIDE, ZERO
from tieout.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class Target:
    """A wish for wealth.

    wealth, start    base currency
    days             sessions from the start to the horizon
    days_left        sessions that are left, zero or above
    """

    wealth: Decimal
    start: Decimal
    days: int
    days_left: int

    @classmethod
    def of(cls, limits: Limits, days_left: int | None = None) -> Target | None:
        """The target of the settings, None where one of the three is not set. Without `days_left`: as at the start."""
        wealth, start, days = limits.target_wealth, limits.starting_capital, limits.time_horizon_days
        if wealth is None or start is None or not days:
            return None
        left = days if days_left is None else max(min(days_left, days), 0)
        return cls(wealth, start, days, left)


def required_growth(target: Target, equity: Decimal) -> Decimal:
    """Logarithmic growth per session that the target still asks for; zero where it is reached.

    equity    base currency, above zero; a horizon that is over counts as one session
    """
    if equity <= 0:
        raise ValueError(f"nothing grows out of {equity}")
    with localcontext(WIDE):
        return max((target.wealth / equity).ln() / max(target.days_left, 1), ZERO)


def planned_growth(target: Target) -> Decimal:
    """The same as it was asked for at the start: what the settings wished for, whatever happened since."""
    with localcontext(WIDE):
        return (target.wealth / target.start).ln() / target.days


def kelly_cap(target: Target, equity: Decimal, mean: Decimal | None, variance: Decimal | None) -> Decimal | None:
    """The part of full Kelly that is expected to reach the target in time; None where the target sets no cap.

    The part c of full Kelly grows by (c − c²/2) × mean² ÷ variance per session (Thorp 2006, section 7), so the smallest
    c that grows by g is 1 − √(1 − 2 g × variance ÷ mean²). None also where the mean and variance are not known.
    """
    needed = required_growth(target, equity)
    if needed == 0:
        return ZERO
    if mean is None or variance is None or mean <= 0 or variance <= 0:
        return None
    with localcontext(WIDE):
        below = ONE - 2 * needed * variance / (mean * mean)
        return ONE - below.sqrt() if below >= 0 else None
