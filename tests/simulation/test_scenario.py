"""Stories: described as data, played by the session, told to the desk as it would hear them."""

from __future__ import annotations

import dataclasses
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from simulator.events import ManualTrade, Trade, Transfer
from simulator.scenario import Opening, Scenario, Stage, Stock, key_of
from simulator.stories import (
    ACME,
    BOLT,
    BUSY,
    CLEAN,
    CORE,
    DUNE_PUT,
    ELM,
    EVENTS,
    OPTIONS,
    PARTIAL,
    SETTLING,
    three_sessions,
)
from simulator.terms import AccountTerms
from tieout.ids import client_order_id
from tieout.instruments import crypto, equity
from tieout.orders import OrderReport, OrderState, Side
from tieout.records import Activity, ActivityKind

KO = equity("KO")
TERMS = AccountTerms("PA1", "PKTEST", "test-secret")
STORY = Scenario(
    seed=1,
    first=date(2026, 1, 14),
    sessions=2,
    stocks=(Stock(KO, Decimal(62)),),
    accounts=(Opening("main", TERMS, {"USD": Decimal(1000)}, ((KO, Decimal(5), Decimal(50)),)),),
)


def with_events(*events: Trade | ManualTrade | Transfer) -> Scenario:
    return dataclasses.replace(STORY, events=events)


def test_events_take_place_in_the_order_of_their_time() -> None:
    stage = Stage(
        with_events(
            Trade("main", 1, time(15, 0), KO, Side.SELL, Decimal(1)),
            Transfer("main", 1, time(10, 0), Decimal(250)),
            ManualTrade("main", 1, time(11, 0), KO, Side.BUY, Decimal(2)),
        )
    )

    happened = stage.play()

    assert [type(one.event) for one in happened] == [Transfer, ManualTrade, Trade]
    assert [type(one.outcome) for one in happened] == [Activity, OrderReport, OrderReport]
    assert [one.at.astimezone(stage.sessions.zone).time() for one in happened] == [time(10), time(11), time(15)]


def test_a_session_ends_half_an_hour_after_its_close() -> None:
    stage = Stage(STORY)

    stage.play(date(2026, 1, 14))

    assert stage.venue.clock.now == stage.sessions.closes_at(date(2026, 1, 14)) + timedelta(minutes=30)


def test_the_desk_hears_its_own_trades_of_the_day_only() -> None:
    stage = Stage(
        with_events(
            Trade("main", 1, time(10, 0), KO, Side.SELL, Decimal(1)),
            Trade("main", 1, time(11, 0), KO, Side.SELL, Decimal(2), heard=False),
            ManualTrade("main", 1, time(12, 0), KO, Side.SELL, Decimal(1)),
            Trade("main", 2, time(10, 0), KO, Side.BUY, Decimal(3)),
        )
    )
    first, second = stage.days

    stage.play()
    stage.play()

    assert [e.quantity for e in stage.heard("main", first)] == [1]
    assert [e.quantity for e in stage.heard("main", second)] == [3]
    assert [e.quantity for e in stage.account("main").executions] == [1, 2, 1, 3]


def test_a_trade_has_the_same_id_in_every_telling_unless_it_is_given_one() -> None:
    trade = Trade("main", 1, time(10, 0), KO, Side.SELL, Decimal(1))

    assert key_of(trade) == key_of(dataclasses.replace(trade, heard=False))
    assert key_of(trade) != key_of(dataclasses.replace(trade, session=2))
    assert key_of(dataclasses.replace(trade, key="intent 7")) == client_order_id("intent 7")


def test_sessions_are_played_one_after_the_other() -> None:
    stage = Stage(STORY)

    with pytest.raises(ValueError, match="next session of the story is 2026-01-14"):
        stage.play(date(2026, 1, 15))
    stage.play()
    stage.play()
    with pytest.raises(ValueError, match="the story is over"):
        stage.play()


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Transfer("other", 1, time(10), Decimal(1)), "no account 'other'"),
        (Transfer("main", 3, time(10), Decimal(1)), "has 2 sessions"),
    ],
)
def test_a_story_that_cannot_be_played_is_refused_before_it_begins(event: Transfer, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Stage(with_events(event))


def test_a_key_opens_one_account() -> None:
    twice = dataclasses.replace(STORY, accounts=(*STORY.accounts, Opening("second", TERMS, {})))

    with pytest.raises(ValueError, match="key or number is taken"):
        Stage(twice)


def test_a_stock_may_keep_other_hours() -> None:
    coin = crypto("BTC")
    story = dataclasses.replace(
        with_events(Trade("main", 1, time(4, 0), coin, Side.BUY, Decimal("0.001"))),
        first=date(2026, 1, 14),
        stocks=(*STORY.stocks, Stock(coin, Decimal(90_000), fractionable=True, calendar="24/7")),
    )
    stage = Stage(story)

    (happened,) = stage.play()

    assert isinstance(happened.outcome, OrderReport)
    assert happened.outcome.state is OrderState.FILLED


# The story of three sessions


@pytest.fixture(scope="module")
def told() -> Stage:
    stage = Stage(three_sessions())
    for day in stage.days:
        stage.play(day)
    return stage


def test_the_story_ends_on_a_monthly_expiration(told: Stage) -> None:
    assert told.days == (date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 16))


def test_the_clean_account_hears_everything_every_day(told: Stage) -> None:
    account = told.account(CLEAN)

    assert account.heard == account.executions
    assert all(len(told.heard(CLEAN, day)) == 1 for day in told.days)
    assert account.activities == []


def test_the_busy_account_has_a_trade_unheard_of_and_one_by_hand(told: Stage) -> None:
    account = told.account(BUSY)

    unheard = [e for e in account.executions if e not in account.heard]
    lost, manual = unheard
    assert (lost.instrument, lost.side, lost.quantity) == (BOLT, Side.BUY, 40)
    assert lost.client_order_id == key_of(
        next(t for t in three_sessions().events if getattr(t, "heard", True) is False)
    )  # type: ignore[arg-type]
    assert (manual.instrument, manual.side, manual.quantity) == (CORE, Side.SELL, 25)
    assert "-" in (manual.client_order_id or "")


def test_the_account_with_events_is_split_and_paid(told: Stage) -> None:
    account = told.account(EVENTS)

    split, dividend = account.activities
    assert (split.kind, split.instrument, split.ratio, split.quantity) == (ActivityKind.SPLIT, ACME, 4, 180)
    assert (dividend.kind, dividend.instrument, dividend.amount) == (ActivityKind.DIVIDEND, ELM, 168)
    assert account.holdings["ACME"].quantity == 240


def test_the_settling_account_is_paid_on_the_third_day(told: Stage) -> None:
    account = told.account(SETTLING)

    (sale,) = account.executions
    assert account.books.cash.settled("USD") == 8_000 + sale.cash_change
    assert account.pending == ()


def test_the_written_put_expires(told: Stage) -> None:
    account = told.account(OPTIONS)

    (expired,) = account.activities
    assert (expired.kind, expired.instrument, expired.quantity) == (ActivityKind.EXPIRATION, DUNE_PUT, 3)
    assert [o.state for o in account.orders()] == [OrderState.FILLED, OrderState.EXPIRED]


@pytest.mark.parametrize("seed", range(6))
def test_the_story_holds_for_other_seeds(seed: int) -> None:
    stage = Stage(three_sessions(seed))
    for _ in stage.days:
        stage.play()

    for name in (CLEAN, BUSY, EVENTS, SETTLING, PARTIAL, OPTIONS):
        equity_now = stage.account(name).balances()[0].equity
        assert equity_now is not None
        assert equity_now > 0
    assert [a.kind for a in stage.account(OPTIONS).activities] == [ActivityKind.EXPIRATION]


def test_the_same_seed_tells_the_same_story() -> None:
    tellings = []
    for _ in range(2):
        stage = Stage(three_sessions(11))
        for _ in stage.days:
            stage.play()
        tellings.append([stage.account(n).executions + stage.account(n).activities for n in (BUSY, EVENTS, PARTIAL)])

    assert tellings[0] == tellings[1]
