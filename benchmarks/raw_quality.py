"""The quality suites' checks without Great Expectations: one SQL statement, the same predicates, the same batches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, column, distinct, func, literal_column, select, text, tuple_

from sql.quality.judge import ROWS
from sql.quality.subject import Subject
from sql.quality.suites.balances import BALANCES
from sql.quality.suites.snapshot import SNAPSHOT
from sql.quality.validate import batch_sql

SUITES = (SNAPSHOT, BALANCES, *ROWS)


def raw_statement(connection: Connection, subject: Subject) -> Any:
    """Failing rows of every expectation, one column each, in one statement."""
    parts = []
    for suite in SUITES:
        rows = text(batch_sql(connection.engine, suite.batch, subject)).columns().subquery(f"{suite.name}_rows")
        counts = [_failing(one).label(f"{suite.name}_{n}") for n, one in enumerate(suite.expectations(subject))]
        parts.append(select(*counts).select_from(rows).subquery(suite.name))
    return select(literal_column("*")).select_from(*parts)


def raw_pass(connection: Connection, subject: Subject) -> int:
    """Run it; returns how many rows failed in all, expectation by expectation."""
    row = connection.execute(raw_statement(connection, subject)).one()
    return sum(int(value) for value in row)


def _failing(expectation: Any) -> Any:
    if hasattr(expectation, "value"):
        return func.abs(func.count() - expectation.value)
    if hasattr(expectation, "key"):
        key: list[Any] = [column(name) for name in expectation.key]
        return func.count() - func.count(distinct(key[0] if len(key) == 1 else tuple_(*key)))
    return func.count().filter(expectation.failing())
