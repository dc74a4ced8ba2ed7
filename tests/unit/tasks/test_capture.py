from __future__ import annotations

from datetime import UTC, datetime

from tasks.capture import notes_of
from tieout.records import Activity, Execution, Fetched, Statement

NOW = datetime(2026, 1, 16, 22, tzinfo=UTC)


def test_what_a_statement_does_not_cover_goes_into_the_proof() -> None:
    trades: Fetched[Execution] = Fetched((), 1, (), ("read market by market: BTC/USDT",))
    moves: Fetched[Activity] = Fetched((), 1, (), ("not told where the account lives: dust",))

    assert notes_of(Statement(NOW, NOW, trades, moves)) == [*trades.notes, *moves.notes]
    assert notes_of(None) == []
