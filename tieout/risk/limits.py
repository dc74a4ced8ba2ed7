"""The settings that bound what may be sent. Defaults here, then the environment, `[risk]`, `[accounts.NAME.risk]`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.instruments import AssetClass

CRYPTO_CLASSES = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})


class DayTradeRule(StrEnum):
    """Which rule bounds trades opened and closed in one session."""

    AUTO = "auto"  # by broker and date, see tieout/risk/checks/day_trades.py
    PATTERN = "pattern"  # FINRA's pattern-day-trader rule, until the broker moves on
    INTRADAY = "intraday"  # FINRA's intraday margin standards
    NONE = "none"  # cash accounts, venues that FINRA does not regulate


class Sizing(StrEnum):
    """How the size of a position is found."""

    FIXED_FRACTIONAL = "fixed_fractional"
    ATR = "atr"
    KELLY = "kelly"


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of one account. Shares of equity are fractions (0.20 is a fifth); None means: no such bound.

    Position and exposure, as shares of equity:
    max_position_pct        one instrument after the trade
    max_asset_pct           one underlying: the share, its options, its futures together
    max_class_pct           one asset class, for the classes named
    max_sector_pct          one sector; a share whose sector is not known is then denied
    max_leverage            gross exposure over equity, a factor; at 1 nothing is bought with borrowed money
    max_order_notional      one order, base currency
    max_concurrent_positions, max_trades_per_day     counts; only orders that open something are counted and denied
    allow_short             whether an order may open a short position
    settled_cash_only       whether purchases wait for the proceeds of sales to settle

    Prices and hours:
    collar_pct              how far beyond the market an order may be willing to trade, share of the price
    far_pct                 how far on the passive side a price may lie before it reads like a typing error
    day_range_pct           how far outside today's high and low it may be willing to trade
    market_buffer_pct       what a market order may cost more than the quote, when cash is set aside for it
    max_quote_age_s         seconds after which a quote says nothing any more
    extended_hours          whether orders may trade before and after the session
    queue_when_closed       whether day and GTC orders may be sent while the market is closed, to wait for its opening

    Loss:
    max_daily_loss_pct      of the equity at the start of the day
    max_drawdown_pct        of the highest equity seen
    volatility_pct          move of one instrument within the breaker's window that stops it, share of the price
    max_silence_s           seconds without an answer of the venue
    max_error_rate          failed calls over all calls, from `min_calls` calls on
    pause_s                 seconds after which a volatility, connectivity or error-rate breaker lifts by itself

    Sizing:
    sizing                  used by strategies that name none of their own
    risk_per_trade_pct      equity lost when the stop is hit (fixed fractional, ATR)
    atr_multiple            distance of the stop in average true ranges
    kelly_fraction          share of the full Kelly bet
    target_wealth, starting_capital, time_horizon_days     see `tieout/risk/target.py`
    min_convexity_score     least score a signal must bring to open a position

    Crypto: the same names with `crypto_` in front hold for coins and perpetuals.

    Margin:
    day_trade_rule          see DayTradeRule
    intraday_margin_from    date on which this broker changed over; None: what is known of the broker
    margin_long_pct, margin_short_pct      maintenance margin, share of the market value

    Approval:
    approve_above           base currency; larger orders wait for a person
    approve_all             every order waits for a person
    two_persons             the approver must not be the proposer
    """

    max_position_pct: Decimal = Decimal("0.20")
    max_asset_pct: Decimal | None = None
    max_class_pct: dict[AssetClass, Decimal] = field(default_factory=dict)
    max_sector_pct: Decimal | None = None
    max_leverage: Decimal = Decimal(1)
    max_order_notional: Decimal | None = Decimal(100_000)
    max_concurrent_positions: int = 20
    max_trades_per_day: int = 50
    allow_short: bool = False
    settled_cash_only: bool = False

    collar_pct: Decimal = Decimal("0.05")
    far_pct: Decimal = Decimal("0.50")
    day_range_pct: Decimal | None = Decimal("0.05")
    market_buffer_pct: Decimal = Decimal("0.02")
    max_quote_age_s: int = 900
    extended_hours: bool = False
    queue_when_closed: bool = False

    max_daily_loss_pct: Decimal = Decimal("0.05")
    max_drawdown_pct: Decimal = Decimal("0.20")
    volatility_pct: Decimal | None = Decimal("0.10")
    max_silence_s: int = 120
    max_error_rate: Decimal = Decimal("0.5")
    min_calls: int = 10
    pause_s: int = 300
    enable_circuit_breakers: bool = True
    halt_on_daily_loss: bool = True
    halt_on_drawdown: bool = True

    sizing: Sizing = Sizing.FIXED_FRACTIONAL
    risk_per_trade_pct: Decimal = Decimal("0.01")
    atr_multiple: Decimal = Decimal(2)
    kelly_fraction: Decimal = Decimal("0.25")
    target_wealth: Decimal | None = None
    starting_capital: Decimal | None = None
    time_horizon_days: int | None = None
    min_convexity_score: Decimal | None = None

    enable_crypto: bool = True
    crypto_symbols: tuple[str, ...] = ()  # empty: all
    crypto_max_position_pct: Decimal = Decimal("0.10")
    crypto_max_daily_loss_pct: Decimal = Decimal("0.05")
    crypto_max_drawdown_pct: Decimal = Decimal("0.20")

    day_trade_rule: DayTradeRule = DayTradeRule.AUTO
    intraday_margin_from: date | None = None
    margin_long_pct: Decimal = Decimal("0.25")
    margin_short_pct: Decimal = Decimal("0.30")

    approve_above: Decimal | None = None
    approve_all: bool = False
    two_persons: bool = False

    validate_orders: bool = True
    dry_run: bool = False

    def position_pct(self, asset_class: AssetClass) -> Decimal:
        """The bound of one position: crypto has its own."""
        return self.crypto_max_position_pct if asset_class in CRYPTO_CLASSES else self.max_position_pct
