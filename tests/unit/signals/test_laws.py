"""Whatever comes in, a signal or a refusal comes out, and the same wish is the same signal."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.types import canonical_json
from tests.unit.signals.samples import NOW, judged, payload, rules, taken
from tieout.signals.document import MOST_DEPTH, depth, read_json, read_wishes, unreadable
from tieout.signals.formats import FIELDS, TRADINGVIEW
from tieout.signals.identity import refusal_id
from tieout.signals.record import read_back, written
from tieout.signals.types import Kept, Refusal, RefusedError, Signal

NAMES = (
    st.sampled_from([*FIELDS, *TRADINGVIEW.ignored, "ticker", "action", "contracts", "format", "secret"]) | st.text()
)
NUMBERS = st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.integers().map(str)
WORDS = st.sampled_from(
    [
        "buy",
        "sell",
        "AAPL",
        "BTC/USD",
        "limit",
        "market",
        "alpha",
        "1",
        "10",
        "5%",
        "2026-01-16T14:59:00Z",
        "day",
        "",
        "NaN",
    ]
)
SCALARS = st.none() | st.booleans() | st.text() | NUMBERS | WORDS
VALUES = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3), max_leaves=5
)
PAYLOADS = st.dictionaries(NAMES, VALUES, max_size=12) | VALUES


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@given(PAYLOADS, st.none() | st.text(), st.booleans())
def test_whatever_comes_in_a_signal_or_a_refusal_comes_out(
    content: Any, strategy: str | None, needs_time: bool
) -> None:
    try:
        read = read_json(encoded(content))
    except RefusedError:
        return
    found = judged(read, strategy=strategy, held_to=rules(needs_time=needs_time))
    assert isinstance(found, Signal | Refusal)
    stored = canonical_json(dict(found.raw)).encode()  # every store takes it: no lone surrogates
    assert b"\x00" not in stored
    if isinstance(found, Refusal):
        assert 0 < len(found.words) < 600
        assert len(refusal_id(found)) <= 64
        assert found.strategy is None or len(found.strategy) <= 64
        (found.words + found.field_name).encode()


@given(st.binary(max_size=300), st.sampled_from(["a.json", "a.jsonl", "a.csv", "noending"]))
def test_whatever_bytes_come_in_they_are_read_or_refused(body: bytes, name: str) -> None:
    assert canonical_json(unreadable(body)).encode()
    try:
        wishes = read_wishes(name, body)
    except RefusedError:
        return
    for one in wishes:
        assert isinstance(judged(one, strategy="alpha"), Signal | Refusal)


WISHES = st.fixed_dictionaries(
    {"symbol": st.sampled_from(["AAPL", "BTC/USD", "AAPL260116P00150000"]), "side": st.sampled_from(["buy", "SELL"])},
    optional={
        "quantity": st.decimals(Decimal("0.001"), 1000, places=3),
        "limit_price": st.decimals(Decimal("0.01"), 1000, places=2),
        "stop_price": st.decimals(Decimal("0.01"), 1000, places=2),
        "account": st.just("alpaca-main"),
        "time_in_force": st.sampled_from(["day", "gtc", "ioc"]),
        "window": st.just("session"),
        "note": st.text("abc xyz", max_size=20),
        "mean": st.decimals(-1, 1, places=4),
        "variance": st.decimals(0, 1, places=4),
        "convexity_score": st.decimals(-5, 5, places=1),
        "extended_hours": st.booleans(),
        "expires_at": st.just("2026-01-20T15:00:00Z"),
        "time": st.just("2026-01-16T14:00:00Z"),
        "sizing": st.sampled_from(["atr", "kelly"]),
    },
)


def in_json(wish: dict[str, Any]) -> str:
    """Numbers as JSON numbers, written as they are."""
    parts = (
        f"{json.dumps(name)}: {one if isinstance(one, Decimal) else json.dumps(one)}" for name, one in wish.items()
    )
    return "{" + ", ".join(parts) + "}"


@given(WISHES, st.randoms(use_true_random=False))
def test_the_order_of_fields_and_the_spelling_of_numbers_change_nothing(
    wish: dict[str, Any], by: random.Random
) -> None:
    mixed = list(wish.items())
    by.shuffle(mixed)
    longer = {
        name: Decimal(f"{one}000") if isinstance(one, Decimal) and "." in str(one) else one for name, one in mixed
    }
    texts = {name: str(one) if isinstance(one, Decimal) else one for name, one in mixed}

    first = taken(read_json(in_json(wish).encode()), strategy="alpha")

    assert taken(read_json(in_json(dict(mixed)).encode()), strategy="alpha").signal_id == first.signal_id
    assert taken(read_json(in_json(longer).encode()), strategy="alpha").signal_id == first.signal_id
    assert taken(read_json(encoded(texts)), strategy="alpha").signal_id == first.signal_id
    assert taken(read_json(in_json(wish).encode()), strategy="beta").signal_id != first.signal_id
    assert taken(read_json(in_json(wish).encode()), strategy="alpha", now=NOW + timedelta(1 / 24)).signal_id == (
        first.signal_id
    )


@given(WISHES, WISHES)
def test_different_wishes_are_different_signals(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (taken(read_json(in_json(each).encode()), strategy="alpha") for each in (one, other))
    same = written(first) == written(second) and (first.account_id, first.expires_at) == (
        second.account_id,
        second.expires_at,
    )
    if first.signal_id == second.signal_id:
        assert written(first) == written(second)
    if not same:
        assert first.signal_id != second.signal_id


@given(WISHES)
def test_what_is_written_down_is_read_back(wish: dict[str, Any]) -> None:
    signal = taken(read_json(in_json(wish).encode()), strategy="alpha")
    names = ("signal_id", "content_hash", "strategy", "account_id", "source", "received_at", "expires_at")
    row = {name: getattr(signal, name) for name in names} | {"payload": signal.raw}
    assert read_back(json.loads(canonical_json(written(signal))), row) == signal


def test_an_id_stands_for_the_wish_whenever_it_is_sent() -> None:
    early, late = (taken(payload(id="42", time=f"2026-01-16T14:0{n}:00Z")) for n in (1, 2))
    assert early.signal_id == "42"
    assert early.content_hash == late.content_hash
    assert early.content_hash != taken(payload(id="42", quantity="11")).content_hash


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_nesting_is_bounded_long_before_it_could_hurt() -> None:
    assert depth(read_json(nested(MOST_DEPTH))) == MOST_DEPTH
    for levels in (MOST_DEPTH + 1, 900, 30_000):
        with pytest.raises(RefusedError, match="levels of lists"):
            read_json(nested(levels))


def test_a_name_that_stands_twice_is_refused_for_nobody_knows_which_counts() -> None:
    with pytest.raises(RefusedError, match="'quantity' stands there twice"):
        read_json(b'{"quantity": 1, "quantity": 1000}')


def test_numbers_keep_every_digit() -> None:
    value: Kept = read_json(b'{"a": 0.1000000000000000055, "b": NaN, "c": -Infinity, "d": 1e-7, "e": true}')
    assert value == {"a": "0.1000000000000000055", "b": "NaN", "c": "-Infinity", "d": "1e-7", "e": True}


def test_csv_rows_are_wishes_with_texts() -> None:
    assert read_wishes("a.CSV", b"symbol,side\r\nAAPL,buy\r\n\r\nMSFT,sell\r\n") == [
        {"symbol": "AAPL", "side": "buy"},
        {"symbol": "MSFT", "side": "sell"},
    ]
