"""Binance's account, key rights, fees, and money in and out.

Sources: "Account endpoints" of the REST documentation; the wallet documentation for the rest.
"""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

from simulator.key_ring import VenueKey
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import dated, external
from simulator.protocols.coins.rows import Row, digits, milliseconds, moment_of, trimmed
from simulator.protocols.coins.state import rates, wallets
from simulator.protocols.wire import FaceAnswer, answered
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.records import Activity

_POINT = Decimal("0.0001")
_DONE, _CREDITED = 6, 1


def account(asked: Asked) -> FaceAnswer:
    """GET /api/v3/account."""
    maker, taker = rates(asked.account, _any(asked))
    omit = asked.fields.get("omitZeroBalances") == "true"
    rows = [(one.coin, one.total - one.locked, one.locked) for one in wallets(asked.account, asked.markets)]
    may_trade = "trade" in asked.key.rights
    return answered(
        {
            "makerCommission": int(maker / _POINT),
            "takerCommission": int(taker / _POINT),
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": {
                "maker": digits(maker),
                "taker": digits(taker),
                "buyer": digits(ZERO),
                "seller": digits(ZERO),
            },
            "canTrade": may_trade,
            "canWithdraw": "withdraw" in asked.key.rights,
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": milliseconds(asked.now),
            "accountType": "SPOT",
            "balances": [
                {"asset": coin, "free": digits(free), "locked": digits(locked)}
                for coin, free, locked in rows
                if not omit or free or locked
            ],
            "permissions": ["SPOT"],
            "uid": uid(asked),
        }
    )


def commission(asked: Asked) -> FaceAnswer:
    """GET /api/v3/account/commission."""
    market = asked.market(chosen=lambda one: one.is_spot)
    maker, taker = rates(asked.account, market.instrument)
    rate = {"maker": digits(maker), "taker": digits(taker)}
    nothing = {"maker": digits(ZERO), "taker": digits(ZERO), "buyer": digits(ZERO), "seller": digits(ZERO)}
    return answered(
        {
            "symbol": market.symbol,
            "standardCommission": {**nothing, **rate},
            "specialCommission": nothing,
            "taxCommission": nothing,
            "discount": discount(asked),
        }
    )


def trade_fees(asked: Asked) -> FaceAnswer:
    """GET /sapi/v1/asset/tradeFee."""
    only, spot = asked.fields.get("symbol"), [one for one in asked.markets if one.is_spot]
    return answered(
        [
            {
                "symbol": market.symbol,
                "makerCommission": trimmed(rates(asked.account, market.instrument)[0]),
                "takerCommission": trimmed(rates(asked.account, market.instrument)[1]),
            }
            for market in spot
            if only in (None, "", market.symbol)
        ]
    )


def api_restrictions(asked: Asked) -> FaceAnswer:
    """GET /sapi/v1/account/apiRestrictions."""
    return answered(_rights(asked.key, milliseconds(asked.now)))


def deposits(asked: Asked) -> FaceAnswer:
    """GET /sapi/v1/capital/deposit/hisrec."""
    return answered([_deposit(one) for one in _asked_for(asked) if one.amount > 0])


def withdrawals(asked: Asked) -> FaceAnswer:
    """GET /sapi/v1/capital/withdraw/history."""
    return answered([_withdrawal(one) for one in _asked_for(asked) if one.amount < 0])


def nothing(_: Asked) -> FaceAnswer:
    """An empty list, of what the simulated world has none."""
    return answered([])


def no_dust(_: Asked) -> FaceAnswer:
    """No dust was swept."""
    return answered({"total": 0, "userAssetDribblets": []})


def no_conversions(_: Asked) -> FaceAnswer:
    """Nothing was converted."""
    return answered({"list": [], "limit": 100, "moreData": False})


def no_rows(_: Asked) -> FaceAnswer:
    """An empty page, of what the simulated world has none."""
    return answered({"total": 0, "rows": []})


def coins(asked: Asked) -> FaceAnswer:
    """GET /sapi/v1/capital/config/getall."""
    held = {one.coin: (one.total - one.locked, one.locked) for one in wallets(asked.account, asked.markets)}
    return answered([_coin(coin, *held.get(coin, (ZERO, ZERO))) for coin in asked.markets.coins()])


def uid(asked: Asked) -> int:
    """The number of an account's owner."""
    letters = "".join(one for one in asked.account.account_number if one.isdecimal())
    return int(letters or "1")


def discount(asked: Asked) -> Row:
    """What paying fees in the venue's token saves."""
    costs = asked.account.terms.costs
    return {
        "enabledForAccount": bool(costs.own_coin),
        "enabledForSymbol": bool(costs.own_coin),
        "discountAsset": costs.own_coin or "BNB",
        "discount": digits(costs.discount),
    }


def _any(asked: Asked) -> Instrument:
    """A pair, for rates that are the same for all of them."""
    return next(one.instrument for one in asked.markets if one.is_spot)


def _asked_for(asked: Asked) -> list[Activity]:
    start, end = asked.whole("startTime", 0), asked.whole("endTime", 0)
    rows = external(asked.account)
    if asked.fields.get("coin"):
        rows = [one for one in rows if one.currency == asked.fields["coin"]]
    rows = dated(rows, moment_of(start) if start else None, moment_of(end) if end else None)
    offset = asked.whole("offset", 0)
    return rows[::-1][offset : offset + asked.whole("limit", 1_000, 1_000)]


def _deposit(one: Activity) -> Row:
    return {
        "id": one.activity_id,
        "amount": trimmed(one.amount),
        "coin": one.currency,
        "network": one.currency,
        "status": _CREDITED,
        "address": "",
        "addressTag": "",
        "txId": one.activity_id,
        "insertTime": milliseconds(one.occurred_at),
        "completeTime": milliseconds(one.occurred_at),
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 0,
        "walletType": 0,
    }


def _withdrawal(one: Activity) -> Row:
    at = f"{one.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return {
        "id": one.activity_id,
        "amount": trimmed(-one.amount),
        "transactionFee": "0",
        "coin": one.currency,
        "status": _DONE,
        "address": "",
        "txId": one.activity_id,
        "applyTime": at,
        "completeTime": at,
        "network": one.currency,
        "transferType": 0,
        "withdrawOrderId": "",
        "info": "",
        "confirmNo": 1,
        "walletType": 0,
        "txKey": "",
    }


def _rights(key: VenueKey, made: int) -> Row:
    trade = "trade" in key.rights
    return {
        "ipRestrict": bool(key.ip_allow_list),
        "createTime": made,
        "enableReading": "read" in key.rights,
        "enableSpotAndMarginTrading": trade,
        "enableWithdrawals": "withdraw" in key.rights,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enablePortfolioMarginTrading": False,
    }


def _coin(coin: str, free: Decimal, locked: Decimal) -> Row:
    return {
        "coin": coin,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "name": coin,
        "free": trimmed(free),
        "locked": trimmed(locked),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }
