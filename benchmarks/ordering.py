"""An execution window's own part of an order's way, against the bare SDK sending as many orders to the same venue.

Ours is what a window does with a signal that waits: decide, read the account, ask risk, commit the row in state
`sending`, send. It is the window's own code without the Prefect task around it, which starts once for all orders. The
peer is alpaca-py's `submit_order`. Both run in one process against a simulated Alpaca in another; journal, SDK and
sockets are the real ones. What is spent waiting for the venue is in neither time.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks import venue
from benchmarks.harness import Result, compared, measure
from benchmarks.measuring import Case, Clock, Measurement
from tieout.ids import AccountId

if TYPE_CHECKING:
    from tasks.stores import Stores
    from tieout.window_plan import WindowRun

ORDERS, LONE = 500, 50
_ACCOUNT = AccountId("bench-0")
WARM = 5  # orders before the clock runs
MEDIAN_S, P99_S = 0.015, 0.100
_SETTINGS = """
journal_url = "sqlite:///{folder}/data/journal.sqlite"
warehouse_url = "duckdb:///{folder}/data/tieout.duckdb"

[risk]
day_range_pct = "none"
max_quote_age_s = 86400
day_trade_rule = "none"
max_trades_per_day = 1000000

[accounts.bench-0]
broker = "alpaca"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
credential = "env:BENCH_0"
endpoint = "{url}"

[accounts.bench-0.options]
requests_per_minute = "1000000"
"""


def results(folder: Path, orders: int = ORDERS) -> list[Result]:
    """An order's own way against the SDK's, a whole window against the SDK in a loop, and what windows leave behind."""
    single, window = measure("orders_one_by_one", LONE, folder), measure("orders_in_one_window", orders, folder)
    ours, bare, peer = window.extra["ours"], window.extra["sdk"], "alpaca-py, to the same byte"
    median = compared("signal to wire, own code: median", ours["median"], peer, bare["median"])
    p99 = compared("signal to wire, own code: 99th percentile", ours["p99"], peer, bare["p99"])
    more, rate, alone = ours["median"] - bare["median"], orders / window.seconds, orders / window.extra["bare"]
    first, second = window.extra["memory"]
    lone, lone_bare = single.extra["ours"]["median"], single.extra["bare"]["median"]
    return [
        replace(median, goal=f"{MEDIAN_S * 1000:g} ms more at most", holds=more <= MEDIAN_S),
        replace(p99, goal=f"{P99_S * 1000:g} ms at most", holds=ours["p99"] <= P99_S),
        compared("a lone signal to wire, own code: median", lone, peer, lone_bare),
        compared(f"orders of a window of {orders}, filled and booked", rate, "alpaca-py", alone, unit="/s"),
        compared("memory after a second such window", second, "after the first", first, unit="MiB", at_most=1.1),
    ]


def orders_one_by_one(orders: int, folder: Path) -> Measurement:
    """Signals that come one at a time: each has the account read for it alone, twice, and pays for that by itself."""
    from tasks.stores import open_stores

    clock = Clock()
    ours: list[float] = []
    with _desk(folder) as work, _wire() as wire, open_stores() as stores, clock.running():
        with _window(stores, work) as window:
            for number in range(orders + WARM):
                _wish(stores, range(number, number + 1))
                wire.begin()
                window._turn()
                ours.append(wire.own_seconds())
        _require_filled(stores, orders + WARM)
        bare = _bare(stores, wire, orders + WARM)
    return clock.measured(found=len(ours[WARM:]), ours=_quantiles(ours[WARM:]), bare=_quantiles(bare[WARM:]))


def orders_in_one_window(orders: int, folder: Path) -> Measurement:
    """A window over that many signals, from the first to the last of them booked; then as many again."""
    from tasks.stores import open_stores
    from tasks.trading.plan import begin_window
    from tasks.trading.work import work_window

    clock, again, bare = Clock(), Clock(), Clock()
    ours: list[float] = []
    memory: list[float] = []
    with _desk(folder) as work, open_stores() as stores, _wire() as wire:
        for nth, timed in enumerate((clock, again)):
            _wish(stores, range(nth * orders, (nth + 1) * orders))
            begun = begin_window.fn(work)
            wire.begin()
            with timed.running():
                work_window.fn(begun)
            memory.append(_resident_mib())
            ours = wire.own_of_each() if nth == 0 else ours
        _require_filled(stores, 2 * orders)
        with bare.running():
            sdk = _bare(stores, wire, orders)
    told = {"ours": _quantiles(ours), "sdk": _quantiles(sdk)}
    return clock.measured(found=len(ours), again=again.seconds, bare=bare.seconds, memory=memory, **told)


@dataclass(slots=True)
class _Wire:
    """When requests left, and how long their answers took.

    orders    seconds of our own directly before each order: since the last answer, whatever it was about
    """

    began: float = 0.0
    waited: float = 0.0
    posted: float | None = None
    answered: float = 0.0
    orders: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Forget what was, and count from now on."""
        self.began = self.answered = time.perf_counter()
        self.waited, self.posted, self.orders = 0.0, None, []

    def note(self, method: str, left: float, answered: float) -> None:
        """One request that was answered."""
        if method == "POST":
            self.orders.append(left - self.answered)
        self.answered = answered
        if self.posted is None:
            self.waited += 0.0 if method == "POST" else answered - left
            self.posted = left if method == "POST" else None

    def own_of_each(self) -> list[float]:
        """What each order of a batch took before its bytes left: its own, and its share of what was done for all."""
        shared = (self.own_seconds() - self.orders[0]) / len(self.orders)
        return [one + shared for one in self.orders]

    def own_seconds(self) -> float:
        """From `begin` to the first order on the wire, less the waiting on the way.

        raises    RuntimeError where no order was sent
        """
        if self.posted is None:
            raise RuntimeError("no order was sent")
        return self.posted - self.began - self.waited


@contextmanager
def _wire() -> Iterator[_Wire]:
    """Every request of this process that goes through `requests`, the SDK's transport, noted as it leaves."""
    import requests

    wire, send = _Wire(), requests.Session.send

    def noted(session: requests.Session, request: Any, **options: Any) -> Any:
        left = time.perf_counter()
        answer = send(session, request, **options)
        wire.note(str(request.method), left, time.perf_counter())
        return answer

    requests.Session.send = noted  # type: ignore[method-assign,assignment]
    try:
        yield wire
    finally:
        requests.Session.send = send  # type: ignore[method-assign]


@contextmanager
def _desk(folder: Path) -> Iterator[WindowRun]:
    """Settings, stores and a venue in its session; the window that is to be worked."""
    from flows.cli.demo.workspace import environment
    from tasks.trading.plan import plan_window

    with TemporaryDirectory(dir=folder) as fresh, venue.running_venue(1, "open") as listening:
        settings = Path(fresh) / "tieout.toml"
        settings.write_text(_SETTINGS.format(folder=fresh, url=listening["url"]), encoding="utf-8")
        (Path(fresh) / "data").mkdir()
        terms = venue.scenario(1).accounts[0].terms
        added = {
            "TIEOUT_CONFIG": str(settings),
            "TIEOUT_NOW": f"{listening['now']}@{datetime.now(UTC).isoformat()}",
            "BENCH_0_API_KEY": terms.key_id,
            "BENCH_0_API_SECRET": terms.secret,
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
            "NO_PROXY": "127.0.0.1",
        }
        with environment(added):
            (work,) = plan_window.fn("session", None, None, live=False, dry_run=False)
            yield work


@contextmanager
def _window(stores: Stores, work: WindowRun) -> Iterator[Any]:
    """The product's own window, to be turned by hand."""
    from tasks.clock import now
    from tasks.orders.desk import OrderDesk
    from tasks.orders.exits import ExitFollower
    from tasks.orders.watch import Watch
    from tasks.trading import work as working
    from tasks.trading.admit import Admission
    from tasks.trading.plan import begin_window
    from tasks.trading.venues import open_venues

    begun = begin_window.fn(work)
    with open_venues(stores.settings) as venues:
        admit, lease = Admission(stores, venues, begun), working._lease(begun)
        watch = Watch(OrderDesk(stores.journal, venues, admit, working._tell, now, lease), ())
        exits = ExitFollower(stores.journal, venues, working._tell, now)
        yield working._Window(stores, venues, begun, lease, admit, watch, exits)


def _wish(stores: Stores, numbers: range) -> None:
    """Signals of one unit each, buys and sells in turn."""
    from sql.signals import append_signal
    from tasks.clock import now
    from tieout.ids import SignalId
    from tieout.orders import Side
    from tieout.signals.types import Signal, Source

    stocks = venue.scenario(1).stocks
    with stores.journal.write() as journal:
        for number in numbers:
            signal = Signal(
                SignalId(f"bench-{number}"),
                content_hash=f"bench-{number}",
                strategy="bench",
                instrument=stocks[number // 2 % len(stocks)].instrument,
                side=Side.SELL if number % 2 else Side.BUY,
                source=Source.TABLE,
                received_at=now(),
                expires_at=now() + timedelta(hours=2),
                account_id=_ACCOUNT,
                quantity=Decimal(1),
            )
            append_signal(journal, signal, now())


def _bare(stores: Stores, wire: _Wire, orders: int) -> list[float]:
    """The SDK alone, as its documentation has it; seconds of each submit up to its bytes."""
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import OrderSide, TimeInForce
    from alpaca.trading.requests import MarketOrderRequest

    terms, url = venue.scenario(1).accounts[0].terms, stores.settings.accounts[_ACCOUNT].endpoint
    client, took = TradingClient(terms.key_id, terms.secret, url_override=url), list[float]()
    stocks = venue.scenario(1).stocks
    for number in range(orders):
        wire.begin()
        side = OrderSide.SELL if number % 2 else OrderSide.BUY
        symbol = stocks[number // 2 % len(stocks)].instrument.symbol
        client.submit_order(MarketOrderRequest(symbol=symbol, qty=1, side=side, time_in_force=TimeInForce.DAY))
        took.append(wire.own_seconds())
    return took


def _require_filled(stores: Stores, orders: int) -> None:
    """The work was done: a window that denies all of its signals would be quick.

    raises    RuntimeError where it was not
    """
    from sql.placements import read_placements
    from tieout.orders import OrderState

    with stores.journal.read() as journal:
        rows = read_placements(journal, _ACCOUNT)
    done = [row for row in rows if row.state is OrderState.FILLED and not row.fills_missing]
    if len(done) != orders:
        others = {f"{row.state}: {row.reason}" for row in rows if row not in done}
        raise RuntimeError(f"{len(done)} of {orders} orders were filled and booked; {sorted(others)[:3]}")


def _quantiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"median": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]}


def _resident_mib() -> float:
    """Memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


CASES: tuple[Case, ...] = (orders_one_by_one, orders_in_one_window)
