"""What a parameter is called, and what its form says: Prefect takes both from here, and from no annotation's own words.

Prefect 3.8 writes the parameter's name and the docstring's words over the title and description of an annotation. What
stands in `json_schema_extra` it leaves alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo

from tieout.errors import ConfigError


def asked(title: str, description: str, *, choices: list[str] | None = None, **limits: Any) -> Any:
    """A parameter of a form.

    choices    what it offers; empty or None: free text
    limits     pydantic's, such as `ge`
    """
    shown: dict[str, Any] = {"title": title, "description": description}
    if choices:
        shown["enum"] = choices
    made: FieldInfo = Field(title=title, description=description, json_schema_extra=shown, **limits)
    return made


def account_names() -> list[str]:
    """The accounts of tieout.toml as they are when the deployment is registered; empty where it cannot be read.

    A new account is offered after the next `prefect deploy` or start of `tieout serve`. So this is for forms that a
    person fills in at leisure: never for what a schedule starts, nor for a halt.
    """
    from tasks.settings import load_settings

    try:
        return [str(name) for name in sorted(load_settings().accounts)]
    except ConfigError:
        return []
