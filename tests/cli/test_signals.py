"""tieout signals: lists, a file added by hand, and the webhook as a service that stops when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest

from tasks.signals.gather import gather_signals
from tests.cli.conftest import Desk
from tests.contract.world import MONDAY_CLOSE

HEADER = "strategy,symbol,side,quantity,time\n"
SENT = f"{MONDAY_CLOSE:%Y-%m-%dT%H:%M:%SZ}"
SECRET = "test-secret-of-the-webhook"  # pragma: allowlist secret


def test_a_file_is_added_once_and_listed(desk: Desk) -> None:
    (desk.folder / "a.csv").write_text(f"{HEADER}alpha,AAPL,buy,10,{SENT}\nalpha,MSFT,sell,5,{SENT}\n")
    assert "There are no such signals" in desk("signals").stdout

    assert desk.json("signals", "add", "a.csv")["new"] == 2
    again = desk("signals", "add", "a.csv")

    assert "0 new signals of 2" in again.stdout
    assert again.stderr.count("known already") == 2
    rows = desk.json("signals")
    assert sorted((row["symbol"], row["side"], row["size"], row["state"]) for row in rows) == [
        ("AAPL", "buy", "10", "pending"),
        ("MSFT", "sell", "5", "pending"),
    ]
    assert len(desk.json("signals", "--limit", "1")) == 1
    assert "AAPL" in desk("signals").stdout


def test_a_bad_file_fails_tells_why_and_is_listed_as_refused(desk: Desk) -> None:
    (desk.folder / "a.csv").write_text(f"{HEADER}alpha,AAPL,buy,10,{SENT}\nalpha,MSFT,sell,NaN,{SENT}\n")
    refused = desk("signals", "add", "a.csv", expect=1)

    assert "signal 2: not_a_number: quantity" in refused.stderr
    assert desk.json("signals", "--state", "pending") == []
    (row,) = desk.json("signals", "--state", "refused")
    assert row["reason"].startswith("not_a_number: quantity")
    assert desk.json("signals", "add", "a.csv", expect=1)["signals"] == []
    desk("signals", "--state", "nonsense", expect=2)
    assert "No such file" in desk("signals", "add", "nothing.csv", expect=1).stderr


def test_the_webhook_does_not_start_without_a_secret(desk: Desk) -> None:
    assert "secret is missing" in desk("signals", "serve", expect=1).stderr


def test_the_webhook_takes_a_signal_until_it_is_told_to_stop(desk: Desk) -> None:
    desk.configure(more='\n[signals.webhook]\nport = 0\nsecret = "env:HOOK"\n')  # pragma: allowlist secret
    command = [sys.executable, "-m", "flows.cli.main", "signals", "serve"]
    running = subprocess.Popen(
        command, env={**os.environ, "HOOK": SECRET}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        url = running.stdout.readline().split(" at ")[1].split("/STRATEGY")[0]
        wish = {"symbol": "AAPL", "side": "buy", "time": SENT, "secret": SECRET}
        told = httpx.post(f"{url}/alpha", json=wish, timeout=20).json()
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()

    assert running.returncode == 0
    assert f"202: {told['signal_id']}" in err
    assert [row["signal_id"] for row in desk.json("signals")] == [told["signal_id"]]
    assert SECRET not in out + err


def test_a_window_first_takes_what_waits_in_the_folder_and_lets_go_of_the_old(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.configure(more='\n[signals]\ndrop_folder = "drop"\n')
    (desk.folder / "drop").mkdir()
    for name, side in (("good.csv", "buy"), ("bad.csv", "hold")):
        file = desk.folder / "drop" / name
        file.write_text(f"{HEADER}alpha,AAPL,{side},10,{SENT}\n")
        os.utime(file, (1, 1))

    first = gather_signals.fn()
    monkeypatch.setenv("TIEOUT_NOW", (MONDAY_CLOSE + timedelta(days=2)).isoformat())
    later = gather_signals.fn()

    assert (first.new, first.expired, first.trouble) == (1, (), ())
    assert first.refused[0].startswith("bad.csv: signal 1: not_a_word: side")
    assert (later.new, len(later.expired)) == (0, 1)
    assert [row["state"] for row in desk.json("signals", "--state", "expired")] == ["expired"]
