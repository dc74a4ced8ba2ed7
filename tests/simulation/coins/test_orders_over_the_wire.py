"""No bad request, death or zombie doubles an order or loses one, over the wire of Binance and Bybit, through ccxt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tasks.orders.desk import OrderDesk
from tests.contract.coins.venues import CoinVenue
from tests.databases import ReusedJournal, journal_to_reuse
from tests.simulation.coins.__main__ import STREAMED, play_all, summary
from tests.simulation.orders.broken import Resending, Sleepwalking, WireBeforeJournal

SEEDS = 14
MOST_SEEDS = 120


@pytest.fixture(scope="module")
def journal() -> Iterator[ReusedJournal]:
    with journal_to_reuse() as journal:
        yield journal


@pytest.mark.parametrize("venue", STREAMED, ids=lambda one: one.name)
def test_no_order_is_doubled_and_none_is_lost(venue: CoinVenue, journal: ReusedJournal) -> None:
    tally = play_all(venue, range(SEEDS), journal)

    assert tally.found == []
    assert tally.refused > 0
    assert any(point.startswith("died") for point in tally.points)
    assert sum(tally.struck.values()) > SEEDS
    assert "0 doubled, 0 lost, 0 unexplained" in summary(tally)


@pytest.mark.slow
@pytest.mark.parametrize("desk", [WireBeforeJournal, Resending, Sleepwalking])
def test_the_judge_finds_out_who_breaks_a_rule(desk: type[OrderDesk], journal: ReusedJournal) -> None:
    """At Binance, which takes an id again once its order is over."""
    for seed in range(MOST_SEEDS):
        if play_all(STREAMED[0], [seed], journal, desk).found:
            return
    pytest.fail(f"{desk.__name__}: not found out in {MOST_SEEDS} seeds")
