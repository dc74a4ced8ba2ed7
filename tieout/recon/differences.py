"""From figures that the matching queries return to differences: positions, cash, prices, and what nobody could map.

Everywhere theirs − ours: what the broker has more than our book.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

from tieout.ids import InstrumentId
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.recon.row_differences import Prices, Row, instrument_fields, iso
from tieout.recon.types import BreakKind, Difference, Pair
from tieout.settings import Tolerances

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
        **instrument_fields(row),
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
    """Whether no way of keeping cost makes them agree: some brokers keep delivered shares at the strike alone."""
    if row["broker_cost"] is None:
        return False
    allowed = max(tolerances.cash, abs(row["broker_cost"]) * tolerances.cost_basis)
    at_the_strike = row["book_cost"] - row.get("premium", ZERO)
    return bool(min(abs(row["broker_cost"] - cost) for cost in (row["book_cost"], at_the_strike)) > allowed)


def _cost(row: Row) -> Difference:
    return Difference(
        BreakKind.COST_BASIS_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        row["symbol"],
        **instrument_fields(row),
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


def prices_and_currencies(rows: Iterable[Row]) -> Iterator[Difference]:
    """Stale prices, and positions that the broker keeps in another currency than their instrument's."""
    for row in rows:
        if row["is_stale"]:
            detail = {"priced_at": iso(row["priced_at"]), "price": row["market_price"], "quantity": row["quantity"]}
            yield Difference(
                BreakKind.STALE_PRICE, Pair.BOOK_SNAPSHOT, row["symbol"], **instrument_fields(row), detail=detail
            )
        if row["broker_currency"] != row["currency"]:
            yield Difference(
                BreakKind.CURRENCY_MISMATCH,
                Pair.BOOK_SNAPSHOT,
                row["symbol"],
                **instrument_fields(row),
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
