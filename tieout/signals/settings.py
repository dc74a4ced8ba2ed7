"""The settings of signals, as values; `tieout/config_signals.py` parses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network

from tieout.signals.formats import Format

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_KiB = 1024


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The `[signals.webhook]` table.

    host, port       where it listens; port 0 takes any free one
    secrets          references to the secrets that open it; several while one is being replaced
    allowed          networks that may post
    proxies          networks whose X-Forwarded-For is believed
    max_bytes        of a body
    time_to_live_s   from when a signal was sent until it is refused or no longer acted on
    per_minute       posts from one address
    timeout_s        for a whole request to arrive
    connections      at a time; others are turned away
    """

    host: str = "127.0.0.1"
    port: int = 8791
    secrets: tuple[str, ...] = ()
    allowed: tuple[Network, ...] = LOOPBACK
    proxies: tuple[Network, ...] = ()
    max_bytes: int = 64 * _KiB
    time_to_live_s: float = 300.0
    per_minute: int = 60
    timeout_s: float = 10.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """The `[signals]` table.

    drop_folder      where files with signals are put; None: there is none
    time_to_live_s   of signals from files and the table that say no expiry of their own
    most_quantity    units that one signal may ask for; more is a slip
    most_notional    instrument currency, likewise
    """

    drop_folder: str | None = None
    time_to_live_s: float = 86_400.0
    most_quantity: Decimal = Decimal(1_000_000)
    most_notional: Decimal = Decimal(10_000_000)
    webhook: WebhookSettings = field(default_factory=WebhookSettings)
    formats: tuple[Format, ...] = ()
