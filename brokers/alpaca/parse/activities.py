"""Account activities. Source: GET /v2/account/activities; trades are FILL rows, all else is a non-trade row (NTA).

A non-trade row has a date, not a time, and appears when it is posted: an assignment of Wednesday is posted at about
04:20 New York on Thursday. `posted_at` is therefore what a statement's window goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from brokers.alpaca.parse.orders import SIDES
from brokers.alpaca.parse.splits import Posted, split_ratio
from brokers.alpaca.parse.symbols import NO_MULTIPLIERS, Multipliers, instrument_by_symbol
from brokers.http.fields import Row
from tieout.errors import Malformed
from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId, ExecutionId
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, Execution, RecordStatus

FILL = "FILL"
NEW_YORK = ZoneInfo("America/New_York")
_FILL_TYPES = frozenset({"fill", "partial_fill"})

KINDS: Mapping[str, ActivityKind] = {
    "OPASN": ActivityKind.ASSIGNMENT,
    "OPEXC": ActivityKind.EXERCISE,
    "OPXRC": ActivityKind.EXERCISE,  # the older name
    "OPEXP": ActivityKind.EXPIRATION,
    "OPTRD": ActivityKind.OPTION_TRADE,
    "OPCSH": ActivityKind.OPTION_TRADE,  # cash settlement: the cash leg
    **dict.fromkeys(("DIV", "CDIV", "SDIV", "DIVCGL", "DIVCGS", "DIVROC", "DIVTXEX"), ActivityKind.DIVIDEND),
    **dict.fromkeys(("DIVNRA", "DIVFT", "DIVTW", "DIVWH", "INTNRA", "INTTW", "WH"), ActivityKind.WITHHOLDING),
    **dict.fromkeys(("SPLIT", "SSP", "SSO", "FSPLIT", "RSPLIT"), ActivityKind.SPLIT),
    "MA": ActivityKind.MERGER,
    **dict.fromkeys(("SPIN", "SOFF"), ActivityKind.SPINOFF),
    **dict.fromkeys(("NC", "SC"), ActivityKind.SYMBOL_CHANGE),
    "VOF": ActivityKind.RIGHTS,
    **dict.fromkeys(("FEE", "CFEE", "DIVFEE", "PTC", "PTR"), ActivityKind.FEE),
    **dict.fromkeys(("INT", "INTPNL"), ActivityKind.INTEREST),
    **dict.fromkeys(("CSD", "CSW", "CSR", "ACATC", "ACATS", "TRANS"), ActivityKind.TRANSFER),
    **dict.fromkeys(("JNL", "JNLC", "JNLS", "SWP"), ActivityKind.JOURNAL),
}
# On a dividend, its tax, interest or a fee in money, `qty` is what the payment was counted on, not a change of units
_COUNTED_ON = frozenset({ActivityKind.DIVIDEND, ActivityKind.WITHHOLDING, ActivityKind.INTEREST, ActivityKind.FEE})
_COIN_FEE = "CFEE"
_STATUSES = {
    "executed": RecordStatus.EXECUTED,
    "correct": RecordStatus.CORRECTED,
    "canceled": RecordStatus.CANCELLED,
}


def execution(
    found: Row, client_ids: Mapping[BrokerOrderId, ClientOrderId], multipliers: Multipliers = NO_MULTIPLIERS
) -> Execution:
    """One FILL row. The venue charges no fee on it: regulatory fees come as FEE rows, coin fees as CFEE rows.

    client_ids   broker order id to ours, for the row names the venue's id only
    raises       Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    kind, side = found.text("type"), found.text("side")
    if kind not in _FILL_TYPES:
        raise Malformed(f"{found.where}: field `type`: {kind!r} is neither fill nor partial_fill", received=kind)
    if side not in SIDES:
        raise Malformed(f"{found.where}: field `side`: {side!r} is not a known side", received=side)
    quantity, price = found.number("qty"), found.number("price")
    if quantity <= 0:
        raise Malformed(f"{found.where}: field `qty`: {quantity} is not above zero", received=str(quantity))
    order_id = BrokerOrderId(found.text("order_id"))
    return Execution(
        execution_id=ExecutionId(found.text("id")),
        instrument=instrument_by_symbol(found, multipliers),
        side=SIDES[side],
        quantity=quantity,
        price=price,
        executed_at=found.moment("transaction_time"),
        client_order_id=client_ids.get(order_id),
        broker_order_id=order_id,
        status=_status(found),
    )


def activity(found: Row, multipliers: Multipliers = NO_MULTIPLIERS) -> Posted:
    """One non-trade row. A type that is not in the table becomes `other`, with its name kept.

    raises   Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    venue_kind = found.text("activity_type")
    kind = KINDS.get(venue_kind, ActivityKind.OTHER)
    instrument = instrument_by_symbol(found, multipliers) if found.text_or_none("symbol") else None
    moves_units = instrument is not None and (kind not in _COUNTED_ON or venue_kind == _COIN_FEE)
    occurred_at = datetime.combine(found.day("date"), time.min, NEW_YORK).astimezone(UTC)
    stated = Activity(
        activity_id=ActivityId(found.text("id")),
        kind=kind,
        occurred_at=occurred_at,
        instrument=instrument,
        quantity=(found.number_or_none("qty") or ZERO) if moves_units else ZERO,
        price=_price(found, kind),
        amount=_amount(found),
        currency=found.text_or_none("currency") or "USD",
        settles_on=found.day_or_none("settle_date"),
        group_id=found.text_or_none("group_id"),
        status=_status(found),
        venue_kind=venue_kind,
        description=found.text_or_none("description") or "",
    )
    if kind is ActivityKind.SPLIT:
        stated = replace(stated, ratio=split_ratio(found))
    return Posted(stated, found.moment_or_none("created_at") or occurred_at)


def _price(found: Row, kind: ActivityKind) -> Decimal | None:
    """Per unit: for a dividend what a share paid, not what a share cost that day."""
    if kind in (ActivityKind.DIVIDEND, ActivityKind.WITHHOLDING):
        return found.number_or_none("per_share_amount")
    return found.number_or_none("price")


def _amount(found: Row) -> Decimal:
    """Signed cash. Rows that move units only may leave it out; rows without units may not."""
    if found.values.get("net_amount") in (None, "") and found.number_or_none("qty") is not None:
        return ZERO
    return found.number("net_amount")


def _status(found: Row) -> RecordStatus:
    stated = found.text_or_none("status") or "executed"
    if stated not in _STATUSES:
        raise Malformed(f"{found.where}: field `status`: {stated!r} is not a known status", received=stated)
    return _STATUSES[stated]
