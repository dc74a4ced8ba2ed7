"""Coins in the book: pairs, fees in coins, coin-margined profit, funding, conversions, and what a bust takes back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ledger.records import What, event, moment, trade
from tieout.coins import CoinBook, CoinRule, holding
from tieout.hedge import Leg, in_leg
from tieout.ids import InstrumentId
from tieout.instruments import Instrument, crypto, perpetual
from tieout.ledger.fold import fold
from tieout.ledger.positions import cash, positions
from tieout.ledger.types import Effect, Folded, JournalRecord, LotMethod
from tieout.records import ActivityKind, Execution

D = Decimal
BTC, ETH, BNB, BTC_EUR, ETH_BTC, USDC = (
    crypto("BTC", "USDT"),
    crypto("ETH", "USDT"),
    crypto("BNB", "USDT"),
    crypto("BTC", "EUR"),
    crypto("ETH", "BTC"),
    crypto("USDC", "USDT"),
)
LINEAR, INVERSE = perpetual("BTC", "USDT", "USDT"), perpetual("BTC", "USD", "BTC")
LONG, SHORT = in_leg(LINEAR, Leg.LONG), in_leg(LINEAR, Leg.SHORT)
ALL = (BTC, ETH, BNB, BTC_EUR, ETH_BTC, USDC, LINEAR, INVERSE, LONG, SHORT)
IDS = {one.symbol: InstrumentId(number) for number, one in enumerate(ALL, 1)}
HELD = {code: IDS[holding(code, "USDT").symbol] for code in ("BTC", "ETH", "BNB")}


def coins(**rates: str) -> CoinBook:
    return CoinBook(CoinRule("USDT", {code: D(rate) for code, rate in rates.items()}), HELD)


def journal(*happenings: What | tuple[str, What], first: int = 1) -> list[JournalRecord]:
    found = []
    for seq, one in enumerate(happenings, first):
        what = one[1] if isinstance(one, tuple) else one
        key = IDS[what.instrument.symbol] if what.instrument else None
        day = (what.executed_at if isinstance(what, Execution) else what.occurred_at).date()
        found.append(JournalRecord(seq, what, key, day, day, isinstance(one, tuple)))
    return found


def booked(*happenings: What | tuple[str, What], method: LotMethod = LotMethod.FIFO, **rates: str) -> Folded:
    return fold(journal(*happenings), (), method, coins=coins(**rates))


def units(result: Folded) -> dict[str, Decimal]:
    names = {key: name for name, key in IDS.items()}
    return {names[key]: one.quantity for key, one in positions(result.entries).items() if one.quantity}


def costs(result: Folded) -> dict[str, Decimal]:
    names = {key: name for name, key in IDS.items()}
    return {names[key]: one.cost_basis for key, one in positions(result.entries).items() if one.cost_basis}


def money(result: Folded) -> dict[str, Decimal]:
    return {currency: one.amount for currency, one in cash(result.entries).items() if one.amount}


def realized(result: Folded) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in result.entries:
        found[entry.currency] = found.get(entry.currency, D(0)) + entry.realized_pnl
    return {currency: amount for currency, amount in found.items() if amount}


def test_whatever_pair_a_coin_was_bought_in_it_is_one_position() -> None:
    result = booked(trade("1", "60000", BTC), trade("1", "55000", BTC_EUR), EUR="1.1")
    assert units(result) == {"BTC/USDT": D(2)}
    assert costs(result) == {"BTC/USDT": D(60_000) + D(55_000) * D("1.1")}
    assert money(result) == {"USDT": D(-60_000), "EUR": D(-55_000)}


def test_without_a_rate_another_currency_is_realised_as_itself_and_never_taken_at_par() -> None:
    result = booked(trade("1", "55000", BTC_EUR), trade("-1", "56000", BTC_EUR))
    assert (costs(result), units(result)) == ({}, {})
    assert realized(result) == {"EUR": D(1000)}


def test_a_coin_paid_with_a_coin_hands_on_its_cost() -> None:
    result = booked(trade("1", "60000", BTC), trade("10", "0.05", ETH_BTC))
    assert units(result) == {"BTC/USDT": D("0.5"), "ETH/USDT": D(10)}
    assert costs(result) == {"BTC/USDT": D(30_000), "ETH/USDT": D(30_000)}
    assert realized(result) == {}


def test_a_coin_sold_for_a_coin_hands_on_its_cost_too() -> None:
    result = booked(trade("10", "3000", ETH), trade("-10", "0.05", ETH_BTC))
    assert (units(result), costs(result)) == ({"BTC/USDT": D("0.5")}, {"BTC/USDT": D(30_000)})


def test_one_currency_for_another_realises_nothing() -> None:
    result = booked(trade("40", "0.999", USDC, fee="0.04", fee_currency="USDC"))
    assert (units(result), money(result)) == ({}, {"USDC": D("39.96"), "USDT": D("-39.96")})
    assert realized(result) == {"USDC": D("-0.04")}


@pytest.mark.parametrize(
    ("fee", "currency", "left", "cost", "spent"),
    [
        ("0.001", "BTC", "0.999", "60000", "-60000"),
        ("60", "USDT", "1", "60060", "-60060"),
    ],
)
def test_a_fee_in_the_coin_leaves_fewer_units_and_one_in_money_costs(
    fee: str, currency: str, left: str, cost: str, spent: str
) -> None:
    result = booked(trade("1", "60000", BTC, fee=fee, fee_currency=currency))
    assert (units(result), costs(result)) == ({"BTC/USDT": D(left)}, {"BTC/USDT": D(cost)})
    assert money(result) == {"USDT": D(spent)}


def test_a_fee_in_a_third_coin_takes_its_units_and_their_cost_is_the_expense() -> None:
    result = booked(trade("2", "600", BNB), trade("1", "60000", BTC, fee="0.1", fee_currency="BNB"))
    assert units(result) == {"BNB/USDT": D("1.9"), "BTC/USDT": D(1)}
    assert (realized(result), costs(result)["BNB/USDT"]) == ({"USDT": D(-60)}, D(1140))
    assert [one.event for one in result.entries if one.quantity == D("-0.1")] == ["fee.coin"]


def test_a_fee_that_eats_the_whole_purchase_leaves_dust_below_zero() -> None:
    result = booked(trade("0.001", "60000", BTC, fee="0.002", fee_currency="BTC"))
    assert units(result) == {"BTC/USDT": D("-0.001")}


def test_coin_margined_profit_comes_as_units_of_the_coin_rounded_as_venues_pay() -> None:
    result = booked(trade("6000", "60000", INVERSE), trade("-6000", "70000", INVERSE, day=1))
    gained = D(6000) / 60_000 - D(6000) / 70_000
    assert units(result) == {"BTC/USDT": gained.quantize(D("0.00000001"))}
    assert money(result) == {}


def test_contracts_close_at_the_average_entry_whatever_the_lot_method() -> None:
    result = booked(trade("1", "100", LINEAR), trade("1", "200", LINEAR), trade("-1", "200", LINEAR, day=1))
    assert money(result) == {"USDT": D(50)}


def test_the_legs_of_a_hedge_are_apart() -> None:
    result = booked(trade("2", "100", LONG), trade("-1", "110", SHORT), trade("1", "100", SHORT, day=1))
    assert (units(result), money(result)) == ({LONG.symbol: D(2)}, {"USDT": D(10)})


def test_funding_is_money_or_units_of_the_coin_with_the_sign_it_came_with() -> None:
    result = booked(
        event(ActivityKind.FUNDING, amount="-3", instrument=LINEAR, currency="USDT"),
        event(ActivityKind.FUNDING, amount="0.0002", instrument=INVERSE, currency="BTC"),
    )
    assert (money(result), units(result)) == ({"USDT": D(-3)}, {"BTC/USDT": D("0.0002")})
    assert realized(result) == {"USDT": D(-3)}


def test_funding_paid_in_coin_costs_what_the_coin_cost() -> None:
    result = booked(
        trade("1", "60000", BTC), event(ActivityKind.FUNDING, amount="-0.01", instrument=INVERSE, currency="BTC")
    )
    assert (units(result), realized(result)) == ({"BTC/USDT": D("0.99")}, {"USDT": D(-600)})


@pytest.mark.parametrize("kind", [ActivityKind.LIQUIDATION, ActivityKind.DELEVERAGING])
@pytest.mark.parametrize("amount", ["-5500", "0"])
def test_a_forced_closing_pays_what_is_stated_or_what_its_price_makes(kind: ActivityKind, amount: str) -> None:
    closing = event(kind, "-1", amount, LINEAR, price="54500", currency="USDT")
    result = booked(trade("1", "60000", LINEAR), closing)
    assert (units(result), money(result)) == ({}, {"USDT": D(-5500)})


def test_dust_that_is_converted_hands_its_cost_to_the_coin_that_comes() -> None:
    result = booked(
        trade("0.001", "60000", BTC),
        event(ActivityKind.CONVERSION, "-0.001", instrument=BTC, group="g", currency="USDT"),
        event(ActivityKind.CONVERSION, "0.09", instrument=BNB, group="g", currency="USDT"),
    )
    assert (units(result), costs(result)) == ({"BNB/USDT": D("0.09")}, {"BNB/USDT": D(60)})


def test_a_deposit_of_coins_is_no_profit_and_a_reward_costs_nothing() -> None:
    result = booked(
        event(ActivityKind.TRANSFER, amount="0.5", instrument=None, currency="BTC"),
        event(ActivityKind.REWARD, "0.1", instrument=ETH, currency="USDT"),
    )
    assert (units(result), realized(result)) == ({"BTC/USDT": D("0.5"), "ETH/USDT": D("0.1")}, {})


TRADES = st.tuples(
    st.sampled_from([BTC, ETH, BNB, ETH_BTC, BTC_EUR, USDC, LINEAR, INVERSE, LONG]),
    st.integers(1, 500).map(lambda n: D(n) / 10) | st.integers(-500, -1).map(lambda n: D(n) / 10),
    st.integers(1, 900).map(lambda n: D(n) / 7).map(lambda p: p.quantize(D("0.0001"))),
    st.integers(0, 9).map(lambda n: D(n) / 1000),
    st.sampled_from(["USDT", "EUR", "BTC", "BNB"]),
)


@given(st.lists(TRADES, min_size=1, max_size=12), st.sampled_from(LotMethod))
def test_a_bust_of_everything_leaves_nothing(
    drawn: list[tuple[Instrument, Decimal, Decimal, Decimal, str]], method: LotMethod
) -> None:
    trades: list[What] = [
        trade(quantity, price, one, fee=fee, fee_currency=currency) for one, quantity, price, fee, currency in drawn
    ]
    result = booked(*trades, *(("bust", one) for one in reversed(trades)), method=method, EUR="1.1")
    assert (units(result), money(result)) == ({}, {})
    assert realized(result) == {}
    assert [lot for lot in result.open_lots if lot.quantity] == []


@given(st.lists(TRADES, min_size=1, max_size=12), st.sampled_from(LotMethod))
def test_every_wallet_moves_by_exactly_what_was_traded_paid_and_charged(
    drawn: list[tuple[Instrument, Decimal, Decimal, Decimal, str]], method: LotMethod
) -> None:
    spot = [one for one in drawn if not one[0].is_margined]
    expected: dict[str, Decimal] = {}
    for one, quantity, price, fee, currency in spot:
        for code, amount in ((one.underlying or "", quantity), (one.currency, -quantity * price), (currency, -fee)):
            expected[code] = expected.get(code, D(0)) + amount
    result = booked(*(trade(q, p, one, fee=fee, fee_currency=c) for one, q, p, fee, c in spot), method=method)
    found = money(result) | {name.partition("/")[0]: held for name, held in units(result).items()}
    assert found == {code: amount for code, amount in expected.items() if amount}


@given(st.lists(TRADES, min_size=2, max_size=10), st.integers(1, 9))
def test_folding_in_two_calls_gives_the_same_as_in_one(
    drawn: list[tuple[Instrument, Decimal, Decimal, Decimal, str]], cut: int
) -> None:
    trades = journal(*(trade(q, p, one, fee=fee, fee_currency=c) for one, q, p, fee, c in drawn))
    whole = fold(trades, (), LotMethod.FIFO, coins=coins())
    first = fold(trades[:cut], (), LotMethod.FIFO, coins=coins())
    touched = {lot.instrument_id for lot in first.open_lots}
    second = fold(trades[cut:], first.open_lots, LotMethod.FIFO, coins=coins())
    assert first.entries + second.entries == whole.entries
    assert touched <= {lot.instrument_id for lot in (*first.open_lots, *second.open_lots)}


def test_a_bust_in_a_later_posting_takes_back_every_leg() -> None:
    start = journal(trade("2", "600", BNB), made := trade("1", "60000", BTC, fee="0.1", fee_currency="BNB"))
    first = fold(start, (), LotMethod.FIFO, coins=coins())
    entries = tuple(one for one in first.entries if one.seq == 2)
    changes = tuple(one for one in first.lot_changes if one.seq == 2)
    effect = Effect(entries, changes, 2, (moment(0) + timedelta(0)).date())
    later = journal(("bust", made), first=3)
    second = fold(later, first.open_lots, LotMethod.FIFO, {later[0].key: effect}, coins())
    assert units(Folded(first.entries + second.entries, (), ())) == {"BNB/USDT": D(2)}
    assert [one.event for one in second.entries] == ["reversal", "fee.coin", "reversal"]
