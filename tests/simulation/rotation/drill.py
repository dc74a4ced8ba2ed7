"""The rotation drill: every crash point of every fault, each run to its end and judged.

python -m tests.simulation.rotation.drill [FAULT]
"""

from __future__ import annotations

import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tasks.rotation.probe import probe
from tests.contract.world import MONDAY_CLOSE, TERMS
from tests.simulation.rotation.faults import FAULTS
from tests.simulation.rotation.world import Crash, Desk, Tripwire, prepare
from tieout.errors import TieoutError
from tieout.rotation_types import Phase


@contextmanager
def prepared(fault: str) -> Iterator[Desk]:
    """A desk in a folder of its own, at memory speed where the machine has such a folder."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    here, before = Path.cwd(), dict(os.environ)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for name in [name for name in os.environ if name.startswith(("TIEOUT_", "ALPACA_"))]:
            del os.environ[name]
        os.environ["TIEOUT_NOW"] = MONDAY_CLOSE.isoformat()
        os.chdir(folder)
        desk = prepare(Path(folder))
        known = certificates()
        try:
            with patch.object(ssl, "create_default_context", lambda *_, **__: known):
                desk.watch_revocations()
                FAULTS[fault](desk)
                yield desk
        finally:
            desk.stores.journal.close()
            desk.native.stop()
            desk.keys.stop()
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)


@cache
def certificates() -> ssl.SSLContext:
    """Read once: httpx reads every root certificate for each client, also for plain http, half of a story's time."""
    return ssl.create_default_context()


def crash_points(fault: str) -> list[str]:
    """Every touch of the outside in a run that nothing interrupts."""
    with prepared(fault) as desk:
        _run_to_rest(desk)
        _judge(desk, f"{fault}, no crash")
        return desk.wire.touched


def drill(fault: str, point: int, what: str) -> None:
    """A process that dies at one point, and the runs after it. Raises AssertionError where they end badly."""
    with prepared(fault) as desk:
        desk.wire = Tripwire(point)
        try:
            _run_to_rest(desk)
        except Crash:
            desk.wire = Tripwire()
            desk.run_until_rest()
        _judge(desk, f"{fault}, dead {what} ({point})")


def drill_all(fault: str, every: int = 1) -> int:
    """Crash points of a fault, every so-manieth of them; how many stories ended well."""
    points = crash_points(fault)
    chosen = range(len(fault) % every, len(points), every)
    for number in chosen:
        drill(fault, number, points[number])
    return 1 + len(chosen)


def _run_to_rest(desk: Desk) -> None:
    (row,) = desk.run(forced=True)
    if row.phase is not Phase.IDLE:
        desk.run_until_rest()


def _judge(desk: Desk, story: str) -> None:
    """Exactly one key works, it is the one that the reference leads to, and the old one did not go first."""
    working = desk.trading_keys()
    told = f"{story}: {desk.events()}"
    assert len(working) == 1, f"{told}: {len(working)} keys work"
    hands = desk.hands()
    secret = desk.source().read()
    assert secret.parts["key_id"] == working[0].key_id, f"{told}: the reference leads to another key"
    try:
        probe(hands.settings, hands.account, secret, hands.calls)
    except TieoutError as error:
        raise AssertionError(f"{told}: {error}") from error
    assert desk.offences == [], f"{told}: {desk.offences}"
    assert "withdraw" not in working[0].rights, f"{told}: the key can take money out"
    if working[0].key_id != TERMS.key_id:
        assert desk.verified, f"{told}: no fresh process has used the new one"


def main() -> None:
    """Print how many stories ended well, fault by fault."""
    total = 0
    for fault in sys.argv[1:] or FAULTS:
        found = drill_all(fault)
        total += found
        sys.stdout.write(f"{found:5d}  {fault}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total:5d}  stories, each with exactly one working credential at its end\n")


if __name__ == "__main__":
    main()
