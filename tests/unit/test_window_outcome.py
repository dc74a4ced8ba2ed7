"""What a window says of an order that was refused at one account and went on at the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tieout.fill_figures import OrderFigures, window_figures
from tieout.heirs import heir_of
from tieout.ids import AccountId
from tieout.instruments import equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Continue, Placement, Proof, ProofKind
from tieout.window_outcome import WindowState, state_of

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
FIRST, SECOND = AccountId("primary"), AccountId("backup")
PROOF = Proof(ProofKind.REJECTED, NOW, Decimal(0), ("no",))


def a_family(*, heir_state: OrderState) -> tuple[Placement, Placement]:
    """Three units refused at the first account, and the heir that went on with them at the second."""
    key = intent_id(FIRST, "signal", "one")
    order = Order(order_id_of(key), equity("KO"), Side.BUY, Decimal(3), OrderType.MARKET, TimeInForce.DAY)
    intent = Intent(key, FIRST, order, date(2026, 3, 2), NOW, routes=(SECOND,), arrival_price=Decimal(60))
    parent = Placement(intent, OrderState.REJECTED, sends=1, sent_at=NOW, ended_at=NOW, proof=PROOF)
    heir = heir_of(parent, Continue(SECOND, Decimal(3), PROOF), NOW)
    return replace(parent, heir=heir.intent.intent_id), replace(heir, state=heir_state, sends=1, sent_at=NOW)


def figures(executed: int) -> OrderFigures:
    return OrderFigures(Decimal(3), Decimal(executed), Decimal(executed) / 3, None, None, None, None)


def test_a_rest_that_the_next_account_filled_is_done() -> None:
    assert state_of(a_family(heir_state=OrderState.FILLED)) is WindowState.DONE


def test_a_rest_that_nobody_took_is_denied() -> None:
    assert state_of(a_family(heir_state=OrderState.REJECTED)) is WindowState.DENIED


def test_a_rest_of_unknown_fate_is_unknown_whatever_became_of_its_parent() -> None:
    assert state_of(a_family(heir_state=OrderState.UNKNOWN)) is WindowState.UNKNOWN


def test_units_that_an_heir_filled_were_intended_once() -> None:
    family = a_family(heir_state=OrderState.FILLED)
    assert window_figures(family, [figures(0), figures(3)]).fill_rate == 1
