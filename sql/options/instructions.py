"""Instructions of option holders in the journal. Every change of one stands in the audit trail, in its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from sql import audit
from sql.reference import instrument_ids, read_instruments
from sql.rows import read_rows
from sql.schema.options import option_instruction as table
from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId
from tieout.instruments import Instrument
from tieout.options.instruction import Choice, Instruction, State

ACT = "ACT-"


def act_of(instruction_id: str) -> str:
    """The id of the question to a person about an instruction: one for each."""
    return f"{ACT}{instruction_id}"


def append_instruction(connection: Connection, one: Instruction, now: datetime) -> bool:
    """Write a decision down, once; False where it was there, as it stands by now."""
    if lock_instruction(connection, one.instruction_id) is not None:
        return False
    ids = instrument_ids(connection, [one.contract])
    row = _columns(one) | {
        "instruction_id": one.instruction_id,
        "act_id": act_of(one.instruction_id),
        "account_id": one.account_id,
        "instrument_id": ids[one.contract.symbol],
        "choice": one.choice.value,
        "contracts": one.contracts,
        "business_date": one.business_date,
        "until": one.until,
        "source": one.source,
        "proposer": one.proposer,
        "why": one.why,
        "created_at": one.created_at,
        "updated_at": now,
    }
    connection.execute(insert(table), row)
    _audit(connection, one, one.proposer, now)
    return True


def lock_instruction(connection: Connection, instruction_id: str) -> Instruction | None:
    """One instruction, in a writing transaction: nobody else changes it until that ends. None where there is none."""
    found = _read(connection, table.c.instruction_id == instruction_id, locks=True)
    return found[0] if found else None


def read_instructions(
    connection: Connection, account_id: AccountId, states: Collection[State] | None = None
) -> list[Instruction]:
    """An account's instructions, the oldest first; of some states where given."""
    wanted = table.c.account_id == account_id
    if states is not None:
        wanted &= table.c.state.in_(sorted(states))
    return _read(connection, wanted)


def save_instruction(connection: Connection, one: Instruction, actor: str, now: datetime) -> Instruction:
    """Write down what became of one.

    actor     a person's name, or `tieout`
    raises    StoreError where another writer was faster: nothing of this may be carried out then
    """
    mine = (table.c.instruction_id == one.instruction_id) & (table.c.version == one.version)
    after = replace(one, version=one.version + 1)
    if connection.execute(update(table).where(mine).values(_columns(after) | {"updated_at": now})).rowcount != 1:
        raise StoreError(f"{one.instruction_id} was changed by somebody else at the same moment")
    _audit(connection, after, actor, now)
    return after


def _columns(one: Instruction) -> dict[str, Any]:
    return {"state": one.state.value, "told": one.told, "words": one.words, "version": one.version}


def _read(connection: Connection, wanted: ColumnElement[bool], *, locks: bool = False) -> list[Instruction]:
    statement = select(table).where(wanted).order_by(table.c.created_at, table.c.instruction_id)
    if locks and connection.dialect.name == "postgresql":
        statement = statement.with_for_update()
    rows = read_rows(connection, statement)
    names = read_instruments(connection, [row["instrument_id"] for row in rows])
    return [_instruction(row, names[InstrumentId(row["instrument_id"])]) for row in rows]


def _instruction(row: Mapping[str, Any], contract: Instrument) -> Instruction:
    return Instruction(
        row["instruction_id"],
        AccountId(row["account_id"]),
        contract,
        Choice(row["choice"]),
        row["contracts"],
        row["business_date"],
        row["until"],
        row["source"],
        row["proposer"],
        row["why"],
        row["created_at"],
        State(row["state"]),
        row["told"],
        row["words"],
        row["version"],
    )


def _audit(connection: Connection, one: Instruction, actor: str, now: datetime) -> None:
    detail = {
        "account_id": one.account_id,
        "instruction": one.says,
        "until": one.until,
        "told": one.told,
        "why": one.why,
        "words": one.words,
    }
    action = f"instruction.{one.state}"
    audit.append(connection, actor=actor, action=action, subject=one.instruction_id, detail=detail, now=now)
