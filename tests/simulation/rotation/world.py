"""A desk with one account whose key is due, at a simulated venue; crash points at every touch of the outside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import cast

from simulator.key_ring import VenueKey
from simulator.protocols.keys import KeysFace
from simulator.protocols.native import NativeFace
from sql.journal import Journal
from sql.rotations import read_events
from sql.warehouse import Warehouse
from tasks.rotation import fresh
from tasks.rotation.hands import Hands
from tasks.rotation.work import Work, rotate, working
from tasks.secrets.base import SecretSource
from tasks.secrets.file import KEY_FILE, new_key
from tasks.secrets.opening import open_source
from tasks.settings import load_settings
from tasks.stores import Stores
from tests.contract.world import MONDAY_CLOSE, TERMS, World, a_world
from tieout.credentials import CredentialId
from tieout.errors import SecretSourceError, StoreError
from tieout.rotation_types import Outcome, Part, Phase, Rotation, Worked
from tieout.secret import KEY_ID, SECRET, Secret

NAME = CredentialId("main")
ADMIN = ("ADMINTEST", "test-secret-of-the-admin")
SETTINGS = """
[accounts.main]
broker = "paper"
credential = "file:main.secret"
endpoint = "{endpoint}"
timeout_s = 2

[credentials.main]
reference = "file:main.secret"
manage = "{manage}"
manage_with = "file:admin.secret"
"""


class Crash(BaseException):
    """The process is gone. No handler of ours may catch it."""


@dataclass(slots=True)
class Tripwire:
    """Counts every touch of the outside, before and after; the process dies at the chosen one."""

    dies_at: int | None = None
    touched: list[str] = field(default_factory=list)

    def touch(self, what: str) -> None:
        self.touched.append(what)
        if len(self.touched) - 1 == self.dies_at:
            raise Crash(what)

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        self.touch(f"before {what}")
        yield
        self.touch(f"after {what}")


@dataclass(slots=True)
class WatchedSource:
    """A source whose every change is a crash point; `fails` of its next stores do not work."""

    inner: SecretSource
    wire: Tripwire
    fails: list[str]

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        return getattr(self.inner, name)

    def store(self, version: str, secret: Secret) -> None:
        if self.fails and not version.endswith("-try"):
            raise SecretSourceError(self.fails.pop(), retry=True)
        with self.wire.around("store"):
            self.inner.store(version, secret)

    def promote(self, version: str) -> None:
        with self.wire.around("promote"):
            self.inner.promote(version)

    def discard(self, version: str) -> None:
        with self.wire.around("discard"):
            self.inner.discard(version)


class WatchedManager:
    """Key management whose every write is a crash point."""

    def __init__(self, inner, wire: Tripwire) -> None:  # type: ignore[no-untyped-def]
        self._inner, self._wire = inner, wire

    def list_keys(self):  # type: ignore[no-untyped-def]
        return self._inner.list_keys()

    def create_key(self, *words: object) -> object:
        with self._wire.around("create"):
            return self._inner.create_key(*words)

    def revoke_key(self, handle: str) -> None:
        with self._wire.around("revoke"):
            self._inner.revoke_key(handle)


@dataclass
class Desk:
    """One credential, its venue, and what happened between them."""

    world: World
    native: NativeFace
    keys: KeysFace
    stores: Stores
    wire: Tripwire = field(default_factory=Tripwire)
    fails: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)  # versions that worked from a fresh process
    refuse_fresh: int = 0  # fresh processes that are told no
    offences: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)  # what happens once, just before an action
    by_venue: Callable[[str], bool] = lambda _: False  # the venue ends a key by itself

    def hands(self) -> Hands:
        desk = self

        class Watched(Hands):
            @property
            def source(self) -> SecretSource:
                inner = open_source(self.credential.reference, "credential main")
                return WatchedSource(inner, desk.wire, desk.fails)  # type: ignore[return-value]

            def manager(self, row: Rotation, version: str | None = None):  # type: ignore[no-untyped-def]
                return WatchedManager(Hands.manager(self, row, version), desk.wire)

            def carry_out(self, row: Rotation) -> Outcome:
                desk.before.pop(str(row.action), lambda: None)()
                with desk.wire.around(str(row.action)):
                    return Hands.carry_out(self, row)

        settings = load_settings()
        return Watched(settings, settings.credentials[NAME], self._fresh)

    def run(self, *, forced: bool = False) -> tuple[Rotation, ...]:
        """One run, as a process of its own."""
        with working(self.stores, self.hands()) as work:
            return rotate(work, forced=forced)

    def run_until_rest(self, most: int = 40) -> Rotation:
        """Runs with the time between them, until nothing is under way."""
        for _ in range(most):
            try:
                (row,) = self.run()
            except StoreError:  # the lease of a process that died; it runs out
                pass_time(timedelta(minutes=20))
                continue
            if row.phase is Phase.IDLE:
                return row
            pass_time(timedelta(minutes=5))
        raise AssertionError(f"no end of it: {self.row()}")

    def row(self) -> Rotation:
        from sql.rotations import read_rotation

        with self.stores.journal.read() as journal:
            found = read_rotation(journal, NAME, Part.KEY)
        assert found is not None
        return found

    def events(self) -> list[str]:
        with self.stores.journal.read() as journal:
            return [one["event"] for one in read_events(journal, NAME)]

    def source(self) -> SecretSource:
        return open_source("file:main.secret", "test")

    def trading_keys(self) -> list[VenueKey]:
        return [key for key in self.world.venue.keys.of(self.world.account) if key.key_id != ADMIN[0]]

    def watch_revocations(self) -> None:
        """A key that is revoked before another has worked from a fresh process is an offence."""
        ring = self.world.venue.keys
        revoke = self.by_venue = ring.revoke

        def watched(handle: str) -> bool:
            key = next((one for one in self.trading_keys() if one.handle == handle), None)
            if key is not None and key.key_id == TERMS.key_id and not self.verified:
                self.offences.append("the old key was revoked before a new one had worked from a fresh process")
            return revoke(handle)

        ring.revoke = watched  # type: ignore[method-assign]

    def _fresh(self, account_id: str, version: str) -> Outcome:
        from tieout.rotation_types import Refused

        if self.refuse_fresh and version != "first":
            self.refuse_fresh -= 1
            return Refused("told no")
        found = fresh.look(account_id, version)
        if isinstance(found, Worked) and version != "first":
            self.verified.append(version)
        return found


def pass_time(span: timedelta) -> None:
    moment = datetime.fromisoformat(os.environ["TIEOUT_NOW"]) + span
    os.environ["TIEOUT_NOW"] = moment.isoformat()


@cache
def _empty_journal() -> bytes:
    """A migrated journal: migrating takes longer than a whole rotation."""
    with tempfile.TemporaryDirectory() as folder:
        Journal.open(f"sqlite:///{folder}/journal.sqlite").close()
        return Path(folder, "journal.sqlite").read_bytes()


def prepare(folder: Path, settings: str = SETTINGS) -> Desk:
    """A desk in `folder`, which must be the working folder, with TIEOUT_NOW in the environment."""
    world = a_world()
    world.clock.advance_to(MONDAY_CLOSE)
    native, keys = NativeFace(world.venue).start(), KeysFace(world.venue).start()
    world.venue.keys.add(world.account, "admin", key_id=ADMIN[0], secret=ADMIN[1])
    (folder / "tieout.toml").write_text(settings.format(endpoint=native.base_url, manage=keys.base_url))
    key_file = folder / "secrets.key"
    key_file.write_text(new_key())
    key_file.chmod(0o600)
    os.environ[KEY_FILE] = str(key_file)
    for name, pair in (("main", (TERMS.key_id, TERMS.secret)), ("admin", ADMIN)):
        source = open_source(f"file:{name}.secret", "test")
        source.store("first", Secret({KEY_ID: pair[0], SECRET: pair[1]}))
        source.promote("first")
    (folder / "journal.sqlite").write_bytes(_empty_journal())
    journal = Journal.open("sqlite:///journal.sqlite")
    stores = Stores(journal, cast(Warehouse, None), load_settings())  # a rotation opens no warehouse
    return Desk(world, native, keys, stores)


__all__ = ["ADMIN", "Crash", "Desk", "Tripwire", "Work", "pass_time", "prepare"]
