"""Every rule an order must pass, in one tuple. All are asked, so that all that is wrong is told at once."""

from __future__ import annotations

from tieout.risk.checks.activity import convexity, daily_trades
from tieout.risk.checks.common import Rule
from tieout.risk.checks.crypto import crypto_allowed
from tieout.risk.checks.day_trades import intraday_margin, pattern_day_trader
from tieout.risk.checks.exposure import (
    asset_exposure,
    class_exposure,
    concurrent_positions,
    leverage,
    order_notional,
    position_size,
    sector_exposure,
)
from tieout.risk.checks.funds import buying_power, cash, short
from tieout.risk.checks.instrument import fractional, lot, min_notional, symbol_exists, tick, tradable
from tieout.risk.checks.order_form import order_form
from tieout.risk.checks.price import collar, day_range
from tieout.risk.checks.trading_state import daily_loss, drawdown, dry_run, trading_state
from tieout.risk.checks.venue import market_hours, order_type

RULES: tuple[Rule, ...] = (
    dry_run,
    trading_state,
    daily_loss,
    drawdown,
    order_form,
    symbol_exists,
    tradable,
    order_type,
    market_hours,
    fractional,
    lot,
    tick,
    min_notional,
    collar,
    day_range,
    order_notional,
    position_size,
    asset_exposure,
    class_exposure,
    sector_exposure,
    leverage,
    cash,
    buying_power,
    short,
    concurrent_positions,
    daily_trades,
    convexity,
    crypto_allowed,
    pattern_day_trader,
    intraday_margin,
)
