"""OKX's trading account: balances, positions and their settings, bills, money in and out.

Sources: "Trading Account" and "Funding Account" of the venue's v5 documentation.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import Entry, entries, external
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import (
    Wallet,
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
from simulator.protocols.okx.codes import refused, told
from simulator.protocols.okx.orders import is_in, page
from simulator.protocols.okx.rows import bill_row, kind_of, position_row
from simulator.protocols.wire import FaceAnswer
from tieout.money import ZERO
from tieout.records import Activity

_NINTH = Decimal("0.000000001")
_WEEK, _QUARTER = timedelta(days=7), timedelta(days=90)
_MODES = {"long_short_mode": True, "net_mode": False}
_EMPTY = [
    "accAvgPx",
    "clSpotInUseAmt",
    "crossLiab",
    "isoLiab",
    "maxLoan",
    "maxSpotInUseAmt",
    "mgnRatio",
    "openAvgPx",
    "spotBal",
    "spotUpl",
    "spotUplRatio",
    "totalPnl",
    "totalPnlRatio",
    "twap",
    "uplLiab",
    "borrowFroz",
]
_ZERO = [
    "fixedBal",
    "notionalLever",
    "rewardBal",
    "smtSyncEq",
    "spotCopyTradingEq",
    "spotInUseAmt",
    "spotIsoBal",
    "stgyEq",
    "isoEq",
    "isoUpl",
]


def balance(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/balance."""
    names = asked.fields.get("ccy", "")
    every = list(wallets(asked.account, asked.markets))
    wanted = names.split(",") if names else [one.coin for one in every if one.total or one.margin]
    total = sum((one.equity * worth(asked, one.coin) for one in every), ZERO).quantize(_NINTH, ROUND_HALF_EVEN)
    empty = "adjEq borrowFroz imr mgnRatio mmr notionalUsd notionalUsdForBorrow notionalUsdForFutures ordFroz upl"
    return told(
        [
            {
                **dict.fromkeys((*empty.split(), "notionalUsdForOption", "notionalUsdForSwap", "availEq"), ""),
                "totalEq": trimmed(total),
                "isoEq": "0",
                "uTime": str(milliseconds(asked.now)),
                "details": [_coin(asked, one) for one in every if one.coin in wanted],
            }
        ]
    )


def held(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/positions."""
    symbol, kind = asked.fields.get("instId"), asked.fields.get("instType")
    rows = [
        position_row(asked.account, one, number)
        for number, one in enumerate(positions(asked.account, asked.markets), start=1)
        if symbol in (None, "", one.market.symbol) and kind in (None, "", "SWAP")
    ]
    return told(rows)


def config(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/config: the position mode, and what the key may do."""
    rights = [
        name
        for name, right in (("read_only", "read"), ("trade", "trade"), ("withdraw", "withdraw"))
        if right in asked.key.rights
    ]
    number = "".join(one for one in asked.account.account_number if one.isdecimal())
    return told(
        [
            {
                "uid": number,
                "mainUid": number,
                "acctLv": "2",
                "posMode": "long_short_mode" if is_hedged(asked.account) else "net_mode",
                "autoLoan": False,
                "greeksType": "PA",
                "level": "Lv1",
                "levelTmp": "",
                "ctIsoMode": "automatic",
                "mgnIsoMode": "automatic",
                "kycLv": "2",
                "label": asked.key.label,
                "ip": ",".join(asked.key.ip_allow_list),
                "perm": ",".join(rights),
                "roleType": "0",
                "spotOffsetType": "",
                "type": "0",
                "stpMode": "cancel_maker",
                "enableSpotBorrow": False,
                "spotBorrowAutoRepay": False,
            }
        ]
    )


def set_position_mode(asked: Asked) -> FaceAnswer:
    """POST /api/v5/account/set-position-mode; refused with open orders or positions."""
    mode = asked.text("posMode")
    if mode not in _MODES:
        raise No(Why.FIELD, "posMode")
    if is_hedged(asked.account) is not _MODES[mode] and not switch_mode(asked.account, hedged=_MODES[mode]):
        raise refused("59000", "Setting failed. Cancel any open orders, close positions, and stop trading bots first.")
    return told([{"posMode": mode}])


def set_leverages(asked: Asked) -> FaceAnswer:
    """POST /api/v5/account/set-leverage."""
    market, times, mode = asked.market("instId"), asked.number("lever"), asked.text("mgnMode")
    if times is None or not 1 <= times <= 100:
        raise refused("51004", "Leverage exceeds the maximum.")
    set_leverage(asked.account, market.instrument, times)
    set_isolated(asked.account, market.instrument, isolated=mode == "isolated")
    return told([{"lever": trimmed(times), "mgnMode": mode, "instId": market.symbol, "posSide": ""}])


def leverages(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/leverage-info."""
    market = asked.market("instId")
    times, mode = leverage(asked.account, market.instrument), asked.text("mgnMode")
    return told([{"ccy": "", "instId": market.symbol, "mgnMode": mode, "posSide": "net", "lever": trimmed(times)}])


def bills(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/bills, of seven days."""
    return _bills(asked, _WEEK)


def bills_archive(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/bills-archive, of three months."""
    return _bills(asked, _QUARTER)


def fees(asked: Asked) -> FaceAnswer:
    """GET /api/v5/account/trade-fee: below zero is charged."""
    kind = asked.text("instType")
    market = next((one for one in asked.markets if kind_of(one) == kind), None)
    if market is None:
        raise No(Why.FIELD, "instType")
    maker, taker = (trimmed(-rate) for rate in rates(asked.account, market.instrument))
    spot = market.is_spot
    return told(
        [
            {
                **dict.fromkeys(("delivery", "exercise", "makerUSDC", "takerUSDC", "uly"), ""),
                "category": "1",
                "instType": kind,
                "level": "Lv1",
                "maker": maker,
                "taker": taker,
                "makerU": "" if spot else maker,
                "takerU": "" if spot else taker,
                "ts": str(milliseconds(asked.now)),
            }
        ]
    )


def currencies(asked: Asked) -> FaceAnswer:
    """GET /api/v5/asset/currencies."""
    rows = [{"ccy": one, "chain": one, "name": one, "canDep": True, "canWd": True} for one in asked.markets.coins()]
    return told(rows)


def deposits(asked: Asked) -> FaceAnswer:
    """GET /api/v5/asset/deposit-history."""
    return told([_deposit(one) for one in _external(asked) if one.amount > 0])


def withdrawals(asked: Asked) -> FaceAnswer:
    """GET /api/v5/asset/withdrawal-history."""
    return told([_withdrawal(one) for one in _external(asked) if one.amount < 0])


def nothing(_: Asked) -> FaceAnswer:
    """An empty list, of what the simulated world has none."""
    return told([])


def _bills(asked: Asked, longest: timedelta) -> FaceAnswer:
    rows = [(one.number, bill_row(asked.account, one, _market(asked, one))) for one in _recent(asked, longest)]
    wanted = [(name, asked.fields.get(name)) for name in ("ccy", "type", "subType", "instType", "instId")]
    return told(page(asked, [one for one in rows if all(text in (None, "", one[1][name]) for name, text in wanted)]))


def _recent(asked: Asked, longest: timedelta) -> list[Entry]:
    return [one for one in entries(asked.account) if is_in(asked, one.at, longest)]


def _market(asked: Asked, one: Entry) -> CoinMarket | None:
    record = one.trade or one.activity
    instrument = None if record is None else record.instrument
    if instrument is None or not asked.markets.is_listed(instrument.symbol):
        return None
    return asked.markets.behind(instrument)


def _external(asked: Asked) -> list[Activity]:
    """Newest first; `after` and `before` are times here."""
    rows = [one for one in external(asked.account) if asked.fields.get("ccy") in (None, "", one.currency)]
    after, before = asked.whole("after", 0), asked.whole("before", 0)
    rows = [one for one in rows if not after or milliseconds(one.occurred_at) < after]
    rows = [one for one in rows if milliseconds(one.occurred_at) > before]
    return rows[::-1][: asked.whole("limit", 100, 100)]


def _coin(asked: Asked, one: Wallet) -> Row:
    value = (one.equity * worth(asked, one.coin)).quantize(_NINTH, ROUND_HALF_EVEN)
    frozen = one.locked + one.margin + one.order_margin
    return {
        **dict.fromkeys(_EMPTY, ""),
        **dict.fromkeys(_ZERO, "0"),
        "ccy": one.coin,
        "cashBal": trimmed(one.total),
        "eq": trimmed(one.equity),
        "availBal": trimmed(one.free),
        "availEq": trimmed(one.free),
        "frozenBal": trimmed(frozen),
        "ordFrozen": trimmed(one.locked + one.order_margin),
        "liab": "",
        "interest": "",
        "upl": trimmed(one.unrealised),
        "imr": trimmed(one.margin + one.order_margin),
        "mmr": trimmed(one.margin / 2),
        "disEq": trimmed(value),
        "eqUsd": trimmed(value),
        "collateralEnabled": False,
        "uTime": str(milliseconds(asked.now)),
    }


def _deposit(one: Activity) -> Row:
    return {
        "amt": trimmed(one.amount),
        "ccy": one.currency,
        "chain": one.currency,
        "txId": one.activity_id,
        "depId": one.activity_id,
        "from": "",
        "to": "",
        "state": "2",
        "ts": str(milliseconds(one.occurred_at)),
        "actualDepBlkConfirm": "1",
        "fromWdId": "",
    }


def _withdrawal(one: Activity) -> Row:
    return {
        "amt": trimmed(-one.amount),
        "ccy": one.currency,
        "chain": one.currency,
        "txId": one.activity_id,
        "wdId": one.activity_id,
        "clientId": "",
        "fee": "0",
        "feeCcy": one.currency,
        "from": "",
        "to": "",
        "state": "2",
        "ts": str(milliseconds(one.occurred_at)),
    }
