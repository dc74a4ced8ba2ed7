"""Binance's USDⓈ-M futures account: balances, positions and their settings, income.

Source: "Account" and "Trade" of the venue's USDⓈ-M futures documentation.
"""

from __future__ import annotations

from simulator.protocols.binance.codes import refused
from simulator.protocols.binance.usdm_orders import spoken
from simulator.protocols.binance.usdm_rows import income_rows, no_position_row, position_row
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import entries, is_within
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, digits, milliseconds, moment_of
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import (
    ContractPosition,
    Wallet,
    contracts,
    is_hedged,
    is_isolated,
    leverage,
    positions,
    rates,
    set_isolated,
    set_leverage,
    switch_mode,
    wallet,
)
from simulator.protocols.wire import FaceAnswer, answered
from tieout.hedge import Leg
from tieout.money import ZERO

_MARGIN = ("USDT", "USDC", "BNB")
_WEEK_MS = 7 * 86_400_000
_DONE: Row = {"code": 200, "msg": "success"}


def account(asked: Asked) -> FaceAnswer:
    """GET /fapi/v2/account and v3; totals are in the account's base currency."""
    base = wallet(asked.account, asked.account.base_currency)
    rows = [_asset(asked, wallet(asked.account, coin)) for coin in _coins(asked)]
    totals = _totals(base)
    held = [position_row(asked.account, one) | _short(asked, one) for one in _held(asked)]
    return answered(
        {
            "feeTier": 0,
            "canTrade": "trade" in asked.key.rights,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
            **totals,
            "assets": rows,
            "positions": held,
        }
    )


def balance(asked: Asked) -> FaceAnswer:
    """GET /fapi/v2/balance and v3."""
    kept = ("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount", "marginAvailable")
    rows = []
    for coin in _coins(asked):
        row = _asset(asked, wallet(asked.account, coin))
        head = {"accountAlias": "SgsR", "asset": coin, "balance": row["walletBalance"]}
        rows.append(head | {name: row[name] for name in kept} | {"updateTime": row["updateTime"]})
    return answered(rows)


def position_risk(asked: Asked) -> FaceAnswer:
    """GET /fapi/v3/positionRisk: what is held; v2 shows every symbol."""
    held = _held(asked)
    rows = [position_row(asked.account, one) for one in held]
    if not asked.part.endswith("2"):
        return answered(rows)
    legs: tuple[Leg | None, ...] = (Leg.LONG, Leg.SHORT) if is_hedged(asked.account) else (None,)
    there = {(one.market, one.leg) for one in held}
    missing = [(market, leg) for market in _markets(asked) for leg in legs if (market, leg) not in there]
    return answered([*rows, *(_nothing(asked, market, leg) for market, leg in missing)])


def income(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/income: ascending, the last seven days where no time is sent."""
    start, end = asked.whole("startTime", 0), asked.whole("endTime", 0)
    since = start or (end or milliseconds(asked.now)) - _WEEK_MS
    rows = [row for row in _income(asked, since, end) if _is_asked_for(asked, row)]
    limit, page = asked.whole("limit", 100, 1_000), max(asked.whole("page", 1), 1)
    return answered(rows[(page - 1) * limit : page * limit])


def position_side(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/positionSide/dual."""
    return answered({"dualSidePosition": is_hedged(asked.account)})


def set_position_side(asked: Asked) -> FaceAnswer:
    """POST /fapi/v1/positionSide/dual."""
    hedged = asked.text("dualSidePosition") == "true"
    if is_hedged(asked.account) is hedged:
        raise refused(-4059, "No need to change position side.")
    if not switch_mode(asked.account, hedged=hedged):
        held = bool(contracts(asked.account))
        code, what = (-4068, "position") if held else (-4067, "open orders")
        raise refused(code, f"Position side cannot be changed if there exists {what}.")
    return answered(_DONE)


def set_leverages(asked: Asked) -> FaceAnswer:
    """POST /fapi/v1/leverage."""
    market, times = asked.market(chosen=spoken(asked)), asked.number("leverage")
    if times is None or not 1 <= times <= 125:
        raise refused(-4028, f"Leverage {asked.fields.get('leverage')} is not valid")
    set_leverage(asked.account, market.instrument, times)
    return answered({"leverage": int(times), "maxNotionalValue": "20000000", "symbol": market.symbol})


def set_margin_type(asked: Asked) -> FaceAnswer:
    """POST /fapi/v1/marginType."""
    market, kind = asked.market(chosen=spoken(asked)), asked.text("marginType")
    if kind not in ("ISOLATED", "CROSSED"):
        raise No(Why.FIELD, "marginType")
    if is_isolated(asked.account, market.instrument) is (kind == "ISOLATED"):
        raise refused(-4046, "No need to change margin type.")
    set_isolated(asked.account, market.instrument, isolated=kind == "ISOLATED")
    return answered(_DONE)


def leverage_brackets(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/leverageBracket."""
    bracket = {
        "bracket": 1,
        "initialLeverage": 125,
        "notionalCap": 20_000_000,
        "notionalFloor": 0,
        "maintMarginRatio": 0.004,
        "cum": 0.0,
    }
    return answered([{"symbol": one.symbol, "notionalCoef": 1.0, "brackets": [bracket]} for one in _markets(asked)])


def symbol_config(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/symbolConfig."""
    return answered(
        [
            {
                "symbol": one.symbol,
                "marginType": "ISOLATED" if is_isolated(asked.account, one.instrument) else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": int(leverage(asked.account, one.instrument)),
                "maxNotionalValue": "20000000",
            }
            for one in _markets(asked)
        ]
    )


def account_config(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/accountConfig."""
    return answered(
        {
            "feeTier": 0,
            "canTrade": "trade" in asked.key.rights,
            "canDeposit": True,
            "canWithdraw": True,
            "dualSidePosition": is_hedged(asked.account),
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }
    )


def commission_rate(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/commissionRate."""
    market = asked.market(chosen=spoken(asked))
    maker, taker = rates(asked.account, market.instrument)
    return answered(
        {
            "symbol": market.symbol,
            "makerCommissionRate": digits(maker, 4),
            "takerCommissionRate": digits(taker, 4),
        }
    )


def _markets(asked: Asked) -> list[CoinMarket]:
    if asked.fields.get("symbol"):
        return [asked.market(chosen=spoken(asked))]
    return [one for one in asked.markets if spoken(asked)(one)]


def _held(asked: Asked) -> list[ContractPosition]:
    markets = _markets(asked)
    return [one for one in positions(asked.account, asked.markets) if one.market in markets]


def _nothing(asked: Asked, market: CoinMarket, leg: Leg | None) -> Row:
    mark = asked.account.mark(market.instrument)
    return no_position_row(market, leg, leverage(asked.account, market.instrument), mark)


def _short(asked: Asked, one: ContractPosition) -> Row:
    """What the account's list of positions names otherwise."""
    return {
        "unrealizedProfit": digits(one.profit),
        "isolated": is_isolated(asked.account, one.market.instrument),
        "maxNotional": "20000000",
    }


def _coins(asked: Asked) -> list[str]:
    settled = {one.settle for one in asked.markets if spoken(asked)(one)}
    return sorted(settled if asked.part.startswith("d") else {*_MARGIN, *settled})


def _asset(asked: Asked, one: Wallet) -> Row:
    return {
        "asset": one.coin,
        "walletBalance": digits(one.total),
        "unrealizedProfit": digits(one.unrealised),
        "marginBalance": digits(one.equity),
        "maintMargin": digits(one.margin / 2),
        "initialMargin": digits(one.margin + one.order_margin),
        "positionInitialMargin": digits(one.margin),
        "openOrderInitialMargin": digits(one.order_margin),
        "crossWalletBalance": digits(one.total),
        "crossUnPnl": digits(one.unrealised),
        "availableBalance": digits(one.free),
        "maxWithdrawAmount": digits(one.free),
        "marginAvailable": True,
        "updateTime": milliseconds(asked.now),
    }


def _totals(one: Wallet) -> Row:
    return {
        "totalInitialMargin": digits(one.margin + one.order_margin),
        "totalMaintMargin": digits(one.margin / 2),
        "totalWalletBalance": digits(one.total),
        "totalUnrealizedProfit": digits(one.unrealised),
        "totalMarginBalance": digits(one.equity),
        "totalPositionInitialMargin": digits(one.margin),
        "totalOpenOrderInitialMargin": digits(one.order_margin),
        "totalCrossWalletBalance": digits(one.total),
        "totalCrossUnPnl": digits(one.unrealised),
        "availableBalance": digits(one.free),
        "maxWithdrawAmount": digits(max(one.free, ZERO)),
    }


def _income(asked: Asked, start: int, end: int) -> list[Row]:
    rows: list[Row] = []
    for one in entries(asked.account):
        record = one.trade or one.activity
        instrument = None if record is None else record.instrument
        if not is_within(one.at, moment_of(start), moment_of(end) if end else None):
            continue
        if instrument is None or (instrument.is_margined and spoken(asked)(asked.markets.behind(instrument))):
            trade = None if one.trade is None else one.event
            market = None if instrument is None else asked.markets.behind(instrument)
            rows += income_rows(one, trade, market)
    return rows


def _is_asked_for(asked: Asked, row: Row) -> bool:
    wanted = asked.fields.get
    return wanted("symbol") in (None, "", row["symbol"]) and wanted("incomeType") in (None, "", row["incomeType"])
