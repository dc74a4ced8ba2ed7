"""How a sender's field names become ours: the built-in formats, and those of `[signals.formats.NAME]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tieout.signals.types import Kept, RefusalCode, RefusedError
from tieout.toml_table import nearest

FIELDS = (
    "id",
    "strategy",
    "account",
    "symbol",
    "asset_class",
    "currency",
    "multiplier",
    "side",
    "quantity",
    "notional",
    "percent",
    "order_type",
    "limit_price",
    "stop_price",
    "trail_amount",
    "trail_percent",
    "take_profit",
    "stop_loss",
    "time_in_force",
    "extended_hours",
    "window",
    "time",
    "expires_at",
    "convexity_score",
    "sizing",
    "atr",
    "win_probability",
    "payoff",
    "mean",
    "variance",
    "note",
)
"""Every field of the built-in format."""
REQUIRED = ("symbol", "side")
# the name of a field, which is taken off before anything else sees the content
SECRET = "secret"  # noqa: S105  # pragma: allowlist secret
CHOICE = "format"
"""A field that names the format, where recognising it is not wanted."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a signal.

    strategy     whose signals are written so; None for any
    fields       our name -> the sender's names for it; a field that is not named here keeps its own name
    constants    our name -> the value that all its signals have; a sender cannot say another
    values       our name -> the sender's word -> ours
    ignored      the sender's fields that mean nothing to us
    """

    name: str
    strategy: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def names(self) -> dict[str, str]:
        """The sender's names -> ours. A name that the sender uses for something else is not also its own."""
        mapped = {theirs: ours for ours, names in self.fields.items() for theirs in names}
        own = {one: one for one in FIELDS if one not in self.fields and one not in mapped}
        return {theirs: ours for theirs, ours in {**own, **mapped}.items() if ours not in self.constants}


TIEOUT = Format("tieout")
# What alerts are usually made of, with the placeholders of TradingView's documentation. `{{strategy.order.id}}` is the
# name of an order in the script, the same every time: it is not the id of a signal.
TRADINGVIEW = Format(
    "tradingview",
    fields={
        "symbol": ("ticker", "symbol"),
        "side": ("action", "side"),
        "quantity": ("contracts", "quantity", "qty"),
        "time": ("time", "timenow"),
        "note": ("comment", "note"),
    },
    ignored=frozenset(
        {
            "exchange",
            "interval",
            "price",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "order_id",
            "order_price",
            "market_position",
            "market_position_size",
            "prev_market_position",
            "prev_market_position_size",
            "position_size",
            "alert_name",
        }
    ),
)
BUILT_IN = (TIEOUT, TRADINGVIEW)


@dataclass(frozen=True, slots=True)
class Translated:
    """A payload under our names.

    given     our name -> what stood there, or the format's constant
    theirs    our name -> the sender's name, for messages
    """

    given: Mapping[str, Kept]
    theirs: Mapping[str, str]
    chosen: Format


def translate(payload: Mapping[str, Kept], strategy: str | None, formats: Iterable[Format]) -> Translated:
    """A payload in the first format of the strategy that knows all its fields.

    strategy    named by the way in; None takes the payload's own
    formats     the configured ones, tried before the built-in ones
    raises      RefusedError for a format that is not there, and naming the field that the nearest format does not know
    """
    bare = {name: value for name, value in payload.items() if name != SECRET}
    wanted = bare.pop(CHOICE, None)
    named = strategy or _text(bare.get("strategy"))
    candidates = [one for one in (*formats, *BUILT_IN) if one.strategy is None or named in (None, one.strategy)]
    candidates.sort(key=lambda one: one.strategy is None)  # a strategy's own formats first, otherwise as they stand
    if wanted not in (None, ""):
        candidates = _named(wanted, candidates)
    chosen = min(candidates, key=lambda one: _strangeness(one, bare))  # the first of equals
    return _translated(chosen, bare)


def _text(value: Kept) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _named(wanted: Kept, candidates: list[Format]) -> list[Format]:
    found = [one for one in candidates if one.name == wanted]
    if not found:
        told = nearest(str(wanted)[:64], [one.name for one in candidates])
        raise RefusedError(RefusalCode.UNKNOWN_FORMAT, f"there is no such format; {told}", CHOICE)
    return found[:1]


def _strangeness(one: Format, payload: Mapping[str, Kept]) -> int:
    """Fields that the format does not know, and those it needs and does not find."""
    names = one.names()
    unknown = sum(name not in names and name not in one.ignored for name in payload)
    found = {names[name] for name in payload if name in names} | set(one.constants)
    return unknown + sum(name not in found for name in REQUIRED)


def _translated(chosen: Format, payload: Mapping[str, Kept]) -> Translated:
    names = chosen.names()
    given: dict[str, Kept] = dict(chosen.constants)
    theirs: dict[str, str] = {}
    for name, value in payload.items():
        if name in chosen.ignored and name not in names:
            continue
        ours = names.get(name)
        if ours is None:
            raise _unknown(name, chosen)
        if ours in theirs:
            raise RefusedError(RefusalCode.UNKNOWN_FIELD, f"{theirs[ours]!r} and {name!r} say the same field", name)
        given[ours], theirs[ours] = _value(chosen, ours, value), name
    return Translated(given, theirs, chosen)


def _unknown(name: str, chosen: Format) -> RefusedError:
    if name in chosen.constants:
        words = f"field {name!r} is fixed by format {chosen.name}"
    else:
        words = f"field {name[:64]!r} is not known to format {chosen.name}; {nearest(name[:64], chosen.names())}"
    return RefusedError(RefusalCode.UNKNOWN_FIELD, words, name[:64])


def _value(chosen: Format, ours: str, value: Kept) -> Kept:
    words = chosen.values.get(ours)
    return words.get(value.strip(), value) if words and isinstance(value, str) else value
