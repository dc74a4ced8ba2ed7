"""What trading costs, as data: commissions taken with each fill, and regulatory fees charged the session after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

from simulator.fees import fee_row
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import Side
from tieout.records import Execution

_CENT = Decimal("0.01")
_COIN = Decimal("0.000000001")
_SATOSHI = Decimal("0.00000001")
_BASIS_POINT = Decimal("0.0001")
_COINS = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})


class ChargedIn(StrEnum):
    """What a venue for coins takes its fee in."""

    RECEIVED = "received"  # coin on a buy, quote currency on a sell
    QUOTE = "quote"
    OWN_COIN = "own_coin"  # the venue's own coin, as long as there is some


@dataclass(frozen=True, slots=True)
class RegulatoryRate:
    """A rate from a date on, until the next one. Currency per unit or per unit of proceeds; `cap` per execution."""

    since: date
    rate: Decimal
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RegulatoryFee:
    """A fee on sales, summed over a session and rounded up to the cent.

    per_proceeds   the rate is on money received; otherwise on units sold
    """

    name: str
    asset_classes: frozenset[AssetClass]
    per_proceeds: bool
    rates: tuple[RegulatoryRate, ...]

    def on(self, sale: Execution, traded_on: date) -> Decimal:
        """The fee on one execution, unrounded; zero for a buy, another asset class or a time without a rate."""
        known = [rate for rate in self.rates if rate.since <= traded_on]
        if sale.side is Side.BUY or sale.instrument.asset_class not in self.asset_classes or not known:
            return ZERO
        rate = max(known, key=lambda one: one.since)
        measure = sale.cash_change if self.per_proceeds else sale.quantity
        fee = measure * rate.rate
        return fee if rate.cap is None else min(fee, rate.cap)


@dataclass(frozen=True, slots=True)
class CostSchedule:
    """What one broker takes.

    per_share      currency per share of equities and funds, at least `minimum` an execution
    per_contract   currency per contract of options and futures
    maker, taker   basis points of the traded value, coins only
    as_activities  fees on coins are posted as events of their own rather than with the execution
    venue          whose dated rows take the place of maker and taker (`fees.py`)
    own_coin       the venue's own coin, in which fees on spot trades are paid with `discount` off, as a part
    """

    name: str
    per_share: Decimal = ZERO
    minimum: Decimal = ZERO
    per_contract: Decimal = ZERO
    maker: Decimal = ZERO
    taker: Decimal = ZERO
    charged_in: ChargedIn = ChargedIn.QUOTE
    as_activities: bool = False
    venue: str = ""
    own_coin: str = ""
    discount: Decimal = ZERO
    regulatory: tuple[RegulatoryFee, ...] = ()


@dataclass(frozen=True, slots=True)
class Commission:
    """What one fill costs: money in the quote currency, units of the coin itself, or units of another coin."""

    money: Decimal = ZERO
    coin: Decimal = ZERO
    other: Decimal = ZERO
    other_currency: str = ""

    def __neg__(self) -> Commission:
        return Commission(-self.money, -self.coin, -self.other, self.other_currency)


def commission(
    costs: CostSchedule,
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    *,
    maker: bool,
    on: date | None = None,
    own_price: Decimal | None = None,
) -> Commission:
    """The commission on one fill: to the cent, to nine digits of a coin, or to eight by a venue's own schedule.

    on            the day of the trade, for a schedule of dated rows
    own_price   of the venue's own coin in the quote currency; None where the account has none of it left
    """
    if costs.venue and on is not None and _is_on_coins(instrument):
        row = fee_row(costs.venue, instrument, on)
        return _by_venue(costs, instrument, side, quantity, price, row.maker if maker else row.taker, own_price)
    if instrument.asset_class in _COINS:
        return _on_coins(costs, instrument, side, quantity, price, costs.maker if maker else costs.taker)
    if instrument.asset_class in {AssetClass.OPTION, AssetClass.FUTURE}:
        return Commission(_cents(costs.per_contract * quantity))
    return Commission(_cents(max(costs.per_share * quantity, costs.minimum)))


def _is_on_coins(instrument: Instrument) -> bool:
    dated = instrument.asset_class is AssetClass.FUTURE and ":" in instrument.symbol
    return dated or instrument.asset_class in _COINS


def _by_venue(
    costs: CostSchedule,
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    rate: Decimal,
    own_price: Decimal | None,
) -> Commission:
    if instrument.is_inverse:
        fee = instrument.value(quantity, price) / price * rate
        return Commission(other=_eighth(fee), other_currency=instrument.profit_currency)
    money = instrument.value(quantity, price) * rate
    spot = instrument.asset_class is AssetClass.CRYPTO
    if spot and costs.charged_in is ChargedIn.OWN_COIN and own_price:
        fee = money * (1 - costs.discount) / own_price
        return Commission(other=_eighth(fee), other_currency=costs.own_coin)
    if spot and costs.charged_in is not ChargedIn.QUOTE and side is Side.BUY:
        return Commission(coin=_eighth(quantity * rate))
    return Commission(_eighth(money))


def _eighth(amount: Decimal) -> Decimal:
    return amount.quantize(_SATOSHI, ROUND_HALF_UP)


def _on_coins(
    costs: CostSchedule, instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, points: Decimal
) -> Commission:
    spot = instrument.asset_class is AssetClass.CRYPTO  # a perpetual delivers no coin to take a fee from
    if spot and costs.charged_in is ChargedIn.RECEIVED and side is Side.BUY:
        return Commission(coin=(quantity * points * _BASIS_POINT).quantize(_COIN, ROUND_HALF_UP))
    return Commission(_cents(instrument.value(quantity, price) * points * _BASIS_POINT))


def _cents(money: Decimal) -> Decimal:
    return money.quantize(_CENT, ROUND_HALF_UP)


def regulatory_fees(costs: CostSchedule, executions: Iterable[Execution], traded_on: date) -> dict[str, Decimal]:
    """Fee name to money owed on one session's executions, each rounded up to the cent; nothing for a fee of zero."""
    sales = list(executions)
    owed = {fee.name: sum((fee.on(sale, traded_on) for sale in sales), ZERO) for fee in costs.regulatory}
    return {name: money.quantize(_CENT, ROUND_CEILING) for name, money in owed.items() if money > 0}


# SEC section 31 fee and FINRA trading activity fee (By-Laws, schedule A, section 1), as published for these dates
SEC_FEE = RegulatoryFee(
    "SEC",
    frozenset({AssetClass.EQUITY, AssetClass.OPTION}),
    per_proceeds=True,
    rates=(
        RegulatoryRate(date(2024, 5, 22), Decimal("0.0000278")),
        RegulatoryRate(date(2025, 5, 14), ZERO),
    ),
)
TAF_EQUITY = RegulatoryFee(
    "TAF",
    frozenset({AssetClass.EQUITY}),
    per_proceeds=False,
    rates=(
        RegulatoryRate(date(2024, 1, 1), Decimal("0.000166"), Decimal("8.30")),
        RegulatoryRate(date(2026, 1, 1), Decimal("0.000195"), Decimal("9.79")),
    ),
)
TAF_OPTION = RegulatoryFee(
    "TAF options",
    frozenset({AssetClass.OPTION}),
    per_proceeds=False,
    rates=(
        RegulatoryRate(date(2024, 1, 1), Decimal("0.00279")),
        RegulatoryRate(date(2026, 1, 1), Decimal("0.00329")),
    ),
)
US_FEES = (SEC_FEE, TAF_EQUITY, TAF_OPTION)

FREE = CostSchedule("free")
US_RETAIL = CostSchedule(
    "us-retail",  # no commission; the regulators' fees passed on; coins as the large US retail brokers take them
    maker=Decimal(15),
    taker=Decimal(25),
    charged_in=ChargedIn.RECEIVED,
    as_activities=True,
    regulatory=US_FEES,
)
PER_SHARE = CostSchedule(
    "per-share", per_share=Decimal("0.005"), minimum=Decimal(1), per_contract=Decimal("0.65"), regulatory=US_FEES
)
COIN_EXCHANGE = CostSchedule("coin-exchange", maker=Decimal(10), taker=Decimal(10), charged_in=ChargedIn.RECEIVED)
COIN_QUOTE = CostSchedule("coin-quote", maker=Decimal(16), taker=Decimal(26), charged_in=ChargedIn.QUOTE)
BINANCE = CostSchedule("binance", venue="binance", charged_in=ChargedIn.RECEIVED)
BINANCE_BNB = CostSchedule(
    "binance-bnb", venue="binance", charged_in=ChargedIn.OWN_COIN, own_coin="BNB", discount=Decimal("0.25")
)
BYBIT = CostSchedule("bybit", venue="bybit", charged_in=ChargedIn.RECEIVED)
OKX = CostSchedule("okx", venue="okx", charged_in=ChargedIn.RECEIVED)
KRAKEN = CostSchedule("kraken", venue="kraken", charged_in=ChargedIn.QUOTE)
KUCOIN = CostSchedule("kucoin", venue="kucoin", charged_in=ChargedIn.QUOTE)
COINBASE = CostSchedule("coinbase", venue="coinbase", charged_in=ChargedIn.QUOTE)
CRYPTOCOM = CostSchedule("cryptocom", venue="cryptocom", charged_in=ChargedIn.RECEIVED)
COIN_VENUES = (BINANCE, BINANCE_BNB, BYBIT, OKX, KRAKEN, KUCOIN, COINBASE, CRYPTOCOM)
SCHEDULES = {costs.name: costs for costs in (FREE, US_RETAIL, PER_SHARE, COIN_EXCHANGE, COIN_QUOTE, *COIN_VENUES)}
