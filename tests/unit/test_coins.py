from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.accounts import Account, Mode
from tieout.coins import NATIONAL, STABLECOINS, CoinRule, Wallet, held, holding, is_cash, units
from tieout.ids import AccountId, ActivityId, ExecutionId
from tieout.instruments import Instrument, crypto, equity, perpetual
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution

D = Decimal
NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
codes = st.sampled_from(["BTC", "ETH", "BNB", "MNT", "DOGE", "USD", "EUR", "USDT", "USDC"])
amounts = st.decimals(min_value=-1000, max_value=1000, places=8, allow_nan=False)


@pytest.mark.parametrize("code", ["USD", "EUR", "USDT", "USDC", "EURC"])
def test_national_currencies_and_stablecoins_are_cash(code: str) -> None:
    assert is_cash(code, "USD")


def test_the_base_currency_is_cash_even_where_it_is_a_coin() -> None:
    assert is_cash("BTC", "BTC")
    assert not is_cash("BTC", "USD")


def test_the_fee_token_of_bybit_is_a_coin_and_no_national_currency() -> None:
    assert not is_cash("MNT", "USDT")


def test_every_stablecoin_stands_for_a_national_currency_and_is_none() -> None:
    assert set(STABLECOINS.values()) <= NATIONAL
    assert not NATIONAL & set(STABLECOINS)


def test_a_coin_is_held_as_a_position_against_the_base_currency() -> None:
    assert holding("BTC", "USD") == crypto("BTC", "USD")
    with pytest.raises(ValueError, match="USDT is cash"):
        holding("USDT", "USD")


def test_wallets_of_one_coin_are_one_position_less_what_is_borrowed() -> None:
    wallets = [Wallet("BTC", D("1.5")), Wallet("BTC", D("0.25"), borrowed=D("0.5")), Wallet("USDT", D(40))]

    shown = held(wallets, "USD", {"BTC": D(60_000)})

    (btc,) = shown.positions
    assert (btc.instrument.symbol, btc.quantity, btc.side) == ("BTC/USD", D("1.25"), "long")
    assert (btc.market_price, btc.market_value, btc.cost_basis) == (D(60_000), D(75_000), None)
    assert [(one.currency, one.cash) for one in shown.balances] == [("USD", D(0)), ("USDT", D(40))]


def test_a_borrowed_coin_that_was_sold_is_a_short_position() -> None:
    (eth,) = held([Wallet("ETH", D(0), borrowed=D(2))], "USD").positions
    assert (eth.quantity, eth.side, eth.market_value) == (D(-2), "short", None)


@given(st.lists(st.tuples(codes, amounts)))
def test_nothing_in_a_wallet_is_lost_or_counted_twice(lines: list[tuple[str, Decimal]]) -> None:
    shown = held([Wallet(code, amount) for code, amount in lines], "USD")
    told = {one.instrument.underlying: one.quantity for one in shown.positions}
    told |= {one.currency: one.cash for one in shown.balances}
    for code in {code for code, _ in lines}:
        assert told.get(code, D(0)) == sum((amount for name, amount in lines if name == code), D(0))


@pytest.mark.parametrize(
    ("contracts", "size", "side", "expected"),
    [("3", "0.01", Side.BUY, "0.03"), ("3", "0.01", Side.SELL, "-0.03"), ("50", "100", Side.SELL, "-5000")],
)
def test_contracts_are_counted_in_units_of_what_they_are_on(
    contracts: str, size: str, side: Side, expected: str
) -> None:
    assert units(D(contracts), D(size), side) == D(expected)


def test_a_contract_size_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="count up from zero"):
        units(D(1), D(0), Side.BUY)


def account(calendar: str) -> Account:
    return Account(AccountId("desk"), "binance", Mode.PAPER, "USD", calendar)


def test_the_rule_holds_for_accounts_that_trade_around_the_clock_only() -> None:
    assert CoinRule.of(account("XNYS")) is None
    assert CoinRule.of(account("24/7@22:00")) == CoinRule("USD")


def test_a_stablecoin_is_worth_what_the_owner_said_or_nobody_knows() -> None:
    assert CoinRule("USD").rate("USDT") is None
    assert CoinRule("USD", {"USDT": D("0.9995")}).rate("USDT") == D("0.9995")
    assert CoinRule("USD").rate("USD") == 1


def trade(instrument: Instrument, fee_currency: str) -> Execution:
    return Execution(ExecutionId("x"), instrument, Side.BUY, D(1), D(2), NOON, D("0.1"), fee_currency)


@pytest.mark.parametrize(
    ("instrument", "fee_currency", "moved"),
    [
        (crypto("BTC", "USDT"), "USDT", ["BTC/USD"]),
        (crypto("ETH", "BTC"), "BNB", ["BNB/USD", "BTC/USD", "ETH/USD"]),
        (crypto("USDC", "USDT"), "USDT", []),
        (perpetual("BTC", "USDT", "USDT"), "USDT", []),
        (perpetual("BTC", "USD", "BTC"), "BTC", ["BTC/USD"]),
        (equity("AAPL"), "USD", []),
    ],
)
def test_a_trade_touches_the_holdings_of_what_it_buys_pays_and_costs(
    instrument: Instrument, fee_currency: str, moved: list[str]
) -> None:
    assert [one.symbol for one in CoinRule("USD").touched(trade(instrument, fee_currency))] == moved


def test_an_event_touches_the_holding_of_its_money() -> None:
    funding = Activity(ActivityId("f"), ActivityKind.FUNDING, NOON, amount=D("-0.001"), currency="BTC")
    assert [one.symbol for one in CoinRule("USD").touched(funding)] == ["BTC/USD"]


def test_buying_power_is_what_of_the_base_currency_is_free_in_all_wallets() -> None:
    lines = [Wallet("USDT", D(10), free=D(4)), Wallet("USDT", D(5), free=D(0)), Wallet("USD", D(3), free=D(3))]

    assert [one.buying_power for one in held(lines, "USDT").balances] == [4, None]


def test_a_wallet_that_does_not_say_what_is_free_leaves_buying_power_unknown() -> None:
    assert held([Wallet("USDT", D(10), free=D(4)), Wallet("USDT", D(5))], "USDT").balances[0].buying_power is None
    assert held([Wallet("USDT", D(10), free=D(4)), Wallet("USDT", D(0))], "USDT").balances[0].buying_power == 4
