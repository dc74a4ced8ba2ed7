from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import TextClause
from sqlalchemy.sql.expression import TextualSelect

from sql.load import QueryFile, all_queries, parse, query, query_text, without_comments
from tests.databases import Stores
from tieout.errors import StoreError

SAMPLES = {
    "TEXT": "x",
    "DATE": date(2026, 1, 15),
    "INT": 1,
    "BIGINT": 1,
    "DECIMAL": Decimal("1.5"),
    "TIMESTAMP": datetime(2026, 1, 15, 21, tzinfo=UTC),
    "BOOLEAN": True,
    "JSON": {"a": 1},
    "BYTES": b"x",
    "IDS": (1, 2),
}
COMPLETE = "-- q: asks.\n-- grain: one row\n-- params: a TEXT\n-- returns: b INT\n"


def names() -> list[str]:
    return [one.name for one in all_queries()]


def one(name: str) -> QueryFile:
    return next(query for query in all_queries() if query.name == name)


@pytest.mark.parametrize("name", names())
def test_parameters_of_the_header_are_the_binds_of_the_statement(name: str) -> None:
    statement = query(name)
    clause = statement.element if isinstance(statement, TextualSelect) else statement
    assert isinstance(clause, TextClause)
    assert set(clause._bindparams) == set(one(name).params)


@pytest.mark.parametrize("name", names())
def test_every_query_runs_on_an_empty_store_and_returns_its_header(name: str, stores: Stores) -> None:
    file = one(name)
    store = stores.journal if file.store == "journal" else stores.warehouse
    if store.dialect not in file.dialects:
        pytest.skip(f"only for {', '.join(file.dialects)}")
    with store.write() as connection:
        result = connection.execute(query(name), {param: SAMPLES[kind] for param, kind in file.params.items()})
        if file.returns:
            assert list(result.keys()) == list(file.returns)
            result.all()


def test_a_colon_in_a_comment_or_in_text_binds_nothing() -> None:
    source = COMPLETE + "SELECT ':not_me', '--nor :me', x -- and :not_me\n/* nor\n:me */ FROM t WHERE a = :a"
    assert without_comments(source) == "SELECT ':not_me', '--nor :me', x \n FROM t WHERE a = :a"


def test_a_trailing_semicolon_is_dropped() -> None:
    assert without_comments("SELECT 1;\n") == "SELECT 1"


def test_header_lines_go_on_and_remarks_in_parentheses_are_dropped() -> None:
    file = parse(
        "q",
        "-- q: asks.\n-- grain: one row\n-- params: a TEXT (which one), b DECIMAL(38, 18) (money),\n--   c DATE\n"
        "-- returns: d INT (sessions, not days)\n-- dialects: duckdb\nSELECT 1 AS d",
    )
    assert file.params == {"a": "TEXT", "b": "DECIMAL", "c": "DATE"}
    assert file.returns == {"d": "INT"}
    assert file.dialects == ("duckdb",)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("-- q: asks.\n-- params: none\n-- returns: none\nSELECT 1", "lacks `-- grain:`"),
        (COMPLETE.replace("a TEXT", "a varchar"), "is not `name TYPE`"),
        (COMPLETE.replace("a TEXT", "a STRING"), "type STRING is unknown"),
        (COMPLETE + "-- store: cupboard\nSELECT 1", "journal or warehouse"),
    ],
)
def test_an_incomplete_header_is_named(source: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        parse("q", source)


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(StoreError, match="no query 'nope'"):
        query_text("nope")
