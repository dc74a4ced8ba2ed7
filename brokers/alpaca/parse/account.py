"""Account and positions. Source: GET /v2/account, GET /v2/positions; every number is text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.alpaca.parse.symbols import NO_MULTIPLIERS, Multipliers, instrument_of
from brokers.http.fields import Row, row
from tieout.errors import Malformed
from tieout.snapshots import Balance, Position

_SIDES = {"long": 1, "short": -1}
_PERMISSIONS = ("options_trading_level", "crypto_status", "shorting_enabled", "pattern_day_trader")
_BLOCKS = ("trading_blocked", "account_blocked", "trade_suspended_by_user")


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """What GET /v2/account states, of which balances and identity are made."""

    number: str
    status: str
    currency: str
    balance: Balance
    permissions: tuple[str, ...]
    blocked: bool


def account(body: object) -> AccountAnswer:
    """The account. The number's field comes in capitals from some recordings of the paper service.

    raises   Malformed naming the field
    """
    found = row(body, "account")
    currency = found.text("currency")
    return AccountAnswer(
        number=found.text("ACCOUNT_NUMBER" if "ACCOUNT_NUMBER" in found.values else "account_number"),
        status=found.text("status"),
        currency=currency,
        balance=Balance(
            currency=currency,
            cash=found.number("cash"),
            settled_cash=None,  # the venue has no such field
            equity=found.number("equity"),
            buying_power=found.number_or_none("buying_power"),
        ),
        permissions=tuple(f"{name}={found.values[name]}" for name in _PERMISSIONS if name in found.values),
        blocked=any(found.flag(name) for name in _BLOCKS),
    )


def position(found: Row, multipliers: Multipliers = NO_MULTIPLIERS) -> Position:
    """One line of the position list.

    raises   Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    quantity, side = signed_quantity(found)
    return Position(
        instrument=instrument_of(found, multipliers),
        quantity=quantity,
        avg_entry_price=found.number("avg_entry_price"),
        market_price=found.number_or_none("current_price"),
        market_value=found.number_or_none("market_value"),
        cost_basis=found.number("cost_basis"),
        unrealized_pnl=found.number_or_none("unrealized_pl"),
        side=side,
    )


def signed_quantity(found: Row) -> tuple[Decimal, str]:
    """Signed units and the venue's word for the side: a short is negative *and* says so. Raises Malformed."""
    quantity, side = found.number("qty"), found.text("side")
    if side not in _SIDES:
        raise Malformed(f"{found.where}: field `side`: {side!r} is neither long nor short", received=side)
    if quantity * _SIDES[side] < 0:
        raise Malformed(f"{found.where}: field `qty`: {quantity} contradicts the side {side}", received=str(quantity))
    return quantity, side
