"""A machine whose clock is wrong refreshes its token all the same, and says by how much it is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from brokers.http.calls import CallLog
from simulator.protocols.oauth import SCHWAB, OAuthFace
from tasks.rotation.tokens import clocks_of, refreshed
from tests.contract.world import a_world
from tieout.credentials import CredentialId, CredentialSettings, Kind
from tieout.secret import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Secret


@pytest.mark.parametrize(
    ("wrong_s", "said"),
    [
        (0, ""),
        (30, ""),
        (-600, "; this machine's clock is 600 s behind the venue's"),
        (7200, "; this machine's clock is 7200 s ahead of the venue's"),
    ],
)
def test_a_wrong_clock_is_told_and_lifetimes_count_by_our_own(wrong_s: int, said: str) -> None:
    world = a_world()
    ours = world.clock.now + timedelta(seconds=wrong_s)
    with OAuthFace(world.venue, world.account, lambda: world.clock.now, SCHWAB) as face:
        pair = face.log_in()
        token_url = f"{face.base_url}/oauth/token"
        credential = CredentialSettings(CredentialId("main"), "file:x", Kind.OAUTH, token_url=token_url)
        client = {CLIENT_ID: face.client_id, CLIENT_SECRET: face.client_secret}
        secret = Secret({ACCESS_TOKEN: pair["access_token"], REFRESH_TOKEN: pair["refresh_token"], **client})

        new, words = refreshed(credential, secret, ours, ours, CallLog())

    clocks = clocks_of(new)
    assert clocks is not None
    assert words == said
    assert (clocks.issued_at, clocks.access_until) == (ours, ours + timedelta(minutes=30))
