"""Credentials that never lapse: tokens refreshed early, keys replaced in time, people asked before it is too late."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import rotation_run_name
from tasks.audit import note_start
from tasks.rotation.ask import ask_people
from tasks.rotation.news import conclude_rotation, send_news
from tasks.rotation.steps import plan_rotation, rotate_each

CredentialNames = Annotated[
    list[str] | None,
    asked("Credentials", "Names from tieout.toml, such as alpaca-main. Empty: all credentials."),
]
Force = Annotated[bool, asked("Force", "Replace or refresh now, whatever its age.")]
AskFor = Annotated[int, asked("Ask for", "Seconds to wait for a person, where one is needed.", ge=0, le=86_400)]


@flow(name="credential-rotation", flow_run_name=rotation_run_name, retries=0, log_prints=False, on_running=[note_start])
def credential_rotation(
    credentials: CredentialNames = None, force: Force = False, ask_for_s: AskFor = 3300
) -> State[Any]:
    """Rotate what is due. Safe to run at any time: each credential is worked on by one run at a time."""
    wanted = plan_rotation(credentials)

    # Refresh and replace
    stands = rotate_each(wanted, force)

    # Tell before a person is waited for, not after
    send_news()
    stands = ask_people(stands, ask_for_s)

    # Tell
    return conclude_rotation(stands)
