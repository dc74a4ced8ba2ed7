"""`tieout run` of the flows that a person starts with a form: what the form asks is given with `--with name=value`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from flows.cli.show import print_json

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import State

FLOWS = ("resolve-break", "import-history", "report", "rehearsal", "halt", "resume")
WAITING, WAITS = "Waiting", 3  # a second person is needed


def parameters(flow: str, given: Sequence[str], account: Sequence[str] | None, day: date | None) -> dict[str, Any]:
    """The flow's parameters; `--account` and `--date` are two of them where it has those.

    raises    typer.BadParameter for a name that the flow does not know, or what it cannot take
    """
    import inspect

    from prefect.exceptions import ParameterTypeError

    found = dict(_pair(one) for one in given)
    if account:
        found["account"] = account[0] if len(account) == 1 else list(account)
    if day:
        found["date"] = day.isoformat()
    one = _flow(flow)
    known = list(inspect.signature(one.fn).parameters)
    if wrong := sorted(set(found) - set(known)):
        raise typer.BadParameter(f"{flow} asks for no {', '.join(wrong)}; it asks for {', '.join(known)}")
    required = [name for name, each in inspect.signature(one.fn).parameters.items() if each.default is each.empty]
    if missing := [name for name in required if name not in found]:
        raise typer.BadParameter(f"{flow} needs {', '.join(f'--with {name}=…' for name in missing)}")
    try:
        return one.validate_parameters(found)
    except ParameterTypeError as error:
        raise typer.BadParameter(str(error)) from error


def start(flow: str, given: dict[str, Any]) -> State[Any]:
    """Run it here and now."""
    run: Any = _flow(flow)
    state: State[Any] = run(**given, return_state=True)
    return state


def tell(state: State[Any], as_json: bool) -> None:
    """The state's own words."""
    if as_json:
        told = getattr(state.data, "result", state.data)
        more = told if isinstance(told, dict) else {}
        name = {"flow_run_id": str(state.state_details.flow_run_id), "state": state.name, "message": state.message}
        print_json(more | name)
    else:
        typer.echo(f"{state.name}: {state.message}")


def exit_code(state: State[Any]) -> int:
    """3 where another person is needed, otherwise the flow's own verdict."""
    if state.name == WAITING:
        return WAITS
    told = getattr(state.data, "result", state.data)
    code = told.get("exit_code") if isinstance(told, dict) else None
    return code if isinstance(code, int) else int(not state.is_completed())


def _flow(name: str) -> Flow[..., Any]:
    module = name.replace("-", "_")
    found: Flow[..., Any] = getattr(import_module(f"flows.{module}"), module)
    return found


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not name=value")
    if value[:1] in ("[", "{"):
        return name, json.loads(value)
    return name, value
