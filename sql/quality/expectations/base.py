"""The three shapes our expectations have.

A suite's batch is one of `sql/queries/quality/*.sql`, which marks each row with a flag per check. Great Expectations
bundles aggregates of one batch into a single SELECT (expectations/metrics.py): a suite costs one pass over its rows,
however many expectations it has. Rows are fetched only to name those that failed, a few at most.

A class keeps the severity `critical`; a suite makes an instance a `warning`. (Great Expectations 1.24 drops a severity
that equals its class's default, and then reads it as critical.)
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation

from sql.quality.expectations import metrics as ours
from sql.quality.expectations.rendering import Rendered
from sql.quality.types import SAMPLE_ROWS
from tieout.money import plain


class RowsExpectation(Rendered, BatchExpectation):
    """No row of the batch fails. The docstring of each class below is its claim, as people read it.

    shows    columns that name a failing row, ids first, then the values in question
    """

    shows: ClassVar[tuple[str, ...]] = ()
    metric: ClassVar[str]

    def failing(self) -> Any:
        """The SQL condition of a failing row."""
        raise NotImplementedError

    def told(self, failed: int, rows: int, sample: list[dict[str, str]]) -> str:
        """What was found, in one sentence."""
        return f"{failed} of {rows} {'row' if rows == 1 else 'rows'}" if failed else f"none of {rows}"

    def _validate(
        self, metrics: dict[str, Any], execution_engine: SqlAlchemyExecutionEngine, **_: Any
    ) -> dict[str, Any]:
        failed, rows = int(metrics[self.metric]), int(metrics["table.row_count"])
        sample = self._sample(execution_engine) if failed else []
        return {
            "success": failed == 0,
            "result": {
                "observed_value": self.told(failed, rows, sample),
                "element_count": rows,
                "unexpected_count": failed,
                "unexpected_percent": 100 * failed / rows if rows else 0,
                "partial_unexpected_list": sample,
            },
        }

    def _sample(self, engine: SqlAlchemyExecutionEngine) -> list[dict[str, str]]:
        rows = engine.get_domain_records(domain_kwargs=self._get_domain_kwargs())
        columns: list[Any] = [sa.column(name) for name in self.shows]
        chosen = sa.select(*columns).select_from(rows).where(self.failing()).order_by(columns[0]).limit(SAMPLE_ROWS)
        return [{name: as_text(value) for name, value in row._mapping.items()} for row in engine.execute_query(chosen)]


class Flagged(RowsExpectation):
    """No row carries the flag that the batch's query gives to those that fail this check."""

    metric = "tieout.rows_flagged"
    metric_dependencies = (metric, "table.row_count")
    success_keys = ("flag",)

    flag: str

    def failing(self) -> Any:
        return ours.flagged(self.flag)


class Known(RowsExpectation):
    """Every value is one of those we know."""

    metric = "tieout.rows_outside"
    metric_dependencies = (metric, "table.row_count")
    success_keys = ("column", "known")

    column: str
    known: tuple[str, ...]

    def failing(self) -> Any:
        return ours.outside(self.column, self.known)


class Unique(RowsExpectation):
    """No key occurs twice."""

    metric = "tieout.rows_repeated"
    metric_dependencies = (metric, "table.row_count")
    success_keys = ("key",)

    key: tuple[str, ...]

    def _sample(self, engine: SqlAlchemyExecutionEngine) -> list[dict[str, str]]:
        rows = engine.get_domain_records(domain_kwargs=self._get_domain_kwargs())
        columns: list[Any] = [sa.column(name) for name in self.key]
        times = sa.func.count().label("times")
        repeated = sa.select(*columns, times).select_from(rows).group_by(*columns).having(times > 1)
        chosen = repeated.order_by(*columns).limit(SAMPLE_ROWS)
        return [{name: as_text(value) for name, value in row._mapping.items()} for row in engine.execute_query(chosen)]


def as_text(value: object) -> str:
    """A stored value for people and for JSON: decimals exact and without an exponent, times in UTC."""
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
