"""What the faces of coin venues share: a clock to judge signatures by, routes, and refusals in the venue's words.

A request's stamp is compared with `clock`, which is the machine's own unless a test sets another: clients stamp by it.
What the venue shows of orders and trades carries the simulated time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import ClassVar, TypeVar

from simulator.account import SimulatedAccount
from simulator.key_ring import VenueKey
from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.coins.rows import milliseconds
from simulator.protocols.coins.rules import CoinMarket, CoinMarkets, CoinRules, usual
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tieout.instruments import Instrument


def machine_time() -> datetime:
    """The machine's own clock, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """One request with what stands behind it.

    fields     what it asks for, all text: query and body together
    part       what the path's pattern caught
    time_ms    what the venue says the time is, milliseconds since 1970
    """

    venue: SimulatedVenue
    markets: CoinMarkets
    fields: Mapping[str, str]
    part: str
    time_ms: int

    @property
    def now(self) -> datetime:
        """The simulated moment, UTC."""
        return self.venue.clock.now

    def text(self, name: str) -> str:
        """A field that must be there. Raises No."""
        found = self.fields.get(name, "")
        if not found:
            raise No(Why.FIELD, name)
        return found

    def number(self, name: str) -> Decimal | None:
        """A field as a number, None where it is left out. Raises No."""
        text = self.fields.get(name, "")
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise No(Why.FIELD, name) from None
        if not found.is_finite():
            raise No(Why.FIELD, name)
        return found

    def whole(self, name: str, default: int, most: int | None = None) -> int:
        """A field as a count. Raises No."""
        text = self.fields.get(name, "") or str(default)
        if not text.isdecimal():
            raise No(Why.FIELD, name)
        return int(text) if most is None else min(int(text), most)

    def market(self, name: str = "symbol", chosen: Callable[[CoinMarket], bool] = lambda _: True) -> CoinMarket:
        """The market that a field names. Raises No."""
        symbol = self.text(name)
        found = self.markets.find(symbol, chosen)
        if found is None:
            raise No(Why.UNKNOWN_SYMBOL, symbol)
        return found


@dataclass(frozen=True, slots=True)
class Asked(Question):
    """A request that was signed with a key of an account.

    several    the fields of each order, where a request brings several
    """

    account: SimulatedAccount
    key: VenueKey
    several: tuple[Mapping[str, str], ...] = ()


QuestionT = TypeVar("QuestionT", bound=Question)
Routes = tuple[tuple[str, re.Pattern[str], Callable[[QuestionT], FaceAnswer]], ...]


def routes(*lines: tuple[str, str, Callable[[QuestionT], FaceAnswer]]) -> Routes[QuestionT]:
    """(method, pattern of the path, endpoint), ready to be searched."""
    return tuple((method, re.compile(pattern), endpoint) for method, pattern, endpoint in lines)


def routed(table: Routes[QuestionT], request: FaceRequest) -> tuple[Callable[[QuestionT], FaceAnswer], str] | None:
    """The endpoint of a request and what the pattern caught; None where nothing is spoken there."""
    for method, pattern, endpoint in table:
        if method == request.method and (match := pattern.fullmatch(request.path)):
            return endpoint, "".join(filter(None, match.groups()))
    return None


def texts(body: object) -> dict[str, str]:
    """The fields of a JSON object as text; lists and objects inside are left out."""
    if not isinstance(body, dict):
        return {}
    return {name: _text(value) for name, value in body.items() if not isinstance(value, list | dict)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def signed(secret: str, text: str, digest: Callable[..., object] = hashlib.sha256) -> bytes:
    """The HMAC of a text."""
    return hmac.new(secret.encode(), text.encode(), digest).digest()  # type: ignore[arg-type]


def is_same(ours: str, theirs: str) -> bool:
    """Whether two signatures are equal, told in constant time."""
    return hmac.compare_digest(ours.encode(), theirs.encode())


class CoinFace(HttpFace):
    """Speaks for every account of the venue whose key signed a request.

    clock    judges the stamps of requests, aware UTC; also what the venue says the time is
    skew     how far the venue's clock is ahead of it
    rules    limits of a market by canonical symbol
    """

    public: ClassVar[Routes[Question]] = ()
    private: ClassVar[Routes[Asked]] = ()

    def __init__(
        self,
        venue: SimulatedVenue,
        port: int = 0,
        *,
        clock: Callable[[], datetime] = machine_time,
        rules: Mapping[str, CoinRules] | None = None,
    ) -> None:
        super().__init__(port)
        self.venue = venue
        self.clock = clock
        self.skew = timedelta(0)
        self.markets = CoinMarkets(venue.market, self.named, self.usual, rules)
        self.prepare()

    def prepare(self) -> None:
        """What one venue keeps besides: its limits, to be changed by tests."""

    @abstractmethod
    def named(self, instrument: Instrument) -> str:
        """What the venue calls an instrument."""

    def usual(self, instrument: Instrument) -> CoinRules:
        """The venue's limits of an instrument that nobody set any for."""
        return usual(instrument)

    @abstractmethod
    def fields(self, request: FaceRequest) -> Mapping[str, str]:
        """What a request asks for."""

    @abstractmethod
    def signer(self, request: FaceRequest) -> VenueKey:
        """The key that signed a request. Raises Refused."""

    @abstractmethod
    def refusal(self, no: No, request: FaceRequest) -> Refused:
        """A no in the venue's words."""

    @abstractmethod
    def unknown_path(self, request: FaceRequest) -> FaceAnswer:
        """What the venue says where nothing is spoken."""

    @property
    def time_ms(self) -> int:
        """What the venue says the time is, milliseconds since 1970."""
        return milliseconds(self.clock() + self.skew)

    def answer(self, request: FaceRequest) -> FaceAnswer:
        with self.venue.lock:
            try:
                return self.within_limits(request)
            except Refused as refused:
                return refused.answer

    def within_limits(self, request: FaceRequest) -> FaceAnswer:
        """The answer, unless the caller asked too often; a venue that counts puts its own here. Raises Refused."""
        return self.or_refusal(request)

    def or_refusal(self, request: FaceRequest) -> FaceAnswer:
        """The answer to a request that is within all limits, a refusal among them."""
        try:
            return self.spoken(request)
        except Refused as refused:
            return refused.answer
        except No as no:
            return self.refusal(no, request).answer

    def spoken(self, request: FaceRequest) -> FaceAnswer:
        """The answer to a request. Raises Refused and No."""
        if (public := routed(self.public, request)) is not None:
            endpoint, part = public
            return endpoint(Question(self.venue, self.markets, self.fields(request), part, self.time_ms))
        if (private := routed(self.private, request)) is None:
            return self.unknown_path(request)
        key, (told, part) = self.signer(request), private
        account = self.account_for(key, request)
        fields, several = self.fields(request), self.several(request)
        return told(Asked(self.venue, self.markets, fields, part, self.time_ms, account, key, several))

    def several(self, request: FaceRequest) -> tuple[Mapping[str, str], ...]:
        """What each of several orders in one request asks for."""
        return ()

    def account_for(self, key: VenueKey, request: FaceRequest) -> SimulatedAccount:
        """The account that a request is about."""
        return key.account
