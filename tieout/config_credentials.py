"""The `[credentials.NAME]` tables, and what accounts imply that have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from tieout.credentials import CredentialId, CredentialSettings, Kind
from tieout.ids import AccountId
from tieout.settings import AccountSettings
from tieout.toml_table import TomlTable

_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,47}"  # it becomes part of labels at venues and sources


def parse_credentials(
    root: TomlTable, accounts: Mapping[AccountId, AccountSettings]
) -> dict[CredentialId, CredentialSettings]:
    """Every credential by name: those with a table, then those that accounts refer to without one, only watched.

    raises    ConfigError naming the table, the key and what to write instead
    """
    tables = root.table("credentials")
    users = _users(accounts)
    found = [_credential(name, tables.table(name), users) for name in tables.content]
    known: dict[str, str] = {}
    for one in found:
        if one.reference in known:
            raise tables.table(one.credential_id).complain("reference", f"is also that of {known[one.reference]}")
        known[one.reference] = one.credential_id
    implied = [
        CredentialSettings(CredentialId(names[0]), reference, accounts=names, rotate=False)
        for reference, names in users.items()
        if reference not in known
    ]
    return {one.credential_id: one for one in (*found, *implied)}


def _users(accounts: Mapping[AccountId, AccountSettings]) -> dict[str, tuple[AccountId, ...]]:
    """Accounts by the reference that they use."""
    found: dict[str, tuple[AccountId, ...]] = {}
    for name, account in accounts.items():
        if account.credential is not None:
            found[account.credential] = (*found.get(account.credential, ()), name)
    return found


def _credential(name: str, table: TomlTable, users: Mapping[str, tuple[AccountId, ...]]) -> CredentialSettings:
    if not re.fullmatch(_NAME, name):
        raise table.complain(repr(name), "may hold letters, digits, '_' and '-' only, at most 48")
    reference = table.reference_or_none("reference")
    if reference is None:
        raise table.complain("reference", "is missing: name where it is kept, as the account does: file:desk.secret")
    usual = CredentialSettings(CredentialId(name), reference)
    credential = CredentialSettings(
        credential_id=CredentialId(name),
        reference=reference,
        kind=table.choice("kind", Kind, usual.kind),
        accounts=users.get(reference, ()),
        rotate=table.flag("rotate", usual.rotate),
        manage=table.url_or_none("manage"),
        manage_with=table.reference_or_none("manage_with"),
        max_age=_days(table, "max_age_days", usual.max_age),
        token_url=table.url_or_none("token_url"),
        authorize_url=table.url_or_none("authorize_url"),
        redirect_url=table.url_or_none("redirect_url"),
        rotating=table.flag("rotating", usual.rotating),
        reuse_grace=timedelta(seconds=int(table.number("reuse_grace_s", Decimal(0)))),
        access_life=timedelta(seconds=table.seconds("access_life_s", usual.access_life.total_seconds())),
        refresh_life=_days(table, "refresh_life_days", timedelta(0)) if table.has("refresh_life_days") else None,
        refresh_renews=table.flag("refresh_renews", usual.refresh_renews),
        early=_share(table, "refresh_at", usual.early),
        late=_share(table, "late_at", usual.late),
        ask_ahead=_days(table, "ask_ahead_days", usual.ask_ahead),
        owner=table.text("owner", usual.owner),
    )
    _require_whole(table, credential)
    table.close()
    return credential


def _require_whole(table: TomlTable, credential: CredentialSettings) -> None:
    if credential.kind is Kind.OAUTH and credential.token_url is None:
        raise table.complain("token_url", "is missing: name where the venue exchanges refresh tokens")
    if credential.early >= credential.late:
        raise table.complain("refresh_at", f"must be below late_at ({credential.late})")
    if credential.manage is not None and credential.kind is not Kind.KEY:
        raise table.complain("manage", f"is for kind = 'key', not for {credential.kind.value!r}")


def _days(table: TomlTable, key: str, default: timedelta) -> timedelta:
    days = table.number(key, Decimal(str(default.total_seconds() / 86_400)))
    if days <= 0:
        raise table.complain(key, f"must be above zero days, was {days}")
    return timedelta(seconds=float(days * 86_400))


def _share(table: TomlTable, key: str, default: float) -> float:
    share = table.number(key, Decimal(str(default)))
    if not 0 < share < 1:
        raise table.complain(key, f"must lie between 0 and 1, was {share}")
    return float(share)
