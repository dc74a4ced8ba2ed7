"""Secrets appear nowhere: dummies in every source, every flow run well and badly, then everything searched for them."""

from __future__ import annotations

import json
import logging
import stat
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, quote_plus

import keyring
import pyotp
import pytest
from keyring.backend import KeyringBackend
from prefect.logging.loggers import get_logger
from typer.testing import CliRunner

from flows.cli.main import app
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Status
from tasks.credentials import open_credential
from tasks.secrets.opening import open_source
from tasks.stores import open_stores
from tasks.trading.answers import Answer, NotProven, give
from tests.contract.world import World
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk
from tests.flows.windows import trade, wish
from tieout import redact
from tieout.secret import KEY_ID, Secret
from tieout.secret import SECRET as SECRET_PART

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
KEY, SECRET = "PKCANARY+7f3a/dummy", "canary-1/4c9e+dummy=value&x"  # pragma: allowlist secret
TOTP = pyotp.random_base32()
CHANNEL = "canary-2-channel-dummy"  # pragma: allowlist secret
HOOK = "canary-3-webhook-dummy"  # pragma: allowlist secret
FILED = "canary-4-in-a-file-dummy"  # pragma: allowlist secret
RINGED = "canary-5-in-a-keyring-dummy"  # pragma: allowlist secret
PHRASE = "canary-6-passphrase-dummy"  # pragma: allowlist secret
EVERYTHING = {
    "key id": KEY,
    "secret": SECRET,
    "one-time codes": TOTP,
    "alert target": CHANNEL,
    "webhook": HOOK,
    "file": FILED,
    "keyring": RINGED,
    "passphrase": PHRASE,
}
MORE = """
[risk]
max_silence_s = 1
[alerts]
critical = ["env:CHANNEL"]
warning = ["env:CHANNEL"]
info = ["env:CHANNEL"]
[approvers.desk]
totp = "env:DESK_TOTP"
[signals.webhook]
secret = "env:HOOK"
"""


def spellings(secret: str) -> set[bytes]:
    """Plain, URL-encoded, and base64 by itself or at any place within something longer."""
    coded = secret.encode()
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    within = (b64encode(b"\x00" * shift + coded).decode() for shift in range(3))
    return {one.encode() for one in plain} | {one.rstrip("=")[4:-4].encode() for one in within}


@dataclass
class Search:
    """Where a secret would be found."""

    folders: tuple[Path, ...]
    texts: list[str] = field(default_factory=list)
    kept_on_purpose: tuple[Path, ...] = ()
    looked: int = 0

    def hits(self, secrets: Mapping[str, str] = EVERYTHING) -> list[tuple[str, str]]:
        wanted = {name: spellings(secret) for name, secret in secrets.items()}
        found = []
        for where, content in self._contents():
            self.looked += 1
            found += [(name, where) for name, ways in wanted.items() if any(one in content for one in ways)]
        return found

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        for number, text in enumerate(self.texts):
            yield f"text {number}: {text[:60]}", text.encode("utf-8", "replace")
        for folder in self.folders:
            for file in folder.rglob("*"):
                if file.is_file() and not stat.S_ISSOCK(file.stat().st_mode) and file not in self.kept_on_purpose:
                    yield str(file), file.read_bytes()


class Listening(logging.Handler):
    """Every record of every logger, as a handler would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged, of the loggers that do not pass it on as well."""
    listening = Listening()
    loggers = [
        logging.getLogger(),
        *(get_logger(name) for name in ("", "flow_runs", "task_runs")),
        logging.getLogger("tieout"),
    ]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.addHandler(listening)
    logging.getLogger("tieout").setLevel(logging.DEBUG)
    yield listening.lines
    for one, level in zip(loggers, levels, strict=True):
        one.removeHandler(listening)
        one.setLevel(level)


class Ring(KeyringBackend):
    """A keyring that is open."""

    priority = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def canary(
    opened: FlowDesk,
    world: World,
    face: AlpacaFace,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
) -> Iterator[FlowDesk]:
    """A desk whose every source holds a dummy; the venue knows the key of one account, and refuses the others."""
    monkeypatch.delenv("ALPACA_API_KEY")
    monkeypatch.delenv("ALPACA_API_SECRET")
    monkeypatch.setenv("TIEOUT_SECRETS_PASSPHRASE", PHRASE)
    monkeypatch.setenv("CHANNEL", f"json://desk:{CHANNEL}@127.0.0.1:{channel.port}/hook/{CHANNEL}/")
    world.venue.keys.add(world.account, "canary", key_id=KEY, secret=SECRET)
    dotenv = opened.folder / ".env"
    dotenv.write_text(f"ALPACA_API_KEY='{KEY}'\nALPACA_API_SECRET='{SECRET}'\nDESK_TOTP={TOTP}\nHOOK={HOOK}\n")
    dotenv.chmod(0o600)
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    for reference, secret in (("file:filed.vault", FILED), ("keyring:ringed", RINGED)):
        source = open_source(reference, "test")
        source.store("k1", Secret({KEY_ID: "PKOTHER", SECRET_PART: secret}))
        source.promote("k1")
        opened.account(f"alpaca-{reference[:4]}", face.base_url, credential=reference)
    yield opened.configure(opened.more + MORE)
    keyring.set_keyring(before)


def echo(face: AlpacaFace, status: int = 422) -> None:
    """A venue that repeats what it was sent, secret and all, as it refuses."""
    said = {"code": 1, "message": f"bad request of {KEY} with {SECRET} Authorization: Basic {_basic()}"}
    face.faults.add(Status(status, json.dumps(said).encode()), times=ALWAYS)


def _basic() -> str:
    return b64encode(f"{KEY}:{SECRET}".encode()).decode()


def run_everything(desk: FlowDesk, face: AlpacaFace) -> list[str]:
    """Every flow, well and badly, and the commands that show most; what they printed."""
    from flows.audit_anchor import audit_anchor
    from flows.halt import halt
    from flows.resume import resume
    from flows.risk_watch import risk_watch

    said = []

    def told(state: State[Any]) -> None:
        said.append(f"{state!r} {state.message} {state.data!r}")

    def everything() -> None:
        told(desk.close())
        told(risk_watch(return_state=True))
        told(halt("test", "desk", account="alpaca-main", return_state=True))
        told(resume("test", "desk", account="alpaca-main", return_state=True))
        told(trade(desk, accounts=["alpaca-main"]))
        told(audit_anchor(return_state=True))
        for words in (["doctor"], ["accounts"], ["breaks"], ["audit", "show", "--json"], ["report"]):
            done = CliRunner().invoke(app, words)
            said.append(f"{done.output} {done.exception!r}")
        give_wrong_code(desk)

    wish(desk, "canary")
    everything()
    for status in (422, 500):
        face.faults.clear()
        echo(face, status)
        everything()
    face.faults.clear()
    return said


def give_wrong_code(desk: FlowDesk) -> None:
    with pytest.raises(NotProven), open_stores() as stores:
        give(stores, Answer("desk", "000000", True, ()))


def reprs(desk: FlowDesk) -> list[str]:
    """How the values in which secrets travel show themselves."""
    from tasks.settings import load_settings

    settings = load_settings()
    found: list[object] = [settings]
    for one in settings.accounts.values():
        credential = open_credential(one)
        found += [one, credential, str(credential), f"{credential}"]
    source = open_source("file:filed.vault", "test")
    found += [source, source.read(), vars(source)]
    return [repr(one) for one in found]


def searched(desk: FlowDesk, prefect_home: Path, texts: list[str]) -> Search:
    """All folders of the desk, and of the Prefect server, whose database holds parameters, inputs, artifacts and logs;
    but for the file that is there to hold secrets."""
    from flows.cli.server import send_what_is_queued

    send_what_is_queued()
    kept = (desk.folder / ".env",)
    return Search((desk.folder, prefect_home), texts, kept)


def test_secrets_are_found_nowhere(
    canary: FlowDesk, face: AlpacaFace, prefect_home: Path, channel: Channel, lines: list[str]
) -> None:
    said = run_everything(canary, face)
    texts = [*said, *lines, *reprs(canary), *(json.dumps(one) for one in channel.messages)]

    search = searched(canary, prefect_home, texts)
    hits = search.hits()

    print(f"{len(EVERYTHING)} secrets, {search.looked} texts and files, {len(hits)} hits")
    assert search.looked > 50
    assert hits == []


def test_without_redaction_the_search_finds_them(
    canary: FlowDesk, face: AlpacaFace, prefect_home: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redact, "_known", lambda text, _spellings: text)
    monkeypatch.setattr(redact, "_patterns", lambda text: text)
    echo(face)
    canary.close()

    found = searched(canary, prefect_home, lines).hits({"key id": KEY, "secret": SECRET})

    places = " ".join(where for _, where in found)
    print(f"without redaction: {len(found)} hits")
    assert {name for name, _ in found} == {"key id", "secret"}
    assert "journal.sqlite" in places
    assert "prefect.db" in places
    assert "text" in places
