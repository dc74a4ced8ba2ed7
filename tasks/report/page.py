"""Rendering the report: one file that needs no network, no script and no server."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tasks.report import charts
from tasks.report.model import RunReport
from tieout.ids import derived_text
from tieout.money import plain
from tieout.verdict import OutcomeState, words

if TYPE_CHECKING:
    from jinja2 import Environment

_COLOUR = {
    OutcomeState.TIED_OUT: "good",
    OutcomeState.SKIPPED: "quiet",
    OutcomeState.INCOMPLETE: "warn",
    OutcomeState.BREAKS_OPEN: "warn",
    OutcomeState.CRITICAL_BREAKS: "bad",
    OutcomeState.QUARANTINED: "bad",
    OutcomeState.FAILED: "bad",
}


def render(report: RunReport) -> str:
    """The page as text."""
    return str(_template().render(report=report))


def write_report(report: RunReport, out_dir: Path) -> Path:
    """Write the page as `close-DATE-RUNS.html`; a reader never sees half of it. Its path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    day = report.days[-1].isoformat() if report.days else "none"
    runs = sorted(str(one.outcome.run_id or one.outcome.account_id) for one in report.accounts)
    path = out_dir / f"{derived_text(f'close-{day}', *runs, length=8)}.html"
    part = path.with_suffix(".part")
    part.write_text(render(report), encoding="utf-8")
    return part.replace(path)


@cache
def _template() -> Any:
    return _environment().get_template("close.html.j2")


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tasks.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": _money, "units": _units, "words": _words, "at": _at, "colour": _colour}
    environment.globals |= {"charts": charts}
    return environment


def _money(value: Decimal | None) -> str:
    """`12,345.60`; all digits where cents would hide some."""
    if value is None:
        return ""
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value.normalize():,f}"


def _units(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _words(value: object) -> str:
    return words(value) if isinstance(value, OutcomeState) else str(value).replace("_", " ")


def _at(moment: datetime | None, zone: str) -> str:
    return "" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def _colour(state: OutcomeState) -> str:
    return _COLOUR[state]
