from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.unit.options.table import XNYS, ny
from tieout.errors import DataError
from tieout.instruments import equity, option
from tieout.options.deliverable import Deliverable, Part, deliverable_of, standard
from tieout.options.osi import why_no_root
from tieout.options.policy import TABLE, Cut, PolicyRow, cut_offs, earliest_cut
from tieout.options.products import (
    Fixing,
    Settlement,
    Style,
    decided_at,
    expiration_session,
    is_weekly_root,
    last_trading_day,
    product,
    product_of,
    trades_until,
    trading_ends,
    why_inconsistent,
)

STOCK = option("KO    260320P00060000")


@pytest.mark.parametrize(
    ("root", "underlying", "style", "settlement", "fixing"),
    [
        ("SPX", "SPX", Style.EUROPEAN, Settlement.CASH, Fixing.AM),
        ("SPXW", "SPX", Style.EUROPEAN, Settlement.CASH, Fixing.PM),
        ("NDX", "NDX", Style.EUROPEAN, Settlement.CASH, Fixing.AM),
        ("NDXP", "NDX", Style.EUROPEAN, Settlement.CASH, Fixing.PM),
        ("RUT", "RUT", Style.EUROPEAN, Settlement.CASH, Fixing.AM),
        ("RUTW", "RUT", Style.EUROPEAN, Settlement.CASH, Fixing.PM),
        ("VIX", "VIX", Style.EUROPEAN, Settlement.CASH, Fixing.AM),
        ("VIXW", "VIX", Style.EUROPEAN, Settlement.CASH, Fixing.AM),
        ("OEX", "OEX", Style.AMERICAN, Settlement.CASH, Fixing.PM),
        ("SPY", "SPY", Style.AMERICAN, Settlement.PHYSICAL, Fixing.PM),
        ("AAPL1", "AAPL", Style.AMERICAN, Settlement.PHYSICAL, Fixing.PM),
    ],
)
def test_a_root_says_style_settlement_and_fixing(
    root: str, underlying: str, style: Style, settlement: Settlement, fixing: Fixing
) -> None:
    found = product(root)
    assert (found.underlying, found.style, found.settlement, found.fixing) == (underlying, style, settlement, fixing)
    assert found.can_be_early == (style is Style.AMERICAN)


def test_weekly_roots_of_an_index_are_known() -> None:
    assert [root for root in ("SPX", "SPXW", "NDXP", "RUTW", "VIXW", "KO") if is_weekly_root(root)] == [
        "SPXW",
        "NDXP",
        "RUTW",
        "VIXW",
    ]


@pytest.mark.parametrize(
    ("symbol", "expires", "last", "ends", "decided"),
    [
        (
            "KO    260320P00060000",
            date(2026, 3, 20),
            date(2026, 3, 20),
            ny(date(2026, 3, 20), 16),
            ny(date(2026, 3, 20), 16),
        ),
        (
            "SPY   260320P00600000",
            date(2026, 3, 20),
            date(2026, 3, 20),
            ny(date(2026, 3, 20), 16, 15),
            ny(date(2026, 3, 20), 16),
        ),
        (
            "SPX   260320P05000000",
            date(2026, 3, 20),
            date(2026, 3, 19),
            ny(date(2026, 3, 19), 16, 15),
            ny(date(2026, 3, 20), 9, 30),
        ),
        (
            "SPXW  260320P05000000",
            date(2026, 3, 20),
            date(2026, 3, 20),
            ny(date(2026, 3, 20), 16),
            ny(date(2026, 3, 20), 16),
        ),
        (
            "VIX   260318C00020000",
            date(2026, 3, 18),
            date(2026, 3, 17),
            ny(date(2026, 3, 17), 16, 15),
            ny(date(2026, 3, 18), 9, 30),
        ),
        (
            "KO    260619P00060000",
            date(2026, 6, 18),
            date(2026, 6, 18),
            ny(date(2026, 6, 18), 16),
            ny(date(2026, 6, 18), 16),
        ),
        (
            "KO    261127P00060000",
            date(2026, 11, 27),
            date(2026, 11, 27),
            ny(date(2026, 11, 27), 13),
            ny(date(2026, 11, 27), 13),
        ),
        (
            "SPY   261127P00600000",
            date(2026, 11, 27),
            date(2026, 11, 27),
            ny(date(2026, 11, 27), 13, 15),
            ny(date(2026, 11, 27), 13),
        ),
        (
            "SPX   260619P05000000",
            date(2026, 6, 18),
            date(2026, 6, 17),
            ny(date(2026, 6, 17), 16, 15),
            ny(date(2026, 6, 18), 9, 30),
        ),
    ],
)
def test_the_days_and_hours_of_an_expiration(
    symbol: str, expires: date, last: date, ends: object, decided: object
) -> None:
    contract = option(symbol)
    assert (expiration_session(contract, XNYS), last_trading_day(contract, XNYS)) == (expires, last)
    assert (trading_ends(contract, XNYS), decided_at(contract, XNYS)) == (ends, decided)


def test_a_late_product_trades_late_on_other_days_too() -> None:
    weekly = option("SPXW  260320P05000000")
    assert trades_until(weekly, date(2026, 3, 18), XNYS) == ny(date(2026, 3, 18), 16, 15)
    assert trades_until(weekly, date(2026, 3, 20), XNYS) == ny(date(2026, 3, 20), 16)
    assert trades_until(STOCK, date(2026, 3, 18), XNYS) == ny(date(2026, 3, 18), 16)


def test_what_is_no_option_has_no_product() -> None:
    with pytest.raises(DataError, match="no option"):
        product_of(equity("KO"))


def test_fields_that_disagree_with_the_symbol_are_named() -> None:
    from dataclasses import replace

    assert why_inconsistent(STOCK) is None
    assert "strike 61" in str(why_inconsistent(replace(STOCK, strike=Decimal(61))))


@pytest.mark.parametrize(
    ("root", "says"),
    [
        ("", "empty"),
        ("TOOLONG", "room"),
        ("ko", "capitals"),
        ("2SPX", "FLEX"),
        ("K O", "blank"),
        ("K-O", "letter first"),
    ],
)
def test_an_odd_root_is_refused_with_its_reason(root: str, says: str) -> None:
    assert says in str(why_no_root(root))


def test_a_deliverable_is_read_from_the_venue_and_never_assumed_for_an_adjusted_contract() -> None:
    adjusted = option("KO1   260320P00060000", multiplier=Decimal(100), underlying="KO")
    assert deliverable_of(STOCK) == standard(STOCK) == Deliverable((Part("KO", Decimal(100)),))
    assert deliverable_of(adjusted, ["50 KO", "12.5 USD"]) == Deliverable((Part("KO", Decimal(50)),), Decimal("12.5"))
    for stated in ((), ("x KO",), ("0 KO",), ("100 ",)):
        with pytest.raises(DataError):
            deliverable_of(adjusted, stated)


def test_alpacas_hours_come_in_their_order_and_move_with_a_half_day() -> None:
    day = date(2026, 3, 20)
    hours = [(one.cut, one.at) for one in cut_offs(STOCK, "alpaca", XNYS)]
    assert hours == [
        (Cut.LIQUIDATION, ny(day, 15, 15)),
        (Cut.DO_NOT_EXERCISE, ny(day, 16)),
        (Cut.EXERCISE, ny(day, 16)),
        (Cut.AUTOMATIC_EXERCISE, ny(day, 18)),
    ]
    half = option("KO    261127P00060000")
    assert earliest_cut(half, "alpaca", XNYS).at == ny(date(2026, 11, 27), 12, 15)


def test_a_broker_without_rows_has_the_rule_for_all_and_the_end_of_trading() -> None:
    hours = {one.cut: one.at for one in cut_offs(option("KO    261127P00060000"), "other", XNYS)}
    assert hours == dict.fromkeys((Cut.DO_NOT_EXERCISE, Cut.EXERCISE), ny(date(2026, 11, 27), 14, 30))
    assert earliest_cut(STOCK, "other", XNYS).at == ny(date(2026, 3, 20), 16)


def test_a_cash_settlement_takes_no_instruction_and_an_am_one_no_hour_after_its_last_day() -> None:
    cuts = cut_offs(option("SPX   260320P05000000"), "alpaca", XNYS)
    assert {one.cut for one in cuts} == {Cut.LIQUIDATION, Cut.AUTOMATIC_EXERCISE}
    assert max(one.at for one in cuts) == ny(date(2026, 3, 19), 16, 15)


def test_the_row_that_held_on_the_day_counts() -> None:
    newer = PolicyRow("alpaca", Cut.LIQUIDATION, date(2026, 4, 1), -timedelta(hours=1), "a newer page")
    before, after = (
        earliest_cut(option(f"KO    26{day}P00060000"), "alpaca", XNYS, (newer, *TABLE)).at for day in ("0320", "0417")
    )
    assert (before, after) == (ny(date(2026, 3, 20), 15, 15), ny(date(2026, 4, 17), 15))
