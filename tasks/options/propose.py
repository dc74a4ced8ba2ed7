"""Proposals: intents that wait for a person. Nothing here trades; a proposal that nobody approves lapses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from tasks.accounts import open_broker, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.stores import Stores
from tieout.closing import Close
from tieout.errors import BrokerError
from tieout.ids import IntentId
from tieout.instruments import Instrument
from tieout.intents import Intent, intent_id, order_id_of
from tieout.options.account import AccountForecast
from tieout.options.suggest import Action, Suggestion
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Event, Placement
from tieout.recon.types import Severity

if TYPE_CHECKING:
    from brokers.base import Broker

PROPOSER = "options"
_CENT = Decimal("0.01")


def propose(stores: Stores, close: Close, found: AccountForecast, advice: Sequence[Suggestion]) -> tuple[str, ...]:
    """Ask a person about every suggestion that an order would carry out, once. The ids that were put now."""
    contracts = {one.contract.symbol: one for one in found.positions}
    wanted = [one for one in advice if one.action is Action.CLOSE and one.severity is not Severity.INFO]
    if not wanted:
        return ()
    put = []
    with open_broker(stores.settings, stores.settings.accounts[close.account_id]) as broker:
        for one in {suggestion.symbol: suggestion for suggestion in wanted}.values():
            position = contracts[one.symbol or ""]
            side = Side.BUY if position.contracts < 0 else Side.SELL
            if one.contracts is not None:
                put += ask(
                    stores,
                    close,
                    broker,
                    position.contract,
                    side,
                    one.contracts,
                    one.words,
                    one.by,
                    action=one.action.value,
                )
    return tuple(put)


def ask(
    stores: Stores,
    close: Close,
    broker: Broker,
    contract: Instrument,
    side: Side,
    contracts: Decimal,
    words: str,
    until: datetime,
    *,
    action: str,
) -> list[str]:
    """Put one order before a person, at the middle of bid and ask; nothing where it has no price or was put before."""
    price = _middle(broker, contract, side)
    if price is None or until <= now():
        run_logger().warning(
            "%s %s is not proposed: %s", action, contract.symbol, "no price" if price is None else "over"
        )
        return []
    placement = _placement(stores, close, contract, side, contracts, price, until, action)
    return [placement.intent.intent_id] if _append(stores, placement, words, until) else []


def _placement(
    stores: Stores,
    close: Close,
    contract: Instrument,
    side: Side,
    contracts: Decimal,
    price: Decimal,
    until: datetime,
    action: str,
) -> Placement:
    moment = now()
    name: IntentId = intent_id(close.account_id, PROPOSER, action, contract.symbol, close.business_date)
    order = Order(order_id_of(name), contract, side, contracts, OrderType.LIMIT, TimeInForce.DAY, limit_price=price)
    closes = sessions_of(stores.settings.accounts[close.account_id]).closes_at(close.business_date)
    intent = Intent(
        name,
        close.account_id,
        order,
        close.business_date,
        moment,
        arrival_price=price,
        valid_until=min(until, closes),
        proposer=PROPOSER,
        window=stores.settings.options.window,
    )
    return Placement(intent, OrderState.AWAITING_APPROVAL)


def _append(stores: Stores, placement: Placement, words: str, until: datetime) -> bool:
    from sql.approvals import ask as put
    from sql.placements import append_intent

    intent, moment = placement.intent, now()
    order = intent.order
    told = f"{order.side} {order.quantity} {order.instrument.symbol} limit at {order.limit_price}"
    evidence = {
        "why": words,
        "two_persons": False,
        "proposer": intent.proposer,
        "order": f"{told}, {order.time_in_force}",
        "numbers": {},
    }
    with stores.journal.write() as journal:
        if not append_intent(journal, placement, (Event("proposed", words),), now=moment):
            return False
        put(journal, intent.intent_id, evidence, until=until, now=moment)
    return True


def _middle(broker: Broker, contract: Instrument, side: Side) -> Decimal | None:
    """Between bid and ask, to the cent; the one there is where the other is not."""
    try:
        quote = broker.fetch_quote(contract)
    except BrokerError as error:
        run_logger().warning("no price of %s: %s", contract.symbol, error)
        return None
    known = [one for one in (quote.bid, quote.ask) if one]
    if not known:
        return None
    rounded = (sum(known, Decimal(0)) / len(known)).quantize(_CENT, ROUND_HALF_UP)
    return max(rounded, _CENT) if side is Side.BUY else rounded or None
