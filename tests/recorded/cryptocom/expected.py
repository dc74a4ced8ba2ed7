"""What each recorded answer of the venue says, to the last digit."""

from typing import Any

EXPECTED: dict[str, Any] = {
    "ccxt_cancel_order.json": ("none", None),
    "ccxt_create_order.json": ("6540219377766741832", "CCXT_d6ef7c3db6c1495aa8b757", ("none", None)),
    "ccxt_fetch_accounts.json": ("a1234abc-1234-4321-q5r7-b1ab0a0b12b", False),
    "ccxt_fetch_balance.json": [("exchange", "BTC", "0.0002119875", "0", "0.0002119875")],
    "ccxt_fetch_ledger.json": [],
    "ccxt_fetch_markets.json": [
        ("BTC/USD:USD-230630-30000-C", "option", "0.001", "0.001", "0", True),
        ("BTC/USDT", "crypto", "0.00001", "0.01", "0", True),
        ("ETH/USD:USD-230825", "future", "0.0001", "0.01", "0", True),
        ("RUNE/USD:USD", "perpetual", "0.1", "0.001", "0", True),
    ],
    "ccxt_fetch_my_trades.json": [
        (
            "6142909898247428343",
            "BTC/USD",
            "buy",
            "0.00021",
            "26347.16",
            "0.0000000525",
            "BTC",
            "d1c70a60-810e-4c92-b2a0-72b931cb31e0",
            "6142909895036331486",
            "2023-06-16T18:59:52.887000+00:00",
        )
    ],
    "ccxt_fetch_open_orders.json": [
        (
            "6530219477767564494",
            "CCXT_7ce730f0388441df9bc218",
            "working",
            "BTC/USD",
            "buy",
            "0.0002",
            "0",
            None,
            "limit",
            "20000",
            None,
            "ACTIVE",
            "2023-06-15T05:14:13.992000+00:00",
        )
    ],
    "ccxt_fetch_order.json": [
        (
            "6142909895025252686",
            "CCXT_c2d2152cc32d40a3ae7fbf",
            "working",
            "BTC/USD",
            "buy",
            "0.0002",
            "0",
            None,
            "limit",
            "20000",
            None,
            "ACTIVE",
            "2023-06-15T23:03:40.684000+00:00",
        )
    ],
    "ccxt_fetch_order_book.json": (["30025.00", "0.00004", "1"], ["30025.01", "0.04090", "1"]),
    "ccxt_fetch_positions.json": [("BTC/USD:USD", "0.0001", None, None, "-0.0010281328", "long")],
    "ccxt_fetch_trading_fees.json": ("6.5", "6.9"),
    "ccxt_fetch_withdrawals.json": [("5275977", "BTC", "0.0005", "0.0005")],
}
