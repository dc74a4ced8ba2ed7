"""Answers of the TWS face: each a stream of frames that ends with its end marker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.market import Listing
from simulator.prices import constant
from simulator.protocols.tws_book import TicketBook, revisions
from simulator.protocols.tws_orders import commission_frame, completed_order, execution_frames, open_order, order_status
from simulator.protocols.tws_rows import (
    account_values,
    details_frame,
    portfolio_frame,
    position_frame,
    wire_account,
)
from simulator.protocols.tws_wire import NEW_YORK, Frame, con_id, contract11, ib_symbol
from simulator.venue import SimulatedVenue
from tieout.errors import NotTradable
from tieout.instruments import Instrument, equity, option
from tieout.money import plain
from tieout.options.osi import is_osi

Accounts = Sequence[SimulatedAccount]
_BID, _ASK, _LAST, _HIGH, _LOW = "1", "2", "4", "6", "7"
_NOTHING = "-1"  # the price of an empty side
_BENCHMARK = "SPY"


def positions(_: SimulatedVenue, accounts: Accounts, __: Frame) -> Iterator[Frame]:
    """61 … 62: every account's."""
    for account in accounts:
        for position in account.positions():
            yield position_frame(wire_account(account), position)
    yield ["62", "1"]


def portfolio(venue: SimulatedVenue, accounts: Accounts, message: Frame) -> Iterator[Frame]:
    """6, 7 … 8, 54: one account's figures and holdings with their prices."""
    account = next(one for one in accounts if message[3] in ("", wire_account(one)))
    number = wire_account(account)
    for tag, value, currency in account_values(account.balances(), account.base_currency):
        yield ["6", "2", tag, value, currency, number]
    for position in account.positions():
        yield portfolio_frame(number, position)
    yield ["8", "1", f"{venue.clock.now.astimezone(NEW_YORK):%H:%M}"]
    yield ["54", "1", number]


def summary(_: SimulatedVenue, accounts: Accounts, message: Frame) -> Iterator[Frame]:
    """63 … 64: every account's figures, the ledger by currency among them."""
    for account in accounts:
        for tag, value, currency in account_values(account.balances(), account.base_currency):
            yield ["63", "1", message[2], wire_account(account), tag, value, currency]
    yield ["64", "1", message[2]]


def open_orders(book: TicketBook, accounts: Accounts, client_id: int | None) -> Iterator[Frame]:
    """5 and 3 for each live order, then 53."""
    for account in accounts:
        for ticket in book.shown(account):
            if ticket.working.state.is_live and client_id in (None, ticket.client_id):
                yield open_order(ticket)
                yield order_status(ticket)
    yield ["53", "1"]


def completed_orders(book: TicketBook, accounts: Accounts, venue: SimulatedVenue) -> Iterator[Frame]:
    """101 for each order that ended in the present trading day, then 102."""
    today = venue.clock.now.astimezone(NEW_YORK).date()
    for account in accounts:
        for ticket in book.shown(account):
            if not ticket.working.state.is_live and ticket.working.updated_at.astimezone(NEW_YORK).date() == today:
                yield completed_order(ticket)
    yield ["102"]


def executions(
    book: TicketBook, accounts: Accounts, venue: SimulatedVenue, request: str, *, commissions: bool
) -> Iterator[Frame]:
    """11 for each revision of each trade of the present trading day, 59 for what it cost, then 55."""
    today = venue.clock.now.astimezone(NEW_YORK).date()
    for account in accounts:
        for working, every in revisions(account).values():
            if working is None or not every or every[0].executed_at.astimezone(NEW_YORK).date() < today:
                continue
            yield from execution_frames(request, book.of(account, working), every)
            if commissions:
                yield from (commission_frame(one, number) for number, one in enumerate(every, start=1))
    yield ["55", "1", request]


def contracts(venue: SimulatedVenue, _: Accounts, message: Frame) -> Iterator[Frame]:
    """10 for each match and 52, or 4 with 200."""
    found = _matching(venue, message) or _benchmark(venue, message)
    if found is None:
        yield ["4", "2", message[2], "200", "No security definition has been found for the request", ""]
        return
    yield details_frame(message[2], found, venue.clock.now)
    yield ["52", "1", message[2]]


def quotes(venue: SimulatedVenue, _: Accounts, message: Frame) -> Iterator[Frame]:
    """1 for each price, then 57: a snapshot."""
    request = message[2]
    instrument = instrument_of(venue, int(message[3] or 0))
    if instrument is None:
        yield ["4", "2", request, "200", "No security definition has been found for the request", ""]
        return
    quote, day = venue.market.quote(instrument, venue.clock.now), venue.market.day(instrument, venue.clock.now)
    yield ["1", "6", request, _BID, plain(quote.bid) if quote.bid else _NOTHING, "100", "1"]
    yield ["1", "6", request, _ASK, plain(quote.ask), "100", "1"]
    if day is not None:
        for kind, price in ((_LAST, day.last), (_HIGH, day.high), (_LOW, day.low)):
            yield ["1", "6", request, kind, plain(price), "100", "1"]
    yield ["57", "1", request]


def clock(venue: SimulatedVenue, _: Accounts, __: Frame) -> Iterator[Frame]:
    """49: seconds since the epoch."""
    yield ["49", "1", str(int(venue.clock.now.timestamp()))]


ANSWERS: Mapping[str, Callable[[SimulatedVenue, Accounts, Frame], Iterator[Frame]]] = {
    "61": positions,
    "6": portfolio,
    "62": summary,
    "9": contracts,
    "1": quotes,
    "49": clock,
}


def instrument_of(venue: SimulatedVenue, number: int) -> Instrument | None:
    """The instrument under a contract number, among what is listed so far."""
    return next((one.instrument for one in venue.market.listings if con_id(one.instrument) == number), None)


def _benchmark(venue: SimulatedVenue, message: Frame) -> Listing | None:
    """The fund that every such venue lists, for its trading hours, where the market of the story has it not."""
    spy = equity(_BENCHMARK)
    named = message[4] == _BENCHMARK and message[5] == "STK"
    return Listing(spy, constant(Decimal(1)), venue.sessions) if named else None


def _matching(venue: SimulatedVenue, message: Frame) -> Listing | None:
    """The listing that a contract description means: by number, by local symbol, or by symbol and class."""
    number, symbol, kind, local = int(message[3] or 0), message[4], message[5], message[13]
    if number:
        found = instrument_of(venue, number)
        return None if found is None else venue.market.listing(found)
    if kind == "OPT" and is_osi(local):
        with_strike = option(local)
        try:
            return venue.market.listing(with_strike)
        except NotTradable:
            return None
    for listing in venue.market.listings:
        contract = contract11(listing.instrument)
        if contract[2] == kind and (contract[9] == local if local else ib_symbol(listing.instrument) == symbol):
            return listing
    return None
