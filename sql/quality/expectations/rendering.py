"""How our expectations look in Data Docs: their claim, what was found, and a table of the rows that fail.

Great Expectations puts text into its pages as it stands; what came from a venue is escaped here.
"""

from __future__ import annotations

import inspect
from html import escape
from typing import Any

from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent, RenderedTableContent
from great_expectations.render.components import LegacyDiagnosticRendererType
from great_expectations.render.renderer.renderer import renderer

from tieout.recon.types import Severity


def error_of(told: dict[str, Any]) -> str:
    """First line of what went wrong; empty where nothing did. Great Expectations tells it in two shapes."""
    each = [told] if "raised_exception" in told else list(told.values())
    for one in each:
        if one["raised_exception"]:
            lines = str(one["exception_message"]).strip().splitlines()
            return lines[0] if lines else "no reason given"
    return ""


class Rendered:
    """Mixed into an expectation, before Great Expectations' own base."""

    @classmethod
    def claim(cls) -> str:
        """What it demands, in one sentence: the first paragraph of its docstring."""
        text = (inspect.getdoc(cls) or cls.__name__).split("\n\n")[0]
        return " ".join(text.split())

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(cls, configuration: Any = None, result: Any = None, **_: Any) -> list[Any]:
        severity = Severity((configuration or result.expectation_config).severity).value
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": "$severity $claim",
                    "params": {"severity": severity, "claim": cls.claim()},
                    "styling": {"params": {"severity": {"classes": ["badge", f"badge-{severity}"]}}},
                },
            )
        ]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(cls, result: Any = None, **_: Any) -> str:
        return escape(str((result.result or {}).get("observed_value", "--"))) if result else "--"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT)
    def _diagnostic_unexpected_statement_renderer(cls, result: Any = None, **_: Any) -> list[Any]:
        return [escape(error)] if result and (error := error_of(result.exception_info)) else []

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(cls, result: Any = None, **_: Any) -> list[Any] | None:
        sample = (result.result or {}).get("partial_unexpected_list") if result else None
        if not sample:
            return None
        names = list(sample[0])
        return [
            RenderedTableContent(
                content_block_type="table",
                header_row=names,
                table=[[escape(row[name]) for name in names] for row in sample],
                styling={"body": {"classes": ["table-bordered", "table-sm", "mt-3"]}},
            )
        ]
