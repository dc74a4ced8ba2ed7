"""Every field of a recorded answer of a venue is in the face's answer to the same question."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ccxt.binance import binance
from ccxt.bybit import bybit
from ccxt.coinbase import coinbase
from ccxt.kraken import kraken
from ccxt.okx import okx

from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.coinbase.face import CoinbaseFace
from simulator.protocols.kraken.face import KrakenFace
from simulator.protocols.okx.face import OkxFace
from tests.unit.simulator.protocols.coins.clients import connected
from tests.unit.simulator.protocols.coins.world import BTC, INVERSE, KEY, SWAP, CoinWorld, coin_order

Ask = Callable[[Any], Any]
PAIR = {"symbol": "BTCUSDT"}
OURS, THEIRS, LINK = {"origClientOrderId": "b" * 32}, {"origClientOrderId": "d" * 32}, {"orderLinkId": "d" * 32}
NET = {"posMode": "net_mode"}
SPOT_ORDER = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.1"}
OKX_ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "50000"}
KRAKEN_ORDER = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.1", "price": "50000"}
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
BINANCE: dict[str, Ask] = {
    "account_response": lambda venue: venue.private_get_account(),
    "account_trades_response": lambda venue: venue.private_get_mytrades({"symbol": "BTCUSDT"}),
    "all_orders_response": lambda venue: venue.private_get_allorders({"symbol": "BTCUSDT"}),
    "exchange_info_response": lambda venue: venue.public_get_exchangeinfo(),
    "depth_response": lambda venue: venue.public_get_depth({"symbol": "BTCUSDT"}),
    "server_time_response": lambda venue: venue.public_get_time(),
    "http_wallet_trading_fees": lambda venue: venue.sapi_get_asset_tradefee(),
    "new_order_full_response": lambda venue: venue.private_post_order(SPOT_ORDER),
    "cancel_order_response": lambda venue: venue.private_delete_order({"symbol": "BTCUSDT", **OURS}),
    "order_response": lambda venue: venue.fapiprivate_get_order({"symbol": "BTCUSDT", **THEIRS}),
    "http_futures_account_orders": lambda venue: venue.fapiprivate_get_allorders({"symbol": "BTCUSDT"}),
    "http_futures_account_trades": lambda venue: venue.fapiprivate_get_usertrades({"symbol": "BTCUSDT"}),
    "http_futures_account_position_side_dual": lambda venue: venue.fapiprivate_get_positionside_dual(),
    "http_futures_account_positions_hedge": lambda venue: venue.fapiprivatev2_get_positionrisk(),
    "position_risk": lambda venue: venue.fapiprivatev2_get_positionrisk(),
    "account_info_v2": lambda venue: venue.fapiprivatev2_get_account(),
    "balance": lambda venue: venue.fapiprivatev2_get_balance(),
    "http_futures_market_premium_index": lambda venue: venue.fapipublic_get_premiumindex({"symbol": "BTCUSDT"}),
    "http_futures_wallet_commission_rate_btcusdt": lambda venue: venue.fapiprivate_get_commissionrate(
        {"symbol": "BTCUSDT"}
    ),
}
BYBIT: dict[str, Ask] = {
    "http_get_instruments_linear": lambda venue: venue.public_get_v5_market_instruments_info(LINEAR),
    "http_get_instruments_inverse": lambda venue: venue.public_get_v5_market_instruments_info({"category": "inverse"}),
    "http_get_instruments_spot": lambda venue: venue.public_get_v5_market_instruments_info({"category": "spot"}),
    "http_get_positions": lambda venue: venue.private_get_v5_position_list(LINEAR),
    "doc_position_list": lambda venue: venue.private_get_v5_position_list({"category": "inverse"}),
    "http_get_wallet_balance": lambda venue: venue.private_get_v5_account_wallet_balance(),
    "http_get_executions": lambda venue: venue.private_get_v5_execution_list(LINEAR),
    "doc_execution_list": lambda venue: venue.private_get_v5_execution_list(LINEAR),
    "http_get_orders_realtime": lambda venue: venue.private_get_v5_order_realtime(LINEAR),
    "http_get_orders_history": lambda venue: venue.private_get_v5_order_history(LINEAR),
    "doc_transaction_log": lambda venue: venue.private_get_v5_account_transaction_log(),
    "http_get_account_info": lambda venue: venue.private_get_v5_account_info(),
    "http_get_user_query_api": lambda venue: venue.private_get_v5_user_query_api(),
    "http_get_fee_rate": lambda venue: venue.private_get_v5_account_fee_rate({"category": "linear"}),
    "doc_deposit_records": lambda venue: venue.private_get_v5_asset_deposit_query_record(),
    "doc_withdraw_records": lambda venue: venue.private_get_v5_asset_withdraw_query_record(),
    "doc_amend": lambda venue: venue.private_post_v5_order_amend({**LINEAR, **LINK, "qty": "0.2"}),
}
OKX: dict[str, Ask] = {
    "http_get_account_balance": lambda venue: venue.private_get_account_balance(),
    "http_get_instruments_spot": lambda venue: venue.public_get_public_instruments({"instType": "SPOT"}),
    "http_get_instruments_swap": lambda venue: venue.public_get_public_instruments({"instType": "SWAP"}),
    "http_get_orders_history": lambda venue: venue.private_get_trade_orders_history({"instType": "SWAP"}),
    "http_get_orders_pending": lambda venue: venue.private_get_trade_orders_pending(),
    "http_get_positions": lambda venue: venue.private_get_account_positions(),
    "http_get_trade_fee_response": lambda venue: venue.private_get_account_trade_fee({"instType": "SPOT"}),
    "http_transaction_detail": lambda venue: venue.private_get_trade_fills()["data"][0],
    "http_set_position_mode_response": lambda venue: venue.private_post_account_set_position_mode(NET),
    "ccxt_fetch_deposits": lambda venue: venue.private_get_asset_deposit_history(),
    "ccxt_fetch_withdrawals": lambda venue: venue.private_get_asset_withdrawal_history(),
    "ccxt_fetch_funding_history": lambda venue: venue.private_get_account_bills()["data"][0],
    "http_place_order_response": lambda venue: venue.private_post_trade_order(OKX_ORDER)["data"][0],
}
KRAKEN: dict[str, Ask] = {
    "http_add_order_spot": lambda venue: venue.private_post_addorder(KRAKEN_ORDER),
    "http_asset_pairs": lambda venue: venue.public_get_assetpairs({"pair": "XBTUSDT"}),
    "http_cancel_order_spot": lambda venue: venue.private_post_cancelorder({"cl_ord_id": "b" * 32}),
    "http_closed_orders": lambda venue: venue.private_post_closedorders(),
    "http_open_orders": lambda venue: venue.private_post_openorders(),
    "ccxt_fetch_open_orders": lambda venue: venue.private_post_openorders(),
    "http_order_book": lambda venue: venue.public_get_depth({"pair": "XBTUSDT"}),
    "http_server_time": lambda venue: venue.public_get_time(),
    "http_spot_trade_balance": lambda venue: venue.private_post_tradebalance(),
    "http_trades_history": lambda venue: venue.private_post_tradeshistory(),
    "ccxt_fetch_balance": lambda venue: venue.private_post_balanceex(),
}
COINBASE: dict[str, Ask] = {
    "http_accounts": lambda venue: venue.v3_private_get_brokerage_accounts(),
    "http_fills": lambda venue: venue.v3_private_get_brokerage_orders_historical_fills(),
    "http_orders_list": lambda venue: venue.v3_private_get_brokerage_orders_historical_batch(),
    "http_product": lambda venue: venue.v3_private_get_brokerage_products_product_id({"product_id": "BTC-USDT"}),
    "http_product_book": lambda venue: venue.v3_private_get_brokerage_product_book({"product_id": "BTC-USDT"}),
    "http_ticker": lambda venue: venue.v3_private_get_brokerage_products_product_id_ticker({"product_id": "BTC-USDT"}),
    "ccxt_cancel_orders": lambda venue: venue.v3_private_post_brokerage_orders_batch_cancel({"order_ids": ["nothing"]}),
}
# Fields that no venue sends: of another kind of order, or put in by whoever edited the recording.
ELSEWHERE = {
    ("binance", "http_futures_account_orders"): {"activatePrice", "priceRate"},
    ("kraken", "http_spot_trade_balance"): {"ml"},  # margin level: only where there are margin positions
    ("kraken", "ccxt_fetch_balance"): {"ZUSD"},  # a coin that this account has none of
}


def a_world() -> CoinWorld:
    """An account with a filled and a live order of each kind, contracts, and money that came and went."""
    world = CoinWorld(fees="binance")
    tell = world.account.submit
    tell(coin_order(BTC, "a" * 32, "60000.5"))
    tell(coin_order(BTC, "b" * 32, "50000"))
    tell(coin_order(SWAP, "c" * 32, "60000.5"))
    tell(coin_order(SWAP, "d" * 32, "50000"))
    tell(coin_order(INVERSE, "e" * 32, "60000.5", "600"))
    world.account.deposit(coin_order(BTC, "f", "1").quantity, "USDT")
    world.account.deposit(-coin_order(BTC, "f", "1").quantity, "BTC")
    world.venue.keys.add(world.account, "k", key_id="PKKRAKEN", secret=base64.b64encode(b"test-secret").decode())
    return world


KINDS: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Ask]]] = {
    "binance": (BinanceFace, binance, {}, BINANCE),
    "bybit": (BybitFace, bybit, {}, BYBIT),
    "okx": (OkxFace, okx, {"password": "test-passphrase"}, OKX),
    "kraken": (KrakenFace, kraken, {"apiKey": "PKKRAKEN", "secret": base64.b64encode(b"test-secret").decode()}, KRAKEN),
    "coinbase": (CoinbaseFace, coinbase, {"apiKey": KEY}, COINBASE),
}


@contextmanager
def client(name: str) -> Iterator[Any]:
    face_kind, kind, settings, _ = KINDS[name]
    with face_kind(a_world().venue) as face:
        yield connected(kind, face, **settings)


def missing(recorded: Any, answer: Any, at: str = "") -> set[str]:
    """Fields of a recorded answer that another lacks, by their place; of a list the first row counts."""
    if isinstance(recorded, list) and isinstance(answer, list):
        return missing(recorded[0], answer[0], f"{at}[]") if recorded and answer else set()
    if not isinstance(recorded, dict):
        return set()
    if not isinstance(answer, dict):
        return {at}
    if recorded and answer and not set(recorded) & set(answer):  # rows under ids of their own
        return missing(next(iter(recorded.values())), next(iter(answer.values())), f"{at}.*")
    lacking = {f"{at}.{name}" for name in recorded if name not in answer}
    return lacking.union(
        *(missing(recorded[name], answer[name], f"{at}.{name}") for name in recorded if name in answer)
    )


@pytest.mark.parametrize(
    ("venue", "file"), [(venue, file) for venue, (_, _, _, questions) in KINDS.items() for file in questions]
)
def test_the_face_says_all_that_the_venue_said(fixtures_dir: Path, venue: str, file: str) -> None:
    recorded = json.loads((fixtures_dir / venue / f"{file}.json").read_text())
    with client(venue) as exchange:
        answer = KINDS[venue][3][file](exchange)

    allowed = ELSEWHERE.get((venue, file), set())
    assert {one for one in missing(recorded, answer) if one.rpartition(".")[2] not in allowed} == set()
