from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.unit.signals.samples import MAIN, NOW, code_of, payload, refused, rules, taken
from tieout.instruments import AssetClass
from tieout.orders import OrderType, Side, TimeInForce
from tieout.risk.limits import Sizing
from tieout.risk.sizing import Edge
from tieout.signals.types import Kept, RefusalCode


def test_a_wish_is_read_as_it_was_written() -> None:
    signal = taken(
        payload(
            account="alpaca-main",
            order_type="stop_limit",
            limit_price="151.10",
            stop_price="151",
            take_profit="160",
            stop_loss="140.5",
            time_in_force="GTC",
            window="session",
            extended_hours=True,
            note="breakout",
        )
    )

    assert (signal.strategy, signal.side, signal.quantity, signal.account_id) == ("alpha", Side.BUY, Decimal(10), MAIN)
    assert (signal.instrument.symbol, signal.instrument.asset_class) == ("AAPL", AssetClass.EQUITY)
    assert (signal.order_type, signal.time_in_force) == (OrderType.STOP_LIMIT, TimeInForce.GTC)
    assert (signal.limit_price, signal.stop_price) == (Decimal("151.10"), Decimal(151))
    assert (signal.take_profit, signal.stop_loss) == (Decimal(160), Decimal("140.5"))
    assert (signal.window, signal.extended_hours, signal.note) == ("session", True, "breakout")
    assert signal.expires_at == NOW + timedelta(days=1)


def test_without_a_size_sizing_decides_from_what_the_strategy_brings() -> None:
    brought = {"sizing": "kelly", "win_probability": "0.55", "payoff": "1.2", "atr": "3.1", "convexity_score": "0"}
    signal = taken(payload(quantity=None, **brought))

    assert (signal.quantity, signal.notional, signal.percent) == (None, None, None)
    assert (signal.sizing, signal.atr, signal.convexity_score) == (Sizing.KELLY, Decimal("3.1"), Decimal(0))
    assert signal.edge == Edge(win_probability=Decimal("0.55"), payoff=Decimal("1.2"))


@pytest.mark.parametrize(
    ("written", "share"), [("5%", "0.05"), ("0.05", "0.05"), ("100%", "1"), ("2.5 %", "0.025"), (".5", "0.5")]
)
def test_a_share_of_equity_is_a_fraction_or_has_its_sign(written: str, share: str) -> None:
    assert taken(payload(quantity=None, percent=written)).percent == Decimal(share)


@pytest.mark.parametrize("written", ["1", "5", "100", "0", "-5%", "101%", "0%"])
def test_a_share_that_could_mean_two_things_or_nothing_is_refused(written: str) -> None:
    assert code_of(payload(quantity=None, percent=written)) == (RefusalCode.SIZE, "percent")


@pytest.mark.parametrize(
    ("prices", "order_type"),
    [
        ({}, OrderType.MARKET),
        ({"limit_price": "1"}, OrderType.LIMIT),
        ({"stop_price": "1"}, OrderType.STOP),
        ({"limit_price": "1", "stop_price": "1"}, OrderType.STOP_LIMIT),
        ({"trail_percent": "2%"}, OrderType.TRAILING_STOP),
    ],
)
def test_prices_alone_tell_the_order_type(prices: dict[str, Kept], order_type: OrderType) -> None:
    assert taken(payload(**prices)).order_type is order_type


@pytest.mark.parametrize(
    ("symbol", "canonical", "asset_class"),
    [
        ("aapl", "AAPL", AssetClass.EQUITY),
        ("NASDAQ:AAPL", "AAPL", AssetClass.EQUITY),
        ("BRK.B", "BRK.B", AssetClass.EQUITY),
        ("AAPL260116P00150000", "AAPL  260116P00150000", AssetClass.OPTION),
        ("AAPL  260116P00150000", "AAPL  260116P00150000", AssetClass.OPTION),
        ("btc/usd", "BTC/USD", AssetClass.CRYPTO),
        ("EUR/USD", "EUR/USD", AssetClass.FOREX),
        ("BTC/USDT:USDT", "BTC/USDT:USDT", AssetClass.PERPETUAL),
        ("btc/usdt:usdt short", "BTC/USDT:USDT SHORT", AssetClass.PERPETUAL),
        ("BTC/USD:BTC LONG", "BTC/USD:BTC LONG", AssetClass.PERPETUAL),
    ],
)
def test_a_symbol_names_its_instrument(symbol: str, canonical: str, asset_class: AssetClass) -> None:
    instrument = taken(payload(symbol=symbol)).instrument
    assert (instrument.symbol, instrument.asset_class) == (canonical, asset_class)


def test_a_class_that_symbols_do_not_tell_is_said() -> None:
    future = taken(payload(symbol="ES 2026-03-20", asset_class="future", multiplier="50")).instrument
    assert (future.symbol, future.multiplier) == ("ES 2026-03-20", Decimal(50))
    assert taken(payload(symbol="EUR/USD", asset_class="crypto")).instrument.asset_class is AssetClass.CRYPTO
    assert taken(payload(symbol="US500", asset_class="cfd")).instrument.asset_class is AssetClass.CFD
    assert taken(payload(symbol="VFIAX", asset_class="fund")).instrument.asset_class is AssetClass.FUND


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"symbol": None}, RefusalCode.MISSING, "symbol"),
        ({"side": None}, RefusalCode.MISSING, "side"),
        ({"strategy": None}, RefusalCode.MISSING, "strategy"),
        ({"strategy": "a/b"}, RefusalCode.STRATEGY, "strategy"),
        ({"side": "hold"}, RefusalCode.NOT_A_WORD, "side"),
        ({"side": ["buy"]}, RefusalCode.NOT_A_WORD, "side"),
        ({"quantity": "0"}, RefusalCode.SIZE, "quantity"),
        ({"quantity": "-0"}, RefusalCode.SIZE, "quantity"),
        ({"quantity": "-10"}, RefusalCode.SIZE, "quantity"),
        ({"quantity": "1000001"}, RefusalCode.SIZE, "quantity"),
        ({"quantity": "1e19"}, RefusalCode.SIZE, "quantity"),
        ({"quantity": "1e400"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "1e999999999999999999999"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "0.0000000000000000001"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "NaN"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "Infinity"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "1_000"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "1,000"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": "{{strategy.order.contracts}}"}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"quantity": True}, RefusalCode.NOT_A_NUMBER, "quantity"),
        ({"notional": "500"}, RefusalCode.SIZE, "notional"),
        ({"quantity": None, "notional": "10000001"}, RefusalCode.SIZE, "notional"),
        ({"limit_price": "NaN"}, RefusalCode.NOT_A_NUMBER, "limit_price"),
        ({"limit_price": "-1"}, RefusalCode.PRICE, "limit_price"),
        ({"stop_loss": "0"}, RefusalCode.PRICE, "stop_loss"),
        ({"take_profit": "5", "stop_loss": "5.0"}, RefusalCode.PRICE, "take_profit"),
        ({"order_type": "market", "limit_price": "5"}, RefusalCode.ORDER_TYPE, "order_type"),
        ({"order_type": "limit"}, RefusalCode.ORDER_TYPE, "order_type"),
        ({"order_type": "stop_limit", "limit_price": "5"}, RefusalCode.ORDER_TYPE, "order_type"),
        ({"order_type": "trailing_stop"}, RefusalCode.ORDER_TYPE, "order_type"),
        ({"trail_amount": "1", "trail_percent": "1%"}, RefusalCode.ORDER_TYPE, "order_type"),
        ({"order_type": "iceberg"}, RefusalCode.NOT_A_WORD, "order_type"),
        ({"time_in_force": "forever"}, RefusalCode.NOT_A_WORD, "time_in_force"),
        ({"extended_hours": "perhaps"}, RefusalCode.NOT_A_WORD, "extended_hours"),
        ({"account": "alpaca-man"}, RefusalCode.ACCOUNT, "account"),
        ({"window": "sesion"}, RefusalCode.WINDOW, "window"),
        ({"window": "late", "account": "alpaca-main"}, RefusalCode.WINDOW, "window"),
        ({"symbol": "AAPL!"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "AAPL261332P00150000"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "AAPL1 260116P00150000"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "USD", "asset_class": "cash"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "BTCUSD", "asset_class": "crypto"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "BTC/USDT", "asset_class": "perpetual"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "BTC/USDT:USDT BOTH"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "BTC/USDT LONG"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "ES", "asset_class": "future"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "ES 2026-03-20", "asset_class": "future"}, RefusalCode.SYMBOL, "symbol"),
        ({"symbol": "AAPL", "currency": "dollars!"}, RefusalCode.SYMBOL, "symbol"),
        ({"note": "a\nb"}, RefusalCode.NOT_A_WORD, "note"),
        ({"note": "n" * 501}, RefusalCode.NOT_A_WORD, "note"),
        ({"id": "two words"}, RefusalCode.ID, "id"),
        ({"id": "sig-1"}, RefusalCode.ID, "id"),
        ({"time": "2026-01-16T14:59:00"}, RefusalCode.TIME, "time"),
        ({"time": "0001-01-01T00:00:00+23:59"}, RefusalCode.TIME, "time"),
        ({"time": "yesterday"}, RefusalCode.TIME, "time"),
        ({"time": "2026-01-16T15:01:01Z"}, RefusalCode.TIME, "time"),
        ({"time": "2026-01-15T15:00:00Z"}, RefusalCode.TOO_OLD, "time"),
        ({"expires_at": "2026-01-16T15:00:00Z"}, RefusalCode.EXPIRED, "expires_at"),
        ({"expires_at": "2026-03-16T15:00:00Z"}, RefusalCode.TIME, "expires_at"),
        ({"quantitty": "1"}, RefusalCode.UNKNOWN_FIELD, "quantitty"),
        ({"format": "tradingviw"}, RefusalCode.UNKNOWN_FORMAT, "format"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field(
    changed: dict[str, Kept], code: RefusalCode, field: str
) -> None:
    assert code_of(payload(**changed)) == (code, field)


@pytest.mark.parametrize("content", ["text", None, True, ["a", "list"], [payload()]])
def test_what_is_no_object_is_refused_and_kept(content: Kept) -> None:
    refusal = refused(content)
    assert (refusal.code, refusal.raw) == (RefusalCode.UNREADABLE, {"body": content})


def test_a_refusal_tells_its_sender_what_to_write() -> None:
    refusal = refused(payload(quantitty="1"))
    assert "did you mean 'quantity'?" in refusal.words
    assert refusal.reason.startswith("unknown_field: ")
    assert refusal.strategy == "alpha"
    assert refusal.raw == payload(quantitty="1")


def test_empty_cells_say_nothing() -> None:
    assert taken(payload(limit_price="", account=" ", id="")).signal_id == taken(payload()).signal_id


@pytest.mark.parametrize(
    "written", ["2026-01-16T14:59:00Z", "2026-01-16T09:59:00-05:00", "1768575540", "1768575540000"]
)
def test_a_moment_may_be_written_in_any_zone_or_as_seconds_or_milliseconds(written: str) -> None:
    signal = taken(payload(time=written))
    assert signal.sent_at == datetime(2026, 1, 16, 14, 59, tzinfo=UTC)
    assert signal.expires_at == datetime(2026, 1, 17, 14, 59, tzinfo=UTC)


def test_a_sender_may_say_until_when_a_wish_holds() -> None:
    old = payload(time="2026-01-10T15:00:00Z", expires_at="2026-01-20T21:00:00Z")
    assert taken(old).expires_at == datetime(2026, 1, 20, 21, tzinfo=UTC)


def test_over_the_wire_a_recent_time_is_needed_whatever_the_expiry_says() -> None:
    wire = rules(needs_time=True, live=timedelta(minutes=5))
    later = "2026-01-20T21:00:00Z"

    assert code_of(payload(expires_at=later), held_to=wire) == (RefusalCode.MISSING, "time")
    assert code_of(payload(expires_at=later, time="2026-01-16T14:55:00Z"), held_to=wire)[0] is RefusalCode.TOO_OLD
    assert taken(payload(expires_at=later, time="2026-01-16T14:55:01Z"), held_to=wire).expires_at.day == 20
    assert taken(payload(time="2026-01-16T14:55:01Z"), held_to=wire).expires_at == NOW + timedelta(seconds=1)


def test_the_way_in_and_the_content_must_name_the_same_strategy() -> None:
    assert taken(payload(), strategy="alpha").strategy == "alpha"
    assert taken(payload(strategy=None), strategy="beta").strategy == "beta"
    assert code_of(payload(), strategy="beta") == (RefusalCode.STRATEGY, "strategy")
    assert refused(payload(side="x"), strategy="a b" * 50).strategy == "alpha"
