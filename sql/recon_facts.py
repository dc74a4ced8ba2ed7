"""Facts that may change after a run: our orders, order ids we know, moments of records, last prices.

A run remembers each fact it asked for; a replay answers from what was remembered and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from sql.load import query
from sql.reference import read_instruments
from sql.rows import chunks, read_rows
from sql.schema import journal as tables
from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId
from tieout.money import ZERO
from tieout.orders import OrderState, Side
from tieout.own_transfers import End, matched
from tieout.recon.orders import OurOrder
from tieout.recon.plainly import plainly

_AROUND = timedelta(days=2)  # days of other accounts' transfers that may belong to ours
_ORDER_IDS = ("client_order_id", "broker_order_id")


@dataclass(slots=True)
class Facts:
    """Answers, remembered.

    journal, warehouse    None in a replay
    """

    account_id: AccountId
    business_date: date
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: Connection | None = None
    warehouse: Connection | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be stored with the run."""
        return dict(plainly(self.known))

    def order_ids(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these order ids, ours or the broker's, our journal knows."""
        return frozenset(one for one, known in self._ask("order_ids", ids, self._read_order_ids).items() if known)

    def orders(self, listed: Iterable[str]) -> tuple[OurOrder, ...]:
        """Our orders that are live, and those that the broker lists by either id."""
        found = self._ask(
            "orders", ["all"], lambda _: {"all": [plainly(one) for one in self._read_orders(set(listed))]}
        )
        return tuple(_order(one) for one in found["all"])

    def moments(self, kind: str, ids: Iterable[str]) -> dict[str, datetime]:
        """When records of the book happened, UTC.

        kind    execution or activity
        """
        found = self._ask(f"{kind}_moments", ids, lambda missing: self._read_moments(kind, missing))
        return {one: datetime.fromisoformat(moment) for one, moment in found.items() if moment}

    def booked_before(self, ids: Iterable[str], seq: int) -> frozenset[str]:
        """Which of these activities the journal has had up to a sequence, standing or taken back."""
        found = self._ask("booked_before", ids, lambda missing: self._read_booked(missing, seq))
        return frozenset(one for one, known in found.items() if known)

    def own_transfers(self, ids: Iterable[str]) -> dict[str, str]:
        """Transfers of this account whose other end is in an account of ours: id to that account and its row's id."""
        found = self._ask("own_transfers", ids, self._read_own_transfers)
        return {one: other for one, other in found.items() if other}

    def prices(self, ids: Iterable[InstrumentId]) -> dict[InstrumentId, Decimal]:
        """Last known prices up to the business date."""
        found = self._ask("prices", [str(one) for one in ids], self._read_prices)
        return {InstrumentId(int(one)): Decimal(price) for one, price in found.items() if price is not None}

    def instrument_ids(self, symbols: Iterable[str]) -> dict[str, InstrumentId]:
        """Surrogate keys of underlyings."""
        found = self._ask("underlyings", symbols, self._read_instrument_ids)
        return {one: InstrumentId(key) for one, key in found.items() if key is not None}

    def _ask(self, section: str, keys: Iterable[str], read: Any) -> dict[str, Any]:
        wanted = sorted(set(keys))
        known = self.known.setdefault(section, {})
        missing = [key for key in wanted if key not in known]
        if missing:
            if self.journal is None or self.warehouse is None:
                raise StoreError(f"the run did not keep {section} of {', '.join(missing[:3])}: it cannot be replayed")
            answers = read(missing)
            known |= {key: plainly(answers.get(key)) for key in missing}
        return {key: known[key] for key in wanted}

    def _read_order_ids(self, ids: Sequence[str]) -> dict[str, bool]:
        found: set[str] = set()
        for table in (tables.intent, tables.broker_order, tables.execution):
            for name in _ORDER_IDS:
                if name in table.c:
                    found |= self._which(table, name, ids)
        return dict.fromkeys(found, True)

    def _which(self, table: Table, name: str, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(ids):
            wanted = select(table.c[name]).where(table.c.account_id == self.account_id, table.c[name].in_(chunk))
            found |= set(self._journal.execute(wanted.distinct()).scalars())
        return found

    def _read_orders(self, listed: set[str]) -> list[OurOrder]:
        """Live or listed, from intents and from what the broker reported of them; the broker's report is the newer."""
        live = [state.value for state in OrderState if state.is_live]
        orders: dict[str, OurOrder] = {}
        for table in (tables.intent, tables.broker_order):
            columns = [table.c[name] for name in _ORDER_IDS if name in table.c]
            wanted = or_(table.c.state.in_(live), *(column.in_(sorted(listed)) for column in columns))
            for row in read_rows(self._journal, select(table).where(table.c.account_id == self.account_id, wanted)):
                order = self._as_order(row)
                orders[order.name] = order
        return [orders[name] for name in sorted(orders)]

    def _as_order(self, row: Mapping[str, Any]) -> OurOrder:
        names = {name: row.get(name) for name in _ORDER_IDS}
        instrument_id = row["instrument_id"]
        held = read_instruments(self._journal, [instrument_id]) if instrument_id is not None else {}
        booked = self._booked(names)
        return OurOrder(
            names["client_order_id"],
            names["broker_order_id"],
            OrderState(row["state"]),
            held[instrument_id].symbol if instrument_id in held else None,
            Side(row["side"]) if row["side"] else None,
            row["quantity"],
            row.get("filled_quantity", booked),
            booked,
        )

    def _booked(self, names: Mapping[str, str | None]) -> Decimal:
        """Units in the book's executions of an order; a bust counts as nothing."""
        table = tables.execution
        wanted = [table.c[name] == value for name, value in names.items() if value is not None]
        newest = (
            select(table.c.execution_id, func.max(table.c.revision).label("revision"))
            .where(table.c.account_id == self.account_id, or_(*wanted))
            .group_by(table.c.execution_id)
            .subquery()
        )
        rows = self._journal.execute(
            select(table.c.quantity)
            .join(newest, (table.c.execution_id == newest.c.execution_id) & (table.c.revision == newest.c.revision))
            .where(table.c.account_id == self.account_id, table.c.status != "cancelled")
        )
        return sum(rows.scalars(), ZERO)

    def _read_moments(self, kind: str, ids: Sequence[str]) -> dict[str, str]:
        table = tables.execution if kind == "execution" else tables.activity
        key = table.c[f"{kind}_id"]
        moment = table.c.executed_at if kind == "execution" else table.c.occurred_at
        found: dict[str, str] = {}
        for chunk in chunks(ids):
            wanted = select(key, moment).where(table.c.account_id == self.account_id, key.in_(chunk))
            found |= {one: at.isoformat() for one, at in self._journal.execute(wanted.order_by(table.c.revision))}
        return found

    def _read_booked(self, ids: Sequence[str], seq: int) -> dict[str, bool]:
        table = tables.activity
        found: set[str] = set()
        for chunk in chunks(ids):
            wanted = select(table.c.activity_id).where(
                table.c.account_id == self.account_id, table.c.activity_id.in_(chunk), table.c.seq <= seq
            )
            found |= set(self._journal.execute(wanted).scalars())
        return dict.fromkeys(found, True)

    def _read_own_transfers(self, ids: Sequence[str]) -> dict[str, str]:
        days = {"from_date": self.business_date - _AROUND, "until_date": self.business_date + _AROUND}
        rows = read_rows(self._warehouse, query("recon_transfer_ends"), days)
        other: dict[str, str] = {}
        for pair in matched(End(**(row | {"at": row.pop("occurred_at")})) for row in rows):
            for mine, theirs in ((pair.out, pair.into), (pair.into, pair.out)):
                if mine.account_id == self.account_id:
                    other[mine.activity_id] = f"{theirs.account_id} {theirs.activity_id}"
        return {one: other[one] for one in ids if one in other}

    def _read_prices(self, ids: Sequence[str]) -> dict[str, Decimal]:
        binds = {"instruments": [int(one) for one in ids], "business_date": self.business_date}
        rows = self._warehouse.execute(query("recon_last_prices"), binds)
        return {str(instrument_id): price for instrument_id, price in rows}

    def _read_instrument_ids(self, symbols: Sequence[str]) -> dict[str, int]:
        table = tables.instrument
        found: dict[str, int] = {}
        for chunk in chunks(symbols):
            wanted = select(table.c.symbol, table.c.instrument_id).where(table.c.symbol.in_(chunk))
            found |= {row.symbol: row.instrument_id for row in self._journal.execute(wanted)}
        return found

    @property
    def _journal(self) -> Connection:
        if self.journal is None:
            raise StoreError("a replay asks no journal")
        return self.journal

    @property
    def _warehouse(self) -> Connection:
        if self.warehouse is None:
            raise StoreError("a replay asks for no new facts")
        return self.warehouse


def _order(stored: Mapping[str, Any]) -> OurOrder:
    quantity = stored["quantity"]
    return OurOrder(
        stored["client_order_id"],
        stored["broker_order_id"],
        OrderState(stored["state"]),
        stored["symbol"],
        Side(stored["side"]) if stored["side"] else None,
        None if quantity is None else Decimal(quantity),
        Decimal(stored["filled_quantity"]),
        Decimal(stored["booked"]),
    )
