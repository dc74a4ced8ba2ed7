"""Resolving a break by hand: looked up and asked for, then carried out once enough people agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.acts import LONGEST, Came, Wish, propose
from tasks.artifacts import create_markdown_artifact, create_table_artifact
from tasks.clock import now
from tasks.log import run_logger
from tasks.stores import Stores, open_stores
from tieout.agreement import ActKind
from tieout.recon.by_hand import HandResolution

if TYPE_CHECKING:
    from tieout.acts import Act

PREPARED = "prepared"  # no act has this id: what is only looked up books nothing
KEY = "break"


def wish_for(stores: Stores, wanted: HandResolution, by: str, reason: str) -> Wish:
    """What people are asked: the wish with all that was left to us filled in, and the figures that it is about.

    raises    StoreError where there is no such break; DataError where the wish does not fit, or its evidence is nowhere
    """
    from sql.by_hand import prepare

    ready = prepare(stores.journal, stores.warehouse, wanted, PREPARED, now())
    return Wish(ActKind.BOOK, ready.case.break_id, ready.wish.as_terms(ready.case), by, reason)


def carry_out(stores: Stores, one: Act, by: str) -> Came:
    """Book what was agreed to. Done twice, it was done once."""
    from sql.by_hand import Agreed
    from sql.by_hand import carry_out as book

    agreed = Agreed(one.act_id, by[:LONGEST], one.reason, one.terms)
    case = book(stores.journal, stores.warehouse, one.subject, agreed, now())
    said = f"{case.break_id} is {case.state}: {case.resolution}. `tieout undo {case.break_id}` takes it back."
    told = {"break_id": case.break_id, "state": case.state, "by": by, "reason": one.reason, "did": one.terms["did"]}
    return Came(said, told)


@task(task_run_name="resolve {wanted.break_id}", cache_policy=NO_CACHE)
def resolve_break(wanted: HandResolution, by: str, reason: str) -> Came:
    """Resolve it, or ask those who must agree first. A name typed into a form proves nobody: it counts for none."""
    with open_stores() as stores:
        wish = wish_for(stores, wanted, by, reason)
        came = propose(stores, wish, None)
    run_logger().info("%s", came.words)
    return came


@task(task_run_name="show {break_id}", cache_policy=NO_CACHE)
def show_break(break_id: str) -> None:
    """The case and its history, in the run's page."""
    from sql.cases import case_history, read_case

    with open_stores() as stores, stores.journal.read() as journal:
        case, history = read_case(journal, break_id), case_history(journal, break_id)
    lines = [
        f"# {case.break_id}",
        "",
        f"{case.explanation}",
        "",
        f"- **account** {case.account_id}",
        f"- **what** {case.kind} of {case.subject}, ours {case.ours}, theirs {case.theirs}",
        f"- **state** {case.state}, {case.severity}, {case.age_sessions} sessions old",
        f"- **resolution** {case.resolution or 'none'}",
        f"- **by** {case.owner or 'nobody'}",
    ]
    create_markdown_artifact("\n".join(lines), key=KEY)
    note = "What happened to it; `tieout audit show` has the trail."
    create_table_artifact([_event(one) for one in history], key="break-history", description=note)


def _event(row: dict[str, Any]) -> dict[str, str]:
    detail = row["detail"]
    proof = ", ".join(detail.get("proof") or ())
    why = detail.get("reason") or (detail.get("case") or {}).get("resolution") or ""
    return {
        "when": f"{row['at']:%Y-%m-%d %H:%M}",
        "what": row["event"],
        "who": row["actor"],
        "why": why,
        "proof": proof,
    }


def resolved(came: Came) -> State[Any]:
    """The flow run's state: resolved, or waiting for the people who must agree."""
    from prefect.states import Completed

    told = {**came.told, "words": came.words}
    return Completed(name="Waiting" if came.waits else "Resolved", message=came.words, data=told)
