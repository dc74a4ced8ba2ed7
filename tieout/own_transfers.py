"""Transfers between own accounts: what leaves one and comes into another is one event with two rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.ids import AccountId
from tieout.records import Activity, ActivityKind

WITHIN = timedelta(days=1)  # between leaving and arriving, either way: venues date by request, by block, or by credit
NETWORK_FEE = Decimal("0.01")  # part of what left that may be missing on arrival
_KINDS = frozenset({ActivityKind.TRANSFER, ActivityKind.JOURNAL})


@dataclass(frozen=True, slots=True)
class End:
    """One end of a transfer.

    code        the coin or currency, whatever it is a position against
    amount      signed: below zero it left
    reference   the network's transaction id, or another that both ends tell; empty where there is none
    """

    account_id: AccountId
    activity_id: str
    code: str
    amount: Decimal
    at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class OwnTransfer:
    """One event: where it left and where it arrived."""

    out: End
    into: End

    @property
    def fee(self) -> Decimal:
        """What the network or the venue kept, in units."""
        return -self.out.amount - self.into.amount


def end_of(account_id: AccountId, activity: Activity) -> End | None:
    """An activity as an end of a transfer; None for what is none."""
    if activity.kind not in _KINDS or bool(activity.quantity) is bool(activity.amount):
        return None
    instrument = activity.instrument
    code = (instrument.underlying or instrument.symbol) if instrument and activity.quantity else activity.currency
    amount, reference = activity.quantity or activity.amount, activity.group_id or ""
    return End(account_id, activity.activity_id, code, amount, activity.occurred_at, reference)


def matched(ends: Iterable[End]) -> tuple[OwnTransfer, ...]:
    """Ends that belong together, in order of leaving. What fits more than one other end is left alone."""
    known = sorted(ends, key=lambda one: (one.at, one.account_id, one.activity_id))
    outs, ins = [one for one in known if one.amount < 0], [one for one in known if one.amount > 0]
    forward = {out: [one for one in ins if _fits(out, one)] for out in outs}
    backward = {one: [out for out in outs if one in forward[out]] for one in ins}
    found = (_chosen(out, forward, backward) for out in outs)
    return tuple(one for one in found if one is not None)


def _chosen(
    out: End, forward: Mapping[End, Sequence[End]], backward: Mapping[End, Sequence[End]]
) -> OwnTransfer | None:
    """The only end that fits and that nothing else fits; a shared reference settles what amounts leave open."""
    told = [one for one in forward[out] if out.reference and one.reference == out.reference]
    if len(told) == 1 and sum(one.reference == out.reference for one in backward[told[0]]) == 1:
        return OwnTransfer(out, told[0])
    if told or len(forward[out]) != 1 or len(backward[forward[out][0]]) != 1:
        return None
    return OwnTransfer(out, forward[out][0])


def _fits(out: End, into: End) -> bool:
    if out.account_id == into.account_id or out.code != into.code or abs(into.at - out.at) > WITHIN:
        return False
    if out.reference and into.reference and out.reference != into.reference:
        return False
    sent = -out.amount
    return sent * (1 - NETWORK_FEE) <= into.amount <= sent
