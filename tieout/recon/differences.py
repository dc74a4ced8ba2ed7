"""From rows that the matching queries return to differences: which kind, whose figure, how much.

Everywhere theirs − ours: what booking the difference would add to our book.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.ids import InstrumentId
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.recon.types import BreakKind, Difference, Pair
from tieout.settings import Tolerances

Row = Mapping[str, Any]
Prices = Mapping[InstrumentId, Decimal]
_LONGEST_ROW = 500  # characters of an unmapped row that a break shows


def positions(rows: Iterable[Row], tolerances: Tolerances, prices: Prices) -> Iterator[Difference]:
    """One difference per instrument at most: the quantity, or where quantities agree the cost basis.

    prices    last known price of instruments that the snapshot does not price

    Where book and snapshot agree and the statement leads elsewhere, the baseline may have been off by as much: that was
    a break of its own session, and has ended.
    """
    for row in rows:
        if row["book"] != row["broker"]:
            yield _position(row, row["book"], Pair.BOOK_SNAPSHOT, prices)
        elif row["implied"] is not None and row["broker"] - row["implied"] not in (ZERO, row["carried"]):
            yield _position(row, row["implied"], Pair.STATEMENT_SNAPSHOT, prices)
        elif _cost_differs(row, tolerances):
            yield _cost(row)


def _position(row: Row, ours: Decimal, pair: Pair, prices: Prices) -> Difference:
    theirs: Decimal = row["broker"]
    return Difference(
        _position_kind(ours, theirs),
        pair,
        row["symbol"],
        **_instrument(row),
        ours=ours or None,
        theirs=theirs or None,
        quantity=theirs - ours,
        price=_price(row, prices),
        multiplier=row["multiplier"],
        detail={"book": row["book"], "snapshot": theirs, "implied": row["implied"]},
    )


def _position_kind(ours: Decimal, theirs: Decimal) -> BreakKind:
    if theirs == 0:
        return BreakKind.MISSING_AT_BROKER
    if ours == 0:
        return BreakKind.UNEXPECTED_AT_BROKER
    return BreakKind.QUANTITY_MISMATCH if (ours > 0) == (theirs > 0) else BreakKind.SIDE_MISMATCH


def _price(row: Row, prices: Prices) -> Decimal | None:
    for price in (row["price_now"], row["price_before"]):
        if price is not None:
            return Decimal(price)
    return prices.get(InstrumentId(row["instrument_id"]))


def _cost_differs(row: Row, tolerances: Tolerances) -> bool:
    if row["broker_cost"] is None:
        return False
    allowed = max(tolerances.cash, abs(row["broker_cost"]) * tolerances.cost_basis)
    return bool(abs(row["broker_cost"] - row["book_cost"]) > allowed)


def _cost(row: Row) -> Difference:
    return Difference(
        BreakKind.COST_BASIS_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        row["symbol"],
        **_instrument(row),
        ours=row["book_cost"],
        theirs=row["broker_cost"],
        amount=row["broker_cost"] - row["book_cost"],
        detail={"quantity": row["broker"]},
    )


def cash(rows: Iterable[Row], tolerances: Tolerances, *, has_baseline: bool) -> Iterator[Difference]:
    """Trade-date cash by currency, then settled cash where the venue states it."""
    for row in rows:
        implied = row["implied"] if has_baseline and not row["margined"] else None
        if _apart(row["broker"], row["book"], tolerances):
            yield _cash(row, BreakKind.CASH_MISMATCH, Pair.BOOK_SNAPSHOT, row["book"], row["broker"], implied)
        elif implied is not None and _leads_elsewhere(row, implied, tolerances):
            yield _cash(row, BreakKind.CASH_MISMATCH, Pair.STATEMENT_SNAPSHOT, implied, row["broker"], implied)
        if row["broker_settled"] is not None and _apart(row["broker_settled"], row["book_settled"], tolerances):
            kind = BreakKind.SETTLED_CASH_MISMATCH
            yield _cash(row, kind, Pair.BOOK_SNAPSHOT, row["book_settled"], row["broker_settled"], None)


def _apart(theirs: Decimal | None, ours: Decimal, tolerances: Tolerances) -> bool:
    return abs((theirs or ZERO) - ours) > tolerances.cash


def _leads_elsewhere(row: Row, implied: Decimal, tolerances: Tolerances) -> bool:
    """The statement does not lead to the snapshot's cash, and not because the baseline was off already."""
    return _apart(row["broker"], implied, tolerances) and _apart(row["broker"], implied + row["carried"], tolerances)


def _cash(
    row: Row, kind: BreakKind, pair: Pair, ours: Decimal, theirs: Decimal | None, implied: Decimal | None
) -> Difference:
    detail = {"book": row["book"], "snapshot": row["broker"], "implied": implied}
    if kind is BreakKind.SETTLED_CASH_MISMATCH:
        detail = {"book_settled": ours, "snapshot_settled": theirs}
    return Difference(
        kind,
        pair,
        f"cash:{row['currency']}",
        asset_class=AssetClass.CASH,
        currency=row["currency"],
        ours=ours,
        theirs=theirs if row["listed"] else None,
        amount=(theirs or ZERO) - ours,
        detail=detail,
    )


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
        **_instrument(row),
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
    return Difference(
        BreakKind.FEE_MISMATCH,
        Pair.BOOK_STATEMENT,
        f"execution:{row['execution_id']}",
        **(_instrument(row) | {"currency": currency}),
        ours=ours,
        theirs=theirs,
        amount=ours - theirs,
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
        **_instrument(row),
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
    return {name: _iso(value) for name, value in found.items()}


def _iso(value: date | datetime) -> str:
    return value.isoformat()


def _instrument(row: Row) -> dict[str, Any]:
    instrument_id, asset_class = row["instrument_id"], row["asset_class"]
    return {
        "instrument_id": None if instrument_id is None else InstrumentId(instrument_id),
        "symbol": row["symbol"],
        "asset_class": None if asset_class is None else AssetClass(asset_class),
        "currency": row["currency"],
    }


def prices_and_currencies(rows: Iterable[Row]) -> Iterator[Difference]:
    """Stale prices, and positions that the broker keeps in another currency than their instrument's."""
    for row in rows:
        if row["is_stale"]:
            detail = {"priced_at": _iso(row["priced_at"]), "price": row["market_price"], "quantity": row["quantity"]}
            yield Difference(
                BreakKind.STALE_PRICE, Pair.BOOK_SNAPSHOT, row["symbol"], **_instrument(row), detail=detail
            )
        if row["broker_currency"] != row["currency"]:
            yield Difference(
                BreakKind.CURRENCY_MISMATCH,
                Pair.BOOK_SNAPSHOT,
                row["symbol"],
                **_instrument(row),
                quantity=row["quantity"],
                price=row["market_price"],
                multiplier=row["multiplier"],
                detail={"ours_currency": row["currency"], "theirs_currency": row["broker_currency"]},
            )


def unmapped(rows: Iterable[str], pair: Pair) -> Iterator[Difference]:
    """Rows that could not be turned into records. The same thing has the same subject tomorrow."""
    seen: set[str] = set()
    for row in rows:
        subject = f"unmapped:{_name_of(row)}"
        if subject not in seen:
            seen.add(subject)
            yield Difference(BreakKind.INSTRUMENT_UNMAPPED, pair, subject, detail={"row": row[:_LONGEST_ROW]})


def _name_of(row: str) -> str:
    """The row's own symbol or id; otherwise its digest."""
    try:
        parsed = json.loads(row)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        for name in ("symbol", "id", "activity_id", "asset_id"):
            if isinstance(parsed.get(name), str) and parsed[name]:
                return str(parsed[name])[:100]
    return hashlib.sha256(row.encode()).hexdigest()[:16]
