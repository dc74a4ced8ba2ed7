"""`tieout accounts`: what is configured."""

from __future__ import annotations

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table
from tieout.settings import AccountSettings

COLUMNS = ("account", "broker", "mode", "calendar", "currency", "credential", "endpoint", "enabled", "live_enabled")


def accounts(as_json: AsJson = False) -> None:
    """List the configured accounts."""
    from tasks.settings import load_settings

    rows = [_row(one) for one in load_settings().accounts.values()]
    if as_json:
        print_json([dict(zip(COLUMNS, row, strict=True)) for row in rows])
        return
    if not rows:
        note("no account is configured; `tieout init` writes an example")
    print_table(COLUMNS, rows)


def _row(one: AccountSettings) -> tuple[object, ...]:
    account = one.account
    return (
        account.account_id,
        account.broker,
        account.mode.value,
        account.calendar,
        account.base_currency,
        one.credential,
        one.endpoint,
        one.enabled,
        one.live_enabled,
    )
