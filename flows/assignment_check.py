"""The assignment check, before the open: what became of the options overnight, booked where the broker proves it."""

from __future__ import annotations

from typing import Any

from prefect import flow, unmapped
from prefect.client.schemas.objects import State

from flows.naming import assignment_run_name
from flows.options_expiration import AccountNames, DryRun, Session
from tasks.audit import note_start
from tasks.options.night import prove_options, read_morning
from tasks.options.plan import plan_options
from tasks.options.tell import conclude_assignment
from tasks.retries import read_retries
from tasks.runs import begin_run
from tieout.planning.settings import ASSIGNMENT


@flow(name="assignment-check", flow_run_name=assignment_run_name, retries=0, log_prints=False, on_running=[note_start])
def assignment_check(date: Session = None, accounts: AccountNames = None, dry_run: DryRun = None) -> State[Any]:
    """Prove how each option ended, and book it. Safe to run again: an event is booked once."""
    closes = plan_options(date, accounts, dry_run, ASSIGNMENT)
    due = [close for close in closes if not close.skipped]

    begun = begin_run.map(due, unmapped(ASSIGNMENT))
    read = read_morning.with_options(**read_retries()).map(begun)
    proven = prove_options.map(begun, read)

    return conclude_assignment(closes, begun, read, proven)
