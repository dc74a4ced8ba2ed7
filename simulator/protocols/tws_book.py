"""The venue's numbers on simulated orders: order, client and permanent ids, and the text a client put on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.tws_orders import Ticket
from simulator.protocols.tws_rows import wire_account
from tieout.ids import ClientOrderId
from tieout.orders import Order
from tieout.records import Execution

_FIRST_PERM_ID = 1_376_327_000
_AGAIN = "#"  # stands between a reference and the number of its use: this venue takes one twice


class TicketBook:
    """Every order of the accounts behind one login. What was not placed through it counts as placed by hand."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}  # by the simulated venue's order id
        self._uses: Counter[str] = Counter()
        self._next: dict[int, int] = {}
        self.parked: set[str] = set()  # references of orders shown as Inactive

    def key_for(self, reference: str) -> str:
        """A client order id for the simulated account, unique however often the reference was used."""
        used = self._uses[reference]
        self._uses[reference] += 1
        return f"{reference}{_AGAIN}{used}" if used else reference

    def next_id(self, client_id: int) -> int:
        """The least order id the client may use."""
        return self._next.get(client_id, 1)

    def note(self, account: SimulatedAccount, working: WorkingOrder, order_id: int, client_id: int) -> Ticket:
        """Number an order that a client placed."""
        self._next[client_id] = max(self.next_id(client_id), order_id + 1)
        return self._number(account, working, order_id, client_id)

    def taken(self, client_id: int, order_id: int) -> bool:
        """Whether the client used that number, or a higher one, before."""
        return order_id < self.next_id(client_id)

    def of(self, account: SimulatedAccount, working: WorkingOrder) -> Ticket:
        """The ticket of an order; a leg's is that of its combination."""
        whole = working.parent if working.parent is not None and working.parent.order.legs else working
        found = self._tickets.get(whole.broker_order_id) or self._number(account, whole, 0, 0)
        found.parked = found.reference in self.parked and found.working.state.is_live
        return found

    def by_order_id(self, client_id: int, order_id: int) -> Ticket | None:
        """A client's order by the number it gave it."""
        matching = (one for one in self._tickets.values() if (one.client_id, one.order_id) == (client_id, order_id))
        return next(matching, None)

    def shown(self, account: SimulatedAccount) -> Iterator[Ticket]:
        """Every order that lists show now, exits among them, oldest first."""
        for order in account.shown:
            exits = () if order.order.legs else order.children
            yield from (self.of(account, one) for one in (order, *exits))

    def _number(self, account: SimulatedAccount, working: WorkingOrder, order_id: int, client_id: int) -> Ticket:
        reference = working.order.client_order_id.partition(_AGAIN)[0]
        perm_id = _FIRST_PERM_ID + len(self._tickets)
        ticket = Ticket(working, wire_account(account), order_id, client_id, perm_id, reference)
        self._tickets[working.broker_order_id] = ticket
        return ticket


def take(account: SimulatedAccount, order: Order) -> WorkingOrder:
    """Submit to the simulated account, and the order as it works it. Raises a leaf of Rejected."""
    account.submit(order)
    working = account.desk.find(ClientOrderId(order.client_order_id))
    if working is None:
        raise ValueError(f"order {order.client_order_id} was taken and is not there")
    return working


def revisions(account: SimulatedAccount) -> dict[str, tuple[WorkingOrder | None, list[Execution]]]:
    """Every trade that the venue shows now: its order, None for one without, and its revisions so far, oldest first."""
    newest: dict[str, Execution] = {one.execution_id: one for one in account.executions}
    found: dict[str, tuple[WorkingOrder | None, list[Execution]]] = {one: (None, []) for one in newest}
    for update in account.desk.updates:
        trade = update.execution
        if trade is not None and trade.execution_id in found:
            found[trade.execution_id] = (update.working, [*found[trade.execution_id][1], trade])
    return {name: (working, every or [newest[name]]) for name, (working, every) in found.items()}
