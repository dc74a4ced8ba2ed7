"""The expiry calendar: every credential with both clocks, what happens next, when, and who must act. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.credentials import CredentialId, CredentialSettings, Kind
from tieout.due import countdown, is_late, lapses_at, refresh_at
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.rotation_types import Action, Part, Phase, Rotation

TIEOUT = "tieout"
_PERSON = frozenset({Action.ASK, Action.ASK_REVOKE})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. Times are UTC.

    phase            of the part that is furthest from rest
    access_until     when the key or access token lapses; refresh_until: the refresh token or login behind it
    at               when the next action is due; None where nothing is known of its age
    by               who takes it: `tieout`, or a person
    deadline         after which it no longer works, or is too old, unless somebody acts
    person           who must act by then; None where tieout does it by itself
    """

    credential_id: str
    reference: str
    kind: Kind
    accounts: tuple[AccountId, ...]
    phase: Phase
    access_until: datetime | None
    refresh_until: datetime | None
    action: str
    at: datetime | None
    by: str
    deadline: datetime | None
    person: str | None = None
    reason: str = ""

    @property
    def needs_person(self) -> bool:
        """Whether somebody must act."""
        return self.by != TIEOUT


@dataclass(frozen=True, slots=True)
class Session:
    """The session that comes next, or runs: when it opens and closes, UTC."""

    name: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person must hear of once.

    key    the same for the same news, so that it is told once
    """

    credential_id: str
    key: str
    words: str
    severity: Severity


def calendar(credentials: Iterable[CredentialSettings], rows: Sequence[Rotation], now: datetime) -> tuple[Entry, ...]:
    """Every credential, those that lapse first at the top."""
    by_id: dict[str, dict[Part, Rotation]] = {}
    for row in rows:
        by_id.setdefault(row.credential_id, {})[row.part] = row
    found = [_entry(one, by_id.get(one.credential_id, {}), now) for one in credentials]
    return tuple(sorted(found, key=lambda one: (one.deadline is None, one.deadline or now, one.credential_id)))


def notices(
    entries: Iterable[Entry],
    rows: Sequence[Rotation],
    settings: Mapping[CredentialId, CredentialSettings],
    sessions: Mapping[AccountId, Session],
    now: datetime,
) -> tuple[Notice, ...]:
    """What is to be told: before a session during which something lapses, and on the way to a person's deadline."""
    told: list[Notice] = []
    for entry in entries:
        told += _before_session(entry, sessions)
        told += _on_the_way(entry, now)
    late = [row for row in rows if row.credential_id in settings and is_late(row, settings[row.credential_id], now)]
    told += [_late(row) for row in late]
    return tuple(told)


def _entry(one: CredentialSettings, rows: Mapping[Part, Rotation], now: datetime) -> Entry:
    if one.kind is Kind.OAUTH:
        return _token_entry(one, rows.get(Part.TOKEN), rows.get(Part.LOGIN))
    row = rows.get(Part(one.kind.value)) or Rotation(one.credential_id, Part(one.kind.value))
    until = lapses_at(row, one)
    at = until if one.by_program or until is None else until - one.ask_ahead
    action = _under_way(row) or ("replace the key" if one.kind is Kind.KEY else "log in")
    by = one.owner if not one.by_program or not one.rotate or row.action in _PERSON else TIEOUT
    if row.phase is not Phase.IDLE:
        at = row.not_before or now
    return _made(one, row, row.access_until or until, None, action, at, by, row.deadline or until)


def _token_entry(one: CredentialSettings, token: Rotation | None, login: Rotation | None) -> Entry:
    token = token or Rotation(one.credential_id, Part.TOKEN)
    if login is not None and login.phase is not Phase.IDLE:
        action = _under_way(login) or "log in"
        by = one.owner if login.action in _PERSON else TIEOUT
        deadline = login.deadline or token.refresh_until
        return _made(one, login, token.access_until, token.refresh_until, action, login.not_before, by, deadline)
    login_at = token.refresh_until - one.ask_ahead if token.refresh_until else None
    refreshed_at = refresh_at(token, one.early)
    first = login_at is not None and (refreshed_at is None or login_at <= refreshed_at)
    action = "log in" if first or token.phase is Phase.LAPSED else _under_way(token) or "refresh the access token"
    by, at = (one.owner, login_at) if action == "log in" else (TIEOUT, refreshed_at)
    return _made(one, token, token.access_until, token.refresh_until, action, at, by, token.refresh_until)


def _made(
    one: CredentialSettings,
    row: Rotation,
    access: datetime | None,
    refresh: datetime | None,
    action: str,
    at: datetime | None,
    by: str,
    deadline: datetime | None,
) -> Entry:
    return Entry(
        one.credential_id,
        one.reference,
        one.kind,
        one.accounts,
        row.phase,
        access,
        refresh,
        action if one.rotate else f"{action} by hand",
        at,
        by,
        deadline,
        None if one.by_program and one.rotate and row.action not in _PERSON else one.owner,
        row.reason,
    )


def _under_way(row: Rotation) -> str | None:
    words = {Action.ASK: "store a new secret", Action.ASK_REVOKE: "revoke the old key at the venue"}
    if row.action is None:
        return None
    return words.get(row.action, f"go on: {row.action}")


def _before_session(entry: Entry, sessions: Mapping[AccountId, Session]) -> list[Notice]:
    """Before the open, not after a failure: what lapses before the session's close and does not renew itself."""
    told = []
    for account in entry.accounts:
        session = sessions.get(account)
        if session is None or entry.deadline is None or entry.person is None or entry.deadline > session.closes_at:
            continue
        when = "before the open" if entry.deadline <= session.opens_at else "before the close"
        what = f"{entry.credential_id} of {account} lapses at {_at(entry.deadline)}, {when}"
        words = f"session {session.name}: {what}. {entry.person}: {_by_hand(entry)}"
        told.append(Notice(entry.credential_id, f"session {session.name} {entry.deadline}", words, Severity.CRITICAL))
    return told


def _by_hand(entry: Entry) -> str:
    """What a person does about it: a token that is refreshed until then still ends with its login."""
    return "log in" if entry.kind is Kind.OAUTH and not entry.needs_person else entry.action


def _on_the_way(entry: Entry, now: datetime) -> list[Notice]:
    if entry.deadline is None or not entry.needs_person or (entry.at is not None and now < entry.at):
        return []
    mark = countdown(entry.deadline, now)
    if mark is None:
        return []
    left = "its deadline is over" if mark == "nothing" else f"{mark} or less are left"
    words = f"{entry.credential_id}: {entry.by} must {entry.action} by {_at(entry.deadline)}, {left}"
    severity = Severity.WARNING if mark.endswith("days") else Severity.CRITICAL
    return [Notice(entry.credential_id, f"{mark} to {entry.deadline}", words, severity)]


def _late(row: Rotation) -> Notice:
    words = f"{row.credential_id}: the access token should have been refreshed and lapses at {_at(row.access_until)}"
    return Notice(row.credential_id, f"late {row.access_until}", f"{words}. {row.reason}".rstrip(), Severity.CRITICAL)


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"
