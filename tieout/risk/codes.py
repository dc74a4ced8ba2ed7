"""Every reason for which an order is denied, as one list of words that outsiders may rely on."""

from __future__ import annotations

from enum import StrEnum


class DenialCode(StrEnum):
    # trading is stopped
    DRY_RUN = "dry_run"
    HALTED = "halted"
    REDUCE_ONLY = "reduce_only"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    # the order itself
    BAD_NUMBER = "bad_number"
    INVALID_ORDER = "invalid_order"
    UNSUPPORTED_ORDER = "unsupported_order"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    NOT_TRADABLE = "not_tradable"
    EXPIRED_INSTRUMENT = "expired_instrument"
    MARKET_CLOSED = "market_closed"
    FRACTIONAL = "fractional"
    LOT = "lot"
    TICK = "tick"
    MIN_NOTIONAL = "min_notional"
    # its price
    COLLAR = "collar"
    DAY_RANGE = "day_range"
    # what it would do to the account
    ORDER_TOO_LARGE = "order_too_large"
    POSITION_TOO_LARGE = "position_too_large"
    ASSET_EXPOSURE = "asset_exposure"
    CLASS_EXPOSURE = "class_exposure"
    SECTOR_EXPOSURE = "sector_exposure"
    LEVERAGE = "leverage"
    CASH = "cash"
    BUYING_POWER = "buying_power"
    SHORT = "short"
    TOO_MANY_POSITIONS = "too_many_positions"
    TOO_MANY_TRADES = "too_many_trades"
    CONVEXITY = "convexity"
    CRYPTO_DISABLED = "crypto_disabled"
    CRYPTO_SYMBOL = "crypto_symbol"
    PATTERN_DAY_TRADER = "pattern_day_trader"
    INTRADAY_MARGIN = "intraday_margin"
    # something that must be known is not
    NO_QUOTE = "no_quote"
    STALE_QUOTE = "stale_quote"
    NO_DAY_RANGE = "no_day_range"
    NO_TICK = "no_tick"
    NO_RATE = "no_rate"
    NO_VALUE = "no_value"
    NO_EQUITY = "no_equity"
    NO_DAY_START = "no_day_start"
    NO_PEAK = "no_peak"
    NO_CASH = "no_cash"
    NO_BUYING_POWER = "no_buying_power"
    NO_MARGIN = "no_margin"
    NO_SECTOR = "no_sector"
    NO_TRADE_COUNT = "no_trade_count"
    NO_DAY_TRADES = "no_day_trades"
    NO_CONVEXITY = "no_convexity"
