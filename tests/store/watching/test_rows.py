from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert

from sql.closes import expected_from, read_close_runs
from sql.figures import count_open_breaks, count_unknown_orders, read_newest_snapshots
from sql.health import read_health, read_health_events, record_health
from sql.noise import read_noise
from sql.runs import end_run, start_run
from sql.schema.journal import break_case
from sql.schema.warehouse import snapshot
from tests.databases import Stores
from tieout.health import Answer, Health, HealthState
from tieout.ids import AccountId

NOW = datetime(2026, 1, 16, 15, tzinfo=UTC)
DAY = date(2026, 1, 16)
DESK, OTHER = AccountId("desk"), AccountId("other")
UP = Health(DESK, "alpaca", HealthState.UP, NOW, NOW, NOW, "it answers", 41, 150, 200, (Answer.GOOD, Answer.SLOW))


def note(stores: Stores, before: HealthState, health: Health) -> None:
    with stores.journal.write() as journal:
        record_health(journal, before, health)


def test_health_comes_back_as_it_was_noted_and_only_changes_are_kept(stores: Stores) -> None:
    later = replace(UP, state=HealthState.DOWN, since=NOW + timedelta(minutes=2), latency_ms=None, left=None, most=None)
    note(stores, HealthState.UNKNOWN, UP)
    note(stores, HealthState.UP, replace(UP, checked_at=NOW + timedelta(minutes=1)))
    note(stores, HealthState.UP, replace(later, checked_at=NOW + timedelta(minutes=2)))
    note(stores, HealthState.UNKNOWN, replace(UP, account_id=OTHER))

    with stores.journal.read() as journal:
        assert read_health(journal, OTHER) == {OTHER: replace(UP, account_id=OTHER)}
        assert set(read_health(journal)) == {DESK, OTHER}
        assert read_health(journal)[DESK] == replace(later, checked_at=NOW + timedelta(minutes=2))
        changes = read_health_events(journal, DESK, NOW)
        assert [(one["was"], one["state"]) for one in changes] == [("unknown", "up"), ("up", "down")]
        assert len(read_health_events(journal, DESK, NOW + timedelta(minutes=1))) == 1


def test_an_account_is_expected_to_close_since_its_first_close_or_its_first_probe(stores: Stores) -> None:
    with stores.journal.write() as journal:
        assert expected_from(journal, DESK) is None
        record_health(journal, HealthState.UNKNOWN, UP)
        assert expected_from(journal, DESK) == NOW
        start_run(journal, DESK, "eod-reconciliation", DAY, NOW - timedelta(days=1), None)
        start_run(journal, DESK, "risk-watch", DAY, NOW - timedelta(days=9), None)
        assert expected_from(journal, DESK) == NOW - timedelta(days=1)


def test_dry_runs_are_no_closes(stores: Stores) -> None:
    with stores.journal.write() as journal:
        real, dry = (start_run(journal, DESK, "eod-reconciliation", DAY, NOW, None) for _ in range(2))
        end_run(journal, real, "failed", {"error": "no", "dry_run": False}, NOW)
        end_run(journal, dry, "tied_out", {"dry_run": True}, NOW)
        assert [one["run_id"] for one in read_close_runs(journal, DESK, DAY)] == [real]
        assert read_close_runs(journal, OTHER, DAY) == []


def test_open_breaks_are_counted_and_a_month_counts_those_it_saw_first(stores: Stores) -> None:
    with stores.journal.write() as journal:
        journal.execute(insert(break_case), [case(1), case(2, severity="warning"), case(3, state="closed")])
        timing = case(4, cause="settlement_timing", state="closed")
        journal.execute(insert(break_case), [timing, case(5, first_seen=date(2026, 2, 1))])
        assert count_open_breaks(journal) == {("desk", "critical"): 2, ("desk", "warning"): 1}
        assert count_unknown_orders(journal) == {}
        assert read_noise(journal, date(2026, 1, 1)).true_breaks == 3
        assert read_noise(journal, date(2026, 2, 1)).true_breaks == 1


def test_the_age_of_an_account_is_that_of_its_newest_accepted_snapshot(stores: Stores) -> None:
    rows = [shot(1, NOW), shot(2, NOW + timedelta(hours=1)), shot(3, NOW + timedelta(hours=2), "quarantined")]
    with stores.warehouse.write() as warehouse:
        warehouse.execute(insert(snapshot), rows)
    stores.warehouse.publish()
    with stores.warehouse.read() as warehouse:
        assert read_newest_snapshots(warehouse) == {"desk": NOW + timedelta(hours=1)}


def case(number: int, **changed: object) -> dict[str, object]:
    row = {
        "break_id": f"BRK-{number}",
        "account_id": "desk",
        "kind": "quantity_mismatch",
        "cause": "unknown",
        "severity": "critical",
        "state": "open",
        "subject": "AAPL",
        "pair": "book_snapshot",
        "first_seen": DAY,
        "last_seen": DAY,
        "age_sessions": 0,
        "money_at_risk": Decimal(1),
        "explanation": "",
        "evidence": {},
        "updated_at": NOW,
    }
    return row | changed


def shot(number: int, at: datetime, status: str = "accepted") -> dict[str, object]:
    known = {"snapshot_id": number, "account_id": "desk", "business_date": DAY, "captured_at": at, "status": status}
    blank = {column.name: _blank(column) for column in snapshot.columns if not column.nullable}
    return blank | known


def _blank(column: object) -> object:
    kind = type(column.type).__name__  # type: ignore[attr-defined]
    return {"Json": {}, "Utc": NOW, "Date": DAY, "String": "", "Text": ""}.get(kind, 0)
