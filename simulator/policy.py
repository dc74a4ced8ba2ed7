"""What a broker does with its customers' options by itself, and when it shows what clearing did.

Sources for Alpaca: its support pages on automatic exercise, on positions liquidated on expiration day, and on
do-not-exercise requests; its reference of the two endpoints (requests between the close and midnight are refused);
recorded activities (an assignment dated Wednesday was created at 04:23 New York on Thursday, a worthless expiry of a
Friday was dated Monday and created at 04:20 on Tuesday).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from simulator.hours import local_time
from tieout.sessions import Sessions

NEVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class OptionPolicy:
    """One broker's rules. Wall times are those of the exchange.

    liquidates_before    how long before the close it closes what the account could not carry; None: never
    near                 part of the strike within which a contract counts as in the money then
    instructed_until     wall time until which a person takes instructions after the close; None: the close
    decided_at           when exercise is final; None: the close
    posted_at            when the next session's morning shows it; None: at once
    weekend_expiry_lag   sessions by which a worthless expiry before a day without a session is dated and shown later
    puts_need_shares     whether a long put is exercised only over shares that are free to sell
    rows_after           how much later than the positions the rows of option events show; NEVER: not at all
    share_rows_after     how much later than those the rows of the shares show; NEVER: half of each event is missing
    """

    liquidates_before: timedelta | None = None
    near: Decimal = Decimal(0)
    instructed_until: time | None = None
    decided_at: time | None = None
    posted_at: time | None = None
    weekend_expiry_lag: int = 0
    puts_need_shares: bool = False
    rows_after: timedelta = timedelta(0)
    share_rows_after: timedelta = timedelta(0)

    def liquidation(self, day: date, sessions: Sessions) -> datetime | None:
        """When it closes positions on an expiration day, UTC; as long before an early close as before the usual one."""
        return None if self.liquidates_before is None else sessions.closes_at(day) - self.liquidates_before

    def decision(self, day: date, sessions: Sessions) -> datetime:
        """When the session's exercises are final, UTC."""
        close = sessions.closes_at(day)
        return close if self.decided_at is None else max(close, local_time(sessions, day, self.decided_at))

    def last_instruction(self, day: date, sessions: Sessions) -> datetime:
        """Until when instructions for the session are taken, UTC."""
        close = sessions.closes_at(day)
        return close if self.instructed_until is None else max(close, local_time(sessions, day, self.instructed_until))


AT_THE_CLOSE = OptionPolicy()
"""The paper broker: everything happens at the close and shows at once."""

ALPACA = OptionPolicy(
    liquidates_before=timedelta(minutes=45),
    near=Decimal("0.005"),  # "in the money or close to being in the money": the width is ours
    instructed_until=time(16, 30),
    decided_at=time(18),
    posted_at=time(4, 20),
    weekend_expiry_lag=1,
    puts_need_shares=True,
)

ALPACA_SILENT = replace(ALPACA, rows_after=NEVER)
"""As customers report of paper accounts: positions and cash change, and no row ever says why."""
