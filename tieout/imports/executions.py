"""Executions from a CSV file of our own plain shape, for trades that no broker connection brings.

column             meaning
executed_at        moment with its zone (`2026-01-15T15:30:00-05:00`, `…Z`), or a date where no time is known
asset_class        equity, fund, option, crypto, perpetual, future, forex or cfd
symbol             canonical key, as in `tieout/instruments.py`
side               buy or sell
quantity           units, above zero
price              currency per unit of underlying
currency           what the price is quoted in
fee                optional: paid, above zero is a cost
fee_currency       optional; the currency where left out
multiplier         optional: units of underlying per contract
execution_id       optional: the venue's id. Without it equal rows in one file are numbered, so that both are booked
broker_order_id    optional
client_order_id    optional
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from tieout.errors import DataError, Malformed
from tieout.ids import BrokerOrderId, ClientOrderId, ExecutionId, derived_text
from tieout.imports.batch import ImportBatch, Sourced, require_signature
from tieout.imports.csv_table import CsvRow, SourceFile, read_table
from tieout.imports.instruments import instrument_from
from tieout.imports.opening import moment_of
from tieout.money import ZERO, plain
from tieout.orders import Side
from tieout.records import Execution
from tieout.sessions import Sessions

REQUIRED = ("executed_at", "asset_class", "symbol", "side", "quantity", "price", "currency")
OPTIONAL = ("fee", "fee_currency", "multiplier", "execution_id", "broker_order_id", "client_order_id")


def read_executions(source: SourceFile, *, signed_off_by: str, sessions: Sessions) -> ImportBatch:
    """The trades of one account. All of the file or nothing: the first bad line stops it.

    raises    DataError without a signature, or for a date without a session; Malformed naming file, line and what was
              expected
    """
    signature = require_signature(signed_off_by)
    counted: Counter[tuple[str, ...]] = Counter()
    rows = read_table(source, REQUIRED, OPTIONAL).rows
    executions = [_execution(row, counted, sessions) for row in rows]
    _no_repeats(rows, executions)
    records = tuple(Sourced(one, source, row.line) for one, row in zip(executions, rows, strict=True))
    return ImportBatch(signature, None, records)


def _execution(row: CsvRow, counted: Counter[tuple[str, ...]], sessions: Sessions) -> Execution:
    quantity, price = row.number("quantity"), row.number("price")
    currency = row.text("currency").upper()
    if quantity <= 0:
        raise row.complain(f"quantity counts up from zero and the side carries the sign, was {plain(quantity)}")
    try:
        multiplier = row.number("multiplier") if row.note("multiplier") else None
        instrument = instrument_from(row.text("asset_class"), row.text("symbol"), currency, multiplier)
    except Malformed as error:
        raise row.complain(str(error)) from error
    side, moment = _side(row), _moment(row, sessions)
    content = (instrument.symbol, side, plain(quantity), plain(price), moment.isoformat())
    return Execution(
        execution_id=_id(row, content, counted),
        instrument=instrument,
        side=side,
        quantity=quantity,
        price=price,
        executed_at=moment,
        fee=row.number("fee") if row.note("fee") else ZERO,
        fee_currency=row.note("fee_currency").upper() or currency,
        client_order_id=ClientOrderId(row.note("client_order_id")) if row.note("client_order_id") else None,
        broker_order_id=BrokerOrderId(row.note("broker_order_id")) if row.note("broker_order_id") else None,
    )


def _side(row: CsvRow) -> Side:
    word = row.text("side").lower()
    if word not in (Side.BUY, Side.SELL):
        raise row.complain(f"side must be buy or sell, was {word!r}")
    return Side(word)


def _moment(row: CsvRow, sessions: Sessions) -> datetime:
    text = row.text("executed_at")
    try:
        if len(text) == len("2026-01-15"):
            return _of_a_day(row, row.day("executed_at"), sessions)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise row.complain(f"executed_at must be a moment such as 2026-01-15T15:30:00Z, was {text!r}") from error
    if moment.tzinfo is None:
        raise row.complain(f"executed_at {text!r} needs its time zone, such as 2026-01-15T15:30:00Z")
    return moment


def _of_a_day(row: CsvRow, day: date, sessions: Sessions) -> datetime:
    try:
        sessions.require(day)
    except DataError as error:
        raise row.complain(str(error)) from error
    return moment_of(day, sessions)


def _id(row: CsvRow, content: tuple[str, ...], counted: Counter[tuple[str, ...]]) -> ExecutionId:
    if row.note("execution_id"):
        return ExecutionId(row.text("execution_id"))
    counted[content] += 1
    return ExecutionId(derived_text("CSV", *content, counted[content], length=20))


def _no_repeats(rows: Sequence[CsvRow], executions: Sequence[Execution]) -> None:
    seen: dict[str, int] = {}
    for row, one in zip(rows, executions, strict=True):
        if (first := seen.setdefault(one.execution_id, row.line)) != row.line:
            raise row.complain(f"execution_id {one.execution_id} is already on line {first}")
