"""What our expectations count: aggregates, so that Great Expectations asks for all of a suite's in one SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

_in_one_select = metric_partial(
    engine=SqlAlchemyExecutionEngine,
    partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
    domain_type=MetricDomainTypes.TABLE,
)
Partial = tuple[Any, dict[str, Any], dict[str, Any]]


def flagged(flag: str) -> Any:
    """The row carries that flag."""
    return sa.column(flag, sa.Boolean)


def outside(column: str, known: Sequence[str]) -> Any:
    """The value is none of the known ones. Nothing at all is not a value: columns that must have one are NOT NULL."""
    return sa.column(column, sa.String).not_in(list(known))


class RowsFlagged(TableMetricProvider):
    """How many rows of the batch carry a flag."""

    metric_name = "tieout.rows_flagged"
    value_keys = ("flag",)

    @_in_one_select
    def _sqlalchemy(
        *_: Any, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **__: Any
    ) -> Partial:
        return sa.func.count().filter(flagged(metric_value_kwargs["flag"])), metric_domain_kwargs, {}


class RowsOutside(TableMetricProvider):
    """How many rows have a value that is not among the known ones."""

    metric_name = "tieout.rows_outside"
    value_keys = ("column", "known")

    @_in_one_select
    def _sqlalchemy(
        *_: Any, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **__: Any
    ) -> Partial:
        strange = outside(metric_value_kwargs["column"], metric_value_kwargs["known"])
        return sa.func.count().filter(strange), metric_domain_kwargs, {}


class RowsRepeated(TableMetricProvider):
    """How many rows there are beyond the first of each key."""

    metric_name = "tieout.rows_repeated"
    value_keys = ("key",)

    @_in_one_select
    def _sqlalchemy(
        *_: Any, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **__: Any
    ) -> Partial:
        columns: list[Any] = [sa.column(name) for name in metric_value_kwargs["key"]]
        key = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
        return sa.func.count() - sa.func.count(sa.distinct(key)), metric_domain_kwargs, {}
