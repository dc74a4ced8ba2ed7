"""Binance's refusals. Source: the venue's lists of errors, of spot and of futures: one number may mean two things."""

from __future__ import annotations

from brokers.ccxt.rules import NO_POSITION, SET_CLOCK, Rule, Said
from tieout.errors import (
    Ambiguous,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)

RULES = (
    Rule("-1000|-1001|-1006|-1007", Ambiguous, "`execution status unknown`, in the venue's words for 1006 and 1007"),
    Rule("-1008", Ambiguous, "documented as overload: which side of the matching engine it struck is not"),
    Rule("-1016", Ambiguous, "shutting down, perhaps after it took the order"),
    Rule("-1003|-1015|-1034", RateLimited, "counted and turned away before it reached the matching engine"),
    Rule(
        "-1021",
        Unavailable,
        "turned away by its time stamp: the clock of this machine is wrong, set it by NTP",
        do=SET_CLOCK,
    ),
    Rule("-1002|-1022|-2008|-2014", Unauthorised, "the key or its signature"),
    Rule("-2015", Unauthorised, "key, address or permission; ccxt calls it a passing overload once a call had worked"),
    Rule("-1121|-1122|-1220|-4108|-4140", NotTradable, "no such market, or it is not traded now"),
    Rule("-1013|-2010|-1010", MarketClosed, "the market is closed", words="market is closed"),
    Rule("-2010|-4116", DuplicateOrder, "an open order has the id: an answer, look it up", words="duplicate"),
    Rule("-4116", DuplicateOrder, "the futures' own number for it"),
    Rule("-2010|-2018|-2019|-3041|-2027|-2028", InsufficientFunds, "balance or margin", words="insufficient|exceeded"),
    Rule("-2018|-2019|-3041", InsufficientFunds, "balance or margin"),
    Rule("-2010|-2011", NotTradable, "of this account", words="not permitted for this account|is restricted for this"),
    Rule("-2010", Unauthorised, "of this account", words="disabled on this account|may not place or cancel"),
    Rule("-2010", InvalidOrder, "the other reasons for which the matching engine refuses a new order"),
    Rule("-2011", NotFound, "no open order: it may as well be filled, so it is looked up", words="unknown order"),
    Rule("-2011", Rejected, "the other reasons for which a cancel is refused"),
    Rule("-2013", NotFound, "the order does not exist, under this market"),
    Rule("-2026", Rejected, "there was one, and it is in the archive: no word of absence"),
    Rule("-2021", Ambiguous, "of a cancel and a new order, one happened", words="partially failed"),
    Rule("-2022", Rejected, "neither of a cancel and a new order happened", words="cancel-replace"),
    Rule("-2021", InvalidOrder, "futures: the stop would trigger at once"),
    Rule("-2022", InvalidOrder, "futures: it would not reduce the position", do=NO_POSITION),
    Rule("-2020|-5021|-5022", Rejected, "could not fill, or would have taken, as its time in force forbids"),
    Rule("-1013", InvalidOrder, "a filter: step, least worth, price band. It did not reach the matching engine"),
    Rule("-1014|-1020|-11[0-9]{2}|-12[0-2][0-9]", InvalidOrder, "its fields, refused before anything happened"),
    Rule("-4[0-9]{3}", InvalidOrder, "futures: its fields and filters"),
    Rule("-103[0-9]", Rejected, "of sessions that this program does not keep"),
    Rule("-20[0-9]{2}", Rejected, "what is left of the refusals by state"),
)


def said(content: object) -> Said | None:
    """A refusal has a code below zero; zero, `000000` and 200 are successes in some corners of the venue."""
    if not isinstance(content, dict):
        return None
    code = str(content.get("code", ""))
    return Said(code, str(content.get("msg", ""))) if code.startswith("-") else None
