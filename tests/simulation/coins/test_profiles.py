"""What stands between an order and its fill: latency, slippage, impact, the queue, and too little volume."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from simulator.account import SimulatedAccount
from simulator.fills import displayed
from simulator.profiles import ADVANCED, AS_QUOTED, BASIC, PROFILES, Latency, Profile
from simulator.venue import SimulatedVenue
from tests.simulation.coins.world import BTC, MONDAY, a_venue, an_account, an_order
from tests.simulation.world import steps
from tieout.orders import OrderState, TimeInForce

D = Decimal
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
VOLUME = "1440"  # one bitcoin a minute
RICH = {"USDT": "100000000", "BTC": "1000"}


def a_desk(profile: Profile, *moves: str, volume: str | None = VOLUME) -> tuple[SimulatedVenue, SimulatedAccount]:
    """A venue whose price takes one move a minute."""
    source = steps(*((MONDAY + number * MINUTE, price) for number, price in enumerate(moves or ("60000",))))
    venue = a_venue({BTC: source}, daily_volume=volume)
    return venue, an_account(venue, RICH, profile=profile)


def bought(account: SimulatedAccount) -> list[tuple[Decimal, Decimal]]:
    return [(one.quantity, one.price) for one in account.executions]


def test_profiles_are_chosen_by_name() -> None:
    assert set(PROFILES) == {"as-quoted", "basic", "advanced"}
    assert all(one.name == name for name, one in PROFILES.items())


def test_as_quoted_everything_trades_at_once_at_the_touch() -> None:
    _, account = a_desk(AS_QUOTED)
    account.submit(an_order(BTC, "50"))
    assert bought(account) == [(D(50), D(60_000))]


def test_a_basic_order_acts_after_its_latency_on_the_price_of_then() -> None:
    source = steps((MONDAY, "60000"), (MONDAY + timedelta(milliseconds=100), "61000"))
    venue = a_venue({BTC: source})
    account = an_account(venue, RICH, profile=BASIC)

    account.submit(an_order(BTC, "1"))
    assert account.executions == []
    venue.advance(MONDAY + SECOND)

    (made,) = account.executions
    assert (made.price, made.executed_at) == (D("61006.1"), MONDAY + timedelta(milliseconds=120))


def test_a_basic_order_gets_a_quarter_of_a_minute_s_volume_at_a_tick() -> None:
    venue, account = a_desk(BASIC, "60000", "60100", "60200")
    account.submit(an_order(BTC, "0.6"))
    venue.advance(MONDAY + 5 * MINUTE)
    assert [units for units, _ in bought(account)] == [D("0.25"), D("0.25"), D("0.1")]


def test_in_the_basic_profile_a_touch_does_not_fill_a_resting_limit_and_going_through_it_does() -> None:
    venue, account = a_desk(BASIC, "60000", "59000", "58999")
    account.submit(an_order(BTC, "0.2", limit="59000"))

    venue.advance(MONDAY + 90 * SECOND)
    assert account.executions == []
    venue.advance(MONDAY + 3 * MINUTE)

    assert bought(account) == [(D("0.2"), D(59_000))]


def test_cancelling_takes_its_time_and_a_fill_may_come_first() -> None:
    source = steps((MONDAY, "60000"), (MONDAY + SECOND + timedelta(milliseconds=50), "58000"))
    venue = a_venue({BTC: source}, daily_volume=VOLUME)
    account = an_account(venue, RICH, profile=BASIC)
    order = an_order(BTC, "0.1", limit="59000")
    account.submit(order)
    venue.advance(MONDAY + SECOND)

    assert account.cancel(order.client_order_id).state is OrderState.WORKING
    venue.advance(MONDAY + 2 * SECOND)

    (report,) = account.orders()
    assert report.state is OrderState.FILLED


def test_a_cancelling_that_meets_nothing_ends_the_order_when_it_arrives() -> None:
    venue, account = a_desk(BASIC)
    order = an_order(BTC, "0.1", limit="50000")
    account.submit(order)
    venue.advance(MONDAY + SECOND)
    account.cancel(order.client_order_id)
    venue.advance(MONDAY + 2 * SECOND)
    (report,) = account.orders()
    assert (report.state, report.updated_at) == (OrderState.CANCELLED, MONDAY + SECOND + timedelta(milliseconds=120))


def test_an_order_for_at_once_waits_for_the_market_before_it_ends() -> None:
    venue, account = a_desk(BASIC)
    account.submit(an_order(BTC, "1", limit="60100", until=TimeInForce.IOC))
    venue.advance(MONDAY + SECOND)
    (report,) = account.orders()
    assert (report.state, report.filled_quantity) == (OrderState.CANCELLED, D("0.25"))


def test_all_or_none_gets_none_where_the_minute_has_too_little() -> None:
    venue, account = a_desk(BASIC)
    account.submit(an_order(BTC, "1", limit="60100", until=TimeInForce.FOK))
    venue.advance(MONDAY + SECOND)
    assert (account.orders()[0].state, account.executions) == (OrderState.CANCELLED, [])


WITHOUT_LIMITS = Profile("test", participation=D("0.1"), impact=D("0.7"), keeps=D("0.5"))


def lost(units: str) -> Decimal:
    """Part of the price that a purchase of that size costs beyond the touch."""
    _, account = a_desk(WITHOUT_LIMITS)
    account.submit(an_order(BTC, units))
    (made,) = account.executions
    return made.price / 60_000 - 1


def test_the_square_root_of_the_size_moves_the_price() -> None:
    sigma = 0.25 / 365**0.5
    expected = sigma * (0.1 * 4 / 1 + 0.7 * (4 / 1440) ** 0.5)
    assert float(lost("4")) == pytest.approx(expected, rel=1e-6)
    assert lost("1") < lost("4") < 4 * lost("1")


def test_half_of_the_impact_stays_for_the_next_order_and_fades() -> None:
    venue, account = a_desk(WITHOUT_LIMITS)
    before = venue.market.quote(BTC, venue.clock.now).ask
    account.submit(an_order(BTC, "4"))

    after = venue.market.quote(BTC, venue.clock.now).ask
    venue.advance(MONDAY + timedelta(hours=6))
    later = venue.market.quote(BTC, venue.clock.now).ask

    assert before < after < account.executions[0].price
    assert before <= later < before + (after - before) / 100


def test_a_limit_bounds_what_impact_may_cost() -> None:
    _, account = a_desk(WITHOUT_LIMITS)
    account.submit(an_order(BTC, "4", limit="60000"))
    assert bought(account) == [(D("0.25"), D(60_000))]  # what is displayed at the touch


def test_a_resting_order_in_the_advanced_profile_waits_its_turn_and_may_fill_in_parts() -> None:
    moves = ["60000", *["59000.0001", "59000"] * 40]
    profile = Profile("test", queues=True, seed=1)
    venue, account = a_desk(profile, *moves)
    account.submit(an_order(BTC, "2", limit="59000"))
    (working,) = account.live
    assert working.ahead is not None
    assert D("0.125") <= working.ahead <= D("0.375")

    venue.advance(MONDAY + 81 * MINUTE)

    assert sum(units for units, _ in bought(account)) == 2
    assert {price for _, price in bought(account)} == {D(59_000)}
    assert len(bought(account)) > 1


def test_nobody_waits_when_the_price_goes_through_the_limit() -> None:
    venue, account = a_desk(Profile("test", queues=True), "60000", "58000")
    account.submit(an_order(BTC, "2", limit="59000"))
    venue.advance(MONDAY + 2 * MINUTE)
    assert bought(account) == [(D(2), D(59_000))]


def test_the_advanced_profile_plays_the_same_for_the_same_seed() -> None:
    def played(seed: int) -> list[tuple[object, ...]]:
        venue, account = a_desk(replace(ADVANCED, seed=seed), "60000", "60010", "59990", "60020")
        account.submit(an_order(BTC, "0.3"))
        venue.advance(MONDAY + 5 * MINUTE)
        return [(one.quantity, one.price, one.executed_at) for one in account.executions]

    assert played(1) == played(1)
    assert played(1) != played(2)


def test_a_drawn_latency_is_spread_around_its_median_and_has_an_end() -> None:
    drawn = sorted(Latency(SECOND, spread=2.0).drawn(SECOND, str(seed)) for seed in range(400))
    assert timedelta(milliseconds=600) < drawn[200] < timedelta(milliseconds=1600)
    assert drawn[0] > timedelta(0)
    assert drawn[-1] == timedelta(seconds=5)
    assert Latency().drawn(timedelta(0), "any") == timedelta(0)


def test_without_a_volume_nothing_limits_what_is_displayed() -> None:
    venue, _ = a_desk(AS_QUOTED, volume=None)
    assert displayed(venue.market.listing(BTC)) is None
