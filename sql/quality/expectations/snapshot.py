"""What must hold for a snapshot as a whole, and against the one before it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import ClassVar

from sql.quality.expectations.base import Flagged


class ExpectSnapshotToBeComplete(Flagged):
    """Every part of the account was read to its end, and reading it again gave the same."""

    flag: str = "incomplete"
    shows: ClassVar = ("snapshot_id", "completeness", "notes")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not sample:
            return "complete" if rows else super().told(failed, rows, sample)
        found, notes = f"the snapshot is {sample[0]['completeness']}", json.loads(sample[0]["notes"])
        return f"{found}: {'; '.join(notes)}" if notes else found


class ExpectSnapshotAskedFor(Flagged):
    """Account, business date and time are those that were asked for."""

    flag: str = "other_subject"
    shows: ClassVar = ("snapshot_id", "account_id", "business_date", "captured_at")


class ExpectBalance(Flagged):
    """The account has a balance; an account without one was not read."""

    flag: str = "balance_missing"
    shows: ClassVar = ("snapshot_id", "balances")


class ExpectEquityToBeStated(Flagged):
    """The broker states equity, so that the position list can be proven by it."""

    flag: str = "equity_unstated"
    shows: ClassVar = ("snapshot_id", "balances")


class ExpectEveryRowMapped(Flagged):
    """Every row the broker sent became an instrument."""

    flag: str = "unmapped"
    shows: ClassVar = ("snapshot_id", "unmapped_rows", "positions")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not sample:
            return super().told(failed, rows, sample)
        unmapped, mapped = int(sample[0]["unmapped_rows"]), int(sample[0]["positions"])
        coverage = 100 * Decimal(mapped) / (mapped + unmapped)
        return f"{unmapped} of {mapped + unmapped} rows are not mapped: coverage {coverage:.1f} %"


class ExpectUnmappedRowsToBeWorthNothing(ExpectEveryRowMapped):
    """What is not mapped carries no value: cash and the mapped positions alone make the equity."""

    flag: str = "unmapped_of_value"


class ExpectStatement(Flagged):
    """The broker was asked what happened since the snapshot before."""

    flag: str = "statement_missing"
    shows: ClassVar = ("snapshot_id", "business_date")


class ExpectStatementToBeComplete(Flagged):
    """The statement was read to its last page."""

    flag: str = "statement_incomplete"
    shows: ClassVar = ("snapshot_id", "business_date")


class ExpectEveryStatementRowMapped(Flagged):
    """Every execution and activity the broker sent could be read."""

    flag: str = "statement_rows_unmapped"
    shows: ClassVar = ("snapshot_id", "statement_unmapped")


class ExpectRowsOnTheMarketsSteps(Flagged):
    """Orders and contracts sit on their market's steps, and orders within its limits."""

    flag: str = "rows_off_rules"
    shows: ClassVar = ("snapshot_id", "off_rules")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not sample:
            return super().told(failed, rows, sample)
        return "; ".join(json.loads(sample[0]["off_rules"]))


class ExpectNothingToVanish(Flagged):
    """A position of the session before is still there, or an execution or activity says where it went."""

    flag: str = "unexplained"
    shows: ClassVar = ("instrument_id", "symbol", "quantity", "market_value", "currency")

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        if not failed:
            return f"{rows} closed since the session before, all explained" if rows else "nothing vanished"
        return f"{failed} vanished without an execution or activity, of {rows} closed since the session before"
