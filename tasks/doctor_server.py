"""Whether the Prefect server answers, and whether it knows the schedules."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tieout.diagnosis import Check

TIMEOUT_S = 5.0
SERVER = "prefect"


def server_checks() -> Iterator[Check]:
    """Asked only where a server is configured; otherwise commands start one of their own."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        yield Check(SERVER, "server", True, "none is configured; schedules need `tieout serve`")
        return
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=TIMEOUT_S)
        found = f"health: {answer.status_code}"
        ok = answer.is_success
    except httpx.HTTPError as error:
        found, ok = f"no answer ({type(error).__name__})", False
    yield Check(SERVER, "server", ok, found, "" if ok else "start it, or correct PREFECT_API_URL")
    if ok:
        yield _schedules(url)


def _schedules(url: str) -> Check:
    """Whether any deployment with an active schedule stands there."""
    import httpx

    try:
        answer = httpx.post(f"{url.rstrip('/')}/deployments/filter", json={"limit": 200}, timeout=TIMEOUT_S)
        rows = answer.json() if answer.is_success else []
    except (httpx.HTTPError, ValueError) as error:
        return Check(SERVER, "schedule", False, f"no answer ({type(error).__name__})", "look at the server's log")
    active = sorted(
        row["name"] for row in rows if not row.get("paused") and any(one.get("active") for one in row["schedules"])
    )
    advice = "" if active else "`tieout serve`, or `prefect --no-prompt deploy --all`"
    return Check(SERVER, "schedule", bool(active), f"active: {', '.join(active) or 'none'}", advice)
