"""The reconciliation of one account's close: look, explain, book what is proven, look again, advance the cases.

Safe to kill at any instruction and to run again. The journal holds each step whole: first the bookings with the cases
they resolve, then what the second look did to all cases; the warehouse's row comes last, and says that the run is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from sql.cases import append_changes
from sql.journal import Journal
from sql.leases import Lease, check_token
from sql.posting import post
from sql.recon_compute import First, Second, first, second
from sql.recon_facts import Facts
from sql.recon_inputs import Inputs, Rules, look_at, pin
from sql.recon_priors import Priors
from sql.recon_store import RecordedRun, append_run, read_run
from sql.replay import recompute
from sql.resolve import ACTOR, begun_at, book, records_for
from sql.warehouse import Warehouse
from tieout.ids import AccountId, RunId, SnapshotId
from tieout.recon.cases import CaseChange, CaseEvent
from tieout.recon.types import CaseState, Finding, Severity
from tieout.records import Activity
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, ResolutionCaps, Severities, Tolerances

DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class ReconOutcome:
    """What came of one reconciliation.

    state            tied_out, breaks_open, critical_breaks; incomplete where nothing differs but not all was compared;
                     dry_run
    coverage         0 to 1: how much of what should have been compared was
    findings         every break found, the resolved ones with severity info
    opened, closed   cases that this run opened (or reopened) and closed
    open_breaks      cases of the account that are open now, older ones too
    resolved         cases that this run resolved
    """

    run_id: RunId
    state: str
    coverage: Decimal
    rows_compared: int
    findings: tuple[Finding, ...]
    opened: int
    closed: int
    open_breaks: int
    critical_open: int
    resolved: int
    result_sha256: str


def reconcile(
    journal: Journal,
    warehouse: Warehouse,
    *,
    run_id: RunId,
    settings: AccountSettings,
    business_date: date,
    snapshot_id: SnapshotId,
    sessions: Sessions,
    tolerances: Tolerances,
    caps: ResolutionCaps,
    severities: Severities,
    now: datetime,
    dry_run: bool = False,
    lease: Lease | None = None,
) -> ReconOutcome:
    """Tie one account's book out against its accepted snapshot.

    now        UTC, noted with cases and bookings; nothing of the result depends on it
    dry_run    look and explain only: no posting, no booking, no case, no record
    lease      of the run: asked for in each transaction that books or changes a case, so that a zombie writes nothing
    raises     DataError where the snapshot is not complete and accepted; StoreError for stores that do not fit
               together, and for a lease that was taken over
    """
    run = _Run(journal, warehouse, run_id, settings, sessions, now, lease)
    wanted = _Wanted(business_date, snapshot_id, Rules(tolerances, caps, severities))
    if dry_run:
        return replace(_outcome(run_id, *run.rehearse(wanted)), state=DRY_RUN)
    return _outcome(run_id, *run.carry_out(wanted))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the caller asked for."""

    business_date: date
    snapshot_id: SnapshotId
    rules: Rules


@dataclass(slots=True)
class _Run:
    """One run with what it holds between its steps."""

    journal: Journal
    warehouse: Warehouse
    run_id: RunId
    settings: AccountSettings
    sessions: Sessions
    now: datetime
    lease: Lease | None

    @property
    def account_id(self) -> AccountId:
        return self.settings.account.account_id

    def rehearse(self, wanted: _Wanted) -> tuple[First, Second]:
        """Everything but the writing."""
        with self._sources() as (source, book_source):
            inputs, facts, priors = self._begin(source, book_source, wanted)
            one = first(source, inputs, facts, self.sessions, priors)
            return one, second(source, inputs, facts, self.sessions, priors, one)

    def carry_out(self, wanted: _Wanted) -> tuple[First, Second]:
        """The steps in their order; each is written whole or not at all, and finds itself done when tried again."""
        self._post()
        with self._sources() as (source, book_source):
            recorded = read_run(source, self.run_id)
            if recorded is not None:
                return recompute(source, recorded, self.sessions)
            inputs, facts, priors = self._begin(source, book_source, wanted)
            one = first(source, inputs, facts, self.sessions, priors)
            records = records_for(source, inputs, one.booked)
            two = None if one.booked else second(source, inputs, facts, self.sessions, priors, one)
        if two is None:
            self._book(inputs, one, records)
            with self._sources() as (source, book_source):
                facts.journal, facts.warehouse, priors.journal = book_source, source, book_source
                inputs = look_at(inputs, source, book_source)
                two = second(source, inputs, facts, self.sessions, priors, one)
        self._conclude(inputs, facts, priors, one, two)
        return one, two

    def _begin(self, source: Connection, book_source: Connection, wanted: _Wanted) -> tuple[Inputs, Facts, Priors]:
        day = wanted.business_date
        pinned = pin(source, self.settings, day, wanted.snapshot_id, self.sessions, wanted.rules)
        inputs = look_at(pinned, source, book_source, begun_at(book_source, self.run_id))
        facts = Facts(self.account_id, day, journal=book_source, warehouse=source)
        return inputs, facts, Priors.read(book_source, self.account_id, self.run_id)

    def _book(self, inputs: Inputs, one: First, records: Mapping[str, Sequence[Activity]]) -> None:
        """What is proven, in one transaction of the journal with its cases; then the ledger follows."""
        with self._target() as book_target:
            book(
                book_target,
                inputs,
                one.booked,
                records,
                one.changes,
                run_id=self.run_id,
                sessions=self.sessions,
                now=self.now,
            )
        self._post()

    @contextmanager
    def _sources(self) -> Iterator[tuple[Connection, Connection]]:
        with self.warehouse.write(self.account_id) as source, self.journal.read() as book_source:
            yield source, book_source

    @contextmanager
    def _target(self) -> Iterator[Connection]:
        with self.journal.write() as book_target:
            if self.lease is not None:
                check_token(book_target, self.lease)
            yield book_target

    def _post(self) -> None:
        settings = self.settings
        post(self.journal, self.warehouse, self.account_id, settings.lot_method, self.now, settings.rates)

    def _conclude(self, inputs: Inputs, facts: Facts, priors: Priors, one: First, two: Second) -> None:
        """The cases in the journal, then the run's row: without the row the run is not over."""
        with self._target() as book_target:
            append_changes(
                book_target,
                two.changes,
                run_id=self.run_id,
                business_date=inputs.business_date,
                actor=ACTOR,
                now=self.now,
            )
        outcome = _outcome(self.run_id, one, two)
        stored = {"pinned": inputs.as_json(), "facts": facts.as_json(), "cases": priors.as_json()}
        recorded = RecordedRun(
            self.run_id,
            inputs.account_id,
            inputs.business_date,
            outcome.state,
            outcome.coverage,
            outcome.rows_compared,
            outcome.opened,
            outcome.closed,
            outcome.open_breaks,
            outcome.critical_open,
            inputs.snapshot_id,
            inputs.seqs[-1],
            stored,
            two.result,
            two.sha256,
        )
        with self.warehouse.write(self.account_id) as source:
            append_run(source, recorded, self.now)


def _outcome(run_id: RunId, one: First, two: Second) -> ReconOutcome:
    changes = (*one.changes, *two.changes)
    standing = [case for case in two.cases.values() if case.state is CaseState.OPEN]
    critical = sum(1 for case in standing if case.severity is Severity.CRITICAL)
    return ReconOutcome(
        run_id,
        _state(len(standing), critical, two.coverage),
        two.coverage,
        two.looked.rows_compared,
        (*one.booked, *two.waiting, *two.left),
        _count(changes, CaseEvent.OPENED, CaseEvent.REOPENED),
        _count(changes, CaseEvent.CLOSED),
        len(standing),
        critical,
        _count(changes, CaseEvent.RESOLVED),
        two.sha256,
    )


def _state(open_breaks: int, critical: int, coverage: Decimal) -> str:
    if critical:
        return "critical_breaks"
    if open_breaks:
        return "breaks_open"
    return "tied_out" if coverage == 1 else "incomplete"


def _count(changes: Iterable[CaseChange], *events: CaseEvent) -> int:
    return sum(1 for change in changes if change.event in events)
