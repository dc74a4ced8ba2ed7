"""Rehearse: a made-up desk is closed against the simulator, and what comes of it is compared with what must."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import rehearsal_run_name
from tasks.audit import note_start
from tasks.rehearsal import rehearse, rehearsed, show_rehearsal

Seed = Annotated[int, asked("Seed", "Of the simulated prices; the same seed plays the same days.", ge=0, le=2**31)]


@flow(name="rehearsal", flow_run_name=rehearsal_run_name, retries=0, log_prints=False, on_running=[note_start])
def rehearsal(seed: Seed = 7) -> State[Any]:
    """Prove this installation: the real flow, stores and SDKs, three sessions. Touches neither stores nor accounts."""
    done = rehearse(seed)
    show_rehearsal(done)
    return rehearsed(done)
