"""The page about expiring options: one file that needs no network, no script and no server."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tasks.options.picture import picture
from tasks.report.page import plural
from tieout.ids import derived_text
from tieout.options.likelihood import Bands, Likelihood
from tieout.options.told import told_account
from tieout.recon.types import Severity

if TYPE_CHECKING:
    from jinja2 import Template

    from tasks.options.expiration import Forecast

COLOURS = {
    Likelihood.CERTAIN.value: "bad",
    Likelihood.LIKELY.value: "warn",
    Likelihood.PIN.value: "bad",
    Likelihood.UNLIKELY.value: "good",
    Likelihood.UNKNOWN.value: "bad",
}


def write_page(done: Sequence[Forecast], now: datetime, out_dir: Path) -> Path:
    """Write the page as `options-DATE-DIGEST.html`; a reader never sees half of it. Its path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    day = max(str(one.close.business_date) for one in done)
    runs = sorted(str(one.close.run_id or one.close.account_id) for one in done)
    path = out_dir / f"{derived_text(f'options-{day}', *runs, length=8)}.html"
    with tempfile.NamedTemporaryFile("w", dir=out_dir, prefix=".options-", delete=False, encoding="utf-8") as part:
        part.write(render(done, now))
    Path(part.name).chmod(0o644)
    Path(part.name).replace(path)
    return path


def render(done: Sequence[Forecast], now: datetime) -> str:
    """The page as text."""
    severities = [one.severity for forecast in done for one in forecast.suggestions]
    worst = "bad" if Severity.CRITICAL in severities else "warn" if Severity.WARNING in severities else "good"
    positions = sum(len(one.found.positions) for one in done)
    headline = ", ".join(
        plural(number, what)
        for number, what in ((positions, "position"), (len(done), "account"), (len(severities), "suggestion"))
    )
    return _template().render(
        accounts=[_account(one, now) for one in done if one.found.positions],
        made_at=f"{now:%Y-%m-%d %H:%M}",
        worst=worst,
        headline=headline,
        colours=COLOURS,
    )


def _account(one: Forecast, now: datetime) -> dict[str, Any]:
    told = told_account(one.found, one.suggestions, now)
    drawn = [picture(position, Bands()) for position in one.found.positions if position.refused is None]
    return told | {"moment": one.moment.value, "pictures": drawn}


@cache
def _template() -> Template:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader("tasks.options", "templates"), PackageLoader("tasks.report", "templates")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["style"] = Markup(environment.get_template("close.css").render())  # noqa: S704 - ours
    return environment.get_template("options.html.j2")
