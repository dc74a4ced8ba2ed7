"""One client's conversation with the TWS face: its requests answered, and what happens to its orders told."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.account import SimulatedAccount
from simulator.protocols import tws_answers as answers
from simulator.protocols.tws_book import revisions, take
from simulator.protocols.tws_faults import SILENT, TOLD_OFF
from simulator.protocols.tws_orders import (
    Ticket,
    commission_frame,
    execution_frames,
    open_order,
    order_status,
    placed,
)
from simulator.protocols.tws_rows import wire_account
from simulator.protocols.tws_wire import Frame, Incoming, framed, stamp
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered, rows_of
from simulator.updates import Change, Update
from tieout.errors import BrokerError, InsufficientFunds, NotTradable
from tieout.instruments import Instrument
from tieout.money import ZERO

if TYPE_CHECKING:
    from simulator.protocols.tws import TwsFace

_MOST = 65_536
_NO_REQUEST = -1
_SYSTEM = {100, *range(1100, 1400), *range(2100, 2200)}  # messages about no request
_INVALID = "Error validating request.-'bB' : cause - "
_OVER = "OrderId {} that needs to be cancelled cannot be cancelled, state: {}."
_QUIET = {Change.PENDING_NEW, Change.DONE_FOR_DAY}
_PATHS = {
    "61": ("GET", "/positions"),
    "5": ("GET", "/orders"),
    "16": ("GET", "/orders"),
    "99": ("GET", "/completed"),
    "6": ("GET", "/portfolio"),
    "62": ("GET", "/account"),
    "7": ("GET", "/executions"),
    "9": ("GET", "/contracts"),
    "1": ("GET", "/quotes"),
    "49": ("GET", "/clock"),
    "3": ("POST", "/orders"),
    "4": ("DELETE", "/orders"),
}
"""How a fault names each request."""
_REQUEST_AT = {"62": 2, "7": 2, "9": 2, "1": 2, "3": 1, "4": 2}


class Talk:
    """One connection, from the greeting to its end."""

    def __init__(self, face: TwsFace, connection: socket.socket) -> None:
        self._face = face
        self._connection = connection
        self._incoming = Incoming()
        self.client_id = _NO_REQUEST
        self._told: dict[str, int] = {}  # updates told or past, by account number
        self._synced = False
        self._muted: set[int] = set()  # order ids of which nothing is told
        self._owed: list[Frame] = []  # commission reports held back
        self._late: list[tuple[float, bytes]] = []

    def run(self) -> None:
        """Serve until either side ends it."""
        while not self._face.is_stopping():
            try:
                received = self._connection.recv(_MOST)
                if not received:
                    return
                for message in self._incoming.take(received):
                    if not self._take(message):
                        return
            except TimeoutError:
                pass
            self._tell()

    def say(self, request: int, code: int, text: str) -> None:
        """4: an error or system message."""
        self._send([["4", "2", str(request), str(code), text, ""]])

    # Requests

    def _take(self, message: Frame) -> bool:
        """Answer one message; False ends the connection."""
        if self.client_id == _NO_REQUEST and message[0].startswith("v"):
            least, _, most = message[0].removeprefix("v").partition("..")
            version = min(self._face.version, int(most))
            self._send([[str(version), stamp(self._face.venue.clock.now)]])
            return version >= int(least)
        if message[0] == "71":
            return self._enter(int(message[2]))
        if message[0] in ("8", "17"):
            self._send([self._next_id() if message[0] == "8" else self._accounts()])
        elif message[0] in _PATHS:
            return self._asked(message)
        return True

    def _enter(self, client_id: int) -> bool:
        self.client_id = client_id
        if not self._face.register(self):
            text = "Unable to connect as the client id is already in use. Retry with a unique client id."
            self.say(_NO_REQUEST, 326, text)
            self.client_id = _NO_REQUEST
            return False
        with self._face.venue.lock:
            for account in self._managed():
                self._told[account.account_number] = len(account.desk.updates)
        self._send([self._accounts(), self._next_id()])
        for code, farm in ((2104, "Market data farm connection is OK:usfarm"), (2158, "Sec-def data farm is OK")):
            self.say(_NO_REQUEST, code, farm)
        return True

    def _asked(self, message: Frame) -> bool:
        method, path = _PATHS[message[0]]
        if path == "/positions" and not self._synced:
            path, self._synced = "/sync", True  # the library's own request, made while it connects
        answer = self._face.through(FaceRequest(method, path, body=json.dumps(message).encode()), self)
        number = int(message[_REQUEST_AT[message[0]]]) if message[0] in _REQUEST_AT else _NO_REQUEST
        if answer.reset:
            from simulator.protocols.tws import hang_up

            hang_up(self._connection)
            return False
        if answer.status == SILENT or (method == "POST" and answer.wait_s):
            self._muted.add(number)
            return True
        if said := answer.headers.get("said") or (answer.body.decode() if answer.status == TOLD_OFF else ""):
            told = json.loads(said)
            code = int(told["code"])
            self.say(_NO_REQUEST if code in _SYSTEM else number, code, str(told["text"]))
            if answer.status == TOLD_OFF:
                self._muted.add(number)
                return True
        return self._reply(answer)

    def _reply(self, answer: FaceAnswer) -> bool:
        raw = b"".join(framed(fields) for fields in rows_of(answer.body))
        if answer.wait_s:
            self._late.append((time.monotonic() + answer.wait_s, raw))
        elif answer.cut_at is not None:
            self._connection.sendall(raw[: answer.cut_at])
            return False
        else:
            self._connection.sendall(raw)
        return True

    def answer(self, request: FaceRequest) -> FaceAnswer:
        """What the venue answers. Called under the face's lock."""
        message = json.loads(request.body)
        if message[0] in ("3", "4"):
            return answered(self._place(message) if message[0] == "3" else self._cancel(int(message[2])))
        if message[0] == "6" and message[2] == "0":
            return answered([])
        return answered(list(self._rows(message)))

    def _rows(self, message: Frame) -> Iterator[Frame]:
        face, accounts = self._face, self._managed()
        if message[0] in ("5", "16"):
            only = self.client_id if message[0] == "5" else None
            return answers.open_orders(face.book, accounts, only)
        if message[0] == "7":
            return answers.executions(
                face.book, accounts, face.venue, message[2], commissions=not face.delayed_commissions
            )
        if message[0] == "99":
            return answers.completed_orders(face.book, accounts, face.venue)
        return answers.ANSWERS[message[0]](face.venue, accounts, message)

    def _place(self, message: Frame) -> list[Frame]:
        refusal = self._refused(message)
        return [] if refusal is None else [self._error(int(message[1]), *refusal)]

    def _refused(self, message: Frame) -> tuple[int, str] | None:
        """The code and words that an order gets; None where it was taken."""
        order_id, book = int(message[1]), self._face.book
        if self._face.read_only:
            return 321, f"{_INVALID}The API interface is currently in Read-Only mode."
        if book.taken(self.client_id, order_id):
            return 103, "Duplicate order id"
        accounts = {wire_account(one): one for one in self._managed()}
        account = accounts.get(message[23]) or (next(iter(accounts.values())) if len(accounts) == 1 else None)
        if account is None:
            return 321, f"{_INVALID}Invalid account code"
        try:
            order = placed(message, self._named, book.key_for(message[26]))
            book.note(account, take(account, order), order_id, self.client_id)
        except (BrokerError, KeyError, ValueError) as error:
            return _refusal_of(error)
        return None

    def _named(self, number: int) -> Instrument | None:
        return answers.instrument_of(self._face.venue, number)

    def _cancel(self, order_id: int) -> list[Frame]:
        ticket = self._face.book.by_order_id(self.client_id, order_id)
        if ticket is None:
            return [self._error(order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")]
        if not ticket.working.state.is_live:
            return [self._error(order_id, 10148, _OVER.format(order_id, ticket.status()))]
        account = next(one for one in self._managed() if wire_account(one) == ticket.account)
        account.cancel(ticket.working.order.client_order_id)
        return []

    def _error(self, order_id: int, code: int, text: str) -> Frame:
        return ["4", "2", str(order_id), str(code), text, ""]

    # What happens by itself

    def _tell(self) -> None:
        """Send what has become due: late answers, changes of this client's orders, commission reports."""
        now = time.monotonic()
        due = [raw for at, raw in self._late if at <= now]
        self._late = [(at, raw) for at, raw in self._late if at > now]
        for raw in due:
            self._connection.sendall(raw)
        if self.client_id == _NO_REQUEST:
            return
        with self._face.venue.lock:
            frames = [frame for account in self._managed() for frame in self._news(account)]
        if not self._face.delayed_commissions:
            frames += self._owed
            self._owed = []
        self._send(frames)

    def _news(self, account: SimulatedAccount) -> Iterator[Frame]:
        told = self._told.setdefault(account.account_number, 0)
        updates = account.desk.updates
        self._told[account.account_number] = len(updates)
        for update in updates[told:]:
            ticket = self._face.book.of(account, update.working)
            if ticket.client_id != self.client_id or ticket.order_id in self._muted or not ticket.order_id:
                continue
            if update.change not in _QUIET and update.shown_at is not None:
                yield from self._changed(account, ticket, update)

    def _changed(self, account: SimulatedAccount, ticket: Ticket, update: Update) -> Iterator[Frame]:
        trade = update.execution
        if trade is not None:
            _, every = revisions(account).get(trade.execution_id, (None, [trade]))
            number = len(every) or 1
            yield execution_frames(str(_NO_REQUEST), ticket, every or [trade])[-1]
            report = commission_frame(trade, number)
            if self._face.delayed_commissions:
                self._owed.append(report)
            else:
                yield report
        if update.working is not ticket.working:
            return  # a leg: the combination's own state follows
        yield open_order(ticket, update.report)
        yield order_status(ticket, update.report, trade.price if trade else ZERO)
        if update.change in (Change.CANCELLED, Change.EXPIRED):
            yield self._error(ticket.order_id, 202, "Order Canceled - reason:")
        if update.change is Change.REJECTED:
            yield self._error(ticket.order_id, 201, "Order rejected - reason:the exchange refused it")

    def _managed(self) -> list[SimulatedAccount]:
        return list(self._face.venue.accounts.values())

    def _accounts(self) -> Frame:
        return ["15", "1", ",".join(wire_account(one) for one in self._managed())]

    def _next_id(self) -> Frame:
        return ["9", "1", str(self._face.book.next_id(self.client_id))]

    def _send(self, frames: list[Frame]) -> None:
        if frames:
            with contextlib.suppress(BrokenPipeError):
                self._connection.sendall(b"".join(framed(fields) for fields in frames))


def _refusal_of(error: Exception) -> tuple[int, str]:
    """The venue's code and words for what the simulated account refuses."""
    if isinstance(error, NotTradable):
        return 200, "No security definition has been found for the request"
    words = error.reason if isinstance(error, BrokerError) else str(error)
    if isinstance(error, InsufficientFunds):
        words = f"YOUR ORDER IS NOT ACCEPTED. {words}; insufficient funds"
    return 201, f"Order rejected - reason:{words}"
