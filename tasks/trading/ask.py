"""Asking people in the Prefect UI: the flow run pauses with a form and its evidence until somebody answers.

Orders that need nobody's word go on meanwhile: they are worked on by tasks of their own. `tieout approve` answers the
same questions from the command line; an answered order goes at once either way, for the pause holds nothing but the
question, and ends with it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from prefect.futures import PrefectFuture, wait
from prefect.input import RunInput
from pydantic import Field, SecretStr

from tasks.clock import now
from tasks.log import run_logger
from tasks.pause import ask_person
from tasks.stores import open_journal, open_stores
from tasks.trading.answers import Answer, NotProven, give, open_questions
from tieout.errors import TieoutError
from tieout.ids import IntentId
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from sql.approvals import Question
    from sql.journal import Journal

LOOK_EVERY_S = 1.0
ASK_AGAIN_S = 10.0
ALL, NONE = "all", "none"
APPROVE = "approve"
MONEY = frozenset({"worth", "opened", "gross before", "gross after"})


class ApprovalForm(RunInput):
    """What a person fills in."""

    decision: str = Field(default="decline", description="Write `approve` to let them go. Anything else declines.")
    orders: str = Field(default=ALL, description="`all`, `none`, or the ids of some of them, separated by commas.")
    approver: str = Field(description="Your name in [approvers].")
    code: SecretStr = Field(description="Your present one-time code.")
    words: str = Field(default="", description="Why, for the record.")


def await_approvals(begun: Sequence[PrefectFuture[Any]], worked: Sequence[PrefectFuture[Any]]) -> None:
    """Ask for as long as accounts of this run wait for a person, and end with the last of them.

    Whether an account is done with is asked of its future, not of its state: where its run could not begin, the state
    of its work stays `NotReady`, which is not a final one.
    """
    with open_journal() as journal:
        while wait(list(worked), timeout=LOOK_EVERY_S).not_done:
            if asked := _questions(journal, begun):
                _ask(asked, journal)


def _questions(journal: Journal, begun: Sequence[PrefectFuture[Any]]) -> tuple[Question, ...]:
    """What this run's own windows ask; another run asks for its own."""
    works = [one.result() for one in begun if one.state.is_completed()]
    mine = {(work.account_id, work.business_date, work.window) for work in works if isinstance(work, WindowRun)}
    return tuple(one for one in open_questions(journal) if (one.account_id, one.business_date, one.window) in mine)


def _ask(asked: Sequence[Question], journal: Journal) -> None:
    """One pause, one answer. A wrong one leaves the questions open, and they are put again."""
    shown = {(one.intent_id, one.agreed) for one in asked}

    def changed() -> bool:  # by an answer from elsewhere, or by silence
        return not shown <= {(one.intent_id, one.agreed) for one in open_questions(journal)}

    try:
        form = ask_person(
            ApprovalForm.with_initial_data(description=evidence(asked), orders=_ids(asked)),
            key=_key(asked, now()),
            until=max(one.until for one in asked),
            over=changed,
            nothing={"decision": "", "orders": NONE, "approver": "", "code": ""},
        )
    except Exception as error:  # noqa: BLE001 - a form that cannot be shown must not end the run that watches orders
        run_logger().error("the question could not be put in the Prefect UI, use `tieout approve`: %s", error)
        time.sleep(ASK_AGAIN_S)
        return
    if form is None:
        run_logger().info("answered elsewhere, or by nobody in time")
    else:
        _take(form, asked)


def _take(form: ApprovalForm, asked: Sequence[Question]) -> None:
    if form.orders.strip().lower() == NONE:
        run_logger().info("nothing was said here: %s", form.words or "no order was chosen")
        return
    answer = Answer(
        form.approver.strip(),
        form.code.get_secret_value(),
        form.decision.strip().lower() == APPROVE,
        _chosen(form.orders, asked),
        form.words,
    )
    try:
        with open_stores() as stores:
            said = give(stores, answer)
    except NotProven as error:
        run_logger().error("answer of %r not counted: %s", answer.approver, error)
        return
    except TieoutError as error:
        run_logger().error("answer not counted: %s", error)
        return
    for line in said:
        run_logger().info(line)


def _chosen(text: str, asked: Sequence[Question]) -> tuple[IntentId, ...]:
    if text.strip().lower() in {"", ALL}:
        return tuple(one.intent_id for one in asked)
    return tuple(IntentId(part.strip()) for part in text.split(",") if part.strip())


def _ids(asked: Sequence[Question]) -> str:
    """The form names its orders, so that an answer never reaches one that its person was not shown."""
    return ", ".join(one.intent_id for one in asked)


def _key(asked: Sequence[Question], moment: datetime) -> str:
    """A pause of its own for each try: an answer that was not proven must not answer the next."""
    return f"approve-{asked[0].intent_id}-{int(moment.timestamp() * 1000)}".lower()  # Prefect takes no capitals


def evidence(asked: Sequence[Question]) -> str:
    """What the person is shown: every order, why it waits, what it would change."""
    lines = [f"### {len(asked)} orders wait for a person" if len(asked) > 1 else "### An order waits for a person", ""]
    for one in asked:
        told = one.evidence
        lines += [f"**{told.get('order')}** in {one.account_id}, `{one.intent_id}`", ""]
        lines.append(f"- why: {told.get('why')}")
        lines.append(f"- decided by: {told.get('proposer') or 'unknown'}, signal {told.get('signal') or 'none'}")
        lines.append(f"- silence until {one.until:%H:%M:%S} UTC is a no")
        if told.get("two_persons"):
            lines.append(f"- two persons must agree; so far: {', '.join(one.agreed) or 'nobody'}")
        lines += [f"- {name}: {_shown(name, str(value))}" for name, value in (told.get("numbers") or {}).items()]
        lines.append("")
    return "\n".join(lines)


def _shown(name: str, value: str) -> str:
    """A number as people read it: shares of equity in per cent, money to the cent, units with every digit."""
    number = Decimal(value)
    if name.endswith("/ equity"):
        return f"{number:.2%}"
    return f"{number:,.2f}" if name in MONEY else f"{number.normalize():f}"
