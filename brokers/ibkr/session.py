"""One connection to TWS or the Gateway: opened when first needed, bounded in every wait, given up when in doubt."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from filelock import FileLock

from brokers.http.calls import About, CallLog, noting
from brokers.ibkr.client_ids import ClientIds
from brokers.ibkr.codes import BROKER, Kind, code_of, error_of
from brokers.ibkr.endpoint import Endpoint
from brokers.ibkr.loop import LoopThread
from brokers.ibkr.outages import Outages
from brokers.ibkr.sdk import connect, ibi
from brokers.ibkr.tape import WHOLE, Tape
from tieout.errors import Ambiguous, BrokerError, RateLimited, Unavailable, Unreadable
from tieout.redact import beginning

T = TypeVar("T")
Ask = Callable[[Any], Awaitable[T]]

TWS_ZONE = "America/New_York"  # what times without a zone are read in; the library would take the machine's
_STEPS = 4  # a connection is opened in so many bounded steps
_NOBODY_THERE = (ConnectionRefusedError, socket.gaierror)
_SYSTEM = -1  # the request number of messages that are about none


class ClientIdTaken(Exception):
    """TWS has another connection under that client id."""


class Session:
    """Asks and tells over one connection, and opens another where that one is no more.

    client_id   the one to connect under; None takes any that is free
    on_event    called in the loop's thread with each new connection, to attach handlers
    """

    def __init__(
        self,
        endpoint: Endpoint,
        ids: ClientIds,
        timeout_s: float,
        clock: Callable[[], datetime],
        tape: Tape,
        outages: Outages,
        calls: CallLog,
        *,
        client_id: int | None = None,
        on_connect: Callable[[Any], None] = lambda _: None,
    ) -> None:
        self._endpoint = endpoint
        self._ids = ids
        self._timeout_s = timeout_s
        self._clock = clock
        self._tape = tape
        self._outages = outages
        self._calls = calls
        self._wanted = client_id
        self._on_connect = on_connect
        self._loop: LoopThread | None = None
        self._ib: Any = None
        self._hearing: Any = None  # the connection whose words count
        self._lock: FileLock | None = None
        self._trouble: asyncio.Future[Unavailable] | None = None
        self._upstream_lost = ""
        self._stale = False
        self.connections = 0

    @property
    def timeout_s(self) -> float:
        """How long it waits for one answer."""
        return self._timeout_s

    @property
    def client_id(self) -> int | None:
        """What it is connected under."""
        return None if self._ib is None else int(self._ib.client.clientId)

    @property
    def managed(self) -> tuple[str, ...]:
        """The accounts of the login."""
        return tuple(self._connected().managedAccounts())

    def ask(self, part: str, make: Ask[T], *, bounds: int = 1) -> T:
        """A read, to its end.

        bounds   how many timeouts it may take in all
        raises   Unavailable where it did not end in time, the connection broke or TWS lost IB meanwhile; Unreadable
                 where a frame could not be read; what the table of codes says of a refusal
        """
        ib = self._connected()
        self._require_upstream()
        with self._noted("ASK", part):
            return self._run(part, self._guarded(ib, make, whole=True), Unavailable, bounds)

    def tell(self, part: str, make: Ask[T], *, about: str | None = None) -> T:
        """A write, once.

        about    our id of the order, for the audit trail
        raises   Unavailable before anything was sent; Ambiguous where its fate is not known; leaves of Rejected
        """
        ib = self._connected()
        self._require_upstream()
        with self._noted("TELL", part, about):
            return self._run(part, self._guarded(ib, make, whole=False), Ambiguous, 1)

    def is_open(self) -> bool:
        """Whether there is a connection that can be used."""
        return self._ib is not None and not self._stale and bool(self._ib.isConnected())

    def connect(self) -> None:
        """Make sure that there is a connection. Raises Unavailable."""
        self._connected()

    def drop(self) -> None:
        """Give the connection up: the next question opens another."""
        ib, self._ib, self._hearing = self._ib, None, None
        self._tape.cut()
        if ib is not None and self._loop is not None:
            with contextlib.suppress(TimeoutError):
                self._loop.run(_disconnect(ib), self._timeout_s)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def close(self) -> None:
        """End the connection and the thread."""
        self.drop()
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def _thread(self) -> LoopThread:
        self._loop = self._loop or LoopThread(f"ibkr-{self._endpoint.name}")
        return self._loop

    # Asking

    @contextlib.contextmanager
    def _noted(self, method: str, part: str, about: str | None = None) -> Iterator[None]:
        """One audit line, whatever comes of it."""
        with noting(self._calls, About(BROKER, part, method, f"/{part}", about), self._clock()) as came:
            try:
                yield
            except BrokerError as error:
                came.reached = not isinstance(error.__context__, _NOBODY_THERE)
                raise
            came.status = WHOLE

    def _run(
        self, part: str, work: Coroutine[Any, Any, T], lost: type[Unavailable] | type[Ambiguous], bounds: int
    ) -> T:
        try:
            answer = self._thread().run(work, self._timeout_s * bounds)
        except TimeoutError:
            self.drop()  # an answer that comes yet would be taken for that of the next question
            raise lost(BROKER, f"no answer in time ({part})") from None
        except _Troubled as trouble:
            if self._stale or not trouble.error.code:
                self.drop()
            raise self._lost(part, lost, trouble.error) from None
        except ConnectionError as error:
            self.drop()
            raise self._lost(part, lost, Unavailable(BROKER, f"the connection broke ({error})")) from None
        except ibi.wrapper.RequestError as error:
            raise error_of(error.code, error.message) from None
        if self._tape.faults:
            why = f"a frame could not be read ({part}): {beginning(self._tape.faults[0].encode(), 200)}"
            self.drop()
            self._tape.faults.clear()
            error_class = Unreadable if lost is Unavailable else Ambiguous
            raise error_class(BROKER, why)
        return answer

    def _lost(self, part: str, lost: type[Unavailable] | type[Ambiguous], why: Unavailable) -> BrokerError:
        if lost is Ambiguous:
            return Ambiguous(BROKER, f"{why.reason} ({part})", code=why.code)
        error = type(why)(BROKER, f"{why.reason} ({part})", code=why.code)
        return self._outages.explain(error, self._clock())

    async def _guarded(self, ib: Any, make: Ask[T], *, whole: bool) -> T:
        """The answer, unless the connection or TWS itself fails first.

        whole    trouble spoils an answer that came all the same: rows may be missing in it
        """
        trouble = self._trouble = asyncio.get_running_loop().create_future()
        if not ib.isConnected():
            raise ConnectionError("it is closed")
        asking = asyncio.ensure_future(make(ib))
        try:
            await asyncio.wait({asking, trouble}, return_when=asyncio.FIRST_COMPLETED)
            if trouble.done() and (whole or not asking.done()):
                raise _Troubled(trouble.result())
            return asking.result()
        finally:
            asking.cancel()
            self._trouble = None

    def _require_upstream(self) -> None:
        if self._upstream_lost:
            error = Unavailable(BROKER, f"TWS has lost IB: {self._upstream_lost}", code="1100")
            raise self._outages.explain(error, self._clock())

    # Connecting

    def _connected(self) -> Any:
        if self.is_open():
            return self._ib
        self.drop()
        self._upstream_lost, self._stale = "", False
        self._tape.faults.clear()
        try:
            with self._noted("CONNECT", "session"):
                self._ib = self._opened()
        except Unavailable as error:
            raise self._outages.explain(error, self._clock()) from None
        self.connections += 1
        return self._ib

    def _opened(self) -> Any:
        if self._wanted is not None:
            lock = self._ids.take(self._wanted)
            try:
                return self._under(self._wanted, lock)
            except ClientIdTaken:
                raise Unavailable(BROKER, f"client id {self._wanted} is in use at TWS", code="326") from None
        for number, lock in self._ids.free():
            try:
                return self._under(number, lock)
            except ClientIdTaken:
                continue
        raise AssertionError("the pool ends by raising")

    def _under(self, number: int, lock: FileLock) -> Any:
        try:
            ib = self._thread().run(self._connect(number), self._timeout_s * _STEPS)
        except (TimeoutError, OSError) as error:
            lock.release()
            raise Unavailable(BROKER, _no_connection(error, self._endpoint)) from None
        except BaseException:
            lock.release()
            raise
        self._lock = lock
        return ib

    async def _connect(self, number: int) -> Any:
        ib = ibi.IB()
        ib.RaiseRequestErrors = True
        ib.TimezoneTWS = TWS_ZONE
        self._tape.listen(ib)
        refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._hearing = ib
        ib.errorEvent += partial(self._heard, ib)
        ib.errorEvent += lambda _, code, text, *__: _settle(refused, text) if code == 326 else None
        ib.client.apiError += lambda text: _settle(refused, str(text))
        ib.disconnectedEvent += partial(self._broken, ib)
        self._on_connect(ib)
        opening = asyncio.ensure_future(connect(ib, self._endpoint.host, self._endpoint.port, number, self._timeout_s))
        either: set[asyncio.Future[Any]] = {opening, refused}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()
                return ib
            if "already in use" in refused.result():
                raise ClientIdTaken
            raise ConnectionError(refused.result())
        except BaseException:
            opening.cancel()
            await _disconnect(ib)
            raise

    # For the loop's thread

    def _heard(self, ib: Any, request: int, code: int, text: str, *_: object) -> None:
        if ib is not self._hearing:
            return  # the last words of a connection that was given up
        kind = code_of(code).kind
        if kind is Kind.UPSTREAM_LOST:
            self._upstream_lost = text
            self._fail(Unavailable(BROKER, f"TWS has lost IB: {text}", code=str(code)))
        elif kind in (Kind.RESTORED, Kind.RESTORED_EMPTY):
            self._upstream_lost = ""
            self._stale = kind is Kind.RESTORED_EMPTY
            if self._stale:
                self._fail(Unavailable(BROKER, f"TWS found IB again and lost its data: {text}", code=str(code)))
        elif request == _SYSTEM and kind is Kind.PACING:
            self._fail(RateLimited(BROKER, text, code=str(code)))

    def _broken(self, ib: Any) -> None:
        if ib is self._hearing:
            self._fail(Unavailable(BROKER, "the connection broke"))

    def _fail(self, error: Unavailable) -> None:
        trouble = self._trouble
        if trouble is not None and not trouble.done():
            trouble.set_result(error)


class _Troubled(Exception):
    def __init__(self, error: Unavailable) -> None:
        super().__init__(error.reason)
        self.error = error


def _settle(future: asyncio.Future[str], text: str) -> None:
    if not future.done():
        future.set_result(text)


def _no_connection(error: Exception, endpoint: Endpoint) -> str:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"no connection to {endpoint.name}: nobody listens there (is TWS or the Gateway running, and its API on?)"
        )
    if isinstance(error, TimeoutError):
        return f"no connection to {endpoint.name}: no answer in time"
    return f"no connection to {endpoint.name} ({error})"


async def _disconnect(ib: Any) -> None:
    """End a connection. The library says goodbye first, which fails on one that is broken already."""
    transport = ib.client.conn.transport
    try:
        ib.disconnect()
    except OSError:
        if transport is not None:
            transport.abort()
