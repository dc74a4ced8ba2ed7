"""The `[alerts]` table."""

from __future__ import annotations

from tieout.errors import DataError
from tieout.outages import Outage, parse_outage
from tieout.settings import AlertSettings
from tieout.toml_table import TomlTable


def parse_alerts(table: TomlTable) -> AlertSettings:
    """Who is told what, and how often.

    raises    ConfigError for what is no reference, no span of hours, or a first gap above the longest
    """
    usual = AlertSettings()
    alerts = AlertSettings(
        critical=table.references("critical"),
        warning=table.references("warning"),
        info=table.references("info"),
        fallback=table.references("fallback"),
        repeat_after_s=table.seconds("repeat_after_s", usual.repeat_after_s),
        longest_repeat_s=table.seconds("longest_repeat_s", usual.longest_repeat_s),
        burst=table.whole("burst", usual.burst, least=1),
        roll_up_s=table.seconds("roll_up_s", usual.roll_up_s),
        budget_per_hour=table.whole("budget_per_hour", usual.budget_per_hour, least=1),
        quiet_hours=_quiet_hours(table),
        critical_money=table.number("critical_money", usual.critical_money),
        critical_after_s=table.seconds("critical_after_s", usual.critical_after_s),
        close_within_s=table.seconds("close_within_s", usual.close_within_s),
    )
    if alerts.repeat_after_s > alerts.longest_repeat_s:
        raise table.complain("repeat_after_s", f"must not be above longest_repeat_s, {alerts.longest_repeat_s:g}")
    table.close()
    return alerts


def _quiet_hours(table: TomlTable) -> tuple[Outage, ...]:
    try:
        return tuple(parse_outage(one) for one in table.texts("quiet_hours"))
    except DataError as error:
        raise table.complain("quiet_hours", str(error).replace("no outage", "no span of hours")) from error
