"""A dry run of a window: what it would do with the signals that wait. Nothing is written, sent or taken over."""

from __future__ import annotations

from tasks.log import run_logger
from tasks.stores import Stores
from tasks.trading.admit import Admission, Word
from tasks.trading.intake import decide_pending, in_words
from tasks.trading.venues import Venues
from tieout.placement import Approved, Denied, Placement
from tieout.window_plan import WindowRun


def foretell(stores: Stores, venues: Venues, work: WindowRun, admit: Admission) -> tuple[str, ...]:
    """One line per pending signal: the order it would become, and what risk would say of it beside the others.

    Orders that an earlier run left open are not looked at: to follow them is to act on them.

    raises    BrokerError where the account could not be read
    """
    decided = decide_pending(stores, venues, work)
    if decided is None:
        return ()
    planned = [what for _, what in decided.each if isinstance(what, Placement)]
    words = {one.row.intent.intent_id: _said(one) for one in admit.words(planned, decided.context)}
    lines = []
    for signal, what in decided.each:
        risk = f": {words[what.intent.intent_id]}" if isinstance(what, Placement) else ""
        lines.append(f"{signal.signal_id} of {signal.strategy} would become {in_words(what)}{risk}")
        run_logger().info("dry run: %s", lines[-1])
    return tuple(lines)


def _said(word: Word) -> str:
    if isinstance(word.said, Denied):
        return f"denied, {word.said.words}"
    return "would be sent" if isinstance(word.said, Approved) else f"would wait for a person, {word.need}"
