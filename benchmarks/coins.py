"""One snapshot of a coin account through the adapter, against bare ccxt making the same requests of the same venue.

Ours reads the account twice, for two readings that agree are its proof; so does the peer. Both come from a process of
their own, in which nothing is warm at first: the first round has ccxt's import and the venue's markets in it, the
rounds after it have not. The venue is a protocol face on loopback in a third process.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import coin_venue
from benchmarks.harness import Measured, Result, compared, in_turn
from benchmarks.measuring import Case, Measurement, found_alike

RUNS, ROUNDS, AT_MOST = 3, 15, 1.2
VENUES = ("binance", "bybit")
READS = 2
_PRODUCTS = frozenset({"spot", "linear"})
_SINCE = coin_venue.NOW - timedelta(hours=12)


def results(folder: Path) -> list[Result]:
    """Each venue's snapshot against the bare calls; the cases take turns."""
    lines = []
    for name in VENUES:
        asked = [(f"{name}_snapshot", 1), (f"{name}_bare", 1), (f"{name}_bare", READS)]
        measured = in_turn(asked, folder, RUNS)
        ours, once, bare = (measured[one] for one in asked)
        _require_alike(ours, bare)
        lines += [
            _line(f"{name}: snapshot and the day's fills", ours, bare, "seconds"),
            _line(f"{name}: the same, first of a process", ours, bare, "first"),
            _told(f"{name}: the same, with its two readings", ours, once),
        ]
    return lines


def _line(name: str, ours: Measured, bare: Measured, which: str) -> Result:
    value, peer = (one.seconds if which == "seconds" else float(one.extra[which]) for one in (ours, bare))
    return compared(name, value, "bare ccxt, the same requests", peer, at_most=AT_MOST)


def _told(name: str, ours: Measured, once: Measured) -> Result:
    return compared(name, ours.seconds, "bare ccxt reading once", once.seconds)


def _require_alike(ours: Measured, bare: Measured) -> None:
    for what in ("requests", "found"):
        found_alike(ours=int(ours.extra[what]), bare=int(bare.extra[what]))


def binance_snapshot(_rows: int, _folder: Path) -> Measurement:
    """Through the adapter."""
    return _ours("binance")


def bybit_snapshot(_rows: int, _folder: Path) -> Measurement:
    """Through the adapter."""
    return _ours("bybit")


def binance_bare(reads: int, _folder: Path) -> Measurement:
    """What a user of ccxt would call."""
    return _bare("binance", reads, _binance_account)


def bybit_bare(reads: int, _folder: Path) -> Measurement:
    """What a user of ccxt would call."""
    return _bare("bybit", reads, _bybit_account)


def _ours(name: str) -> Measurement:
    from brokers.credentials import Credential
    from brokers.registry import open_broker
    from tieout.accounts import Account, Mode
    from tieout.ids import AccountId
    from tieout.settings import AccountSettings

    with coin_venue.running_venue(name) as url, TemporaryDirectory() as kept:
        account = Account(AccountId("bench"), name, Mode.PAPER, "USDT", "24/7")
        options = {"products": ",".join(sorted(_PRODUCTS)), "symbols": ",".join(coin_venue.traded())}
        options |= {"requests_per_minute": "1000000", "limits_in": "file", "limits_file": f"{kept}/limits.sqlite"}
        settings = AccountSettings(account, endpoint=url, options=options)

        def ours(broker: Any) -> int:
            snapshot = broker.fetch_snapshot(coin_venue.NOW.date())
            fills = broker.fetch_executions(_SINCE, coin_venue.NOW).records
            return len(snapshot.positions) + len(snapshot.balances) + len(snapshot.open_orders) + len(fills)

        credential = Credential(coin_venue.KEY, coin_venue.SECRET)
        began = time.perf_counter()
        with open_broker(settings, credential, lambda: coin_venue.NOW) as broker:
            return _rounds(began, lambda: ours(broker), lambda: len(broker.calls))  # type: ignore[attr-defined]


def _bare(name: str, reads: int, account: Callable[[Any], int]) -> Measurement:
    with coin_venue.running_venue(name) as url:
        began = time.perf_counter()
        exchange = _exchange(name, url)
        asked: list[str] = []
        exchange.session.hooks["response"].append(lambda answer, **_: asked.append(answer.url))

        def bare() -> int:
            exchange.fetch_time()
            for _ in range(reads):
                held = account(exchange)
            priced = exchange.fetch_tickers([f"{coin_venue.coin(n)}/USDT" for n in range(coin_venue.COINS)])
            if len(priced) != coin_venue.COINS:
                raise RuntimeError("not every coin has a price")
            return held + _fills(exchange)

        return _rounds(began, bare, lambda: len(asked))


def _rounds(began: float, ask: Callable[[], int], asked: Callable[[], int]) -> Measurement:
    """The first round, its preparations included, and the median of those after it."""
    found, first = ask(), time.perf_counter() - began
    taken: list[float] = []
    before = asked()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        if ask() != found:
            raise RuntimeError("the account changed while it was read")
        taken.append(time.perf_counter() - start)
    requests = (asked() - before) // ROUNDS
    return {"seconds": statistics.median(taken), "first": first, "found": found, "requests": requests}


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
    income = exchange.fapiPrivateGetIncome(
        {"startTime": since, "limit": 1000}
    )  # tells in which contracts there were any
    markets = {exchange.markets_by_id[one["symbol"]][-1]["symbol"] for one in income} | set(coin_venue.traded())
    return sum(len(exchange.fetch_my_trades(one, since, 1000)) for one in markets)


CASES: tuple[Case, ...] = (binance_snapshot, binance_bare, bybit_snapshot, bybit_bare)
