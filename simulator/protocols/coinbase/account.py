"""Coinbase's portfolio: wallets, key rights, fees, and what moved besides trades.

Sources: "Accounts", "Data API" and "Fees" of the Advanced Trade reference; "Transactions" of the v2 reference.
"""

from __future__ import annotations

from simulator.protocols.coinbase.orders import page
from simulator.protocols.coinbase.rows import account_row, portfolio_id, rfc3339, wallet_id
from simulator.protocols.coinbase.signing import refused
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.rows import Row, trimmed
from simulator.protocols.coins.state import rates, wallets
from simulator.protocols.wire import FaceAnswer, answered
from tieout.records import Activity, ActivityKind

_TYPES = {
    ActivityKind.INTEREST: "interest",
    ActivityKind.CONVERSION: "trade",
    ActivityKind.REWARD: "staking_reward",
    ActivityKind.JOURNAL: "transfer",
}


def accounts(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/accounts."""
    every = list(enumerate(wallets(asked.account, asked.markets), start=1))
    found, cursor = page(asked, [(number, account_row(asked.account, one)) for number, one in every])
    return answered({"accounts": found, "has_next": bool(cursor), "cursor": cursor, "size": len(found)})


def account(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/accounts/{uuid}."""
    for one in wallets(asked.account, asked.markets):
        if wallet_id(asked.account, one.coin) == asked.part:
            return answered({"account": account_row(asked.account, one)})
    raise refused("NOT_FOUND", "account not found", 404)


def key_permissions(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/key_permissions."""
    return answered(
        {
            "can_view": "read" in asked.key.rights,
            "can_trade": "trade" in asked.key.rights,
            "can_transfer": "withdraw" in asked.key.rights,
            "portfolio_uuid": portfolio_id(asked.account),
            "portfolio_type": "DEFAULT",
        }
    )


def transaction_summary(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/transaction_summary: the account's fees."""
    market = next(one for one in asked.markets if one.is_spot)
    maker, taker = rates(asked.account, market.instrument)
    tier = {
        "pricing_tier": "Intro 1",
        "usd_from": "0",
        "usd_to": "10000",
        "taker_fee_rate": trimmed(taker),
        "maker_fee_rate": trimmed(maker),
        "aop_from": "",
        "aop_to": "",
    }
    totals = dict.fromkeys(("total_volume", "total_fees", "advanced_trade_only_volume", "advanced_trade_only_fees"), 0)
    return answered({**totals, "fee_tier": tier, "margin_rate": None, "total_balance": ""})


def portfolios(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/portfolios: a key sees one."""
    row = {"name": "Default", "uuid": portfolio_id(asked.account), "type": "DEFAULT", "deleted": False}
    return answered({"portfolios": [row]})


def no_positions(_: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/cfm/positions: US futures are not simulated."""
    return answered({"positions": []})


def old_accounts(asked: Asked) -> FaceAnswer:
    """GET /v2/accounts: the same wallets, in the older reference's words."""
    rows = [
        {
            "id": wallet_id(asked.account, one.coin),
            "name": f"{one.coin} Wallet",
            "primary": False,
            "type": "wallet",
            "currency": {"code": one.coin, "name": one.coin, "type": "crypto"},
            "balance": {"amount": trimmed(one.total), "currency": one.coin},
            "created_at": "2021-05-31T09:59:59Z",
            "updated_at": rfc3339(asked.now),
            "resource": "account",
            "resource_path": f"/v2/accounts/{wallet_id(asked.account, one.coin)}",
        }
        for one in wallets(asked.account, asked.markets)
    ]
    return answered({"pagination": _LAST, "data": rows})


def transactions(asked: Asked) -> FaceAnswer:
    """GET /v2/accounts/{id}/transactions: what moved one wallet beside trades, newest first."""
    rows = [
        _transaction(one)
        for one in asked.account.activities[::-1]
        if wallet_id(asked.account, one.currency) == asked.part and one.instrument is None
    ]
    return answered({"pagination": _LAST, "data": rows})


def _transaction(one: Activity) -> Row:
    money = {"amount": trimmed(one.amount), "currency": one.currency}
    return {
        "id": one.activity_id,
        "type": _TYPES.get(one.kind) or ("fiat_deposit" if one.amount > 0 else "fiat_withdrawal"),
        "status": "completed",
        "amount": money,
        "native_amount": money,
        "description": None,
        "created_at": rfc3339(one.occurred_at),
        "updated_at": rfc3339(one.occurred_at),
        "resource": "transaction",
    }


_LAST: Row = {
    "ending_before": None,
    "starting_after": None,
    "limit": 100,
    "order": "desc",
    "previous_uri": None,
    "next_uri": None,
    "next_starting_after": None,
}
