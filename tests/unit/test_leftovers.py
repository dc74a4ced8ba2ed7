"""Which orders that a run left behind somebody else may see to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.store.orders.samples import POLICY, a_key, a_placement
from tieout.leftovers import is_left, is_over, only_to_book
from tieout.orders import OrderState
from tieout.placement import CancelStep
from tieout.sessions import Sessions
from tieout.windows import USUAL

NYSE, MONDAY, SATURDAY = Sessions("XNYS"), date(2026, 3, 2), date(2026, 2, 28)
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
TEN = Decimal(10)
OPEN_AUCTION, SESSION, CLOSE_AUCTION = USUAL


class TestWhatIsLeft:
    @pytest.mark.parametrize("state", [OrderState.SENDING, OrderState.UNKNOWN, OrderState.APPROVED, OrderState.PLANNED])
    def test_whatever_has_not_ended(self, state: OrderState) -> None:
        assert is_left(a_placement(state=state), POLICY)

    def test_an_order_that_plainly_works_is_no_matter(self) -> None:
        assert not is_left(a_placement(state=OrderState.WORKING, accepted=True), POLICY)

    @pytest.mark.parametrize(
        "more", [{"filled": TEN}, {"cancel": CancelStep.SENT}], ids=["unbooked", "to be cancelled"]
    )
    def test_but_its_trades_and_its_cancel_are(self, more: dict[str, Any]) -> None:
        assert is_left(a_placement(state=OrderState.WORKING, accepted=True, **more), POLICY)

    def test_an_order_that_ended_and_is_booked_is_done(self) -> None:
        row = a_placement(state=OrderState.FILLED, filled=TEN, booked=TEN, ended_at=NOON, counted_at=NOON)
        assert not is_left(row, POLICY)
        assert is_left(replace(row, booked=Decimal(4)), POLICY)

    def test_a_rest_is_confirmed_once_more_when_late_fills_would_show(self) -> None:
        row = a_placement(state=OrderState.CANCELLED, accepted=True, ended_at=NOON, confirmed_at=NOON, counted_at=NOON)
        assert is_left(row, POLICY)
        later = NOON + POLICY.visibility
        assert not is_left(replace(row, confirmed_at=later, counted_at=later), POLICY)


class TestWhatIsOnlyToBeBooked:
    def test_an_order_that_was_filled_and_shows_fewer_trades(self) -> None:
        assert only_to_book(a_placement(state=OrderState.FILLED, filled=TEN, ended_at=NOON))

    def test_not_one_whose_rest_may_go_on(self) -> None:
        row = a_placement(state=OrderState.CANCELLED, filled=Decimal(4), ended_at=NOON)
        assert not only_to_book(row)
        assert not only_to_book(replace(row, filled=TEN, heir=a_key()))

    def test_not_one_that_still_works(self) -> None:
        assert not only_to_book(a_placement(state=OrderState.PARTIALLY_FILLED, filled=Decimal(4)))


class TestWhenAWindowIsOver:
    def test_after_its_end(self) -> None:
        assert is_over(OPEN_AUCTION, MONDAY, NYSE, NOON)
        assert not is_over(SESSION, MONDAY, NYSE, NOON)
        assert is_over(SESSION, MONDAY, NYSE, NOON + timedelta(days=1))

    def test_before_it_began_it_is_not(self) -> None:
        assert not is_over(CLOSE_AUCTION, MONDAY, NYSE, NOON)

    def test_one_that_nobody_knows_any_more_is_over_after_its_session(self) -> None:
        assert not is_over(None, MONDAY, NYSE, NOON)
        assert is_over(None, MONDAY, NYSE, NOON + timedelta(days=1))

    def test_so_is_one_of_a_day_that_was_no_session(self) -> None:
        assert is_over(SESSION, SATURDAY, NYSE, NOON)
