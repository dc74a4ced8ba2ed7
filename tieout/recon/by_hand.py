"""A break that a person resolves: what may be done to which break, and what must be said with it. Pure.

Four ways. Three of them book: the broker's own rows as they stand, rows of ours taken back, or an adjustment. The
fourth books nothing, and lets a known difference stand until a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.errors import DataError
from tieout.ids import ActivityId, BreakId, derived_text
from tieout.instruments import Instrument
from tieout.money import plain
from tieout.recon.cases import Case
from tieout.recon.kinds import ACTIVITY_KINDS, EXECUTION_KINDS, POSITION_KINDS
from tieout.recon.types import BreakKind, CaseState
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions

LONGEST_WAIT = 10  # sessions: what stands longer is no question of timing
EXECUTION, ACTIVITY, DOCUMENT = "execution", "activity", "document"
THEIRS = {EXECUTION: "statement_execution", ACTIVITY: "statement_activity"}
SOURCES = (*THEIRS.values(), EXECUTION, ACTIVITY, "snapshot", DOCUMENT)
"""What evidence may name. All but documents are looked up, and must be there."""


class Way(StrEnum):
    """How a person resolves a break."""

    STATEMENT = "statement"  # book rows of the broker's statement as they stand
    TAKE_BACK = "take_back"  # take back rows of ours that the broker does not have
    ADJUST = "adjust"  # book units or money of our own
    WAIT = "wait"  # book nothing: it may stand until a session


@dataclass(frozen=True, slots=True)
class HandResolution:
    """What a person wants done about a break.

    rows       `execution:ID` or `activity:ID`, for the ways that are about rows; empty: the row that the break is about
    evidence   `source:key`, of SOURCES; a `document:…` is kept word for word
    quantity   units to book, signed; None: what the two sides differ by
    price      instrument currency per unit, the cost of units that come; None: nothing
    amount     money to book, signed, in the break's currency; None: what the two sides differ by
    until      session up to which a difference may stand
    """

    break_id: BreakId
    way: Way
    rows: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    until: date | None = None

    def as_terms(self, case: Case) -> dict[str, Any]:
        """JSON-able, with the figures that the person saw: others than these are not agreed to."""
        return {
            "how": self.way.value,
            "did": words(self),
            "rows": list(self.rows),
            "evidence": list(self.evidence),
            "quantity": _text(self.quantity),
            "price": _text(self.price),
            "amount": _text(self.amount),
            "until": self.until.isoformat() if self.until else None,
            "saw": {"ours": _text(case.ours), "theirs": _text(case.theirs), "last_seen": case.last_seen.isoformat()},
        }

    @classmethod
    def of_terms(cls, break_id: str, terms: Mapping[str, Any]) -> HandResolution:
        """The wish that an act's terms hold."""
        return cls(
            BreakId(break_id),
            Way(terms["how"]),
            tuple(terms["rows"]),
            tuple(terms["evidence"]),
            _number(terms["quantity"]),
            _number(terms["price"]),
            _number(terms["amount"]),
            date.fromisoformat(terms["until"]) if terms["until"] else None,
        )

    @property
    def proof(self) -> tuple[tuple[str, str], ...]:
        """The evidence as (source, key); rows of the statement prove themselves."""
        named = [_split(one, SOURCES, "evidence") for one in self.evidence]
        if self.way is Way.STATEMENT:
            named += [(THEIRS[kind], key) for kind, key in self.named_rows]
        return tuple(dict.fromkeys(named))

    @property
    def named_rows(self) -> tuple[tuple[str, str], ...]:
        """The rows as (kind, id)."""
        return tuple(_split(one, tuple(THEIRS), "row") for one in self.rows)


def complete(wish: HandResolution, case: Case, sessions: Sessions) -> HandResolution:
    """The wish with what was left to us filled in, once it is seen to make sense.

    raises    DataError saying what does not fit
    """
    if case.state is not CaseState.OPEN:
        raise DataError(f"break {case.break_id} is {case.state}: only an open one is resolved")
    filled = _FILLED[wish.way](wish, case, sessions)
    if not filled.proof:
        raise DataError("name what proves it: a row such as statement_activity:ID, or document:WORDS")
    return filled


def require_unchanged(case: Case, terms: Mapping[str, Any]) -> None:
    """Refuse where a close has come to other figures since people were asked.

    raises    DataError naming both
    """
    saw = terms["saw"]
    now = {"ours": _text(case.ours), "theirs": _text(case.theirs)}
    if now != {name: saw[name] for name in now}:
        raise DataError(
            f"break {case.break_id} has changed: it was ours {saw['ours']}, theirs {saw['theirs']} when this was "
            f"proposed, and is ours {now['ours']}, theirs {now['theirs']}. Decline this, and propose it anew."
        )


def adjustment(wish: HandResolution, case: Case, instrument: Instrument | None, act_id: str, at: datetime) -> Activity:
    """The entry of our own.

    at    UTC: when the broker showed what it is adjusted to, so that the same session ties out when it is run again
    """
    return Activity(
        ActivityId(derived_text("ADJ", case.break_id, act_id)),
        ActivityKind.ADJUSTMENT,
        at,
        instrument,
        wish.quantity or Decimal(0),
        wish.price,
        wish.amount or Decimal(0),
        instrument.currency if instrument else str(case.currency),
        venue_kind="by_hand",
        description=words(wish),
    )


def words(wish: HandResolution) -> str:
    """What is done, for people."""
    match wish.way:
        case Way.STATEMENT:
            return f"the broker's {', '.join(wish.rows)} booked"
        case Way.TAKE_BACK:
            return f"our {', '.join(wish.rows)} taken back"
        case Way.ADJUST:
            units = "" if wish.quantity is None else f"{plain(wish.quantity)} units"
            money = "" if wish.amount is None else f"{plain(wish.amount)} of cash"
            return f"adjusted by {' and '.join(filter(None, (units, money)))}"
        case Way.WAIT:
            return f"may stand until {wish.until}"


def _of_rows(wish: HandResolution, case: Case, _sessions: Sessions) -> HandResolution:
    rows = wish.rows or ((case.subject,) if case.kind in EXECUTION_KINDS | ACTIVITY_KINDS else ())
    if not rows:
        raise DataError(f"{case.subject}: name the rows, such as execution:ID or activity:ID")
    filled = replace(wish, rows=rows)
    _ = filled.named_rows
    return filled


def _adjusted(wish: HandResolution, case: Case, _sessions: Sessions) -> HandResolution:
    if case.kind not in POSITION_KINDS and case.kind is not BreakKind.CASH_MISMATCH:
        raise DataError(f"a {case.kind} is not adjusted: book the broker's row, or take ours back")
    apart = (case.theirs or Decimal(0)) - (case.ours or Decimal(0))
    if case.kind is BreakKind.CASH_MISMATCH:
        if wish.quantity is not None or wish.price is not None:
            raise DataError(f"{case.subject} is money: give an amount, no units")
        filled = replace(wish, amount=apart if wish.amount is None else wish.amount)
    else:
        filled = replace(wish, quantity=apart if wish.quantity is None else wish.quantity)
    if not filled.quantity and not filled.amount:
        raise DataError("an adjustment of nothing is none: give units or an amount")
    return filled


def _waiting(wish: HandResolution, case: Case, sessions: Sessions) -> HandResolution:
    if wish.until is None:
        raise DataError("say until which session it may stand (until)")
    ahead = sessions.sessions_between(case.last_seen, wish.until)
    if wish.until <= case.last_seen or ahead > LONGEST_WAIT:
        raise DataError(
            f"it may stand for 1 to {LONGEST_WAIT} sessions after {case.last_seen}, and {wish.until} is {ahead} away"
        )
    return wish


_FILLED = {Way.STATEMENT: _of_rows, Way.TAKE_BACK: _of_rows, Way.ADJUST: _adjusted, Way.WAIT: _waiting}


def _split(text: str, known: tuple[str, ...], what: str) -> tuple[str, str]:
    source, colon, key = text.strip().partition(":")
    if source not in known or not colon or not key.strip():
        raise DataError(f"{what} {text!r}: write it as {', '.join(f'{one}:…' for one in known)}")
    return source, key.strip()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
