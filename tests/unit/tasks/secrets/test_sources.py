"""Every source that can be written to: versions are stored, switched to, put back, and never shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.secrets.base import SecretSource
from tasks.secrets.file import new_key
from tasks.secrets.opening import open_source
from tieout.errors import ConfigError, SecretSourceError, TieoutError
from tieout.secret import KEY_ID, SECRET, VALUE, Secret

OLD = Secret({KEY_ID: "PKTESTOLD", SECRET: "test-secret-old"})
NEW = Secret({KEY_ID: "PKTESTNEW", SECRET: "test-secret-new"})
Opened = Callable[[], SecretSource]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("TIEOUT_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets.key"
    path.write_text(new_key())
    path.chmod(0o600)
    monkeypatch.setenv("TIEOUT_SECRETS_KEY_FILE", str(path))
    return path


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real backend of keyrings.alt, in a file."""
    import keyring
    from keyrings.alt.file import PlaintextKeyring

    before, backend = keyring.get_keyring(), PlaintextKeyring()
    backend.file_path = str(tmp_path / "keyring.cfg")
    keyring.set_keyring(backend)
    yield tmp_path / "keyring.cfg"
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """A moto server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return aws_url


@pytest.fixture(params=["file", "keyring", "aws"])
def source(request: pytest.FixtureRequest) -> SecretSource:
    needs = {"file": "key_file", "keyring": "keyring_file", "aws": "aws"}
    request.getfixturevalue(needs[request.param])
    name = f"{request.node.name.partition('[')[0]}"
    return open_source(f"{request.param}:{name}", "test")


def parts(secret: Secret) -> dict[str, str]:
    return dict(secret.parts)


def test_a_version_is_stored_then_switched_to_then_put_back(source: SecretSource) -> None:
    source.store("one", OLD)
    source.promote("one")
    source.store("two", NEW)
    assert (source.current(), parts(source.read())) == ("one", parts(OLD))
    assert parts(source.read("two")) == parts(NEW)

    source.promote("two")
    assert (source.current(), parts(source.read())) == ("two", parts(NEW))

    source.promote("one")
    assert (source.current(), parts(source.read())) == ("one", parts(OLD))
    assert set(source.versions()) == {"one", "two"}


def test_every_verb_may_be_repeated(source: SecretSource) -> None:
    for _ in range(2):
        source.store("one", OLD)
    for _ in range(2):
        source.promote("one")
    for _ in range(2):
        source.store("two", NEW)
    for _ in range(2):
        source.promote("two")
    for _ in range(2):
        source.discard("one")
    assert source.versions() == ("two",)
    assert parts(source.read()) == parts(NEW)


def test_the_version_in_use_is_not_discarded(source: SecretSource) -> None:
    source.store("one", OLD)
    source.promote("one")
    with pytest.raises(ConfigError, match="one is in use and cannot be discarded"):
        source.discard("one")
    assert parts(source.read()) == parts(OLD)


def test_what_is_not_stored_is_said_to_be_absent(source: SecretSource) -> None:
    with pytest.raises(ConfigError, match="nothing is stored there"):
        source.read()
    source.store("one", OLD)
    for ask in (lambda: source.read("two"), lambda: source.promote("two")):
        with pytest.raises(ConfigError, match="version two is not stored"):
            ask()


def test_a_file_holds_no_secret_in_the_clear_and_nobody_else_can_read_it(key_file: Path, tmp_path: Path) -> None:
    source = open_source("file:secrets/desk.secret", "test")
    source.store("one", OLD)

    path = tmp_path / "secrets" / "desk.secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"test-secret" not in path.read_bytes()
    assert b"PKTEST" not in path.read_bytes()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602])
def test_a_file_that_others_can_read_or_change_is_refused(key_file: Path, tmp_path: Path, mode: int) -> None:
    source = open_source("file:desk.secret", "test")
    source.store("one", OLD)
    (tmp_path / "desk.secret").chmod(mode)

    with pytest.raises(ConfigError, match=f"mode {mode:o} lets others read or change it: chmod 600"):
        source.read("one")


def test_a_key_file_that_others_can_read_is_refused(key_file: Path) -> None:
    source = open_source("file:desk.secret", "test")
    source.store("one", OLD)
    key_file.chmod(0o644)

    with pytest.raises(ConfigError, match=r"secrets\.key: mode 644"):
        source.read("one")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(key_file: Path, tmp_path: Path) -> None:
    source = open_source("file:desk.secret", "test")
    source.store("one", OLD)
    os.chown(tmp_path / "desk.secret", 12345, -1)

    with pytest.raises(ConfigError, match="belongs to another user"):
        source.read("one")


def test_a_passphrase_opens_what_it_has_closed_and_another_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_SECRETS_PASSPHRASE", "test phrase of the desk")
    source = open_source("file:desk.secret", "test")
    source.store("one", OLD)
    assert parts(source.read("one")) == parts(OLD)

    monkeypatch.setenv("TIEOUT_SECRETS_PASSPHRASE", "another test phrase")
    with pytest.raises(ConfigError, match="is not the one it was written with"):
        source.read("one")
    monkeypatch.delenv("TIEOUT_SECRETS_PASSPHRASE")
    with pytest.raises(ConfigError, match="set TIEOUT_SECRETS_KEY_FILE or TIEOUT_SECRETS_PASSPHRASE"):
        source.read("one")


@pytest.mark.parametrize("text", ["", "{}", "test-secret in plain text", '{"format": 1}', '["sealed"]', "\x00"])
def test_a_damaged_file_is_refused_without_its_content(key_file: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "desk.secret").write_text(text)
    (tmp_path / "desk.secret").chmod(0o600)

    with pytest.raises(ConfigError) as refused:
        open_source("file:desk.secret", "test").read()
    assert "test-secret" not in str(refused.value)


def test_a_changed_byte_is_noticed(key_file: Path, tmp_path: Path) -> None:
    source, path = open_source("file:desk.secret", "test"), tmp_path / "desk.secret"
    source.store("one", OLD)
    text = path.read_text()
    place = text.index('"sealed": "') + 15
    path.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])

    with pytest.raises(ConfigError, match="is not the one it was written with"):
        source.read("one")


def test_what_a_person_has_put_into_a_keyring_is_read_as_it_is(keyring_file: Path) -> None:
    import keyring

    keyring.set_password("tieout", "bare", "test-secret-bare")
    keyring.set_password("desk", "pair", '{"key_id": "PKTEST", "secret": "test-secret"}')

    assert open_source("keyring:bare", "test").read().part(VALUE) == "test-secret-bare"
    assert open_source("keyring:desk/pair", "test").read().part(SECRET) == "test-secret"


@pytest.mark.parametrize(
    ("error", "words", "retry"),
    [
        ("KeyringLocked", "the keyring is locked", True),
        ("NoKeyringError", "there is no keyring on this machine", False),
        ("PasswordSetError", "could not be used", False),
    ],
)
def test_a_keyring_that_does_not_open_says_why(
    monkeypatch: pytest.MonkeyPatch, error: str, words: str, retry: bool
) -> None:
    import keyring
    from keyring import errors

    def fail(*_: object) -> None:
        raise getattr(errors, error)("test-secret")

    monkeypatch.setattr(keyring, "get_password", fail)
    with pytest.raises(SecretSourceError, match=words) as refused:
        open_source("keyring:desk", "test").read()
    assert refused.value.retry is retry
    assert "test-secret" not in str(refused.value)


def test_what_others_put_into_aws_is_read_and_kept_when_it_is_replaced(aws: str) -> None:
    import boto3

    made = boto3.client("secretsmanager").create_secret(
        Name="theirs", SecretString='{"key_id": "PKTESTOLD", "secret": "test-secret-old"}'
    )
    source = open_source("aws:theirs", "test")
    assert parts(source.read()) == parts(OLD)
    theirs = source.current()
    assert theirs == made["VersionId"]

    source.store("two", NEW)
    source.promote("two")
    assert (source.current(), parts(source.read())) == ("two", parts(NEW))
    source.promote(str(theirs))
    assert parts(source.read()) == parts(OLD)


@pytest.mark.parametrize(
    ("code", "words", "retry"),
    [
        ("ThrottlingException", "AWS throttles us", True),
        ("AccessDeniedException", "the role needs secretsmanager:GetSecretValue", False),
        ("InternalServiceError", "AWS answered InternalServiceError", True),
    ],
)
def test_what_aws_refuses_is_told_with_what_to_do(
    aws: str, monkeypatch: pytest.MonkeyPatch, code: str, words: str, retry: bool
) -> None:
    from tests.unit.tasks.secrets.refusing import refusing_aws

    with refusing_aws(code) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(SecretSourceError, match=words) as refused:
            open_source("aws:desk", "test").read()
    assert refused.value.retry is retry


def test_aws_out_of_reach_is_asked_again_later(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SecretSourceError, match="AWS cannot be asked") as refused:
        open_source("aws:desk", "test").read()
    assert refused.value.retry


def test_the_environment_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_API_KEY", "PKTEST")
    monkeypatch.setenv("DESK_API_SECRET", "test-secret")
    source = open_source("env:DESK", "test")
    assert parts(source.read()) == {KEY_ID: "PKTEST", SECRET: "test-secret"}
    for change in (lambda: source.store("two", NEW), lambda: source.promote("two"), lambda: source.discard("two")):
        with pytest.raises(ConfigError, match="the environment cannot be written to"):
            change()


@pytest.mark.parametrize("reference", ["vault:x", "file:", "nothing"])
def test_an_unknown_reference_names_those_that_are_known(reference: str) -> None:
    with pytest.raises(TieoutError, match="known are env:, file:, keyring:, prefect:, aws:"):
        open_source(reference, "test")
