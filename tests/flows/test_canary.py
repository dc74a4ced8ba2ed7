"""Secrets appear nowhere: dummies in every source, every flow run well and badly, then everything searched for them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prefect.logging.loggers import get_logger
from typer.testing import CliRunner

from flows.cli.main import app
from flows.serving import BESIDE, declared
from simulator.protocols.alpaca import AlpacaFace
from tasks.credentials import open_credential
from tasks.secrets.opening import open_source
from tasks.stores import open_stores
from tasks.trading.answers import Answer, NotProven, give
from tests.contract.world import World, a_world
from tests.flows.canary_desk import DUMMIES, KEPT_IN, KEY, MAIN, Canary, Echo, canary_desk
from tests.flows.canary_search import Search
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk
from tests.flows.credential_desk import rotate
from tests.flows.windows import RISK, RunningFace, trade, wish
from tieout import redact
from tieout.recon.by_hand import Way
from tieout.secret import KEY_ID, SECRET

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
BEFORE = date(2026, 2, 25)  # a session before the desk's first close
ON_ITS_OWN = {"rehearsal"}  # a made-up desk with stores, settings and a simulator of its own: it opens no source
TYPED = json.dumps({KEY_ID: "PKTYPED", SECRET: DUMMIES["typed and refused"]})
COMMANDS = (
    (("doctor",), None),
    (("accounts",), None),
    (("breaks",), None),
    (("audit", "show", "--json"), None),
    (("report",), None),
    (("credentials", "list"), None),
    (("credentials", "check"), None),
    (("credentials", "set", "rotated", "--stdin"), TYPED),
)


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


@pytest.fixture
def canary(
    opened: FlowDesk,
    world: World,
    face: AlpacaFace,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
) -> Iterator[Canary]:
    """A desk whose every source holds a dummy; the venue knows the keys of three accounts, and refuses the others."""
    monkeypatch.delenv("ALPACA_API_KEY")
    monkeypatch.delenv("ALPACA_API_SECRET")
    told = DUMMIES["alert target"]
    monkeypatch.setenv("CHANNEL", f"json://desk:{told}@127.0.0.1:{channel.port}/hook/{told}/")
    with canary_desk(opened, world, face, monkeypatch) as made:
        yield made


def every_flow(desk: FlowDesk) -> Mapping[str, Callable[[], State[Any]]]:
    """How each deployment is run here."""
    from flows.assignment_check import assignment_check
    from flows.audit_anchor import audit_anchor
    from flows.broker_health import broker_health
    from flows.halt import halt
    from flows.import_history import import_history
    from flows.options_expiration import options_expiration
    from flows.plan_day import plan_day
    from flows.report import report
    from flows.resolve_break import resolve_break
    from flows.resume import resume
    from flows.risk_watch import risk_watch
    from flows.sweep import sweep
    from flows.transfers_watch import transfers_watch

    return {
        "eod-reconciliation": desk.close,
        "risk-watch": lambda: risk_watch(return_state=True),
        "halt": lambda: halt("test", "desk", account="alpaca-main", return_state=True),
        "resume": lambda: resume("test", "desk", account="alpaca-main", return_state=True),
        "execution-window": lambda: trade(desk, accounts=["alpaca-main", "token"]),
        "options-expiration": lambda: options_expiration(return_state=True),
        "assignment-check": lambda: assignment_check(return_state=True),
        "broker-health": lambda: broker_health(return_state=True),
        "plan-day": lambda: plan_day(return_state=True),
        "import-history": lambda: import_history("alpaca-main", BEFORE, "desk", return_state=True),
        "report": lambda: report(return_state=True),
        "resolve-break": lambda: resolve_break("BRK-none", Way.WAIT, "desk", "test", return_state=True),
        "transfers-watch": lambda: transfers_watch(return_state=True),
        "credential-rotation": lambda: rotate(force=True),
        "audit-anchor": lambda: audit_anchor(return_state=True),
        "sweep": lambda: sweep(return_state=True),
    }


def run_everything(canary: Canary) -> dict[str, list[str]]:
    """Every flow and the commands that show most, well and badly: what each said."""
    said: dict[str, list[str]] = {}

    def everything() -> None:
        for name, run in every_flow(canary.desk).items():
            state = run()
            said.setdefault(name, []).append(f"{state!r} {state.message} {state.data!r}")
            canary.note_made()
        for words, typed in COMMANDS:
            done = CliRunner().invoke(app, words, input=typed)
            said.setdefault(" ".join(words), []).append(f"{done.output} {done.stderr} {done.exception!r}")
        give_wrong_code()

    wish(canary.desk, "canary")
    everything()
    canary.fail()
    everything()
    canary.heal()
    return said


def give_wrong_code() -> None:
    with pytest.raises(NotProven), open_stores() as stores:
        give(stores, Answer("desk", "000000", True, ()))


def reprs() -> list[str]:
    """How the values in which secrets travel show themselves."""
    from tasks.settings import load_settings

    settings = load_settings()
    found: list[object] = [settings]
    for one in settings.accounts.values():
        credential = open_credential(one)
        source = open_source(str(one.credential), "test")
        found += [one, credential, str(credential), f"{credential}", source, source.read(), vars(source)]
    return [repr(one) for one in found]


def searched(desk: FlowDesk, prefect_home: Path, texts: list[str]) -> Search:
    """All folders of the desk, and of the Prefect server, whose database holds parameters, inputs, artifacts and logs;
    but for the file that is there to hold secrets."""
    from flows.cli.server import send_what_is_queued

    send_what_is_queued()
    return Search((desk.folder, prefect_home), texts, (desk.folder / ".env",))


def test_secrets_are_found_nowhere(
    canary: Canary, prefect_home: Path, channel: Channel, lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    said = run_everything(canary)
    printed = "\n".join(capfd.readouterr())
    texts = [text for each in said.values() for text in each]
    texts += [printed, *lines, *reprs(), *(json.dumps(one) for one in channel.messages)]

    search = searched(canary.desk, prefect_home, texts)
    hits = search.hits(canary.secrets())

    told = f"{len(canary.secrets())} secrets, {len(said)} flows and commands, {search.looked} texts and files"
    with capfd.disabled():
        print(f"{told}, {len(hits)} hits")
    assert {one.flow for one in declared(BESIDE)} - ON_ITS_OWN <= said.keys()
    assert len(canary.made) > 6  # a rotation made a key, and a refresh a token
    assert search.looked > 50
    assert hits == []


def test_without_redaction_the_search_finds_them(
    canary: Canary, prefect_home: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redact, "_known", lambda text, _spellings: text)
    monkeypatch.setattr(redact, "_patterns", lambda text: text)
    canary.fail()
    canary.desk.close()
    rotate(force=True)

    sent = {"key id": KEY, "secret": MAIN} | {name: DUMMIES[name] for name in KEPT_IN}
    found = searched(canary.desk, prefect_home, lines).hits(sent | canary.made)

    places = " ".join(where for _, where in found)
    print(f"without redaction: {len(found)} hits of {len({name for name, _ in found})} secrets")
    assert sent.keys() <= {name for name, _ in found}
    assert "journal.sqlite" in places
    assert "prefect.db" in places
    assert "text" in places


def test_an_order_that_the_venue_refuses_with_an_echo_leaves_no_secret(
    flow_desk: FlowDesk, prefect_home: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Dummies of its own: the server is shared with the test that leaves the others in it on purpose
    key, secret = "PKECHO+2b8e/dummy", "canary-echo/5d1a+dummy=value&y"  # pragma: allowlist secret
    world = a_world()
    world.venue.keys.add(world.account, "canary", key_id=key, secret=secret)
    with RunningFace(world.venue) as face:
        monkeypatch.setenv("TIEOUT_NOW", face.rehearsed)
        monkeypatch.setenv("ALPACA_API_KEY", key)
        monkeypatch.setenv("ALPACA_API_SECRET", secret)
        flow_desk.configure(flow_desk.more + RISK).account("alpaca-main", face.base_url, timeout_s=2)
        face.faults.add(Echo(), "/v2/orders", "POST")  # 422: refused, and final
        wish(flow_desk, "canary")
        state = trade(flow_desk)

    (intent,) = flow_desk.journal_rows("SELECT state FROM intent")
    assert intent["state"] == "rejected"
    assert searched(flow_desk, prefect_home, [repr(state), *lines]).hits({"key id": key, "secret": secret}) == []
