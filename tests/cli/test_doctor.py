"""tieout doctor: what is checked, and what it says when it is not right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Delay, Status, html
from simulator.protocols.native import NativeFace
from tests.cli.conftest import Desk
from tests.contract.world import World

Connect = Callable[..., Desk]


def by_name(checks: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["subject"], one["name"]): one for one in checks}


def test_all_is_well(connected: Connect) -> None:
    desk = connected()
    checks = by_name(desk.json("doctor"))

    assert [key for key, one in checks.items() if not one["ok"]] == []
    assert {name for subject, name in checks if subject == "alpaca-main"} == {
        "calendar",
        "credential",
        "renewal",
        "identity and mode",
        "permissions",
        "expiry",
        "market data",
        "rate limit",
        "clock",
        "venue calendar",
    }
    assert "current version, writable" in checks["journal", "open"]["detail"]
    assert "FAILED" not in desk("doctor", "alpaca-main").stdout


def test_no_secret_is_shown(connected: Connect) -> None:
    assert "test-secret" not in connected()("doctor").output


def test_a_missing_credential_is_named_and_the_broker_is_not_asked(
    connected: Connect, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = connected()
    monkeypatch.delenv("ALPACA_API_SECRET")

    checks = by_name(desk.json("doctor", expect=1))

    assert "set ALPACA_API_SECRET or ALPACA_SECRET_KEY" in checks["alpaca-main", "credential"]["detail"]
    assert face.log == ()


def test_an_endpoint_that_nobody_listens_on_is_told(desk: Desk) -> None:
    checks = by_name(desk.json("doctor", expect=1))

    failed = checks["alpaca-main", "identity and mode"]
    assert not failed["ok"]
    assert "http://127.0.0.1:9 can be reached" in failed["advice"]
    assert failed["detail"].startswith("wrong port, or nobody listens")


def test_a_refused_key_is_told(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_SECRET", "test-secret-of-nobody")

    result = connected()("doctor", expect=1)

    assert "checks failed" in result.stderr
    assert "test-secret-of-nobody" not in result.output


def test_a_clock_that_is_wrong_is_told(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-02T21:15:00Z")

    checks = by_name(connected().json("doctor", expect=1))

    assert checks["alpaca-main", "clock"]["detail"] == "the venue's clock is 600 s from ours"


def test_a_calendar_that_is_not_the_venues_is_told(connected: Connect, desk: Desk, face: AlpacaFace) -> None:
    file = connected().folder / "tieout.toml"
    file.write_text(file.read_text().replace("XNYS", "XLON"))

    checks = by_name(desk.json("doctor", expect=1))

    assert "XLON and the venue disagree on" in checks["alpaca-main", "venue calendar"]["detail"]


def test_a_calendar_that_does_not_exist_is_told(connected: Connect) -> None:
    desk = connected()
    file = desk.folder / "tieout.toml"
    file.write_text(file.read_text().replace("XNYS", "XNIS"))

    assert not by_name(desk.json("doctor", expect=1))["alpaca-main", "calendar"]["ok"]


def test_a_store_that_cannot_be_opened_is_told(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = connected()
    (desk.folder / "broken.sqlite").write_bytes(b"no database at all, but long enough to be read as one" * 50)
    monkeypatch.setenv("TIEOUT_JOURNAL_URL", "sqlite:///broken.sqlite")

    checks = by_name(desk.json("doctor", expect=1))

    assert not checks["journal", "open"]["ok"]
    assert checks["warehouse", "open"]["ok"]


def test_alert_targets_that_are_not_set_are_told(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_ALERTS", "json://localhost")
    desk = connected('[alerts]\ncritical = ["env:DESK_ALERTS", "env:NOBODY"]\n')

    told = [(one["ok"], one["detail"]) for one in desk.json("doctor", expect=1) if one["subject"] == "alerts"]

    assert told[0] == (True, "env:DESK_ALERTS is set")
    assert not told[1][0]


def test_without_accounts_the_next_step_is_told(empty_desk: Desk) -> None:
    accounts = by_name(empty_desk.json("doctor", expect=1))["settings", "accounts"]

    assert (accounts["ok"], accounts["detail"]) == (False, "none")
    assert "add an account to tieout.toml" in accounts["advice"]


IB = """
[accounts.ib-main]
broker = "ibkr"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
endpoint = "http://127.0.0.1:{port}"
timeout_s = 1
"""


def test_a_port_where_no_tws_listens_is_told(desk: Desk) -> None:
    desk.configure(more=IB.format(port=9))

    failed = by_name(desk.json("doctor", "ib-main", expect=1))["ib-main", "identity and mode"]

    assert failed["detail"].startswith("wrong port, or nobody listens")
    assert "is TWS or the Gateway running, and its API on?" in failed["detail"]
    assert "check `endpoint` and the port" in failed["advice"]


def test_a_port_where_something_else_than_tws_answers_is_told(desk: Desk, face: AlpacaFace) -> None:
    desk.configure(more=IB.format(port=face.base_url.rpartition(":")[2]))

    failed = by_name(desk.json("doctor", "ib-main", expect=1))["ib-main", "identity and mode"]

    assert not failed["ok"]
    assert failed["detail"].split(":")[0] in ("timeout", "refused")
    assert "ibkr" in failed["detail"]


def test_a_key_that_can_take_money_out_is_told(desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = world.venue.keys.add(world.account, "strong", rights=("read", "trade", "withdraw"))
    monkeypatch.setenv("STRONG_API_KEY", key.key_id)
    monkeypatch.setenv("STRONG_API_SECRET", key.secret)
    with NativeFace(world.venue) as native:
        desk.configure(
            more=f'[accounts.strong]\nbroker = "paper"\ncredential = "env:STRONG"\nendpoint = "{native.base_url}"\n'
        )
        failed = by_name(desk.json("doctor", "strong", expect=1))["strong", "identity and mode"]

    assert "can take money out (withdraw)" in failed["detail"]
    assert "accept_withdrawal = true" in failed["detail"]


BODY = b'{"code":40310000,"message":"subscription does not permit"}'


def test_six_broken_set_ups_each_with_its_cause(
    connected: Connect, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """401, 403, 429, a timeout, another service at the port, the wrong mode; a port without anybody stands above."""
    told = {}
    for name, fault, path in (
        ("401", Status(401, BODY), "/v2/account"),
        ("403", Status(403, BODY), "/v2/account"),
        ("429", Status(429, BODY), "/v2/account"),
        ("timeout", Delay(2.0), "/v2/account"),
        ("other", html(200), "/v2/account"),
        ("data", Status(403, BODY), "/v2/stocks/*"),
    ):
        face.faults.clear()
        desk = connected()
        file = desk.folder / "tieout.toml"
        file.write_text(file.read_text() + "timeout_s = 1\nlanes = {orders_wait_s = 1}\n")
        face.faults.add(fault, path, times=ALWAYS)
        told[name] = next(one for one in desk.json("doctor", "alpaca-main", expect=1) if not one["ok"])
    face.faults.clear()
    desk = connected()
    file = desk.folder / "tieout.toml"
    file.write_text(file.read_text().replace('mode = "paper"', 'mode = "live"\nlive_enabled = true'))
    monkeypatch.delenv("TIEOUT_NOW")
    told["mode"] = next(one for one in desk.json("doctor", "alpaca-main", expect=1) if not one["ok"])

    assert {name: one["detail"].split(":")[0].split(".")[0] for name, one in told.items()} == {
        "401": "401",
        "403": "403",
        "429": "429",
        "timeout": "timeout",
        "other": "wrong port",
        "data": "403",
        "mode": "wrong mode or settings",
    }
    assert told["data"]["name"] == "market data"
    assert all(one["advice"] for one in told.values())
