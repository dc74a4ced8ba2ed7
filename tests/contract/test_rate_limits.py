"""A venue's limit, through its own SDK and a socket: never met by us, whoever else uses the key."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Status
from simulator.protocols.limits import RequestLimit
from tests.contract.limited import CREDENTIAL, WAIT_S, Shared, Ticking, a_run, look_up_in_process
from tests.contract.world import KO, MONDAY, World, an_order
from tests.databases import PostgresTemplate
from tieout.errors import RateLimited
from tieout.ids import client_order_id

PROCESSES = 8
LIMIT = 40


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def face(world: World, clock: Ticking) -> Iterator[AlpacaFace]:
    limit = RequestLimit(LIMIT, clock, retry_after=True)
    with AlpacaFace(world.venue, limit=limit) as face:
        yield face


@pytest.fixture(params=["file", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shared]:
    """One budget for all, in a file and in PostgreSQL."""
    if request.param == "file":
        yield Shared({"limits_file": str(tmp_path / "limits.sqlite")})
        return
    template: PostgresTemplate = request.getfixturevalue("postgres")
    with template.copied() as stores:
        yield Shared({"limits_in": "journal"}, stores.journal_url)


def others_use(face: AlpacaFace, times: int) -> None:
    """Somebody else's client with the same key."""
    headers = {"APCA-API-KEY-ID": CREDENTIAL.key_id, "APCA-API-SECRET-KEY": CREDENTIAL.secret}
    for _ in range(times):
        assert requests.get(f"{face.base_url}/v2/clock", headers=headers, timeout=5).ok


def refused(face: AlpacaFace) -> int:
    assert face.limit is not None
    return face.limit.refused


def until_refused(ask: Callable[[], object], most: int = 200) -> int:
    """How often it could be asked before our own budget said no."""
    for number in range(most):
        try:
            ask()
        except RateLimited as error:
            return number if "nothing was sent" in str(error) else most
    raise AssertionError("never refused")


def test_eight_processes_with_one_key_spend_the_limit_and_are_never_refused(
    face: AlpacaFace, shared: Shared, clock: Ticking
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.contract.limited"])
    ready, pipes = context.Barrier(PROCESSES + 1), [context.Pipe(duplex=False) for _ in range(PROCESSES)]
    running = [
        context.Process(target=look_up_in_process, args=(face.base_url, shared, LIMIT, 20, pipe, ready))
        for _, pipe in pipes
    ]
    for process in running:
        process.start()
    ready.wait(WAIT_S)
    clock.restart()
    answered = [pipe.recv() for pipe, _ in pipes]
    for process in running:
        process.join()

    assert sum(answered) == len(face.log) == LIMIT
    assert refused(face) == 0


def test_orders_leave_when_the_close_has_eaten_its_share(face: AlpacaFace, shared: Shared, clock: Ticking) -> None:
    with a_run(face.base_url, shared, LIMIT, clock) as close, a_run(face.base_url, shared, LIMIT, clock) as window:
        assert until_refused(lambda: close.fetch_activities(MONDAY, MONDAY)) == 30
        assert until_refused(close.fetch_clock) == 0
        assert until_refused(lambda: window.fetch_quote(KO)) == 0
        sent = [window.submit(an_order(f"order {number}", quantity="1")).client_order_id for number in range(5)]
        found = [window.fetch_order(client_order_id(f"order {number}")) for number in range(5)]
        assert until_refused(lambda: window.fetch_order(client_order_id("order 0"))) == 0

    assert [one.client_order_id for one in found if one] == sent
    assert refused(face) == 0


def test_what_another_client_spends_is_gone_for_every_run(face: AlpacaFace, shared: Shared, clock: Ticking) -> None:
    with a_run(face.base_url, shared, LIMIT, clock) as first, a_run(face.base_url, shared, LIMIT, clock) as second:
        others_use(face, 25)
        first.fetch_identity()  # its answer says that 14 are left

        assert until_refused(lambda: second.fetch_order(client_order_id("unknown"))) == 14

    assert refused(face) == 0


def test_a_429_stops_every_run_for_as_long_as_the_venue_says(face: AlpacaFace, shared: Shared, clock: Ticking) -> None:
    others_use(face, LIMIT)
    with a_run(face.base_url, shared, LIMIT, clock) as first, a_run(face.base_url, shared, LIMIT, clock) as second:
        with pytest.raises(RateLimited) as limited:
            first.submit(an_order())
        sent = len(face.log)
        with pytest.raises(RateLimited, match="nothing was sent") as own:
            second.submit(an_order())

    assert limited.value.retry_after_s == pytest.approx(60, abs=20)
    assert len(face.log) == sent
    assert own.value.retry_after_s == pytest.approx(60, abs=20)


def test_a_word_of_the_data_host_says_nothing_of_orders(face: AlpacaFace, shared: Shared, clock: Ticking) -> None:
    none_left = {"X-RateLimit-Remaining": "0", "Content-Type": "application/json"}
    face.faults.add(Status(429, b'{"message":"too many requests."}', none_left), "/v2/stocks/quotes/latest")
    with a_run(face.base_url, shared, LIMIT, clock) as broker:
        with pytest.raises(RateLimited):
            broker.fetch_quote(KO)

        assert broker.submit(an_order()).client_order_id == an_order().client_order_id
