"""Busts and corrections: what was booked is taken back to the last digit, whatever happened since."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.ledger.records import (
    BTC,
    ES,
    KO,
    PEP,
    What,
    carried,
    cost,
    event,
    folded,
    held,
    journal,
    lots,
    money,
    profit,
    trade,
)
from tieout.errors import StoreError
from tieout.ledger.fold import fold
from tieout.ledger.types import Effect, Folded, JournalRecord, LotMethod
from tieout.records import ActivityKind as Kind
from tieout.records import Execution

D = Decimal


def busted(one: What) -> tuple[str, What]:
    return "bust", one


def corrected(one: Execution, **changed: Decimal) -> Execution:
    return replace(one, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one",
    [
        trade("100", "10", fee="1", name="x"),
        trade("-100", "10", fee="1", name="x"),
        trade("1", "10", BTC, fee="0.01", fee_currency="BTC", name="x"),
        trade("0.01", "10", BTC, fee="0.01", fee_currency="BTC", name="x"),
        trade("1", "10", BTC, fee="0.01", fee_currency="BNB", name="x"),
        trade("2", "5000", ES, fee="4", name="x"),
        event(Kind.DIVIDEND, amount="7", name="x"),
        event(Kind.TRANSFER, "5", price="3", name="x"),
        event(Kind.SPLIT, "30", ratio="4", name="x"),
    ],
)
@pytest.mark.parametrize("method", list(LotMethod))
def test_a_bust_leaves_the_book_as_it_was(one: What, method: LotMethod) -> None:
    before = (trade("10", "9"), trade("10", "11", day=1), trade("3", "4000", ES), trade("2", "8", BTC))
    without, with_bust = folded(*before, method=method), folded(*before, one, busted(one), method=method)
    assert with_bust.open_lots == without.open_lots
    for currency in ("USD", "BNB"):
        assert money(with_bust, currency) == money(without, currency)
        assert profit(with_bust, currency) == profit(without, currency)


def test_a_busted_sale_brings_back_the_very_lots_it_closed() -> None:
    sale = trade("-15", "20", name="sale", day=2)
    book = folded(trade("10", "9"), trade("10", "11", day=1), sale, busted(sale))
    assert lots(book) == [(D(10), D(90)), (D(10), D(110))]
    assert profit(book) == D(0)
    assert [entry.event for entry in book.entries[-2:]] == ["reversal", "reversal"]


def test_the_fee_of_a_busted_trade_comes_back_as_a_fee() -> None:
    one = trade("1", "10", fee="2", name="x")
    legs = [(leg.event, leg.quantity) for leg in folded(one, busted(one)).entries if leg.instrument_id is None]
    assert legs == [("trade", D(-10)), ("fee", D(-2)), ("reversal", D(10)), ("fee", D(2))]


def test_a_purchase_busted_after_it_was_sold_leaves_a_short() -> None:
    bought = trade("10", "9", name="b")
    book = folded(bought, trade("-10", "12"), busted(bought))
    assert (lots(book), money(book), profit(book)) == ([(D(-10), D(-90))], D(120), D(30))


def test_lots_that_face_each_other_after_a_bust_close_each_other() -> None:
    bought = trade("100", "10", name="b")
    book = folded(bought, trade("50", "20"), trade("-100", "12"), busted(bought))
    assert lots(book) == [(D(-50), D(-500))]
    assert profit(book) == D(-300)  # 200 on the sale, less 500 on 50 units bought at 20 and sold at 10
    assert money(book) + cost(book) == profit(book)


def test_cost_left_without_units_after_a_bust_is_realised() -> None:
    bought = trade("100", "10", name="b")
    book = folded(bought, trade("100", "20"), trade("-100", "15"), busted(bought), method=LotMethod.AVERAGE)
    assert (book.open_lots, held(book), cost(book), money(book)) == ((), D(0), D(0), D(-500))
    assert profit(book) == D(-500)


def test_the_profit_of_futures_that_face_each_other_is_paid() -> None:
    bought = trade("1", "5000", ES, name="b")
    book = folded(bought, trade("1", "5010", ES), trade("-1", "5020", ES), busted(bought))
    assert (held(book, ES), money(book), profit(book)) == (D(0), D(500), D(500))


def test_a_corrected_lot_keeps_its_date_and_its_place() -> None:
    first, right = trade("10", "9", name="x"), trade("10", "8", name="x", day=5)
    book = folded(first, trade("10", "11", day=1), busted(first), right, trade("-10", "20", day=6))
    assert profit(book) == D(120)
    assert lots(book) == [(D(10), D(110))]


def test_a_correction_of_a_sold_lot_corrects_the_profit_of_its_sale_alone() -> None:
    first = trade("100", "10", name="x")
    book = folded(
        first,
        trade("100", "20", day=1),
        trade("-100", "12", day=2),
        busted(first),
        trade("100", "11", name="x", day=3),
    )
    assert (profit(book), lots(book)) == (D(100), [(D(100), D(2000))])


def test_a_correction_to_fewer_units_than_were_sold_takes_the_rest_from_the_next_lot() -> None:
    first = trade("100", "10", name="x")
    book = folded(first, trade("100", "20"), trade("-100", "12"), busted(first), trade("40", "10", name="x"))
    assert held(book) == D(40)
    assert len(lots(book)) == 1
    assert money(book) + cost(book) == profit(book)


def test_a_correction_can_itself_be_corrected_and_busted() -> None:
    one, two, three = (trade("10", price, name="x") for price in ("9", "8", "7"))
    again = folded(one, busted(one), two, busted(two), three)
    assert lots(again) == [(D(10), D(70))]
    gone = folded(one, busted(one), two, busted(two))
    assert (gone.open_lots, money(gone), profit(gone)) == ((), D(0), D(0))


def test_a_merger_that_was_busted_restores_what_it_replaced() -> None:
    out = event(Kind.MERGER, "-10", group="g", name="out")
    into = event(Kind.MERGER, "5", instrument=PEP, group="g", name="in")
    book = folded(trade("10", "40"), out, into, busted(out), busted(into))
    assert (lots(book), lots(book, PEP), profit(book)) == ([(D(10), D(400))], [], D(0))


def test_a_correction_of_a_merger_leg_is_settled_too() -> None:
    out = event(Kind.MERGER, "-10", group="g", name="out")
    into = event(Kind.MERGER, "5", instrument=PEP, group="g", name="in")
    right = event(Kind.MERGER, "4", instrument=PEP, group="g", name="in")
    book = folded(trade("10", "40"), out, into, busted(into), right)
    assert (lots(book, PEP), held(book), profit(book)) == ([(D(4), D(400))], D(0), D(0))


def test_a_corrected_leg_that_hands_over_other_units_realises_the_difference() -> None:
    out = event(Kind.MERGER, "-10", group="g", name="out")
    into = event(Kind.MERGER, "5", instrument=PEP, group="g", name="in")
    right = event(Kind.MERGER, "-9", "3", group="g", name="out")
    book = folded(trade("10", "40"), out, into, busted(out), right)
    assert (lots(book), lots(book, PEP), profit(book)) == ([(D(1), D(40))], [(D(5), D(400))], D(43))
    assert money(book) + cost(book) + cost(book, PEP) == profit(book)


def test_a_corrected_leg_that_stood_alone_stands_alone_again() -> None:
    out, right = event(Kind.MERGER, "-10", "500", name="out"), event(Kind.MERGER, "-10", "450", name="out")
    assert profit(folded(trade("10", "40"), out, busted(out), right)) == D(50)


def test_an_earlier_booking_is_taken_back_by_its_recorded_effect() -> None:
    bought = (trade("10", "9"), trade("10", "11", day=1))
    sale = trade("-15", "20", fee="1", name="sale", day=2)
    first = folded(*bought, sale)
    later = journal(busted(sale), first=4)
    effect = effect_of(first, later[0])
    second = fold(later, first.open_lots, LotMethod.FIFO, {later[0].key: effect})
    at_once = folded(*bought, sale, busted(sale))
    assert first.entries + second.entries == at_once.entries
    assert tuple(carried(first.open_lots, second)) == at_once.open_lots


def effect_of(result: Folded, record: JournalRecord) -> Effect:
    """The recorded effect of the booking that a reversal takes back, as a store would find it."""
    entries = tuple(leg for leg in result.entries if (leg.record_kind, leg.record_id) == record.key)
    seq, day = entries[0].seq, entries[0].business_date
    return Effect(entries, tuple(one for one in result.lot_changes if one.seq == seq), seq, day)


def test_taking_back_what_was_never_booked_is_refused() -> None:
    with pytest.raises(StoreError, match="takes back execution e1, which was never booked"):
        folded(busted(trade("1", "1", name="e1")))


def test_taking_back_what_moved_nothing_moves_nothing() -> None:
    note = event(Kind.OTHER, name="note")
    assert folded(note, busted(note)).entries == ()
    assert folded(busted(event(Kind.OTHER, instrument=None))).entries == ()


def test_a_bust_of_cash_alone_settles_no_lots() -> None:
    paid = event(Kind.INTEREST, amount="5", instrument=None, name="i")
    assert money(folded(trade("1", "1", KO), paid, busted(paid))) == D(-1)
