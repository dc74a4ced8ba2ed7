"""Questions to people about single intents, in the journal: asked once, answered once.

Who may answer, and whether a code proves them, is the caller's to find out (`tieout/approvers.py`). A silence that ran
out is a no: an agreement after `until` is refused here as it is by the order machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from sql import audit
from sql.load import query
from sql.rows import read_rows
from sql.schema.journal import approval as table
from tieout.errors import StoreError
from tieout.ids import AccountId, IntentId

_ONE = select(table).where(table.c.intent_id == bindparam("intent_id"))
_MINE = update(table).where(table.c.intent_id == bindparam("key"), table.c.decided_at.is_(None))


class Decision(StrEnum):
    """How a question ended."""

    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Question:
    """One intent that waits for a person.

    until         UTC; silence until then is a no
    evidence      what the person is shown, JSON-able
    agreed        who has said yes so far, where more than one must
    wrong_codes   answers whose code did not prove who gave them
    """

    intent_id: IntentId
    account_id: AccountId
    business_date: date
    window: str
    asked_at: datetime
    until: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    agreed: tuple[str, ...] = ()
    wrong_codes: int = 0


def ask(
    connection: Connection, intent_id: IntentId, evidence: Mapping[str, Any], *, until: datetime, now: datetime
) -> bool:
    """Put a question, once.

    until, now    UTC
    returns       False where it was put before; it then stands as it was
    """
    if _locked(connection, intent_id) is not None:
        return False
    row = {"intent_id": intent_id, "asked_at": now, "until": until, "evidence": dict(evidence)}
    connection.execute(insert(table), row)
    _audit(connection, audit.ACTOR, "asked", intent_id, {"until": until, "why": evidence.get("why")}, now)
    return True


def read_open(connection: Connection) -> tuple[Question, ...]:
    """Questions without an answer, the one that lapses first on top."""
    return tuple(_question(row) for row in read_rows(connection, query("open_approvals")))


def agree(connection: Connection, intent_id: IntentId, approver: str, now: datetime) -> tuple[str, ...]:
    """Note one person's yes where more than one is needed, and give all who have said it.

    raises    StoreError where the question is answered, lapsed or was never put
    """
    row = _open_row(connection, intent_id)
    _require_time(row, now)
    agreed = [*row["agreed"], *([] if approver in row["agreed"] else [approver])]
    connection.execute(_MINE, {"key": intent_id, "agreed": agreed})
    _audit(connection, approver, "agreed", intent_id, {"agreed": agreed}, now)
    return tuple(agreed)


def decide(connection: Connection, intent_id: IntentId, decision: Decision, approver: str, now: datetime) -> None:
    """Answer a question, for good.

    now       UTC
    raises    StoreError where it is answered already, by whomever; where a yes comes too late; or where nobody asked
    """
    row = _open_row(connection, intent_id)
    if decision is Decision.APPROVED:
        _require_time(row, now)
    answer = {"decision": decision.value, "approver": approver, "decided_at": now}
    if connection.execute(_MINE, {"key": intent_id} | answer).rowcount != 1:
        raise StoreError(f"the question about intent {intent_id} was answered by somebody else at the same moment")
    _audit(connection, approver, decision.value, intent_id, {"agreed": row["agreed"]}, now)


def count_wrong_code(connection: Connection, intent_id: IntentId) -> int:
    """Count an answer whose code was wrong; the question stays open. How many there were.

    raises    StoreError where the question is answered or was never put
    """
    wrong = int(_open_row(connection, intent_id)["wrong_codes"]) + 1
    connection.execute(_MINE, {"key": intent_id, "wrong_codes": wrong})
    return wrong


def _audit(
    connection: Connection, actor: str, what: str, intent_id: IntentId, detail: Mapping[str, object], now: datetime
) -> None:
    action = f"approval.{what}"
    audit.append(connection, actor=actor, action=action, subject=intent_id, detail=detail, now=now)


def _open_row(connection: Connection, intent_id: IntentId) -> dict[str, Any]:
    row = _locked(connection, intent_id)
    if row is None:
        raise StoreError(f"nobody was asked about intent {intent_id}")
    if row["decided_at"] is not None:
        when = f"{row['decided_at']:%Y-%m-%d %H:%M:%S} UTC"
        raise StoreError(f"intent {intent_id} was {row['decision']} by {row['approver']} at {when}, and that stands")
    return row


def _locked(connection: Connection, intent_id: IntentId) -> dict[str, Any] | None:
    """The row, which nobody else changes until the transaction ends."""
    statement = _ONE.with_for_update() if connection.dialect.name == "postgresql" else _ONE
    rows = read_rows(connection, statement, {"intent_id": intent_id})
    return rows[0] if rows else None


def _require_time(row: Mapping[str, Any], now: datetime) -> None:
    if now >= row["until"]:
        raise StoreError(
            f"the question about intent {row['intent_id']} lapsed at {row['until']:%Y-%m-%d %H:%M:%S} UTC: "
            "silence until then is a no"
        )


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        IntentId(row["intent_id"]),
        AccountId(row["account_id"]),
        row["business_date"],
        row["execution_window"],
        row["asked_at"],
        row["until"],
        row["evidence"],
        tuple(row["agreed"]),
        row["wrong_codes"],
    )
