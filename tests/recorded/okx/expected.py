"""What each recorded answer of the venue says, to the last digit."""

from typing import Any

EXPECTED: dict[str, Any] = {
    "ccxt_fetch_deposits.json": [
        ("4703879", "transfer", None, "0", "0.01044408", "BTC", "", "2020-08-10T02:26:23.085000+00:00"),
        ("4703809", "transfer", None, "0", "491.6784211", "OKB", "", "2020-08-10T02:26:23.085000+00:00"),
        ("4703779", "transfer", None, "0", "223.18782496", "USDT", "", "2020-08-10T02:26:23.085000+00:00"),
    ],
    "ccxt_fetch_funding_history.json": [
        (
            "377970609204146187",
            "funding",
            "ETH/USD:ETH",
            "0",
            "0.000014875271224",
            "ETH",
            "8.174",
            "2021-11-08T16:00:15.588000+00:00",
        )
    ],
    "ccxt_fetch_positions.json": [("ETH/USD:ETH-210430 LONG", "10", "2566.31", None, "-0.0000009932766034", "long")],
    "ccxt_fetch_trading_fee.json": [("0.0008", "0.001")],
    "ccxt_fetch_withdrawals.json": [
        ("4703879", "transfer", None, "0", "-0.104", "ETH", "", "2020-08-10T02:26:23.085000+00:00"),
        ("4703879", "transfer", None, "0", "-0.01", "BTC", "", "2020-08-10T02:26:23.085000+00:00"),
    ],
    "http_get_account_balance.json": [("trading", "USDT", "94.42612990333333", "0", "94.42612990333333")],
    "http_get_account_positions-history.json": [("ETH-USDT-SWAP", "long", "0.1", "-0.06646211", "0", "-0.04516211")],
    "http_get_funding_rate_history.json": [("BTC-USDT-SWAP", "0.0001515032"), ("BTC-USDT-SWAP", "-0.0000236017")],
    "http_get_instruments_futures.json": [
        ("BTC/USD:BTC-241220", "future", "100", "0.1", "0", True),
        ("BTC/USD:BTC-241227", "future", "100", "0.1", "0", True),
        ("BTC/USD:BTC-250131", "future", "100", "0.1", "0", True),
        ("BTC/USD:BTC-250228", "future", "100", "0.1", "0", True),
        ("BTC/USD:BTC-250328", "future", "100", "0.1", "0", True),
        ("BTC/USD:BTC-250627", "future", "100", "0.1", "0", True),
    ],
    "http_get_instruments_spot.json": [
        ("BTC/USD", "crypto", "0.00000001", "0.1", "0", True),
        ("ETH/USD", "crypto", "0.000001", "0.01", "0", True),
        ("SOL/USD", "crypto", "0.000001", "0.01", "0", True),
        ("USDT/USD", "crypto", "0.0001", "0.0001", "0", True),
        ("XRP/USD", "crypto", "0.000001", "0.0001", "0", True),
    ],
    "http_get_instruments_swap.json": [
        ("BTC/USD:BTC", "perpetual", "100", "0.1", "0", True),
        ("BTC/USDT:USDT", "perpetual", "0.0001", "0.1", "0", True),
        ("ETH/USDT:USDT", "perpetual", "0.001", "0.01", "0", True),
    ],
    "http_get_orders_algo_pending.json": [("123456789", "client_algo_1", "live")],
    "http_get_orders_history.json": [
        (
            "2497956918703120384",
            None,
            "filled",
            "BTC/USDT:USDT LONG",
            "buy",
            "0.0003",
            "0.0003",
            "103698.9",
            "market",
            None,
            None,
            "filled",
            "2025-05-11T07:08:37.401000+00:00",
        )
    ],
    "http_get_orders_pending.json": [
        (
            "1234567890123456789",
            "client-order-1",
            "working",
            "BTC/USDT:USDT LONG",
            "buy",
            "0.001",
            "0",
            None,
            "limit",
            "103500",
            None,
            "live",
            "2025-05-11T07:08:37+00:00",
        )
    ],
    "http_get_positions.json": [("BTC/USDT:USDT LONG", "0.005", "10000", "10000", "0", "long")],
    "http_get_trade_fee_response.json": [("0.0008", "0.001")],
    "http_place_algo_order_rejected.json": ("InvalidOrder", "51000"),
    "http_place_order_response.json": ("12345678901234567890", "client_order_123", ("none", None)),
    "http_set_position_mode_response.json": ("long_short_mode", ("none", None)),
    "http_transaction_detail.json": [
        (
            "bill_456",
            "BTC/USDT",
            "buy",
            "0.001",
            "42000.5",
            "-0.042",
            "USDT",
            "client_123",
            "987654321",
            "2021-07-01T00:00:00+00:00",
        )
    ],
    "ws_account.json": [
        ("trading", "USDT", "100.52768569797846", "0", "100.52768569797846"),
        ("trading", "BTC", "0.0000000051", "0", "0.0000000051"),
        ("trading", "ETH", "0.000000185", "0", "0.000000185"),
    ],
    "ws_orders.json": [
        (
            "2497956918703120384",
            "001BTCUSDT20250106001",
            "filled",
            "BTC/USDT:USDT LONG",
            "buy",
            "0.0003",
            "0.0003",
            "103698.9",
            "market",
            None,
            None,
            "filled",
            "2025-05-11T07:08:37.401000+00:00",
        )
    ],
    "ws_orders_liquidation.json": [
        (
            "2497956918703120999",
            None,
            "filled",
            "BTC/USDT:USDT LONG",
            "sell",
            "0.005",
            "0.005",
            "40000",
            "market",
            None,
            None,
            "filled",
            "2025-05-11T07:08:37.401000+00:00",
        )
    ],
    "ws_orders_trigger.json": [
        (
            "706620792746729999",
            "706620792746729474_0",
            "filled",
            "BTC/USDT:USDT LONG",
            "sell",
            "0.0001",
            "0.0001",
            "101950",
            None,
            None,
            None,
            "filled",
            "2025-01-20T19:10:00+00:00",
        )
    ],
}
