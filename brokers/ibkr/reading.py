"""The three parts of an account, each read to its end marker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.reading import Reader, Reading
from brokers.http.unmapped import mapped
from brokers.ibkr.codes import BROKER
from brokers.ibkr.parse.account import TAGS, Figure, balances, position
from brokers.ibkr.parse.orders import Named, order_report
from brokers.ibkr.rows import order_row, position_row
from brokers.ibkr.session import Session
from tieout.errors import Malformed

_STEPS = 2  # positions and portfolio are two questions


def reader(session: Session, account: Callable[[], str], clock: Callable[[], datetime], named: Named) -> Reader:
    """Reads positions, figures and open orders of one account.

    account   its number, known once there is a connection
    named     the instrument of a contract number
    """

    def held(reading: Reading) -> Reading:
        number = account()
        found = session.ask("positions", lambda ib: fetch_positions(ib, number), bounds=_STEPS)
        positions, unmapped, faults = mapped(found, position)
        return replace(reading, positions=positions).with_part("positions", 1, unmapped, faults)

    def money(reading: Reading) -> Reading:
        number = account()
        figures = session.ask("account", lambda ib: fetch_figures(ib, number))
        try:
            return replace(reading, balances=balances(figures)).with_part("account", 1)
        except Malformed as error:
            raise unreadable(BROKER, str(error), error.received) from error

    def orders(reading: Reading) -> Reading:
        number = account()
        found = session.ask("orders", lambda ib: fetch_open_orders(ib, number))
        working, unmapped, faults = mapped(found, lambda row: order_report(row, named))
        return replace(reading, orders=working).with_part("orders", 1, unmapped, faults)

    return Reader(clock, (("positions", held), ("account", money), ("orders", orders)))


async def fetch_positions(ib: Any, number: str) -> list[Row]:
    """The account's positions, with the prices that its portfolio states."""
    held = await ib.reqPositionsAsync()
    ib.client.cancelPositions()
    await ib.reqAccountUpdatesAsync(number)
    ib.client.reqAccountUpdates(False, number)
    priced = {item.contract.conId: item for item in ib.portfolio(number)} if held else {}
    return [position_row(one, priced.get(one.contract.conId)) for one in held if one.account == number]


async def fetch_figures(ib: Any, number: str) -> list[Figure]:
    """The account's summary, its ledger by currency included; the subscription ends with the answer."""
    ib.wrapper.acctSummary.clear()  # a currency that is gone must not be remembered
    request = ib.client.getReqId()
    answer: asyncio.Future[Any] = ib.wrapper.startReq(request)
    ib.client.reqAccountSummary(request, "All", ",".join(TAGS))
    try:
        await answer
    finally:
        if ib.client.isConnected():
            ib.client.cancelAccountSummary(request)
    found = [one for one in ib.wrapper.acctSummary.values() if one.account == number]
    return [Figure(one.tag, one.value, one.currency) for one in found]


async def fetch_open_orders(ib: Any, number: str) -> list[Row]:
    """The account's open orders, whichever client placed them, or a person by hand."""
    trades = await ib.reqAllOpenOrdersAsync()
    return [order_row(trade) for trade in trades if trade.order.account == number]
