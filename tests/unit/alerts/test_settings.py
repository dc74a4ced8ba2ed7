from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.outages import parse_outage
from tieout.settings import AlertSettings, WatchSettings


def test_what_is_written_holds_and_the_rest_is_as_usual() -> None:
    written = {
        "critical": "env:PAGER",
        "fallback": ["env:MAIL", "env:CHAT"],
        "quiet_hours": ["daily 22:00-07:00 America/New_York"],
        "critical_money": "2500.50",
        "burst": 1,
    }
    found = parse_settings({"alerts": written, "watch": {"probe_every_s": 10, "metrics_port": 0}}, {})
    assert found.alerts == AlertSettings(
        critical=("env:PAGER",),
        fallback=("env:MAIL", "env:CHAT"),
        quiet_hours=(parse_outage("daily 22:00-07:00 America/New_York"),),
        critical_money=Decimal("2500.50"),
        burst=1,
    )
    assert found.watch == WatchSettings(probe_every_s=10.0, metrics_port=0)


@pytest.mark.parametrize(
    ("table", "written", "says"),
    [
        ("alerts", {"quiet_hours": ["at night"]}, "quiet_hours 'at night' is no span of hours"),
        ("alerts", {"repeat_after_s": 60, "longest_repeat_s": 30}, "repeat_after_s must not be above longest_repeat_s"),
        ("alerts", {"fallback": ["mailto://desk:test-secret@host"]}, "must hold references"),
        ("alerts", {"burst": 0}, "burst must be 1 or above"),
        ("alerts", {"quiet": []}, "did you mean 'quiet_hours'"),
        ("watch", {"metrics_port": 70_000}, "metrics_port must be at most 65535"),
        ("watch", {"down_after": 0}, "down_after must be 1 or above"),
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_a_secret(
    table: str, written: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        parse_settings({table: written}, {})
    assert "test-secret" not in str(caught.value)


def test_a_name_that_only_the_fallback_uses_is_no_typing_error() -> None:
    settings = parse_settings({"alerts": {"fallback": ["env:TIEOUT_ALERT_URLS"]}}, {"TIEOUT_ALERT_URLS": "json://x"})
    assert settings.alerts.fallback == ("env:TIEOUT_ALERT_URLS",)
