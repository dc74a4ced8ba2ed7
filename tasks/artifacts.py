"""Prefect's artifacts, cleared of secrets on their way: all that tieout shows in the UI goes through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.redact import redact_json, redact_text, redact_url


def create_markdown_artifact(markdown: str, *, key: str, description: str | None = None) -> None:
    """Text with marks, under a key that the UI keeps versions of."""
    from prefect import artifacts

    artifacts.create_markdown_artifact(redact_text(markdown), key=key, description=description)


def create_table_artifact(rows: Sequence[Mapping[str, Any]], *, key: str, description: str) -> None:
    """Rows by column name."""
    from prefect import artifacts

    cleared = [redact_json(dict(row)) for row in rows]
    artifacts.create_table_artifact(cleared, key=key, description=redact_text(description))


def create_link_artifact(link: str, *, link_text: str, key: str) -> None:
    """A link."""
    from prefect import artifacts

    artifacts.create_link_artifact(redact_url(link), link_text=link_text, key=key)
