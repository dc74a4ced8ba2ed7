"""When and how each outcome shows in the account: at Alpaca, in the morning after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator.contracts import DecidedBy
from simulator.events import Dividend, StrangersExercise
from simulator.exercise import Choice
from simulator.policy import ALPACA, ALPACA_SILENT, AT_THE_CLOSE
from simulator.venue import SimulatedVenue
from tests.simulation.options.evening import (
    ADJUSTED,
    CALL,
    FRI,
    KO,
    LATER_CALL,
    LOWER_PUT,
    MONTHLY,
    NEXT_WED,
    PUT,
    SPUN,
    THU,
    TUE,
    WED,
    WEEKLY,
    an_evening,
    dates,
    holding,
    new_york,
    rows,
    units,
)
from tests.simulation.world import an_order
from tieout.errors import InvalidOrder, MarketClosed, NotFound, NotTradable
from tieout.orders import Side
from tieout.records import ActivityKind

ASSIGNED, EXERCISED, EXPIRED, TRADED = (
    ActivityKind.ASSIGNMENT,
    ActivityKind.EXERCISE,
    ActivityKind.EXPIRATION,
    ActivityKind.OPTION_TRADE,
)
FRIDAY_NIGHT, TUESDAY_MORNING = new_york(FRI, "23:00"), new_york(TUE, "04:20")
BEFORE_DAWN = TUESDAY_MORNING - timedelta(seconds=1)


# Expiration over the weekend: Friday the 16th, and Monday is a holiday


def test_a_short_put_assigned_on_friday_still_shows_until_the_next_session_s_morning() -> None:
    venue = an_evening("55")
    account = holding(venue, (PUT, "-2"))

    venue.advance(BEFORE_DAWN)
    assert (units(account), account.activities) == ({PUT.symbol: -2}, [])
    venue.advance(TUESDAY_MORNING)

    assert units(account) == {"KO": 200}
    assert rows(account) == [(ASSIGNED, PUT, 2, 0), (TRADED, KO, 200, -12_000)]
    assert account.activities[0].group_id == account.activities[1].group_id is not None
    assert dates(account.activities) == [FRI, FRI]
    assert account.activities[1].settles_on == TUE
    assert account.books.cash.settled("USD") == 88_000


def test_a_worthless_expiry_of_a_friday_is_dated_and_shown_a_session_later() -> None:
    venue = an_evening("62")
    account = holding(venue, (PUT, "-2"))

    venue.advance(new_york(TUE, "16:30"))
    lingering = units(account), account.activities
    venue.advance(new_york(NEXT_WED, "04:20"))

    assert lingering == ({PUT.symbol: -2}, [])
    assert (units(account), rows(account), dates(account.activities)) == ({}, [(EXPIRED, PUT, 2, 0)], [TUE])


def test_an_expired_contract_that_still_shows_is_worth_what_it_was_and_does_not_trade() -> None:
    venue = an_evening("62")
    account = holding(venue, (PUT, "-2"))

    venue.advance(new_york(TUE, "11:00"))

    assert account.positions()[0].market_value == 0
    with pytest.raises(NotTradable, match="last session"):
        account.submit(an_order(instrument=PUT, quantity="2"))


def test_a_silent_broker_changes_positions_and_says_nothing() -> None:
    venue = an_evening("55", policy=ALPACA_SILENT)
    account = holding(venue, (PUT, "-2"))

    venue.advance(new_york(NEXT_WED, "16:00"))

    assert (units(account), account.activities) == ({"KO": 200}, [])
    assert account.books.cash.traded("USD") == 88_000


def test_rows_may_come_a_day_after_the_positions() -> None:
    venue = an_evening("55", policy=replace(ALPACA, rows_after=timedelta(days=1)))
    account = holding(venue, (PUT, "-2"))

    venue.advance(TUESDAY_MORNING)
    moved, told = units(account), account.activities
    venue.advance(new_york(NEXT_WED, "04:20"))

    assert (moved, told) == ({"KO": 200}, [])
    assert [row[0] for row in rows(account)] == [ASSIGNED, TRADED]


def test_the_paper_broker_shows_everything_at_the_close() -> None:
    venue = an_evening("55", policy=AT_THE_CLOSE)
    account = holding(venue, (PUT, "-2"))

    venue.advance(new_york(FRI, "16:00"))

    assert (units(account), len(account.activities)) == ({"KO": 200}, 2)


def test_a_half_day_decides_at_its_early_close_and_shows_the_morning_after() -> None:
    from tieout.instruments import option

    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    put = option("KO261127P00060000")
    venue = an_evening("55", at=new_york(friday, "10:00"))
    account = holding(venue, (put, "-1"))

    venue.advance(new_york(friday, "13:01"))
    with pytest.raises(NotTradable):
        account.submit(an_order(instrument=put, quantity="1"))
    venue.advance(new_york(monday, "04:20"))

    assert units(account) == {"KO": 100}


# Held shares, called away, short stock


def test_a_covered_call_hands_over_the_shares_that_were_held() -> None:
    venue = an_evening("62")
    account = holding(venue, (KO, "150"), (CALL, "-1"))

    venue.advance(TUESDAY_MORNING)

    assert units(account) == {"KO": 50}
    assert rows(account) == [(ASSIGNED, CALL, 1, 0), (TRADED, KO, -100, 6_000)]


def test_a_naked_call_leaves_the_account_short() -> None:
    venue = an_evening("62", at=new_york(FRI, "15:30"))
    account = holding(venue, (CALL, "-1"), leverage="8")

    venue.advance(TUESDAY_MORNING)

    assert units(account) == {"KO": -100}


def test_both_legs_of_a_spread_in_the_money_leave_no_shares() -> None:
    venue = an_evening("54")
    account = holding(venue, (PUT, "-1"), (LOWER_PUT, "1"), cash="2000")

    venue.advance(TUESDAY_MORNING)

    assert units(account) == {}
    assert account.books.cash.traded("USD") == 2_000 - 6_000 + 5_500


# Early


def test_an_early_assignment_in_part_leaves_the_rest_of_the_position() -> None:
    venue = an_evening("62", seed=3)
    venue.options.script(StrangersExercise(CALL, WED, 500))
    account = holding(venue, (CALL, "-4"), leverage="8")

    venue.advance(new_york(THU, "04:20"))

    left = units(account)[CALL.symbol]
    assert -4 < left < 0
    assert units(account)["KO"] == -100 * (4 + left)
    assert dates(account.activities) == [WED, WED]


def test_a_call_is_assigned_on_the_eve_of_a_dividend_and_the_holder_pays_none_of_it() -> None:
    venue = an_evening("62")
    venue.announce(Dividend(KO, THU, FRI, Decimal("0.52")))
    account = holding(venue, (KO, "100"), (LATER_CALL, "-1"))

    venue.advance(new_york(FRI, "17:00"))

    assert rows(account) == [(ASSIGNED, LATER_CALL, 1, 0), (TRADED, KO, -100, 5_000)]
    assert dates(account.activities) == [WED, WED]


def test_without_the_dividend_the_same_call_is_left_alone() -> None:
    venue = an_evening("62")
    account = holding(venue, (KO, "100"), (LATER_CALL, "-1"))

    venue.advance(new_york(FRI, "17:00"))

    assert account.activities == []


# What the holder says


def test_a_do_not_exercise_is_honoured_and_the_call_lapses() -> None:
    venue = an_evening("62")
    account = holding(venue, (CALL, "3"))
    account.instruct(CALL.symbol, Choice.DO_NOT_EXERCISE, Decimal(2))

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert units(account) == {"KO": 100}
    assert rows(account) == [(EXERCISED, CALL, -1, 0), (TRADED, KO, 100, -6_000), (EXPIRED, CALL, -2, 0)]


def test_a_call_out_of_the_money_is_exercised_where_its_holder_wants_that() -> None:
    venue = an_evening("59.99", at=new_york(FRI, "16:20"))
    account = holding(venue, (CALL, "2"))
    account.instruct(CALL.symbol, Choice.EXERCISE)

    venue.advance(TUESDAY_MORNING)

    assert rows(account) == [(EXERCISED, CALL, -2, 0), (TRADED, KO, 200, -12_000)]


def test_an_early_exercise_is_carried_out_on_the_same_evening() -> None:
    venue = an_evening("62")
    account = holding(venue, (LATER_CALL, "2"))
    account.instruct(LATER_CALL.symbol, Choice.EXERCISE, Decimal(1))

    venue.advance(new_york(THU, "04:20"))
    venue.advance(new_york(FRI, "04:20"))

    assert units(account) == {LATER_CALL.symbol: 1, "KO": 100}


def test_an_instruction_is_for_what_is_still_held_in_the_evening() -> None:
    venue = an_evening("62")
    account = holding(venue, (LATER_CALL, "2"))
    account.instruct(LATER_CALL.symbol, Choice.EXERCISE, Decimal(2))
    account.submit(an_order(instrument=LATER_CALL, side=Side.SELL, quantity="1"))

    venue.advance(new_york(THU, "04:20"))

    assert units(account) == {"KO": 100}


def test_instructions_are_refused_for_what_cannot_be_exercised() -> None:
    venue = an_evening("62")
    account = holding(venue, (CALL, "1"), (PUT, "-1"), (WEEKLY, "1"))

    with pytest.raises(NotFound):
        account.instruct(PUT.symbol, Choice.EXERCISE)
    with pytest.raises(InvalidOrder, match="at its expiration only"):
        account.instruct(WEEKLY.symbol, Choice.EXERCISE)
    with pytest.raises(InvalidOrder, match="2 of 1 contracts"):
        account.instruct(CALL.symbol, Choice.EXERCISE, Decimal(2))
    venue.advance(new_york(FRI, "16:30"))
    with pytest.raises(MarketClosed, match="expired on 2026-01-16"):
        account.instruct(CALL.symbol, Choice.DO_NOT_EXERCISE)


def test_a_long_put_without_shares_to_sell_is_not_exercised_at_alpaca() -> None:
    venue = an_evening("59.80", at=new_york(FRI, "15:30"))
    account = holding(venue, (PUT, "2"), (KO, "150"))

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert rows(account) == [(EXERCISED, PUT, -1, 0), (TRADED, KO, -100, 6_000), (EXPIRED, PUT, -1, 0)]


def test_shares_that_cover_a_call_are_not_there_for_a_put() -> None:
    venue = an_evening("59.80", at=new_york(FRI, "15:30"))
    account = holding(venue, (PUT, "1"), (KO, "100"), (LATER_CALL, "-1"))

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert rows(account) == [(EXPIRED, PUT, -1, 0)]


# Cash and opening


@pytest.mark.parametrize(("contracts", "kind"), [("2", EXERCISED), ("-2", ASSIGNED)])
def test_a_weekly_index_option_is_paid_the_difference_to_the_close(contracts: str, kind: ActivityKind) -> None:
    venue = an_evening()
    account = holding(venue, (WEEKLY, contracts), cash="900000", leverage="4")

    venue.advance(TUESDAY_MORNING)

    money = Decimal(contracts) * 25 * 100
    assert rows(account) == [(kind, WEEKLY, -Decimal(contracts), 0), (TRADED, WEEKLY, 0, money)]
    assert account.activities[1].settles_on == TUE
    assert units(account) == {}


def test_a_monthly_index_option_goes_by_the_opening_and_expires_though_the_close_is_above() -> None:
    venue = an_evening()
    account = holding(venue, (MONTHLY, "2"))

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert rows(account) == [(EXPIRED, MONTHLY, -2, 0)]


def test_the_special_opening_quotation_wins_over_the_first_tick() -> None:
    venue = an_evening()
    venue.market.fix("SPX", FRI, DecidedBy.OPENING, Decimal("6903.27"))
    account = holding(venue, (MONTHLY, "1"))

    venue.advance(TUESDAY_MORNING)

    assert rows(account)[1] == (TRADED, MONTHLY, 0, Decimal("327.00"))


def test_an_opening_settled_contract_has_its_last_session_the_day_before() -> None:
    venue = an_evening(at=new_york(FRI, "09:31"))
    account = holding(venue, (MONTHLY, "1"), (WEEKLY, "1"))

    account.submit(an_order("weekly", instrument=WEEKLY, side=Side.SELL, quantity="1"))
    with pytest.raises(NotTradable, match="SPX   260116C06900000 has had its last session"):
        account.submit(an_order("monthly", instrument=MONTHLY, side=Side.SELL, quantity="1"))


def test_an_official_close_that_differs_from_the_last_tick_decides() -> None:
    venue = an_evening("60.02")
    venue.market.fix("KO", FRI, DecidedBy.CLOSE, Decimal("59.99"))
    account = holding(venue, (CALL, "-1"), (KO, "100"))

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert rows(account) == [(EXPIRED, CALL, 1, 0)]


# Adjusted


@pytest.mark.parametrize(("contracts", "kind"), [("1", EXERCISED), ("-1", ASSIGNED)])
def test_an_adjusted_contract_delivers_all_its_parts_for_strike_times_multiplier(
    contracts: str, kind: ActivityKind
) -> None:
    sign = Decimal(contracts)
    venue = an_evening("62", at=new_york(FRI, "15:30"))
    account = holding(venue, (ADJUSTED, contracts), leverage="8")

    venue.advance(TUESDAY_MORNING)

    assert rows(account) == [
        (kind, ADJUSTED, -sign, 0),
        (TRADED, KO, 100 * sign, -5_500 * sign),
        (TRADED, SPUN, 25 * sign, 0),
        (TRADED, ADJUSTED, 0, Decimal("7.50") * sign),
    ]
    assert account.activities[1].price == 55


def test_an_adjusted_contract_is_priced_and_decided_by_all_that_it_delivers() -> None:
    """At 50 for KO: 5,000 + 500 + 7.50 is 7.50 above the strike's 5,500; its root alone says nothing of that."""
    venue = an_evening("50")
    account = holding(venue, (ADJUSTED, "1"))

    venue.advance(TUESDAY_MORNING)

    assert venue.market.price(ADJUSTED, venue.clock.now).price == Decimal("0.075")
    assert rows(account)[0] == (EXERCISED, ADJUSTED, -1, 0)


# What the broker closes by itself


def underfunded(venue: SimulatedVenue) -> list[tuple[str, Decimal]]:
    venue.advance(new_york(FRI, "15:15"))
    account = next(iter(venue.accounts.values()))
    return [(one.side, one.quantity) for one in account.executions]


def test_a_call_that_cannot_be_paid_for_is_sold_at_a_quarter_past_three() -> None:
    venue = an_evening("62")
    account = holding(venue, (CALL, "2"), cash="5000", leverage="1")

    venue.advance(new_york(FRI, "15:14"))
    assert account.executions == []
    assert underfunded(venue) == [(Side.SELL, 2)]
    assert account.heard == []
    assert units(account) == {}


def test_a_call_that_can_be_paid_for_is_left() -> None:
    venue = an_evening("62")
    holding(venue, (CALL, "2"), cash="12000", leverage="1")

    assert underfunded(venue) == []


def test_a_put_without_shares_is_sold_and_one_just_out_of_the_money_too() -> None:
    venue = an_evening("60.10")  # out of the money by less than half a percent of the strike
    holding(venue, (PUT, "1"))

    assert underfunded(venue) == [(Side.SELL, 1)]


def test_what_is_far_out_of_the_money_is_left_to_expire() -> None:
    venue = an_evening("62")
    holding(venue, (PUT, "1"), cash="0", leverage="1")

    assert underfunded(venue) == []


def test_the_legs_of_a_spread_pay_for_each_other() -> None:
    venue = an_evening("54")
    holding(venue, (PUT, "-1"), (LOWER_PUT, "1"), cash="7000", leverage="1")

    assert underfunded(venue) == []


def test_a_short_call_over_no_shares_is_bought_back_before_anything_is_sold() -> None:
    from tieout.instruments import option

    venue = an_evening("62")
    far = option("KO260116C00061000")
    holding(venue, (CALL, "-2"), (far, "1"), cash="20000", leverage="4")

    assert underfunded(venue) == [(Side.BUY, 2), (Side.SELL, 1)]


def test_orders_in_what_is_closed_are_cancelled_first() -> None:
    venue = an_evening("62")
    account = holding(venue, (CALL, "1"), cash="100", leverage="1")
    venue.advance(new_york(FRI, "10:00"))
    account.submit(an_order(instrument=CALL, side=Side.SELL, quantity="1", limit="9.00"))

    assert underfunded(venue) == [(Side.SELL, 1)]
    assert account.orders()[0].state == "cancelled"


def test_the_index_pays_in_cash_and_is_not_closed() -> None:
    venue = an_evening()
    holding(venue, (WEEKLY, "1"), cash="10", leverage="1")

    assert underfunded(venue) == []
