"""The words of the rotation machine: phases, actions, outcomes, the row, the policy. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tieout.credentials import CredentialId, CredentialSettings


class Phase(StrEnum):
    """Where a credential stands."""

    IDLE = "idle"
    CREATING = "creating"
    SEARCHING = "searching"
    ASKING = "asking"
    CREATED = "created"
    COMPARING = "comparing"
    SWITCHING = "switching"
    SWITCHED = "switched"
    REVOKING = "revoking"
    ASKING_REVOKE = "asking_revoke"
    PROVING = "proving"
    DECIDING = "deciding"
    RESTORING = "restoring"
    RESTORED = "restored"
    WITHDRAWING = "withdrawing"
    REFRESHING = "refreshing"
    REFRESHED = "refreshed"
    UNSURE = "unsure"
    LAPSED = "lapsed"  # the refresh token is refused: only a login helps


class Part(StrEnum):
    """What of a credential a row is about. An OAuth credential has two: its token, and the login behind it."""

    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"


class Action(StrEnum):
    """What is to be carried out. Each may be repeated; CREATE and REFRESH are repeated only after a search."""

    CREATE = "create"  # a key under our label, stored as a version that is not yet used
    SEARCH = "search"  # does the source hold it, or the venue know the label? What is useless there is revoked
    ASK = "ask"  # a person, for a secret
    PROBE = "probe"  # the new one: same account, least rights, a dry read
    COMPARE = "compare"  # both at once must read the same
    SWITCH = "switch"  # make the new version the current one
    VERIFY = "verify"  # the new one, by its reference, from a fresh process
    REVOKE = "revoke"  # the old key
    ASK_REVOKE = "ask_revoke"  # a person, to revoke the old key
    PROVE = "prove"  # the old key is refused
    DECIDE = "decide"  # does the old one still work?
    RESTORE = "restore"  # make the old version the current one again
    VERIFY_OLD = "verify_old"  # the old one, by its reference, from a fresh process
    WITHDRAW = "withdraw"  # revoke the new key and forget its version
    REFRESH = "refresh"  # exchange the refresh token, and store the answer as a version
    RECOVER = "recover"  # did the answer reach the source?


ACTIONS = {
    Phase.CREATING: Action.CREATE,
    Phase.SEARCHING: Action.SEARCH,
    Phase.ASKING: Action.ASK,
    Phase.CREATED: Action.PROBE,
    Phase.COMPARING: Action.COMPARE,
    Phase.SWITCHING: Action.SWITCH,
    Phase.SWITCHED: Action.VERIFY,
    Phase.REVOKING: Action.REVOKE,
    Phase.ASKING_REVOKE: Action.ASK_REVOKE,
    Phase.PROVING: Action.PROVE,
    Phase.DECIDING: Action.DECIDE,
    Phase.RESTORING: Action.RESTORE,
    Phase.RESTORED: Action.VERIFY_OLD,
    Phase.WITHDRAWING: Action.WITHDRAW,
    Phase.REFRESHING: Action.REFRESH,
    Phase.REFRESHED: Action.SWITCH,
    Phase.UNSURE: Action.RECOVER,
}


@dataclass(frozen=True, slots=True)
class Rotation:
    """One part of one credential; nothing of it is secret. Times are UTC.

    number           grows with each new version that is asked for; with the credential's name it makes `label`
    label            the new version's name in the source and the new key's at the venue: the key of every step
    former           the version that was current before
    rounds           versions asked for in this rotation
    begun_at         when the action of this phase was begun; None where it is still to be begun
    sent_at          when the refresh token was first shown to the venue in vain
    tries            of this phase's action that came to nothing
    not_before       nothing is done until then
    issued_at        when the current version was made
    access_until, refresh_until   both clocks; None where that one does not run out by time
    deadline         until when a person must have acted
    old_refused      the venue was seen to refuse the old one: there is no way back to it
    venue_account    the account behind it, as the venue's identity names it
    """

    credential_id: CredentialId
    part: Part
    phase: Phase = Phase.IDLE
    number: int = 0
    label: str | None = None
    former: str | None = None
    rounds: int = 0
    begun_at: datetime | None = None
    sent_at: datetime | None = None
    tries: int = 0
    not_before: datetime | None = None
    issued_at: datetime | None = None
    access_until: datetime | None = None
    refresh_until: datetime | None = None
    deadline: datetime | None = None
    old_refused: bool = False
    venue_account: str | None = None
    reason: str = ""
    version: int = 0

    @property
    def action(self) -> Action | None:
        """What is to be done next; None where nothing is."""
        return ACTIONS.get(self.phase)


@dataclass(frozen=True, slots=True)
class Clocks:
    """When a token was had, and until when it and its refresh token live; None where it was not said."""

    issued_at: datetime
    access_until: datetime | None = None
    refresh_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """It was done, or found done.

    found      of a search or a question: whether the new version is in the source
    clocks     of a token that was had
    """

    words: str = ""
    found: bool = True
    clocks: Clocks | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """No, and final. `old`: of a comparison, it is the old one that was refused."""

    words: str
    old: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """It may have been done: an answer that did not come, or a process that is gone."""

    words: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing can have happened. `later`: it was not the time for it, which is no failed try."""

    words: str
    later: bool = False


Outcome = Worked | Refused | Lost | NotSent
GONE = Lost("the process that began it is gone")


@dataclass(frozen=True, slots=True)
class Event:
    """Something to be kept in the row's history. `call`: a person must hear of it."""

    kind: str
    words: str
    call: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a rotation is.

    settings       of the credential
    tries          of one action before its failure counts
    pause          between two tries, doubling up to `longest`
    hold_off       after a rotation that failed
    last_resort    share of an access token's life at which a refresh token that may be spent is tried all the same
    """

    settings: CredentialSettings
    tries: int = 3
    pause: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=1)
    hold_off: timedelta = timedelta(hours=6)
    last_resort: float = 0.95


@dataclass(frozen=True, slots=True)
class Step:
    """The row to be committed, with its events."""

    row: Rotation
    events: tuple[Event, ...] = ()
