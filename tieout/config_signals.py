"""The `[signals]` tables: where signals come in, what they are held to, and how their senders write them."""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_address, ip_network

from tieout.signals.formats import BUILT_IN, FIELDS, SECRET, TIEOUT, Format
from tieout.signals.settings import Network, SignalSettings, WebhookSettings
from tieout.toml_table import TomlTable, nearest

_LEAST_BODY = 1024  # bytes
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_HIGHEST_PORT = 65_535


def parse_signals(root: TomlTable) -> SignalSettings:
    """The table as values.

    raises    ConfigError naming the table, the key and what to write instead
    """
    table, usual = root.table("signals"), SignalSettings()
    formats = table.table("formats")
    signals = SignalSettings(
        drop_folder=table.text_or_none("drop_folder"),
        time_to_live_s=table.seconds("time_to_live_s", usual.time_to_live_s),
        most_quantity=table.number("most_quantity", usual.most_quantity),
        most_notional=table.number("most_notional", usual.most_notional),
        webhook=_webhook(table.table("webhook")),
        formats=tuple(_format(name, formats) for name in formats.content),
    )
    table.close()
    return signals


def _webhook(table: TomlTable) -> WebhookSettings:
    usual = WebhookSettings()
    webhook = WebhookSettings(
        host=table.text("host", usual.host),
        port=table.whole("port", usual.port),
        secrets=table.references("secret"),
        allowed=_networks(table, "allowed", usual.allowed),
        proxies=_networks(table, "proxies", usual.proxies),
        max_bytes=table.whole("max_bytes", usual.max_bytes, least=_LEAST_BODY),
        time_to_live_s=table.seconds("time_to_live_s", usual.time_to_live_s),
        per_minute=table.whole("per_minute", usual.per_minute, least=1),
        timeout_s=table.seconds("timeout_s", usual.timeout_s),
        connections=table.whole("connections", usual.connections, least=1),
    )
    if webhook.port > _HIGHEST_PORT:
        raise table.complain("port", f"must be {_HIGHEST_PORT} or below, was {webhook.port}")
    if not table.has("allowed") and not _is_loopback(webhook.host):
        raise table.complain(
            "allowed", f"is missing: {webhook.host} is open to other machines; name those that may post"
        )
    table.close()
    return webhook


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _networks(table: TomlTable, key: str, default: tuple[Network, ...]) -> tuple[Network, ...]:
    if not table.has(key):
        return default
    values = table.content[key]
    if not isinstance(values, list):
        raise table.complain(key, f'must be a list of addresses such as ["52.89.214.238"], was {values!r}')
    return tuple(_network(table, key, one) for one in values)


def _network(table: TomlTable, key: str, value: object) -> Network:
    try:
        return ip_network(str(value))
    except ValueError as error:
        raise table.complain(key, f"holds {value!r}, which is no address or network: {error}") from None


def _format(name: str, tables: TomlTable) -> Format:
    table, bases = tables.table(name), {one.name: one for one in BUILT_IN}
    if name in bases or not re.fullmatch(_NAME, name):
        raise tables.complain(name, "is no name for a format: letters, digits, . _ or -, at most 64, none built in")
    like = table.text("like", TIEOUT.name)
    if like not in bases:
        raise table.complain("like", f"is {like!r}; {nearest(like, bases)}")
    read = Format(
        name,
        table.text_or_none("strategy"),
        {**bases[like].fields, **_fields(table.table("fields"))},
        _constants(table.table("constants")),
        _values(table.table("values")),
        bases[like].ignored | frozenset(_texts(table, "ignore")),
    )
    table.close()
    return _unambiguous(table, read)


def _fields(table: TomlTable) -> dict[str, tuple[str, ...]]:
    """Our name -> the sender's, one or several."""
    return {ours: _texts(table, ours) for ours in _ours(table)}


def _constants(table: TomlTable) -> dict[str, str]:
    return {ours: _text(table, ours, table.content[ours]) for ours in _ours(table)}


def _values(table: TomlTable) -> dict[str, dict[str, str]]:
    """Our name -> the sender's word -> ours."""
    words = {ours: table.table(ours) for ours in _ours(table)}
    return {
        ours: {theirs: _text(one, theirs, one.content[theirs]) for theirs in one.content} for ours, one in words.items()
    }


def _ours(table: TomlTable) -> list[str]:
    for key in table.content:
        if key not in FIELDS:
            raise table.complain(repr(key), f"is no field of a signal; {nearest(key, FIELDS)}")
    return list(table.content)


def _texts(table: TomlTable, key: str) -> tuple[str, ...]:
    """One text or a list of them."""
    value = table.content[key] if table.has(key) else []
    return tuple(_text(table, key, one) for one in (value if isinstance(value, list) else [value]))


def _text(table: TomlTable, key: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not str(value).strip():
        raise table.complain(key, f"must be a text, was {value!r}")
    return str(value).strip()


def _unambiguous(table: TomlTable, read: Format) -> Format:
    """One name of the sender's means one thing, and none of them is the secret's."""
    seen: dict[str, str] = {}
    for ours, names in read.fields.items():
        for theirs in names:
            if theirs == SECRET:
                raise table.complain("fields", f"uses {SECRET!r} for {ours}, which is the name of the secret")
            if theirs in seen:
                raise table.complain("fields", f"uses {theirs!r} for both {seen[theirs]} and {ours}")
            seen[theirs] = ours
    return read
