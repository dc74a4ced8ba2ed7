"""A secret in a Prefect block on a real server: versions, and what a server that is away means."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.secrets.opening import open_source
from tests.flows.conftest import FlowDesk
from tieout.errors import ConfigError, SecretSourceError
from tieout.secret import KEY_ID, SECRET, VALUE, Secret

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
OLD = Secret({KEY_ID: "PKTESTOLD", SECRET: "test-secret-old"})
NEW = Secret({KEY_ID: "PKTESTNEW", SECRET: "test-secret-new"})


def test_versions_are_stored_switched_to_and_put_back(flow_desk: FlowDesk) -> None:
    source = open_source("prefect:desk-versions", "test")
    with pytest.raises(ConfigError, match="nothing is stored there"):
        source.read()
    source.store("one", OLD)
    source.promote("one")
    source.store("two", NEW)
    source.promote("two")
    assert dict(source.read().parts) == dict(NEW.parts)
    source.promote("one")
    assert dict(source.read().parts) == dict(OLD.parts)
    source.discard("two")
    assert source.versions() == ("one",)


def test_what_a_person_has_put_into_a_block_is_read_as_it_is(flow_desk: FlowDesk) -> None:
    from prefect.blocks.system import Secret as SecretBlock

    SecretBlock(value="test-secret-bare").save("desk-bare", overwrite=True)  # type: ignore[call-arg]
    SecretBlock(value={"key_id": "PKTEST", "secret": "test-secret"}).save("desk-pair", overwrite=True)  # type: ignore[call-arg]

    assert open_source("prefect:desk-bare", "test").read().part(VALUE) == "test-secret-bare"
    assert open_source("prefect:desk-pair", "test").read().part(SECRET) == "test-secret"


def test_a_block_is_not_kept_in_the_clear(flow_desk: FlowDesk) -> None:
    import httpx

    hidden = "test-value-that-is-hidden"
    home = httpx.get(f"{flow_desk.api}/admin/settings", trust_env=False).json()["home"]
    open_source("prefect:desk-hidden", "test").store("one", Secret({VALUE: hidden}))
    files = [one for one in Path(home).rglob("*") if one.is_file()]
    found = [one for one in files if hidden.encode() in one.read_bytes()]
    assert found == []


def test_a_server_that_is_away_is_asked_again_later(flow_desk: FlowDesk) -> None:
    from flows.cli.server import pointing_to

    with pointing_to("http://127.0.0.1:9/api"), pytest.raises(SecretSourceError, match="cannot be reached") as refused:
        open_source("prefect:desk-versions", "test").read()
    assert refused.value.retry
