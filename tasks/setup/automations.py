"""Automations: what dies, hangs or comes late is noticed by the Prefect server, whatever became of our own processes.

Actions that start a deployment need a worker. A notification block called `tieout-alarms` needs none: where there is
one, the server itself tells people too. It is made by a person in the UI, for it holds an address that is a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tasks.setup.step import Did, Step

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore, EventTrigger

ALARMS = "tieout-alarms"
_ANY = "prefect.flow-run.*"
_HEARTBEAT = "prefect.flow-run.heartbeat"
_BEGINS = frozenset({"prefect.flow-run.Running", "prefect.flow-run.Retrying"})
_LATE = "prefect.flow-run.Late"
_EACH = frozenset({"prefect.resource.id"})
_WATCHED, _WINDOWS = "watched", "orders"
_RESTS_AND_ENDS = ("PAUSED", "CANCELLING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED")
_NOT_IN_LINE = {"prefect.state-name": "!AwaitingConcurrencySlot"}  # asked for by a worker, and there was no place


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing may last. Prefect takes nothing below ten seconds.

    lost      without a heartbeat: three of 30 s, as `prefect.yaml` asks for them
    late      of a planned run after its time
    long      of a run: a close of 100 accounts takes minutes, and what asks a person waits an hour
    window    of an execution window: a session and its auctions
    """

    lost: timedelta = timedelta(seconds=90)
    late: timedelta = timedelta(minutes=15)
    long: timedelta = timedelta(hours=2)
    window: timedelta = timedelta(hours=12)


def set_up_automations(client: SyncPrefectClient, patience: Patience | None = None) -> Iterator[Step]:
    """Each automation, as it is described here. Whether it is switched on stays as a person left it."""
    alarms = _alarms_block(client)
    for wanted in _wanted(patience or Patience(), alarms, _deployments(client)):
        yield _automation(client, wanted)
    yield Step(
        "block",
        ALARMS,
        Did.UNCHANGED if alarms else Did.MISSING,
        "Prefect itself tells people through it"
        if alarms
        else "make one in the UI, so that Prefect can tell people when no worker is left",
    )


def _wanted(patience: Patience, alarms: UUID | None, deployments: Mapping[str, UUID]) -> Iterator[AutomationCore]:
    yield _core(
        "tieout: a run is lost",
        "A run whose heartbeat has stopped is called crashed, so that its slots are freed and another goes on.",
        _trigger(after={_HEARTBEAT}, within=patience.lost, tags=["tieout"]),
        [_crash(patience.lost)],
    )
    yield _core(
        "tieout: a run crashed",
        "Its work is looked for and picked up, and people are told.",
        _trigger(states=_change_to("CRASHED"), tags=[_WATCHED, _WINDOWS]),
        _actions(alarms, deployments.get("sweep"), "has crashed"),
    )
    yield _core(
        "tieout: a run is late",
        "A planned run that nobody takes up: the plan is looked at again, and people are told.",
        _trigger(after={_LATE}, states=_NOT_IN_LINE, within=patience.late, tags=["planned"]),
        _actions(alarms, deployments.get("plan-day"), f"has been late for {patience.late}"),
    )
    for name, tag, most in (
        ("a run takes long", _WATCHED, patience.long),
        ("a window takes long", _WINDOWS, patience.window),
    ):
        yield _core(
            f"tieout: {name}",
            f"A run that has not ended after {most}: people are told.",
            _trigger(after=_BEGINS, states=_change_to("RUNNING", *_RESTS_AND_ENDS), within=most, tags=[tag]),
            _actions(alarms, deployments.get("sweep"), f"has been running for {most}"),
        )


def _change_to(*types: str) -> dict[str, Any]:
    """Changes to a state of these types.

    By type, for our runs end under names of their own: `TiedOut`, `Clean`, `Unhealthy`. An event is named after the
    name, so one that is expected as `prefect.flow-run.Completed` would never come. A heartbeat has no type.
    """
    return {"prefect.state-type": list(types)}


def _trigger(
    *,
    tags: list[str],
    after: Set[str] = frozenset(),
    states: Mapping[str, Any] = MappingProxyType({}),
    within: timedelta = timedelta(0),
) -> EventTrigger:
    """Reactive where nothing goes before; otherwise on what does not come: any news of a run that `states` lets in."""
    from prefect.events.schemas.automations import EventTrigger, Posture

    return EventTrigger(
        after=set(after),
        expect={_ANY},
        match={"prefect.resource.id": _ANY, **states},
        match_related={"prefect.resource.id": [f"prefect.tag.{one}" for one in tags], "prefect.resource.role": "tag"},
        for_each=set(_EACH),
        posture=Posture.Proactive if after else Posture.Reactive,
        threshold=1,
        within=within,
    )


def _crash(after: timedelta) -> Any:
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState

    return ChangeFlowRunState(state=StateType.CRASHED, message=f"no heartbeat for {after.total_seconds():.0f} s")


def _actions(alarms: UUID | None, deployment: UUID | None, words: str) -> list[Any]:
    from prefect.events.actions import DoNothing, RunDeployment, SendNotification

    found: list[Any] = []
    if deployment is not None:
        found.append(RunDeployment(source="selected", deployment_id=deployment))
    if alarms is not None:
        subject = f"tieout: {{{{ flow_run.name }}}} {words}"
        body = "{{ flow_run|ui_url }}"
        found.append(SendNotification(block_document_id=alarms, subject=subject, body=body))
    return found or [DoNothing()]


def _core(name: str, description: str, trigger: EventTrigger, actions: list[Any]) -> AutomationCore:
    from prefect.events.schemas.automations import AutomationCore

    return AutomationCore(name=name, description=description, trigger=trigger, actions=actions)


def _automation(client: SyncPrefectClient, wanted: AutomationCore) -> Step:
    found = client.read_automations_by_name(wanted.name)
    if not found:
        client.create_automation(wanted)
        return Step("automation", wanted.name, Did.MADE, wanted.description)
    kept = found[0]
    if _said(kept) == _said(wanted):
        return Step("automation", wanted.name, Did.UNCHANGED, "" if kept.enabled else "switched off")
    client.update_automation(kept.id, wanted.model_copy(update={"enabled": kept.enabled}))
    return Step("automation", wanted.name, Did.CHANGED, wanted.description)


def _said(one: AutomationCore) -> dict[str, Any]:
    """What an automation does, without ids and switches, in an order that does not change."""
    said: dict[str, Any] = _ordered(one.model_dump(mode="json", include={"description", "trigger", "actions"}))
    return said


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(each) for key, each in sorted(value.items()) if key != "id"}
    return sorted((_ordered(each) for each in value), key=str) if isinstance(value, list | set) else value


def _deployments(client: SyncPrefectClient) -> dict[str, UUID]:
    """Those that automations start, as far as they are deployed."""
    from prefect.exceptions import ObjectNotFound

    found = {}
    for name in ("plan-day", "sweep"):
        try:
            found[name] = client.read_deployment_by_name(f"{name}/{name}").id
        except ObjectNotFound:
            continue
    return found


def _alarms_block(client: SyncPrefectClient) -> UUID | None:
    """The notification block that a person made, of whatever kind."""
    return next((one.id for one in client.read_block_documents() if one.name == ALARMS), None)
