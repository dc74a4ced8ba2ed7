"""What the venue says of instruments, sessions and prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from brokers.alpaca.parse import market
from brokers.alpaca.parse.symbols import adjusted_symbols, wire_symbol
from brokers.alpaca.refusals import BROKER
from brokers.base import Contract, Quote
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.telling import rfc3339
from tieout.errors import Rejected, Unauthorised, Unreadable, Unsupported
from tieout.instruments import AssetClass, Instrument
from tieout.options.osi import parse_osi
from tieout.vwap import Minute

_QUOTES = {
    AssetClass.EQUITY: "/v2/stocks/quotes/latest",
    AssetClass.OPTION: "/v1beta1/options/quotes/latest",
    AssetClass.CRYPTO: "/v1beta3/crypto/us/latest/quotes",
}

_SNAPSHOTS = {
    AssetClass.EQUITY: "/v2/stocks/snapshots",
    AssetClass.CRYPTO: "/v1beta3/crypto/us/snapshots",
}
"""Where the last trade and the day's bar stand; options have no day bar there."""

_BARS = {
    AssetClass.EQUITY: "/v2/stocks/bars",
    AssetClass.OPTION: "/v1beta1/options/bars",
    AssetClass.CRYPTO: "/v1beta3/crypto/us/bars",
}
_BARS_PER_PAGE = 10_000
_MOST_PAGES = 100
_TICK = timedelta(microseconds=1)


class Multipliers:
    """Adjusted options with their units per contract and what lies under them, asked of the venue once a session.

    Neither follows from the symbol: 100 is never assumed, and the root is no ticker.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[str, Instrument] = {}

    def __call__(self, found: list[Row]) -> dict[str, Instrument]:
        """The adjusted contracts among the rows, by padded OSI symbol.

        A contract the venue does not know stays out, so that its row is reported as unmapped.
        raises   Unauthorised, Unavailable where the venue cannot be asked now
        """
        for symbol in sorted(adjusted_symbols(found) - set(self._known)):
            try:
                self._known[symbol] = fetch_option(self._ask, symbol).instrument
            except Unauthorised:
                raise
            except (Rejected, Unreadable):
                continue
        return self._known


def fetch_option(ask: Ask, symbol: str) -> Contract:
    """The contract under an OSI symbol, expired ones included."""
    path = f"/v2/options/contracts/{parse_osi(symbol).compact}"
    return ask(Request("contract", "GET", path), market.option_contract)


def fetch_contract(ask: Ask, instrument: Instrument) -> Contract:
    """What the venue says an instrument is. Raises NotFound."""
    if instrument.asset_class is AssetClass.OPTION:
        return fetch_option(ask, instrument.symbol)
    path = f"/v2/assets/{quote(instrument.symbol, safe='')}"
    return ask(Request("asset", "GET", path), lambda body: market.asset(body, instrument))


def fetch_quote(ask: Ask, instrument: Instrument) -> Quote:
    """Best bid and ask, and the day's bar, from the data host. Raises Unsupported for classes without quotes."""
    path = _QUOTES.get(instrument.asset_class)
    if path is None:
        raise Unsupported(BROKER, f"has no quotes for {instrument.asset_class}")
    symbol = wire_symbol(instrument)
    request = Request("quote", "GET", path, {"symbols": symbol}, data_host=True)
    found = ask(request, lambda body: market.latest_quote(body, instrument, symbol))
    snapshots = _SNAPSHOTS.get(instrument.asset_class)
    if snapshots is None:
        return found
    day = Request("day", "GET", snapshots, {"symbols": symbol}, data_host=True)
    return ask(day, lambda body: market.with_day(body, found, symbol))


def fetch_minutes(
    ask: Ask, instrument: Instrument, since: datetime, until: datetime, feed: str | None
) -> tuple[Minute, ...]:
    """Minute bars that began in [since, until), from the data host.

    feed     `iex` or `sip` for shares; None leaves it to the venue, which refuses recent minutes of `sip` to accounts
             without a subscription
    raises   Unsupported for classes without bars, Unreadable where the pages do not end
    """
    path = _BARS.get(instrument.asset_class)
    if path is None:
        raise Unsupported(BROKER, f"has no bars of {instrument.asset_class}")
    symbol = wire_symbol(instrument)
    span = {"start": rfc3339(since), "end": rfc3339(until - _TICK)}
    query = {"symbols": symbol, "timeframe": "1Min", "limit": str(_BARS_PER_PAGE)} | span
    if feed is not None and instrument.asset_class is AssetClass.EQUITY:
        query |= {"feed": feed}
    found: list[Minute] = []
    for _ in range(_MOST_PAGES):
        request = Request("bars", "GET", path, dict(query), data_host=True)
        page, token = ask(request, lambda body: market.minutes(body, symbol))
        found += page
        if token is None:
            return tuple(found)
        query |= {"page_token": token}
    raise unreadable(BROKER, f"bars of {symbol} do not end after {_MOST_PAGES} pages", "")
