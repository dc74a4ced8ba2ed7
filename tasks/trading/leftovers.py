"""Seeing to what runs left behind that nobody will go on with: their unknowns are resolved, and what traded is booked.

A window that was killed is resumed by its own next run. Where there is none (its time is over, or nobody starts it),
the account's next window or close does the rest, under that window's own lease, so that a run that lives is never
disturbed. Nothing is sent here: an intent whose window is over has no time left to be sent in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.orders.desk import OrderDesk
from tasks.orders.watch import Watch
from tasks.stores import Stores
from tasks.trading.conclude import close_signals
from tasks.trading.taken_over import free_lease, given_back, patience, renew_lease
from tasks.trading.venues import Venues
from tieout.errors import TieoutError
from tieout.ids import AccountId, IntentId
from tieout.leftovers import LOOK_BACK, Leftover, is_left, is_over, only_to_book
from tieout.placement import CancelFor, Denied, Event, Placement
from tieout.sessions import Sessions
from tieout.window_plan import WindowRun
from tieout.windows import AtEnd, Window

if TYPE_CHECKING:
    from sql.leases import Lease

PATIENCE = timedelta(seconds=30)  # for all that is left of one account; the next run tries again
_LONGEST_NAP_S = 1.0


def settle_leftovers(
    stores: Stores, venues: Venues, account_id: AccountId, *, but: str = "", cancels: bool = False
) -> None:
    """See to the account's orders of other windows. One that cannot be settled holds up nothing: it is told.

    but        lease key of the caller's own window
    cancels    orders that outlived their window are cancelled where that is what their window says
    """
    patient = patience(PATIENCE)
    for left in find_leftovers(stores, account_id, but=but):
        lease = free_lease(stores, left.lease_key)
        if lease is None:
            continue
        try:
            with given_back(stores, lease):
                _settle(stores, venues, left, lease, patient, cancels=cancels)
        except TieoutError as error:
            run_logger().error("orders of window %s of %s: %s", left.window, left.business_date, error)


def find_leftovers(stores: Stores, account_id: AccountId, *, but: str = "") -> tuple[Leftover, ...]:
    """What is left of the account's other windows, by the lease that guards it, the oldest first."""
    from sql.leftovers import read_unsettled, root_of

    account = stores.settings.accounts[account_id]
    routes = {name for names in account.routes.values() for name in names}
    since = now().astimezone(sessions_of(account).zone).date() - LOOK_BACK
    with stores.journal.read() as journal:
        rows = read_unsettled(journal, {account_id, *routes}, since)
        pairs = [(row, root_of(journal, row)) for row in rows]
    mine = [(row, root) for row, root in pairs if root.intent.account_id == account_id and _may_be(stores, row, root)]
    return tuple(one for one in _grouped(root for _, root in mine) if one.lease_key != but)


def _may_be(stores: Stores, row: Placement, root: Placement) -> bool:
    """Of a window that is not over, its own next run decides; only what is merely to be booked need not wait for it."""
    if _is_over(stores, root):
        return not row.ended or row.fills_missing or row.remaining > 0
    return only_to_book(row)


def _is_over(stores: Stores, root: Placement) -> bool:
    intent = root.intent
    sessions = sessions_of(stores.settings.accounts[intent.account_id])
    return is_over(_window(stores, intent.window), intent.business_date, sessions, now())


def _window(stores: Stores, name: str) -> Window | None:
    return next((one for one in stores.settings.windows if one.name == name), None)


def _grouped(roots: Iterable[Placement]) -> Iterable[Leftover]:
    found: dict[str, list[Placement]] = {}
    for root in roots:
        intent = root.intent
        work = WindowRun(intent.account_id, intent.window, intent.business_date, intent.created_at, intent.created_at)
        found.setdefault(work.lease_key, []).append(root)
    for key, family in found.items():
        first = family[0].intent
        ids: tuple[IntentId, ...] = tuple(dict.fromkeys(one.intent.intent_id for one in family))
        yield Leftover(key, first.account_id, first.window, first.business_date, ids)


def _settle(
    stores: Stores, venues: Venues, left: Leftover, lease: Lease, patient: Callable[[], bool], *, cancels: bool
) -> None:
    words = f"window {left.window} of {left.business_date} is over"
    desk = OrderDesk(stores.journal, venues, lambda _row: Denied(words), _tell, now, lease)
    watch = Watch(desk, left.intents)
    watch.begin()
    if cancels and _cancels(stores, left):
        watch.cancel(CancelFor.WITHDRAWN, words)
    due = watch.turn()
    while due is not None and _is_anything_left(stores, venues, left) and patient():
        time.sleep(max(0.0, min((due - now()).total_seconds(), _LONGEST_NAP_S)))
        renew_lease(stores, lease)
        due = watch.turn()
    rows = _family(stores, left)
    close_signals(stores, rows)
    told = ", ".join(f"{row.intent.order.client_order_id} {row.state}" for row in rows)
    run_logger().info("seen to what window %s of %s had left: %s", left.window, left.business_date, told)


def _cancels(stores: Stores, left: Leftover) -> bool:
    """As the run that died would have done at its end. Of a window nobody knows any more nothing is cancelled."""
    window = _window(stores, left.window)
    if window is None or window.at_end is AtEnd.LEAVE:
        return False
    sessions: Sessions = sessions_of(stores.settings.accounts[left.account_id])
    return is_over(window, left.business_date, sessions, now())


def _is_anything_left(stores: Stores, venues: Venues, left: Leftover) -> bool:
    return any(is_left(row, venues(row.intent.account_id).policy) for row in _family(stores, left))


def _family(stores: Stores, left: Leftover) -> list[Placement]:
    from sql.families import read_intents, with_heirs

    with stores.journal.read() as journal:
        return with_heirs(journal, read_intents(journal, left.intents))


def _tell(row: Placement, event: Event) -> None:
    order = row.intent.order
    run_logger().error("%s %s %s: %s", order.side, order.quantity, order.instrument.symbol, event.words)
