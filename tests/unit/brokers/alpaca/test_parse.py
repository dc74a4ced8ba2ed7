"""Every row is a record, an instrument we do not know, or an error that names the field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from alpaca.trading.enums import ActivityType, OrderStatus

from brokers.alpaca.parse.account import account, position
from brokers.alpaca.parse.activities import KINDS, activity, execution
from brokers.alpaca.parse.market import clock, latest_quote, option_contract, sessions
from brokers.alpaca.parse.orders import STATES, order_report, order_request
from brokers.alpaca.parse.symbols import instrument_by_symbol, instrument_of
from brokers.http.fields import Row
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from tieout.errors import Malformed
from tieout.ids import ClientOrderId
from tieout.instruments import crypto, equity, option
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.records import ActivityKind, RecordStatus

POSITION: dict[str, object] = {
    "symbol": "KO",
    "asset_class": "us_equity",
    "qty": "2",
    "side": "long",
    "avg_entry_price": "58.1",
    "current_price": "60.25",
    "market_value": "120.5",
    "cost_basis": "116.2",
    "unrealized_pl": "4.3",
}
ORDER: dict[str, object] = {
    "id": "904837e3-3b76-47ec-b432-046db621571b",
    "client_order_id": "0" * 32,
    "symbol": "KO",
    "asset_class": "us_equity",
    "status": "new",
    "qty": "2",
    "filled_qty": "0",
    "side": "buy",
    "type": "market",
    "time_in_force": "day",
}
FILL: dict[str, object] = {
    "id": "20260302100000000::a",
    "activity_type": "FILL",
    "transaction_time": "2026-03-02T15:00:00.123456789Z",
    "type": "fill",
    "price": "60.25",
    "qty": "2",
    "side": "buy",
    "symbol": "KO",
    "order_id": "904837e3-3b76-47ec-b432-046db621571b",
}
CASH: dict[str, object] = {"id": "1::a", "activity_type": "CSD", "date": "2026-03-02", "net_amount": "5"}
ACCOUNT: dict[str, object] = {
    "account_number": "PA0000000001",
    "status": "ACTIVE",
    "currency": "USD",
    "cash": "100",
    "equity": "100",
    "buying_power": "200",
}


def of(row: dict[str, object], **changes: object) -> Row:
    return Row(row | changes, "row 3 (KO)")


@pytest.mark.parametrize(
    ("stated", "symbol", "instrument"),
    [
        ("us_equity", "BRK.B", equity("BRK.B")),
        ("us_option", "AMD260501P00277500", option("AMD   260501P00277500")),
        ("crypto", "BTCUSD", crypto("BTC")),
        ("crypto", "BTC/USD", crypto("BTC")),
        ("crypto", "ETHUSDT", crypto("ETH", "USDT")),
        ("crypto", "USDTUSD", crypto("USDT")),
        ("crypto", "ETHBTC", crypto("ETH", "BTC")),
    ],
)
def test_a_symbol_and_its_class_name_the_instrument(stated: str, symbol: str, instrument: object) -> None:
    assert instrument_of(Row({"asset_class": stated, "symbol": symbol}, "row")) == instrument


@pytest.mark.parametrize(
    ("symbol", "instrument"),
    [
        ("KO", equity("KO")),
        ("GOOGL", equity("GOOGL")),
        ("BRK.B", equity("BRK.B")),
        ("BTC/USD", crypto("BTC")),
        ("ETHUSD", crypto("ETH")),
        ("ETHUSDC", crypto("ETH", "USDC")),
        ("AMZN260422C00240000", option("AMZN260422C00240000")),
    ],
)
def test_a_symbol_alone_names_the_instrument(symbol: str, instrument: object) -> None:
    assert instrument_by_symbol(Row({"symbol": symbol}, "row")) == instrument


@pytest.mark.parametrize(
    ("stated", "symbol"),
    [
        ("us_option", "AAPL1 260116P00150000"),  # adjusted: its multiplier was not asked for
        ("us_option", "AAPL"),
        ("us_option", "AAPL260231P00150000"),
        ("crypto", "BTCXYZ"),
        ("crypto", "USD"),
        ("us_equity", "KO'; DROP TABLE"),
        ("us_equity", "КО"),  # Cyrillic letters
        ("us_equity", "K" * 200),
        ("us_equity", "../../etc"),
    ],
)
def test_a_symbol_that_its_class_cannot_have_is_unmapped(stated: str, symbol: str) -> None:
    with pytest.raises(Unmapped, match="row 3") as unmapped:
        instrument_of(of(POSITION, asset_class=stated, symbol=symbol))

    assert not isinstance(unmapped.value, UnknownAssetClass)


def test_an_asset_class_we_do_not_know_is_told_apart() -> None:
    with pytest.raises(UnknownAssetClass, match="'crypto_perp' is not known"):
        instrument_of(of(POSITION, asset_class="crypto_perp"))


def test_an_adjusted_contract_takes_the_venues_multiplier() -> None:
    known = option("AAPL1 260116P00150000", multiplier=Decimal(150), underlying="AAPL")

    contract = instrument_of(
        of(POSITION, asset_class="us_option", symbol="AAPL1260116P00150000"), {known.symbol: known}
    )

    assert (contract.multiplier, contract.underlying) == (150, "AAPL")


@pytest.mark.parametrize(
    "bad", [None, "", "NaN", "Infinity", "1,000", "abc", True, [], "1e40", "0.0000000000000000001"]
)
@pytest.mark.parametrize("field", ["qty", "avg_entry_price", "cost_basis"])
def test_a_position_with_anything_but_a_number_names_the_field(field: str, bad: object) -> None:
    with pytest.raises(Malformed, match=rf"row 3 \(KO\): field `{field}`"):
        position(of(POSITION, **{field: bad}), {})


@pytest.mark.parametrize(("qty", "side"), [("2", "short"), ("-2", "long"), ("2", "flat"), ("2", None)])
def test_a_sign_that_contradicts_the_side_is_never_guessed_over(qty: str, side: object) -> None:
    with pytest.raises(Malformed):
        position(of(POSITION, qty=qty, side=side), {})


def test_a_position_without_a_price_today_is_still_a_position() -> None:
    held = position(of(POSITION, current_price=None, market_value=None, unrealized_pl=None), {})

    assert (held.quantity, held.market_price, held.market_value) == (Decimal(2), None, None)


@pytest.mark.parametrize("name", ["account_number", "ACCOUNT_NUMBER"])
def test_the_account_number_is_read_in_either_case(name: str) -> None:
    body = {key: value for key, value in ACCOUNT.items() if key != "account_number"} | {name: "PA1"}

    assert account(body).number == "PA1"


@pytest.mark.parametrize("field", ["cash", "equity", "currency", "account_number", "status"])
def test_an_account_without_a_field_names_it(field: str) -> None:
    with pytest.raises(Malformed, match=f"field `{field}`"):
        account(ACCOUNT | {field: None})


@pytest.mark.parametrize("block", ["trading_blocked", "account_blocked", "trade_suspended_by_user"])
def test_an_account_is_blocked_by_any_of_its_blocks(block: str) -> None:
    assert account(ACCOUNT | {block: True}).blocked
    assert not account(ACCOUNT).blocked


def test_every_order_status_of_the_sdk_has_a_state() -> None:
    assert {status.value for status in OrderStatus} == set(STATES)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("status", "gone_fishing"),
        ("status", None),
        ("side", "sideways"),
        ("type", "iceberg"),
        ("time_in_force", "forever"),
        ("id", None),
        ("filled_qty", "NaN"),
        ("submitted_at", "yesterday"),
        ("submitted_at", "2026-03-02T15:00:00"),
        ("legs", "none"),
        ("legs", [None]),
        ("client_order_id", 5),
    ],
)
def test_an_order_with_a_field_we_cannot_read_names_it(field: str, bad: object) -> None:
    with pytest.raises(Malformed, match=field):
        order_report(of(ORDER, **{field: bad}))


def test_a_notional_order_has_no_quantity() -> None:
    report = order_report(of(ORDER, qty=None, notional="100"))

    assert (report.quantity, report.state) == (None, OrderState.WORKING)


def test_a_suspended_order_works_and_keeps_the_venues_word() -> None:
    report = order_report(of(ORDER, status="suspended"))

    assert (report.state, report.venue_status) == (OrderState.WORKING, "suspended")


def test_an_order_leaves_as_text_digit_for_digit() -> None:
    order = Order(
        ClientOrderId("0" * 32),
        option("AAPL  260116P00150000"),
        Side.SELL,
        Decimal("1E+1"),
        OrderType.STOP_LIMIT,
        TimeInForce.GTC,
        limit_price=Decimal("0.30"),
        stop_price=Decimal("0.1") + Decimal("0.2"),
        extended_hours=True,
    )

    assert order_request(order) == {
        "symbol": "AAPL260116P00150000",
        "qty": "10",
        "side": "sell",
        "type": "stop_limit",
        "time_in_force": "gtc",
        "client_order_id": "0" * 32,
        "limit_price": "0.3",
        "stop_price": "0.3",
        "extended_hours": True,
    }


def test_a_fill_keeps_microseconds_and_finds_our_id() -> None:
    fill = execution(of(FILL), {"904837e3-3b76-47ec-b432-046db621571b": ClientOrderId("ours")})  # type: ignore[dict-item]

    assert fill.executed_at == datetime(2026, 3, 2, 15, 0, 0, 123456, UTC)
    assert fill.client_order_id == "ours"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("qty", None),
        ("qty", "0"),
        ("qty", "-2"),
        ("price", "NaN"),
        ("side", "hold"),
        ("type", "bust"),
        ("order_id", None),
        ("id", ""),
        ("transaction_time", "2026-03-02"),
        ("status", "maybe"),
    ],
)
def test_a_fill_with_a_field_we_cannot_read_names_it(field: str, bad: object) -> None:
    with pytest.raises(Malformed, match=f"`{field}`"):
        execution(of(FILL, **{field: bad}), {})


def test_every_activity_type_of_the_sdk_is_known_or_kept_as_other() -> None:
    kept = {kind.value for kind in ActivityType} - {"FILL"} - set(KINDS)

    # Known to the SDK without a documented row shape: kept word for word, never booked by themselves
    assert kept == {"CIL", "EXTRD", "FXTRD", "MEM", "OCT", "REORG"}
    assert activity(of(CASH, activity_type="NEVERSEEN")).activity.kind is ActivityKind.OTHER
    assert activity(of(CASH, activity_type="NEVERSEEN")).activity.venue_kind == "NEVERSEEN"


@pytest.mark.parametrize(
    ("venue_kind", "kind"),
    [
        ("CSD", ActivityKind.TRANSFER),
        ("CSW", ActivityKind.TRANSFER),
        ("JNLC", ActivityKind.JOURNAL),
        ("DIV", ActivityKind.DIVIDEND),
        ("DIVNRA", ActivityKind.WITHHOLDING),
        ("FEE", ActivityKind.FEE),
        ("INT", ActivityKind.INTEREST),
    ],
)
def test_cash_activities_keep_sign_and_currency(venue_kind: str, kind: ActivityKind) -> None:
    done = activity(of(CASH, activity_type=venue_kind, net_amount="-5.25", currency="EUR")).activity

    assert (done.kind, done.amount, done.currency, done.quantity) == (kind, Decimal("-5.25"), "EUR", Decimal(0))


def test_shares_that_a_dividend_was_counted_on_do_not_move() -> None:
    row = of(CASH, activity_type="DIV", symbol="KO", qty="10", price="60.25", per_share_amount="0.51", net_amount="5.1")
    done = activity(row).activity

    assert (done.instrument, done.quantity, done.price) == (equity("KO"), Decimal(0), Decimal("0.51"))


def test_a_coin_fee_takes_coins() -> None:
    row = of(CASH, activity_type="CFEE", symbol="ETHUSD", qty="-0.000195", price="1884.5", net_amount="0")
    done = activity(row).activity

    assert (done.kind, done.instrument, done.quantity) == (ActivityKind.FEE, crypto("ETH"), Decimal("-0.000195"))


def test_a_date_is_midnight_in_new_york_and_posting_has_its_own_time() -> None:
    posted = activity(of(CASH, created_at="2026-03-03T08:23:24.973256Z"))

    assert posted.activity.occurred_at == datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    assert posted.posted_at == datetime(2026, 3, 3, 8, 23, 24, 973256, UTC)


@pytest.mark.parametrize(
    ("stated", "status"),
    [("executed", RecordStatus.EXECUTED), ("correct", RecordStatus.CORRECTED), ("canceled", RecordStatus.CANCELLED)],
)
def test_a_status_says_whether_a_row_replaces_another(stated: str, status: RecordStatus) -> None:
    assert activity(of(CASH, status=stated)).activity.status is status


@pytest.mark.parametrize(
    ("field", "bad"),
    [("net_amount", None), ("net_amount", "NaN"), ("date", "2026-02-30"), ("date", None), ("activity_type", None)],
)
def test_an_activity_with_a_field_we_cannot_read_names_it(field: str, bad: object) -> None:
    with pytest.raises(Malformed, match=f"`{field}`"):
        activity(of(CASH, **{field: bad}))


def test_a_contract_has_the_venues_multiplier_and_deliverables() -> None:
    contract = option_contract(
        {
            "symbol": "AAPL1260116P00150000",
            "underlying_symbol": "AAPL",
            "multiplier": "100",
            "tradable": True,
            "deliverables": [
                {"type": "equity", "symbol": "AAPL", "amount": "150", "delayed_settlement": False},
                {"type": "cash", "symbol": "USD", "amount": "250"},
                {"type": "equity", "symbol": "SPUN", "amount": "0", "delayed_settlement": True},
            ],
        }
    )

    assert contract.instrument.underlying == "AAPL"
    assert contract.deliverables == ("150 AAPL", "250 USD", "unknown amount of SPUN")


def test_an_empty_side_of_a_quote_has_no_price() -> None:
    body = {"quotes": {"KO": {"ap": Decimal("60.26"), "bp": 0, "t": "2026-03-02T15:00:00Z"}}}

    assert (latest_quote(body, equity("KO"), "KO").bid, latest_quote(body, equity("KO"), "KO").ask) == (
        None,
        Decimal("60.26"),
    )


@pytest.mark.parametrize("body", [None, [], {"quotes": {}}, {"quotes": {"KO": None}}, {"quotes": []}])
def test_a_quote_that_is_not_there_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        latest_quote(body, equity("KO"), "KO")


@pytest.mark.parametrize("body", [{"is_open": "yes", "timestamp": "2026-03-02T15:00:00Z"}, {"is_open": True}, None])
def test_a_clock_that_cannot_be_read_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        clock(body)


def test_a_half_day_closes_early() -> None:
    (day,) = sessions([{"date": "2026-11-27", "open": "09:30", "close": "13:00"}])

    assert day.closes_at == datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def test_a_session_without_hours_is_malformed() -> None:
    with pytest.raises(Malformed, match="`close`"):
        sessions([{"date": "2026-11-27", "open": "09:30", "close": "25:00"}])
