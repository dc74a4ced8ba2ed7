"""`tieout credentials`: list, set, check and go back. No output shows a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from simulator.protocols.alpaca import AlpacaFace
from tasks.secrets.file import new_key
from tasks.secrets.opening import open_source
from tests.cli.conftest import Desk
from tests.contract.world import TERMS, World
from tieout.rotation_types import Action
from tieout.secret import KEY_ID, SECRET, Secret

REFERENCE = "file:main.secret"
MORE = f'\n[credentials.main]\nreference = "{REFERENCE}"\n'


@pytest.fixture
def kept(desk: Desk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The account's key in an encrypted file."""
    key_file = desk.folder / "secrets.key"
    key_file.write_text(new_key())
    key_file.chmod(0o600)
    monkeypatch.setenv("TIEOUT_SECRETS_KEY_FILE", str(key_file))
    desk.configure(face.base_url, MORE)
    toml = desk.folder / "tieout.toml"
    toml.write_text(toml.read_text().replace("env:ALPACA", REFERENCE))
    source = open_source(REFERENCE, "test")
    source.store("first", Secret({KEY_ID: TERMS.key_id, SECRET: TERMS.secret}))
    source.promote("first")
    return desk


def typed(*words: str, keys: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), input=keys)
    return done.exit_code, done.output + done.stderr


def begin_rotation() -> None:
    """As the flow begins one, without a server: a person is asked for a new key."""
    from tasks.rotation.steps import hands_of
    from tasks.rotation.work import rotate, working
    from tasks.stores import open_stores

    with open_stores() as stores, working(stores, hands_of(stores.settings, "main")) as work:
        (row,) = rotate(work, forced=True)
    assert row.action is Action.ASK


def test_a_rotation_that_asks_goes_on_with_what_is_typed(kept: Desk, world: World) -> None:
    begin_rotation()
    made = world.venue.keys.add(world.account, "by hand")

    code, said = typed("credentials", "set", "main", keys=f"{made.key_id}\n{made.secret}\n")

    assert code == 0, said
    assert "stored as main-key-1" in said
    assert "The rotation stands at: asking_revoke" in said
    assert open_source(REFERENCE, "test").read().part(KEY_ID) == made.key_id
    (row,) = kept.json("credentials", "list")
    assert row["action"] == "revoke the old key at the venue"


def test_list_names_every_credential_also_those_without_a_table(connected: Callable[..., Desk]) -> None:
    (row,) = connected().json("credentials", "list")
    assert (row["credential_id"], row["reference"], row["person"]) == ("alpaca-main", "env:ALPACA", "operator")
    assert row["action"] == "replace the key by hand"


def test_check_tells_what_the_venue_says(kept: Desk) -> None:
    (row,) = kept.json("credentials", "check")
    assert row["ok"]
    assert row["found"].startswith("alpaca-main: paper account ********0001")


def test_check_of_a_refused_key_fails_and_says_what_to_do(kept: Desk, world: World) -> None:
    for key in world.venue.keys.of(world.account):
        world.venue.keys.revoke(key.handle)

    (row,) = kept.json("credentials", "check", "main", expect=1)

    assert not row["ok"]
    assert "tieout credentials set main" in row["advice"]


def test_a_typed_key_is_tried_stored_and_used_and_the_old_one_can_be_had_back(kept: Desk, world: World) -> None:
    made = world.venue.keys.add(world.account, "by hand")

    code, said = typed("credentials", "set", "main", keys=f"{made.key_id}\n{made.secret}\n")

    assert code == 0, said
    assert "It is in use" in said
    assert open_source(REFERENCE, "test").read().part(KEY_ID) == made.key_id
    assert made.secret not in said
    assert made.key_id not in said

    (row,) = kept.json("credentials", "list")
    assert row["deadline"].startswith("2026-05-31"), "90 days from now: its age counts from here"

    assert "is first again" in kept("credentials", "set", "main", "--back").stdout
    assert open_source(REFERENCE, "test").read().part(KEY_ID) == TERMS.key_id


@pytest.mark.parametrize("pair", [("PKTEST", "test-secret-that-is-wrong"), ("PKOTHER", TERMS.secret)])
def test_a_key_that_does_not_work_changes_nothing(kept: Desk, pair: tuple[str, str]) -> None:
    code, said = typed("credentials", "set", "main", keys="\n".join([*pair, ""]))

    assert code == 1
    assert pair[1] not in said
    source = open_source(REFERENCE, "test")
    assert source.versions() == ("first",)


def test_a_key_of_another_account_is_refused(kept: Desk, world: World) -> None:
    from dataclasses import replace

    begin_rotation()
    other = replace(TERMS, account_number="PA0000000002", key_id="PKOTHER", secret="test-secret-of-another")
    world.venue.open_account(other)

    code, said = typed("credentials", "set", "main", keys="PKOTHER\ntest-secret-of-another\n")

    assert code == 1
    assert "********0001 was meant" in said
    assert "test-secret-of-another" not in said


def test_the_secret_may_come_from_standard_input(kept: Desk, world: World) -> None:
    made = world.venue.keys.add(world.account, "by hand")
    code, said = typed(
        "credentials", "set", "main", "--stdin", keys=json.dumps({KEY_ID: made.key_id, SECRET: made.secret})
    )
    assert code == 0, said


def test_the_environment_is_not_written_to(connected: Callable[..., Desk], world: World) -> None:
    connected()
    made = world.venue.keys.add(world.account, "by hand")
    code, said = typed("credentials", "set", "alpaca-main", keys=f"{made.key_id}\n{made.secret}\n")
    assert code == 1
    assert "the environment cannot be written to" in said


def test_an_accounts_name_means_its_credential(kept: Desk) -> None:
    (row,) = kept.json("credentials", "check", "alpaca-main", "main")
    assert (row["credential"], row["ok"]) == ("main", True)


def test_an_unknown_credential_is_named_with_the_nearest(kept: Desk) -> None:
    result = kept("credentials", "check", "maim", expect=1)
    assert "did you mean 'main'?" in result.stderr


def test_a_file_that_others_can_read_is_refused_with_the_command_that_helps(kept: Desk) -> None:
    Path(kept.folder / "main.secret").chmod(0o644)
    (row,) = kept.json("credentials", "check", expect=1)
    assert "chmod 600" in row["found"]


def test_doctor_tells_that_a_person_is_waited_for(kept: Desk) -> None:
    begin_rotation()

    (failed,) = [one for one in kept.json("doctor", expect=1) if not one["ok"]]

    assert (failed["subject"], failed["name"]) == ("alpaca-main", "renewal")
    assert failed["detail"].startswith("next: store a new secret by ")
    assert failed["advice"] == "`tieout credentials list` says what is due"


def test_what_a_person_stores_and_puts_back_stands_in_the_trail(kept: Desk, world: World) -> None:
    key = world.venue.keys.add(world.account, "typed")
    typed("credentials", "set", "main", keys=f"{key.key_id}\n{key.secret}\n")
    typed("credentials", "set", "main", keys="PKWRONG\ntest-secret-that-is-wrong\n")
    kept("credentials", "set", "main", "--back")

    trail = kept.json("audit", "show", "--limit", "100")

    told = [one["action"] for one in trail if one["action"].startswith("credential.")]
    assert told == ["credential.stored", "credential.set", "credential.not_stored", "credential.put_back"]
    (put_back,) = [one for one in trail if one["action"] == "credential.put_back"]
    assert put_back["subject"] == "main"
    assert any(one["action"] == "broker.call" and "/v2/account" in one["subject"] for one in trail)
    written = json.dumps(trail)
    for secret in (key.key_id, key.secret, "test-secret-that-is-wrong", TERMS.secret):
        assert secret not in written
