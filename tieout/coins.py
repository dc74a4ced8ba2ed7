"""Coins in an account: what of a wallet is money, what is a position, and how a contract is counted. Pure.

The rule, for every account whose calendar is `24/7`:

    cash         the account's base currency, national currencies, and stablecoins that stand for one
    position     every other coin in a spot wallet, as the instrument COIN/BASE: `BTC/USD` where the base currency is
                 USD, whatever pairs it was traded in
    units        wallets in scope together, free and locked, less what is borrowed
    contract     perpetuals and futures are counted in base units, or, coin-margined, in units of the quote currency:
                 contracts × contract size, so that one symbol means one thing at every venue; the multiplier is 1

A stablecoin is a currency of its own: USDT is never USD. What one is worth in the other is stated (`rates` of the
account) or unknown, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.accounts import Account
from tieout.ids import InstrumentId
from tieout.instruments import AssetClass, Instrument, crypto
from tieout.money import WIDE, ZERO, rounded
from tieout.orders import Side
from tieout.records import Activity, Execution, Statement
from tieout.snapshots import Balance, Position


def _listed(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


# ISO 4217. MNT is left out: on coin exchanges it is Mantle, in which Bybit charges fees, and no exchange holds tugrik.
NATIONAL = _listed(
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNH CNY COP CZK DKK DOP EGP EUR GBP GEL GHS HKD HUF IDR ILS INR ISK JPY "
    "KES KRW KWD KZT LKR MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD TZS UAH "
    "UGX USD UYU VES VND ZAR"
)

# Coins that an issuer redeems, or a protocol keeps, at one unit of a national currency. Coins that bear interest or
# follow a basket are positions.
STABLECOINS: Mapping[str, str] = {
    **dict.fromkeys(
        _listed("USDT USDC FDUSD TUSD DAI USDP PYUSD BUSD GUSD USDD USD1 USDG USDS RLUSD USDQ LUSD"), "USD"
    ),
    **dict.fromkeys(_listed("EURC EURT EURI EURQ EURR AEUR EURS"), "EUR"),
    "GBPT": "GBP",
    "TGBP": "GBP",
    "BIDR": "IDR",
    "BRZ": "BRL",
    "XSGD": "SGD",
    "QCAD": "CAD",
}


def is_cash(code: str, base_currency: str) -> bool:
    """Whether a wallet's code is money in an account of that base currency."""
    return code == base_currency or code in NATIONAL or code in STABLECOINS


def holding(coin: str, base_currency: str) -> Instrument:
    """The instrument as which a coin is held: `BTC/USD`.

    raises    ValueError for a code that is cash: it is a balance, not a position
    """
    if is_cash(coin, base_currency):
        raise ValueError(f"{coin} is cash in an account of {base_currency}, not a position")
    return crypto(coin, base_currency)


def units(contracts: Decimal, contract_size: Decimal, side: Side) -> Decimal:
    """Signed units of a derivative: of the base coin where it is linear, of the quote currency where it is inverse.

    contracts       counted positive, as venues state them
    contract_size   base units, or quote units of an inverse contract, in one
    """
    if contracts < 0 or contract_size <= 0:
        raise ValueError(f"{contracts} contracts of {contract_size}: both count up from zero")
    return WIDE.multiply(WIDE.multiply(contracts, contract_size), side.sign)


@dataclass(frozen=True, slots=True)
class Wallet:
    """One line of one wallet.

    total      free and locked, units; below zero where the venue nets a debt
    borrowed   owed and not netted in `total`, counted positive
    free       of `total`, what a new order may take; zero in a wallet that orders do not reach, None where the venue
               does not say
    """

    coin: str
    total: Decimal
    borrowed: Decimal = ZERO
    free: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An account's wallets under the rule: what stands among positions, and what among balances.

    The buying power of the base currency's balance is what of it is free, so that nothing is bought on credit.

    free    what of every code new orders may take; None where a wallet that holds some does not say
    """

    positions: tuple[Position, ...]
    balances: tuple[Balance, ...]
    free: Mapping[str, Decimal | None] = field(default_factory=dict)


def held(wallets: Iterable[Wallet], base_currency: str, prices: Mapping[str, Decimal] | None = None) -> Held:
    """Positions and balances of all wallets in scope, each coin once.

    prices     of coins in the base currency, where known; a coin without one has no market value. Venues state no cost
               of a spot holding, so none is given
    returns    positions by symbol, zeros left out; balances by code with the base currency first, also where it is zero
    """
    lines = list(wallets)
    totals: dict[str, Decimal] = {base_currency: ZERO}
    for one in lines:
        totals[one.coin] = WIDE.add(totals.get(one.coin, ZERO), WIDE.subtract(one.total, one.borrowed))
    known = prices or {}
    free = {code: _free(lines, code) for code in totals}
    coins = sorted(code for code in totals if not is_cash(code, base_currency))
    money = sorted(
        (code for code in totals if is_cash(code, base_currency)), key=lambda code: (code != base_currency, code)
    )
    return Held(
        tuple(_position(holding(coin, base_currency), totals[coin], known.get(coin)) for coin in coins if totals[coin]),
        tuple(
            Balance(code, totals[code], buying_power=free[code] if code == base_currency else None)
            for code in money
            if totals[code] or code == base_currency
        ),
        free,
    )


def _free(wallets: Iterable[Wallet], coin: str) -> Decimal | None:
    """What of a coin new orders may take; None where any wallet that holds some does not say."""
    lines = [one for one in wallets if one.coin == coin and (one.total or one.free)]
    if any(one.free is None for one in lines):
        return None
    return max(sum((one.free for one in lines if one.free is not None), ZERO), ZERO)


def _position(instrument: Instrument, quantity: Decimal, price: Decimal | None) -> Position:
    return Position(
        instrument=instrument,
        quantity=quantity,
        avg_entry_price=None,
        market_price=price,
        market_value=None if price is None else rounded(instrument.value(quantity, price)),
        cost_basis=None,
        side="long" if quantity > 0 else "short",
    )


@dataclass(frozen=True, slots=True)
class CoinRule:
    """The rule as it holds for one account.

    rates    units of the base currency that one unit of another is worth, as the owner states them; for cost alone
    """

    base_currency: str
    rates: Mapping[str, Decimal] | None = None

    @classmethod
    def of(cls, account: Account, rates: Mapping[str, Decimal] | None = None) -> CoinRule | None:
        """The rule of an account that trades around the clock; None for every other, whose coins stay as they come."""
        return cls(account.base_currency, rates) if account.calendar.startswith("24/7") else None

    def is_coin(self, code: str | None) -> bool:
        """Whether units of a code are a position."""
        return code is not None and not is_cash(code, self.base_currency)

    def rate(self, currency: str) -> Decimal | None:
        """What one unit of a currency is worth in the base currency; None where nobody has said."""
        return Decimal(1) if currency == self.base_currency else (self.rates or {}).get(currency)

    def touched(self, record: Execution | Activity) -> tuple[Instrument, ...]:
        """The holdings that a record moves: by its units, its money or its fee."""
        codes = _codes(record)
        return tuple(holding(code, self.base_currency) for code in sorted(codes) if self.is_coin(code))


def holdings_of(rule: CoinRule | None, statement: Statement | None) -> tuple[Instrument, ...]:
    """The holdings that a statement's trades, fees and money move; none of an account without wallets."""
    if rule is None or statement is None:
        return ()
    records: list[Execution | Activity] = [*statement.executions.records, *statement.activities.records]
    return tuple(dict.fromkeys(held for record in records for held in rule.touched(record)))


@dataclass(frozen=True, slots=True)
class CoinBook:
    """The rule with the surrogate keys of the holdings, by coin: what the ledger needs to book a coin as a position."""

    rule: CoinRule
    ids: Mapping[str, InstrumentId]

    def holding_id(self, code: str | None) -> InstrumentId | None:
        """Under which key units of a coin are held; None for money.

        raises    KeyError for a coin whose holding nobody has written down
        """
        return self.ids[code] if code is not None and self.rule.is_coin(code) else None


def _codes(record: Execution | Activity) -> set[str]:
    """What a record may move of spot wallets."""
    instrument = record.instrument
    codes = {record.fee_currency if isinstance(record, Execution) else record.currency}
    if instrument is None:
        return codes
    if instrument.asset_class is AssetClass.CRYPTO and instrument.underlying:
        codes.add(instrument.underlying)
    if isinstance(record, Execution):
        codes.add(instrument.profit_currency)
    return codes
