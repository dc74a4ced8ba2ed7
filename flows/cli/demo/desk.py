"""The demo's desk: the accounts it keeps, the book it opens them with, and what it hears of its own trades."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tieout.accounts import Account
from tieout.ids import AccountId
from tieout.money import ZERO, plain
from tieout.orders import OrderReport, OrderState

if TYPE_CHECKING:
    from simulator.scenario import Happened, Opening, Stage
    from sql.journal import Journal

SIGNED_OFF_BY = "demo desk"


@dataclass(frozen=True, slots=True)
class Kept:
    """One account of the demo.

    story      its name in the scenario
    broker     `alpaca` speaks Alpaca's wire format, `paper` the simulator's own
    trouble    what the story has in store for it, for the table
    """

    account_id: AccountId
    story: str
    broker: str
    trouble: str

    @property
    def prefix(self) -> str:
        """Of the environment names that hold its key."""
        return f"DEMO_{self.story.upper()}"


ACCOUNTS = (
    Kept(AccountId("alpaca-clean"), "clean", "alpaca", "nothing: it trades and ties out"),
    Kept(AccountId("alpaca-busy"), "busy", "alpaca", "a fill the desk never heard of; a trade by hand"),
    Kept(AccountId("alpaca-events"), "events", "alpaca", "a 4:1 split and a dividend"),
    Kept(AccountId("paper-settling"), "settling", "paper", "cash counts only once it has settled"),
    Kept(AccountId("alpaca-partial"), "partial", "alpaca", "on the second day the download breaks off"),
    Kept(AccountId("alpaca-options"), "options", "alpaca", "a short put expires on the third day"),
)


def credentials(stage: Stage) -> dict[str, str]:
    """Environment names and dummy keys of every account."""
    found = {}
    for kept in ACCOUNTS:
        account = stage.account(kept.story)
        found[f"{kept.prefix}_API_KEY"] = account.key_id
        found[f"{kept.prefix}_API_SECRET"] = account.secret
    return found


def opening_csv(opening: Opening) -> bytes:
    """What the account held before the first session, in the columns of `tieout import positions`."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("asset_class", "symbol", "side", "quantity", "unit_cost", "currency", "multiplier"))
    for currency, amount in opening.cash.items():
        rows.writerow(("cash", currency, "long", plain(amount), "", currency, ""))
    for instrument, units, paid in opening.positions:
        side = "short" if units < 0 else "long"
        multiplier = plain(instrument.multiplier) if instrument.multiplier != 1 else ""
        rows.writerow(
            (
                instrument.asset_class,
                instrument.symbol,
                side,
                plain(units),
                plain(paid),
                instrument.currency,
                multiplier,
            )
        )
    return out.getvalue().encode()


def open_book(journal_url: str, account: Account, opening: Opening, before: date, now: datetime) -> int:
    """Sign off and book an account's opening positions and cash. How many records are new."""
    from tasks.imports import book_import
    from tieout.imports.csv_table import SourceFile
    from tieout.imports.positions import read_positions
    from tieout.sessions import Sessions

    sessions = Sessions(account.calendar)
    source = SourceFile(f"opening-{account.account_id}.csv", opening_csv(opening))
    batch = read_positions(source, account.account_id, signed_off_by=SIGNED_OFF_BY, as_of=before, sessions=sessions)
    return book_import(journal_url, account, batch, sessions=sessions, now=now, dry_run=False).new


def book_the_day(journal: Journal, stage: Stage, day: date, happened: Iterable[Happened]) -> Mapping[AccountId, int]:
    """Write down what the desk heard: its orders, and the fills it was told of. Fills by account."""
    from sql.orders import record_order_reports
    from sql.records import append_executions, instrument_ids

    told = tuple(happened)
    booked: dict[AccountId, int] = {}
    with journal.write() as connection:
        for kept in ACCOUNTS:
            reports, fills = _heard_orders(stage, kept, told), stage.heard(kept.story, day)
            named = [fill.instrument for fill in fills] + [one.instrument for one in reports if one.instrument]
            ids = instrument_ids(connection, named)
            now = stage.venue.clock.now
            record_order_reports(connection, kept.account_id, reports, ids, now)
            appended = append_executions(
                connection, kept.account_id, fills, sessions=stage.sessions, source="order", now=now
            )
            booked[kept.account_id] = appended.new
    return booked


def _heard_orders(stage: Stage, kept: Kept, happened: Iterable[Happened]) -> list[OrderReport]:
    """The desk's own orders of the day as it last heard of them; trades by hand are not among them."""
    from simulator.events import Trade
    from simulator.scenario import key_of

    latest = {order.client_order_id: order for order in stage.account(kept.story).orders()}
    reports = []
    for one in happened:
        if isinstance(one.event, Trade) and one.event.account == kept.story and isinstance(one.outcome, OrderReport):
            report = latest.get(key_of(one.event), one.outcome)
            reports.append(report if one.event.heard else _unheard(report))
    return reports


def _unheard(report: OrderReport) -> OrderReport:
    """The order was acknowledged, and then nothing more was heard."""
    return replace(
        report, state=OrderState.WORKING, filled_quantity=ZERO, average_fill_price=None, venue_status="accepted"
    )


def money(value: Decimal) -> str:
    """`12,345.60`."""
    return f"{value:,.2f}"
