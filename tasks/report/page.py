"""Rendering the report: one file that needs no network, no script and no server."""

from __future__ import annotations

import tempfile
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from tasks.report.drawings import drawings
from tasks.report.model import RunReport
from tasks.report.sources import moment
from tieout.ids import derived_text
from tieout.money import plain
from tieout.next_step import next_step
from tieout.redact import redact_text
from tieout.verdict import OutcomeState, percent, words

if TYPE_CHECKING:
    from jinja2 import Template

COLOURS = {
    OutcomeState.TIED_OUT: "good",  # by its definition only at full coverage
    OutcomeState.SKIPPED: "quiet",
    OutcomeState.INCOMPLETE: "warn",
    OutcomeState.BREAKS_OPEN: "warn",
    OutcomeState.CRITICAL_BREAKS: "bad",
    OutcomeState.QUARANTINED: "bad",
    OutcomeState.FAILED: "bad",
}
LOOK_FIRST = 5
_CENT = Decimal("0.01")


def render(report: RunReport) -> str:
    """The page as text."""
    first = sorted(
        (case for one in report.accounts for case in one.breaks.rows if str(case["severity"]) == "critical"),
        key=lambda case: (-(case["money_at_risk"] or 0), case["break_id"]),
    )
    return _template().render(report=report, first=first[:LOOK_FIRST], more_first=max(len(first) - LOOK_FIRST, 0))


def write_report(report: RunReport, out_dir: Path) -> Path:
    """Write the page as `close-DATE-DIGEST.html`; a reader never sees half of it. Its path.

    The digest is that of the run ids, so the same close has one page however often it is written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    day = report.days[-1].isoformat() if report.days else "none"
    runs = sorted(str(one.outcome.run_id or one.outcome.account_id) for one in report.accounts)
    path = out_dir / f"{derived_text(f'close-{day}', *runs, length=8)}.html"
    page = render(report).encode("utf-8", "replace")
    with tempfile.NamedTemporaryFile(dir=out_dir, prefix=".close-", suffix=".part", delete=False) as part:
        try:
            part.write(page)
            part.flush()
            Path(part.name).chmod(0o644)  # a temporary file is its owner's alone, a report is not
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    return path


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tasks.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": money,
        "units": units,
        "words": _words,
        "at": _at,
        "colour": COLOURS.__getitem__,
        "percent": percent,
        "told": _told,
        "plural": plural,
    }
    style = environment.get_template("close.css").render()
    environment.globals |= {"drawings": drawings, "next_step": next_step, "style": Markup(style)}  # noqa: S704 - ours
    return environment.get_template("close.html.j2")


def money(value: Decimal | None) -> str:
    """`12,345.60`; all digits where cents would hide some; nothing for nothing."""
    if value is None:
        return ""
    value = Decimal(plain(value))
    return f"{value:,.2f}" if value == value.quantize(_CENT) else f"{value:,f}"


def units(value: Decimal | None) -> str:
    """`-12,345.6`: every digit, none added."""
    return "" if value is None else f"{Decimal(plain(value)):,f}"


def plural(number: int, noun: str) -> str:
    """`1 session`, `2 sessions`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _words(value: object) -> str:
    return words(value) if isinstance(value, OutcomeState) else str(value).replace("_", " ")


def _told(text: object) -> str:
    """Words that came from outside, without what looks like a secret; yes and no for flags."""
    return {True: "yes", False: "no"}[text] if isinstance(text, bool) else redact_text(str(text))


def _at(at: datetime | None, zone: str) -> str:
    return moment(at, zone)
