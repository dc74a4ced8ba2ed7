"""The inputs of a reconciliation, pinned: with them and the append-only tables a past run can be computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from sql.coins import read_coins
from sql.load import query
from sql.posting import ledger_seq
from sql.rows import read_rows
from sql.schema import journal as tables
from tieout.coins import CoinRule
from tieout.errors import DataError, StoreError
from tieout.ids import AccountId, SnapshotId
from tieout.instruments import AssetClass
from tieout.recon.explain import VERSION
from tieout.recon.plainly import plainly
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, ResolutionCaps, Severities, Tolerances
from tieout.snapshots import Completeness, SnapshotStatus


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one run compares, and by which rules.

    baseline_id      snapshot that positions are rolled forward from; 0 where the signed-off opening takes its place
    baseline_date    session that the baseline saw; baseline_at is the moment
    statements       snapshot ids of the statements: those of earlier sessions and this snapshot's own
    book_date        session up to which the book counts
    in_wallets       coins lie in wallets, and each is one position; coins are those that are known, with their keys
    seqs, late       per look at the book, before and after the run's own bookings: the ledger's last journal sequence,
                     and the records in it that happened after the broker was asked
    """

    account_id: AccountId
    business_date: date
    snapshot_id: SnapshotId
    base_currency: str
    calendar: str
    captured_at: datetime
    book_date: date
    baseline_id: int
    baseline_date: date | None
    baseline_at: datetime
    has_baseline: bool
    statements: tuple[int, ...]
    tolerances: Tolerances
    caps: ResolutionCaps
    severities: Severities
    seqs: tuple[int, ...]
    late: tuple[tuple[int, ...], ...]
    in_wallets: bool = False
    coins: dict[str, int] = field(default_factory=dict)
    rules: str = VERSION

    def with_look(self, seq: int, late: Sequence[int]) -> Inputs:
        """The same with one more look at the book."""
        return replace(self, seqs=(*self.seqs, seq), late=(*self.late, tuple(late)))

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be stored with the run."""
        return dict(plainly(self))


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide what counts as a difference, how much it weighs, and what resolves itself."""

    tolerances: Tolerances
    caps: ResolutionCaps
    severities: Severities


def pin(
    warehouse: Connection,
    settings: AccountSettings,
    business_date: date,
    snapshot_id: SnapshotId,
    sessions: Sessions,
    rules: Rules,
) -> Inputs:
    """Everything that is fixed when the run begins, without a look at the book yet.

    raises    DataError where the snapshot is another account's or session's, incomplete, or not accepted: only a
              complete snapshot that passed its critical checks opens or closes breaks
    """
    account = settings.account
    captured_at = _require_snapshot(warehouse, snapshot_id, account.account_id, business_date)
    binds = {"account_id": account.account_id, "snapshot_id": snapshot_id, "business_date": business_date}
    statements = read_rows(warehouse, query("recon_statement_list"), binds)
    base = _baseline(warehouse, account.account_id, business_date, sessions)
    openings = warehouse.execute(query("recon_opening"), {"account_id": account.account_id}).one()
    rule = CoinRule.of(account)
    since = min((row["since"] for row in statements), default=captured_at)
    return Inputs(
        account.account_id,
        business_date,
        snapshot_id,
        account.base_currency,
        sessions.calendar,
        captured_at,
        max(business_date, sessions.business_date(captured_at)),
        base[0] if base else 0,
        base[1] if base else openings.last_opening,
        base[2] if base else since,
        base is not None or openings.openings > 0,
        tuple(row["snapshot_id"] for row in statements),
        rules.tolerances,
        rules.caps,
        rules.severities,
        (),
        (),
        rule is not None,
        {} if rule is None else dict(read_coins(warehouse, rule)),
    )


def _require_snapshot(
    warehouse: Connection, snapshot_id: SnapshotId, account_id: AccountId, business_date: date
) -> datetime:
    rows = read_rows(warehouse, query("recon_snapshot"), {"snapshot_id": snapshot_id})
    if not rows:
        raise StoreError(f"there is no snapshot {snapshot_id} in the warehouse")
    head = rows[0]
    if (head["account_id"], head["business_date"]) != (account_id, business_date):
        raise DataError(
            f"snapshot {snapshot_id} is of {head['account_id']} for {head['business_date']}, "
            f"not of {account_id} for {business_date}"
        )
    if head["status"] != SnapshotStatus.ACCEPTED or head["completeness"] != Completeness.COMPLETE:
        raise DataError(
            f"snapshot {snapshot_id} of {account_id} is {head['completeness']} and {head['status']}: only a complete, "
            "accepted snapshot may open or close breaks"
        )
    captured_at: datetime = head["captured_at"]
    return captured_at


def _baseline(
    warehouse: Connection, account_id: AccountId, business_date: date, sessions: Sessions
) -> tuple[int, date, datetime] | None:
    binds = {"account_id": account_id, "before": business_date}
    for row in read_rows(warehouse, query("recon_baseline"), binds):
        saw = max(row["business_date"], sessions.business_date(row["captured_at"]))
        return row["snapshot_id"], saw, row["captured_at"]
    return None


def look_at(inputs: Inputs, warehouse: Connection, journal: Connection, seq: int | None = None) -> Inputs:
    """Pin the book as the ledger has it now, or up to `seq`: its last sequence and what came after the capture."""
    last = ledger_seq(warehouse, inputs.account_id) if seq is None else seq
    return inputs.with_look(last, _late(journal, inputs.account_id, inputs.captured_at, last))


def _late(journal: Connection, account_id: AccountId, captured_at: datetime, last: int) -> list[int]:
    """Sequences of records that happened after the broker was asked: the snapshot cannot know them."""
    found: set[int] = set()
    for table, moment in (
        (tables.execution, tables.execution.c.executed_at),
        (tables.activity, tables.activity.c.occurred_at),
    ):
        wanted = select(table.c.seq, table.c.revision).where(
            table.c.account_id == account_id, table.c.seq <= last, moment > captured_at
        )
        for seq, revision in journal.execute(wanted):
            found |= {seq, seq - 1} if revision else {seq}  # a correction's reversal stands one before it
    return sorted(found)


def from_json(stored: Mapping[str, Any]) -> Inputs:
    """The inputs as a run stored them."""
    fields = dict(stored)
    for name in ("business_date", "book_date", "baseline_date"):
        fields[name] = date.fromisoformat(fields[name]) if fields[name] else None
    for name in ("captured_at", "baseline_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    fields["statements"] = tuple(fields["statements"])
    fields["seqs"] = tuple(fields["seqs"])
    fields["late"] = tuple(tuple(one) for one in fields["late"])
    fields["tolerances"] = _tolerances(fields["tolerances"])
    fields["caps"] = ResolutionCaps(**_decimals(fields["caps"]))
    fields["severities"] = Severities(**_decimals(fields["severities"]))
    return Inputs(**fields)


def _tolerances(stored: Mapping[str, Any]) -> Tolerances:
    value = {AssetClass(name): Decimal(one) for name, one in stored["value"].items()}
    return Tolerances(
        **(_decimals({k: v for k, v in stored.items() if k not in ("value", "version")})),
        value=value,
        version=stored["version"],
    )


def _decimals(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(one) if isinstance(one, str) else one for name, one in stored.items()}


def first_session(inputs: Inputs, since: datetime | None, sessions: Sessions) -> date:
    """The first session whose book rows the statements must know.

    since    where the first statement begins, UTC; None where there is none
    """
    if since is None:
        return inputs.book_date + timedelta(days=1)
    return sessions.business_date(since)
