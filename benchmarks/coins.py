"""One snapshot of a coin account through the adapter, against bare ccxt making the same requests of the same venue.

Ours reads the account twice, for two readings that agree are its proof; so does the peer. The first round of either has
a process of its own, ccxt's import and the venue's markets in it. The rounds after it take turns in one process, so
that a busy moment strikes both. The venue is a protocol face on loopback in a process beside them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import coin_venue
from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Measurement, found_alike

RUNS, ROUNDS, AT_MOST = 7, 40, 1.2  # a process that has just begun varies by a fifth
VENUES = ("binance", "bybit")
READS = 2
_PRODUCTS = frozenset({"spot", "linear"})
_SINCE = coin_venue.NOW - timedelta(hours=12)


def results(folder: Path) -> list[Result]:
    """Each venue's snapshot against the bare calls."""
    lines = []
    for name in VENUES:
        asked = [(f"{name}_rounds", ROUNDS), (f"{name}_snapshot", 1), (f"{name}_bare", READS)]
        rounds, ours, bare = in_turn(asked, folder, RUNS).values()
        peer = "bare ccxt, the same requests"
        lines += [
            compared(f"{name}: snapshot and fills", rounds.seconds, peer, rounds.extra["bare"], at_most=AT_MOST),
            compared(f"{name}: the same, first of a process", ours.seconds, peer, bare.seconds, at_most=AT_MOST),
            compared(f"{name}: with its two readings", rounds.seconds, "bare, reading once", rounds.extra["once"]),
        ]
    return lines


def binance_rounds(rounds: int, _folder: Path) -> Measurement:
    """Either side in turn, warm."""
    return _rounds("binance", rounds)


def bybit_rounds(rounds: int, _folder: Path) -> Measurement:
    """Either side in turn, warm."""
    return _rounds("bybit", rounds)


def binance_snapshot(_rows: int, _folder: Path) -> Measurement:
    """The first through the adapter."""
    return _first("binance", _ours)


def bybit_snapshot(_rows: int, _folder: Path) -> Measurement:
    """The first through the adapter."""
    return _first("bybit", _ours)


def binance_bare(_rows: int, _folder: Path) -> Measurement:
    """The first of what a user of ccxt would call."""
    return _first("binance", _bare)


def bybit_bare(_rows: int, _folder: Path) -> Measurement:
    """The first of what a user of ccxt would call."""
    return _first("bybit", _bare)


Side = tuple[Callable[[int], int], Callable[[], int]]  # one round with so many readings, and requests so far


def _first(name: str, side: Any) -> Measurement:
    with coin_venue.running_venue(name) as url:
        began = time.perf_counter()
        with side(name, url) as (ask, _):
            found = ask(READS)
            return {"seconds": time.perf_counter() - began, "found": found}


def _rounds(name: str, rounds: int) -> Measurement:
    """Medians of either side; both must ask as often and find as much."""
    with (
        coin_venue.running_venue(name) as url,
        _ours(name, url) as (ours, ours_asked),
        _bare(name, url) as (bare, bare_asked),
    ):
        found_alike(ours=ours(READS), bare=bare(READS))
        before = ours_asked(), bare_asked()
        taken = [(_timed(ours, READS), _timed(bare, READS)) for _ in range(rounds)]
        requests = ours_asked() - before[0]
        found_alike(ours=requests, bare=bare_asked() - before[1])
        once = [_timed(bare, 1) for _ in range(rounds)]
    mine, theirs = (statistics.median(each) for each in zip(*taken, strict=True))
    return {"seconds": mine, "bare": theirs, "once": statistics.median(once), "requests": requests // rounds}


def _timed(ask: Callable[[int], int], reads: int) -> float:
    start = time.perf_counter()
    ask(reads)
    return time.perf_counter() - start


@contextmanager
def _ours(name: str, url: str) -> Iterator[Side]:
    from brokers.credentials import Credential
    from brokers.registry import open_broker
    from tieout.accounts import Account, Mode
    from tieout.ids import AccountId
    from tieout.settings import AccountSettings

    with TemporaryDirectory() as kept:
        account = Account(AccountId("bench"), name, Mode.PAPER, "USDT", "24/7")
        options = {"products": ",".join(sorted(_PRODUCTS)), "symbols": ",".join(coin_venue.traded())}
        options |= {"requests_per_minute": "1000000", "limits_in": "file", "limits_file": f"{kept}/limits.sqlite"}
        settings = AccountSettings(account, endpoint=url, options=options)
        credential = Credential(coin_venue.KEY, coin_venue.SECRET)
        asked: list[Any] = []

        def ask(_reads: int) -> int:
            snapshot = broker.fetch_snapshot(coin_venue.NOW.date())
            fills = broker.fetch_executions(_SINCE, coin_venue.NOW).records
            asked.extend(broker.take_calls())  # type: ignore[attr-defined]
            return len(snapshot.positions) + len(snapshot.balances) + len(snapshot.open_orders) + len(fills)

        with open_broker(settings, credential, lambda: coin_venue.NOW) as broker:
            yield ask, lambda: len(asked)


@contextmanager
def _bare(name: str, url: str) -> Iterator[Side]:
    exchange, asked = _exchange(name, url), []
    exchange.session.hooks["response"].append(lambda answer, **_: asked.append(answer.url))
    account = _binance_account if name == "binance" else _bybit_account

    coins = [f"{coin_venue.coin(n)}/USDT" for n in range(coin_venue.COINS)]

    def ask(reads: int) -> int:
        exchange.fetch_time()
        held = [account(exchange) for _ in range(reads)]
        if len(exchange.fetch_tickers(coins)) != len(coins):
            raise RuntimeError("not every coin has a price")
        return held[-1] + _fills(exchange)

    yield ask, lambda: len(asked)


def _exchange(name: str, url: str) -> Any:
    """ccxt as its users have it, but for its limiter and the list of all coins; markets are those of the account."""
    from importlib import import_module

    from brokers.ccxt.setup import VENUES as FILES
    from brokers.ccxt.stream import replaced

    module, _, kind = FILES[name].partition(":")
    options = getattr(import_module(module), kind)().options(_PRODUCTS)
    config = {"apiKey": coin_venue.KEY, "secret": coin_venue.SECRET, "enableRateLimit": False, "options": options}
    exchange = getattr(import_module(f"ccxt.{name}"), name)(config)
    exchange.has["fetchCurrencies"] = False
    exchange.urls = replaced(exchange.urls, url)
    return exchange


def _binance_account(exchange: Any) -> int:
    spot = exchange.fetch_balance({"type": "spot"})
    futures = exchange.fetch_balance({"type": "swap", "subType": "linear"})
    held = exchange.fetch_positions(None, {"subType": "linear", "useV2": False})
    orders = exchange.fetch_open_orders(None, None, None, {"type": "spot"})
    orders += exchange.fetch_open_orders(None, None, None, {"type": "swap", "subType": "linear"})
    return _counted(spot["total"], futures["total"]) + len(held) + len(orders)


def _bybit_account(exchange: Any) -> int:
    wallet = exchange.fetch_balance()
    held, orders = [], exchange.fetch_open_orders(None, None, None, {"category": "spot"})
    for settles in ("USDT", "USDC"):
        params = {"category": "linear", "settleCoin": settles}
        held += exchange.fetch_positions(None, params)
        orders += exchange.fetch_open_orders(None, None, None, params)
    return _counted(wallet["total"]) + len(held) + len(orders)


def _counted(*wallets: dict[str, Any]) -> int:
    """Coins that the account has, in any wallet."""
    return len({name for one in wallets for name, total in one.items() if total})


def _fills(exchange: Any) -> int:
    """Of the day, as far as the venue has to be asked: by market at one, by category at the other."""
    since = int(_SINCE.timestamp() * 1000)
    if exchange.id == "bybit":
        return sum(len(exchange.fetch_my_trades(None, since, 100, {"category": one})) for one in ("spot", "linear"))
    exchange.fapiPrivateGetForceOrders({"startTime": since, "limit": 100})  # which of them the venue closed by itself
    income = exchange.fapiPrivateGetIncome({"startTime": since, "limit": 1000})  # in which contracts there were any
    markets = {exchange.markets_by_id[one["symbol"]][-1]["symbol"] for one in income} | set(coin_venue.traded())
    return sum(len(exchange.fetch_my_trades(one, since, 1000)) for one in markets)


CASES: tuple[Case, ...] = (binance_rounds, bybit_rounds, binance_snapshot, binance_bare, bybit_snapshot, bybit_bare)
