"""The topology of several machines, by processes: Prefect's server and both stores on PostgreSQL, and two workers.

Twenty accounts are closed across both. A worker dies with its run, and then server and database are killed in the
middle of others. Everything ties out, and nothing is done twice.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from flows.cli.server import free_port, pointing_to, running_server
from simulator.protocols.native import NativeFace
from tests.contract.world import MONDAY_CLOSE, TERMS, a_world
from tests.databases import PostgresTemplate
from tests.flows.conftest import FlowDesk, leave_the_real_environment
from tests.flows.worker_kills.crew import Crew, a_crew, until
from tests.flows.worker_kills.strikes import Whom
from tests.own_postgres import OwnPostgres, own_postgres
from tieout.instruments import equity

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("topology")]
ACCOUNTS, RUNS = 20, 4
ASKED_AGAIN = 3  # times at the most; each close is still done once, which is counted at the end
CLOSE = "eod-reconciliation"
OPENING = "asset_class,symbol,side,quantity,unit_cost,currency\nequity,KO,long,{units},58.1,USD\ncash,USD,,1000,,USD\n"
OF_VALUE = {"cost_basis_mismatch", "stale_price"}  # this venue's prices stand still; units, cash and trades must agree
GOOD = {"tied_out", "breaks_open"}
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(slots=True)
class Topology:
    """Everything that runs."""

    desk: FlowDesk
    stores: tuple[str, str]
    postgres: OwnPostgres
    server: ExitStack
    start_server: Callable[[], None]
    crew: Crew
    runs: list[UUID] = field(default_factory=list)

    def rows(self, statement: str, **binds: Any) -> list[dict[str, Any]]:
        """What the database answers; nothing while it is down."""
        engine = create_engine(self.stores[0])
        try:
            with engine.connect() as connection:
                return [dict(row) for row in connection.execute(text(statement), binds).mappings()]
        except DBAPIError:
            return []
        finally:
            engine.dispose()

    def ask(self, accounts: list[str]) -> UUID:
        self.runs.append(self.crew.begin(accounts=accounts, date="2026-03-02"))
        return self.runs[-1]

    def under_way(self) -> UUID | None:
        """A run that has seen an account and has not ended."""
        at_work = self.rows(
            "SELECT DISTINCT r.flow_run_id FROM run AS r JOIN snapshot AS s ON s.run_id = r.run_id "
            "WHERE r.state = 'running'"
        )
        living = [UUID(one["flow_run_id"]) for one in at_work if self.crew.run_processes(UUID(one["flow_run_id"]))]
        return living[0] if living else None

    def wait_for_one(self) -> UUID:
        until(lambda: self.under_way() is not None, "a run is in the middle", self.crew.tail)
        found = self.under_way()
        return found if found is not None else self.wait_for_one()

    def wait_for_all(self) -> None:
        """Every run that was asked for, by whomever, is over, and its process gone: one that could not tell the server
        in time lingers for seconds, and holds its accounts for as long."""
        until(lambda: not self._open(), "every run is over", self.crew.tail)

    def _open(self) -> bool:
        from prefect.client.schemas.filters import DeploymentFilter

        mine = DeploymentFilter(id={"any_": [self.crew.deployment]})  # type: ignore[arg-type]
        time.sleep(0.5)
        found = self.crew.client.read_flow_runs(deployment_filter=mine)
        if any(one.state is None or one.state.type.value not in FINAL for one in found):
            return True
        return any(self.crew.run_processes(one.id) for one in found)

    def missing(self) -> list[str]:
        """Accounts without a close that came to its end."""
        ended = {one["account_id"] for one in self.rows("SELECT account_id, state FROM run") if one["state"] in GOOD}
        return [name for name in names() if name not in ended]


def names() -> list[str]:
    return [f"desk-{number:02d}" for number in range(ACCOUNTS)]


def sweep() -> State[Any]:
    from flows.sweep import sweep as flow

    return flow(return_state=True)


@contextmanager
def twenty_accounts(desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One venue with all of them, each with a key of its own, and settings that name them."""
    world = a_world()
    for number in range(ACCOUNTS):
        key = f"PKTEST{number}"
        terms = replace(TERMS, account_number=f"PA{number + 100:010d}", key_id=key)
        account = world.venue.open_account(terms)
        account.open_with({"USD": Decimal(1000)}, [(equity("KO"), Decimal(10 + number), Decimal("58.1"))])
        monkeypatch.setenv(f"DESK{number:02d}_API_KEY", key)
        monkeypatch.setenv(f"DESK{number:02d}_API_SECRET", TERMS.secret)
    world.clock.advance_to(MONDAY_CLOSE)
    with NativeFace(world.venue) as face:
        for number, name in enumerate(names()):
            desk.account(name, face.base_url, broker="paper", credential=f"env:DESK{number:02d}")
        yield


def open_books(desk: FlowDesk) -> None:
    from typer.testing import CliRunner

    from flows.cli.main import app

    for number, name in enumerate(names()):
        (desk.folder / "opening.csv").write_text(OPENING.format(units=10 + number))
        words = ["import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk"]
        done = CliRunner().invoke(app, [*words, "--account", name])
        assert done.exit_code == 0, done.output


@pytest.fixture
def topology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topology]:
    leave_the_real_environment(monkeypatch, tmp_path)
    with ExitStack() as opened, tempfile.TemporaryDirectory(prefix="tieout-pg-topology-") as made:
        Path(made).chmod(0o755)
        postgres = opened.enter_context(own_postgres(Path(made)))
        template = PostgresTemplate.make(postgres.url)
        stores = template.copy()
        stores.close()
        urls = (stores.journal_url, stores.warehouse_url)
        monkeypatch.setenv("TIEOUT_JOURNAL_URL", urls[0])
        monkeypatch.setenv("TIEOUT_WAREHOUSE_URL", urls[1])
        database = None
        if postgres.has_trgm:
            empty = make_url(template.empty()).set(drivername="postgresql+asyncpg")
            database = empty.render_as_string(hide_password=False)
        else:
            print("This PostgreSQL has no pg_trgm: the Prefect server keeps its own tables in SQLite.")
        port, server = free_port(), opened.enter_context(ExitStack())

        def start() -> None:
            server.enter_context(running_server(tmp_path / "server", port=port, database=database))

        start()
        url = f"http://127.0.0.1:{port}/api"
        opened.enter_context(pointing_to(url))
        desk = FlowDesk(tmp_path, url, more="[run]\nretry_delays_s = [0, 0]\n")
        opened.enter_context(twenty_accounts(desk, monkeypatch))
        open_books(desk)
        crew = opened.enter_context(a_crew(tmp_path, {"TIEOUT_CONFIG": str(tmp_path / "tieout.toml")}, CLOSE, 2))
        yield Topology(desk, urls, postgres, server, start, crew)


def test_twenty_accounts_tie_out_across_two_workers_whatever_dies(topology: Topology) -> None:
    chunks = [names()[at::RUNS] for at in range(RUNS)]
    for chunk in chunks:
        topology.ask(chunk)

    # A worker dies with the run that it started: the sweep lets another run go on with its accounts
    topology.crew.run = topology.wait_for_one()
    dead = str(topology.crew.run)
    topology.crew.kill(Whom.BOTH)
    until(lambda: not topology.crew.is_running(), "the run is dead")
    state = sweep()
    assert state.name == "Swept", state.message
    resumed = topology.rows("SELECT subject, detail FROM audit_event WHERE action = 'flow.resumed'")
    assert [json.loads(one["detail"])["dead"] for one in resumed] == [dead]
    assert sweep().name == "Clean"

    # Database and server die in the middle of what the other worker does, and come back
    topology.wait_for_one()
    topology.postgres.kill()
    topology.server.close()
    topology.postgres.start()
    topology.start_server()
    topology.crew.hire()
    topology.wait_for_all()
    assert sweep().is_completed()
    topology.wait_for_all()
    for _ in range(ASKED_AGAIN):  # runs that told the server that they had failed are asked for by a person
        if missing := topology.missing():
            topology.ask(missing)
            topology.wait_for_all()

    told = topology.rows("SELECT run_id, state, outcome FROM run ORDER BY run_id")
    left = topology.missing()
    assert left == [], [one for one in told if any(name in one["run_id"] for name in left)]
    require_done_once(topology)


def require_done_once(topology: Topology) -> None:
    """By the store: each account tied out once, on a snapshot that was accepted, and every record was posted once."""
    runs = topology.rows("SELECT run_id, account_id, state FROM run")
    good = [one for one in runs if one["state"] in GOOD]
    assert Counter(one["account_id"] for one in good) == dict.fromkeys(names(), 1)
    assert {one["state"] for one in runs} <= GOOD | {"failed"}
    assert any(one["state"] == "failed" for one in runs), "nobody died in the middle"
    recon = {one["run_id"]: one for one in topology.rows("SELECT run_id, state, coverage FROM recon_run")}
    snapshots = topology.rows("SELECT run_id FROM snapshot WHERE status = 'accepted'")
    accepted = Counter(one["run_id"] for one in snapshots)
    for one in good:
        assert (recon[one["run_id"]]["state"], recon[one["run_id"]]["coverage"]) == (one["state"], Decimal(1))
        assert accepted[one["run_id"]] == 1
    posted = topology.rows(
        "SELECT account_id, record_kind, record_id, event, leg, count(*) AS times FROM ledger_entry "
        "GROUP BY account_id, record_kind, record_id, event, leg HAVING count(*) > 1"
    )
    assert posted == []
    assert topology.rows("SELECT lease_key FROM lease WHERE NOT released") == []
    assert {one["kind"] for one in topology.rows("SELECT kind FROM break_case")} <= OF_VALUE
