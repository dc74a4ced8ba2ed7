"""What a person reads when a venue says no: what was wrong, where, and what to do about it. Through the adapter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.ccxt.adapter import CcxtBroker
from simulator.protocols.coins.face import CoinFace
from simulator.protocols.faults import ALWAYS, Status, html
from tests.contract.coins import kucoin
from tests.contract.coins.benches import ROWS, Bench
from tests.contract.coins.canned import CannedBench, KuCoinFace
from tests.contract.coins.operations import an_order
from tests.unit.simulator.protocols.coins.world import BTC, INVERSE, SWAP
from tieout.diagnosis import LastCall, diagnose
from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    InvalidOrder,
    MarketClosed,
    NotTradable,
    RateLimited,
    Rejected,
    TieoutError,
    Unauthorised,
    Unavailable,
    Unreadable,
)
from tieout.instruments import crypto
from tieout.orders import Order, Side

Spoil = Callable[[Bench], None]
Ask = Callable[[CcxtBroker], object]
BY_NAME = {one.name: one for one in ROWS}


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad input at one venue.

    ask     what is asked of the adapter
    says    what the message must hold, each
    """

    what: str
    venue: str
    spoil: Spoil
    ask: Ask
    leaf: type[TieoutError]
    says: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what} at {self.venue}"


def nothing(_: Bench) -> None:
    """The request itself is bad."""


def late(bench: Bench) -> None:
    """Our clock is five minutes behind the venue's."""
    assert isinstance(bench.face, CoinFace)
    bench.face.skew = timedelta(minutes=5)


def reads_only(bench: Bench) -> None:
    """The key may look and not trade."""
    ring = bench.world.venue.keys
    ring._keys.update({handle: replace(key, rights=("read",)) for handle, key in ring._keys.items()})


def says(status: int, body: Any, **headers: str) -> Spoil:
    """Every further request is answered so."""

    def spoil(bench: Bench) -> None:
        answer = Status(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
        strike(bench, answer)

    return spoil


def page(status: int) -> Spoil:
    """Every further request is answered with a page of a gateway."""
    return lambda bench: strike(bench, html(status))


def strike(bench: Bench, answer: Status) -> None:
    for method in ("GET", "POST"):
        bench.face.faults.add(answer, "*", method, times=ALWAYS)


def delisted(bench: Bench) -> None:
    """The venue closes the market while ours is still open in the list."""
    market = bench.world.market
    market._listings[BTC.symbol] = replace(market.listing(BTC), tradable=False)


def submit(order: Order) -> Ask:
    return lambda broker: broker.submit(order)


def identity(broker: CcxtBroker) -> object:
    return broker.fetch_identity()


RESTING = an_order(BTC, limit=50_000)
NOBODY_HOLDS = replace(an_order(SWAP, "out", Side.SELL), is_exit=True)
CLOCK, KEYS, STATUS = "set this machine's clock by NTP", "what this key may do and from where", "status page"
STEPS = "steps and limits of the market may have changed"


def bybit(code: int, words: str) -> Spoil:
    return says(200, {"retCode": code, "retMsg": words, "result": {}, "time": 1})


def okx(code: str, words: str) -> Spoil:
    return says(200, {"code": "1", "data": [{"sCode": code, "sMsg": words}], "msg": ""})


CASES = (
    Bad("clock skew", "Binance", late, identity, Unavailable, ("recvWindow", CLOCK, "[-1021]")),
    Bad("clock skew", "Bybit", late, identity, Unavailable, (CLOCK, "[10002]")),
    Bad("clock skew", "OKX", late, identity, Unavailable, (CLOCK, "[50102]")),
    Bad("clock skew", "Coinbase", late, identity, Unauthorised, (KEYS,)),
    Bad("wrong permission", "Binance", reads_only, submit(RESTING), Unauthorised, (KEYS, "[-2015]")),
    Bad("wrong permission", "Bybit", reads_only, submit(RESTING), Unauthorised, (KEYS, "[10005]")),
    Bad("wrong permission", "Kraken", reads_only, submit(RESTING), Unauthorised, ("Permission denied", KEYS)),
    Bad("wrong permission", "Coinbase", reads_only, submit(RESTING), Unauthorised, (KEYS,)),
    Bad("wrong permission", "Kraken Futures", reads_only, submit(an_order(INVERSE)), Unauthorised, (KEYS,)),
    Bad(
        "address not allowed",
        "Binance",
        says(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}),
        identity,
        Unauthorised,
        ("IP", KEYS, "[-2015]"),
    ),
    Bad(
        "address not allowed",
        "Bybit",
        bybit(10010, "Unmatched IP, please check your API key's bound IP addresses."),
        identity,
        Unauthorised,
        ("Unmatched IP", KEYS, "[10010]"),
    ),
    Bad(
        "address not allowed",
        "OKX",
        says(401, {"code": "50110", "msg": "Your IP 198.51.100.7 is not included in your API key's IP whitelist."}),
        identity,
        Unauthorised,
        ("198.51.100.7", KEYS, "[50110]"),
    ),
    Bad(
        "unknown symbol",
        "Binance",
        nothing,
        lambda broker: broker.fetch_quote(crypto("NOCOIN", "USDT")),
        NotTradable,
        ("lists no NOCOIN/USDT", "correct its symbol", "options.products"),
    ),
    Bad(
        "unknown symbol",
        "OKX",
        okx("51001", "Instrument ID does not exist"),
        submit(RESTING),
        NotTradable,
        ("Instrument ID does not exist", "correct its symbol", "[51001]"),
    ),
    Bad("delisted market", "Binance", delisted, submit(RESTING), MarketClosed, ("closed", "take the market out")),
    Bad("delisted market", "Bybit", delisted, submit(RESTING), NotTradable, ("take the market out",)),
    Bad(
        "precision",
        "Binance",
        says(400, {"code": -1111, "msg": "Precision is over the maximum defined for this asset."}),
        submit(RESTING),
        InvalidOrder,
        ("Precision is over the maximum", STEPS, "[-1111]"),
    ),
    Bad(
        "precision",
        "Bybit",
        bybit(170134, "Order price has too many decimals."),
        submit(RESTING),
        InvalidOrder,
        ("too many decimals", STEPS, "[170134]"),
    ),
    Bad(
        "least worth",
        "Binance",
        nothing,
        submit(replace(RESTING, quantity=Decimal("0.00002"))),
        InvalidOrder,
        ("0.00002 of BTC/USDT is worth 1,", "least worth", "is 5", "order more"),
    ),
    Bad(
        "least worth",
        "OKX",
        okx("51020", "Your order should meet or exceed the minimum order amount."),
        submit(RESTING),
        InvalidOrder,
        ("minimum order amount", STEPS, "[51020]"),
    ),
    Bad(
        "least order",
        "Kraken",
        nothing,
        submit(replace(RESTING, quantity=Decimal("0.000001"))),
        InvalidOrder,
        ("0.000001 of BTC/USDT is below the least order there, 0.00001", "order more"),
    ),
    Bad(
        "reduce-only",
        "Binance USDⓈ-M",
        nothing,
        submit(NOBODY_HOLDS),
        InvalidOrder,
        ("ReduceOnly Order is rejected", "nothing to reduce", "[-2022]"),
    ),
    Bad("reduce-only", "Bybit", nothing, submit(NOBODY_HOLDS), InvalidOrder, ("nothing to reduce", "[110017]")),
    Bad("reduce-only", "OKX", nothing, submit(NOBODY_HOLDS), InvalidOrder, ("nothing to reduce", "[51169]")),
    Bad(
        "reduce-only",
        "Kraken Futures",
        nothing,
        submit(replace(an_order(INVERSE, "out", Side.SELL), is_exit=True)),
        Rejected,
        ("wouldNotReducePosition", "nothing to reduce"),
    ),
    Bad(
        "maintenance",
        "OKX",
        says(503, {"code": "50001", "msg": "Service temporarily unavailable"}),
        submit(RESTING),
        Ambiguous,
        ("Service temporarily unavailable", STATUS, "[50001]"),
    ),
    Bad(
        "maintenance",
        "Kraken",
        says(200, {"error": ["EService:Unavailable"]}),
        identity,
        Unavailable,
        ("EService:Unavailable", STATUS),
    ),
    Bad("a page instead of JSON", "Binance", page(200), identity, Unreadable, ("/api/v3/account", "an HTML page")),
    Bad("a page instead of JSON", "Bybit", page(502), identity, Unavailable, ("HTTP 502", "502 Bad Gateway", "proxy")),
    Bad("a page instead of JSON", "Coinbase", page(403), submit(RESTING), Ambiguous, ("HTTP 403", "an HTML page")),
    Bad(
        "ban",
        "Binance",
        says(418, {"code": -1003, "msg": "Way too much request weight used; IP banned."}, **{"Retry-After": "120"}),
        identity,
        RateLimited,
        ("this address is banned for 120 s", "lower `requests_per_minute`", "[-1003]"),
    ),
    Bad(
        "ban",
        "OKX",
        says(429, {"code": "50011", "msg": "Rate limit reached."}),
        identity,
        RateLimited,
        ("too many requests", "Rate limit reached", "lower `requests_per_minute`"),
    ),
)


@pytest.fixture(params=CASES, ids=str)
def bad(request: pytest.FixtureRequest) -> Bad:
    found = request.param
    assert isinstance(found, Bad)
    return found


@pytest.fixture
def bench(bad: Bad) -> Iterator[Bench]:
    with BY_NAME[bad.venue].bench() as bench:
        yield bench


def test_a_no_says_what_was_wrong_where_and_what_to_do(bad: Bad, bench: Bench) -> None:
    broker = bench.broker()
    broker.fetch_contract(bench.row.traded[0])  # the markets are known by then
    bad.spoil(bench)

    with pytest.raises(bad.leaf) as refused:
        bad.ask(broker)

    assert type(refused.value) is bad.leaf
    message = str(refused.value)
    assert message.startswith(f"{bench.row.venue.name}: ")
    assert [one for one in bad.says if one not in message] == [], message
    assert "<" not in message
    assert bench.account.live == ()
    if isinstance(refused.value, BrokerError) and refused.value.advice:
        assert diagnose(refused.value, LastCall(400), "the venue").fix == refused.value.advice
        assert refused.value.advice in message
    assert getattr(refused.value, "retry_after_s", None) == (120 if "for 120 s" in message else None)


def test_a_classic_account_at_bybit_is_told_to_upgrade() -> None:
    with BY_NAME["Bybit"].bench() as bench:
        account = {"retCode": 0, "retMsg": "OK", "result": {"unifiedMarginStatus": 1, "marginMode": "REGULAR_MARGIN"}}
        bench.face.faults.add(Status(200, json.dumps(account).encode()), "/v5/account/info", "GET", times=ALWAYS)
        with pytest.raises(ConfigError, match="unified account is not enabled: upgrade the account at the venue"):
            bench.broker().fetch_identity()


@pytest.mark.parametrize(
    ("what", "body", "status", "leaf", "words"),
    [
        ("clock", {"code": "400002", "msg": "Invalid KC-API-TIMESTAMP"}, 400, Unavailable, CLOCK),
        ("address", {"code": "400006", "msg": "The IP address is not in the API whitelist"}, 400, Unauthorised, KEYS),
        ("permission", {"code": "400007", "msg": "Access denied"}, 400, Unauthorised, KEYS),
    ],
)
def test_kucoin_s_refusals_say_so_too(
    what: str, body: dict[str, str], status: int, leaf: type[TieoutError], words: str
) -> None:
    class Refusing(KuCoinFace):
        def refusal(self, why: str) -> tuple[dict[str, str], int]:
            return body, status

    row = replace(kucoin.ROW, face=Refusing)
    with row.bench() as bench:
        assert isinstance(bench, CannedBench)
        with pytest.raises(leaf, match=words) as refused:
            bench.broker().fetch_identity()
        assert body["code"] in str(refused.value)
