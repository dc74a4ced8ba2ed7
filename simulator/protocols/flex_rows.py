"""A simulated account as a Flex report: trades, option events, cash, corporate actions and open positions."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import date, datetime
from xml.etree.ElementTree import Element, SubElement

from simulator.account import SimulatedAccount
from simulator.protocols.tws_book import revisions
from simulator.protocols.tws_rows import wire_account
from simulator.protocols.tws_wire import NEW_YORK, con_id, contract11, ib_symbol, local_symbol
from simulator.venue import SimulatedVenue
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO, plain
from tieout.options.osi import OptionRight
from tieout.records import Activity, ActivityKind, Execution, RecordStatus
from tieout.snapshots import Position

_OPTION_EVENTS = {
    ActivityKind.ASSIGNMENT: ("A", "Assignment"),
    ActivityKind.EXERCISE: ("Ex", "Exercise"),
    ActivityKind.EXPIRATION: ("Ep", "Expiration"),
}
_CASH = {
    ActivityKind.DIVIDEND: "Dividends",
    ActivityKind.WITHHOLDING: "Withholding Tax",
    ActivityKind.FEE: "Other Fees",
    ActivityKind.TRANSFER: "Deposits & Withdrawals",
    ActivityKind.JOURNAL: "Deposits & Withdrawals",
}


def report(venue: SimulatedVenue, first: date, last: date) -> Element:
    """The whole answer, each account's statement in it; days New York, both included."""
    root = Element("FlexQueryResponse", queryName="tieout", type="AF")
    statements = SubElement(root, "FlexStatements", count=str(len(venue.accounts)))
    for account in venue.accounts.values():
        made = venue.clock.now.astimezone(NEW_YORK)
        attributes = {
            "accountId": wire_account(account),
            "fromDate": first.isoformat(),
            "toDate": min(last, made.date()).isoformat(),
        }
        attributes |= {"period": "", "whenGenerated": f"{made:%Y-%m-%d;%H%M%S}"}
        statement = SubElement(statements, "FlexStatement", attributes)
        _fill(statement, account, first, last)
    return root


def _fill(statement: Element, account: SimulatedAccount, first: date, last: date) -> None:
    happened = [one for one in account.activities if first <= _day(one.occurred_at) <= last]
    trades = [
        every for _, every in revisions(account).values() if every and first <= _day(every[0].executed_at) <= last
    ]
    sections = {
        "OpenPositions": ("OpenPosition", [_open(one) for one in account.positions()]),
        "Trades": (
            "Trade",
            [*(_trade(every) for every in trades), *(_booked(one, happened) for one in happened if _is_booked(one))],
        ),
        "OptionEAE": ("OptionEAE", [_event(one) for one in happened if one.kind in _OPTION_EVENTS]),
        "CashTransactions": ("CashTransaction", [_cash(one) for one in happened if _is_cash(one)]),
        "CorporateActions": ("CorporateAction", [_split(one) for one in happened if one.kind is ActivityKind.SPLIT]),
    }
    number = wire_account(account)
    for name, (tag, rows) in sections.items():
        section = SubElement(statement, name)
        for row in rows:
            SubElement(section, tag, {"accountId": number, **row})


Fields = dict[str, str]


def _instrument(one: Instrument) -> Fields:
    option = one.asset_class is AssetClass.OPTION
    fields = {
        "assetCategory": contract11(one)[2],
        "symbol": local_symbol(one),
        "description": one.symbol,
        "conid": str(con_id(one)),
        "currency": one.currency,
        "multiplier": plain(one.multiplier),
    }
    if option and one.expiration and one.strike and one.option_right:
        under = Instrument(AssetClass.EQUITY, one.underlying or "", one.currency)
        fields |= {"underlyingSymbol": ib_symbol(one), "underlyingConid": str(con_id(under))}
        fields |= {"strike": plain(one.strike), "expiry": one.expiration.isoformat()}
        fields |= {"putCall": {OptionRight.CALL: "C", OptionRight.PUT: "P"}[one.option_right]}
    return fields


def _trade(every: list[Execution]) -> Fields:
    """A trade in its last revision. One that was taken back keeps its row, and is told as corrected to nothing."""
    one, number = every[-1], len(every)
    at = one.executed_at.astimezone(NEW_YORK)
    gone = one.status is RecordStatus.CANCELLED
    return {
        **_instrument(one.instrument),
        "tradeID": str(_number(one.execution_id)),
        "transactionID": str(_number(one.execution_id)),
        "transactionType": "ExchTrade",
        "tradeDate": f"{at:%Y-%m-%d}",
        "tradeTime": f"{at:%H%M%S}",
        "reportDate": f"{at:%Y-%m-%d}",
        "quantity": plain(one.signed_quantity),
        "tradePrice": plain(one.price),
        "proceeds": plain(one.cash_change),
        "taxes": "0",
        "ibCommission": plain(-one.fee),
        "ibCommissionCurrency": one.fee_currency,
        "buySell": "BUY" if one.signed_quantity > 0 else "SELL",
        "ibExecID": f"{one.execution_id}.{number:02d}",
        "ibOrderID": str(_number(one.broker_order_id or "")),
        "orderReference": one.client_order_id or "",
        "notes": "Ca" if gone else "Co" if number > 1 else "",
        "levelOfDetail": "EXECUTION",
    }


def _is_booked(one: Activity) -> bool:
    return one.kind in _OPTION_EVENTS or one.kind is ActivityKind.OPTION_TRADE


def _booked(one: Activity, others: Iterable[Activity]) -> Fields:
    """A trade the venue books itself: the option at price zero, the shares at the strike, both with the same note."""
    same = (other for other in others if other.group_id == one.group_id and other.kind in _OPTION_EVENTS)
    note = _OPTION_EVENTS[one.kind if one.kind in _OPTION_EVENTS else next(same).kind][0]
    day = _day(one.occurred_at).isoformat()
    fields = {
        **(_instrument(one.instrument) if one.instrument else {}),
        "tradeID": str(_number(one.activity_id)),
        "transactionID": str(_number(one.activity_id)),
        "transactionType": "BookTrade",
        "exchange": "--",
        "tradeDate": day,
        "tradeTime": "162000",
        "reportDate": day,
        "quantity": plain(one.quantity),
        "tradePrice": plain((one.price or ZERO) if one.kind is ActivityKind.OPTION_TRADE else ZERO),
        "proceeds": plain(one.amount),
        "ibCommission": "0",
        "ibCommissionCurrency": one.currency,
        "currency": one.currency,
        "notes": note,
        "levelOfDetail": "EXECUTION",
    }
    return fields | ({"settleDateTarget": one.settles_on.isoformat()} if one.settles_on else {})


def _event(one: Activity) -> Fields:
    return {
        **(_instrument(one.instrument) if one.instrument else {}),
        "date": _day(one.occurred_at).isoformat(),
        "transactionType": _OPTION_EVENTS[one.kind][1],
        "quantity": plain(one.quantity),
        "tradePrice": "0.0000",
        "proceeds": "0.00",
    }


def _is_cash(one: Activity) -> bool:
    return one.kind in _CASH or one.kind is ActivityKind.INTEREST


def _cash(one: Activity) -> Fields:
    """Money in or out. A time of day stands beside the date only where there is one."""
    interest = "Broker Interest Received" if one.amount > 0 else "Broker Interest Paid"
    words = one.description
    if one.kind is ActivityKind.DIVIDEND and one.instrument and one.price is not None:
        words = f"{one.instrument.symbol} CASH DIVIDEND {one.currency} {one.price:.4f} PER SHARE (Ordinary Dividend)"
    fields = {
        **(_instrument(one.instrument) if one.instrument else {}),
        "type": _CASH.get(one.kind, interest),
        "description": words,
        "amount": plain(one.amount),
        "currency": one.currency,
        "dateTime": _when(one.occurred_at),
        "reportDate": _day(one.occurred_at).isoformat(),
        "transactionID": str(_number(one.activity_id)),
        "levelOfDetail": "DETAIL",
    }
    return fields | ({"settleDate": one.settles_on.isoformat()} if one.settles_on else {})


def _split(one: Activity) -> Fields:
    ratio = one.ratio or ZERO
    new, old = ratio.as_integer_ratio()
    name = one.instrument.symbol if one.instrument else ""
    return {
        **(_instrument(one.instrument) if one.instrument else {}),
        "type": "FS" if ratio > 1 else "RS",
        "actionDescription": f"{name}(US0000000000) SPLIT {new} FOR {old} ({name}, US0000000000)",
        "dateTime": _when(one.occurred_at),
        "reportDate": _day(one.occurred_at).isoformat(),
        "quantity": plain(one.quantity),
        "amount": "0",
        "proceeds": "0",
        "value": "0",
        "transactionID": str(_number(one.activity_id)),
    }


def _open(one: Position) -> Fields:
    return {
        **_instrument(one.instrument),
        "position": plain(one.quantity),
        "markPrice": plain(one.market_price or ZERO),
        "positionValue": plain(one.market_value or ZERO),
        "costBasisPrice": plain(one.avg_entry_price or ZERO),
        "costBasisMoney": plain(one.cost_basis or ZERO),
        "side": "Short" if one.quantity < 0 else "Long",
        "levelOfDetail": "SUMMARY",
    }


def _when(moment: datetime) -> str:
    local = moment.astimezone(NEW_YORK)
    return f"{local:%Y-%m-%d;%H%M%S}" if local.time() != local.time().min else f"{local:%Y-%m-%d}"


def _day(moment: datetime) -> date:
    return moment.astimezone(NEW_YORK).date()


def _number(name: str) -> int:
    """A number the venue would have given: the same for the same record."""
    return 2_000_000_000 + zlib.crc32(name.encode())
