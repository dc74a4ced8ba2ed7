"""A past run computed again, from its pinned inputs and the append-only tables: it must give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from sql.journal import Journal
from sql.recon_compute import First, Second, first, first_difference, second
from sql.recon_facts import Facts
from sql.recon_inputs import from_json
from sql.recon_priors import Priors
from sql.recon_store import RecordedRun, read_run
from sql.warehouse import Warehouse
from tieout.errors import StoreError
from tieout.ids import RunId
from tieout.recon.explain import VERSION
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay gave.

    same          the recomputed result equals the recorded one byte for byte
    difference    the first place where it does not
    """

    same: bool
    recorded_sha256: str
    replayed_sha256: str
    difference: str | None


def replay(_journal: Journal, warehouse: Warehouse, run_id: RunId, sessions: Sessions) -> Replayed:
    """Compute a recorded run again. Nothing is written, and nothing that happened since is looked at.

    _journal    not read: everything of it that the run used was pinned
    raises      StoreError where there is no such run, or other rules made it
    """
    with warehouse.read() as source:
        recorded = read_run(source, run_id)
        if recorded is not None and recorded.result:
            return _compare(source, recorded, sessions)
    with warehouse.write() as source:  # not published yet
        recorded = read_run(source, run_id)
        if recorded is None or not recorded.result:
            raise StoreError(
                f"no reconciliation of run {run_id} is recorded; it was skipped, quarantined or never ended"
            )
        return _compare(source, recorded, sessions)


def recompute(source: Connection, recorded: RecordedRun, sessions: Sessions) -> tuple[First, Second]:
    """Both looks of a recorded run."""
    stored = recorded.inputs
    inputs = from_json(stored["pinned"])
    facts = Facts(inputs.account_id, inputs.business_date, known=stored["facts"])
    priors = Priors.of_json(stored["cases"])
    began = replace(inputs, seqs=inputs.seqs[:1], late=inputs.late[:1])
    one = first(source, began, facts, sessions, priors)
    return one, second(source, inputs, facts, sessions, priors, one)


def _compare(source: Connection, recorded: RecordedRun, sessions: Sessions) -> Replayed:
    rules = recorded.inputs["pinned"]["rules"]
    if rules != VERSION:
        raise StoreError(
            f"run {recorded.run_id} was made by version {rules} of the rules, this program has {VERSION}: "
            "replay it with the program of that time"
        )
    _, two = recompute(source, recorded, sessions)
    difference = first_difference(recorded.result, two.result)
    return Replayed(difference is None, recorded.result_sha256, two.sha256, difference)
