"""Laws of the fold, whatever is traded and under every method."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ledger.records import (
    BTC,
    ES,
    IDS,
    KO,
    PUT,
    What,
    carried,
    event,
    folded,
    held,
    journal,
    money,
    profit,
    trade,
)
from tests.unit.ledger.test_reversals import busted, effect_of
from tieout.ledger.fold import fold
from tieout.ledger.positions import positions
from tieout.ledger.types import Folded, LotMethod
from tieout.money import WIDE, ZERO, plain
from tieout.records import ActivityKind as Kind
from tieout.records import Execution

LAW = settings(max_examples=60, deadline=None)
METHODS = st.sampled_from(LotMethod)
UNITS = st.decimals("0.000000001", "1000", places=9)
PRICES = st.decimals("0.0001", "5000", places=4)
FEES = st.decimals("0", "5", places=4)
EXTERNAL = {"opening", "transfer"}


@st.composite
def trades(draw: st.DrawFn) -> Execution:
    instrument = draw(st.sampled_from([KO, BTC, PUT, ES]))
    sign = draw(st.sampled_from([1, -1]))
    coin = instrument is BTC and draw(st.booleans())
    units = draw(UNITS)
    return trade(
        plain(units * sign),
        plain(draw(PRICES)),
        instrument,
        fee=plain(units / 1000 if coin else draw(FEES)),
        fee_currency="BTC" if coin else draw(st.sampled_from(["USD", "USD", "EUR"])),
        day=draw(st.integers(0, 9)),
    )


@st.composite
def events(draw: st.DrawFn) -> What:
    kind = draw(st.sampled_from([Kind.DIVIDEND, Kind.FEE, Kind.OPENING, Kind.SPLIT, Kind.TRANSFER, Kind.EXPIRATION]))
    units = plain(draw(UNITS) * draw(st.sampled_from([1, -1])))
    if kind in {Kind.DIVIDEND, Kind.FEE}:
        return event(kind, amount=plain(draw(PRICES)))
    if kind is Kind.EXPIRATION:
        return event(kind, units, instrument=PUT)
    return event(kind, units, price=plain(draw(PRICES)))


STORIES = st.lists(trades() | trades() | events(), min_size=1, max_size=25)
TRADING = st.lists(trades(), min_size=1, max_size=25)


@LAW
@given(STORIES, METHODS)
def test_lots_and_their_changes_add_up_to_positions_exactly(story: list[What], method: LotMethod) -> None:
    result = folded(*story, method=method)
    by_lots: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    by_changes: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    with localcontext(WIDE):
        for rows, found in ((result.open_lots, by_lots), (result.lot_changes, by_changes)):
            for row in rows:
                found[row.instrument_id][0] += row.quantity
                found[row.instrument_id][1] += row.cost_basis
    legs = {key: [one.quantity, one.cost_basis] for key, one in positions(result.entries).items()}
    assert {key: value for key, value in by_changes.items() if any(value)} == legs
    assert {key: value for key, value in by_lots.items() if any(value)} == legs


@LAW
@given(STORIES, METHODS)
def test_each_record_changes_lots_by_exactly_what_its_leg_says(story: list[What], method: LotMethod) -> None:
    result = folded(*story, method=method)
    sums: dict[int, Decimal] = defaultdict(Decimal)
    with localcontext(WIDE):
        for change in result.lot_changes:
            sums[change.seq] += change.cost_basis
        for leg in result.entries:
            sums[leg.seq] -= leg.cost_basis
    assert not any(sums.values())


@LAW
@given(STORIES, METHODS)
def test_the_position_is_the_sum_of_what_moved_it(story: list[What], method: LotMethod) -> None:
    result = folded(*story, method=method)
    for instrument in (KO, BTC, PUT, ES):
        moved = ZERO
        for one in story:
            if one.instrument == instrument:
                moved += getattr(one, "signed_quantity", one.quantity)
                moved -= one.fee if instrument is BTC and one.fee_currency == "BTC" else ZERO  # type: ignore[union-attr]
        assert held(result, instrument) == moved


@st.composite
def revised_stories(draw: st.DrawFn) -> list[What | tuple[str, What]]:
    """Stories in which some records are busted later, and some corrected to another quantity and price."""
    happenings: list[What | tuple[str, What]] = list(draw(STORIES))
    for one in draw(st.lists(st.sampled_from(happenings), max_size=4, unique_by=id)):
        assert not isinstance(one, tuple)
        later = draw(st.integers(happenings.index(one) + 1, len(happenings)))
        while later < len(happenings) and isinstance(happenings[later - 1], tuple):
            later += 1  # the halves of another correction are not torn apart
        halves: list[What | tuple[str, What]] = [busted(one)]
        if isinstance(one, Execution) and draw(st.booleans()):
            units = draw(UNITS)
            fee = units / 1000 if one.fee_currency == "BTC" else one.fee
            halves.append(replace(one, quantity=units, price=draw(PRICES), fee=fee))
        happenings[later:later] = halves
    return happenings


@LAW
@given(STORIES | revised_stories(), METHODS)
def test_profit_is_cash_and_cost_on_every_record(story: list[What | tuple[str, What]], method: LotMethod) -> None:
    """Value from outside and margined instruments, whose cost nobody paid, stand apart."""
    gap: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    result = folded(*story, method=method)
    outside = {leg.record_id for leg in result.entries if leg.event in EXTERNAL}
    external = {leg.seq for leg in result.entries if leg.record_id in outside}
    with localcontext(WIDE):
        for leg in result.entries:
            if leg.seq in external:
                continue
            change = leg.quantity if leg.instrument_id is None else leg.cost_basis
            is_notional = leg.instrument_id == IDS[ES.symbol]
            gap[leg.seq, leg.currency] += (ZERO if is_notional else change) - leg.realized_pnl
    assert not any(gap.values())


@LAW
@given(TRADING)
def test_once_flat_every_method_made_the_same_profit(story: list[What]) -> None:
    """And it is the cash that is left."""
    amounts = set()
    for method in LotMethod:
        open_book = folded(*story, method=method)
        closing = [
            trade(plain(-held(open_book, one)), "10", one, day=10) for one in (KO, BTC, PUT, ES) if held(open_book, one)
        ]
        result = folded(*story, *closing, method=method)
        assert result.open_lots == ()
        assert profit(result) == money(result)
        amounts.add((profit(result), profit(result, "EUR")))
    assert len(amounts) == 1


@LAW
@given(STORIES, METHODS, st.data())
def test_folding_in_two_halves_is_folding_at_once(story: list[What], method: LotMethod, data: st.DataObject) -> None:
    records = journal(*story)
    cut = data.draw(st.integers(0, len(records)))
    first = fold(records[:cut], (), method)
    second = fold(records[cut:], first.open_lots, method)
    at_once = fold(records, (), method)
    assert first.entries + second.entries == at_once.entries
    assert first.lot_changes + second.lot_changes == at_once.lot_changes
    key = lambda lot: (lot.instrument_id, lot.lot_id)  # noqa: E731
    assert sorted(carried(first.open_lots, second), key=key) == sorted(at_once.open_lots, key=key)


@LAW
@given(STORIES, trades() | events(), METHODS)
def test_a_bust_undoes_its_record_exactly(story: list[What], one: What, method: LotMethod) -> None:
    without, with_bust = folded(*story, method=method), folded(*story, one, busted(one), method=method)
    assert state(with_bust) == state(without)


@LAW
@given(STORIES, STORIES, trades(), METHODS)
def test_a_late_bust_restores_units_and_cash_and_keeps_the_laws(
    before: list[What], after: list[What], one: Execution, method: LotMethod
) -> None:
    without = folded(*before, *after, method=method)
    with_bust = folded(*before, one, *after, busted(one), method=method)
    for instrument in (KO, BTC, PUT, ES):
        assert held(with_bust, instrument) == held(without, instrument)
    if one.instrument is not ES:
        assert money(with_bust) == money(without)
    for instrument_id in IDS.values():
        signs = {lot.quantity > 0 for lot in with_bust.open_lots if lot.instrument_id == instrument_id}
        assert len(signs) <= 1, "long and short lots never stand side by side"


@LAW
@given(STORIES, trades(), METHODS)
def test_a_bust_in_a_later_posting_is_the_bust_in_the_same_one(story: list[What], one: What, method: LotMethod) -> None:
    records = journal(*story, one, busted(one))
    first = fold(records[:-1], (), method)
    second = fold(records[-1:], first.open_lots, method, {records[-1].key: effect_of(first, records[-1])})
    assert first.entries + second.entries == fold(records, (), method).entries


@LAW
@given(revised_stories(), METHODS)
def test_busts_and_corrections_leave_units_and_cash_of_what_stands(
    story: list[What | tuple[str, What]], method: LotMethod
) -> None:
    gone = {id(one[1]) for one in story if isinstance(one, tuple)}
    standing = [one for one in story if not isinstance(one, tuple) and id(one) not in gone]
    revised, plain_book = folded(*story, method=method), folded(*standing, method=method)
    for instrument in (KO, BTC, PUT, ES):
        assert held(revised, instrument) == held(plain_book, instrument)
    for leg in revised.entries + plain_book.entries:
        assert leg.currency in {"USD", "EUR"}
    assert cash_of_trades(revised) == cash_of_trades(plain_book)


def cash_of_trades(result: Folded) -> Decimal:
    """Money without the profit of futures, which depends on what closed what."""
    futures = {leg.record_id for leg in result.entries if leg.instrument_id == IDS[ES.symbol]}
    cash = [leg for leg in result.entries if leg.instrument_id is None and leg.record_id not in futures]
    with localcontext(WIDE):
        return sum((leg.quantity for leg in cash), ZERO)


@LAW
@given(STORIES, st.sampled_from([2, 3, 4, 7, 20]), METHODS)
def test_a_split_and_its_reverse_change_nothing(story: list[What], ratio: int, method: LotMethod) -> None:
    plain_book = folded(*story, method=method)
    units = held(plain_book) * (ratio - 1)
    if not units:
        return
    there, back = event(Kind.SPLIT, units, ratio=str(ratio)), event(Kind.SPLIT, -units)
    assert state(folded(*story, there, back, method=method)) == state(plain_book)


@LAW
@given(STORIES, METHODS)
def test_the_fold_is_deterministic(story: list[What], method: LotMethod) -> None:
    with localcontext() as context:
        context.prec = 9  # the caller's precision is none of its business
        narrow = folded(*[replace(one) for one in story], method=method)
    assert narrow == folded(*story, method=method)


def state(result: Folded) -> tuple[object, ...]:
    held_lots = [(lot.instrument_id, lot.quantity, lot.cost_basis) for lot in result.open_lots]
    cash = [(money(result, currency), profit(result, currency)) for currency in ("USD", "EUR")]
    return sorted(held_lots), cash
