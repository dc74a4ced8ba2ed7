"""A token pair as a secret: exchanged at the venue, with both clocks kept beside it.

The clocks stand with the pair, so that a pair whose answer was stored by a process that is gone still tells its age.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tieout.credentials import CredentialSettings
from tieout.errors import ConfigError
from tieout.rotation_types import Clocks
from tieout.secret import (
    ACCESS_TOKEN,
    ACCESS_UNTIL,
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUED,
    REFRESH_TOKEN,
    REFRESH_UNTIL,
    Secret,
)

if TYPE_CHECKING:
    from brokers.http.calls import CallLog
    from brokers.oauth import Client, Grant

SKEW_LIMIT = timedelta(seconds=60)


def refreshed(
    credential: CredentialSettings, secret: Secret, now: datetime, wall: datetime, calls: CallLog
) -> tuple[Secret, str]:
    """The pair that the refresh token gives, and words about the clock where ours is wrong.

    now       when it is asked for, UTC: lifetimes count from then, by our clock alone, so a clock that is wrong by a
              constant does no harm
    calls     where the request is noted, for the audit trail
    raises    leaves of BrokerError as `brokers.oauth.refresh`
    """
    from brokers.oauth import refresh

    grant = refresh(_client(credential, secret), secret.part(REFRESH_TOKEN), wall, calls)
    return paired(credential, secret, grant, now), _clock_words(grant)


def logged_in(credential: CredentialSettings, secret: Secret, code: str, now: datetime, calls: CallLog) -> Secret:
    """The pair that a person's login gives. Raises as `brokers.oauth.exchange_code`."""
    from brokers.oauth import exchange_code

    if credential.redirect_url is None:
        raise ConfigError(
            f"credentials.{credential.credential_id}: redirect_url is missing, as registered at the venue"
        )
    grant = exchange_code(_client(credential, secret), code, credential.redirect_url, now, calls)
    bare = Secret({name: one for name, one in secret.parts.items() if name != REFRESH_UNTIL})
    return paired(credential, bare, grant, now, login=True)


def paired(
    credential: CredentialSettings, secret: Secret, grant: Grant, now: datetime, *, login: bool = False
) -> Secret:
    """The secret with a new pair and its clocks."""
    parts = {ACCESS_TOKEN: grant.access_token, ISSUED: now.isoformat()}
    parts[ACCESS_UNTIL] = (now + (grant.access_life or credential.access_life)).isoformat()
    if grant.refresh_token is not None:
        parts[REFRESH_TOKEN] = grant.refresh_token
    life = grant.refresh_life
    if life is None and (login or credential.refresh_renews):
        life = credential.refresh_life
    if life is not None:
        parts[REFRESH_UNTIL] = (now + life).isoformat()
    return secret.with_parts(parts)


def clocks_of(secret: Secret) -> Clocks | None:
    """The clocks that stand with a pair; None where a person stored it without them."""
    issued, access, refresh = (_moment(secret, name) for name in (ISSUED, ACCESS_UNTIL, REFRESH_UNTIL))
    return None if issued is None else Clocks(issued, access, refresh)


def _client(credential: CredentialSettings, secret: Secret) -> Client:
    from brokers.oauth import Client

    if credential.token_url is None:
        raise ConfigError(f"credentials.{credential.credential_id}: token_url is missing")
    return Client(credential.token_url, secret.part(CLIENT_ID), secret.parts.get(CLIENT_SECRET))


def _clock_words(grant: Grant) -> str:
    if grant.skew is None or abs(grant.skew) < SKEW_LIMIT:
        return ""
    seconds = abs(grant.skew.total_seconds())
    return (
        f"; this machine's clock is {seconds:.0f} s {'behind' if grant.skew > timedelta(0) else 'ahead of'} the venue's"
    )


def _moment(secret: Secret, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(secret.parts[name]) if name in secret.parts else None
    except ValueError:
        raise ConfigError(f"the part {name!r} of the secret is no moment") from None
