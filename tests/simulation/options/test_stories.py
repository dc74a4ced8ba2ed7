"""The week of an expiration, told: what each account holds and has been told on the Wednesday after."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.option_stories import (
    ACME,
    ADJUSTED,
    BEFORE_DIVIDEND,
    BOLT,
    COVERED,
    DECLINED,
    DELIVERED,
    DUNE,
    ELM,
    EX_DATE,
    EXERCISED_CALL,
    INDEX,
    LOWER_PUT,
    MONTHLY,
    PARTLY,
    PUT,
    SPREAD,
    SPUN_OFF,
    UNFUNDED,
    UNPAID,
    WEEKEND,
    WEEKLY,
    option_week,
)
from simulator.scenario import Stage
from tests.simulation.options.evening import rows, units
from tieout.instruments import Instrument
from tieout.orders import Side
from tieout.records import ActivityKind

ASSIGNED, EXERCISED, EXPIRED, TRADED = (
    ActivityKind.ASSIGNMENT,
    ActivityKind.EXERCISE,
    ActivityKind.EXPIRATION,
    ActivityKind.OPTION_TRADE,
)


@pytest.fixture(scope="module")
def told() -> Stage:
    stage = Stage(option_week())
    for _ in stage.days:
        stage.play()
    return stage


@pytest.mark.parametrize(
    ("name", "held", "records"),
    [
        (WEEKEND, {"DUNE": 200}, [(ASSIGNED, PUT, 2, 0), (TRADED, DUNE, 200, -19_400)]),
        (SPREAD, {"DUNE": 100}, [(ASSIGNED, PUT, 1, 0), (TRADED, DUNE, 100, -9_700), (EXPIRED, LOWER_PUT, -1, 0)]),
        (EX_DATE, {}, [(ASSIGNED, BEFORE_DIVIDEND, 2, 0), (TRADED, ELM, -200, 16_000)]),
        (
            INDEX,
            {},
            [(EXERCISED, WEEKLY, -1, 0), (TRADED, WEEKLY, 0, Decimal("2535.00")), (EXPIRED, MONTHLY, -1, 0)],
        ),
        (UNFUNDED, {}, []),
        (DECLINED, {}, [(EXPIRED, EXERCISED_CALL, -2, 0)]),
        (DELIVERED, {"BOLT": 200}, [(EXERCISED, EXERCISED_CALL, -2, 0), (TRADED, BOLT, 200, -12_000)]),
        (
            SPUN_OFF,
            {},
            [
                (ASSIGNED, ADJUSTED, 1, 0),
                (TRADED, ACME, -100, 5_500),
                (TRADED, ELM, -25, 0),
                (TRADED, ADJUSTED, 0, Decimal("-7.50")),
            ],
        ),
    ],
)
def test_each_account_ends_as_its_story_says(
    told: Stage,
    name: str,
    held: dict[str, int],
    records: list[tuple[ActivityKind, Instrument, int, Decimal | int]],
) -> None:
    account = told.account(name)

    assert units(account) == held
    assert [row for row in rows(account) if row[0] is not ActivityKind.DIVIDEND] == records
    assert account.holdings.keys() == held.keys()


def test_a_part_of_ten_calls_is_taken_and_its_shares_with_it(told: Stage) -> None:
    held = units(told.account(PARTLY))

    assert -10 < held[COVERED.symbol] < 0
    assert held["BOLT"] == -100 * held[COVERED.symbol]


def test_who_was_called_away_before_the_ex_date_gets_no_dividend(told: Stage) -> None:
    assert ActivityKind.DIVIDEND not in [one.kind for one in told.account(EX_DATE).activities]
    assert [one.amount for one in told.account(SPUN_OFF).activities if one.kind is ActivityKind.DIVIDEND] == [
        Decimal("15.50")
    ]


def test_the_broker_sold_what_could_not_be_paid_for_and_told_nobody(told: Stage) -> None:
    account = told.account(UNFUNDED)

    (sale,) = account.executions
    assert (sale.instrument, sale.side, sale.quantity) == (UNPAID, Side.SELL, 3)
    assert f"{sale.executed_at.astimezone(told.sessions.zone):%A %H:%M}" == "Friday 15:15"
    assert account.heard == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_outcomes_do_not_hang_on_the_seed(seed: int) -> None:
    stage = Stage(option_week(seed))
    for _ in stage.days:
        stage.play()

    assert units(stage.account(WEEKEND)) == {"DUNE": 200}
    assert units(stage.account(EX_DATE)) == {}
    assert units(stage.account(SPUN_OFF)) == {}
    assert 0 < units(stage.account(PARTLY))["BOLT"] < 1_000
