"""Clock, calendar, contracts, assets and quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from brokers.alpaca.parse.activities import NEW_YORK
from brokers.base import Clock, Contract, Quote, VenueSession
from brokers.http.fields import Row, row, rows
from tieout.errors import Malformed
from tieout.instruments import Instrument, option
from tieout.vwap import Minute


def clock(body: object) -> Clock:
    """GET /v2/clock."""
    found = row(body, "clock")
    return Clock(
        now=found.moment("timestamp"),
        is_open=found.flag("is_open"),
        next_open=found.moment_or_none("next_open"),
        next_close=found.moment_or_none("next_close"),
    )


def sessions(body: object) -> tuple[VenueSession, ...]:
    """GET /v2/calendar: New York wall clock, early closes included."""
    return tuple(_session(found) for found in rows(body, "calendar"))


def _session(found: Row) -> VenueSession:
    day = found.day("date")
    return VenueSession(day, _wall(found, day, "open"), _wall(found, day, "close"))


def _wall(found: Row, day: date, field: str) -> datetime:
    text = found.text(field)
    try:
        return datetime.combine(day, time.fromisoformat(text), NEW_YORK).astimezone(UTC)
    except ValueError:
        raise Malformed(f"{found.where}: field `{field}`: {text!r} is not a time of day", received=text) from None


def option_contract(body: object) -> Contract:
    """GET /v2/options/contracts/{symbol}: the multiplier is the venue's own, never assumed."""
    found = row(body, "contract")
    instrument = option(
        found.text("symbol"), multiplier=found.number("multiplier"), underlying=found.text_or_none("underlying_symbol")
    )
    deliverables = found.values.get("deliverables")
    listed = rows(deliverables, "contract deliverables") if deliverables is not None else []
    return Contract(
        instrument,
        tradable=found.flag("tradable"),
        deliverables=tuple(_deliverable(part) for part in listed),
    )


def _deliverable(part: Row) -> str:
    """`10 KO`, `250 USD`; where the amount is not fixed yet, the venue says zero and means that."""
    amount = "unknown amount of" if part.values.get("delayed_settlement") is True else part.values.get("amount")
    return f"{amount} {part.values.get('symbol')}"


def asset(body: object, instrument: Instrument) -> Contract:
    """GET /v2/assets/{symbol} for an equity or a coin."""
    found = row(body, "asset")
    return Contract(
        instrument,
        tradable=found.flag("tradable"),
        fractionable=found.flag("fractionable"),
        shortable=found.values.get("shortable") is True,
        lot=found.number_or_none("min_trade_increment"),  # coins have these two, shares do not
        tick=found.number_or_none("price_increment"),
    )


def latest_quote(body: object, instrument: Instrument, symbol: str) -> Quote:
    """The `latest quotes` answers of the data host; a price of zero means that side is empty."""
    found = row(row(row(body, "quote").values.get("quotes"), "quotes").values.get(symbol), f"quote of {symbol}")
    return Quote(instrument, bid=_price(found, "bp"), ask=_price(found, "ap"), quoted_at=found.moment("t"))


def with_day(body: object, quote: Quote, symbol: str) -> Quote:
    """The quote with the last trade and the day's bar of a `snapshots` answer; what is not there stays None.

    Stocks are listed at the top, coins under `snapshots`.
    """
    answer = row(body, "snapshots")
    listed = answer.values.get("snapshots", answer.values)
    found = row(row(listed, "snapshots").values.get(symbol) or {}, f"snapshot of {symbol}")
    bar = row(found.values.get("dailyBar") or {}, f"day of {symbol}")
    trade = row(found.values.get("latestTrade") or {}, f"last trade of {symbol}")
    return replace(
        quote, last=_price(trade, "p"), day_low=_price(bar, "l"), day_high=_price(bar, "h"), vwap=_price(bar, "vw")
    )


def minutes(body: object, symbol: str) -> tuple[tuple[Minute, ...], str | None]:
    """One page of a `bars` answer, and the token of the next one. A symbol without any trade is not listed at all."""
    answer = row(body, "bars")
    listed = row(answer.values.get("bars") or {}, "bars").values.get(symbol) or []
    found = rows(listed, f"bars of {symbol}")
    return tuple(_minute(one) for one in found), answer.text_or_none("next_page_token")


def _minute(found: Row) -> Minute:
    return Minute(found.moment("t"), found.number("vw"), found.number("v"))


def _price(found: Row, field: str) -> Decimal | None:
    return found.number_or_none(field) or None
