"""The broker's night: what is done to an account before the open and after the close."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from simulator.events import Dividend, Split
from simulator.terms import CashBasis
from tests.simulation.world import (
    BTC,
    CALL,
    FRIDAY_CLOSE,
    KO,
    LONG_AGO,
    NYSE,
    PUT,
    THURSDAY_CLOSE,
    TUESDAY_CLOSE,
    WEDNESDAY,
    WEDNESDAY_CLOSE,
    WEDNESDAY_OPEN,
    a_venue,
    an_account,
    an_order,
    steps,
)
from tieout.orders import OrderState, Side, TimeInForce
from tieout.records import ActivityKind

WED, THU, FRI = date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 16)
NIGHT = WEDNESDAY_OPEN - timedelta(hours=2)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), NYSE.zone).astimezone(UTC)


# Settlement


def test_a_share_is_paid_one_session_later_and_a_coin_at_once() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(KO, "10", "50"), (BTC, "0.1", "80000")])
    account.submit(an_order("share", side=Side.SELL))
    account.submit(an_order("coin", instrument=BTC, side=Side.SELL, quantity="0.1"))

    cash = account.books.cash
    assert cash.traded("USD") == Decimal("19618.50")
    assert cash.settled("USD") == 10_000 + 8_999
    assert [(p.amount, p.settles_on) for p in account.pending] == [(Decimal("619.50"), THU)]
    venue.advance(WEDNESDAY_CLOSE)
    assert cash.settled("USD") == 18_999
    venue.advance(THURSDAY_CLOSE)
    assert cash.settled("USD") == cash.traded("USD")
    assert account.pending == ()


def test_a_trade_before_a_long_weekend_is_paid_after_it() -> None:
    venue = a_venue(FRIDAY_CLOSE - timedelta(hours=1))
    account = an_account(venue)
    account.submit(an_order())

    venue.advance(TUESDAY_CLOSE - timedelta(hours=7))
    assert account.books.cash.settled("USD") == 10_000
    venue.advance(TUESDAY_CLOSE)
    assert account.books.cash.settled("USD") == Decimal("9379.50")


def test_on_the_settled_basis_proceeds_are_not_cash_before_they_are_paid() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(KO, "100", "50")], basis=CashBasis.SETTLED)
    account.submit(an_order(side=Side.SELL, quantity="100"))

    venue.advance(WEDNESDAY_CLOSE)
    evening = account.balances()[0]
    venue.advance(THURSDAY_CLOSE)
    paid = account.balances()[0]

    assert (evening.cash, evening.settled_cash, evening.equity) == (10_000, 10_000, 10_000)
    assert evening.buying_power == 10_000
    assert (paid.cash, paid.equity) == (16_195, 16_195)


def test_on_the_settled_basis_money_is_not_spent_twice() -> None:
    account = an_account(a_venue(), basis=CashBasis.SETTLED)
    account.submit(an_order(quantity="160"))

    balance = account.balances()[0]
    assert balance.cash == 10_000
    assert balance.buying_power == 72  # what 160 shares at 62.05 left over


# Corporate actions


def test_a_split_multiplies_the_units_and_divides_the_average_price() -> None:
    venue = a_venue(NIGHT)
    account = an_account(venue, held=[(KO, "25", "60")])
    venue.announce(Split(KO, THU, Decimal(4)))

    venue.advance(WEDNESDAY_CLOSE)
    before = account.positions()[0]
    venue.advance(THURSDAY_CLOSE)
    after = account.positions()[0]

    assert (before.quantity, after.quantity) == (25, 100)
    assert (before.avg_entry_price, after.avg_entry_price) == (60, 15)
    assert before.cost_basis == after.cost_basis == 1500
    (split,) = account.activities
    assert (split.kind, split.ratio, split.quantity, split.amount) == (ActivityKind.SPLIT, 4, 75, 0)
    assert split.occurred_at == midnight(THU)
    assert account.books.cash.traded("USD") == 10_000


def test_a_reverse_split_of_a_short_position_keeps_its_sign() -> None:
    venue = a_venue(NIGHT)
    account = an_account(venue, held=[(KO, "-30", "60")], leverage="2", shorting=True)
    venue.announce(Split(KO, WED, Decimal("0.1")))

    venue.advance(WEDNESDAY_CLOSE)

    assert [(p.quantity, p.avg_entry_price) for p in account.positions()] == [(-3, 600)]


def test_orders_of_the_day_before_do_not_survive_a_split() -> None:
    venue = a_venue()
    account = an_account(venue)
    account.submit(an_order(limit="50.00", until=TimeInForce.GTC))
    venue.announce(Split(KO, THU, Decimal(4)))

    venue.advance(THURSDAY_CLOSE)

    assert [o.state for o in account.orders()] == [OrderState.CANCELLED]


def test_a_dividend_goes_to_whoever_held_before_the_ex_date() -> None:
    venue = a_venue()
    venue.announce(Dividend(KO, THU, FRI, Decimal("0.515"), withheld=Decimal("0.15")))
    holder = an_account(venue, held=[(KO, "100", "50")], number=1)
    buyer = an_account(venue, number=2)
    short = an_account(venue, held=[(KO, "-10", "50")], shorting=True, leverage="2", number=3)

    venue.advance(THURSDAY_CLOSE - timedelta(hours=1))
    buyer.submit(an_order(quantity="100"))
    holder.submit(an_order(side=Side.SELL, quantity="100"))
    venue.advance(THURSDAY_CLOSE)
    unpaid = holder.activities
    venue.advance(FRIDAY_CLOSE)

    assert unpaid == buyer.activities == []
    assert [(a.kind, a.amount, a.price) for a in holder.activities] == [
        (ActivityKind.DIVIDEND, Decimal("51.50"), Decimal("0.515")),
        (ActivityKind.WITHHOLDING, Decimal("-7.73"), None),
    ]
    assert {a.settles_on for a in holder.activities} == {FRI}
    assert short.activities[0].amount == Decimal("-5.15")


def test_a_dividend_payable_on_a_holiday_is_paid_on_the_next_session() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(KO, "100", "50")])
    venue.announce(Dividend(KO, FRI, date(2026, 1, 19), Decimal("0.5")))

    venue.advance(TUESDAY_CLOSE)

    assert [(a.amount, a.occurred_at) for a in account.activities] == [(50, midnight(date(2026, 1, 20)))]


@pytest.mark.parametrize("day", [date(2026, 1, 17), date(2026, 1, 19)], ids=["Saturday", "holiday"])
def test_an_ex_date_is_a_session(day: date) -> None:
    with pytest.raises(ValueError, match="is no session"):
        a_venue().announce(Split(KO, day, Decimal(2)))


@pytest.mark.parametrize("ratio", ["0", "-2", "1"])
def test_a_ratio_splits_something(ratio: str) -> None:
    with pytest.raises(ValueError, match="splits nothing"):
        Split(KO, THU, Decimal(ratio))


def test_a_dividend_is_paid_after_its_ex_date() -> None:
    with pytest.raises(ValueError, match="dividend of KO"):
        Dividend(KO, FRI, THU, Decimal("0.5"))


# Expiration: KO closes at 62, 60 is the strike


def test_a_short_put_out_of_the_money_expires_worthless() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(PUT, "-3", "0.85")], shorting=True)

    venue.advance(THURSDAY_CLOSE)
    held = account.positions()[0].quantity
    venue.advance(FRIDAY_CLOSE)

    assert held == -3
    assert account.positions() == ()
    (expired,) = account.activities
    assert (expired.kind, expired.quantity, expired.amount) == (ActivityKind.EXPIRATION, 3, 0)
    assert (expired.instrument, expired.occurred_at) == (PUT, midnight(FRI))


@pytest.mark.parametrize(
    ("contracts", "kind", "shares", "cash"),
    [("2", ActivityKind.EXERCISE, 200, -12_000), ("-2", ActivityKind.ASSIGNMENT, -200, 12_000)],
    ids=["long call", "short call"],
)
def test_a_call_in_the_money_turns_into_shares_at_the_strike(
    contracts: str, kind: ActivityKind, shares: int, cash: int
) -> None:
    venue = a_venue()
    account = an_account(venue, cash="50000", held=[(CALL, contracts, "1.9")], shorting=True)

    venue.advance(FRIDAY_CLOSE)

    closing, leg = account.activities
    assert (closing.kind, closing.quantity, closing.amount) == (kind, -Decimal(contracts), 0)
    assert (leg.kind, leg.instrument, leg.quantity) == (ActivityKind.OPTION_TRADE, KO, shares)
    assert (leg.price, leg.amount, leg.settles_on) == (60, cash, date(2026, 1, 20))
    assert closing.group_id == leg.group_id is not None
    assert [(p.instrument, p.quantity, p.avg_entry_price) for p in account.positions()] == [(KO, shares, 60)]
    assert account.books.cash.traded("USD") == 50_000 + cash
    assert account.books.cash.settled("USD") == 50_000


@pytest.mark.parametrize(
    ("close", "kind"), [("59.99", ActivityKind.ASSIGNMENT), ("60.00", ActivityKind.EXPIRATION)], ids=["cent", "at"]
)
def test_a_cent_in_the_money_is_enough(close: str, kind: ActivityKind) -> None:
    venue = a_venue(ko=steps((LONG_AGO, "62"), (FRIDAY_CLOSE - timedelta(minutes=5), close)))
    account = an_account(venue, held=[(PUT, "-1", "0.85")], shorting=True)

    venue.advance(FRIDAY_CLOSE)

    assert account.activities[0].kind is kind


def test_a_put_assigned_delivers_shares_for_the_strike() -> None:
    venue = a_venue(ko=steps((LONG_AGO, "55")))
    account = an_account(venue, held=[(PUT, "-1", "0.85")], shorting=True)

    venue.advance(FRIDAY_CLOSE)

    assert [(p.instrument, p.quantity) for p in account.positions()] == [(KO, 100)]
    assert account.books.cash.traded("USD") == 10_000 - 6_000


# Interest, and when it all shows


def test_interest_accrues_by_the_day_and_is_posted_at_the_end_of_the_month() -> None:
    venue = a_venue(datetime(2026, 1, 29, 13, tzinfo=UTC))
    account = an_account(venue, cash="360000", credit="0.04")

    venue.advance(datetime(2026, 1, 30, 20, tzinfo=UTC))
    early = account.activities
    venue.advance(datetime(2026, 1, 30, 21, tzinfo=UTC))

    (interest,) = account.activities
    assert early == []
    assert (interest.kind, interest.amount) == (ActivityKind.INTEREST, 160)  # Thursday, and Friday to Monday


def test_what_clearing_does_shows_when_the_broker_publishes_it() -> None:
    venue = a_venue(report_after=timedelta(hours=8))
    account = an_account(venue, held=[(PUT, "-1", "0.85")], shorting=True)

    venue.advance(FRIDAY_CLOSE)
    gone, unseen = account.positions(), account.activities
    venue.advance(FRIDAY_CLOSE + timedelta(hours=8))

    assert gone == ()
    assert unseen == []
    assert [a.kind for a in account.activities] == [ActivityKind.EXPIRATION]


def test_nothing_is_cleared_twice() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(PUT, "-1", "0.85"), (KO, "100", "50")], shorting=True)
    venue.announce(Dividend(KO, THU, THU, Decimal("0.5")))

    for _ in range(3):
        venue.advance(max(venue.clock.now, FRIDAY_CLOSE))
    venue.advance(TUESDAY_CLOSE)

    assert [a.kind for a in account.activities] == [ActivityKind.DIVIDEND, ActivityKind.EXPIRATION]


def test_a_half_day_is_cleared_at_its_early_close() -> None:
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    venue = a_venue(friday)
    account = an_account(venue)
    account.submit(an_order(limit="50.00"))

    venue.advance(datetime(2026, 11, 27, 18, tzinfo=UTC))

    assert account.orders()[0].state is OrderState.EXPIRED
    assert account.orders()[0].updated_at == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_a_transfer_is_an_activity_and_cash_at_once() -> None:
    venue = a_venue(WEDNESDAY)
    account = an_account(venue)

    account.deposit(Decimal(500))
    account.deposit(Decimal("-200.50"))

    assert [(a.kind, a.amount, a.venue_kind) for a in account.activities] == [
        (ActivityKind.TRANSFER, 500, "CSD"),
        (ActivityKind.TRANSFER, Decimal("-200.50"), "CSW"),
    ]
    assert account.books.cash.settled("USD") == Decimal("10299.50")
