"""From rows of executions and activities that the matching queries return to differences.

Everywhere theirs − ours: what booking the row would add to our book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.ids import InstrumentId
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.recon.types import BreakKind, Difference, Pair

Row = Mapping[str, Any]
Prices = Mapping[InstrumentId, Decimal]


def executions(
    rows: Iterable[Row], *, is_ours: Callable[[Row], bool], is_expected: Callable[[Row], bool]
) -> Iterator[Difference]:
    """One difference per execution that does not agree.

    is_ours        whether an order of ours explains a row of the statement
    is_expected    whether a statement covers the moment of a row of the book
    """
    for row in rows:
        if row["found"] == "statement_only":
            kind = BreakKind.MISSING_EXECUTION if is_ours(row) else BreakKind.UNKNOWN_EXECUTION
            yield _execution(row, kind)
        elif row["found"] == "book_only":
            if is_expected(row):
                twin = row["twin"] is not None
                yield _execution(row, BreakKind.DUPLICATE_EXECUTION if twin else BreakKind.UNREPORTED_EXECUTION)
        elif row["found"] == "fee_differs":
            yield _fee(row)
        else:
            yield _execution(row, BreakKind.EXECUTION_MISMATCH)


def _execution(row: Row, kind: BreakKind) -> Difference:
    theirs, ours = row["theirs_quantity"], row["ours_quantity"]
    return Difference(
        kind,
        Pair.BOOK_STATEMENT,
        f"execution:{row['execution_id'] or row['book_id']}",
        **instrument_fields(row),
        ours=ours,
        theirs=theirs,
        quantity=(theirs or ZERO) - (ours or ZERO),
        amount=_net(row, "theirs", row["fee_currency"]) - _net(row, "ours", row["ours_fee_currency"]),
        price=row["price"] if row["price"] is not None else _booked_price(row),
        multiplier=row["multiplier"],
        detail=_execution_detail(row),
    )


def _net(row: Row, side: str, fee_currency: str | None) -> Decimal:
    """Cash that one side's row moved in the instrument's currency, fee included where it was paid in that."""
    amount = row[f"{side}_amount"] or ZERO
    fee = row[f"{side}_fee"] or ZERO
    return amount - fee if fee_currency == row["currency"] else amount


def _booked_price(row: Row) -> Decimal | None:
    quantity, amount = row["ours_quantity"], row["ours_amount"]
    return abs(amount / (quantity * row["multiplier"])) if quantity and amount else None


def _execution_detail(row: Row) -> dict[str, Any]:
    detail = {
        name: row[name]
        for name in ("client_order_id", "broker_order_id", "side", "price", "book_id", "twin")
        if row[name] is not None
    }
    detail |= _dates(row, "executed_at")
    fee, currency = row["theirs_fee"], row["fee_currency"]
    if row["found"] == "differs":
        detail |= {"same_money": row["theirs_amount"] == row["ours_amount"], "coin_fee": row.get("theirs_coin_fee")}
        detail |= {"theirs_fee": fee, "ours_fee": row["ours_fee"], "fee_currency": currency}
        if fee and currency not in (row["currency"], row["ours_fee_currency"]):
            detail |= {"other_fee": -fee, "other_fee_currency": currency}
        elif row["ours_fee"] and row["ours_fee_currency"] not in (row["currency"], currency):
            detail |= {"other_fee": row["ours_fee"], "other_fee_currency": row["ours_fee_currency"]}
    if fee and row["found"] == "statement_only":
        detail |= {"fee": fee, "fee_currency": currency}
        if currency != row["currency"]:
            detail |= {"other_fee": -fee, "other_fee_currency": currency}
    if row["found"] == "book_only" and row["ours_fee"] and row["ours_fee_currency"] != row["currency"]:
        detail |= {"other_fee": row["ours_fee"], "other_fee_currency": row["ours_fee_currency"]}
    return detail


def _fee(row: Row) -> Difference:
    ours, theirs = row["ours_fee"] or ZERO, row["theirs_fee"] or ZERO
    currency = row["fee_currency"] if theirs else row["ours_fee_currency"]
    detail = {"ours_currency": row["ours_fee_currency"], "theirs_currency": row["fee_currency"]}
    amount = ours - theirs
    if ours and theirs and row["ours_fee_currency"] != row["fee_currency"]:  # two effects, one in each currency
        amount = -theirs
        detail |= {"other_fee": ours, "other_fee_currency": row["ours_fee_currency"]}
    return Difference(
        BreakKind.FEE_MISMATCH,
        Pair.BOOK_STATEMENT,
        f"execution:{row['execution_id']}",
        **(instrument_fields(row) | {"currency": currency}),
        ours=ours,
        theirs=theirs,
        amount=amount,
        detail=detail | _execution_detail(row),
    )


def activities(rows: Iterable[Row], prices: Prices, *, is_expected: Callable[[Row], bool]) -> Iterator[Difference]:
    """One difference per activity that does not agree."""
    for row in rows:
        if row["found"] == "statement_only":
            yield _activity(row, BreakKind.UNBOOKED_ACTIVITY, prices)
        elif row["found"] == "differs":
            yield _activity(row, BreakKind.ACTIVITY_MISMATCH, prices)
        elif is_expected(row):
            yield _activity(row, BreakKind.MISSING_ACTIVITY, prices)


def _activity(row: Row, kind: BreakKind, prices: Prices) -> Difference:
    quantity = (row["theirs_quantity"] or ZERO) - (row["ours_quantity"] or ZERO)
    figure = "quantity" if row["theirs_quantity"] or row["ours_quantity"] else "amount"
    instrument_id = row["instrument_id"]
    return Difference(
        kind,
        Pair.BOOK_STATEMENT,
        f"activity:{row['activity_id'] or row['book_id']}",
        **instrument_fields(row),
        ours=row[f"ours_{figure}"],
        theirs=row[f"theirs_{figure}"],
        quantity=quantity,
        amount=(row["theirs_amount"] or ZERO) - (row["ours_amount"] or ZERO),
        price=prices.get(InstrumentId(instrument_id)) if instrument_id is not None else None,
        multiplier=row["multiplier"] if row["multiplier"] is not None else Decimal(1),
        detail=_activity_detail(row),
    )


def _activity_detail(row: Row) -> dict[str, Any]:
    names = ("kind", "group_id", "ratio", "price", "venue_kind", "description", "position_book", "book_id")
    detail = {name: row[name] for name in names if row[name] not in (None, "")}
    return detail | _dates(row, "occurred_at")


def _dates(row: Row, moment: str) -> dict[str, str]:
    found = {name: row[name] for name in ("business_date", "settles_on", moment) if row.get(name) is not None}
    return {name: iso(value) for name, value in found.items()}


def iso(value: date | datetime) -> str:
    """A date or moment as text."""
    return value.isoformat()


def instrument_fields(row: Row) -> dict[str, Any]:
    """The instrument of a row, as fields of a difference."""
    instrument_id, asset_class = row["instrument_id"], row["asset_class"]
    return {
        "instrument_id": None if instrument_id is None else InstrumentId(instrument_id),
        "symbol": row["symbol"],
        "asset_class": None if asset_class is None else AssetClass(asset_class),
        "currency": row["currency"],
    }
