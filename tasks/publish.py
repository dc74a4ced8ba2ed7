"""Telling: artifacts in the Prefect UI, the report on disk, one rolled-up alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from tasks.clock import now
from tasks.log import run_logger
from tasks.settings import load_settings
from tasks.stores import Stores, open_journal, open_stores
from tieout.redact import redact_url
from tieout.settings import Settings
from tieout.verdict import AccountOutcome, judge_outcomes, percent, words

NO_REPORT = "none: it could not be written, see the run's log"
IN_SUMMARY = 10
SHOWN_BREAKS = 200  # rows of the artifact; the report and `tieout breaks` show all


def tell(outcomes: Sequence[AccountOutcome]) -> tuple[str, ...]:
    """Report, artifacts and alert, each whatever becomes of the others. What could not be told, and why."""
    report = publish_report(outcomes, return_state=True)
    path = report.result() if report.is_completed() else None
    shown = publish_artifacts(outcomes, path, return_state=True)
    alerted = send_alert(outcomes, path, return_state=True)
    steps: dict[str, State[Any]] = {"report": report, "artifacts": shown, "alert": alerted}
    return tuple(f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed())


@task(task_run_name="report", cache_policy=NO_CACHE)
def publish_report(outcomes: Sequence[AccountOutcome]) -> Path:
    """Write the HTML report of the run. Its path."""
    from tasks.report import read_outlook, read_report, write_report

    with open_stores() as stores:
        ahead = read_outlook(stores, [one.account_id for one in outcomes])
        report = read_report(stores.journal, stores.warehouse, tuple(outcomes), now(), ahead)
        return write_report(replace(report, run_page=_run_page()), Path(stores.settings.output_dir) / "reports")


@task(task_run_name="artifacts", cache_policy=NO_CACHE)
def publish_artifacts(outcomes: Sequence[AccountOutcome], report: Path | None) -> None:
    """Put what operations people look for first into the run's page."""
    with open_stores() as stores:
        cases = _open_cases(stores, outcomes)
        first = _first_lines(cases, report, stores.settings)
        create_markdown_artifact(summary(outcomes, report, stores.settings) + first, key="close-summary")
        accounts = [_account_row(one) for one in outcomes]
        create_table_artifact(accounts, key="close-accounts", description="What came of each account.")
        breaks = [_break_row(case, report, stores.settings) for case in cases[:SHOWN_BREAKS]]
        create_table_artifact(breaks, key="close-breaks", description=_breaks_note(outcomes))
        coverage = [_coverage_row(one) for one in outcomes]
        create_table_artifact(coverage, key="close-coverage", description="Compared parts of what should be compared.")
        quality = _quality_rows(stores, outcomes)
        create_table_artifact(quality, key="close-quality", description=_quality_note(quality))
        if stores.settings.public_url:
            for name, path in _documents(report, stores.settings).items():
                create_link_artifact(link(path, stores.settings), link_text=name, key=f"close-{name.lower()}")


@task(task_run_name="alert", cache_policy=NO_CACHE)
def send_alert(outcomes: Sequence[AccountOutcome], report: Path | None) -> None:
    """One rolled-up message by severity. A failed alert is told here and never fails the close."""
    from tasks.alerts import send

    logger = run_logger()
    if any(one.dry_run for one in outcomes):
        logger.info("dry run: nobody is alerted")
        return
    with open_journal() as journal:
        sent = send(load_settings(), journal, tuple(outcomes), report or NO_REPORT, now())
    for error in sent.errors:
        logger.error("alert not delivered: %s", error)


def summary(outcomes: Sequence[AccountOutcome], report: Path | None, settings: Settings) -> str:
    """The close in a few lines, as Markdown."""
    verdict = judge_outcomes(outcomes)
    lines = [f"# {words(verdict.state).capitalize()}", "", verdict.headline, ""]
    lines += [f"- **{one.account_id}** {one.business_date}: {_sentence(one)}" for one in outcomes]
    lines += ["", *(f"- {name}: {_reference(path, settings)}" for name, path in _documents(report, settings).items())]
    return "\n".join(lines)


def _sentence(one: AccountOutcome) -> str:
    if one.quarantined_because:
        return "quarantined: " + "; ".join(one.quarantined_because)
    if one.error:
        return f"{words(one.state)}: {one.error}"
    return (
        f"{words(one.state)}, {one.breaks_open} open ({one.critical_open} critical), coverage {percent(one.coverage)}"
    )


def _documents(report: Path | None, settings: Settings) -> dict[str, Path]:
    docs = {"Data-Docs": Path(settings.output_dir) / "data-docs" / "index.html"}
    return docs if report is None else {"Report": report} | docs


def _reference(path: Path, settings: Settings) -> str:
    """A link where a browser can reach the folder, otherwise the path."""
    return f"[{path.name}]({link(path, settings)})" if settings.public_url else f"`{path}`"


def link(path: Path, settings: Settings) -> str:
    """Where a browser finds a page of the output folder; needs `public_url`."""
    inside = path.resolve().relative_to(Path(settings.output_dir).resolve())
    return f"{str(settings.public_url).rstrip('/')}/{inside.as_posix()}"


def _account_row(one: AccountOutcome) -> dict[str, Any]:
    return {
        "account": one.account_id,
        "state": words(one.state),
        "open": one.breaks_open,
        "critical": one.critical_open,
        "session": str(one.business_date),
        "compared": one.rows_compared,
        "opened": one.breaks_opened,
        "closed": one.breaks_closed,
        "resolved": one.resolved,
        "run": one.run_id or "",
        "why": "; ".join(one.quarantined_because) or one.error or "",
    }


def _coverage_row(one: AccountOutcome) -> dict[str, Any]:
    return {"account": one.account_id, "coverage": percent(one.coverage), "compared rows": one.rows_compared}


def _run_page() -> str | None:
    """Where the Prefect UI shows this flow run."""
    from prefect.runtime import flow_run
    from prefect.settings import PREFECT_UI_URL

    address = PREFECT_UI_URL.value()
    return f"{redact_url(address).rstrip('/')}/runs/flow-run/{flow_run.id}" if address and flow_run.id else None


def _first_lines(cases: Sequence[dict[str, Any]], report: Path | None, settings: Settings) -> str:
    """The heaviest breaks as text, which a telephone can fold, and a table cannot."""
    if not cases:
        return ""
    shown = (
        f"- **{case['severity']}** {_break_link(case, report, settings)} {case['account_id']}: {case['explanation']}"
        for case in cases[:IN_SUMMARY]
    )
    more = [f"- and {len(cases) - IN_SUMMARY} more: `tieout breaks`"] if len(cases) > IN_SUMMARY else []
    return "\n".join(["", "", "## Look at these first", "", *shown, *more])


def _open_cases(stores: Stores, outcomes: Sequence[AccountOutcome]) -> list[dict[str, Any]]:
    """Open breaks of all accounts, the heaviest first."""
    from sql.cases import read_cases
    from tieout.recon.types import CaseState, Severity

    rows: list[dict[str, Any]] = []
    with stores.journal.read() as journal:
        for one in outcomes:
            rows += read_cases(journal, one.account_id, states=(CaseState.OPEN,))
    heaviest = list(reversed(Severity))
    return sorted(rows, key=lambda case: (heaviest.index(case["severity"]), -case["money_at_risk"]))


def _break_row(case: dict[str, Any], report: Path | None, settings: Settings) -> dict[str, Any]:
    return {
        "break": _break_link(case, report, settings),
        "severity": str(case["severity"]),
        "at risk": f"{case['money_at_risk']:,.2f}",
        "what": case["subject"],
        "account": case["account_id"],
        "age": case["age_sessions"],
        "kind": str(case["kind"]),
        "cause": str(case["cause"]),
        "explanation": case["explanation"],
    }


def _break_link(case: dict[str, Any], report: Path | None, settings: Settings) -> str:
    """The case's id, which leads to its chain of evidence in the report where a browser can reach that."""
    name = str(case["break_id"])
    if report is None or not settings.public_url:
        return name
    return f"[{name}]({link(report, settings)}#{case['account_id']}-{name})"


def _quality_note(rows: Sequence[dict[str, Any]]) -> str:
    checks = sum(int(row["checks"]) for row in rows)
    failed = sum(int(row["checks"]) for row in rows if row["result"] != "passed")
    return f"{checks} checks, {failed} failed. The Data Docs show the rows."


def _breaks_note(outcomes: Sequence[AccountOutcome]) -> str:
    found = sum(one.breaks_open for one in outcomes)
    more = f"; the first {SHOWN_BREAKS} are shown, `tieout breaks` lists all" if found > SHOWN_BREAKS else ""
    return f"{found} open{more}. `tieout explain break ID` walks back through the evidence."


def _quality_rows(stores: Stores, outcomes: Sequence[AccountOutcome]) -> list[dict[str, Any]]:
    from sql.load import query
    from sql.rows import read_rows

    ids = [one.snapshot_id for one in outcomes if one.snapshot_id is not None]
    with stores.warehouse.read() as warehouse:
        found = [row for one in ids for row in read_rows(warehouse, query("quality_of_snapshot"), {"snapshot_id": one})]
    return [{name: str(value) for name, value in row.items()} for row in found]
