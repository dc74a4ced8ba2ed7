"""What a report says, read from the two stores as they stood after the run's session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tasks.report.outlook import Outlook
from tasks.report.sources import Line, sources
from tieout.ids import AccountId
from tieout.recon.types import CaseState
from tieout.verdict import AccountOutcome, OutcomeState, Verdict, judge_outcomes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.journal import Journal
    from sql.warehouse import Warehouse

SHOWN_POSITIONS = 200
SHOWN_BREAKS = 100
SHOWN_ENDED = 100
SHOWN_LARGEST = 8
SHOWN_SESSIONS = 250
WHOLE_BOOK = 2**63 - 1  # every journal sequence
EVER = datetime(9999, 1, 1, tzinfo=UTC)
Row = dict[str, Any]
NOTHING_AHEAD = Outlook()
_COMPARED = frozenset(
    {OutcomeState.TIED_OUT, OutcomeState.INCOMPLETE, OutcomeState.BREAKS_OPEN, OutcomeState.CRITICAL_BREAKS}
)
_WEIGHT = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Listed:
    """The first of many rows.

    total    how many there are; `left_out` of them are not in `rows`
    """

    rows: tuple[Row, ...] = ()
    total: int = 0

    @property
    def left_out(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account's part.

    compared        book and broker were compared; otherwise nothing the broker did not send means anything
    sources         what the figures rest on, each with its age and completeness
    parts           comparisons that the close owed, with the part of each that was made, 0 to 1
    exclusions      what was left out, in the source's own words
    checks          quality checks by suite and result; `failed` holds those that were not met, with rows
    breaks          open cases, worst first, each with its `history`
    ended           cases that were resolved or closed in this session
    nav             equity in the base currency by session, oldest first
    largest         the heaviest positions in the base currency
    replay_of       fingerprint of the recorded result, where there is one
    """

    outcome: AccountOutcome
    account: Row
    zone: str
    compared: bool
    sources: tuple[Line, ...]
    parts: tuple[tuple[str, Decimal], ...]
    exclusions: tuple[str, ...]
    checks: tuple[Row, ...]
    failed: tuple[Row, ...]
    balances: tuple[Row, ...]
    positions: Listed
    breaks: Listed
    ended: Listed
    nav: tuple[Row, ...]
    exposure: tuple[Row, ...]
    largest: Listed
    ages: tuple[tuple[int, str], ...]
    replay_of: str | None

    @property
    def untrusted(self) -> bool:
        """The broker's side could not be read, or not be trusted."""
        return self.outcome.state in (OutcomeState.QUARANTINED, OutcomeState.FAILED)

    @property
    def differing(self) -> int:
        """Positions that differ."""
        return int(self.positions.rows[0]["differing"]) if self.compared and self.positions.rows else 0


@dataclass(frozen=True, slots=True)
class RunReport:
    """The whole page.

    run_page       where the Prefect UI shows the run that made it; None where nobody knows
    """

    verdict: Verdict
    days: tuple[date, ...]
    made_at: datetime
    accounts: tuple[AccountReport, ...]
    outlook: Outlook = NOTHING_AHEAD
    run_page: str | None = None


def read_report(
    journal: Journal,
    warehouse: Warehouse,
    outcomes: Sequence[AccountOutcome],
    now: datetime,
    outlook: Outlook = NOTHING_AHEAD,
) -> RunReport:
    """Everything the report of these outcomes says; later sessions change nothing in it.

    now            UTC, printed as the time it was made, and what ages are counted to
    outlook        the days ahead as they stand at `now`
    """
    days = tuple(sorted({one.business_date for one in outcomes}))
    with journal.read() as ours, warehouse.read() as rows:
        cases = _cases(ours, days)
        accounts = tuple(
            _Reader(ours, rows, one, now).read(cases.get((one.account_id, one.business_date), [])) for one in outcomes
        )
    return RunReport(judge_outcomes(outcomes), days, now, accounts, outlook)


def _cases(journal: Connection, days: Sequence[date]) -> dict[tuple[AccountId, date], list[Row]]:
    """Every account's cases as they stood after each of the sessions, worst first."""
    from sql.cases import read_cases

    found: dict[tuple[AccountId, date], list[Row]] = {}
    for day in days:
        for row in read_cases(journal, as_of=day, states=None):
            found.setdefault((row["account_id"], day), []).append(row)
    return {key: sorted(rows, key=_worst_first) for key, rows in found.items()}


def _worst_first(row: Row) -> tuple[int, Decimal, str]:
    return _WEIGHT[str(row["severity"])], -(row["money_at_risk"] or Decimal(0)), str(row["break_id"])


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one account's part."""

    journal: Connection
    warehouse: Connection
    outcome: AccountOutcome
    now: datetime

    def read(self, cases: Sequence[Row]) -> AccountReport:
        account = self._account()
        run = self._one("report_run", {"run_id": self.outcome.run_id or ""})
        posted = self._posted(run)
        binds = self._binds(account, run, posted)
        snapshot = self._one("report_source", binds)
        breaks = [case for case in cases if case["state"] == CaseState.OPEN]
        ended = [case for case in cases if self._ended_today(case)]
        return AccountReport(
            outcome=self.outcome,
            account=account,
            zone=account["zone"],
            compared=(self.outcome.state in _COMPARED and run is not None) or self._rehearsed(snapshot),
            sources=sources(snapshot, posted, account["zone"], self.now),
            parts=_parts(run),
            exclusions=_exclusions(snapshot, run),
            checks=self._many("quality_of_snapshot", binds),
            failed=self._many("report_failed_checks", binds),
            balances=self._many("report_balances", binds),
            positions=self._listed("report_positions", binds | {"most": SHOWN_POSITIONS}),
            breaks=Listed(tuple(self._with_history(one) for one in breaks[:SHOWN_BREAKS]), len(breaks)),
            ended=Listed(tuple(ended[:SHOWN_ENDED]), len(ended)),
            nav=self._many("report_nav", binds | {"most": SHOWN_SESSIONS}),
            exposure=self._many("report_exposure", binds),
            largest=self._listed("report_largest", binds | {"most": SHOWN_LARGEST}),
            ages=tuple((one["age_sessions"], str(one["severity"])) for one in breaks),
            replay_of=run["result_sha256"] if run else None,
        )

    def _posted(self, run: Row | None) -> Row:
        """The book that a reconciliation saw; without one, the book as it was when the run ended."""
        from sqlalchemy import select

        from sql.schema.journal import run as runs

        ended = select(runs.c.ended_at).where(runs.c.run_id == (self.outcome.run_id or ""))
        binds = {
            "account_id": self.outcome.account_id,
            "ledger_seq": run["ledger_seq"] if run else WHOLE_BOOK,
            "until": EVER if run else self.journal.execute(ended).scalar_one_or_none() or self.now,
        }
        return self._one("report_posted", binds) or {"last_seq": None, "posted_at": None}

    def _binds(self, account: Row, run: Row | None, posted: Row) -> Row:
        """Parameters of every query."""
        pinned = run["inputs"]["pinned"] if run else {}
        day = self.outcome.business_date
        return {
            "account_id": self.outcome.account_id,
            "business_date": day,
            "snapshot_id": self.outcome.snapshot_id or 0,
            "currency": account["base_currency"],
            "ledger_seq": run["ledger_seq"] if run else posted["last_seq"] or 0,
            "late": pinned["late"][-1] if pinned else (),
            "book_date": date.fromisoformat(pinned["book_date"]) if pinned else day,
        }

    def _rehearsed(self, snapshot: Row | None) -> bool:
        """A dry run compares and records nothing."""
        return self.outcome.dry_run and self.outcome.state in _COMPARED and snapshot is not None

    def _ended_today(self, case: Row) -> bool:
        day = self.outcome.business_date
        return case["state"] != CaseState.OPEN and day in (case["resolved_on"], case["closed_on"])

    def _with_history(self, case: Row) -> Row:
        from sql.cases import case_history

        events = case_history(self.journal, case["break_id"])
        return case | {"history": [one for one in events if one["business_date"] <= self.outcome.business_date]}

    def _account(self) -> Row:
        """The account as the journal knows it; only its name where it failed before it was written down."""
        from sqlalchemy import select

        from sql.rows import read_rows
        from sql.schema.journal import account
        from tasks.accounts import sessions_by_name

        found = read_rows(self.journal, select(account).where(account.c.account_id == self.outcome.account_id))
        if not found:
            return {"broker": "", "mode": "", "base_currency": "", "calendar": "", "zone": "UTC"}
        return found[0] | {"zone": str(sessions_by_name(found[0]["calendar"]).zone)}

    def _one(self, name: str, binds: Row) -> Row | None:
        return next(iter(self._many(name, binds)), None)

    def _listed(self, name: str, binds: Row) -> Listed:
        rows = self._many(name, binds)
        return Listed(rows, int(rows[0]["total"]) if rows else 0)

    def _many(self, name: str, binds: Row) -> tuple[Row, ...]:
        from sql.load import query, query_file
        from sql.rows import read_rows

        wanted = query_file(name).params
        given = {key: value for key, value in binds.items() if key in wanted}
        return tuple(read_rows(self.warehouse, query(name), given))


def _parts(run: Row | None) -> tuple[tuple[str, Decimal], ...]:
    return tuple((name, Decimal(part)) for name, part in run["result"]["parts"].items()) if run else ()


def _exclusions(snapshot: Row | None, run: Row | None) -> tuple[str, ...]:
    """What no figure of this report contains."""
    told: list[str] = []
    if snapshot is not None:
        told += [f"position not mapped to an instrument: {one}" for one in snapshot["unmapped"] or ()]
        told += [f"statement row not mapped to an instrument: {one}" for one in snapshot["statement_unmapped"] or ()]
        told += [str(note) for note in (snapshot["proof"] or {}).get("notes", ())]
    late = run["inputs"]["pinned"]["late"][-1] if run else ()
    if late:
        told.append(f"{len(late)} records of ours that happened after the broker was asked: the next close has them")
    return tuple(told)
