"""The `[plan]` table: when a session's runs begin, and what becomes of those that were missed.

[plan]
close = "close+45m"
spread_s = 15                     # between late runs

[plan.missed]
eod-reconciliation = "catch_up"   # skip | once | catch_up | report_only

[plan.near]
ibkr = "ibkr"                     # its runs go to the work pool beside the gateway
"""

from __future__ import annotations

from tieout.errors import ConfigError
from tieout.planning.settings import PLANNED, Missed, PlanSettings
from tieout.toml_table import TomlTable, nearest
from tieout.windows import Moment, moment

_FLOWS = (*PLANNED, "credential-rotation", "risk-watch", "transfers-watch", "audit-anchor", "plan-day")
_PLACE = r"[a-z][a-z0-9-]{0,20}"


def parse_plan(root: TomlTable) -> PlanSettings:
    """The table, or the defaults where it is not written.

    raises    ConfigError naming the key and what to write instead
    """
    usual, table = PlanSettings(), root.table("plan")
    found = PlanSettings(
        health=tuple(_read(table, "health", one) for one in table.texts("health")) or usual.health,
        assignment=_moment(table, "assignment", usual.assignment),
        forecast=_moment(table, "forecast", usual.forecast),
        decide=_moment(table, "decide", usual.decide),
        expect=_moment(table, "expect", usual.expect),
        close=_moment(table, "close", usual.close),
        window_lead_s=table.seconds("window_lead_s", usual.window_lead_s),
        after_outage_s=table.seconds("after_outage_s", usual.after_outage_s),
        grace_s=table.seconds("grace_s", usual.grace_s),
        spread_s=table.seconds("spread_s", usual.spread_s),
        catch_up_sessions=table.whole("catch_up_sessions", usual.catch_up_sessions),
        accounts_per_run=table.whole("accounts_per_run", usual.accounts_per_run, least=1),
        near=_near(table.table("near")),
        missed=_missed(table.table("missed"), usual),
    )
    table.close()
    return found


def _moment(table: TomlTable, key: str, usual: Moment) -> Moment:
    return _read(table, key, table.text(key, "")) if table.has(key) else usual


def _read(table: TomlTable, key: str, text: str) -> Moment:
    try:
        return moment(text)
    except ConfigError as error:
        raise table.complain(key, str(error)) from None


def _near(table: TomlTable) -> dict[str, str]:
    return {broker: table.matching(broker, "", _PLACE, "a place such as ibkr") for broker in table.content}


def _missed(table: TomlTable, usual: PlanSettings) -> dict[str, Missed]:
    given = {flow: table.choice(flow, Missed, usual.policy(flow)) for flow in _FLOWS}
    for key in table.content:
        if key not in _FLOWS:
            raise table.complain(f"{key!r}", f"is no flow that is planned or scheduled; {nearest(key, _FLOWS)}")
    return {flow: one for flow, one in given.items() if flow in usual.missed or one is not usual.policy(flow)}
