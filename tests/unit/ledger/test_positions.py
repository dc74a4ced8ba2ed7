from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.unit.ledger.records import IDS, KO, PEP, event, folded, trade
from tieout.ledger.positions import BookPosition, cash, positions, realized_pnl
from tieout.ledger.types import OpenLot
from tieout.records import ActivityKind as Kind

D = Decimal
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 1, day) for day in (5, 6, 7))
STORY = folded(
    event(Kind.OPENING, amount="1000", instrument=None),
    trade("10", "20", fee="1", day=1),
    trade("-4", "25", day=2),
    trade("5", "3", PEP, day=2),
)


def test_positions_stand_as_of_a_business_date() -> None:
    assert positions(STORY.entries, MONDAY) == {}
    assert positions(STORY.entries, TUESDAY)[IDS[KO.symbol]].quantity == 10
    assert {key: one.quantity for key, one in positions(STORY.entries).items()} == {
        IDS[KO.symbol]: D(6),
        IDS[PEP.symbol]: D(5),
    }


def test_units_and_money_are_unsettled_until_their_date() -> None:
    ko = positions(STORY.entries, WEDNESDAY)[IDS[KO.symbol]]
    assert (ko.quantity, ko.settled, ko.unsettled) == (D(6), D(10), D(-4))
    usd = cash(STORY.entries, WEDNESDAY)["USD"]
    assert (usd.amount, usd.settled, usd.unsettled) == (D(884), D(799), D(85))
    assert cash(STORY.entries)["USD"].unsettled == 0


def test_cost_is_told_per_unit() -> None:
    ko = positions(STORY.entries)[IDS[KO.symbol]]
    assert (ko.cost_basis, ko.unit_cost) == (D("120.6"), D("20.1"))
    assert BookPosition(IDS[KO.symbol], "USD", D(0), D(0), D(5), D(0)).unit_cost is None


def test_profit_is_told_by_currency_and_by_instrument() -> None:
    assert realized_pnl(STORY.entries) == {"USD": D("19.6")}
    assert realized_pnl(STORY.entries, TUESDAY) == {"USD": D(0)}
    assert positions(STORY.entries)[IDS[KO.symbol]].realized_pnl == D("19.6")
    assert cash(STORY.entries)["USD"].realized_pnl == 0


def test_what_is_flat_is_no_position() -> None:
    assert positions(folded(trade("1", "5"), trade("-1", "6")).entries) == {}


def test_a_lot_tells_its_cost_per_unit() -> None:
    assert [lot.unit_cost for lot in STORY.open_lots] == [D("20.1"), D(3)]
    assert OpenLot("x", IDS[KO.symbol], MONDAY, D(0), D(0)).unit_cost == 0
