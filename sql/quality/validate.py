"""One suite held against its batch, by Great Expectations, and its results in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.sql.expression import TextualSelect

from sql.load import query
from sql.quality.engine import context, execution_engine, import_gx
from sql.quality.subject import Subject
from sql.quality.suites.base import Suite
from sql.quality.types import CheckResult, Row
from tieout.recon.types import Severity


@dataclass(frozen=True, slots=True)
class Validated:
    """What came of one suite: ours, and Great Expectations' own for Data Docs."""

    suite: Suite
    results: tuple[CheckResult, ...]
    theirs: Any

    def holds(self, *expectations: str) -> bool:
        """Whether all of these held."""
        return all(one.success for one in self.results if one.expectation in expectations)


def batch_sql(engine: Engine, batch: str, subject: Subject) -> str:
    """The batch's query with its parameters written in, for Great Expectations takes text only.

    SQLAlchemy writes each value as the dialect quotes it; colons are escaped, or `text()` would take them for binds.
    """
    statement = query(batch)
    clause = statement.element if isinstance(statement, TextualSelect) else statement
    bound = clause.bindparams(**subject.binds(batch))
    written = bound.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    return str(written).replace(":", r"\:")


def validate(connection: Connection, suite: Suite, subject: Subject) -> Validated:
    """Hold the suite against its batch, on a connection of its own that ends with it."""
    gx = import_gx()
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    expectations = gx.ExpectationSuite(name=suite.name, expectations=suite.expectations(subject))
    with execution_engine(connection.engine) as engine:
        text = batch_sql(connection.engine, suite.batch, subject)
        data = SqlAlchemyBatchData(execution_engine=engine, query=text, create_temp_table=False)
        validator = Validator(execution_engine=engine, data_context=context(), batches=[Batch(data=data)])
        theirs = validator.validate(expectation_suite=expectations, result_format="BASIC", run_name=subject.run_id)
    return Validated(suite, tuple(_result(suite.name, one) for one in theirs.results), theirs)


def _result(suite: str, theirs: Any) -> CheckResult:
    """Ours from theirs. What could not be evaluated has failed, critically: nobody knows what it would have said."""
    from sql.quality.expectations.rendering import error_of

    config = theirs.expectation_config
    claim = type(config.to_domain_obj()).claim()
    error = error_of(theirs.exception_info)
    if error:
        return CheckResult(
            suite, config.type, Severity.CRITICAL, False, f"could not be evaluated: {error}", 0, (), claim
        )
    found = theirs.result
    return CheckResult(
        suite=suite,
        expectation=config.type,
        severity=Severity(config.severity),
        success=theirs.success,
        observed=found["observed_value"],
        rows_failed=found["unexpected_count"],
        sample=tuple(Row(row) for row in found["partial_unexpected_list"]),
        claim=claim,
    )
