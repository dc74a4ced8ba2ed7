"""`tieout doctor`: is everything there, and is it what the settings say?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table


def doctor(
    account: Annotated[str | None, typer.Argument(help="One account; all of them where left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check settings, stores, credentials, brokers, clock and calendar. Touches no order; exit code 1 if one fails."""
    from tasks.doctor import examine
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    settings = load_settings()
    accounts = choose_accounts(settings, [account]) if account else tuple(settings.accounts.values())
    checks = list(examine(settings, accounts))
    if as_json:
        print_json([asdict(one) for one in checks])
    else:
        rows = ((one.subject, one.name, "ok" if one.ok else "FAILED", one.detail, one.advice) for one in checks)
        print_table(("subject", "check", "result", "found", "what to do"), rows)
    failed = sum(not one.ok for one in checks)
    if failed:
        note(f"{failed} of {len(checks)} checks failed")
        raise typer.Exit(1)
