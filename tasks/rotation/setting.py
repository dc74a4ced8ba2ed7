"""A person stores a secret at the prompt: for a rotation that asks for it, or by themselves."""

from __future__ import annotations

from dataclasses import replace

from tasks.audit import user
from tasks.clock import now
from tasks.rotation.hands import Hands
from tasks.rotation.supply import supply
from tasks.rotation.tokens import clocks_of
from tasks.rotation.work import Work, go_on, working
from tasks.stores import Stores
from tieout.due import parts_of
from tieout.errors import ConfigError, StoreError
from tieout.rotation import stored_by_person
from tieout.rotation_types import Action, Part, Phase, Rotation
from tieout.secret import Secret


def set_version(stores: Stores, hands: Hands, secret: Secret, *, checked: bool = True) -> str:
    """Store a secret and say what came of it; one that does not work changes nothing.

    A rotation that waits for it goes on from here. Otherwise the new version is in use at once.
    checked    tried at the venue first
    raises     ConfigError for another account, mode or too many rights, or a source that cannot be written; leaves of
               BrokerError; SecretSourceError; StoreError while a rotation is under way
    """
    try:
        with working(stores, hands) as work:
            return _set(work, hands, secret, checked=checked)
    except StoreError:
        asked = next((row for row in _rows(stores, hands) if row.action is Action.ASK), None)
        if asked is None:
            raise
        return (
            f"{supply(hands, str(asked.label), secret, asked.venue_account, user())}. The run that asked for it goes on"
        )


def go_back(stores: Stores, hands: Hands) -> str:
    """Make the version before the present one current again, once it has proven that it still works.

    raises    ConfigError where there is none; otherwise as `set_version`
    """
    source = hands.source
    before = [one for one in source.versions() if one != source.current()]
    if not before:
        raise ConfigError(f"{source.reference}: there is no other version to go back to")
    with working(stores, hands) as work:
        _require_rest(work)
        row = work.read(parts_of(hands.credential)[0])
        seen = hands.look(before[-1], row.venue_account)
        source.promote(before[-1])
        if row.part is Part.TOKEN:
            row = work.save(stored_by_person(row, clocks_of(source.read()), hands.credential, now()))
        work.note(replace(row, label=before[-1], former=None), "put_back", seen.words, user())
    return f"{hands.credential.credential_id} is {before[-1]} again: {seen.words}"


def _set(work: Work, hands: Hands, secret: Secret, *, checked: bool) -> str:
    rows = [work.read(part) for part in parts_of(hands.credential)]
    asked = next((row for row in rows if row.action is Action.ASK), None)
    if asked is not None:
        words = supply(hands, str(asked.label), secret, asked.venue_account, user())
        work.ask_again(asked.part)
        after = go_on(work, asked.part)
        return f"{words}. The rotation stands at: {after.phase} {after.reason}".rstrip()
    _require_rest(work)
    label = f"{hands.credential.credential_id}-set-{now():%Y%m%d%H%M%S%f}"
    words = f"stored as {label}, and not tried"
    if checked:
        words = supply(hands, label, secret, rows[0].venue_account, user())
    else:
        hands.source.store(label, secret)
    former = hands.source.current()
    hands.source.promote(label)
    row = work.save(stored_by_person(rows[0], clocks_of(hands.source.read()), hands.credential, now()))
    work.note(replace(row, label=label, former=former), "set", words, user())
    return f"{words}. It is in use"


def _require_rest(work: Work) -> None:
    for part in parts_of(work.credential):
        row = work.read(part)
        if row.phase not in {Phase.IDLE, Phase.LAPSED, Phase.UNSURE}:
            raise StoreError(f"{row.credential_id}: a rotation is under way ({row.phase}); let it end first")


def _rows(stores: Stores, hands: Hands) -> list[Rotation]:
    from sql.rotations import read_rotation

    name = hands.credential.credential_id
    with stores.journal.read() as journal:
        found = [read_rotation(journal, name, part) for part in parts_of(hands.credential)]
    return [row for row in found if row is not None]
