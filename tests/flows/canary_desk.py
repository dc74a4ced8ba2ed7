"""A desk whose every source of secrets holds a dummy, at a venue that repeats what it was sent when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, ClassVar

import keyring
import pyotp
import pytest
from keyring.backend import KeyringBackend

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Answer
from simulator.protocols.keys import KEYS, KeysFace
from simulator.protocols.oauth import TRADESTATION, OAuthFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from tasks.secrets.opening import open_source
from tests.contract.world import TERMS, World
from tests.flows.conftest import FlowDesk
from tieout.secret import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, KEY_ID, REFRESH_TOKEN, SECRET, Secret

KEY, MAIN = "PKCANARY+7f3a/dummy", "canary-1/4c9e+dummy=value&x"  # pragma: allowlist secret
DUMMIES = {
    "key id": KEY,
    "secret": MAIN,
    "one-time codes": pyotp.random_base32(),
    "alert target": "canary-2-channel-dummy",  # pragma: allowlist secret
    "webhook": "canary-3-webhook-dummy",  # pragma: allowlist secret
    "passphrase": "canary-6-passphrase-dummy",  # pragma: allowlist secret
    "file": "canary-4/in a-file&dummy",  # pragma: allowlist secret
    "keyring": "canary-5/in+a-keyring=dummy",  # pragma: allowlist secret
    "prefect": "canary-7/in+a-block=dummy",  # pragma: allowlist secret
    "aws": "canary-8/in+aws=dummy",  # pragma: allowlist secret
    "key to be replaced": "canary-9-old-key-dummy",  # pragma: allowlist secret
    "client of the token": "canary-10-client-dummy",  # pragma: allowlist secret
    "typed and refused": "canary-11-typed-dummy",  # pragma: allowlist secret
}
KEPT_IN = ("file", "keyring", "prefect", "aws")
"""Sources whose dummy belongs to an account that the venue refuses."""
ROTATED, TOKEN = "file:rotated.vault", "prefect:canary-token"
TABLES = """
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
[credentials.rotated]
reference = "{rotated}"
manage = "{keys}"
[credentials.token]
reference = "{token}"
kind = "oauth"
rotating = true
token_url = "{oauth}/oauth/token"
"""


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


@dataclass(slots=True)
class Echo:
    """The venue repeats what it was sent, secrets and all, as it refuses and as it breaks, by turns."""

    turns: Iterator[int] = field(default_factory=lambda: cycle((422, 500)))

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        keys = {name: value for name, value in request.headers.items() if name.startswith(("apca", "auth"))}
        said = f"bad request of {keys} with {request.body!r} {request.path}"
        return answered({"code": 1, "error": "refused", "message": said}, next(self.turns))


@dataclass
class Canary:
    """The desk with its venue; `made` grows with every secret that comes to be meanwhile."""

    desk: FlowDesk
    world: World
    face: AlpacaFace
    keys: KeysFace
    oauth: OAuthFace
    made: dict[str, str] = field(default_factory=dict)

    def secrets(self) -> Mapping[str, str]:
        """All that must not be found."""
        return DUMMIES | self.made

    def fail(self) -> None:
        """From now on everything is refused or breaks, with an echo."""
        for face, path in ((self.face, "*"), (self.keys, f"{KEYS}*"), (self.oauth, "*")):
            for method in ("GET", "POST", "DELETE"):
                face.faults.add(Echo(), path, method, times=ALWAYS)

    def heal(self) -> None:
        """All is well again."""
        for face in (self.face, self.keys, self.oauth):
            face.faults.clear()

    def note_made(self) -> None:
        """Remember the secrets that rotations have made: the venue's keys, and every version in the sources."""
        for key in self.world.venue.keys.of(self.world.account):
            if key.key_id != TERMS.key_id:  # which stands in every test, and nowhere here
                self.made |= {f"{key.label}: key id": key.key_id, f"{key.label}: secret": key.secret}
        for reference in (ROTATED, TOKEN):
            source = open_source(reference, "test")
            for version in source.versions():
                held = source.read(version).parts
                self.made |= {f"{version}: {name}": held[name] for name in _SECRET & held.keys()}


_SECRET = frozenset({SECRET, ACCESS_TOKEN, REFRESH_TOKEN})


@contextmanager
def canary_desk(opened: FlowDesk, world: World, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    """The venue knows the keys of three accounts, one to be replaced and one a token, and refuses the others."""
    with ExitStack() as stack:
        keys = stack.enter_context(KeysFace(world.venue))
        oauth = stack.enter_context(OAuthFace(world.venue, world.account, lambda: world.clock.now, TRADESTATION))
        stack.enter_context(_aws(monkeypatch))
        stack.enter_context(_ring())
        monkeypatch.setenv("TIEOUT_SECRETS_PASSPHRASE", DUMMIES["passphrase"])
        world.venue.keys.add(world.account, "canary", key_id=KEY, secret=MAIN)
        _dotenv(opened)
        for scheme in KEPT_IN:
            reference = f"{scheme}:canary-{scheme}"
            store(reference, {KEY_ID: "PKOTHER", SECRET: DUMMIES[scheme]})
            opened.account(f"at-{scheme}", face.base_url, credential=reference)
        old = world.venue.keys.add(world.account, "old", secret=DUMMIES["key to be replaced"])
        store(ROTATED, {KEY_ID: old.key_id, SECRET: old.secret})
        opened.account("rotated", face.base_url, credential=ROTATED)
        oauth.client_secret = DUMMIES["client of the token"]
        pair = oauth.log_in()
        held = {name: pair[name] for name in (ACCESS_TOKEN, REFRESH_TOKEN)}
        store(TOKEN, held | {CLIENT_ID: oauth.client_id, CLIENT_SECRET: oauth.client_secret})
        opened.account("token", face.base_url, credential=TOKEN)
        tables = TABLES.format(rotated=ROTATED, keys=keys.base_url, token=TOKEN, oauth=oauth.base_url)
        canary = Canary(opened.configure(opened.more + tables), world, face, keys, oauth)
        canary.note_made()
        yield canary


def store(reference: str, parts: Mapping[str, str]) -> None:
    """Keep a secret where a reference leads."""
    source = open_source(reference, "test")
    source.store("k1", Secret(parts))
    source.promote("k1")


def _dotenv(desk: FlowDesk) -> None:
    hook, codes = DUMMIES["webhook"], DUMMIES["one-time codes"]
    file = desk.folder / ".env"
    file.write_text(f"ALPACA_API_KEY='{KEY}'\nALPACA_API_SECRET='{MAIN}'\nDESK_TOTP={codes}\nHOOK={hook}\n")
    file.chmod(0o600)


@contextmanager
def _ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@contextmanager
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A moto server on loopback."""
    from moto.server import ThreadedMotoServer

    server: Any = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield
    server.stop()
