"""What the dashboard asks: right sums, the newest of everything, one account or all, and nothing is ever written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.desk_year import END, make, name_of
from sql.dashboard import Happening, Measured
from sql.looking import Looking
from tests.databases import FileTemplate, PostgresTemplate
from tieout.errors import StoreError

ACCOUNTS, SESSIONS, POSITIONS = 4, 9, 12


@pytest.fixture(scope="module", params=["files", "postgresql"])
def looking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looking]:
    """A desk of four accounts over nine sessions, on both kinds of stores."""
    if request.param == "files":
        urls = FileTemplate.urls(tmp_path_factory.mktemp("desk"))
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres")
        stores = template.copy()
        urls = stores.journal_url, stores.warehouse_url
        stores.close()
    make(*urls, accounts=ACCOUNTS, sessions=SESSIONS, positions=POSITIONS)
    made = Looking(*urls)
    yield made
    made.close()


def test_every_account_is_shown_with_its_newest_snapshot_and_its_last_close(looking: Looking) -> None:
    with looking.warehouse() as warehouse:
        rows = Measured(warehouse).accounts()

    assert [row["account_id"] for row in rows] == sorted(name_of(one) for one in range(ACCOUNTS))
    assert {row["business_date"] for row in rows} == {END}
    assert {row["account_id"]: row["state"] for row in rows}["ibkr-02"] == "critical_breaks"
    assert all(row["equity"] != row["previous_equity"] for row in rows)
    assert {row["mode"] for row in rows} == {"paper", "live"}


def test_equity_adds_up_over_accounts_and_the_peak_never_falls(looking: Looking) -> None:
    with looking.warehouse() as warehouse:
        together = Measured(warehouse).equity(date(2020, 1, 1))
        apart = [Measured(warehouse, name_of(one)).equity(date(2020, 1, 1)) for one in range(ACCOUNTS)]

    last = [rows[-1] for rows in apart]
    assert together[-1]["equity"] == sum(row["equity"] for row in last)
    assert len(together) == SESSIONS
    peaks = [row["peak"] for row in together]
    assert peaks == sorted(peaks)
    assert all(row["equity"] <= row["peak"] for row in together)


def test_a_session_that_one_account_lacks_is_left_out_of_the_sum(looking: Looking) -> None:
    missing = END - timedelta(days=3)  # a Friday
    with looking.warehouse() as warehouse:
        days = [row["business_date"] for row in Measured(warehouse).equity(missing)]
    assert days == [missing, END]


def test_exposure_is_the_sum_of_the_positions_by_side(looking: Looking) -> None:
    with looking.warehouse() as warehouse:
        view = Measured(warehouse, "alpaca-01")
        positions, exposure = view.positions(), view.exposure()

    long = sum((row["market_value"] for row in positions if row["market_value"] > 0), Decimal(0))
    assert sum((row["long_value"] for row in exposure), Decimal(0)) == long
    assert {row["account_id"] for row in positions} == {"alpaca-01"}
    assert positions[0]["total"] == len(positions) == POSITIONS + 12


def test_breaks_come_heaviest_first_and_their_ages_count_all_of_them(looking: Looking) -> None:
    with looking.journal() as journal:
        view = Happening(journal)
        breaks, ages = view.breaks(), view.ages()

    weights = [("critical", "warning", "info").index(row["severity"]) for row in breaks]
    assert weights == sorted(weights)
    assert sum(row["breaks"] for row in ages) == breaks[0]["total"] == len(breaks)


def test_orders_show_what_changed_last_and_count_what_is_open(looking: Looking) -> None:
    with looking.journal() as journal:
        view = Happening(journal, "ibkr-02")
        orders, states = view.orders(), {row["state"]: row["orders"] for row in view.order_states()}

    moments = [row["updated_at"] for row in orders]
    assert moments == sorted(moments, reverse=True)
    assert (states["unknown"], states["working"], states["filled"]) == (1, 1, 3)


def test_options_that_have_expired_are_not_shown_and_forecasts_belong_to_theirs(looking: Looking) -> None:
    with looking.warehouse() as warehouse, looking.journal() as journal:
        held = Measured(warehouse).options(END + timedelta(days=10))
        told = Happening(journal).forecasts(END)

    assert min(row["expiration"] for row in held) > END + timedelta(days=10)
    assert {(row["account_id"], row["instrument_id"]) for row in told} <= {
        (row["account_id"], row["instrument_id"]) for row in held
    }


def test_what_is_over_is_not_told_and_every_broker_is_shown(looking: Looking) -> None:
    with looking.journal() as journal:
        view = Happening(journal)
        alerts, brokers = view.alerts(), view.brokers()

    assert [row["severity"] for row in alerts] == ["critical", "warning"]
    assert {row["account_id"]: row["state"] for row in brokers}["ibkr-04"] == "down"


def test_nothing_can_be_written_through_it(looking: Looking) -> None:
    for look in (looking.journal, looking.warehouse):
        with pytest.raises(Exception, match=r"(?i)read.?only|attempt to write"), look() as connection:
            connection.execute(text("DELETE FROM account"))


def test_stores_that_are_not_there_are_not_made(tmp_path: Path) -> None:
    looking = Looking(*FileTemplate.urls(tmp_path))
    for look in (looking.journal, looking.warehouse):
        with pytest.raises(StoreError, match="tieout init"), look():
            pass
    looking.close()

    assert list(tmp_path.iterdir()) == []
