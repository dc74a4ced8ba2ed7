"""What must hold of coins: legs, contract sizes, funding signs, fees, and wallets below zero."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal

import pytest

from sql.bulk import arrow_table, insert_arrow
from sql.quality.judge import ROWS
from sql.quality.validate import validate
from sql.schema import warehouse as tables
from sql.warehouse import Warehouse
from tests.store.quality.account import Account, activity, clean, execution, position
from tieout.recon.types import Severity

D = Decimal
SUITES = {suite.name: suite for suite in ROWS}
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
IDS = itertools.count(500_000, 10)
LINEAR = "BTC/USDT:USDT"


def failed(shared: Warehouse, suite: str, fill: Callable[[Account, int], object]) -> dict[str, Severity]:
    """What fails in an account of coins; its instruments are number + 1 to 3: long leg, short leg, spot."""
    number = next(IDS)
    account = clean()
    account.positions, account.executions, account.activities = [], [], []
    fill(account, number)
    account.head["positions"] = len(account.positions)
    coin = f"C{number}"  # PostgreSQL keeps symbols unique, and the tests of a module share one
    known = [
        _instrument(number + 1, coin, ":USDT LONG", "perpetual"),
        _instrument(number + 2, coin, ":USDT SHORT", "perpetual"),
        _instrument(number + 3, coin, "", "crypto"),
    ]
    with shared.write() as connection:
        insert_arrow(connection, tables.instrument, arrow_table(tables.instrument, known))
        subject = account.store(connection)
    with shared.write() as connection:
        results = validate(connection, SUITES[suite], subject).results
    return {one.expectation: one.severity for one in results if not one.success}


def _instrument(key: int, coin: str, settled: str, asset_class: str) -> dict[str, object]:
    row = {"instrument_id": key, "symbol": f"{coin}/USDT{settled}", "asset_class": asset_class, "currency": "USDT"}
    return row | {"underlying": coin, "multiplier": D(1)}


def held(symbol: str, quantity: str, **more: object) -> Callable[[Account, int], object]:
    asset_class = "perpetual" if ":" in symbol else "crypto"
    row = position(7, symbol, asset_class, quantity, "60000", **more)
    return lambda account, _: account.positions.append(row)


def paid(*amounts: str, kind: str = "funding", quantity: str = "0") -> Callable[[Account, int], object]:
    """Events of the long leg, then of the short one."""

    def fill(account: Account, number: int) -> None:
        for leg, amount in enumerate(amounts, 1):
            row = activity(f"n{leg}", kind, instrument_id=number + leg, amount=D(amount), quantity=D(quantity))
            account.activities.append(row)

    return fill


def traded(fee: str, currency: str) -> Callable[[Account, int], object]:
    """Five coins bought for 300,000; without a currency the fee is taken in the coin itself."""

    def fill(account: Account, number: int) -> None:
        paid_in = currency or f"C{number}"
        row = execution("e1", number + 3, "buy", price=D(60_000), fee=D(fee), fee_currency=paid_in, amount=D(-300_000))
        account.executions.append(row)

    return fill


WRONG: list[tuple[str, Callable[[Account, int], object], str, Severity]] = [
    ("positions", held(f"{LINEAR} LONG", "-1"), "expect_leg_to_have_its_sign", CRITICAL),
    ("positions", held(f"{LINEAR} SHORT", "1"), "expect_leg_to_have_its_sign", CRITICAL),
    ("positions", held(LINEAR, "1", multiplier="0.01"), "expect_contracts_counted_in_units", CRITICAL),
    (
        "positions",
        held("BTC/USD:BTC", "0.5", underlying="BTC", market_value=D("0.5")),
        "expect_inverse_contracts_whole",
        CRITICAL,
    ),
    ("positions", held("BTC/USDT", "-0.1"), "expect_coins_not_negative", WARNING),
    ("activities", paid("-3", "-1.2"), "expect_funding_of_both_legs_to_oppose", WARNING),
    ("activities", paid("-3", quantity="1"), "expect_funding_to_move_no_units", CRITICAL),
    ("activities", paid("-3", kind="liquidation"), "expect_forced_closing_of_units", CRITICAL),
    ("executions", traded("300", ""), "expect_fee_in_proportion", WARNING),
    ("executions", traded("20000", "USDT"), "expect_fee_in_proportion", WARNING),
]


@pytest.mark.parametrize(("suite", "fill", "expectation", "severity"), WRONG)
def test_what_is_wrong_is_found(
    shared: Warehouse, suite: str, fill: Callable[[Account, int], object], expectation: str, severity: Severity
) -> None:
    assert failed(shared, suite, fill) == {expectation: severity}


@pytest.mark.parametrize(
    ("suite", "fill"),
    [
        ("positions", held(f"{LINEAR} LONG", "1")),
        ("positions", held(f"{LINEAR} SHORT", "-1")),
        ("positions", held("BTC/USD:BTC", "-6000", underlying="BTC", market_value=D(-6000))),
        ("activities", paid("-3", "1.2")),
        ("activities", paid("-3", kind="liquidation", quantity="-1")),
        ("executions", traded("0.005", "")),
        ("executions", traded("300", "USDT")),
    ],
)
def test_what_is_right_is_left_alone(shared: Warehouse, suite: str, fill: Callable[[Account, int], object]) -> None:
    assert failed(shared, suite, fill) == {}
