"""Bybit's unified account: wallets, positions and their settings, the transaction log, key rights, money in and out.

Sources: "Account", "Position", "Asset" and "User" of the venue's v5 documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.protocols.bybit.codes import refused, told
from simulator.protocols.bybit.pages import listed, page, window
from simulator.protocols.bybit.rows import category_of, no_position_row, position_row
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import Entry, entries, external, is_within
from simulator.protocols.coins.orders import shown_id
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import (
    Wallet,
    contracts,
    is_hedged,
    leverage,
    positions,
    rates,
    set_isolated,
    set_leverage,
    switch_mode,
    wallets,
    worth,
)
from simulator.protocols.wire import FaceAnswer
from tieout.hedge import Leg
from tieout.money import ZERO
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution

_EIGHTH = Decimal("0.00000001")
_MONTH = timedelta(days=30)
_TYPES = {
    ActivityKind.FUNDING: "SETTLEMENT",
    ActivityKind.INTEREST: "INTEREST",
    ActivityKind.LIQUIDATION: "LIQUIDATION",
    ActivityKind.DELEVERAGING: "ADL",
    ActivityKind.FEE: "LIQUIDATION",
    ActivityKind.CONVERSION: "CURRENCY_BUY",
}


def wallet_balance(asked: Asked) -> FaceAnswer:
    """GET /v5/account/wallet-balance."""
    if asked.fields.get("accountType", "UNIFIED") != "UNIFIED":
        raise refused(10001, "accountType only support UNIFIED.", asked.time_ms)
    every = list(wallets(asked.account, asked.markets))
    rows = [_coin(asked, one) for one in every if _is_wanted(asked, one)]
    value = sum((one.total * worth(asked, one.coin) for one in every), ZERO)
    profit = sum((one.unrealised * worth(asked, one.coin) for one in every), ZERO)
    bound = sum((one.margin + one.order_margin for one in every), ZERO)
    totals = {
        "totalEquity": value + profit,
        "totalWalletBalance": value,
        "totalMarginBalance": value + profit,
        "totalAvailableBalance": max(value + profit - bound, ZERO),
        "totalPerpUPL": profit,
        "totalInitialMargin": bound,
        "totalMaintenanceMargin": bound / 2,
    }
    head = {name: trimmed(total.quantize(_EIGHTH, ROUND_HALF_EVEN)) for name, total in totals.items()}
    kind = {"accountType": "UNIFIED", "accountIMRate": "0", "accountMMRate": "0", "accountLTV": "0"}
    return told({"list": [{**head, **kind, "coin": rows}]}, asked.time_ms)


def position_list(asked: Asked) -> FaceAnswer:
    """GET /v5/position/list: by symbol also where nothing is held, by coin only what is held."""
    category, symbol = asked.text("category"), asked.fields.get("symbol")
    if category == "linear" and not symbol and not asked.fields.get("settleCoin"):
        raise refused(10001, "Missing some parameters that must be filled in, symbol or settleCoin", asked.time_ms)
    held = [one for one in positions(asked.account, asked.markets) if category_of(one.market) == category]
    rows = [
        position_row(one, number)
        for number, one in enumerate(held, start=1)
        if symbol in (None, "", one.market.symbol) and _settles(asked, one.market)
    ]
    if symbol:
        there = {row["positionIdx"] for row in rows}
        market = asked.market(chosen=lambda one: category_of(one) == category)
        legs: tuple[Leg | None, ...] = (Leg.LONG, Leg.SHORT) if is_hedged(asked.account) else (None,)
        every = [no_position_row(market, leg, leverage(asked.account, market.instrument)) for leg in legs]
        rows += [row for row in every if row["positionIdx"] not in there]
    return listed(asked, rows)


def set_leverages(asked: Asked) -> FaceAnswer:
    """POST /v5/position/set-leverage."""
    category = asked.text("category")
    market = asked.market(chosen=lambda one: category_of(one) == category)
    buy, sell = asked.number("buyLeverage"), asked.number("sellLeverage")
    if buy is None or sell is None or not 1 <= buy <= 100 or buy != sell:
        raise refused(10001, "buyLeverage and sellLeverage invalid", asked.time_ms)
    if leverage(asked.account, market.instrument) == buy:
        raise refused(110043, "leverage not modified", asked.time_ms)
    set_leverage(asked.account, market.instrument, buy)
    return told({}, asked.time_ms)


def switch_position_mode(asked: Asked) -> FaceAnswer:
    """POST /v5/position/switch-mode: 0 one way, 3 both sides."""
    mode = asked.text("mode")
    if mode not in ("0", "3"):
        raise No(Why.FIELD, "mode")
    if is_hedged(asked.account) is (mode == "3"):
        raise refused(110025, "Position mode is not modified", asked.time_ms)
    if not switch_mode(asked.account, hedged=mode == "3"):
        held = bool(contracts(asked.account))
        code, words = (110024, "You have an existing position") if held else (110028, "You have existing open orders")
        raise refused(code, f"{words}, so the position mode cannot be switched.", asked.time_ms)
    return told({}, asked.time_ms)


def set_margin_mode(asked: Asked) -> FaceAnswer:
    """POST /v5/account/set-margin-mode, for all contracts at once."""
    mode = asked.text("setMarginMode")
    if mode not in ("REGULAR_MARGIN", "ISOLATED_MARGIN"):
        raise No(Why.FIELD, "setMarginMode")
    for market in asked.markets:
        set_isolated(asked.account, market.instrument, isolated=mode == "ISOLATED_MARGIN")
    return told({"reasons": []}, asked.time_ms)


def transaction_log(asked: Asked) -> FaceAnswer:
    """GET /v5/account/transaction-log: every change of a wallet, of seven days."""
    since, until = window(asked)
    rows = [
        (one.number, _logged(asked, one))
        for one in entries(asked.account)
        if is_within(one.at, since, until) and asked.fields.get("currency") in (None, "", one.coin)
    ]
    wanted = asked.fields.get("type"), asked.fields.get("category")
    rows = [(n, row) for n, row in rows if wanted[0] in (None, "", row["type"])]
    rows = [(n, row) for n, row in rows if wanted[1] in (None, "", row["category"])]
    found, cursor = page(asked, rows, asked.whole("limit", 20, 50))
    return told({"list": found, "nextPageCursor": cursor}, asked.time_ms)


def deposits(asked: Asked) -> FaceAnswer:
    """GET /v5/asset/deposit/query-record, of thirty days."""
    return _external(asked, lambda one: one.amount > 0, _deposit)


def withdrawals(asked: Asked) -> FaceAnswer:
    """GET /v5/asset/withdraw/query-record, of thirty days."""
    return _external(asked, lambda one: one.amount < 0, _withdrawal)


def key_info(asked: Asked) -> FaceAnswer:
    """GET /v5/user/query-api: rights, addresses, and when the key ends."""
    trade, key = "trade" in asked.key.rights, asked.key
    bound = bool(key.ip_allow_list)
    ends = f"{asked.now + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"
    kinds = [
        "CopyTrading",
        "BlockTrade",
        "NFT",
        "Affiliate",
        "Earn",
        "Options",
        "FiatP2P",
        "FiatBybitPay",
        "FiatConvertBroker",
        "FiatGlobalPay",
        "FiatBitPay",
        "BitCard",
        "ByXPost",
    ]
    return told(
        {
            "id": "".join(one for one in key.handle if one.isdecimal()),
            "note": key.label,
            "apiKey": key.key_id,
            "readOnly": 0 if trade else 1,
            "secret": "",
            "permissions": {
                "ContractTrade": ["Order", "Position"] if trade else [],
                "Spot": ["SpotTrade"] if trade else [],
                "Wallet": ["AccountTransfer", *(["Withdraw"] if "withdraw" in key.rights else [])],
                "Derivatives": ["DerivativesTrade"] if trade else [],
                "Exchange": ["ExchangeHistory"],
                **{name: [] for name in kinds},
            },
            "ips": list(key.ip_allow_list) or ["*"],
            "type": 1,
            "deadlineDay": -2 if bound else 90,
            "expiredAt": "1970-01-01T00:00:00Z" if bound else ends,
            "createdAt": f"{asked.now:%Y-%m-%dT%H:%M:%SZ}",
            "unified": 0,
            "uta": 1,
            "userID": number(asked),
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "",
            "userIDInt64": "0",
            "inviterIDInt64": "0",
            "affiliateIDInt64": "0",
        },
        asked.time_ms,
    )


def account_info(asked: Asked) -> FaceAnswer:
    """GET /v5/account/info."""
    return told(
        {
            "marginMode": "REGULAR_MARGIN",
            "updatedTime": str(milliseconds(asked.now)),
            "unifiedMarginStatus": 6,
            "dcpStatus": "OFF",
            "timeWindow": 10,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        },
        asked.time_ms,
    )


def fee_rates(asked: Asked) -> FaceAnswer:
    """GET /v5/account/fee-rate."""
    category, symbol = asked.text("category"), asked.fields.get("symbol")
    rows = []
    for market in asked.markets:
        if category_of(market) == category and symbol in (None, "", market.symbol):
            maker, taker = rates(asked.account, market.instrument)
            base = market.base if market.is_spot else ""
            row = {"symbol": market.symbol, "takerFeeRate": trimmed(taker), "makerFeeRate": trimmed(maker)}
            rows.append(row | {"baseCoin": base})
    return told({"category": category, "list": rows}, asked.time_ms)


def coins(asked: Asked) -> FaceAnswer:
    """GET /v5/asset/coin/query-info."""
    rows = [{"name": one, "coin": one, "remainAmount": "0", "chains": []} for one in asked.markets.coins()]
    return told({"rows": rows}, asked.time_ms)


def funding_wallet(asked: Asked) -> FaceAnswer:
    """GET /v5/asset/transfer/query-account-coins-balance: nothing lies outside the unified account."""
    kind = asked.text("accountType")
    return told({"memberId": str(number(asked)), "accountType": kind, "balance": []}, asked.time_ms)


def no_list(asked: Asked) -> FaceAnswer:
    """An empty list, of what the simulated world has none."""
    return told({"list": [], "nextPageCursor": ""}, asked.time_ms)


def number(asked: Asked) -> int:
    """The number of an account's owner."""
    return int("".join(one for one in asked.account.account_number if one.isdecimal()) or "1")


def _external(asked: Asked, wanted: Callable[[Activity], bool], row: Callable[[Activity], Row]) -> FaceAnswer:
    since, until = window(asked, _MONTH)
    found = [
        (place, row(one))
        for place, one in enumerate(external(asked.account), start=1)
        if wanted(one) and is_within(one.occurred_at, since, until)
    ]
    rows, cursor = page(asked, found, asked.whole("limit", 50, 50))
    return told({"rows": rows, "nextPageCursor": cursor}, asked.time_ms)


def _is_wanted(asked: Asked, one: Wallet) -> bool:
    names = asked.fields.get("coin", "")
    return one.coin in names.split(",") if names else bool(one.total or one.locked or one.unrealised)


def _settles(asked: Asked, market: CoinMarket) -> bool:
    return asked.fields.get("settleCoin") in (None, "", market.settle)


def _coin(asked: Asked, one: Wallet) -> Row:
    value = (one.total * worth(asked, one.coin)).quantize(_EIGHTH, ROUND_HALF_EVEN)
    return {
        "coin": one.coin,
        "equity": trimmed(one.equity),
        "usdValue": trimmed(value),
        "walletBalance": trimmed(one.total),
        "locked": trimmed(one.locked),
        "spotHedgingQty": "0",
        "spotBorrow": "0",
        "borrowAmount": "0",
        "availableToBorrow": "",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": trimmed(one.order_margin),
        "totalPositionIM": trimmed(one.margin),
        "totalPositionMM": trimmed(one.margin / 2),
        "unrealisedPnl": trimmed(one.unrealised),
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }


def _logged(asked: Asked, one: Entry) -> Row:
    """`change = cashFlow + funding − fee`; funding above zero is received."""
    funding = one.change if one.kind is ActivityKind.FUNDING else None
    fee = -one.change if one.kind is ActivityKind.FEE else one.fee
    flow = ZERO if funding is not None or one.kind is ActivityKind.FEE else one.change
    return {
        "id": str(one.number),
        "transSubType": "",
        "currency": one.coin,
        "type": _type(one),
        "funding": "" if funding is None else trimmed(funding),
        "fee": trimmed(fee),
        "cashFlow": trimmed(flow),
        "change": trimmed(one.net),
        "cashBalance": trimmed(one.balance),
        "transactionTime": str(milliseconds(one.at)),
        "bonusChange": "",
        "extraFees": "",
        **_logged_trade(asked, one),
    }


def _logged_trade(asked: Asked, one: Entry) -> Row:
    record = one.trade or one.activity
    empty = ("symbol", "side", "orderLinkId", "orderId", "feeRate", "size", "qty", "tradePrice", "tradeId", "category")
    instrument = None if record is None else record.instrument
    if record is None or instrument is None or not asked.markets.is_listed(instrument.symbol):
        return dict.fromkeys(empty, "")
    market, trade = asked.markets.behind(instrument), one.trade
    units = record.signed_quantity if isinstance(record, Execution) else record.quantity or one.held
    price = record.price
    return {
        "symbol": market.symbol,
        "category": category_of(market),
        "side": (trade.side if trade else Side.BUY if units > 0 else Side.SELL).value.capitalize(),
        "orderLinkId": shown_id(trade.client_order_id) if trade else "",
        "orderId": (trade.broker_order_id or "") if trade else "",
        "feeRate": trimmed(rates(asked.account, instrument)[0 if one.maker else 1]) if trade else "",
        "size": trimmed(one.held),
        "qty": trimmed(abs(units)),
        "tradePrice": trimmed(price),
        "tradeId": trade.execution_id if trade else "",
    }


def _type(one: Entry) -> str:
    if one.kind is None:
        return "TRADE"
    if one.kind in (ActivityKind.TRANSFER, ActivityKind.JOURNAL):
        return "TRANSFER_IN" if one.change > 0 else "TRANSFER_OUT"
    return _TYPES.get(one.kind, "OTHERS")


def _deposit(one: Activity) -> Row:
    return {
        "id": one.activity_id,
        "coin": one.currency,
        "chain": one.currency,
        "amount": trimmed(one.amount),
        "txID": one.activity_id,
        "status": 3,
        "toAddress": "",
        "tag": "",
        "depositFee": "",
        "successAt": str(milliseconds(one.occurred_at)),
        "confirmations": "1",
        "txIndex": "0",
        "blockHash": "",
        "batchReleaseLimit": "-1",
        "depositType": "0",
        "fromAddress": "",
        "taxDepositRecordsId": "0",
        "taxStatus": 0,
    }


def _withdrawal(one: Activity) -> Row:
    at = str(milliseconds(one.occurred_at))
    return {
        "withdrawId": one.activity_id,
        "coin": one.currency,
        "chain": one.currency,
        "amount": trimmed(-one.amount),
        "txID": one.activity_id,
        "status": "success",
        "toAddress": "",
        "tag": "",
        "withdrawFee": "0",
        "createTime": at,
        "updateTime": at,
        "withdrawType": 0,
        **dict.fromkeys(("fee", "tax", "taxRate", "taxType"), ""),
    }
