"""A desk whose flows run on a real Prefect server, one server for the whole folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import MONDAY_CLOSE, World, a_world
from tests.databases import FileTemplate, Stores, open_stores
from tests.flows.channel import Channel, running_channel

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact, State

SECRET = "test-secret-of-the-first"  # pragma: allowlist secret
OPENING = (  # what the simulated account of tests/contract/world.py begins with
    "asset_class,symbol,side,quantity,unit_cost,currency\n"
    "equity,KO,long,10.557436865,58.1,USD\nequity,BAC,short,-100,40,USD\ncrypto,BTC/USD,long,0.25,60000,USD\n"
    "option,KO260306P00050000,short,-1,1.2,USD\ncash,USD,,100000,,USD\n"
)


@pytest.fixture
def channel() -> Iterator[Channel]:
    with running_channel() as running:
        yield running


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server's database and log."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_api(prefect_home: Path) -> Iterator[str]:
    """The URL of a server that no test is pointed to yet."""
    from flows.cli.server import running_server

    with running_server(prefect_home) as url:
        yield url


@dataclass(slots=True)
class FlowDesk:
    """A folder with settings and stores, and the close that can be run there."""

    folder: Path
    api: str
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: str = ""

    def account(self, name: str, endpoint: str, **other: Any) -> FlowDesk:
        """Add an account; `other` replaces keys of its table."""
        usual = {"broker": "alpaca", "mode": "paper", "calendar": "XNYS", "base_currency": "USD"}
        self.accounts[name] = usual | {"credential": "env:ALPACA", "endpoint": endpoint} | other
        self._write()
        return self

    def configure(self, more: str) -> FlowDesk:
        """Put further tables, or top-level keys before any table, into the settings."""
        self.more = more
        self._write()
        return self

    def close(self, **parameters: Any) -> State[Any]:
        """Run the flow in this process."""
        from flows.eod_reconciliation import eod_reconciliation

        return eod_reconciliation(**parameters, return_state=True)

    def stores(self) -> Stores:
        """The stores as they are now."""
        return open_stores(*FileTemplate.urls(self.folder / "data"))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What the warehouse's published copy answers."""
        return self._rows("warehouse", statement)

    def journal_rows(self, statement: str) -> list[dict[str, Any]]:
        """What the journal answers."""
        return self._rows("journal", statement)

    def _rows(self, store: str, statement: str) -> list[dict[str, Any]]:
        from sqlalchemy import text

        stores = self.stores()
        try:
            with getattr(stores, store).read() as connection:
                return [dict(row) for row in connection.execute(text(statement)).mappings()]
        finally:
            stores.close()

    def _write(self) -> None:
        tables = [_table(f"accounts.{name}", keys) for name, keys in self.accounts.items()]
        (self.folder / "tieout.toml").write_text("\n".join([self.more, *tables]))


def _table(name: str, keys: Mapping[str, Any]) -> str:
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in keys.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def leave_the_real_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Nothing of it stays: a folder of one's own, Monday after the close, and the key of the simulated account."""
    for name in [one for one in os.environ if one.startswith(("TIEOUT_", "ALPACA_", "APCA_", "DRY_RUN", "LOG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
    monkeypatch.setenv("ALPACA_API_KEY", "PKTEST")
    monkeypatch.setenv("ALPACA_API_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(folder)


@contextmanager
def without_heartbeats() -> Iterator[None]:
    """A run ends up to a second later for the thread that sends them, and here nobody listens for them."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@pytest.fixture
def flow_desk(
    prefect_api: str, file_template: FileTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlowDesk]:
    """An empty desk on Monday after the close, nothing of the real environment, no waiting between retries."""
    from flows.cli.server import pointing_to

    leave_the_real_environment(monkeypatch, tmp_path)
    file_template.copy_to(tmp_path / "data").close()
    with pointing_to(prefect_api), without_heartbeats():
        yield FlowDesk(tmp_path, prefect_api, more="[run]\nretry_delays_s = [0, 0]\n")


@pytest.fixture
def world() -> World:
    """The venue on Monday after the close; its account holds what OPENING says."""
    made = a_world()
    made.clock.advance_to(MONDAY_CLOSE)
    return made


@pytest.fixture
def face(world: World) -> Iterator[AlpacaFace]:
    with AlpacaFace(world.venue) as running:
        yield running


@pytest.fixture
def opened(flow_desk: FlowDesk, face: AlpacaFace) -> FlowDesk:
    """A desk whose book agrees with its account at the venue."""
    from typer.testing import CliRunner

    from flows.cli.main import app

    flow_desk.account("alpaca-main", face.base_url)
    (flow_desk.folder / "opening.csv").write_text(OPENING)
    words = ["import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return flow_desk


@pytest.fixture
def artifacts() -> Callable[[State[Any]], dict[str, Artifact]]:
    """The artifacts of a flow run, by key."""

    def read(state: State[Any]) -> dict[str, Artifact]:
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

        run_id = state.state_details.flow_run_id
        assert run_id is not None
        with get_client(sync_client=True) as client:
            wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
            return {str(one.key): one for one in client.read_artifacts(artifact_filter=wanted)}

    return read
