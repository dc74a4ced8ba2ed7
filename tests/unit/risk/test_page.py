"""docs/risk.md says what the rules say: every rule, its codes, its settings and their defaults."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from enum import StrEnum

from tests.conftest import ROOT
from tieout.breakers import BreakerName
from tieout.money import plain
from tieout.risk.checks import RULES
from tieout.risk.checks.common import Rule
from tieout.risk.checks.day_trades import CHANGED_OVER, EFFECTIVE, FINRA_MEMBERS, PHASED_IN
from tieout.risk.codes import DenialCode
from tieout.risk.limits import Limits, Sizing

PAGE = (ROOT / "docs" / "risk.md").read_text(encoding="utf-8")


def setting(name: str) -> str:
    value = getattr(Limits(), name)
    if isinstance(value, Decimal):
        return f"`{name}` {plain(value)}"
    if isinstance(value, bool):
        return f"`{name}` {str(value).lower()}"
    if isinstance(value, StrEnum):
        return f"`{name}` {value.value}"
    return f"`{name}` {value if isinstance(value, int) else 'none'}"


def row(rule: Rule) -> str:
    codes = ", ".join(f"`{code.value}`" for code in rule.codes)
    settings = ", ".join(map(setting, rule.settings)) or "none"
    form = "form" if rule.form else "always"
    return f"| `{rule.name}` | {rule.says} | {codes} | {settings} | {form} |"


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def table(heading: str) -> list[str]:
    return [line for line in section(heading).splitlines() if line.startswith("| `")]


def test_the_page_has_every_rule_in_the_order_of_the_code_and_no_other() -> None:
    assert table("Rules") == [row(one) for one in RULES]


def test_every_setting_of_a_rule_is_a_limit() -> None:
    known = {one.name for one in fields(Limits)}
    assert {name for one in RULES for name in one.settings} <= known


def test_every_code_is_on_the_page() -> None:
    told = set(re.findall(r"`(\w+)`", "\n".join(table("Rules") + table("Facts that must be known"))))
    assert {code.value for code in DenialCode} <= told
    listed = [re.findall(r"`(\w+)`", line)[0] for line in table("Facts that must be known")]
    missing = [code.value for code in DenialCode if code.value.startswith("no_") or code is DenialCode.STALE_QUOTE]
    assert sorted(listed) == sorted([*missing, DenialCode.BAD_NUMBER.value])


def test_every_breaker_and_every_way_of_sizing_is_on_the_page() -> None:
    assert [re.findall(r"`(\w+)`", line)[0] for line in table("Circuit breakers")] == [one.value for one in BreakerName]
    assert [re.findall(r"`(\w+)`", line)[0] for line in table("Sizes")] == [one.value for one in Sizing]


def test_the_dates_of_the_day_trade_rule_are_those_of_the_code() -> None:
    text = section("Day trades")
    for day in (EFFECTIVE, PHASED_IN, *CHANGED_OVER.values()):
        assert day.isoformat() in text
    assert set(re.findall(r"`(\w+)`", text)) >= FINRA_MEMBERS | CHANGED_OVER.keys()
