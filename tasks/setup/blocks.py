"""Blocks that the settings refer to: whether they are there. Their secrets are put in by people, never from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tasks.setup.step import Did, Step
from tieout.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_KIND = "prefect:"


def set_up_blocks(client: SyncPrefectClient, settings: Settings) -> Iterator[Step]:
    """Every `prefect:NAME` of the settings, and whether a Secret block of that name is on the server."""
    from prefect.exceptions import ObjectNotFound

    for reference in sorted(set(_references(settings))):
        name = reference.removeprefix(_KIND).partition("#")[0]
        try:
            client.read_block_document_by_name(name, "secret", include_secrets=False)
        except ObjectNotFound:
            yield Step(
                "block", name, Did.MISSING, "store it by `tieout credentials set`, or make a Secret block in the UI"
            )
        else:
            yield Step("block", name, Did.UNCHANGED, "a Secret block")


def _references(settings: Settings) -> Iterator[str]:
    alerts = settings.alerts
    named = [
        *(one.credential for one in settings.accounts.values()),
        *(one.reference for one in settings.credentials.values()),
        *(one.manage_with for one in settings.credentials.values()),
        *(one.totp for one in settings.approvers.values()),
        *alerts.critical,
        *alerts.warning,
        *alerts.info,
        *settings.signals.webhook.secrets,
    ]
    yield from (one for one in named if one and one.startswith(_KIND))
