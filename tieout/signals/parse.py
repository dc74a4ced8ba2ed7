"""From a payload to a signal, or to a refusal. Nothing else comes out, whatever goes in."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.errors import Malformed
from tieout.ids import AccountId
from tieout.instruments import AssetClass, Instrument
from tieout.orders import OrderType, Side, TimeInForce
from tieout.risk.limits import Sizing
from tieout.risk.sizing import Edge
from tieout.signals.formats import Format, translate
from tieout.signals.identity import content_hash, signal_id
from tieout.signals.reader import Reader
from tieout.signals.rules import SignalRules
from tieout.signals.symbols import instrument_of
from tieout.signals.types import Arrival, Kept, Refusal, RefusalCode, RefusedError, Signal
from tieout.toml_table import nearest

STRATEGY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
AHEAD = timedelta(seconds=60)  # how far a sender's clock may be ahead of ours
LONGEST_LIFE = timedelta(days=31)
_LONGEST_NOTE = 500
_TRAILS = ("trail_amount", "trail_percent")


def parse_signal(payload: Kept, arrival: Arrival, rules: SignalRules) -> Signal | Refusal:
    """What came in as a signal, or why it is none.

    payload    as `tieout.signals.document` reads it, secrets removed
    """
    raw: dict[str, Kept] = payload if isinstance(payload, dict) else {"body": payload}
    try:
        return _signal(payload, raw, arrival, rules)
    except RefusedError as no:
        named = valid_strategy(arrival.strategy) or valid_strategy(
            payload.get("strategy") if isinstance(payload, dict) else None
        )
        return Refusal(no.code, no.words, arrival.source, arrival.received_at, no.field_name, named, raw=raw)


def valid_strategy(strategy: Kept) -> str | None:
    """The name of a strategy, None for what cannot be one."""
    return strategy if isinstance(strategy, str) and STRATEGY.fullmatch(strategy) else None


def _signal(payload: Kept, raw: dict[str, Kept], arrival: Arrival, rules: SignalRules) -> Signal:
    if not isinstance(payload, dict):
        raise RefusedError(RefusalCode.UNREADABLE, "a signal is one object of names and values")
    translated = translate(payload, arrival.strategy, rules.formats)
    read = Reader(translated.given, translated.theirs)
    strategy = _strategy(read, arrival, translated.chosen)
    given = read.text("id")
    wish = _wish(read, rules)
    sent_at, expires_at = _times(read, arrival.received_at, rules)
    told = {**wish.content, "strategy": strategy, "expires_at": read.moment("expires_at")}
    # with an id of its own a wish stays the same when it is sent again later
    fingerprint = content_hash(told if given else {**told, "time": sent_at})
    return Signal(
        signal_id(given, fingerprint),
        fingerprint,
        strategy,
        wish.instrument,
        wish.side,
        arrival.source,
        arrival.received_at,
        expires_at,
        sent_at=sent_at,
        raw=raw,
        **wish.rest,
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted, without who sent it and when."""

    instrument: Instrument
    side: Side
    rest: dict[str, Any]

    @property
    def content(self) -> dict[str, object]:
        one, edge = self.instrument, self.rest["edge"]
        told = {
            name: value for name, value in self.rest.items() if name != "edge" and value is not False and value != ""
        }
        if edge is not None:
            told |= {f"edge_{each.name}": getattr(edge, each.name) for each in fields(edge)}
        named = {"symbol": one.symbol, "class": one.asset_class, "currency": one.currency}
        return {**named, "multiplier": one.multiplier, "side": self.side, **told}


def _wish(read: Reader, rules: SignalRules) -> _Wish:
    instrument, side = _instrument(read), _side(read)
    account = _account(read, rules)
    rest: dict[str, Any] = {
        "account_id": account,
        **_size(read, rules),
        **_prices(read),
        "time_in_force": read.word("time_in_force", TimeInForce),
        "extended_hours": read.flag("extended_hours"),
        "window": _window(read, rules, account),
        "convexity_score": read.number("convexity_score"),
        "sizing": read.word("sizing", Sizing),
        "atr": read.above_zero("atr", RefusalCode.PRICE),
        "edge": _edge(read),
        "note": read.text("note", _LONGEST_NOTE) or "",
    }
    return _Wish(instrument, side, rest)


def _strategy(read: Reader, arrival: Arrival, chosen: Format) -> str:
    told = read.text("strategy")
    named = arrival.strategy or told or chosen.strategy
    if named is None:
        raise read.refuse(RefusalCode.MISSING, "strategy", "is missing")
    if not STRATEGY.fullmatch(named):
        raise read.refuse(RefusalCode.STRATEGY, "strategy", "must be letters, digits, . _ or -, at most 64")
    for other in (told, chosen.strategy):
        if other not in (None, named):
            raise read.refuse(RefusalCode.STRATEGY, "strategy", f"is {other!r}, but the signal came for {named!r}")
    return named


def _instrument(read: Reader) -> Instrument:
    symbol = read.required("symbol")
    asset_class = read.word("asset_class", AssetClass)
    multiplier = read.above_zero("multiplier", RefusalCode.SYMBOL)
    try:
        return instrument_of(symbol, asset_class, read.text("currency"), multiplier)
    except Malformed as error:
        raise read.refuse(RefusalCode.SYMBOL, "symbol", f"cannot be read: {error}"[:200]) from None


def _side(read: Reader) -> Side:
    read.required("side")
    side = read.word("side", Side)
    assert side is not None  # noqa: S101 - required() has seen to it
    return side


def _account(read: Reader, rules: SignalRules) -> AccountId | None:
    named = read.text("account")
    if named is None and len(rules.enabled) > 1:
        words = f"is needed, because several are enabled: {', '.join(sorted(rules.enabled))}"
        raise read.refuse(RefusalCode.ACCOUNT, "account", words)
    if named is None:
        return None
    if AccountId(named) not in rules.accounts:
        raise read.refuse(RefusalCode.ACCOUNT, "account", f"{named!r} is not configured")
    return AccountId(named)


def _size(read: Reader, rules: SignalRules) -> dict[str, Decimal | None]:
    sizes = {
        "quantity": read.above_zero("quantity", RefusalCode.SIZE, rules.most_quantity),
        "notional": read.above_zero("notional", RefusalCode.SIZE, rules.most_notional),
        "percent": read.share("percent", RefusalCode.SIZE),
    }
    told = [name for name, value in sizes.items() if value is not None]
    if len(told) > 1:
        raise read.refuse(RefusalCode.SIZE, told[1], f"and {told[0]} both say the size; one of them may")
    return sizes


def _prices(read: Reader) -> dict[str, object]:
    names = ("limit_price", "stop_price", "trail_amount", "take_profit", "stop_loss")
    prices = {name: read.above_zero(name, RefusalCode.PRICE) for name in names}
    prices["trail_percent"] = read.share("trail_percent", RefusalCode.PRICE)
    if prices["take_profit"] is not None and prices["take_profit"] == prices["stop_loss"]:
        raise read.refuse(RefusalCode.PRICE, "take_profit", "and stop_loss are the same price")
    told = {name for name in ("limit_price", "stop_price", *_TRAILS) if prices[name] is not None}
    order_type = read.word("order_type", OrderType) or _implied(told)
    _fitting(read, order_type, told)
    return {**prices, "order_type": order_type}


def _implied(told: set[str]) -> OrderType:
    """The order type that the prices mean, where none is said."""
    if told & set(_TRAILS):
        return OrderType.TRAILING_STOP
    if "stop_price" in told:
        return OrderType.STOP_LIMIT if "limit_price" in told else OrderType.STOP
    return OrderType.LIMIT if "limit_price" in told else OrderType.MARKET


_WANTED = {
    OrderType.MARKET: frozenset[str](),
    OrderType.LIMIT: frozenset({"limit_price"}),
    OrderType.STOP: frozenset({"stop_price"}),
    OrderType.STOP_LIMIT: frozenset({"limit_price", "stop_price"}),
}


def _fitting(read: Reader, order_type: OrderType, told: set[str]) -> None:
    """A price that the type has no use for is a slip, not something to pass over."""
    if order_type is OrderType.TRAILING_STOP:
        if len(told & set(_TRAILS)) != 1 or told - set(_TRAILS):
            words = "trailing_stop takes trail_amount or trail_percent, and no other price"
            raise read.refuse(RefusalCode.ORDER_TYPE, "order_type", words)
        return
    wanted = _WANTED[order_type]
    if missing := sorted(wanted - told):
        raise read.refuse(RefusalCode.ORDER_TYPE, "order_type", f"{order_type.value} needs {' and '.join(missing)}")
    if extra := sorted(told - wanted):
        raise read.refuse(RefusalCode.ORDER_TYPE, "order_type", f"{order_type.value} takes no {' or '.join(extra)}")


def _window(read: Reader, rules: SignalRules, account: AccountId | None) -> str | None:
    named = read.text("window")
    if named is None:
        return None
    window = rules.windows.get(named)
    if window is None:
        raise read.refuse(RefusalCode.WINDOW, "window", f"{named!r} is not configured; {nearest(named, rules.windows)}")
    if account is not None and not window.is_for(account):
        raise read.refuse(RefusalCode.WINDOW, "window", f"{named!r} is not for account {account}")
    return named


def _edge(read: Reader) -> Edge | None:
    names = ("win_probability", "payoff", "mean", "variance")
    numbers = {name: read.number(name) for name in names}
    return Edge(**numbers) if any(one is not None for one in numbers.values()) else None


def _times(read: Reader, received_at: datetime, rules: SignalRules) -> tuple[datetime | None, datetime]:
    """When it was sent, and until when it may be acted on."""
    sent_at, expires_at = read.moment("time"), read.moment("expires_at")
    if sent_at is None and rules.needs_time:
        raise read.refuse(RefusalCode.MISSING, "time", "is missing: without it a captured post could be sent again")
    if sent_at is not None:
        _recent(read, sent_at, received_at, rules)
    if expires_at is None:
        return sent_at, (sent_at or received_at) + rules.time_to_live
    if expires_at <= received_at:
        raise read.refuse(RefusalCode.EXPIRED, "expires_at", f"has passed at {received_at:%Y-%m-%d %H:%M:%S} UTC")
    if expires_at - received_at > LONGEST_LIFE:
        raise read.refuse(RefusalCode.TIME, "expires_at", f"lies more than {LONGEST_LIFE.days} days ahead")
    return sent_at, expires_at


def _recent(read: Reader, sent_at: datetime, received_at: datetime, rules: SignalRules) -> None:
    age = received_at - sent_at
    if age < -AHEAD:
        raise read.refuse(RefusalCode.TIME, "time", f"lies {-age.total_seconds():.0f} s ahead of our clock")
    is_bounded = rules.needs_time or read.given.get("expires_at") is None
    if is_bounded and age >= rules.time_to_live:
        words = f"was {age.total_seconds():.0f} s ago, {rules.time_to_live.total_seconds():.0f} s are the most"
        raise read.refuse(RefusalCode.TOO_OLD, "time", words)
