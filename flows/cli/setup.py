"""`tieout setup`: what a Prefect server must have before workers start. Run again, it changes nothing and says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from tasks.setup.step import Step

COLUMNS = ("kind", "name", "result", "what")


def setup(as_json: AsJson = False) -> None:
    """Make work pools, queues and automations on the configured Prefect server, and look for the blocks it needs."""
    from flows.cli.server import configured_api_url
    from tieout.errors import ConfigError

    if not configured_api_url():
        raise ConfigError("no Prefect server is configured: set PREFECT_API_URL; `tieout serve` needs no set-up")
    steps = _set_up()
    if as_json:
        print_json([asdict(one) for one in steps])
        return
    print_table(COLUMNS, ((one.kind, one.name, one.did.value, one.words) for one in steps))
    typer.echo(summary(steps))


def _set_up() -> list[Step]:
    from prefect.client.orchestration import get_client

    from flows.serving import declared
    from tasks.settings import load_settings
    from tasks.setup.automations import set_up_automations
    from tasks.setup.blocks import set_up_blocks
    from tasks.setup.pools import set_up_pools

    settings = load_settings()
    pools = dict.fromkeys(
        [*(one.pool for one in declared()), *(f"tieout-{one}" for one in sorted(settings.plan.near.values()))]
    )
    with get_client(sync_client=True) as client:
        return [*set_up_pools(client, pools), *set_up_automations(client), *set_up_blocks(client, settings)]


def summary(steps: list[Step]) -> str:
    """`Nothing was changed: 12 things are as they should be.`"""
    from tasks.setup.step import Did

    counted = {did: sum(one.did is did for one in steps) for did in Did}
    missing = f" {counted[Did.MISSING]} missing: see above." if counted[Did.MISSING] else ""
    if counted[Did.MADE] or counted[Did.CHANGED]:
        return f"{counted[Did.MADE]} made, {counted[Did.CHANGED]} changed, {counted[Did.UNCHANGED]} as before.{missing}"
    return f"Nothing was changed: {counted[Did.UNCHANGED]} things are as they should be.{missing}"
