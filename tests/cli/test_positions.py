"""tieout positions large: figures, what they cover, and what they lack."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sql.records import append_executions
from tests.cli.conftest import Desk
from tests.contract.world import MONDAY_CLOSE
from tests.databases import FileTemplate, open_stores
from tests.store.examples import ACCOUNT, SESSIONS, a_fill

NAMED = '[large_positions]\naccounts = ["alpaca-main"]\nday_shares = 10\n'


def test_trading_is_measured_and_what_is_missing_said(desk: Desk) -> None:
    stores = open_stores(*FileTemplate.urls(desk.folder / "data"))
    fill = a_fill(executed_at=MONDAY_CLOSE - timedelta(hours=2), quantity=Decimal(12))
    with stores.journal.write() as journal:
        append_executions(journal, ACCOUNT, [fill], sessions=SESSIONS, source="order", now=MONDAY_CLOSE)
    stores.close()
    desk.configure(more=NAMED)

    told = desk.json("positions", "large")

    levels = {f"{one['rule']} {one['subject']}": (one["measured"], one["level"]) for one in told["findings"]}
    assert levels["13H shares a day 2026-03-02"] == ("12", "crossed")
    assert levels["13H shares a month 2026-03"] == ("12", "below")
    assert levels["13F value all"] == ("0", "below")
    assert told["gaps"] == ["alpaca-main: no accepted snapshot yet"]
    shown = desk("positions", "large")
    assert "13H value a day" in shown.stdout
    assert "no accepted snapshot yet" in shown.stderr
    assert desk.json("audit", "show", "--action", "position") == []


def test_money_that_is_not_real_does_not_count_unless_it_is_named(desk: Desk) -> None:
    told = desk.json("positions", "large")

    assert told["left_out"] == {"alpaca-main": "paper"}
    assert told["gaps"] == ["no account counts: none with real money is enabled, and none is named"]
    assert "alpaca-main does not count: paper" in desk("positions", "large").stderr
