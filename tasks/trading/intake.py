"""Taking pending signals: each becomes one intent at one account, or is refused with a reason that people can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.log import run_logger
from tasks.stores import Stores
from tasks.trading.context import read_context, with_instruments
from tasks.trading.venues import Venues
from tieout.decide import Refused, decide
from tieout.ids import InstrumentId
from tieout.instruments import Instrument
from tieout.placement import Event, Placement
from tieout.risk.types import RiskContext
from tieout.signals.types import Signal, SignalState
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Decided:
    """What the pending signals of a window would become, and the account as it was read for that."""

    context: RiskContext
    each: tuple[tuple[Signal, Placement | Refused], ...]


def take_signals(stores: Stores, venues: Venues, work: WindowRun) -> Decided | None:
    """Decide on every pending signal that is for this account and window; None where there is none.

    A signal is taken in the transaction that writes its intent, so of two runs only one has it, and a crash leaves it
    either pending or decided.

    raises    BrokerError where the account could not be read: the signals stay pending
    """
    decided = decide_pending(stores, venues, work)
    if decided is None:
        return None
    with stores.journal.write() as journal:
        ids = _instrument_ids(journal, decided.each)
        for signal, what in decided.each:
            _write(journal, signal, what, ids)
    for signal, what in decided.each:
        run_logger().info("signal %s of %s: %s", signal.signal_id, signal.strategy, in_words(what))
    return decided


def decide_pending(stores: Stores, venues: Venues, work: WindowRun) -> Decided | None:
    """The same, and nothing is written.

    raises    BrokerError where the account could not be read
    """
    pending = _pending(stores, work)
    if not pending:
        return None
    account = stores.settings.accounts[work.account_id]
    context = _context(stores, venues, work, [one.instrument for one in pending])
    window = next(one for one in stores.settings.windows if one.name == work.window)

    def what(signal: Signal) -> Placement | Refused:
        routes = account.routes.get(signal.instrument.asset_class, ())
        return decide(signal, work.account_id, window, work, context, routes, now())

    return Decided(context, tuple((signal, what(signal)) for signal in pending))


def in_words(decided: Placement | Refused) -> str:
    """What becomes of a signal, for people."""
    if isinstance(decided, Refused):
        return f"refused, {decided.words}"
    order = decided.intent.order
    return f"{order.side} {order.quantity} {order.instrument.symbol} {order.order_type}, {order.time_in_force}"


def _pending(stores: Stores, work: WindowRun) -> list[Signal]:
    from sql.signals import read_pending

    with stores.journal.read() as journal:
        return [one for one in read_pending(journal, now()) if _is_for(stores, one, work)]


def _is_for(stores: Stores, signal: Signal, work: WindowRun) -> bool:
    """A signal that names no account is for the only enabled one; where there are several, none may be guessed."""
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


def _instrument_ids(
    journal: Connection, decided: Sequence[tuple[Signal, Placement | Refused]]
) -> Mapping[str, InstrumentId]:
    from sql.reference import instrument_ids

    orders = [what.intent.order for _, what in decided if isinstance(what, Placement)]
    named = {one.instrument.symbol: one.instrument for one in orders}
    named |= {leg.instrument.symbol: leg.instrument for one in orders for leg in one.legs}
    return instrument_ids(journal, named.values())


def _write(journal: Connection, signal: Signal, what: Placement | Refused, ids: Mapping[str, InstrumentId]) -> None:
    from sql.placements import append_intent
    from sql.signals import set_state

    moment = now()
    if isinstance(what, Refused):
        set_state(journal, signal.signal_id, SignalState.REFUSED, moment, reason=what.words)
    elif set_state(journal, signal.signal_id, SignalState.TAKEN, moment):
        told = Event("planned", f"from signal {signal.signal_id} of {signal.strategy}")
        append_intent(journal, what, (told,), ids=ids, now=moment)
