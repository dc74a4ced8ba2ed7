"""Names of flow runs that a person can read in a list."""

from __future__ import annotations

from prefect.runtime import flow_run

SHOWN = 3


def close_run_name() -> str:
    """`eod-reconciliation alpaca-main 2026-01-16`, or the number of accounts where there are many."""
    given = flow_run.parameters or {}
    accounts = given.get("accounts") or ["all accounts"]
    who = ", ".join(accounts) if len(accounts) <= SHOWN else f"{len(accounts)} accounts"
    when = given.get("date") or "last session"
    return f"eod-reconciliation {who} {when}" + (" (dry run)" if given.get("dry_run") else "")


def window_run_name() -> str:
    """`execution-window session alpaca-main 2026-01-16`."""
    given = flow_run.parameters or {}
    accounts = given.get("accounts") or ["all accounts"]
    who = ", ".join(accounts) if len(accounts) <= SHOWN else f"{len(accounts)} accounts"
    when = given.get("date") or "today"
    name = f"execution-window {given.get('window') or 'next'} {who} {when}"
    return name + (" (dry run)" if given.get("dry_run") else "")


def halt_run_name() -> str:
    """`halt alpaca-main by desk`, with what becomes of orders and positions."""
    given = flow_run.parameters or {}
    more = [name for name in ("cancel", "flatten", "reduce_only") if given.get(name)]
    name = f"halt {given.get('account') or 'all accounts'} by {given.get('by')}"
    return name + (f" ({', '.join(more).replace('_', ' ')})" if more else "")


def resume_run_name() -> str:
    """`resume alpaca-main by desk`."""
    given = flow_run.parameters or {}
    return f"resume {given.get('account') or 'all accounts'} by {given.get('by')}"


def watch_run_name() -> str:
    """`risk-watch alpaca-main`."""
    accounts = (flow_run.parameters or {}).get("accounts") or ["all accounts"]
    return f"risk-watch {', '.join(accounts) if len(accounts) <= SHOWN else f'{len(accounts)} accounts'}"


def rotation_run_name() -> str:
    """`credential-rotation alpaca-main`."""
    names = (flow_run.parameters or {}).get("credentials") or ["all credentials"]
    return f"credential-rotation {', '.join(names) if len(names) <= SHOWN else f'{len(names)} credentials'}"


def options_run_name() -> str:
    """`options-expiration alpaca-main today`."""
    return _account_run_name("options-expiration")


def assignment_run_name() -> str:
    """`assignment-check alpaca-main today`."""
    return _account_run_name("assignment-check")


def _account_run_name(flow: str) -> str:
    given = flow_run.parameters or {}
    accounts = given.get("accounts") or ["all accounts"]
    who = ", ".join(accounts) if len(accounts) <= SHOWN else f"{len(accounts)} accounts"
    return f"{flow} {who} {given.get('date') or 'today'}" + (" (dry run)" if given.get("dry_run") else "")


def plan_run_name() -> str:
    """`plan-day all accounts today`."""
    return _account_run_name("plan-day")


def resolve_run_name() -> str:
    """`resolve-break BRK-0123456789 by desk`."""
    given = flow_run.parameters or {}
    return f"resolve-break {given.get('break_id')} by {given.get('by')}"


def import_run_name() -> str:
    """`import-history alpaca-main since 2025-01-02`."""
    given = flow_run.parameters or {}
    name = f"import-history {given.get('account')} since {given.get('since')}"
    return name + (" (dry run)" if given.get("dry_run") else "")


def report_run_name() -> str:
    """`report 2026-01-16`."""
    given = flow_run.parameters or {}
    return f"report {given.get('run') or given.get('date') or 'of the last close'}"


def rehearsal_run_name() -> str:
    """`rehearsal seed 7`."""
    return f"rehearsal seed {(flow_run.parameters or {}).get('seed')}"
