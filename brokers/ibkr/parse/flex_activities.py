"""Everything in a Flex report that is no trade of an exchange: option events, cash, corporate actions, transfers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokers.http.fields import Row
from brokers.ibkr.parse.flex_rows import codes, instrument_in, moment, posted, rows_of
from brokers.ibkr.parse.flex_trades import booked, cost
from brokers.ibkr.parse.symbols import OPTION
from tieout.ids import ActivityId
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, RecordStatus

_OPTION_EVENTS: Mapping[str, ActivityKind] = {
    "A": ActivityKind.ASSIGNMENT,
    "Ex": ActivityKind.EXERCISE,
    "AEx": ActivityKind.EXERCISE,
    "MEx": ActivityKind.EXERCISE,
    "Ep": ActivityKind.EXPIRATION,
}
_STATED_EVENTS: Mapping[str, ActivityKind] = {
    "Assignment": ActivityKind.ASSIGNMENT,
    "Exercise": ActivityKind.EXERCISE,
    "Expiration": ActivityKind.EXPIRATION,
    "Cash Settlement": ActivityKind.OPTION_TRADE,
}
_CASH: Mapping[str, ActivityKind] = {
    "Dividends": ActivityKind.DIVIDEND,
    "Payment In Lieu Of Dividends": ActivityKind.DIVIDEND,
    "Withholding Tax": ActivityKind.WITHHOLDING,
    "Broker Interest Paid": ActivityKind.INTEREST,
    "Broker Interest Received": ActivityKind.INTEREST,
    "Bond Interest Paid": ActivityKind.INTEREST,
    "Bond Interest Received": ActivityKind.INTEREST,
    "Other Fees": ActivityKind.FEE,
    "Commission Adjustments": ActivityKind.FEE,
    "Advisor Fees": ActivityKind.FEE,
    "Deposits & Withdrawals": ActivityKind.TRANSFER,
}
_CORPORATE: Mapping[str, ActivityKind] = {
    "FS": ActivityKind.SPLIT,
    "RS": ActivityKind.SPLIT,
    "TC": ActivityKind.MERGER,
    "SO": ActivityKind.SPINOFF,
    "IC": ActivityKind.SYMBOL_CHANGE,
    "RI": ActivityKind.RIGHTS,
}
_RATIO = re.compile(r"SPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)", re.IGNORECASE)
_PER_SHARE = re.compile(r"(\d+\.\d+)(?: [A-Z]{3})? PER SHARE|[A-Z]{3} (\d+\.\d+) PER SHARE", re.IGNORECASE)
_CANCELLED = "Ca"
_SUMMARY = "SUMMARY"


@dataclass(frozen=True, slots=True)
class PostedActivity:
    """An activity and from when on a report had it, UTC."""

    activity: Activity
    posted_at: datetime


def sources(statement: Any) -> Iterator[tuple[Row, str]]:
    """Every row that is an activity, with the section it stands in. Summaries are left out, doubles too."""
    bookings = booked(rows_of(statement.Trades))
    yield from ((row, "booking") for row in bookings)
    yield from ((row, "option event") for row in _not_booked(rows_of(statement.OptionEAE), bookings))
    yield from ((row, "cash") for row in rows_of(statement.CashTransactions) if not _is_summary(row))
    yield from ((row, "corporate action") for row in rows_of(statement.CorporateActions) if not _is_summary(row))
    yield from ((row, "transfer") for row in rows_of(statement.Transfers) if not _is_summary(row))


def activity(row: Row, section: str, generated: datetime) -> PostedActivity:
    """One event. Raises Unmapped where its instrument is not known, Malformed for a field that cannot be read."""
    return PostedActivity(_MAKERS[section](row), posted(row, generated))


def _booking(row: Row) -> Activity:
    """A trade of price zero that ends an option, or its stock leg at the strike."""
    noted = codes(row, "notes")
    kinds = [_OPTION_EVENTS[one] for one in sorted(noted) if one in _OPTION_EVENTS]
    instrument, is_option = instrument_in(row), row.text("assetCategory") == OPTION
    kind = kinds[0] if kinds and is_option else ActivityKind.OPTION_TRADE if kinds else ActivityKind.OTHER
    under = row.text_or_none("underlyingConid") if is_option else row.text_or_none("conid")
    money = row.number_or_none("proceeds") or ZERO
    return Activity(
        activity_id=ActivityId(row.text("transactionID")),
        kind=kind,
        occurred_at=moment(row),
        instrument=instrument,
        quantity=row.number("quantity"),
        price=row.number_or_none("tradePrice"),
        amount=money - cost(row),
        currency=row.text("currency"),
        settles_on=row.day_or_none("settleDateTarget"),
        group_id=f"{under}:{row.text('tradeDate')}" if kinds and under else None,
        status=RecordStatus.CANCELLED if _CANCELLED in noted else RecordStatus.EXECUTED,
        venue_kind=";".join(sorted(noted)) or "BookTrade",
        description=row.text_or_none("description") or "",
    )


def _option_event(row: Row) -> Activity:
    """An event of the section of its own, where no booking says the same."""
    word = row.text("transactionType")
    day = row.text("date")
    return Activity(
        activity_id=ActivityId(f"eae:{row.text('conid')}:{day}:{word}:{row.text('quantity')}"),
        kind=_STATED_EVENTS.get(word, ActivityKind.OTHER),
        occurred_at=moment(row),
        instrument=instrument_in(row),
        quantity=row.number("quantity"),
        price=row.number_or_none("tradePrice"),
        amount=row.number_or_none("proceeds") or ZERO,
        currency=row.text("currency"),
        group_id=f"{row.text_or_none('underlyingConid')}:{day}",
        venue_kind=word,
        description=row.text_or_none("description") or "",
    )


def _cash(row: Row) -> Activity:
    word = row.text("type")
    kind = _CASH.get(word, ActivityKind.OTHER)
    words = row.text_or_none("description") or ""
    per_share = _PER_SHARE.search(words) if kind is ActivityKind.DIVIDEND else None
    return Activity(
        activity_id=ActivityId(row.text("transactionID")),
        kind=kind,
        occurred_at=moment(row),
        instrument=instrument_in(row) if row.values.get("symbol") and row.values.get("assetCategory") else None,
        price=Decimal(per_share[1] or per_share[2]) if per_share else None,
        amount=row.number("amount"),
        currency=row.text("currency"),
        settles_on=row.day_or_none("settleDate"),
        status=RecordStatus.CANCELLED if _CANCELLED in codes(row, "code") else RecordStatus.EXECUTED,
        venue_kind=word,
        description=words,
    )


def _corporate(row: Row) -> Activity:
    word = row.text_or_none("type") or ""
    kind = _CORPORATE.get(word, ActivityKind.OTHER)
    words = row.text_or_none("actionDescription") or row.text_or_none("description") or ""
    ratio = _RATIO.search(words) if kind is ActivityKind.SPLIT else None
    return Activity(
        activity_id=ActivityId(row.text("transactionID")),
        kind=kind,
        occurred_at=moment(row),
        instrument=instrument_in(row),
        quantity=row.number("quantity"),
        amount=row.number_or_none("proceeds") or ZERO,
        currency=row.text("currency"),
        ratio=Decimal(ratio[1]) / Decimal(ratio[2]) if ratio else None,
        status=RecordStatus.CANCELLED if _CANCELLED in codes(row, "code") else RecordStatus.EXECUTED,
        venue_kind=word,
        description=words,
    )


def _transfer(row: Row) -> Activity:
    """Cash or a position in or out; the report signs both by direction."""
    units, money = row.number_or_none("quantity") or ZERO, row.number_or_none("cashTransfer") or ZERO
    return Activity(
        activity_id=ActivityId(row.text("transactionID")),
        kind=ActivityKind.TRANSFER,
        occurred_at=moment(row),
        instrument=instrument_in(row) if units else None,
        quantity=units,
        price=row.number_or_none("transferPrice") if units else None,
        amount=money,
        currency=row.text("currency"),
        venue_kind=row.text_or_none("type") or "Transfer",
        description=row.text_or_none("description") or "",
    )


_MAKERS = {
    "booking": _booking,
    "option event": _option_event,
    "cash": _cash,
    "corporate action": _corporate,
    "transfer": _transfer,
}


def _not_booked(events: Sequence[Row], bookings: Sequence[Row]) -> list[Row]:
    """Option events of which no booking speaks; the rest of that section repeats what is booked."""
    said = {(row.values.get("conid"), row.number("quantity")) for row in bookings}
    return [
        row
        for row in events
        if row.values.get("transactionType") in _STATED_EVENTS
        and (row.values.get("conid"), row.number("quantity")) not in said
    ]


def _is_summary(row: Row) -> bool:
    return str(row.values.get("levelOfDetail") or "").upper() == _SUMMARY
