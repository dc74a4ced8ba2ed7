"""What each recorded answer of the venue says, to the last digit."""

from typing import Any

EXPECTED: dict[str, Any] = {
    "account_add_sub_account_api.json": [("testapi6", "TheRemark", "General,Futures", None)],
    "account_get_account_info.json": (0, ("none", None)),
    "account_get_apikey_info.json": (
        "165111215",
        ("General", "Futures", "Spot", "Earn", "InnerTransfer", "Transfer", "Margin"),
        ("203.**.154", "103.**.34"),
    ),
    "account_get_basic_fee.json": [(None, "0.001", "0.001")],
    "account_get_deposit_history.json": [
        ("USDT", "1", "0.00000000", "SUCCESS"),
        ("USDT", "6", "0.00000000", "SUCCESS"),
    ],
    "account_get_futures_account.json": [("futures", "USDT", "371.394298816", "0", "290.326799096")],
    "account_get_futures_actual_fee.json": [("XBTUSDTM", "0.0002", "0.0006")],
    "account_get_spot_account_list.json": [
        ("futures", "USDT", "0", "0", None),
        ("main", "USDT", "0.01", "0", "0"),
        ("trade", "USDT", "26.66759503", "0", "26.66759503"),
    ],
    "account_get_spot_actual_fee.json": [("BTC-USDT", "0.001", "0.001"), ("ETH-USDT", "0.001", "0.001")],
    "account_get_spot_ledger.json": [
        ("265329987780896", "journal", None, "0", "-0.01", "USDT", "SUB_TRANSFER", "2024-10-11T14:54:41.484000+00:00")
    ],
    "account_get_sub_account_api_list.json": [("apiSdkTest", "sdk_test_integration", "General", "10.**.1")],
    "account_get_withdrawal_history.json": [
        ("USDT", "-1", "0.00000000", "SUCCESS"),
        ("USDT", "-6", "0.00000000", "SUCCESS"),
    ],
    "account_get_withdrawal_history_by_id.json": [("USDT", "-3", "0.00000000", "SUCCESS")],
    "futures_add_order.json": ("234125150956625920", "5c52e11203aa677f33e493fb", ("none", None)),
    "futures_get_mark_price.json": ("XBTUSDTM", "67687.08"),
    "futures_get_order_by_client_oid.json": [
        (
            "250444645610336256",
            "5c52e11203aa677f33e493fb",
            "working",
            "XRP/USDT:USDT",
            "buy",
            "10",
            "0",
            None,
            "limit",
            "0.1",
            None,
            "open",
            "2024-11-25T08:37:38.568000+00:00",
        )
    ],
    "futures_get_order_list.json": [
        (
            "230181737576050688",
            "5a80bd847f1811ef8a7faa665a37b3d7",
            "working",
            "PEOPLE/USDT:USDT",
            "buy",
            "100",
            "0",
            None,
            "limit",
            "0.05",
            None,
            "open",
            "2024-09-30T10:40:04.813000+00:00",
        )
    ],
    "futures_get_position_details.json": [("BTC/USDT:USDT", "0.001", "67430.9", "68900.7", "1.4698", "long")],
    "futures_get_position_list.json": [
        ("ETH/USD:ETH", "1", "2457.12", "2454.12", "-0.0000004975", "long"),
        ("BTC/USDT:USDT", "0.001", "67430.9", "68323.06", "0.89216", "long"),
    ],
    "futures_get_symbol.json": [("BTC/USDT:USDT", "perpetual", "0.001", "0.1", "0", True)],
    "spot_add_order.json": ("670fd33bf9406e0007ab3945", "5c52e11203aa677f33e493fb", ("none", None)),
    "spot_cancel_order_by_client_oid.json": ("5c52e11203aa677f33e493fb", ("none", None)),
    "spot_get_closed_orders.json": [
        (
            "6717422bd51c29000775ea03",
            "5c52e11203aa677f33e493fb",
            "filled",
            "BTC/USDT",
            "buy",
            "0.00001",
            "0.00001",
            "67717.6",
            "limit",
            "70000",
            None,
            "closed",
            "2024-10-22T06:11:55.444000+00:00",
        )
    ],
    "spot_get_open_orders.json": [
        (
            "67120bbef094e200070976f6",
            "5c52e11203aa677f33e493fb",
            "working",
            "BTC/USDT",
            "buy",
            "0.00001",
            "0",
            None,
            "limit",
            "50000",
            None,
            "open",
            "2024-10-18T07:18:22.748000+00:00",
        )
    ],
    "spot_get_order_by_client_oid.json": [
        (
            "6717422bd51c29000775ea03",
            "5c52e11203aa677f33e493fb",
            "filled",
            "BTC/USDT",
            "buy",
            "0.00001",
            "0.00001",
            "67717.6",
            "limit",
            "70000",
            None,
            "closed",
            "2024-10-22T06:11:55.444000+00:00",
        )
    ],
    "spot_get_order_by_order_id.json": [
        (
            "6717422bd51c29000775ea03",
            "5c52e11203aa677f33e493fb",
            "filled",
            "BTC/USDT",
            "buy",
            "0.00001",
            "0.00001",
            "67717.6",
            "limit",
            "70000",
            None,
            "closed",
            "2024-10-22T06:11:55.444000+00:00",
        )
    ],
    "spot_get_part_order_book.json": (["66976.4", "0.69109872"], ["66976.5", "0.05408199"]),
    "spot_get_server_time.json": "2024-10-16T17:44:52.873000+00:00",
    "spot_get_symbol.json": [("BTC/USDT", "crypto", "0.00000001", "0.1", "0.1", True)],
    "spot_get_trade_history.json": [
        (
            "BTC-USDT:11029373945659392",
            "BTC/USDT",
            "buy",
            "0.00001",
            "67717.6",
            "0.000677176",
            "USDT",
            None,
            "6717422bd51c29000775ea03",
            "2024-10-22T06:11:55.473000+00:00",
        )
    ],
}
