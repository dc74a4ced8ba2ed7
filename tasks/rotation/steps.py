"""The rotation as Prefect tasks: each step is one task, and may be repeated as often as one likes.

A step is known by its row in the journal, not by its task run: a repeated task reads where the row stands and goes on
from there. Parameters are names, results are states; no secret is among either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.log import run_logger
from tasks.retries import read_retries
from tasks.rotation.hands import Hands
from tasks.rotation.work import MOST_STEPS, Stand, Work, stand_of, working
from tasks.settings import load_settings
from tasks.stores import Stores, open_stores
from tieout.credentials import CredentialId, CredentialSettings
from tieout.due import parts_of
from tieout.errors import ConfigError, StoreError
from tieout.ids import AccountId
from tieout.rotation_types import Part, Rotation
from tieout.settings import Settings
from tieout.toml_table import nearest


def choose_credentials(settings: Settings, names: Sequence[str] | None) -> tuple[CredentialSettings, ...]:
    """The credentials that are named, by their own names or those of accounts that use them, or all; each once.

    raises    ConfigError for an unknown one, with the nearest
    """
    known = settings.credentials
    if not names:
        return tuple(known.values())
    return tuple({one.credential_id: one for one in (_named(known, name) for name in names)}.values())


def _named(known: Mapping[CredentialId, CredentialSettings], name: str) -> CredentialSettings:
    of_account = {account: one for one in known.values() for account in one.accounts}
    found = known.get(CredentialId(name)) or of_account.get(AccountId(name))
    if found is None:
        raise ConfigError(f"credential {name!r} is not configured; {nearest(name, [*known, *of_account])}")
    return found


def hands_of(settings: Settings, name: str) -> Hands:
    """What works on one credential."""
    (credential,) = choose_credentials(settings, [name])
    return Hands(settings, credential)


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_rotation(credentials: list[str] | None) -> tuple[CredentialId, ...]:
    """The credentials to look at. Raises ConfigError for an unknown one."""
    return tuple(one.credential_id for one in choose_credentials(load_settings(), credentials))


def rotate_each(names: Sequence[CredentialId], force: bool) -> tuple[Stand, ...]:
    """Look at each credential, begin what is due, and take its steps; tokens first, for they lapse within minutes."""
    settings = load_settings()
    ordered = sorted(names, key=lambda name: parts_of(settings.credentials[name])[0] is not Part.TOKEN)
    begin, take = begin_rotation.with_options(**read_retries()), take_step.with_options(**read_retries())
    found: list[Stand] = []
    for name in ordered:
        found += _steps_of_all(take, begin(name, force))
    return tuple(found)


def _steps_of_all(take, stands: Sequence[Stand]) -> list[Stand]:  # type: ignore[no-untyped-def]
    """What comes of a token decides whether a login is asked for, so that one is read again."""
    ended: list[Stand] = []
    for stand in stands:
        first = stand if not ended or stand.held else take(stand.credential_id, stand.part)
        ended.append(_steps(take, first))
    return ended


def _steps(take, stand: Stand) -> Stand:  # type: ignore[no-untyped-def]
    """Steps of one row until it rests, waits, or somebody else works on it."""
    for _ in range(MOST_STEPS):
        if stand.held or not stand.ready:
            return stand
        stand = take(stand.credential_id, stand.part)
    raise StoreError(f"{stand.credential_id}: {MOST_STEPS} steps, and no end of it: {stand.phase}")


@task(task_run_name="look at {name}", cache_policy=NO_CACHE)
def begin_rotation(name: CredentialId, force: bool) -> tuple[Stand, ...]:
    """Ask the venue about the credential in use, and begin what is due. A lease that somebody holds is no failure."""
    with open_stores() as stores:
        hands = hands_of(stores.settings, name)
        try:
            with working(stores, hands) as work:
                health = work.look()
                rows = work.begin_due(health, forced=force)
        except StoreError as error:
            return _held(stores, hands, error)
    for words in (health.refused, health.unknown):
        if words:
            run_logger().warning("%s: %s", name, words)
    return tuple(stand_of(row) for row in rows)


@task(task_run_name="{part} of {name}", cache_policy=NO_CACHE)
def take_step(name: CredentialId, part: Part) -> Stand:
    """The next step of one row, under its lease."""
    return _stepped(name, part, Work.take_step)


@task(task_run_name="answer for {name}", cache_policy=NO_CACHE)
def look_again(name: CredentialId, part: Part) -> Stand:
    """A step that waited for a person, who says that they have acted."""
    return _stepped(name, part, Work.ask_again)


def _stepped(name: CredentialId, part: Part, make) -> Stand:  # type: ignore[no-untyped-def]
    with open_stores() as stores:
        hands = hands_of(stores.settings, name)
        try:
            with working(stores, hands) as work:
                row: Rotation = make(work, part)
        except StoreError as error:
            return next(one for one in _held(stores, hands, error) if one.part is part)
    why = f" ({row.reason})" if row.reason else ""
    run_logger().info("%s, %s: %s%s", name, part, row.phase, why)
    return stand_of(row)


def _held(stores: Stores, hands: Hands, error: StoreError) -> tuple[Stand, ...]:
    """Rows as they stand while somebody else works on them."""
    from sql.rotations import read_rotation

    run_logger().info("%s", error)
    name = hands.credential.credential_id
    with stores.journal.read() as journal:
        rows = [read_rotation(journal, name, part) or Rotation(name, part) for part in parts_of(hands.credential)]
    return tuple(stand_of(row, held=True) for row in rows)
