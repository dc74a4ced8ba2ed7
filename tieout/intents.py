"""Intents: our decisions to trade, each with its own key, stored before anything is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tieout.ids import AccountId, ClientOrderId, IntentId, SignalId, client_order_id, derived_text
from tieout.orders import Order


@dataclass(frozen=True, slots=True)
class Intent:
    """One decision to trade at one account.

    order            what is to be sent; its client order id is the intent's own, the same for every try
    business_date    the session it was decided for
    routes           accounts that go on with what is left, in order, once this one is proven not to
    arrival_price    middle of bid and ask when it was decided, currency per unit; None where there was no quote
    valid_until      UTC; not sent after it
    parent_id        the intent at another account whose rest this one is
    proposer         who or what decided: a strategy, a person, a rule
    window           name of the execution window, empty outside one
    """

    intent_id: IntentId
    account_id: AccountId
    order: Order
    business_date: date
    created_at: datetime
    signal_id: SignalId | None = None
    parent_id: IntentId | None = None
    routes: tuple[AccountId, ...] = ()
    arrival_price: Decimal | None = None
    valid_until: datetime | None = None
    proposer: str = ""
    window: str = ""

    def __post_init__(self) -> None:
        expected = client_order_id(self.intent_id)
        if self.order.client_order_id != expected:
            raise ValueError(f"intent {self.intent_id} sends as {expected}, not as {self.order.client_order_id}")


def intent_id(account_id: AccountId, *parts: object) -> IntentId:
    """The id of the decision that `parts` describe: the same decision taken again is the same intent."""
    return IntentId(derived_text("INT", account_id, *parts, length=20))


def order_id_of(intent: IntentId) -> ClientOrderId:
    """The one client order id of an intent."""
    return client_order_id(intent)
