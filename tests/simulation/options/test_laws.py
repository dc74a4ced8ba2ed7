"""Laws of the evening: what one account gives another gets, and nothing is made on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.account import SimulatedAccount
from simulator.assignment import STRANGERS, assign
from simulator.contracts import standard_terms
from simulator.delivery import When, delivered
from simulator.exercise import Choice, Instruction, exercised
from simulator.option_night import OptionNight
from simulator.policy import ALPACA, AT_THE_CLOSE, OptionPolicy
from simulator.venue import SimulatedVenue
from tests.simulation.options.evening import (
    ADJUSTED,
    CALL,
    FRI,
    KO,
    LOWER_PUT,
    NEXT_WED,
    PUT,
    SPUN,
    TERMS,
    WED,
    WEEKLY,
    an_evening,
    holding,
    new_york,
    units,
)
from tests.simulation.world import NYSE
from tieout.instruments import Instrument
from tieout.records import ActivityKind

SERIES = (PUT, CALL, LOWER_PUT, WEEKLY, ADJUSTED)
LAW = settings(max_examples=40, deadline=None)
counts = st.integers(1, 60).map(Decimal)
instructions = st.none() | st.builds(Instruction, st.sampled_from(Choice), st.just(FRI), st.none() | counts)
prices = st.decimals("40", "70", places=2).map(str)


# The draw


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 60), min_size=1), st.data(), st.integers(0, 99))
def test_as_many_contracts_are_assigned_as_were_exercised(
    shorts: dict[str, int], data: st.DataObject, seed: int
) -> None:
    count = data.draw(st.integers(0, sum(shorts.values())))

    found = assign(count, shorts, Random(seed))

    assert sum(found.values()) == count
    assert all(0 < units <= shorts[holder] for holder, units in found.items())
    assert found == assign(count, shorts, Random(seed))


def test_a_series_that_does_not_balance_is_refused() -> None:
    with pytest.raises(ValueError, match="3 contracts exercised and 2 short"):
        assign(3, {"a": 2}, Random(0))


def test_each_short_contract_has_the_same_chance() -> None:
    """10 of 100 contracts exercised, 20 of the 100 ours: two are assigned to us on the average."""
    drawn = Counter(assign(10, {"us": 20, STRANGERS: 80}, Random(seed)).get("us", 0) for seed in range(2_000))

    mean = sum(count * times for count, times in drawn.items()) / 2_000
    assert 1.9 < mean < 2.1
    assert set(drawn) >= {0, 1, 2, 3, 4, 5}


# Exercise


@given(
    st.integers(0, 50).map(Decimal),
    st.none()
    | st.builds(Instruction, st.sampled_from(Choice), st.just(FRI), st.none() | st.integers(1, 60).map(Decimal)),
    st.booleans(),
    st.booleans(),
)
def test_no_more_is_exercised_than_is_held(
    held: Decimal, told: Instruction | None, expiring: bool, in_the_money: bool
) -> None:
    count = exercised(held, told, expiring=expiring, in_the_money=in_the_money)

    assert 0 <= count <= held
    if told is None:
        assert count == (held if expiring and in_the_money else 0)
    elif told.contracts is None:
        assert count == (held if told.choice is Choice.EXERCISE else 0)


# Delivery


@given(st.integers(1, 40).map(Decimal), prices, st.sampled_from(SERIES), st.decimals("6000", "8000", places=2))
def test_holder_and_writer_get_the_same_with_opposite_signs(
    contracts: Decimal, ko: str, series: Instrument, index: Decimal
) -> None:
    terms = TERMS if series == ADJUSTED else standard_terms(series)
    at = {"KO": Decimal(ko), "SPUN": Decimal(20), "SPX": index}
    worth = terms.worth(lambda one: at[one.symbol])
    when = When(FRI, new_york(FRI, "00:00"), NYSE)

    long, short = (delivered(terms, sign * contracts, when, "g", worth) for sign in (1, -1))

    assert [(-a.quantity, -a.amount) for a in long] == [(b.quantity, b.amount) for b in short]
    gained = sum((a.amount for a in long), Decimal(0))
    gained += sum((a.quantity * at[a.instrument.symbol] for a in long[1:] if a.quantity and a.instrument), Decimal(0))
    assert gained == terms.gain(worth) * contracts


# A closed world: every contract that one account is short, another is long, and strangers hold none


def closed_world(
    seed: int, ko: str, shares: Sequence[int], policy: OptionPolicy
) -> tuple[SimulatedVenue, list[SimulatedAccount]]:
    venue = an_evening(ko, policy=policy, at=new_york(FRI, "15:30"), seed=seed)
    venue.options = OptionNight(
        venue.market, NYSE, policy, venue.accounts.values, lambda *_: Decimal(0), seed=seed, strangers=0
    )
    draw = Random(seed)
    held: list[dict[Instrument, int]] = [defaultdict(int) for _ in shares]
    for series in SERIES:
        for _ in range(draw.randint(0, 6)):
            long, short = draw.sample(range(len(shares)), 2)
            held[long][series] += 1
            held[short][series] -= 1
    accounts = []
    for number, count in enumerate(shares, start=1):
        mine = [(KO, str(count))] if count else []
        mine += [(series, str(units)) for series, units in held[number - 1].items() if units]
        accounts.append(holding(venue, *mine, cash="1000000", number=number, leverage="40"))
    return venue, accounts


worlds = st.tuples(
    st.integers(0, 10_000),
    prices,
    st.lists(st.integers(0, 900), min_size=2, max_size=4),
    st.sampled_from([ALPACA, AT_THE_CLOSE]),
)


@given(worlds)
@LAW
def test_cash_and_shares_only_change_hands(world: tuple[int, str, list[int], OptionPolicy]) -> None:
    venue, accounts = closed_world(*world)
    cash, shares = total_cash(accounts), total(accounts, KO)

    venue.advance(new_york(NEXT_WED, "04:20"))

    assert total_cash(accounts) == cash
    assert total(accounts, KO) == shares
    assert total(accounts, SPUN) == 0
    assert all(set(units(account)) <= {"KO", "SPUN"} for account in accounts)


@given(worlds)
@LAW
def test_every_account_is_richer_or_poorer_by_the_intrinsic_value_of_what_was_exercised(
    world: tuple[int, str, list[int], OptionPolicy],
) -> None:
    venue, accounts = closed_world(*world)
    before = {account.account_number: worth(venue, account) for account in accounts}

    venue.advance(new_york(NEXT_WED, "04:20"))

    gains = defaultdict[str, Decimal](Decimal)
    for decided in venue.options.decided:
        terms = venue.market.terms(decided.symbol)
        gain = terms.gain(venue.market.official_worth(terms, FRI))
        for number, count in decided.exercised.items():
            gains[number] += gain * count
        for number, count in decided.assigned.items():
            gains[number] -= gain * count
    for account in accounts:
        assert worth(venue, account) == before[account.account_number] + gains[account.account_number]


@given(worlds)
@settings(max_examples=10, deadline=None)
def test_the_same_seed_assigns_the_same_accounts(world: tuple[int, str, list[int], OptionPolicy]) -> None:
    one, other = (closed_world(*world) for _ in range(2))

    for venue, _ in (one, other):
        venue.advance(new_york(NEXT_WED, "04:20"))

    assert one[0].options.decided == other[0].options.decided
    assert [account.activities for account in one[1]] == [account.activities for account in other[1]]


@given(st.integers(0, 500), prices, st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_with_strangers_the_series_balances_and_every_contract_has_one_end(
    seed: int, ko: str, longs: int, shorts: int
) -> None:
    venue = an_evening(ko, at=new_york(WED, "10:00"), seed=seed)
    one = holding(venue, (CALL, str(longs)), (PUT, str(-shorts)), cash="1000000", leverage="9")
    two = holding(venue, (PUT, str(longs)), (KO, "900"), (CALL, str(-shorts)), cash="1000000", leverage="9", number=2)

    venue.advance(new_york(NEXT_WED, "04:20"))

    for decided in venue.options.decided:
        assert sum(decided.exercised.values()) == sum(decided.assigned.values())
    for account in (one, two):
        ended = Counter[str]()
        for activity in account.activities:
            if activity.kind is not ActivityKind.OPTION_TRADE and activity.instrument in (CALL, PUT):
                ended[activity.instrument.symbol] += int(activity.quantity)
        traded = {e.instrument.symbol: int(e.signed_quantity) for e in account.executions}
        start = (
            {CALL.symbol: longs, PUT.symbol: -shorts} if account is one else {PUT.symbol: longs, CALL.symbol: -shorts}
        )
        assert all(start[name] + ended[name] + traded.get(name, 0) == 0 for name in start)


def total_cash(accounts: Sequence[SimulatedAccount]) -> Decimal:
    return sum((account.books.cash.traded("USD") for account in accounts), Decimal(0))


def total(accounts: Sequence[SimulatedAccount], instrument: Instrument) -> Decimal:
    return sum((account.books.units(instrument) for account in accounts), Decimal(0))


def worth(venue: SimulatedVenue, account: SimulatedAccount) -> Decimal:
    """Cash and shares at Friday's close, options left out."""
    shares = [one for one in account.holdings.values() if one.instrument in (KO, SPUN)]
    at = {one.symbol: venue.market.price(one, new_york(FRI, "16:00")).price for one in (KO, SPUN)}
    value = sum((one.quantity * at[one.instrument.symbol] for one in shares), Decimal(0))
    return account.books.cash.traded("USD") + value
