"""Expirations, assignments and exercises that the broker reports as rows, the legs of one event together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout.recon.context import Context
from tieout.recon.rules.common import (
    finding,
    kind_of,
    money,
    not_in_snapshot,
    row_evidence,
    row_id,
    snapshot_agrees,
    units,
    when,
)
from tieout.recon.types import BreakKind, Cause, Difference, Finding, Proposal, Severity
from tieout.records import ActivityKind

NAME = "option_events"
_CAUSES = {
    ActivityKind.EXPIRATION: Cause.EXPIRATION,
    ActivityKind.ASSIGNMENT: Cause.ASSIGNMENT,
    ActivityKind.EXERCISE: Cause.EXERCISE,
    ActivityKind.OPTION_TRADE: Cause.ASSIGNMENT,  # by itself: its option row is still to come
}


def option_events(left: Sequence[Difference], context: Context) -> Iterator[Finding]:
    """Proof: the broker's activity rows, joined by group_id.

    Only an expiration resolves itself: its row moves no money, the contract has expired, and the snapshot agrees.
    An assignment or exercise changes the stock position and costs the strike: a person looks first.
    """
    rows = [one for one in left if one.kind is BreakKind.UNBOOKED_ACTIVITY and kind_of(one) in _CAUSES]
    for group in _groups(rows):
        main = next((one for one in group if kind_of(one) != ActivityKind.OPTION_TRADE), group[0])
        yield _explain(main, [one for one in group if one is not main], context)


def _groups(rows: Sequence[Difference]) -> list[list[Difference]]:
    groups: dict[str, list[Difference]] = {}
    for one in rows:
        groups.setdefault(str(one.detail.get("group_id") or one.subject), []).append(one)
    return list(groups.values())


def _explain(main: Difference, legs: Sequence[Difference], context: Context) -> Finding:
    kind = ActivityKind(kind_of(main))
    rows = [main, *legs]
    words = _words(main, legs, kind) + "".join(not_in_snapshot(one) for one in rows[:1])
    proposal = Proposal(
        NAME,
        accept_activities=tuple(row_id(one) for one in rows),
        automatic=kind is ActivityKind.EXPIRATION and not legs and _is_proven(main, context),
    )
    return finding(
        main,
        _CAUSES[kind],
        words,
        context,
        evidence=[row_evidence(one, _says(one)) for one in rows],
        proposal=proposal,
        symptoms=legs,
        floor=Severity.INFO if kind is ActivityKind.EXPIRATION else Severity.WARNING,
    )


def _is_proven(row: Difference, context: Context) -> bool:
    contract = context.instruments.get(row.instrument_id) if row.instrument_id is not None else None
    expired = contract is not None and contract.expiration is not None and contract.expiration <= context.book_date
    return row.amount == 0 and expired and snapshot_agrees(row)


def _words(main: Difference, legs: Sequence[Difference], kind: ActivityKind) -> str:
    if kind is ActivityKind.EXPIRATION and not legs:
        return f"{main.symbol} expired: the broker closed {units(main.quantity)} contracts{when(main)} for no money."
    if kind is ActivityKind.OPTION_TRADE:
        return f"Stock leg of an assignment or exercise{when(main, 'of')}: {_says(main)}. Its option row is not there."
    event = {"assignment": "was assigned", "exercise": "was exercised", "expiration": "was settled at expiration"}[kind]
    moved = "; ".join(_says(one) for one in legs) or "its stock leg is not there yet"
    return f"{main.symbol} {event}{when(main)}: {units(main.quantity)} contracts; {moved}."


def _says(row: Difference) -> str:
    moved = f"{units(row.quantity)} {row.symbol}" if row.quantity else "no units"
    return f"{moved} and {money(row.amount, row.currency)}" if row.amount else f"{moved} without money"
