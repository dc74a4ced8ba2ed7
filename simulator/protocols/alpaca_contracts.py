"""Alpaca's option contracts: what one is, and the holder's word on exercising it.

Sources: the vendor's reference of option contracts (deliverables with type, amount, share of the strike, settlement)
and of the two exercise endpoints: each is for the whole position, takes no body, and is refused between the close and
midnight.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from simulator.account import SimulatedAccount
from simulator.contracts import ContractTerms, Deliverable, Settled
from simulator.exercise import Choice
from simulator.hours import local_time
from simulator.protocols.alpaca_lists import Refused
from simulator.protocols.alpaca_requests import instrument_of
from simulator.protocols.alpaca_rows import NEW_YORK, Row, asset_id, wire_symbol
from simulator.venue import SimulatedVenue
from tieout.errors import InvalidOrder, MarketClosed, NotFound, NotTradable
from tieout.money import plain
from tieout.options.osi import is_osi, parse_osi
from tieout.sessions import Sessions

_STANDARD_SHARE = "100"  # percent of the strike that a deliverable stands for
_UNKNOWN = 40410000


def contract(venue: SimulatedVenue, symbol: str) -> Row:
    """GET /v2/options/contracts/{symbol}; adjusted and expired ones too."""
    try:
        listing = venue.market.listing(instrument_of(symbol, lambda name: venue.market.listing(name).instrument))
        terms = venue.market.terms(listing.instrument)
    except (NotTradable, Refused):
        raise Refused(404, _UNKNOWN, f"contract {symbol} not found") from None
    option, now = listing.instrument, venue.clock.now
    ended = listing.trades_until is not None and now >= listing.trades_until
    return {
        "id": asset_id(option),
        "symbol": wire_symbol(option),
        "name": f"{option.underlying} {option.expiration} {option.strike} {terms.right}",
        "status": "inactive" if ended else "active",
        "tradable": listing.tradable and not ended,
        "expiration_date": option.expiration.isoformat() if option.expiration else None,
        "root_symbol": option.symbol[:6].strip(),
        "underlying_symbol": terms.securities[0].instrument.symbol,
        "underlying_asset_id": asset_id(terms.securities[0].instrument),
        "type": terms.right.value,
        "style": terms.style.value,
        "strike_price": plain(option.strike) if option.strike is not None else None,
        "multiplier": plain(option.multiplier),
        "size": plain(option.multiplier),
        "deliverables": _deliverables(terms),
    }


def instruct(venue: SimulatedVenue, account: SimulatedAccount, symbol: str, choice: Choice) -> None:
    """POST /v2/positions/{symbol}/exercise and …/do-not-exercise. Raises Refused."""
    padded = parse_osi(symbol).padded if is_osi(symbol) else _padded_of(account, symbol)
    if _is_evening(venue.sessions, venue.clock.now):
        raise Refused(403, 40310000, f"{choice.replace('_', '-')} requests are not accepted until midnight")
    try:
        account.instruct(padded, choice)
    except NotFound:
        raise Refused(404, _UNKNOWN, "position does not exist") from None
    except (InvalidOrder, MarketClosed) as error:
        raise Refused(422, 42210000, error.reason) from None


def _padded_of(account: SimulatedAccount, contract_id: str) -> str:
    held = (one.instrument for one in account.holdings.values())
    return next((one.symbol for one in held if asset_id(one) == contract_id), contract_id)


def _is_evening(sessions: Sessions, now: datetime) -> bool:
    day = now.astimezone(NEW_YORK).date()
    midnight = local_time(sessions, day + timedelta(days=1), time(0))
    return sessions.is_session(day) and sessions.closes_at(day) <= now < midnight


def _deliverables(terms: ContractTerms) -> list[Row]:
    if terms.settled is Settled.CASH:
        return [_cash_part("0", terms.contract.currency, _STANDARD_SHARE)]
    rows = [_share_part(part, _STANDARD_SHARE if place == 0 else "0") for place, part in enumerate(terms.securities)]
    if terms.cash:
        rows.append(_cash_part(plain(terms.cash), terms.contract.currency, "0"))
    return rows


def _share_part(part: Deliverable, share: str) -> Row:
    return {
        "type": "equity",
        "symbol": part.instrument.symbol,
        "asset_id": asset_id(part.instrument),
        "amount": plain(part.units),
        "allocation_percentage": share,
        "settlement_type": "T+1",
        "settlement_method": "CCC",
        "delayed_settlement": False,
    }


def _cash_part(amount: str, currency: str, share: str) -> Row:
    return {
        "type": "cash",
        "symbol": currency,
        "amount": amount,
        "allocation_percentage": share,
        "settlement_type": "T+1",
        "settlement_method": "CADF",
        "delayed_settlement": False,
    }
