"""Prometheus metrics of the watch. A scrape reads what the watch put there last: it never asks a store or a venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from tieout.errors import ConfigError
from tieout.health import Health, HealthState
from tieout.ids import AccountId
from tieout.recon.types import Severity


@dataclass(frozen=True, slots=True)
class Figures:
    """What the stores say.

    open_breaks       by account and severity
    snapshots         when each account was last seen whole, UTC
    credential_days   until each credential lapses; those that do not are left out
    waiting           messages that nobody has taken yet
    """

    open_breaks: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unknown_orders: Mapping[str, int] = field(default_factory=dict)
    snapshots: Mapping[str, datetime] = field(default_factory=dict)
    credential_days: Mapping[str, Decimal] = field(default_factory=dict)
    waiting: Mapping[Severity, int] = field(default_factory=dict)


class Metrics:
    """The gauges of one watch, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._state = self._gauge(
            "broker_state", "1 for the state that the broker is in.", "account", "broker", "state"
        )
        self._latency = self._gauge("broker_latency_seconds", "Until the last probe was answered.", "account")
        self._probed = self._gauge("broker_probed_timestamp_seconds", "When it was last probed.", "account")
        self._left = self._gauge("rate_limit_headroom_ratio", "Requests left, as the venue says.", "account")
        self._breaks = self._gauge("open_breaks", "Differences that are not explained yet.", "account", "severity")
        self._age = self._gauge("snapshot_age_seconds", "Since the account was last seen whole.", "account")
        self._days = self._gauge("credential_days_left", "Until the credential lapses.", "credential")
        self._unknown = self._gauge("unknown_orders", "Orders whose fate is not known.", "account")
        self._waiting = self._gauge("alerts_waiting", "Messages that nobody has taken yet.", "severity")
        self._leads = self._gauge("watch_leads", "1 where this process watches, 0 where it stands by.")
        self._turned = self._gauge("watch_turned_timestamp_seconds", "When it last went round.")
        self._store = self._gauge("journal_reachable", "1 where the journal could be written.")
        self._probes = Counter(
            "tieout_probes_total", "Probes, by what they came to.", ["account", "answer"], registry=self.registry
        )

    def served(self, host: str, port: int) -> tuple[int, Callable[[], None]]:
        """Serve them over HTTP: the port, and how to stop.

        raises    ConfigError where the port cannot be had
        """
        try:
            server, thread = start_http_server(port, addr=host, registry=self.registry)
        except OSError as error:
            raise ConfigError(f"[watch] metrics_port: {host}:{port} cannot be had: {error.strerror}") from error

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return int(server.server_port), stop

    def lead(self, leads: bool) -> None:
        """Say whether this process watches. One that stands by knows nothing of brokers."""
        self._leads.set(int(leads))
        if not leads:
            for one in (self._state, self._latency, self._probed, self._left):
                one.clear()
            self.uncounted()

    def turned(self, now: datetime, *, reachable: bool) -> None:
        """Say that the watch is alive, and whether its journal is."""
        self._turned.set(now.timestamp())
        self._store.set(int(reachable))

    def probed(self, health: Health) -> None:
        """What a probe came to."""
        name = health.account_id
        for state in HealthState:
            self._state.labels(name, health.broker, state.value).set(int(state is health.state))
        self._probed.labels(name).set(health.checked_at.timestamp())
        self._probes.labels(name, health.recent[-1].value).inc()
        if health.latency_ms is not None:
            self._latency.labels(name).set(health.latency_ms / 1000)
        if health.left is not None and health.most:
            self._left.labels(name).set(health.left / health.most)

    def counted(self, figures: Figures, accounts: tuple[AccountId, ...], now: datetime) -> None:
        """What the stores say. A count that is not there is zero, so that a rule on it can fire and end."""
        for name in accounts:
            self._unknown.labels(name).set(figures.unknown_orders.get(name, 0))
            for severity in Severity:
                self._breaks.labels(name, severity.value).set(figures.open_breaks.get((name, severity.value), 0))
            if (seen := figures.snapshots.get(name)) is not None:
                self._age.labels(name).set((now - seen).total_seconds())
        for credential, days in figures.credential_days.items():
            self._days.labels(credential).set(float(days))
        for severity in Severity:
            self._waiting.labels(severity.value).set(figures.waiting.get(severity, 0))

    def uncounted(self) -> None:
        """The stores say nothing now. What they said before goes: an age that stands still would never be too old."""
        for one in (self._breaks, self._age, self._days, self._unknown, self._waiting):
            one.clear()

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"tieout_{name}", words, labels, registry=self.registry)
