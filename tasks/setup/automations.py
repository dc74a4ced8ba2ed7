"""Automations: what dies, hangs or comes late is noticed by the Prefect server, whatever became of our own processes.

Actions that start a deployment need a worker. A notification block called `tieout-alarms` needs none: where there is
one, the server itself tells people too. It is made by a person in the UI, for it holds an address that is a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tasks.setup.step import Did, Step

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore, EventTrigger

ALARMS = "tieout-alarms"
HEARTBEAT_LOST = timedelta(seconds=90)  # three heartbeats of 30 s: PREFECT_FLOWS_HEARTBEAT_FREQUENCY
STILL_LATE = timedelta(minutes=15)
LONG = timedelta(hours=2)  # a close of 100 accounts takes minutes; what asks a person waits an hour
LONG_WINDOW = timedelta(hours=12)  # a session and its auctions
_ENDS = frozenset(f"prefect.flow-run.{one}" for one in ("Completed", "Failed", "Cancelled", "Cancelling", "Crashed"))
_RESTS = frozenset(f"prefect.flow-run.{one}" for one in ("Paused", "Suspended"))
_BEGINS = frozenset(f"prefect.flow-run.{one}" for one in ("Pending", "Running"))
_RUN = {"prefect.resource.id": "prefect.flow-run.*"}
_EACH = frozenset({"prefect.resource.id"})


def set_up_automations(client: SyncPrefectClient) -> Iterator[Step]:
    """Each automation, as it is described here. Whether it is switched on stays as a person left it."""
    alarms = _alarms_block(client)
    for wanted in _wanted(alarms, _deployments(client)):
        yield _automation(client, wanted)
    yield Step(
        "block",
        ALARMS,
        Did.UNCHANGED if alarms else Did.MISSING,
        "Prefect itself tells people through it"
        if alarms
        else "make one in the UI, so that Prefect can tell people when no worker is left",
    )


def _wanted(alarms: UUID | None, deployments: Mapping[str, UUID]) -> Iterator[AutomationCore]:
    yield _core(
        "tieout: a run is lost",
        "A run whose heartbeat has stopped is called crashed, so that its slots are freed and another goes on.",
        _trigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *_ENDS, *_RESTS},
            within=HEARTBEAT_LOST,
            tag="tieout",
        ),
        [_crash()],
    )
    yield _core(
        "tieout: a run crashed",
        "Its work is looked for and picked up, and people are told.",
        _trigger(expect={"prefect.flow-run.Crashed"}, tag="watched"),
        _actions(alarms, deployments.get("sweep"), "has crashed"),
    )
    yield _core(
        "tieout: a run is late",
        "A planned run that nobody takes up: the plan is looked at again, and people are told.",
        _trigger(after={"prefect.flow-run.Late"}, expect={*_BEGINS, *_ENDS}, within=STILL_LATE, tag="planned"),
        _actions(alarms, deployments.get("plan-day"), f"has been late for {STILL_LATE}"),
    )
    for name, tag, most in (("a run takes long", "watched", LONG), ("a window takes long", "orders", LONG_WINDOW)):
        yield _core(
            f"tieout: {name}",
            f"A run that has not ended after {most}: people are told.",
            _trigger(after={"prefect.flow-run.Running"}, expect={*_ENDS, *_RESTS}, within=most, tag=tag),
            _actions(alarms, deployments.get("sweep"), f"has been running for {most}"),
        )


def _trigger(
    *, expect: set[str], tag: str, after: set[str] | None = None, within: timedelta = timedelta(0)
) -> EventTrigger:
    """Reactive where nothing goes before; otherwise on what does not come."""
    from prefect.events.schemas.automations import EventTrigger, Posture

    return EventTrigger(
        after=after or set(),
        expect=expect,
        match=_RUN,
        match_related={"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"},
        for_each=set(_EACH),
        posture=Posture.Proactive if after else Posture.Reactive,
        threshold=1,
        within=within,
    )


def _crash() -> Any:
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState

    words = f"no heartbeat for {HEARTBEAT_LOST.total_seconds():.0f} s"
    return ChangeFlowRunState(state=StateType.CRASHED, message=words)


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
