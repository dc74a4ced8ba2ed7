"""The close against Alpaca's own recorded answers, through the command line, the real SDK and a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from simulator.protocols.recorded import RecordedFace
from tests.flows.conftest import FlowDesk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
RUN = ["run", "eod-reconciliation", "--account", "alpaca-main", "--date", "2026-02-27", "--json"]
COLUMNS = "symbol, asset_class, quantity, avg_entry_price, market_price, market_value, cost_basis, unrealized_pnl"


@pytest.fixture
def recorded(fixtures_dir: Path) -> Iterator[RecordedFace]:
    """Account, positions and executions as recorded, no open orders and no other activity."""
    with RecordedFace() as face:
        for name in ("account_ok", "positions_list", "clock"):
            face.play(fixtures_dir / "alpaca" / f"{name}.http.json")
        face.serve("GET", "/v2/orders", b"[]")
        face.serve("GET", "/v2/account/activities", b"[]")
        yield face


def _rows_as_recorded(file: Path) -> list[tuple[object, ...]]:
    body = json.loads(file.read_text())["response"]["body"]
    numbers = ("qty", "avg_entry_price", "current_price", "market_value", "cost_basis", "unrealized_pl")
    return sorted((row["symbol"], "equity", *(Decimal(row[name]) for name in numbers)) for row in body)


def test_exactly_the_recorded_positions_are_stored_and_the_coverage_is_told(
    flow_desk: FlowDesk, recorded: RecordedFace, fixtures_dir: Path
) -> None:
    flow_desk.account("alpaca-main", recorded.base_url)

    done = CliRunner().invoke(app, RUN)

    stored = flow_desk.rows(f"SELECT {COLUMNS} FROM snapshot_position")
    assert sorted(tuple(row.values()) for row in stored) == _rows_as_recorded(
        fixtures_dir / "alpaca" / "positions_list.http.json"
    )
    (balance,) = flow_desk.rows("SELECT currency, cash, equity, buying_power FROM snapshot_balance")
    assert balance == {
        "currency": "USD",
        "cash": Decimal(100_000),
        "equity": Decimal(100_000),
        "buying_power": Decimal(400_000),
    }
    (account,) = json.loads(done.stdout)["accounts"]
    assert "coverage" in account


def test_recordings_of_different_moments_contradict_each_other_and_are_quarantined(
    flow_desk: FlowDesk, recorded: RecordedFace
) -> None:
    """The recorded account states an equity of cash alone, beside three positions: not fit to be compared."""
    flow_desk.account("alpaca-main", recorded.base_url)

    done = CliRunner().invoke(app, RUN)

    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["state"], told["accounts"][0]["coverage"]) == ("Quarantined", "0")
    assert "do not make equity" in told["accounts"][0]["why"]


def test_an_account_whose_equity_agrees_with_the_recorded_positions_is_reconciled(
    flow_desk: FlowDesk, fixtures_dir: Path
) -> None:
    exchange = json.loads((fixtures_dir / "alpaca" / "account_ok.http.json").read_text())["response"]
    positions = json.loads((fixtures_dir / "alpaca" / "positions_list.http.json").read_text())["response"]["body"]
    value = sum(Decimal(row["market_value"]) for row in positions)
    account = exchange["body"] | {"equity": str(100_000 + value), "long_market_value": str(value)}
    with RecordedFace() as face:
        for name in ("positions_list", "clock"):
            face.play(fixtures_dir / "alpaca" / f"{name}.http.json")
        face.serve("GET", "/v2/account", json.dumps(account).encode())
        face.serve("GET", "/v2/orders", b"[]")
        face.serve("GET", "/v2/account/activities", b"[]")
        flow_desk.account("alpaca-main", face.base_url)
        done = CliRunner().invoke(app, RUN)

    told = json.loads(done.stdout)
    assert done.exit_code == 3, done.stdout
    assert Decimal(0) < Decimal(told["accounts"][0]["coverage"]) < 1  # no statement yet to compare the book with
    cases = flow_desk.journal_rows("SELECT kind, subject FROM break_case WHERE subject IN ('TSLA', 'GOOG', 'AAPL')")
    assert {row["subject"] for row in cases} == {"TSLA", "GOOG", "AAPL"}
