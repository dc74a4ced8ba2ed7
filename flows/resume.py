"""Let trading go on: by a person, with a reason, for one account or for the halt of all."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import resume_run_name
from tasks.audit import note_start
from tasks.trading.halt import plan_resume, resume_trading
from tasks.trading.halt_outcome import resumed
from tieout.breakers import BreakerName

Reason = Annotated[str, asked("Reason", "Why; kept with the breaker.")]
By = Annotated[str, asked("By", "Your name.")]
Account = Annotated[str | None, asked("Account", "Name from tieout.toml. Empty: the halt that holds for all.")]
Name = Annotated[BreakerName, asked("Breaker", "Which breaker; `manual` is what `halt` trips.")]


@flow(name="resume", flow_run_name=resume_run_name, retries=0, log_prints=False, on_running=[note_start])
def resume(reason: Reason, by: By, account: Account = None, breaker: Name = BreakerName.MANUAL) -> State[Any]:
    """Lift one breaker, once enough people agreed. Others that hold go on holding, and are told."""
    who = plan_resume(account)
    came = resume_trading(who, reason, by, breaker)
    return resumed(came)
