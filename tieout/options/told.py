"""Forecasts and evidence as plain values, for tables, artifacts, JSON and the report: told once, alike everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tieout.money import plain
from tieout.options.account import AccountForecast, Scenario
from tieout.options.evidence import Event
from tieout.options.forecast import PositionForecast
from tieout.options.instruction import Instruction
from tieout.options.moment import countdown
from tieout.options.suggest import Suggestion


def told_position(one: PositionForecast) -> dict[str, Any]:
    """Everything a person may ask of one forecast; numbers as text, for a float would change them."""
    return {
        "symbol": one.contract.symbol,
        "price": None if one.stands is None else plain(one.stands.worth / one.contract.multiplier),
        "official": one.stands is not None and one.stands.official,
        "gain": None if one.stands is None else plain(one.stands.gain),
        "sessions_left": one.sessions_left,
        "legs": [
            {
                "symbol": leg.symbol,
                "units": plain(leg.units),
                "cash": plain(leg.cash),
                "settles_on": str(leg.settles_on),
            }
            for leg in one.legs
        ],
        "trading_ends": one.trading_ends.isoformat(),
        "decided_at": one.decided_at.isoformat(),
        "cut_offs": [
            {"cut": hour.cut.value, "at": hour.at.isoformat(), "source": hour.source} for hour in one.cut_offs
        ],
        "dividend": None
        if one.dividend is None
        else {
            "ex_date": str(one.dividend.dividend.ex_date),
            "per_share": plain(one.dividend.dividend.per_share),
            "at_risk": str(one.dividend.at_risk),
            "likely": one.dividend.likely,
        },
        "refused": one.refused,
        "notes": list(one.notes),
    }


def told_scenario(one: Scenario) -> dict[str, Any]:
    """One way it may end."""
    return {
        "cash": plain(one.cash),
        "cash_after": None if one.cash_after is None else plain(one.cash_after),
        "units": {symbol: plain(units) for symbol, units in one.units.items()},
        "shares_after": {symbol: plain(units) for symbol, units in one.shares_after.items()},
        "margin": plain(one.margin),
        "shortfall": plain(one.shortfall),
        "new_shorts": list(one.new_shorts),
    }


def told_account(found: AccountForecast, suggestions: tuple[Suggestion, ...], now: datetime) -> dict[str, Any]:
    """An account's forecast, with the hours that are left."""
    return {
        "account": found.standing.account_id,
        "currency": found.standing.currency,
        "expected": told_scenario(found.expected),
        "worst": told_scenario(found.worst),
        "cash_dates": {str(day): plain(amount) for day, amount in found.by_date.items()},
        "reserved": [{"symbol": one.symbol, "amount": plain(one.amount), "why": one.why} for one in found.reservations],
        "positions": [row(one, now) | {"detail": told_position(one)} for one in found.positions],
        "suggestions": [told_suggestion(one, now) for one in suggestions],
    }


def row(one: PositionForecast, now: datetime) -> dict[str, Any]:
    """One position as a line of a table."""
    return {
        "symbol": one.contract.symbol,
        "contracts": plain(one.contracts),
        "expires": str(one.expires),
        "likelihood": one.likelihood.value,
        "outcome": one.outcome.value.replace("_", " "),
        "shares": ", ".join(f"{plain(leg.units)} {leg.symbol}" for leg in one.legs if leg.symbol is not None),
        "cash": plain(one.cash),
        "cash_date": str(max((leg.settles_on for leg in one.legs), default="")),
        "decide_by": one.decide_by.at.isoformat(timespec="minutes"),
        "left": "report only" if one.report_only else countdown(one.decide_by.at, now),
        "why": one.refused or "; ".join(one.notes),
    }


def told_suggestion(one: Suggestion, now: datetime) -> dict[str, Any]:
    """One thing that may be done."""
    return {
        "action": one.action.value.replace("_", " "),
        "symbol": one.symbol,
        "severity": one.severity.value,
        "words": one.words,
        "by": one.by.isoformat(timespec="minutes"),
        "left": countdown(one.by, now),
        "contracts": None if one.contracts is None else plain(one.contracts),
        "amount": None if one.amount is None else plain(one.amount),
    }


def told_event(one: Event) -> dict[str, Any]:
    """How one position ended, as a line of a table."""
    return {
        "symbol": one.contract.symbol,
        "contracts": plain(one.contracts),
        "outcome": one.outcome.value.replace("_", " "),
        "evidence": one.basis.value.replace("_", " "),
        "confidence": plain(one.confidence),
        "booked": "yes" if one.confirmed else "waits" if one.waits else "no",
        "traits": ", ".join(sorted(trait.value.replace("_", " ") for trait in one.traits)),
        "words": one.words,
    }


def told_instruction(one: Instruction) -> dict[str, Any]:
    """One instruction, as a line of a table."""
    return {
        "instruction": one.instruction_id,
        "account": one.account_id,
        "choice": one.choice.value.replace("_", " "),
        "symbol": one.contract.symbol,
        "contracts": plain(one.contracts),
        "evening": str(one.business_date),
        "until": one.until.isoformat(timespec="minutes"),
        "state": one.state.value,
        "told": one.told,
        "words": one.words,
        "why": one.why,
        "proposer": one.proposer,
    }
