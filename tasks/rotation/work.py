"""Working on one credential: under its lease, one committed step after the other.

A step is committed as begun, carried out, and committed with its outcome. Whoever takes over after a crash finds it
begun and treats it as one whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.rotation.hands import Hands
from tasks.rotation.tokens import clocks_of
from tasks.runs import holder, is_dead
from tasks.stores import Stores
from tieout.credentials import CredentialId, CredentialSettings
from tieout.due import Due, due, login_due, parts_of
from tieout.errors import BrokerError, ConfigError, SecretSourceError, StoreError, Unauthorised
from tieout.rotation import begin, start, step
from tieout.rotation_token import renewed
from tieout.rotation_types import GONE, Action, Event, Outcome, Part, Phase, Policy, Rotation, Step

if TYPE_CHECKING:
    from sql.leases import Lease
    from tieout.accounts import Identity

LEASE = timedelta(minutes=15)
MOST_STEPS = 60  # of one credential in one run; a rotation has some ten
ASKS = frozenset({Action.ASK, Action.ASK_REVOKE})


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one part of a credential stands, without any secret.

    ready    there is something to be done now
    held     somebody else works on it
    """

    credential_id: CredentialId
    part: Part
    phase: Phase
    reason: str = ""
    waits_for_person: bool = False
    ready: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """What the credential in use showed at the venue just now.

    refused    the venue's words where it refused it
    unknown    why nothing was found out
    """

    identity: Identity | None = None
    refused: str | None = None
    unknown: str | None = None


class Work:
    """One credential under its lease, which every write checks."""

    def __init__(self, stores: Stores, hands: Hands, lease: Lease) -> None:
        self._stores = stores
        self._hands = hands
        self._lease = lease
        self.policy = Policy(hands.credential)

    @property
    def credential(self) -> CredentialSettings:
        """What is agreed about it."""
        return self._hands.credential

    def read(self, part: Part) -> Rotation:
        """A row; a new one where nothing is known yet."""
        from sql.rotations import read_rotation

        with self._stores.journal.read() as journal:
            found = read_rotation(journal, self.credential.credential_id, part)
        return found or Rotation(self.credential.credential_id, part)

    def save(self, made: Step) -> Rotation:
        """Commit a row with its events, as long as the lease is ours."""
        from sql.leases import renew
        from sql.rotations import save_rotation

        with self._stores.journal.write() as journal:
            renew(journal, self._lease, now(), LEASE)
            self._hands.append_calls(journal)
            save_rotation(journal, made.row, made.events, lease=self._lease, now=now())
        return made.row

    def note(self, row: Rotation, what: str, words: str, actor: str) -> None:
        """A step that a person takes by themselves, in the audit trail."""
        from sql.leases import renew
        from sql.rotations import note

        with self._stores.journal.write() as journal:
            renew(journal, self._lease, now(), LEASE)
            self._hands.append_calls(journal)
            note(journal, row, what, words, now=now(), actor=actor)

    def look(self) -> Health:
        """Ask the venue about the credential in use, and keep what it proved.

        A venue that cannot be reached, or a source that is locked, says nothing about the credential.
        """
        from sql.credentials import record_credential

        if not self.credential.accounts:
            return Health(unknown="no account refers to it")
        try:
            seen = self._hands.look(None, self.read(parts_of(self.credential)[0]).venue_account)
        except Unauthorised as error:
            return Health(refused=str(error))
        except (BrokerError, ConfigError, SecretSourceError) as error:
            return Health(unknown=str(error))
        with self._stores.journal.write() as journal:
            self._hands.append_calls(journal)
            record_credential(journal, self._hands.account, seen.identity, now())
        return Health(seen.identity)

    def begin_due(self, health: Health, *, forced: bool = False) -> tuple[Rotation, ...]:
        """Rows as they stand, with what is due begun. `forced`: whatever its age."""
        rows = {part: self._first_seen(self.read(part), health) for part in parts_of(self.credential)}
        for part, row in rows.items():
            why = self._due(row, rows, health)
            if why is None and forced and part is parts_of(self.credential)[0]:
                why = Due("asked for", now() + self.credential.ask_ahead)
            if why is not None and row.phase is Phase.IDLE:
                rows[part] = self._started(row, why)
        return tuple(rows.values())

    def take_step(self, part: Part) -> Rotation:
        """The next step of a row: begun, carried out, concluded. One that waits or has nothing to do stays as it is."""
        row = self.read(part)
        if row.action is None or (row.not_before is not None and now() < row.not_before and not row.begun_at):
            return row
        if row.begun_at is not None:
            return self._conclude(row, GONE)
        begun = self.save(Step(begin(row, now())))
        return self._conclude(begun, self._hands.carry_out(begun))

    def ask_again(self, part: Part) -> Rotation:
        """Take a step that waits for a person now: they say that they have acted."""
        row = self.read(part)
        if row.action in ASKS and row.not_before is not None:
            self.save(Step(replace(row, not_before=None, version=row.version + 1)))
        return self.take_step(part)

    def _due(self, row: Rotation, rows: dict[Part, Rotation], health: Health) -> Due | None:
        if row.part is Part.LOGIN and Part.TOKEN in rows:
            return login_due(row, rows[Part.TOKEN], self.policy, now())
        return due(row, self.policy, now(), refused=health.refused is not None)

    def _started(self, row: Rotation, why: Due) -> Rotation:
        try:
            former = self._hands.source.current()
        except (ConfigError, SecretSourceError):
            former = None
        return self.save(start(row, self.policy, why.why, why.deadline, former))

    def _first_seen(self, row: Rotation, health: Health) -> Rotation:
        """What is seen for the first time, and what the venue or the source knows better, goes into the row."""
        known = row.venue_account or (health.identity.venue_account if health.identity else None)
        seen = replace(row, venue_account=known)
        if row.part is Part.TOKEN:
            seen = self._with_clocks(seen)
        elif row.issued_at is None:
            seen = replace(seen, issued_at=now())
        if health.identity is not None and health.identity.expires_at is not None and row.part is not Part.TOKEN:
            seen = replace(seen, access_until=health.identity.expires_at)
        if seen == row and row.version:
            return row
        event = () if row.version else (Event("first_seen", health.refused or health.unknown or "it works"),)
        return self.save(Step(replace(seen, version=row.version + 1), event))

    def _with_clocks(self, row: Rotation) -> Rotation:
        """The clocks that stand with the pair in use, where a person has put a newer one there."""
        try:
            clocks = clocks_of(self._hands.source.read())
        except (ConfigError, SecretSourceError):
            return row
        if clocks is None or row.phase is not Phase.IDLE or (row.issued_at and clocks.issued_at <= row.issued_at):
            return row
        until = clocks.refresh_until or row.refresh_until
        return replace(row, issued_at=clocks.issued_at, access_until=clocks.access_until, refresh_until=until)

    def _conclude(self, row: Rotation, seen: Outcome) -> Rotation:
        made = step(row, seen, now(), self.policy)
        after = self.save(made)
        if any(event.kind == "rotated" for event in made.events) and Part.TOKEN in parts_of(self.credential):
            self._token_is_new(after)
        elif row.part is Part.TOKEN:
            self._login_where_lost(after)
        return after

    def _login_where_lost(self, token: Rotation) -> None:
        """A refresh token that is of no more use is told at once: every minute counts."""
        login = self.read(Part.LOGIN)
        why = login_due(login, token, self.policy, now())
        if why is not None:
            self._started(login, why)

    def _token_is_new(self, login: Rotation) -> None:
        """A person has logged in: the token's row begins anew with the clocks of that pair."""
        clocks = clocks_of(self._hands.source.read())
        if clocks is not None:
            self.save(renewed(self.read(Part.TOKEN), clocks, Event("logged_in", f"by rotation {login.number}")))


@contextmanager
def working(stores: Stores, hands: Hands) -> Iterator[Work]:
    """The credential, alone: exactly one process at a time works on it.

    raises    StoreError where somebody else does
    """
    from sql.leases import acquire, release

    key = f"credential:{hands.credential.credential_id}:rotation"
    with stores.journal.write() as journal:
        lease = acquire(journal, key, holder(), now(), LEASE, is_dead)
    try:
        yield Work(stores, hands, lease)
    finally:
        with stores.journal.write() as journal:
            hands.append_calls(journal)
            release(journal, lease, now())


def rotate(work: Work, *, forced: bool = False) -> tuple[Rotation, ...]:
    """Look, begin what is due, and go on until every row rests or waits. The flow does it in a task for each step."""
    rows = work.begin_due(work.look(), forced=forced)
    return tuple(go_on(work, row.part) for row in rows)


def go_on(work: Work, part: Part) -> Rotation:
    """Steps of one row until it rests or waits."""
    row = work.read(part)
    for _ in range(MOST_STEPS):
        after = work.take_step(part)
        if after.version == row.version:
            return after
        row = after
    raise StoreError(f"{row.credential_id}: {MOST_STEPS} steps, and no end of it: {row.phase}")


def stand_of(row: Rotation, *, held: bool = False) -> Stand:
    """Where a row stands, for messages and states."""
    ready = row.action is not None and (row.not_before is None or row.begun_at is not None or now() >= row.not_before)
    return Stand(row.credential_id, row.part, row.phase, row.reason, row.action in ASKS, ready, held)
