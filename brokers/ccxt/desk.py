"""One account at one venue, as its venue file and the adapter's parts work on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from brokers.ccxt.line import Line
from brokers.ccxt.markets import Market, Markets, is_among
from brokers.ccxt.paging import Listing, Pages, Query, read_list, windows
from brokers.ccxt.venue import Scoped, Venue
from brokers.http.fields import Row
from brokers.http.unmapped import Unmapped
from tieout.errors import ConfigError, Malformed, NotTradable
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.lanes import Lane

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)


class Desk:
    """What is needed to work for one account.

    products    in scope
    symbols     markets that the account trades in, as its options name them; empty where they name none
    hedged      the account keeps the long and the short leg of a contract apart
    """

    def __init__(
        self,
        venue: Venue,
        line: Line,
        exchange: Any,
        *,
        products: frozenset[str],
        symbols: tuple[str, ...],
        base_currency: str,
        hedged: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.venue = venue
        self.line = line
        self.exchange = exchange
        self.products = products
        self.symbols = symbols
        self.base_currency = base_currency
        self.hedged = hedged
        self.now = now
        self.markets = Markets(venue.broker, self._load, now)
        self.concerned: dict[ClientOrderId, Instrument] = {}

    def call(self, method: str, query: Query | None = None) -> Any:
        """An endpoint by ccxt's name for it, its answer as it came."""
        return getattr(self.exchange, method)(dict(query or {}))

    def in_scope(self, scoped: Iterable[Scoped]) -> list[Scoped]:
        """Those lists that cover something the account has."""
        return [one for one in scoped if self.products & set(one.products)]

    def read(self, listing: Listing, query: Mapping[str, object], part: str) -> Pages:
        """A list without a window, to its end."""
        return read_list(self.venue.broker, self.call, listing, query, part)

    def read_between(
        self, listing: Listing, query: Mapping[str, object], since: datetime, until: datetime, part: str
    ) -> Pages:
        """A list over (since, until], to its end, in windows that the venue answers; each row once."""
        found: dict[object, Row] = {}
        pages = 0
        for start, end in windows(since, until, listing.longest):
            span: Query = {listing.since: listing.written(start)} if listing.since else {}
            span |= {listing.until: listing.written(end)} if listing.until else {}
            oldest = listing.happened

            def over(page: list[Row], oldest: Any = oldest, start: datetime = start) -> bool:
                return oldest is not None and bool(page) and oldest(page[-1]) < start

            some = read_list(self.venue.broker, self.call, listing, {**query, **span}, part, over)
            pages += some.pages
            for row in some.rows:
                found.setdefault(tuple(str(row.values.get(name)) for name in listing.key) or id(row), row)
        return Pages(list(found.values()), pages)

    def record(self, row: Row, kinds: tuple[str, ...], parse: str) -> tuple[dict[str, Any], Market]:
        """What ccxt's reader makes of a row, and the market that the row is about.

        raises    Unmapped where the venue lists no such market, Malformed where ccxt cannot read the row
        """
        named = self.venue.market_id(row.values)
        hint = self.markets.by_id(named, kinds)
        if hint is None and named in self.exchange.markets_by_id:
            raise Unmapped(f"{row.where}: {named!r} is not among {', '.join(kinds)}", received=str(named))
        try:
            values = self.venue.told(self, row.values)
            read: dict[str, Any] = getattr(self.exchange, parse)(values, hint)
        except _UNREADABLE as error:
            raise Malformed(f"{row.where}: {type(error).__name__}: {error}", received=repr(row.values)[:300]) from None
        read = self.venue.corrected(read, row.values)
        return read, hint or self.markets.named(read.get("symbol"), row.where)

    def market(self, row: Row, kinds: tuple[str, ...]) -> Market:
        """The market that a row is about. Raises Unmapped where the venue lists none of these kinds under its id."""
        named = self.venue.market_id(row.values)
        found = self.markets.by_id(named, kinds)
        if found is None:
            raise Unmapped(f"{row.where}: the venue lists no {named!r} among {', '.join(kinds)}", received=str(named))
        return found

    def coin(self, code: str) -> str:
        """Our code of the venue's word for a coin."""
        return self.venue.coin(self, code)

    def contract(self, market_id: object) -> Market | None:
        """The contract's market under the venue's own id, None where it is none that we know."""
        return self.markets.by_id(market_id, ("swap", "future", "option"))

    def named_markets(self, kinds: tuple[str, ...]) -> list[Market]:
        """The markets of these kinds that the account's options name, or that its orders are known to be in.

        raises    NotTradable where the options name one that the venue does not list: its trades would be missing
        """
        loaded = self.markets.require().markets
        symbols = [one if "/" in one else f"{one}/{self.base_currency}" for one in self.symbols]
        if unlisted := [one for one in symbols if one not in loaded]:
            raise NotTradable(
                self.venue.broker,
                f"options.symbols names {', '.join(unlisted)}, and {self.venue.broker} lists no such market; they are "
                "written like BTC/USDT, and contracts like BTC/USDT:USDT",
            )
        wanted = [*symbols, *(one.symbol.partition(" ")[0] for one in self.concerned.values())]
        return [
            loaded[symbol] for symbol in dict.fromkeys(wanted) if symbol in loaded and is_among(loaded[symbol], kinds)
        ]

    def require_mode(self, hedged: bool) -> None:
        """Raises ConfigError where the account is not in the position mode that the settings name."""
        if hedged is not self.hedged:
            raise ConfigError(
                f"{self.venue.broker}: the account is in {'hedge' if hedged else 'one-way'} mode, and "
                f"options.position_mode says {'hedge' if self.hedged else 'one-way'}"
            )

    def _load(self, again: bool) -> Any:
        with self.line.calls("markets", Lane.DATA):
            self.exchange.load_markets(again, dict(self.venue.market_params))
        return self.exchange
