"""How well a window traded: how much of what was wanted, at what price against the market, how fast. Pure.

Slippage is in basis points, hundredths of a per cent, of what it is measured against. Above zero is a cost to us,
whichever way we traded: bought above the price it is measured against, or sold below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from tieout.fills import units_of
from tieout.money import ZERO
from tieout.orders import OrderState
from tieout.placement import Placement
from tieout.records import Execution, RecordStatus
from tieout.vwap import Vwap, VwapOf

BASIS_POINTS = Decimal(10_000)
NEVER_SENT = frozenset({OrderState.DENIED, OrderState.DECLINED, OrderState.LAPSED})


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """One intent's figures.

    filled          share of the intended quantity, 0 to 1; above 1 after an overfill
    average_price   currency per unit; None where nothing traded, and for an order of several legs
    slippage_bp     basis points paid against the arrival price, above zero is a cost; None where either is not known
    vwap_bp         the same against `vwap`
    fill_s          seconds from the send to the last execution
    vwap            the market's volume-weighted price, and of which span it is; None where it is not known
    """

    intended: Decimal
    executed: Decimal
    filled: Decimal
    average_price: Decimal | None
    slippage_bp: Decimal | None
    vwap_bp: Decimal | None
    fill_s: float | None
    vwap: Vwap | None = None


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """All intents of a window together.

    fill_rate      executed of intended worth, at arrival prices; by count of units where an arrival price is missing.
                   What an heir goes on with was intended once, by its parent
    slippage_bp    basis points against arrival, above zero is a cost; weighted by executed worth
    vwap_bp        the same against the market's volume-weighted price
    vwap_of        which spans those prices are of, the better one first
    """

    intents: int
    sent: int
    denied: int
    filled: int
    fill_rate: Decimal
    slippage_bp: Decimal | None
    vwap_bp: Decimal | None
    fill_s: float | None
    vwap_of: tuple[VwapOf, ...] = ()


def last_fill(executions: Sequence[Execution]) -> datetime | None:
    """When the last execution that stands was made, UTC."""
    return max((one.executed_at for one in _standing(executions)), default=None)


def order_figures(row: Placement, executions: Sequence[Execution], vwap: Vwap | None = None) -> OrderFigures:
    """Figures of one intent from the executions that stand for it."""
    standing = _standing(executions)
    units = units_of(row.intent.order, standing)
    average = _average(row, standing)
    intended = row.intent.order.quantity
    last = last_fill(standing)
    return OrderFigures(
        intended=intended,
        executed=units,
        filled=units / intended,
        average_price=average,
        slippage_bp=_paid(row, average, row.intent.arrival_price),
        vwap_bp=_paid(row, average, vwap.price if vwap else None),
        fill_s=(last - row.sent_at).total_seconds() if last and row.sent_at else None,
        vwap=vwap,
    )


def window_figures(rows: Sequence[Placement], each: Sequence[OrderFigures]) -> WindowFigures:
    """Figures of a window from those of its intents, in the same order."""
    sent = [(row, one) for row, one in zip(rows, each, strict=True) if row.sends > 0]
    worth = [(_anew(row, one) * _price(row, one), one.executed * _price(row, one)) for row, one in sent]
    intended = sum((pair[0] for pair in worth), ZERO)
    executed = sum((pair[1] for pair in worth), ZERO)
    times = [one.fill_s for _, one in sent if one.fill_s is not None]
    return WindowFigures(
        intents=len(rows),
        sent=len(sent),
        denied=sum(row.state in NEVER_SENT for row in rows),
        filled=sum(row.state is OrderState.FILLED for row in rows),
        fill_rate=executed / intended if intended else ZERO,
        slippage_bp=_weighted((one.slippage_bp, done[1]) for (_, one), done in zip(sent, worth, strict=True)),
        vwap_bp=_weighted((one.vwap_bp, done[1]) for (_, one), done in zip(sent, worth, strict=True)),
        fill_s=median(times) if times else None,
        vwap_of=tuple(of for of in VwapOf if any(one.vwap_bp is not None and _is_of(one, of) for _, one in sent)),
    )


def _standing(executions: Sequence[Execution]) -> list[Execution]:
    return [one for one in executions if one.status is not RecordStatus.CANCELLED]


def _average(row: Placement, standing: Sequence[Execution]) -> Decimal | None:
    """Legs have prices of their own, and no market price to set their sum against."""
    units = sum((one.quantity for one in standing), ZERO)
    if not units or row.intent.order.legs:
        return None
    return sum((one.quantity * one.price for one in standing), ZERO) / units


def _is_of(one: OrderFigures, of: VwapOf) -> bool:
    return one.vwap is not None and one.vwap.of is of


def _anew(row: Placement, one: OrderFigures) -> Decimal:
    """Units that nobody intended before: an heir's are its parent's."""
    return one.intended if row.intent.parent_id is None else ZERO


def _price(row: Placement, one: OrderFigures) -> Decimal:
    return row.intent.arrival_price or one.average_price or Decimal(1)


def _paid(row: Placement, average: Decimal | None, against: Decimal | None) -> Decimal | None:
    if average is None or not against:
        return None
    return (average - against) / against * BASIS_POINTS * row.intent.order.side.sign


def _weighted(pairs: Iterable[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    known = [(value, weight) for value, weight in pairs if value is not None and weight > 0]
    total = sum((weight for _, weight in known), ZERO)
    return sum((value * weight for value, weight in known), ZERO) / total if total else None
