"""Simulated records as Alpaca's JSON rows: numbers in text, times with nine decimals, empty text for what it lacks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.ids import ActivityId
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO, plain
from tieout.options.osi import parse_osi
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.snapshots import Balance, Position

NEW_YORK = ZoneInfo("America/New_York")
Row = dict[str, object]

CLASSES = {AssetClass.EQUITY: "us_equity", AssetClass.OPTION: "us_option", AssetClass.CRYPTO: "crypto"}
_KINDS = {
    ActivityKind.ASSIGNMENT: "OPASN",
    ActivityKind.EXERCISE: "OPEXC",
    ActivityKind.EXPIRATION: "OPEXP",
    ActivityKind.OPTION_TRADE: "OPTRD",
    ActivityKind.DIVIDEND: "DIV",
    ActivityKind.WITHHOLDING: "DIVNRA",
    ActivityKind.SPLIT: "SPLIT",
    ActivityKind.MERGER: "MA",
    ActivityKind.SPINOFF: "SPIN",
    ActivityKind.SYMBOL_CHANGE: "NC",
    ActivityKind.RIGHTS: "VOF",
    ActivityKind.FEE: "FEE",
    ActivityKind.INTEREST: "INT",
}
# As recorded: rows of option events say no more than this, and no settlement date
_OPTION_WORDS = {
    "OPASN": "Options Assignment",
    "OPEXC": "Options Exercise",
    "OPEXP": "Options Expiry",
    "OPTRD": "Options Trade",
    "OPCSH": "Options Cash Settlement",
}
_SMALLEST_UNIT = Decimal("0.000000001")
_RECORD_STATUSES = {
    RecordStatus.EXECUTED: "executed",
    RecordStatus.CORRECTED: "correct",
    RecordStatus.CANCELLED: "canceled",
}


def account_row(number: str, balance: Balance, positions: Sequence[Position]) -> Row:
    """GET /v2/account."""
    equity, power = balance.equity or balance.cash, balance.buying_power or balance.cash
    values = [position.market_value or ZERO for position in positions]
    return {
        "id": made_up_id("account", number),
        "account_number": number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": balance.currency,
        "cash": plain(balance.cash),
        "equity": plain(equity),
        "last_equity": plain(equity),
        "portfolio_value": plain(equity),
        "buying_power": plain(power),
        "long_market_value": plain(sum((v for v in values if v > 0), ZERO)),
        "short_market_value": plain(sum((v for v in values if v < 0), ZERO)),
        "pattern_day_trader": False,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "shorting_enabled": True,
        "options_trading_level": 3,
        "multiplier": "2",
    }


def position_row(position: Position) -> Row:
    """One line of GET /v2/positions; coins without the slash, as the venue has it."""
    instrument = position.instrument
    return {
        "asset_id": asset_id(instrument),
        "symbol": wire_symbol(instrument).replace("/", ""),
        "exchange": "" if instrument.asset_class is AssetClass.OPTION else "NASDAQ",
        "asset_class": CLASSES[instrument.asset_class],
        "qty": plain(position.quantity),
        "qty_available": plain(position.quantity),
        "avg_entry_price": text(position.avg_entry_price),
        "side": "short" if position.quantity < 0 else "long",
        "market_value": text(position.market_value),
        "cost_basis": text(position.cost_basis),
        "unrealized_pl": text(position.unrealized_pnl),
        "current_price": text(position.market_price),
        "lastday_price": text(position.market_price),
        "change_today": "0",
    }


def fill_row(execution: Execution) -> Row:
    """One FILL activity. It names the venue's order id only, never ours; a status only where it was revised."""
    quantity = plain(execution.quantity)
    revised = {} if execution.status is RecordStatus.EXECUTED else {"status": _RECORD_STATUSES[execution.status]}
    return revised | {
        "id": execution.execution_id,
        "activity_type": "FILL",
        "transaction_time": nano(execution.executed_at),
        "type": "fill",
        "price": plain(execution.price),
        "qty": quantity,
        "side": execution.side.value,
        "symbol": wire_symbol(execution.instrument),
        "leaves_qty": "0",
        "order_id": execution.broker_order_id or made_up_id("order", execution.execution_id),
        "cum_qty": quantity,
        "order_status": "filled",
    }


def fee_rows(execution: Execution) -> list[Row]:
    """What a fill cost, as the FEE row that the venue posts for it; none where it was free."""
    if not execution.fee:
        return []
    fee = Activity(
        ActivityId(f"{execution.execution_id}-fee"),
        ActivityKind.FEE,
        execution.executed_at,
        amount=-execution.fee,
        currency=execution.fee_currency,
        description=f"fee of {execution.execution_id}",
    )
    return activity_rows(fee, execution.executed_at)


def activity_rows(activity: Activity, posted_at: datetime) -> list[Row]:
    """The non-trade rows of one event: one, or for a split the old units out and the new ones in."""
    if activity.kind is ActivityKind.SPLIT and activity.ratio is not None and activity.ratio != 1:
        rows = _split_rows(activity, activity.ratio)
    else:
        rows = [_activity_row(activity, activity.activity_id, activity.quantity, activity.description)]
    return [row | {"created_at": nano(posted_at)} for row in rows]


def wire_symbol(instrument: Instrument) -> str:
    """Options without padding; everything else as it is."""
    return parse_osi(instrument.symbol).compact if instrument.asset_class is AssetClass.OPTION else instrument.symbol


def asset_id(instrument: Instrument) -> str:
    """An id that is the same for one instrument every time."""
    return made_up_id("asset", instrument.symbol)


def made_up_id(kind: str, key: str) -> str:
    """A UUID made from its content."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}\x1f{key}"))


def _split_rows(activity: Activity, ratio: Decimal) -> list[Row]:
    old = (activity.quantity / (ratio - 1)).quantize(_SMALLEST_UNIT)
    new = old + activity.quantity
    words = f"From QTY:{plain(-old)}, To QTY:{plain(new)}"
    return [
        _activity_row(activity, f"{activity.activity_id}-out", -old, f"REMOVE, {words}"),
        _activity_row(activity, activity.activity_id, new, f"ADD, {words}"),
    ]


def _activity_row(activity: Activity, row_id: str, quantity: Decimal, description: str) -> Row:
    per_share = activity.kind in (ActivityKind.DIVIDEND, ActivityKind.WITHHOLDING)
    venue_kind = _venue_kind(activity)
    of_option = venue_kind in _OPTION_WORDS
    row: Row = {
        "id": row_id,
        "activity_type": venue_kind,
        "date": activity.occurred_at.astimezone(NEW_YORK).date().isoformat(),
        "net_amount": plain(activity.amount),
        "description": _OPTION_WORDS.get(venue_kind, description),
        "status": _RECORD_STATUSES[activity.status],
        "currency": activity.currency,
    }
    symbol = wire_symbol(activity.instrument).replace("/", "") if activity.instrument else None
    optional = {
        "symbol": symbol,
        "cusip": symbol if activity.instrument and activity.instrument.asset_class is AssetClass.OPTION else None,
        "qty": plain(quantity) if quantity else None,
        "per_share_amount" if per_share else "price": text(activity.price),
        "group_id": activity.group_id,
        "settle_date": activity.settles_on.isoformat() if activity.settles_on and not of_option else None,
    }
    return row | {name: value for name, value in optional.items() if value is not None}


def _venue_kind(activity: Activity) -> str:
    if activity.venue_kind:
        return activity.venue_kind
    if activity.kind is ActivityKind.TRANSFER:
        return "ACATS" if activity.instrument else "CSD" if activity.amount >= 0 else "CSW"
    if activity.kind is ActivityKind.JOURNAL:
        return "JNLS" if activity.instrument else "JNLC"
    if activity.kind is ActivityKind.FEE and activity.quantity:
        return "CFEE"
    return _KINDS.get(activity.kind, "MISC")


def nano(moment: datetime | None) -> str | None:
    """A time with nine decimals."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z") if moment else None


def text(number: Decimal | None) -> str | None:
    """A number as text, exactly."""
    return plain(number) if number is not None else None
