"""What the holders of long options told the broker to do with them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from simulator.contracts import Style
from simulator.exercise import Choice, Instruction
from simulator.hours import last_opened
from simulator.market import Market
from simulator.policy import OptionPolicy
from tieout.errors import InvalidOrder, MarketClosed, NotFound
from tieout.sessions import Sessions

_BROKER = "simulator"


class Instructions:
    """The standing instructions of one account, one for each series; a later one takes an earlier one's place."""

    def __init__(self, market: Market, sessions: Sessions, policy: OptionPolicy) -> None:
        self._market = market
        self._sessions = sessions
        self._policy = policy
        self._standing: dict[str, Instruction] = {}

    def give(
        self, symbol: str, held: Decimal, choice: Choice, now: datetime, contracts: Decimal | None = None
    ) -> Instruction:
        """Take an instruction for a position.

        held       signed contracts of the series in the account
        contracts  how many it is for; None: all that are held when it is carried out
        raises     NotFound without a long position, InvalidOrder where the contract or the count does not allow it,
                   MarketClosed after the last moment for the series
        """
        if held <= 0:
            raise NotFound(_BROKER, f"there is no long position in {symbol}")
        if contracts is not None and not 0 < contracts <= held:
            raise InvalidOrder(_BROKER, f"{contracts} of {held} contracts of {symbol} cannot be instructed")
        terms = self._market.terms(symbol)
        last = self._market.last_session(symbol)
        day = self._session(now)
        if day > last:
            raise MarketClosed(_BROKER, f"{symbol} expired on {last}: instructions are no longer taken")
        if choice is Choice.EXERCISE and terms.style is Style.EUROPEAN and day != last:
            raise InvalidOrder(_BROKER, f"{symbol} can be exercised at its expiration only")
        given = Instruction(choice, day if choice is Choice.EXERCISE else last, contracts)
        self._standing[symbol] = given
        return given

    def standing(self, symbol: str, evening: date) -> Instruction | None:
        """The instruction that a session's evening carries out, None where there is none."""
        found = self._standing.get(symbol)
        return found if found is not None and found.day == evening else None

    def all(self) -> dict[str, Instruction]:
        """What stands, by symbol."""
        return dict(self._standing)

    def _session(self, now: datetime) -> date:
        opened = last_opened(self._sessions, now)
        return opened if now < self._policy.last_instruction(opened, self._sessions) else self._sessions.next(opened)
