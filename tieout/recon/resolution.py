"""Which findings resolve themselves: the proof is complete, and the caps on count and money are not reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tieout.money import ZERO, plain
from tieout.recon.context import Context
from tieout.recon.severity import money_at_risk
from tieout.recon.types import Finding, Severity


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is resolved, and the rest; `count` and `money` are what this run has used of its caps."""

    resolved: tuple[Finding, ...]
    left: tuple[Finding, ...]
    count: int
    money: Decimal


def resolve(
    findings: Iterable[Finding],
    context: Context,
    wanted: Callable[[Finding], bool],
    *,
    count: int = 0,
    money: Decimal = ZERO,
) -> Resolved:
    """Resolve what is wanted, proven and within the caps, in the findings' own order.

    wanted          which of the automatic ones this step is about: those that book, or those that only wait
    count, money    what earlier steps of the run have used
    """
    resolved: list[Finding] = []
    left: list[Finding] = []
    for found in findings:
        if found.proposal is None or not found.proposal.automatic or not wanted(found):
            left.append(found)
            continue
        why = _why_not(found, context, count, money)
        if why is not None:
            left.append(_held(found, why))
            continue
        resolved.append(replace(found, severity=Severity.INFO))
        count += 1
        money += found.money_at_risk if books(found) else ZERO
    return Resolved(tuple(resolved), tuple(left), count, money)


def hold(findings: Iterable[Finding], context: Context, count: int, money: Decimal) -> tuple[Finding, ...]:
    """Say of every proven booking that this run does not make why it does not. For the look after the bookings."""
    return tuple(
        _held(one, _why_not(one, context, count, money) or "it came to light after this run had booked")
        if books(one) and one.proposal is not None and one.proposal.automatic
        else one
        for one in findings
    )


def _held(found: Finding, why: str) -> Finding:
    return replace(found, explanation=f"{found.explanation} Not resolved by itself: {why}.")


def books(found: Finding) -> bool:
    """Whether resolving it adds entries to the book."""
    return found.proposal is not None and found.proposal.books


def waits(found: Finding) -> bool:
    """Whether it is only expected to clear by itself."""
    return found.proposal is not None and not found.proposal.books


def _why_not(found: Finding, context: Context, count: int, money: Decimal) -> str | None:
    """The cap or circumstance that leaves it to a person."""
    caps = context.caps
    if not caps.enabled:
        return "automatic resolution is switched off"
    prior = context.prior(found.difference.key)
    if prior is not None and prior.undone:
        return "a person took this resolution back before"
    if count >= caps.max_count:
        return f"the run has resolved {caps.max_count} already, its cap"
    risk = money_at_risk(found.difference, context)
    if risk is None:
        return "its money at risk is unknown, so no cap can be checked"
    return _too_much_to_wait_for(risk, context) if waits(found) else _too_much_to_book(found, risk, context, money)


def _too_much_to_wait_for(risk: Decimal, context: Context) -> str | None:
    cap = context.caps.max_money_timing
    if risk <= cap:
        return None
    return f"{plain(risk)} is above the cap of {plain(cap)} for what clears by itself"


def _too_much_to_book(found: Finding, risk: Decimal, context: Context, money: Decimal) -> str | None:
    caps, currency = context.caps, found.difference.currency
    if risk and currency not in (None, context.base_currency, *context.coins):  # a coin counts at its price
        return f"the caps are in {context.base_currency}, and this is {currency}"
    if risk > caps.max_money:
        return f"{plain(risk)} is above the cap of {plain(caps.max_money)} per break"
    if money + risk > caps.max_money_run:
        return f"with it the run would pass its cap of {plain(caps.max_money_run)}"
    return None
