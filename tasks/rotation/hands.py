"""Carrying out what the rotation machine asks for: one action, one outcome. No decision is taken here.

Every secret that passes through goes from the venue to the source or back, and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brokers.http.calls import CallLog
from tasks.audit import append_calls
from tasks.clock import now, wall_clock
from tasks.credentials import credential_of
from tasks.rotation import fresh
from tasks.rotation.probe import Seen, is_refused_by_venue, outcome_of, probe, require_same_account
from tasks.rotation.tokens import clocks_of, refreshed
from tasks.secrets.base import SecretSource
from tasks.secrets.opening import open_source
from tieout.credentials import CredentialSettings
from tieout.errors import ConfigError, NotFound, SecretSourceError, TieoutError, Unauthorised
from tieout.rotation_types import Action, Lost, NotSent, Outcome, Refused, Rotation, Worked
from tieout.secret import KEY_ID, SECRET, Secret
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.keys import KeyEntry, KeyManager

STORE_TRIES = 3


@dataclass(frozen=True, slots=True)
class Hands:
    """What works on one credential.

    verify    whether a fresh process can use a version; replaced only where a drill runs thousands
    calls     every request to the venue that nobody has put into the audit trail yet
    """

    settings: Settings
    credential: CredentialSettings
    verify: Callable[[str, str], Outcome] = fresh.verify
    calls: CallLog = field(default_factory=CallLog, repr=False)

    @property
    def source(self) -> SecretSource:
        """Where the secret is kept."""
        return open_source(self.credential.reference, f"credential {self.credential.credential_id}")

    @property
    def account(self) -> AccountSettings:
        """An account that uses it.

        raises    ConfigError where none does, for then nothing can be found out about it
        """
        if not self.credential.accounts:
            raise ConfigError(f"no account refers to {self.credential.reference}: it cannot be tried out")
        return self.settings.accounts[self.credential.accounts[0]]

    def append_calls(self, journal: Connection) -> None:
        """Put the requests that were made since into the audit trail."""
        append_calls(journal, self.credential.accounts[0] if self.credential.accounts else None, self.calls)

    def carry_out(self, row: Rotation) -> Outcome:
        """Do the row's action, once. Never raises what tieout raises on purpose: it is an outcome."""
        if row.action is None or row.label is None:
            return NotSent("there is nothing to be done", later=True)
        try:
            return _ACTIONS[row.action](self, row, row.label)
        except TieoutError as error:
            return outcome_of(error)

    def look(self, version: str | None, known: str | None) -> Seen:
        """What a version shows at the venue. Raises as `probe`, and ConfigError for another account."""
        seen = probe(self.settings, self.account, self.source.read(version), self.calls)
        require_same_account(seen, known)
        return seen

    def manager(self, row: Rotation, version: str | None = None) -> KeyManager:
        """The venue's key management, asked with the key that may use it; a version of the credential without one.

        raises    ConfigError where none is configured
        """
        from brokers.keys import KeyManager

        if self.credential.manage is None:
            raise ConfigError("no program can make or revoke keys of this venue: `manage` is not set")
        place = f"credential {row.credential_id}"
        reference = self.credential.manage_with
        secret = open_source(reference, place).read() if reference else self.source.read(version)
        return KeyManager(self.credential.manage, credential_of(secret, place), self.calls, now)

    def can_store(self, label: str) -> None:
        """Find out that a version can be kept before one is made that could not be.

        raises    ConfigError, SecretSourceError
        """
        source = self.source
        source.store(f"{label}-try", source.read())
        source.discard(f"{label}-try")

    def keep(self, label: str, secret: Secret) -> Outcome:
        """Store what the venue has just given, before anything else is done with it."""
        for _ in range(STORE_TRIES - 1):
            with suppress(SecretSourceError):
                self.source.store(label, secret)
                return Worked(f"stored as {label}")
        try:
            self.source.store(label, secret)
        except SecretSourceError as error:
            return Lost(f"it was had, and could not be stored: {error}")
        return Worked(f"stored as {label}")


def _create(hands: Hands, row: Rotation, label: str) -> Outcome:
    """With the rights and the addresses of the key that it replaces, as far as trading needs them."""
    from brokers.keys import TRADING

    hands.can_store(label)
    manager, old = hands.manager(row), hands.source.read()
    entry = _entry_of(manager.list_keys(), old)
    rights = tuple(one for one in TRADING if entry is None or one in entry.rights)
    made = manager.create_key(label, rights, entry.ip_allow_list if entry else ())
    return hands.keep(label, old.with_parts({KEY_ID: made.entry.key_id, SECRET: made.secret}))


def _search(hands: Hands, row: Rotation, label: str) -> Outcome:
    if label in hands.source.versions():
        return Worked(f"{label} is in the source")
    manager = hands.manager(row)
    lost = [one for one in manager.list_keys() if one.label == label]
    for one in lost:
        manager.revoke_key(one.handle)
    return Worked(f"{len(lost)} keys whose secret was lost are revoked", found=False)


def _ask(hands: Hands, _row: Rotation, label: str) -> Outcome:
    if label not in hands.source.versions():
        return Worked("nobody has supplied it yet", found=False)
    return Worked("supplied", clocks=clocks_of(hands.source.read(label)))


def _probe(hands: Hands, row: Rotation, label: str) -> Outcome:
    return Worked(hands.look(label, row.venue_account).words)


def _compare(hands: Hands, row: Rotation, label: str) -> Outcome:
    new = hands.look(label, row.venue_account)
    try:
        old = hands.look(row.former, row.venue_account)
    except Unauthorised as error:
        return Refused(str(error), old=True)
    if (old.identity.venue_account, old.orders) != (new.identity.venue_account, new.orders):
        return Refused("the two read different accounts or orders")
    return Worked(f"both read the same: {new.words}")


def _switch(hands: Hands, row: Rotation, label: str) -> Outcome:
    hands.source.promote(label)
    return Worked(f"{row.credential_id} is now {label}")


def _verify(hands: Hands, _row: Rotation, label: str) -> Outcome:
    return hands.verify(hands.account.account.account_id, label)


def _revoke(hands: Hands, row: Rotation, label: str) -> Outcome:
    manager = hands.manager(row, label)
    entry = _entry_of(manager.list_keys(), hands.source.read(row.former))
    if entry is None:
        return Worked("the venue lists it no longer")
    manager.revoke_key(entry.handle)
    return Worked(f"{entry.label} is revoked")


def _ask_revoke(_hands: Hands, _row: Rotation, _label: str) -> Outcome:
    return Worked("it is looked whether somebody has revoked it")


def _prove(hands: Hands, row: Rotation, label: str) -> Outcome:
    """The old one is refused, the new one works, and no other key of ours is left."""
    source = hands.source
    if row.former in source.versions():
        words = is_refused_by_venue(hands.settings, hands.account, source.read(row.former), hands.calls)
        if words is None:
            return Refused("the old key still works")
    hands.look(label, row.venue_account)
    swept = _sweep(hands, row, label)
    if row.former is not None:
        source.discard(row.former)
    return Worked(f"the old key is refused{swept}")


def _sweep(hands: Hands, row: Rotation, label: str) -> str:
    """End keys of ours that came of answers that were lost: one that was late shows only now."""
    if hands.credential.manage is None:
        return ""
    manager, ours = hands.manager(row, label), f"{row.credential_id}-{row.part}-".lower()
    stray = [one for one in manager.list_keys() if one.label.startswith(ours) and one.label != label]
    for one in stray:
        manager.revoke_key(one.handle)
    return f", {len(stray)} stray keys revoked" if stray else ""


def _decide(hands: Hands, row: Rotation, _label: str) -> Outcome:
    if row.former is None:
        return Refused("there is no old one")
    return Worked(hands.look(row.former, row.venue_account).words)


def _restore(hands: Hands, row: Rotation, _label: str) -> Outcome:
    hands.source.promote(str(row.former))
    return Worked(f"{row.credential_id} is {row.former} again")


def _verify_old(hands: Hands, row: Rotation, _label: str) -> Outcome:
    return hands.verify(hands.account.account.account_id, str(row.former))


def _withdraw(hands: Hands, row: Rotation, label: str) -> Outcome:
    """The unused key ends at the venue before it is forgotten here."""
    if hands.credential.by_program:
        manager = hands.manager(row, row.former)
        for one in manager.list_keys():
            if one.label == label:
                with suppress(NotFound):
                    manager.revoke_key(one.handle)
    hands.source.discard(label)
    return Worked(f"{label} is withdrawn")


def _refresh(hands: Hands, _row: Rotation, label: str) -> Outcome:
    hands.can_store(label)
    asked_at = now()
    pair, skew = refreshed(hands.credential, hands.source.read(), asked_at, wall_clock(), hands.calls)
    kept = hands.keep(label, pair)
    if not isinstance(kept, Worked):
        return kept
    return Worked(f"{kept.words}{skew}", clocks=clocks_of(pair))


def _recover(hands: Hands, _row: Rotation, label: str) -> Outcome:
    if label not in hands.source.versions():
        return Worked("its answer is not in the source", found=False)
    return Worked(f"{label} is in the source", clocks=clocks_of(hands.source.read(label)))


def _entry_of(keys: tuple[KeyEntry, ...], secret: Secret) -> KeyEntry | None:
    return next((one for one in keys if one.key_id == secret.part(KEY_ID)), None)


_ACTIONS: dict[Action, Callable[[Hands, Rotation, str], Outcome]] = {
    Action.CREATE: _create,
    Action.SEARCH: _search,
    Action.ASK: _ask,
    Action.PROBE: _probe,
    Action.COMPARE: _compare,
    Action.SWITCH: _switch,
    Action.VERIFY: _verify,
    Action.REVOKE: _revoke,
    Action.ASK_REVOKE: _ask_revoke,
    Action.PROVE: _prove,
    Action.DECIDE: _decide,
    Action.RESTORE: _restore,
    Action.VERIFY_OLD: _verify_old,
    Action.WITHDRAW: _withdraw,
    Action.REFRESH: _refresh,
    Action.RECOVER: _recover,
}
