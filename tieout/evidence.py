"""What proves that nothing more can trade at a venue, and where to look until it is proven. Pure."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from tieout.money import ZERO
from tieout.orders import OrderState
from tieout.placement import Lookup, Place, Placement, Policy, Proof, ProofKind

_ENDED_BY_VENUE = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED})


def rejected_proof(row: Placement, words: str, now: datetime) -> Proof:
    """The venue refused the order when it was sent."""
    return Proof(ProofKind.REJECTED, now, row.executed, (words,))


def unsent_proof(row: Placement, now: datetime) -> Proof:
    """Every try failed before anything left us."""
    return Proof(ProofKind.NOT_SENT, now, ZERO, (f"{row.unsent} tries, each refused before anything was sent",))


def unread_proof(row: Placement, now: datetime) -> Proof:
    """It was never tried, because nothing was to be learnt of the account."""
    return Proof(ProofKind.NOT_SENT, now, ZERO, (f"never sent: {row.reason}",))


def ended_proof(row: Placement, now: datetime) -> Proof | None:
    """The venue itself showed the order as over, with what it had filled; None where it did not, or fills are open."""
    if row.state not in _ENDED_BY_VENUE or not row.accepted or row.fills_missing:
        return None
    words = f"the venue shows order {row.broker_order_id} as {row.state} with {row.filled} filled"
    return Proof(ProofKind.ENDED, now, row.filled, (words,))


def absence(row: Placement, now: datetime, policy: Policy) -> Proof | None:
    """The proof that an order never arrived, None while there is none.

    It needs `policy.rounds` complete and empty rounds through every place, the last of which began when the venue's
    visibility delay had passed since the search began. A single incomplete answer spoils its round. An order that the
    venue has shown once, or that has traded, is never absent. The delay is measured from the first look, not from when
    the fate became unknown: that may have been noted by the clock of another machine.
    """
    if row.accepted or row.executed > 0 or not row.lookups:
        return None
    rounds = _rounds(row.lookups, policy.places)
    good = [one for one in rounds if len(one) == len(policy.places) and all(look.complete for look in one)]
    if len(good) < policy.rounds or good[-1][0].at < row.lookups[0].at + policy.visibility:
        return None
    words = tuple(f"{one[0].at:%H:%M:%S.%f} UTC: not in {', '.join(look.place for look in one)}" for one in good)
    return Proof(ProofKind.ABSENT, now, ZERO, words)


def next_place(row: Placement, now: datetime, policy: Policy) -> tuple[Place, datetime]:
    """Where to look next, and when, UTC: the rest of the present round at once, a new round after a pause.

    Rounds are spread over the visibility delay, so that not all of them are spent before it has passed.
    """
    done = len(row.lookups) % len(policy.places)
    if done:
        return policy.places[done], now
    if not row.lookups:
        return policy.places[0], now
    return policy.places[0], row.lookups[-1].at + policy.look_every


def _rounds(lookups: tuple[Lookup, ...], places: tuple[Place, ...]) -> list[tuple[Lookup, ...]]:
    numbered = list(enumerate(lookups))
    return [tuple(look for _, look in part) for _, part in groupby(numbered, key=lambda one: one[0] // len(places))]
