"""Bybit's refusals. Source: the venue's list of error codes; they come inside HTTP 200."""

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
    Rule("10000|10016|10019|170007|170146|170147|181017", Ambiguous, "a time-out or failure behind the venue's door"),
    Rule("170001|3100326", Ambiguous, "an error of the venue's own, nothing said of the order"),
    Rule(
        "10002",
        Unavailable,
        "turned away by its time stamp: the clock of this machine is wrong, set it by NTP",
        do=SET_CLOCK,
    ),
    Rule("10006|10018|10429|429|170005|170222|20003", RateLimited, "counted and turned away"),
    Rule("403", RateLimited, "the address is banned for some minutes"),
    Rule("10003|10004|10005|10007|10008|10009|10010|10024|10027|10028|33004|131085", Unauthorised, "key or account"),
    Rule("10029|170121|170221|110023|110074|110070|12201", NotTradable, "the market, or of this account"),
    Rule("10001|170130", NotTradable, "a parameter: the symbol", words="symbol"),
    Rule("110072|170141|10014|12141|140072", DuplicateOrder, "the id was used before, once and for all: look it up"),
    Rule("110001|170213|170142|140001|12213", NotFound, "no such order"),
    Rule("110008|110010|170139|170143", Rejected, "the order is over already"),
    Rule("110017|110015", InvalidOrder, "it would not reduce the position", do=NO_POSITION),
    Rule("110025|110026|110043|110076", Rejected, "it stands so already"),
    Rule(
        "1[17]0[0-9]{3}|1[24]0[0-9]{3}",
        InsufficientFunds,
        "by its words",
        words="insufficien|cannot cover|is not enough",
    ),
    Rule("170131|170033|110004|110006|110007|110012|110014|110044|110045|110052|110053", InsufficientFunds, "balance"),
    Rule("1[17]0[0-9]{3}", MarketClosed, "by its words", words="market (is )?(closed|not open)|not (open )?in trading"),
    Rule("10001", InvalidOrder, "a parameter"),
    Rule(
        "110[0-9]{3}|170[0-9]{3}|1[24]0[0-9]{3}|12[0-9]{4}",
        InvalidOrder,
        "the matching engine's and the gate's refusals",
    ),
    Rule("1[38][0-9]{4}|182[0-9]{3}|177[0-9]{3}|176[0-9]{3}|175[0-9]{3}", Rejected, "of wallets, loans and earn"),
    Rule("2[0-9]{4}|3[0-9]{4,6}|6[0-9]{4}|500[0-9]{3}|700[0-9]{3}", Rejected, "of RFQ, spreads, keys, sub-accounts"),
    Rule("100(0|1|2|3)[0-9]|400|404|10404", Rejected, "what is left of the gate's refusals"),
)


def said(content: object) -> Said | None:
    """A refusal has a `retCode` other than zero."""
    if not isinstance(content, dict) or "retCode" not in content:
        return None
    code = str(content["retCode"])
    return None if code == "0" else Said(code, str(content.get("retMsg", "")))
