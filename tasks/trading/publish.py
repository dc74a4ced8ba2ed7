"""Telling what came of a window: artifacts in the Prefect UI and one alert, each whatever becomes of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.artifacts import create_markdown_artifact, create_table_artifact
from tasks.news import tell_alert
from tasks.stores import open_journal
from tieout.recon.types import Severity
from tieout.window_outcome import WindowOutcome, compose, worst

SHOWN = (  # what fits a telephone comes first
    "symbol",
    "side",
    "quantity",
    "state",
    "filled",
    "account_id",
    "order_type",
    "sends",
    "slippage_bp",  # basis points against arrival and against the market, above zero is a cost to us
    "vwap_bp",
    "vwap_of",
    "exits",
    "reason",
    "intent_id",
)


def tell(outcomes: Sequence[WindowOutcome]) -> tuple[str, ...]:
    """Artifacts and alert. What could not be told, and why."""
    steps: dict[str, State[Any]] = {
        "artifacts": publish_artifacts(outcomes, return_state=True),
        "alert": send_alert(outcomes, return_state=True),
    }
    return tuple(f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed())


@task(task_run_name="artifacts", cache_policy=NO_CACHE)
def publish_artifacts(outcomes: Sequence[WindowOutcome]) -> None:
    """What operations people look for first: the outcome, and every order with what became of it."""
    lines = [f"# {worst(outcomes).value.capitalize()}", ""]
    for one in outcomes:
        lines.append(f"- **{one.work.account_id}** {one.work.window} {one.work.business_date}: {one.words}")
        lines += [f"  - {words}" for words in (*one.called, *one.kept)]
    create_markdown_artifact("\n".join(lines), key="window-summary")
    rows = [row for one in outcomes if not one.work.skipped for row in _order_rows(one)]
    create_table_artifact(rows, key="window-orders", description="`tieout explain order ID` walks the whole chain.")


@task(task_run_name="alert", cache_policy=NO_CACHE)
def send_alert(outcomes: Sequence[WindowOutcome]) -> None:
    """One message where anything is worth one: an idle or skipped window tells nobody."""
    alert = compose(outcomes)
    quiet = alert.severity is Severity.INFO and all(one.figures is None or one.figures.sent == 0 for one in outcomes)
    if quiet or any(one.work.dry_run for one in outcomes):
        return
    tell_alert(alert)


def _order_rows(one: WindowOutcome) -> list[dict[str, Any]]:
    from sql.order_list import list_intents
    from sql.rows import shown

    work = one.work
    with open_journal() as opened, opened.read() as journal:
        rows = list_intents(journal, account_id=work.account_id, business_date=work.business_date, window=work.window)
    return [{name: "" if row[name] is None else shown(row[name]) for name in SHOWN} for row in rows]
