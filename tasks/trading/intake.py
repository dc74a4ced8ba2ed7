"""Taking pending signals: each becomes one intent at one account, or is refused with a reason that people can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.log import run_logger
from tasks.stores import Stores
from tasks.trading.context import read_context, with_instruments
from tasks.trading.venues import Venues
from tieout.decide import Refused, decide
from tieout.errors import BrokerError
from tieout.instruments import Instrument
from tieout.placement import Event, Placement
from tieout.risk.types import RiskContext
from tieout.signals.types import Signal, SignalState
from tieout.window_plan import WindowRun
from tieout.windows import Window

if TYPE_CHECKING:
    from sqlalchemy import Connection


def take_signals(stores: Stores, venues: Venues, work: WindowRun) -> int:
    """Decide on every pending signal that is for this account and window. How many there were.

    A signal is taken in the transaction that writes its intent, so of two runs only one has it, and a crash leaves it
    either pending or decided.
    """
    pending = _pending(stores, work)
    if not pending:
        return 0
    try:
        context = _context(stores, venues, work, [one.instrument for one in pending])
    except BrokerError as error:
        run_logger().error("%d signals wait: the account could not be read: %s", len(pending), error)
        return 0
    for signal in pending:
        _decide(stores, work, signal, context)
    return len(pending)


def _pending(stores: Stores, work: WindowRun) -> list[Signal]:
    from sql.signals import expire_signals, read_pending

    with stores.journal.read() as journal:
        found = read_pending(journal, now())
    mine = [one for one in found if _is_for(stores, one, work)]
    if not found:
        with stores.journal.write() as journal:
            expire_signals(journal, now())
    return mine


def _is_for(stores: Stores, signal: Signal, work: WindowRun) -> bool:
    """A signal that names no account is for the only enabled one; where there are several, it must name one."""
    if signal.window not in (None, work.window):
        return False
    if signal.account_id is not None:
        return signal.account_id == work.account_id
    enabled = [name for name, account in stores.settings.accounts.items() if account.enabled]
    return enabled == [work.account_id]


def _context(stores: Stores, venues: Venues, work: WindowRun, instruments: list[Instrument]) -> RiskContext:
    venue, account = venues(work.account_id), stores.settings.accounts[work.account_id]
    context = read_context(venue.broker, account, work.business_date, venue.sessions, now())
    wanted = {one.symbol: one for one in instruments}
    return with_instruments(context, venue.broker, wanted.values())


def _decide(stores: Stores, work: WindowRun, signal: Signal, context: RiskContext) -> None:
    settings = stores.settings
    account, moment = settings.accounts[work.account_id], now()
    window = _window(stores, work)
    routes = account.routes.get(signal.instrument.asset_class, ())
    decided = decide(signal, work.account_id, window, work, context, routes, moment)
    if work.dry_run:
        run_logger().info("dry run: %s would become %s", signal.signal_id, _words(decided))
        return
    with stores.journal.write() as journal:
        _write(journal, signal, decided)
    run_logger().info("signal %s of %s: %s", signal.signal_id, signal.strategy, _words(decided))


def _write(journal: Connection, signal: Signal, decided: Placement | Refused) -> None:
    from sql.placements import append_intent
    from sql.signals import set_state

    moment = now()
    if isinstance(decided, Refused):
        set_state(journal, signal.signal_id, SignalState.REFUSED, moment, reason=decided.words)
    elif set_state(journal, signal.signal_id, SignalState.TAKEN, moment):
        told = Event("planned", f"from signal {signal.signal_id} of {signal.strategy}")
        append_intent(journal, decided, (told,), now=moment)


def _window(stores: Stores, work: WindowRun) -> Window:
    return next(one for one in stores.settings.windows if one.name == work.window)


def _words(decided: Placement | Refused) -> str:
    if isinstance(decided, Refused):
        return f"refused, {decided.words}"
    order = decided.intent.order
    return f"{order.side} {order.quantity} {order.instrument.symbol} {order.order_type}, {order.time_in_force}"
