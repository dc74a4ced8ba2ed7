"""Telling people something that is no outcome of a close or window: one message to the targets of its severity."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.alerts import deliver, targets_of
from tasks.log import run_logger
from tasks.settings import load_settings
from tieout.alert import Alert, quoted
from tieout.errors import NotDelivered
from tieout.recon.types import Severity


def tell_people(severity: Severity, title: str, lines: Sequence[str]) -> tuple[str, ...]:
    """Send a message; what was not delivered is logged and given back, and fails nothing.

    lines    what is quoted in them is cut and cleared of secrets
    """
    alert = Alert(severity, quoted(title), "\n".join(quoted(one) for one in lines), ())
    failed = []
    for reference in targets_of(load_settings().alerts, severity):
        try:
            deliver(reference, alert)
        except NotDelivered as error:
            failed.append(str(error))
            run_logger().error("alert not delivered: %s", error)
    return tuple(failed)
