"""Coin accounts through the flows: wishes are traded under the limits, and the day ties out to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.funding import Funding
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.coins.face import CoinFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tests.flows.conftest import FlowDesk
from tests.flows.windows import trade
from tests.unit.simulator.protocols.coins.world import KEY, SECRET, START, CoinWorld

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
DAY = date(2026, 3, 2)
AFTER = datetime(2026, 3, 3, 0, 45, tzinfo=UTC)
OPENING = "asset_class,symbol,quantity,unit_cost,currency\ncrypto,BTC/USDT,1,60000,USDT\ncash,USDT,100000,,USDT\n"
MORE = """
[run]
retry_delays_s = [0, 0]
[risk]
max_position_pct = 0.8
crypto_max_position_pct = 0.8
max_leverage = 2
allow_short = true
[accounts.binance-main.options]
symbols = "BTC/USDT,ETH/USDT"
[accounts.bybit-main.options]
products = "spot,linear,inverse"
[accounts.bybit-main.rates]
USD = "1"
"""
WISHES = """strategy,symbol,side,quantity,limit_price,account,time
alpha,BTC/USDT,buy,0.1,60100,binance-main,2026-03-02T12:00:00Z
alpha,DOGE/USDT,buy,10,1,binance-main,2026-03-02T12:00:00Z
alpha,ETH/USDT,buy,0.5,3010,bybit-main,2026-03-02T12:00:00Z
alpha,BTC/USDT:USDT,sell,0.05,59900,bybit-main,2026-03-02T12:00:00Z
alpha,BTC/USD:BTC,buy,1000,60500,bybit-main,2026-03-02T12:00:00Z
"""


HEDGED = """
[accounts.bybit-main.options]
products = "spot,linear"
position_mode = "hedge"
"""
LEGS = """strategy,symbol,side,quantity,limit_price,account,time
alpha,BTC/USDT:USDT LONG,buy,0.05,60100,bybit-main,2026-03-02T12:00:00Z
alpha,BTC/USDT:USDT SHORT,sell,0.03,59900,bybit-main,2026-03-02T12:00:00Z
alpha,BTC/USDT:USDT,sell,0.03,59900,bybit-main,2026-03-02T12:00:00Z
"""


def running(kind: type[CoinFace], began: datetime, *, hedge: bool) -> CoinFace:
    """A face of one account whose clock runs on from noon; `ahead` moves it."""

    class Running(kind):  # type: ignore[misc, valid-type]
        ahead = timedelta(0)

        def answer(self, request: FaceRequest) -> FaceAnswer:
            now = START + (datetime.now(UTC) - began) + self.ahead
            self.venue.advance(max(self.venue.clock.now, now))
            return super().answer(request)  # type: ignore[no-any-return]

    fees = kind.__name__.removesuffix("Face").lower()
    made: CoinFace = Running(CoinWorld(fees=fees, funding=Funding(), hedge=hedge).venue)
    return made


@contextmanager
def opened(
    desk: FlowDesk, monkeypatch: pytest.MonkeyPatch, *kinds: type[CoinFace], more: str = MORE, hedge: bool = False
) -> Iterator[list[CoinFace]]:
    """An account at each venue whose book agrees with it, at noon."""
    began = datetime.now(UTC)
    monkeypatch.setenv("TIEOUT_NOW", f"{START.isoformat()}@{began.isoformat()}")
    (desk.folder / "opening.csv").write_text(OPENING)
    desk.configure(more)
    with ExitStack() as stack:
        faces = [stack.enter_context(running(kind, began, hedge=hedge)) for kind in kinds]
        for kind, face in zip(kinds, faces, strict=True):
            name = kind.__name__.removesuffix("Face").lower()
            monkeypatch.setenv(f"{name.upper()}_API_KEY", KEY)
            monkeypatch.setenv(f"{name.upper()}_API_SECRET", SECRET)
            account = {"broker": name, "calendar": "24/7", "base_currency": "USDT"}
            desk.account(f"{name}-main", face.base_url, credential=f"env:{name.upper()}", **account)
        for name in desk.accounts:
            said(["import", "positions", "opening.csv", "-a", name, "--as-of=2026-03-01", "--signed-off-by=desk"])
        yield faces


@pytest.fixture
def coins(flow_desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[CoinFace]]:
    """An account of coins, and a unified one with contracts."""
    with opened(flow_desk, monkeypatch, BinanceFace, BybitFace) as faces:
        yield faces


def said(words: list[str]) -> str:
    from typer.testing import CliRunner

    from flows.cli.main import app

    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_day_of_coins_is_traded_under_its_limits_and_ties_out(
    flow_desk: FlowDesk, coins: list[CoinFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    (flow_desk.folder / "wishes.csv").write_text(WISHES)
    said(["signals", "add", "wishes.csv"])

    traded = trade(flow_desk, window=None)

    orders = {(one["account_id"], one["symbol"]): one for one in json.loads(said(["orders", "--json"]))}
    assert {key: (one["state"], one["time_in_force"]) for key, one in orders.items()} == {
        ("binance-main", "BTC/USDT"): ("filled", "gtc"),
        ("binance-main", "DOGE/USDT"): ("denied", "gtc"),
        ("bybit-main", "ETH/USDT"): ("filled", "gtc"),
        ("bybit-main", "BTC/USDT:USDT"): ("filled", "gtc"),
        ("bybit-main", "BTC/USD:BTC"): ("filled", "gtc"),
    }
    assert "binance knows no DOGE/USDT" in orders["binance-main", "DOGE/USDT"]["reason"]
    assert not traded.is_failed()

    close_the_day(flow_desk, coins, monkeypatch)

    assert flow_desk.journal_rows("SELECT break_id FROM break_case WHERE state NOT IN ('resolved', 'closed')") == []
    causes = [one["cause"] for one in flow_desk.journal_rows("SELECT cause FROM break_case")]
    assert causes
    assert set(causes) == {"funding"}  # of both contracts, by the venue's own rows
    worth = {
        (one["account_id"], one["currency"]): Decimal(one["equity"]) for one in flow_desk.rows("SELECT * FROM nav")
    }
    assert Decimal(159_900) < worth["binance-main", "USDT"] < Decimal(160_000)
    assert Decimal(159_900) < worth["bybit-main", "USDT"] < Decimal(160_000)
    run = flow_desk.rows("SELECT run_id FROM recon_run WHERE account_id = 'bybit-main'")[-1]["run_id"]
    assert "the same, byte for byte" in said(["replay", run])


def test_both_legs_of_hedge_mode_are_traded_and_tie_out(flow_desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    more = HEDGED + MORE.partition("[accounts.binance-main.options]")[0]
    with opened(flow_desk, monkeypatch, BybitFace, more=more, hedge=True) as faces:
        (flow_desk.folder / "wishes.csv").write_text(LEGS)
        said(["signals", "add", "wishes.csv"])

        trade(flow_desk, window=None)

        orders = {one["symbol"]: (one["state"], one["reason"]) for one in json.loads(said(["orders", "--json"]))}
        assert orders["BTC/USDT:USDT LONG"][0] == orders["BTC/USDT:USDT SHORT"][0] == "filled"
        assert orders["BTC/USDT:USDT"][0] == "rejected"
        assert "name no leg" in orders["BTC/USDT:USDT"][1]
        close_the_day(flow_desk, faces, monkeypatch)
    held = {one["symbol"]: Decimal(one["quantity"]) for one in flow_desk.rows("SELECT * FROM snapshot_position")}
    assert (held["BTC/USDT:USDT LONG"], held["BTC/USDT:USDT SHORT"]) == (Decimal("0.05"), Decimal("-0.03"))


def close_the_day(desk: FlowDesk, faces: list[CoinFace], monkeypatch: pytest.MonkeyPatch) -> None:
    for face in faces:
        face.ahead = AFTER - START  # type: ignore[attr-defined]
    monkeypatch.setenv("TIEOUT_NOW", AFTER.isoformat())
    closed = desk.close()
    assert closed.name == "Tied out", closed.message


def test_a_misspelt_market_is_named_where_the_close_could_not_be_finished(
    flow_desk: FlowDesk, coins: list[CoinFace]
) -> None:
    flow_desk.configure(MORE.replace("BTC/USDT,ETH/USDT", "BTC/USDT,ETHH/USDT"))

    table = said(["run", "eod-reconciliation", "--account", "binance-main"])

    assert "no statement: binance: options.symbols names ETHH/USDT, and binance lists no such market" in table
    (run,) = flow_desk.journal_rows("SELECT state, outcome FROM run")
    assert (run["state"], json.loads(run["outcome"])["coverage"]) == ("incomplete", "0.3333")
