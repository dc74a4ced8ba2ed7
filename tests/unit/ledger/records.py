"""Short words for journal records, and for what they fold to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from tieout.ids import ActivityId, ExecutionId, InstrumentId
from tieout.instruments import Instrument, crypto, equity, future, option, perpetual
from tieout.ledger.fold import fold
from tieout.ledger.positions import cash, positions, realized_pnl
from tieout.ledger.types import Folded, JournalRecord, LotMethod, OpenLot
from tieout.money import ZERO
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution

FIRST_DAY = date(2026, 1, 5)
KO, PEP = equity("KO"), equity("PEP")
PUT = option("AAPL  260116P00150000")
BTC = crypto("BTC")
ES = future("ES", date(2026, 3, 20), Decimal(50))
LINEAR = perpetual("BTC", "USDT", "USDT")
INVERSE = perpetual("BTC", "USD", "BTC", Decimal(100))
IDS = {one.symbol: InstrumentId(number) for number, one in enumerate((KO, PEP, PUT, BTC, ES, LINEAR, INVERSE), 1)}

What = Execution | Activity
_NUMBERS = count(1)  # records without a name get one that no other has


def moment(day: int) -> datetime:
    return datetime.combine(FIRST_DAY + timedelta(days=day), time(15), UTC)


def trade(
    quantity: str | Decimal,
    price: str | Decimal,
    instrument: Instrument = KO,
    *,
    fee: str | Decimal = "0",
    fee_currency: str | None = None,
    day: int = 0,
    name: str = "",
) -> Execution:
    """A signed quantity bought or sold."""
    units = Decimal(quantity)
    return Execution(
        ExecutionId(name or f"e{next(_NUMBERS)}"),
        instrument,
        Side.BUY if units > 0 else Side.SELL,
        units.copy_abs(),
        Decimal(price),
        moment(day),
        Decimal(fee),
        fee_currency or instrument.profit_currency,
    )


def event(
    kind: ActivityKind,
    quantity: str | Decimal = "0",
    amount: str | Decimal = "0",
    instrument: Instrument | None = KO,
    *,
    price: str | None = None,
    currency: str = "USD",
    ratio: str | None = None,
    group: str | None = None,
    day: int = 0,
    name: str = "",
) -> Activity:
    return Activity(
        ActivityId(name or f"a{next(_NUMBERS)}"),
        kind,
        moment(day),
        instrument,
        Decimal(quantity),
        None if price is None else Decimal(price),
        Decimal(amount),
        currency,
        group_id=group,
        ratio=None if ratio is None else Decimal(ratio),
    )


def journal(*happenings: What | tuple[str, What], first: int = 1) -> list[JournalRecord]:
    """Records numbered in order. `("bust", x)` takes x back."""
    found = []
    for seq, happening in enumerate(happenings, first):
        reverses = isinstance(happening, tuple)
        one = happening[1] if isinstance(happening, tuple) else happening
        found.append(numbered(seq, one, reverses=reverses))
    return found


def numbered(seq: int, one: What, *, reverses: bool = False) -> JournalRecord:
    instrument_id = IDS[one.instrument.symbol] if one.instrument else None
    at = one.executed_at if isinstance(one, Execution) else one.occurred_at
    return JournalRecord(seq, one, instrument_id, at.date(), at.date() + timedelta(days=1), reverses)


def folded(*happenings: What | tuple[str, What], method: LotMethod = LotMethod.FIFO) -> Folded:
    return fold(journal(*happenings), (), method)


def held(result: Folded, instrument: Instrument = KO) -> Decimal:
    found = positions(result.entries).get(IDS[instrument.symbol])
    return found.quantity if found else ZERO


def cost(result: Folded, instrument: Instrument = KO) -> Decimal:
    found = positions(result.entries).get(IDS[instrument.symbol])
    return found.cost_basis if found else ZERO


def money(result: Folded, currency: str = "USD") -> Decimal:
    found = cash(result.entries).get(currency)
    return found.amount if found else ZERO


def profit(result: Folded, currency: str = "USD") -> Decimal:
    return realized_pnl(result.entries).get(currency, ZERO)


def lots(result: Folded, instrument: Instrument = KO) -> list[tuple[Decimal, Decimal]]:
    """Quantity and cost of each open lot, oldest first."""
    wanted = IDS[instrument.symbol]
    return [(lot.quantity, lot.cost_basis) for lot in result.open_lots if lot.instrument_id == wanted]


def carried(before: Sequence[OpenLot], result: Folded) -> list[OpenLot]:
    """The lots after a fold: what it says of the instruments it touched, and the others as they were."""
    touched = {entry.instrument_id for entry in result.entries}
    return [lot for lot in before if lot.instrument_id not in touched] + list(result.open_lots)
