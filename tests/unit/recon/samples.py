"""Differences and contexts in short words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from tieout.ids import AccountId, InstrumentId
from tieout.instruments import AssetClass, Instrument, option
from tieout.recon.context import Context, Settling
from tieout.recon.types import BreakKind, Difference, Pair
from tieout.sessions import Sessions

MON, TUE, WED, THU, FRI = (date(2026, 1, day) for day in (12, 13, 14, 15, 16))
ACCOUNT = AccountId("desk")
IDS = {"AAPL": InstrumentId(1), "KO": InstrumentId(2)}
PUT = option("KO    260116P00060000")
PUT_ID = InstrumentId(9)


@cache
def xnys() -> Sessions:
    return Sessions("XNYS")


def context(**more: Any) -> Context:
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "business_date": MON,
        "book_date": more.get("business_date", MON),
        "base_currency": "USD",
        "sessions": xnys(),
    }
    return Context(**(given | more))


def held(instrument: Instrument = PUT, key: InstrumentId = PUT_ID) -> dict[InstrumentId, Instrument]:
    return {key: instrument}


def position(
    ours: str | None,
    theirs: str | None,
    *,
    symbol: str = "AAPL",
    price: str | None = "100",
    pair: Pair = Pair.BOOK_SNAPSHOT,
    implied: str | None = None,
    kind: BreakKind | None = None,
    asset_class: AssetClass = AssetClass.EQUITY,
    multiplier: str = "1",
) -> Difference:
    a, b = (None if one is None else Decimal(one) for one in (ours, theirs))
    gap = (b or Decimal(0)) - (a or Decimal(0))
    return Difference(
        kind or _kind(a, b),
        pair,
        symbol,
        instrument_id=PUT_ID if symbol == PUT.symbol else IDS.get(symbol, InstrumentId(7)),
        symbol=symbol,
        asset_class=asset_class,
        currency="USD",
        ours=a,
        theirs=b,
        quantity=gap,
        price=None if price is None else Decimal(price),
        multiplier=Decimal(multiplier),
        detail={
            "book": a or Decimal(0),
            "snapshot": b or Decimal(0),
            "implied": None if implied is None else Decimal(implied),
        },
    )


def _kind(ours: Decimal | None, theirs: Decimal | None) -> BreakKind:
    if ours and theirs:
        return BreakKind.QUANTITY_MISMATCH
    return BreakKind.UNEXPECTED_AT_BROKER if theirs else BreakKind.MISSING_AT_BROKER


def cash(
    amount: str, *, pair: Pair = Pair.BOOK_SNAPSHOT, kind: BreakKind = BreakKind.CASH_MISMATCH, currency: str = "USD"
) -> Difference:
    return Difference(
        kind,
        pair,
        f"cash:{currency}",
        asset_class=AssetClass.CASH,
        currency=currency,
        ours=Decimal(0),
        theirs=Decimal(amount),
        amount=Decimal(amount),
        detail={"book": Decimal(0), "snapshot": Decimal(amount), "implied": None},
    )


def execution(
    name: str,
    quantity: str,
    amount: str,
    *,
    kind: BreakKind = BreakKind.MISSING_EXECUTION,
    symbol: str = "AAPL",
    settles_on: date | None = None,
    **detail: Any,
) -> Difference:
    return Difference(
        kind,
        Pair.BOOK_STATEMENT,
        f"execution:{name}",
        instrument_id=IDS.get(symbol),
        symbol=symbol,
        asset_class=AssetClass.EQUITY,
        currency="USD",
        theirs=Decimal(quantity),
        quantity=Decimal(quantity),
        amount=Decimal(amount),
        price=Decimal(100),
        detail=detail | ({"settles_on": settles_on.isoformat()} if settles_on else {}),
    )


def activity(
    name: str,
    kind: str,
    *,
    quantity: str = "0",
    amount: str = "0",
    symbol: str | None = None,
    break_kind: BreakKind = BreakKind.UNBOOKED_ACTIVITY,
    price: str | None = "100",
    **detail: Any,
) -> Difference:
    return Difference(
        break_kind,
        Pair.BOOK_STATEMENT,
        f"activity:{name}",
        instrument_id=None if symbol is None else PUT_ID if symbol == PUT.symbol else IDS[symbol],
        symbol=symbol,
        asset_class=AssetClass.EQUITY if symbol else None,
        currency="USD",
        theirs=Decimal(quantity) or Decimal(amount),
        quantity=Decimal(quantity),
        amount=Decimal(amount),
        price=None if price is None else Decimal(price),
        detail={"kind": kind} | detail,
    )


def settling(*rows: tuple[date, str]) -> tuple[Settling, ...]:
    return tuple(Settling("USD", day, Decimal(amount), 1) for day, amount in rows)
