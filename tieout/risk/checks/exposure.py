"""How much of the account an order would put at stake. What only shrinks a position passes all of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import Order
from tieout.risk.checks.common import money, rule, share
from tieout.risk.codes import DenialCode
from tieout.risk.effect import (
    MissingFactError,
    Part,
    equity_of,
    exposure,
    exposure_per_unit,
    holding_exposure,
    only_reduces,
    opened,
    others,
    parts,
    units_after,
)
from tieout.risk.types import Denial, RiskContext

_WITH_SECTOR = frozenset({AssetClass.EQUITY, AssetClass.OPTION})


@rule(DenialCode.ORDER_TOO_LARGE, settings=("max_order_notional",))
def order_notional(order: Order, context: RiskContext) -> Denial | None:
    """One order opens no more than a fixed amount of money."""
    most = context.limits.max_order_notional
    if most is None or only_reduces(order, context):
        return None
    worth = opened(order, context)
    if worth <= most:
        return None
    words = f"the order opens {money(worth)}, {money(most)} is the most for one"
    return Denial(DenialCode.ORDER_TOO_LARGE, words, {"opened": worth, "limit": most})


@rule(DenialCode.POSITION_TOO_LARGE, settings=("max_position_pct", "crypto_max_position_pct"))
def position_size(order: Order, context: RiskContext) -> Denial | None:
    """A position stays below its share of equity, with everything that may still trade on its side."""
    for part in _opening(order, context):
        most = context.limits.position_pct(part.instrument.asset_class)
        worth = units_after(part, order, context) * exposure_per_unit(part, order, context)
        what = f"the position in {part.instrument.symbol}"
        if denial := _too_much(DenialCode.POSITION_TOO_LARGE, what, worth, most, context):
            return denial
    return None


@rule(DenialCode.ASSET_EXPOSURE, settings=("max_asset_pct",))
def asset_exposure(order: Order, context: RiskContext) -> Denial | None:
    """One underlying, by whatever instruments, stays below its share of equity."""
    most = context.limits.max_asset_pct
    if most is None:
        return None
    for asset in sorted({asset_of(part.instrument) for part in _opening(order, context)}):
        worth = _after(order, context, _of_asset(asset))
        if denial := _too_much(DenialCode.ASSET_EXPOSURE, f"all of {asset}", worth, most, context):
            return denial
    return None


@rule(DenialCode.CLASS_EXPOSURE, settings=("max_class_pct",))
def class_exposure(order: Order, context: RiskContext) -> Denial | None:
    """An asset class stays below its share of equity."""
    bounds = context.limits.max_class_pct
    for kind in sorted({part.instrument.asset_class for part in _opening(order, context)} & bounds.keys()):
        worth = _after(order, context, _of_class(kind))
        if denial := _too_much(DenialCode.CLASS_EXPOSURE, f"all of class {kind}", worth, bounds[kind], context):
            return denial
    return None


@rule(DenialCode.SECTOR_EXPOSURE, settings=("max_sector_pct",))
def sector_exposure(order: Order, context: RiskContext) -> Denial | None:
    """A sector of shares and their options stays below its share of equity."""
    most = context.limits.max_sector_pct
    if most is None:
        return None
    opening = [part for part in _opening(order, context) if part.instrument.asset_class in _WITH_SECTOR]
    for sector in sorted({_sector(part.instrument, context) for part in opening}):
        held = [one for one in context.holdings.values() if one.sector == sector]
        kept = [one for one in others(order, context) if one.sector == sector]
        mine = [part for part in opening if _sector(part.instrument, context) == sector]
        worth = exposure(context, held, kept) + _opened_by(mine, order, context)
        if denial := _too_much(DenialCode.SECTOR_EXPOSURE, f"sector {sector}", worth, most, context):
            return denial
    return None


@rule(DenialCode.LEVERAGE, settings=("max_leverage",))
def leverage(order: Order, context: RiskContext) -> Denial | None:
    """All positions together, long and short added up, stay below a multiple of equity."""
    if only_reduces(order, context):
        return None
    equity, most = equity_of(context), context.limits.max_leverage
    worth = gross_after(order, context)
    if worth <= equity * most:
        return None
    words = f"all positions would be {money(worth)}, {worth / equity:.2f} times the equity; {most} times is the most"
    return Denial(DenialCode.LEVERAGE, words, {"gross": worth, "equity": equity, "limit": most})


@rule(DenialCode.TOO_MANY_POSITIONS, settings=("max_concurrent_positions",))
def concurrent_positions(order: Order, context: RiskContext) -> Denial | None:
    """No more positions at a time than agreed; those that other orders may open are counted."""
    held = {symbol for symbol, one in context.holdings.items() if one.quantity != 0}
    taken = held | {one.instrument.symbol for one in others(order, context) if one.money > 0}
    fresh = {part.instrument.symbol for part in _opening(order, context)} - taken
    count, most = len(taken) + len(fresh), context.limits.max_concurrent_positions
    if not fresh or count <= most:
        return None
    words = f"it would be position {count}, {most} is the most at a time"
    return Denial(DenialCode.TOO_MANY_POSITIONS, words, {"positions": Decimal(count), "limit": Decimal(most)})


def gross_after(order: Order, context: RiskContext) -> Decimal:
    """Exposure of the whole account once the order and all others have traded, base currency."""
    return _after(order, context, lambda _: True)


def asset_of(instrument: Instrument) -> str:
    """What exposures are added up by: the underlying, a coin, or the symbol itself."""
    return instrument.underlying or instrument.symbol


def _of_asset(asset: str) -> Callable[[Instrument], bool]:
    return lambda instrument: asset_of(instrument) == asset


def _of_class(kind: AssetClass) -> Callable[[Instrument], bool]:
    return lambda instrument: instrument.asset_class is kind


def _opening(order: Order, context: RiskContext) -> list[Part]:
    return [part for part in parts(order, context) if part.opens > 0]


def _after(order: Order, context: RiskContext, belongs: Callable[[Instrument], bool]) -> Decimal:
    """Exposure of the instruments that belong, after the order: what is held and reserved, less closed, plus opened."""
    held = [one for one in context.holdings.values() if belongs(one.instrument)]
    kept = [one for one in others(order, context) if belongs(one.instrument)]
    mine = [part for part in parts(order, context) if belongs(part.instrument)]
    closed = sum((_closed_by(part, context) for part in mine), ZERO)
    return exposure(context, held, kept) - closed + _opened_by(mine, order, context)


def _closed_by(part: Part, context: RiskContext) -> Decimal:
    holding = context.holdings.get(part.instrument.symbol)
    if holding is None or holding.quantity == 0 or part.closes == 0:
        return ZERO
    return holding_exposure(holding, context) * part.closes / abs(holding.quantity)


def _opened_by(opening: Iterable[Part], order: Order, context: RiskContext) -> Decimal:
    return sum((part.opens * exposure_per_unit(part, order, context) for part in opening if part.opens), ZERO)


def _sector(instrument: Instrument, context: RiskContext) -> str:
    facts = context.facts.get(instrument.symbol)
    if facts is None or not facts.sector:
        raise MissingFactError(DenialCode.NO_SECTOR, f"the sector of {instrument.symbol} is not known")
    return facts.sector


def _too_much(code: DenialCode, what: str, worth: Decimal, most: Decimal, context: RiskContext) -> Denial | None:
    equity = equity_of(context)
    if worth <= equity * most:
        return None
    words = f"{what} would be {money(worth)}, {share(worth / equity)} of equity; {share(most)} is the most"
    return Denial(code, words, {"exposure": worth, "equity": equity, "limit": most})
