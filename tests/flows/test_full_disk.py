"""A disk that fills up under a whole flow: the run fails and says so, and once there is space the session goes on.

The stores lie on a small file system of their own. Flow runs are processes of their own (`window_process.py`), and each
takes the last byte of it at another of its transactions: SQLite and DuckDB are refused by the kernel, as in earnest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import MONDAY_CLOSE, World, a_world
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk
from tests.flows.forking import Warm, environment_of, warm_process
from tests.flows.window_process import BALLAST
from tests.flows.windows import RISK, RunningFace, wish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect-kills")]
SIZE_MB = 48
CLOSE = "flows.eod_reconciliation:eod_reconciliation"
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\n'
ADVICE = "the disk is full or a file reached its limit; free space and run again, nothing committed is lost"
IN_A_CLOSE = (("journal", 3), ("journal", 6), ("warehouse", 1), ("warehouse", 3))
IN_A_WINDOW = (1, 5, 6, 7, 11)  # transactions of the journal; the sixth follows the answer to the first order


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """What lies in the folder lies on a file system of a few megabytes, for as long as the block lasts."""
    aside = folder.with_name(f"{folder.name}.before")
    folder.rename(aside)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system needs root and the right to mount")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def on_a_small_disk(desk: FlowDesk, now: str, channel: Channel) -> Iterator[Warm]:
    """Processes that run the desk's flows there."""
    desk.configure(ALERTS + desk.more)
    environment = environment_of(desk, now) | {"CHANNEL": channel.url}
    with small_disk(desk.folder / "data"), warm_process(desk, environment) as warm:
        yield warm


def run_full(warm: Warm, **told: Any) -> None:
    """A run whose disk is full from some transaction on; afterwards there is space again."""
    assert not warm.run(**told)
    (warm.desk.folder / "data" / BALLAST).unlink()


def require_told(desk: FlowDesk, flow: str) -> None:
    """The newest run has failed, and its message says what, where and what to do."""
    name, failed, message = last_state(flow)
    assert failed, (name, message)
    assert ADVICE in message
    assert f"{desk.folder}/data/" in message


def last_state(flow: str) -> tuple[str, bool, str]:
    """Of the newest run of a flow, as the Prefect server has it: its name, whether it is a failure, its message."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowFilter(name=FlowFilterName(any_=[flow]))
        state = client.read_flow_runs(flow_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)[0].state
    assert state is not None
    return str(state.name), state.is_failed(), state.message or ""


def test_a_close_on_a_full_disk_fails_aloud_and_ties_out_once_there_is_space(
    opened: FlowDesk, channel: Channel
) -> None:
    with on_a_small_disk(opened, MONDAY_CLOSE.isoformat(), channel) as warm:
        for store, nth in IN_A_CLOSE:
            channel.messages.clear()
            run_full(warm, flow=CLOSE, parameters={}, store=store, fill=nth)
            require_told(opened, "eod-reconciliation")
            assert opened.journal_rows("SELECT state FROM run WHERE state NOT IN ('running', 'failed')") == []
            assert [one["title"] for one in channel.messages] in (["tieout 2026-03-02: failed"], []), "told, but once"
        assert not warm.run(flow=CLOSE, parameters={})

        assert last_state("eod-reconciliation")[0] == "Tied out"
        entries = opened.rows("SELECT account_id, record_kind, record_id, event, leg FROM ledger_entry")
        assert set(Counter(tuple(one.values()) for one in entries).values()) == {1}
        require_swept(opened)


def require_swept(desk: FlowDesk) -> None:
    """What the failed runs could not write down is put right, and only that."""
    from flows.sweep import sweep

    assert sweep(return_state=True).is_completed()
    states = Counter(one["state"] for one in desk.journal_rows("SELECT state FROM run"))
    assert set(states) == {"failed", "tied_out"}
    assert states["tied_out"] == 1
    assert desk.journal_rows("SELECT lease_key FROM lease WHERE NOT released") == []


def test_a_window_on_a_full_disk_fails_aloud_and_no_order_is_doubled(
    flow_desk: FlowDesk, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world()
    with RunningFace(world.venue) as face:
        monkeypatch.setenv("TIEOUT_NOW", face.rehearsed)
        desk = flow_desk.configure(flow_desk.more + RISK).account("alpaca-main", face.base_url, timeout_s=2)
        with on_a_small_disk(desk, face.rehearsed, channel) as warm:
            for nth in IN_A_WINDOW:
                wish(desk, f"wish {nth}")
                run_full(warm, fill=nth)
                require_told(desk, "execution-window")
            assert 0 < len(world.account.orders()) < len(IN_A_WINDOW), "some orders went before the disk was full"
            assert channel.messages
            assert not warm.run()

            assert last_state("execution-window")[0] == "Done"
            require_each_once(desk, world)


def require_each_once(desk: FlowDesk, world: World) -> None:
    """One order for each wish, at the venue and here, filled and booked."""
    rows = desk.journal_rows("SELECT client_order_id, state, sends, filled, booked FROM intent")
    assert [(row["state"], row["sends"]) for row in rows] == [("filled", 1)] * len(IN_A_WINDOW)
    assert all(row["filled"] == row["booked"] for row in rows)
    listed = Counter(str(one.client_order_id) for one in world.account.orders())
    assert listed == {row["client_order_id"]: 1 for row in rows}
    booked = desk.journal_rows("SELECT quantity FROM execution WHERE source = 'order'")
    assert sum(Decimal(one["quantity"]) for one in booked) == 3 * len(IN_A_WINDOW)
