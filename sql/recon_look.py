"""One look at book, snapshot and statement: the matching queries run, and their rows become differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sql.load import query, query_file
from sql.recon_facts import Facts
from sql.recon_inputs import Inputs, first_session
from sql.reference import read_instruments
from sql.rows import read_rows
from tieout.ids import BreakId, InstrumentId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.recon import coverage, differences, orders, row_differences
from tieout.recon.context import Context, Prior, Quoted, Settling
from tieout.recon.types import BreakKind, Difference, Pair
from tieout.sessions import Sessions
from tieout.transfers import MOVES

Row = dict[str, Any]
OVERDUE = timedelta(days=10)  # how far back settlement dates are looked at, for what should have been paid long ago
_NO_DATE = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look saw.

    figures          cash by currency and numbers of rows, for the record
    comparable       pairs of sources that could be compared
    """

    differences: tuple[Difference, ...]
    context: Context
    figures: dict[str, Any]
    parts: dict[str, Decimal]
    rows_compared: int
    comparable: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the queries returned."""

    positions: list[Row]
    cash: list[Row]
    executions: list[Row]
    activities: list[Row]
    orders: list[Row]
    prices: list[Row]
    settling: list[Row]
    statements: list[Row]
    unmapped: list[str]
    held: int
    stated: Row | None  # the snapshot's own statement, where the broker gave one


def look(
    warehouse: Connection,
    inputs: Inputs,
    facts: Facts,
    sessions: Sessions,
    priors: Mapping[BreakId, Prior],
) -> Looked:
    """Compare the three sources as the inputs' last look at the book pins them."""
    rows = _read(warehouse, inputs, sessions)
    prices = facts.prices(_unpriced(rows)) | _priced(rows)
    found = [*_figures(rows, inputs, prices), *_rows(rows, facts, prices)]
    ours = facts.orders(_listed(rows.orders))
    found += orders.differences(ours, rows.orders)
    reported = _reported(found)
    held = read_instruments(warehouse, [one.instrument_id for one in found if one.instrument_id is not None])
    context = Context(
        inputs.account_id,
        inputs.business_date,
        inputs.book_date,
        inputs.base_currency,
        sessions,
        inputs.tolerances,
        inputs.caps,
        inputs.severities,
        inputs.baseline_date,
        tuple(Settling(row["currency"], row["settles_on"], row["amount"], row["entries"]) for row in rows.settling),
        tuple(orders.open_fills(ours, rows.orders, reported)),
        _quotes(rows),
        _underlyings(held, facts),
        held,
        priors,
        {code: InstrumentId(key) for code, key in inputs.coins.items()},
    )
    seen = _seen(rows, inputs)
    return Looked(tuple(found), context, _told(rows), coverage.parts(seen), _compared(rows), _comparable(seen))


def agreed(
    warehouse: Connection, inputs: Inputs, subjects: Mapping[str, InstrumentId | None]
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """The figures of book and broker for positions and cash that no longer differ.

    subjects    subject -> its instrument; `cash:USD` has none
    """
    found: dict[str, tuple[Decimal | None, Decimal | None]] = {}
    by_id = {key: subject for subject, key in subjects.items() if key is not None and ":" not in subject}
    if by_id:
        binds = _binds(inputs, "recon_agreed") | {"instruments": sorted(by_id)}
        for row in read_rows(warehouse, query("recon_agreed"), binds):
            if row["book"] == row["broker"]:
                found[by_id[InstrumentId(row["instrument_id"])]] = (row["book"], row["broker"])
    if any(subject.startswith("cash:") for subject in subjects):
        for row in read_rows(warehouse, query("recon_cash"), _binds(inputs, "recon_cash")):
            found[f"cash:{row['currency']}"] = (row["book"], row["broker"])
    return {subject: figures for subject, figures in found.items() if subject in subjects}


def _read(warehouse: Connection, inputs: Inputs, sessions: Sessions) -> _Rows:
    def ask(name: str, **more: object) -> list[Row]:
        return read_rows(warehouse, query(name), _binds(inputs, name) | more)

    statements = ask("recon_statements")
    covered = [row for row in statements if row["complete"]]
    since_date = first_session(inputs, min((row["since"] for row in covered), default=None), sessions)
    fresh_from = _fresh_from(inputs, sessions)
    return _Rows(
        ask("recon_positions"),
        ask("recon_cash"),
        ask("recon_executions", since_date=since_date),
        ask("recon_activities", since_date=since_date),
        ask("recon_open_orders"),
        ask("recon_position_prices", fresh_from=fresh_from),
        ask("recon_settling", from_date=inputs.business_date - OVERDUE),
        statements,
        list(ask("recon_snapshot")[0]["unmapped"]),
        int(ask("recon_position_rows")[0]["positions"]),
        next((row for row in statements if row["snapshot_id"] == inputs.snapshot_id), None),
    )


def _binds(inputs: Inputs, name: str) -> dict[str, object]:
    known: dict[str, object] = {
        "account_id": inputs.account_id,
        "snapshot_id": inputs.snapshot_id,
        "baseline_id": inputs.baseline_id,
        "has_baseline": inputs.has_baseline,
        "baseline_date": inputs.baseline_date or _NO_DATE,
        "baseline_at": inputs.baseline_at,
        "statements": inputs.statements,
        "ledger_seq": inputs.seqs[-1],
        "late": inputs.late[-1],
        "book_date": inputs.book_date,
        "business_date": inputs.business_date,
        "in_wallets": inputs.in_wallets,
        "coins": ",".join(f"{code}={key}" for code, key in sorted(inputs.coins.items())) or "=0",
        "cost_relative": inputs.tolerances.cost_basis * Decimal("0.999"),
        "cost_absolute": inputs.tolerances.cash * Decimal("0.999"),
    }
    return {param: known[param] for param in query_file(name).params if param in known}


def _fresh_from(inputs: Inputs, sessions: Sessions) -> datetime:
    """Prices older than the opening of the last session that counts are stale."""
    back = max(inputs.tolerances.price_age_sessions - 1, 0)
    day = sessions.previous(inputs.business_date, back) if back else inputs.business_date
    return sessions.opens_at(day)


def _unpriced(rows: _Rows) -> list[InstrumentId]:
    """Instruments whose differences need a price that neither snapshot gives."""
    found = [row["instrument_id"] for row in rows.positions if row["price_now"] is None]
    found += [row["instrument_id"] for row in rows.activities if row["instrument_id"] is not None]
    return [InstrumentId(one) for one in found]


def _priced(rows: _Rows) -> dict[InstrumentId, Decimal]:
    """What the snapshot, or else its baseline, says of instruments whose position differs."""
    found = {
        row["instrument_id"]: row["price_before"] if row["price_now"] is None else row["price_now"]
        for row in rows.positions
    }
    return {InstrumentId(key): price for key, price in found.items() if price is not None}


def _figures(rows: _Rows, inputs: Inputs, prices: Mapping[InstrumentId, Decimal]) -> list[Difference]:
    tolerances, has_baseline = inputs.tolerances, _implies(rows, inputs)
    positions = rows.positions if has_baseline else [row | {"implied": None} for row in rows.positions]
    found = list(differences.positions(positions, tolerances, prices))
    found += differences.cash(rows.cash, tolerances, has_baseline=has_baseline)
    found += differences.prices_and_currencies(rows.prices)
    found += differences.unmapped(rows.unmapped, Pair.BOOK_SNAPSHOT)
    if rows.stated:
        found += differences.unmapped(rows.stated["unmapped"], Pair.BOOK_STATEMENT)
    return _once(found)


def _once(found: Iterable[Difference]) -> list[Difference]:
    """Each kind and subject once: the same unmapped thing may stand in snapshot and statement."""
    kept: dict[tuple[BreakKind, str], Difference] = {}
    for one in found:
        kept.setdefault(one.key, one)
    return list(kept.values())


def _rows(rows: _Rows, facts: Facts, prices: Mapping[InstrumentId, Decimal]) -> list[Difference]:
    named = [row[name] for row in rows.executions for name in ("client_order_id", "broker_order_id")]
    known = facts.order_ids(one for one in named if one is not None)
    found = list(
        row_differences.executions(
            rows.executions,
            is_ours=lambda row: row["client_order_id"] in known or row["broker_order_id"] in known,
            is_expected=_expected("execution", rows.executions, rows, facts),
        )
    )
    expected = _expected("activity", rows.activities, rows, facts)
    happened = row_differences.activities(rows.activities, prices, is_expected=expected)
    return found + _with_other_ends(list(happened), facts)


def _with_other_ends(happened: list[Difference], facts: Facts) -> list[Difference]:
    """Transfers with the end that they have in another account of ours."""
    moved = {one.subject.partition(":")[2] for one in happened if one.detail.get("kind") in MOVES}
    other = facts.own_transfers(moved) if moved else {}
    ends = {f"activity:{one}": end for one, end in other.items()}
    return [
        replace(one, detail=one.detail | {"other_end": ends[one.subject]}) if one.subject in ends else one
        for one in happened
    ]


def _expected(kind: str, found: Sequence[Row], rows: _Rows, facts: Facts) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the moment of a row of the book lies in a window that a complete statement covers."""
    moments = facts.moments(kind, (row["book_id"] for row in found if row["found"] == "book_only"))
    windows = [(one["since"], one["until"]) for one in rows.statements if one["complete"]]

    def is_expected(row: Mapping[str, Any]) -> bool:
        moment = moments.get(row["book_id"])
        return moment is not None and any(since < moment <= until for since, until in windows)

    return is_expected


def _implies(rows: _Rows, inputs: Inputs) -> bool:
    return inputs.has_baseline and rows.stated is not None and bool(rows.stated["complete"])


def _listed(open_orders: Iterable[Row]) -> set[str]:
    names = ("client_order_id", "broker_order_id")
    return {row[name] for row in open_orders for name in names if row[name] is not None}


def _reported(found: Iterable[Difference]) -> dict[str, Decimal]:
    """Units in executions that only the statement has, by our order id."""
    units: dict[str, Decimal] = {}
    for one in found:
        order = one.detail.get("client_order_id")
        if one.kind is BreakKind.MISSING_EXECUTION and order:
            units[order] = units.get(order, ZERO) + abs(one.quantity)
    return units


def _quotes(rows: _Rows) -> dict[InstrumentId, Quoted]:
    return {InstrumentId(row["instrument_id"]): Quoted(row["price_now"], row["price_before"]) for row in rows.positions}


def _underlyings(held: Mapping[InstrumentId, Instrument], facts: Facts) -> dict[str, Decimal]:
    symbols = {one.underlying for one in held.values() if one.expiration is not None and one.underlying}
    ids = facts.instrument_ids(symbols)
    prices = facts.prices(ids.values())
    return {symbol: prices[key] for symbol, key in ids.items() if key in prices}


def _seen(rows: _Rows, inputs: Inputs) -> coverage.Seen:
    stated = rows.stated
    base = next((row for row in rows.cash if row["currency"] == inputs.base_currency), None)
    return coverage.Seen(
        rows.held,
        len(rows.unmapped),
        int(stated["executions"] + stated["activities"]) if stated else 0,
        len(stated["unmapped"]) if stated else 0,
        has_cash=base is not None and bool(base["listed"]),
        has_statement=stated is not None and bool(stated["complete"]),
        has_baseline=inputs.has_baseline,
        cash_is_implied=not any(row["margined"] for row in rows.cash),
    )


def _comparable(seen: coverage.Seen) -> tuple[Pair, ...]:
    if not seen.has_statement:
        return (Pair.BOOK_SNAPSHOT,)
    return tuple(Pair) if seen.has_baseline else (Pair.BOOK_SNAPSHOT, Pair.BOOK_STATEMENT)


def _compared(rows: _Rows) -> int:
    """Rows laid side by side: instruments in any source, currencies, statement rows and open orders."""
    stated = rows.stated
    unlisted = sum(1 for row in rows.positions if not row["listed"])
    rows_stated = int(stated["executions"] + stated["activities"]) if stated else 0
    return rows.held + unlisted + len(rows.cash) + rows_stated + len(rows.orders)


def _told(rows: _Rows) -> dict[str, Any]:
    names = ("book", "broker", "implied", "book_settled", "broker_settled")
    return {
        "positions": rows.held,
        "open_orders": len(rows.orders),
        "cash": {row["currency"]: {name: row[name] for name in names} for row in rows.cash},
    }
