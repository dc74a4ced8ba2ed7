"""The `[watch]` table."""

from __future__ import annotations

from tieout.settings import WatchSettings
from tieout.toml_table import TomlTable

_HIGHEST_PORT = 65_535


def parse_watch(table: TomlTable) -> WatchSettings:
    """How often the watch looks, and when it believes what it sees.

    raises    ConfigError for a port that is none
    """
    usual = WatchSettings()
    watch = WatchSettings(
        probe_every_s=table.seconds("probe_every_s", usual.probe_every_s),
        risk_every_s=table.seconds("risk_every_s", usual.risk_every_s),
        down_after=table.whole("down_after", usual.down_after, least=1),
        up_after=table.whole("up_after", usual.up_after, least=1),
        slow_ms=table.whole("slow_ms", usual.slow_ms, least=1),
        metrics_host=table.text("metrics_host", usual.metrics_host),
        metrics_port=table.whole("metrics_port", usual.metrics_port),
        lease_s=table.seconds("lease_s", usual.lease_s),
    )
    if watch.metrics_port > _HIGHEST_PORT:
        raise table.complain("metrics_port", f"must be at most {_HIGHEST_PORT}, 0 for none, was {watch.metrics_port}")
    table.close()
    return watch
