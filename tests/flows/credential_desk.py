"""A desk whose account has its credential in an encrypted file, at a simulated Alpaca with keys and logins."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.keys import KeysFace
from simulator.protocols.oauth import OAuthFace
from tasks.secrets.base import SecretSource
from tasks.secrets.file import KEY_FILE, new_key
from tasks.secrets.opening import open_source
from tests.contract.world import TERMS, World
from tests.flows.conftest import FlowDesk
from tieout.secret import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, KEY_ID, REFRESH_TOKEN, SECRET, Secret

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

REFERENCE = "file:main.secret"


def keep(secret: Secret, monkeypatch: pytest.MonkeyPatch, desk: FlowDesk) -> SecretSource:
    """Store a secret in the working folder's file."""
    key_file = desk.folder / "secrets.key"
    key_file.write_text(new_key())
    key_file.chmod(0o600)
    monkeypatch.setenv(KEY_FILE, str(key_file))
    source = open_source(REFERENCE, "test")
    source.store("first", secret)
    source.promote("first")
    return source


def with_key(desk: FlowDesk, face: AlpacaFace, keys: KeysFace | None, monkeypatch: pytest.MonkeyPatch) -> SecretSource:
    """One account with an API key; a program may replace it where there is key management."""
    manage = f'manage = "{keys.base_url}"\n' if keys else ""
    desk.configure(f'{desk.more}[credentials.main]\nreference = "{REFERENCE}"\n{manage}')
    desk.account("alpaca-main", face.base_url, credential=REFERENCE)
    return keep(Secret({KEY_ID: TERMS.key_id, SECRET: TERMS.secret}), monkeypatch, desk)


def with_token(
    desk: FlowDesk, face: AlpacaFace, oauth: OAuthFace, monkeypatch: pytest.MonkeyPatch, more: str = ""
) -> SecretSource:
    """One account with an access token, just had."""
    table = (
        f'[credentials.main]\nreference = "{REFERENCE}"\nkind = "oauth"\ntoken_url = "{oauth.base_url}/oauth/token"\n'
    )
    desk.configure(f"{desk.more}{table}{more}")
    desk.account("alpaca-main", face.base_url, credential=REFERENCE)
    pair = oauth.log_in()
    parts = {ACCESS_TOKEN: pair["access_token"], REFRESH_TOKEN: pair["refresh_token"]}
    return keep(Secret({**parts, CLIENT_ID: oauth.client_id, CLIENT_SECRET: oauth.client_secret}), monkeypatch, desk)


def rotate(**parameters: Any) -> State[Any]:
    """Run the flow in this process; it waits for nobody unless told to."""
    from flows.credential_rotation import credential_rotation

    return credential_rotation(**{"ask_for_s": 0} | parameters, return_state=True)


def pass_time(world: World, span: timedelta) -> None:
    """On both sides."""
    world.venue.advance(world.clock.now + span)
    os.environ["TIEOUT_NOW"] = world.clock.now.isoformat()
