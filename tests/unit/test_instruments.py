from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

import pytest

from tieout.errors import Malformed
from tieout.instruments import (
    AssetClass,
    Instrument,
    cash,
    cfd,
    crypto,
    equity,
    forex,
    fund,
    future,
    option,
    perpetual,
)
from tieout.options.osi import OptionRight

D = Decimal
MARCH = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("instrument", "asset_class", "symbol", "currency"),
    [
        (equity("brk.b"), AssetClass.EQUITY, "BRK.B", "USD"),
        (fund("vtsax"), AssetClass.FUND, "VTSAX", "USD"),
        (crypto("btc", "usdt"), AssetClass.CRYPTO, "BTC/USDT", "USDT"),
        (perpetual("btc", "usdt", "usdt"), AssetClass.PERPETUAL, "BTC/USDT:USDT", "USDT"),
        (future("es", MARCH, D(50)), AssetClass.FUTURE, "ES 2026-03-20", "USD"),
        (forex("eur", "usd"), AssetClass.FOREX, "EUR/USD", "USD"),
        (cfd("us500"), AssetClass.CFD, "US500", "USD"),
        (cash("eur"), AssetClass.CASH, "EUR", "EUR"),
    ],
)
def test_each_kind_has_its_canonical_key(
    instrument: Instrument, asset_class: AssetClass, symbol: str, currency: str
) -> None:
    assert (instrument.asset_class, instrument.symbol, instrument.currency) == (asset_class, symbol, currency)


def test_an_option_is_read_from_its_symbol() -> None:
    put = option("AAPL260116P00150000")
    assert put.symbol == "AAPL  260116P00150000"
    assert (put.underlying, put.expiration, put.option_right) == ("AAPL", date(2026, 1, 16), OptionRight.PUT)
    assert (put.strike, put.multiplier) == (D(150), D(100))
    assert option("SPXW  260116C06000000", underlying="SPX").underlying == "SPX"


def test_an_adjusted_option_needs_its_multiplier_from_the_venue() -> None:
    with pytest.raises(Malformed, match="needs its multiplier from the venue"):
        option("AAPL1 260116P00150000")
    assert option("AAPL1 260116P00150000", multiplier=D(150)).multiplier == 150


def test_value_is_signed_and_counts_the_multiplier() -> None:
    assert option("AAPL260116P00150000").value(D(-2), D("1.25")) == D(-250)


def test_value_keeps_every_digit_whatever_the_precision_around_it() -> None:
    with localcontext() as narrow:
        narrow.prec = 4
        assert crypto("BTC").value(D("1.23456789"), D("98765.4321")) == D("121932.631112635269")


@pytest.mark.parametrize("symbol", ["", "aapl", "AAPL;DROP", "AAPL\n", "Ä", " AAPL", "A" * 65, "AA_PL"])
def test_a_symbol_with_odd_characters_is_refused(symbol: str) -> None:
    with pytest.raises(Malformed, match="characters no venue uses") as caught:
        Instrument(AssetClass.EQUITY, symbol, "USD")
    assert caught.value.received == symbol


@pytest.mark.parametrize("currency", ["", "$", "usd", "U", "USD\n"])
def test_a_currency_that_is_no_code_is_refused(currency: str) -> None:
    with pytest.raises(Malformed, match="not a currency code"):
        Instrument(AssetClass.EQUITY, "AAPL", currency)


@pytest.mark.parametrize("multiplier", ["0", "-1"])
def test_a_multiplier_counts_up_from_zero(multiplier: str) -> None:
    with pytest.raises(Malformed, match="above zero"):
        cfd("US500", multiplier=D(multiplier))


@pytest.mark.parametrize(
    ("instrument", "paid_in", "margined", "inverse"),
    [
        (equity("AAPL"), "USD", False, False),
        (crypto("BTC"), "USD", False, False),
        (forex("EUR", "USD"), "USD", False, False),
        (cfd("US500", "EUR"), "EUR", True, False),
        (future("ES", MARCH, D(50)), "USD", True, False),
        (perpetual("BTC", "USDT", "USDT"), "USDT", True, False),
        (perpetual("BTC", "USD", "BTC"), "BTC", True, True),
        (perpetual("ETH", "USD", "BTC"), "BTC", True, False),
        (Instrument(AssetClass.FUTURE, "BTC/USD:BTC-260327", "USD", underlying="BTC"), "BTC", True, True),
    ],
)
def test_profit_is_paid_in_the_coin_behind_the_colon(
    instrument: Instrument, paid_in: str, margined: bool, inverse: bool
) -> None:
    assert (instrument.profit_currency, instrument.is_margined, instrument.is_inverse) == (paid_in, margined, inverse)
