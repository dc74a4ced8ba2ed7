"""A signal as texts by name, for the store, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId, SignalId
from tieout.instruments import AssetClass, Instrument
from tieout.money import plain
from tieout.options.osi import OptionRight
from tieout.orders import OrderType, Side, TimeInForce
from tieout.risk.limits import Sizing
from tieout.risk.sizing import Edge
from tieout.signals.types import Kept, Signal, Source

_NUMBERS = (
    "quantity",
    "notional",
    "percent",
    "limit_price",
    "stop_price",
    "trail_amount",
    "trail_percent",
    "take_profit",
    "stop_loss",
    "convexity_score",
    "atr",
)


def written(signal: Signal) -> dict[str, object]:
    """What the signal wishes, without who sent it and when it came; `read_back` reads it."""
    wish = {name: getattr(signal, name) for name in _NUMBERS}
    texts = {
        "side": signal.side,
        "order_type": signal.order_type,
        "time_in_force": signal.time_in_force,
        "window": signal.window,
        "sent_at": signal.sent_at,
        "sizing": signal.sizing,
        "note": signal.note or None,
    }
    found: dict[str, object] = {name: _text(value) for name, value in {**wish, **texts}.items() if value is not None}
    found["instrument"] = _fields(signal.instrument)
    if signal.edge is not None:
        found["edge"] = _fields(signal.edge)
    return {**found, "extended_hours": signal.extended_hours}


def read_back(wish: Mapping[str, Any], row: Mapping[str, Any]) -> Signal:
    """The signal whose wish was `written`.

    row    signal_id, content_hash, strategy, account_id, source, received_at, expires_at, payload
    """
    raw: Mapping[str, Kept] = row["payload"]
    word = wish.get
    return Signal(
        SignalId(row["signal_id"]),
        row["content_hash"],
        row["strategy"],
        _instrument(wish["instrument"]),
        Side(wish["side"]),
        Source(row["source"]),
        row["received_at"],
        row["expires_at"],
        account_id=AccountId(row["account_id"]) if row["account_id"] else None,
        order_type=OrderType(wish["order_type"]),
        time_in_force=TimeInForce(wish["time_in_force"]) if "time_in_force" in wish else None,
        extended_hours=wish["extended_hours"],
        window=word("window"),
        sent_at=datetime.fromisoformat(wish["sent_at"]) if "sent_at" in wish else None,
        sizing=Sizing(wish["sizing"]) if "sizing" in wish else None,
        edge=Edge(**{name: Decimal(text) for name, text in wish["edge"].items()}) if "edge" in wish else None,
        note=word("note", ""),
        raw=raw,
        **{name: Decimal(wish[name]) for name in _NUMBERS if name in wish},
    )


def _instrument(told: Mapping[str, str]) -> Instrument:
    return Instrument(
        AssetClass(told["asset_class"]),
        told["symbol"],
        told["currency"],
        Decimal(told["multiplier"]),
        told.get("underlying"),
        date.fromisoformat(told["expiration"]) if "expiration" in told else None,
        OptionRight(told["option_right"]) if "option_right" in told else None,
        Decimal(told["strike"]) if "strike" in told else None,
    )


def _fields(value: Instrument | Edge) -> dict[str, str]:
    named = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: _text(one) for name, one in named.items() if one is not None}


def _text(value: object) -> str:
    match value:
        case Decimal():
            return plain(value)
        case date():  # a datetime is one too
            return value.isoformat()
        case _:
            return str(value)
