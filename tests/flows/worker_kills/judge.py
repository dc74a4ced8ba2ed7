"""What must hold when all is over: venues, journal and book tell one story, each intent once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contract.world import MONDAY_CLOSE
from tests.flows.conftest import OPENING, FlowDesk
from tests.flows.worker_kills.venues import Venue
from tieout.ids import AccountId
from tieout.orders import OrderState
from tieout.placement import Placement, ProofKind

OPENED, DAY = "2026-02-27", date(2026, 3, 2)
_ROUNDS = 3  # complete and empty look-ups that absence needs
_OF_VALUE = frozenset({"cost_basis_mismatch", "stale_price"})
_SENT_AGAIN = {409, 422}  # how the venues answer to an id that they have


def open_books(folder: Path, venues: tuple[Venue, ...]) -> None:
    """Book what the simulated accounts begin with."""
    from typer.testing import CliRunner

    from flows.cli.main import app

    (folder / "opening.csv").write_text(OPENING)
    for venue in venues:
        words = ["import", "positions", "opening.csv", "--as-of", OPENED, "--signed-off-by", "desk"]
        done = CliRunner().invoke(app, [*words, "--account", venue.account])
        assert done.exit_code == 0, done.output


def require_each_once(desk: FlowDesk, venues: tuple[Venue, ...], wished: int) -> int:
    """Venues, journal and book agree. How many intents never reached their venue, each with its proof of absence."""
    assert desk.journal_rows("SELECT signal_id FROM signal WHERE state NOT IN ('done')") == []
    rows = {venue.account: _placements(desk, venue.account) for venue in venues}
    assert sum(len(found) for found in rows.values()) == wished
    for venue in venues:
        _require_same_orders(venue, rows[venue.account])
        _require_same_trades(desk, venue)
        assert not _SENT_AGAIN & set(venue.answers()), "an order that the venue had was sent again"
    for row in [row for found in rows.values() for row in found]:
        _require_evidence(row)
    return sum(row.state is OrderState.REJECTED for found in rows.values() for row in found)


def require_tied_out(desk: FlowDesk, venues: tuple[Venue, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The close of that session proves units, cash and executions of the book against both venues, at full coverage.

    What positions are worth is another matter: these venues reckon an average cost, and their prices stand still.
    """
    for venue in venues:
        venue.world.venue.advance(MONDAY_CLOSE)
    monkeypatch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
    state = desk.close(date=DAY)
    assert state.is_completed(), state.message
    assert str(state.message).endswith("(0 critical); coverage 100%"), state.message
    breaks = desk.journal_rows("SELECT kind, explanation FROM break_case")
    assert [one for one in breaks if one["kind"] not in _OF_VALUE] == []


def _placements(desk: FlowDesk, account: str) -> tuple[Placement, ...]:
    from sql.placements import read_placements

    stores = desk.stores()
    try:
        with stores.journal.read() as journal:
            return read_placements(journal, AccountId(account))
    finally:
        stores.close()


def _require_same_orders(venue: Venue, rows: tuple[Placement, ...]) -> None:
    """The venue's own list holds every intent exactly once, filled; none of those that are proven absent."""
    strange = [
        f"{row.state}: {row.reason}" for row in rows if row.state not in {OrderState.FILLED, OrderState.REJECTED}
    ]
    assert strange == []
    ours = {str(row.intent.order.client_order_id): row for row in rows}
    there = [key for key, row in ours.items() if row.state is OrderState.FILLED]
    listed = venue.world.account.orders()
    assert Counter(str(one.client_order_id) for one in listed) == dict.fromkeys(there, 1)
    for one in listed:
        row = ours[str(one.client_order_id)]
        assert one.filled_quantity == row.intent.order.quantity == row.filled == row.booked


def _require_same_trades(desk: FlowDesk, venue: Venue) -> None:
    found = desk.journal_rows(
        "SELECT account_id, client_order_id, quantity, price FROM execution WHERE source = 'order'"
    )
    mine = [one for one in found if one["account_id"] == venue.account]
    booked = sorted((one["client_order_id"], Decimal(one["quantity"]), Decimal(one["price"])) for one in mine)
    assert booked == sorted(
        (str(one.client_order_id), one.quantity, one.price) for one in venue.world.account.executions
    )


def _require_evidence(row: Placement) -> None:
    """No unknown was closed by silence: the venue has shown the order, or was seen not to have it, often enough."""
    if row.state is OrderState.FILLED:
        assert row.accepted
        assert row.unknown_since is None
        return
    assert row.proof is not None
    assert row.proof.kind is ProofKind.ABSENT
    assert len(row.proof.evidence) >= _ROUNDS
