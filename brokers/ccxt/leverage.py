"""Leverage and margin mode, each under a hard cap: what a venue offers is no reason to take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial

from brokers.ccxt.desk import Desk
from tieout.errors import BrokerError, ConfigError, Rejected, Unsupported
from tieout.instruments import AssetClass, Instrument
from tieout.lanes import Lane
from tieout.settings import AccountSettings

HARD_CAPS: Mapping[AssetClass, int] = {
    AssetClass.PERPETUAL: 10,
    AssetClass.FUTURE: 10,
    AssetClass.CRYPTO: 3,  # borrowed on a spot wallet
    AssetClass.OPTION: 1,
}
"""Whatever the settings say: above it the adapter refuses. The settings lower it, they never raise it."""
_OPTIONS = {
    "max_leverage_perpetual": AssetClass.PERPETUAL,
    "max_leverage_future": AssetClass.FUTURE,
    "max_leverage_margin": AssetClass.CRYPTO,
}


class MarginMode(StrEnum):
    CROSS = "cross"
    ISOLATED = "isolated"


def caps_of(settings: AccountSettings) -> dict[AssetClass, int]:
    """The caps of an account: its options under the hard ones.

    raises   ConfigError for a cap that is no count, or above the hard one
    """
    caps = dict(HARD_CAPS)
    for option, traded in _OPTIONS.items():
        said = settings.options.get(option, str(caps[traded]))
        if not said.isdecimal() or not 1 <= int(said) <= HARD_CAPS[traded]:
            raise ConfigError(
                f"account {settings.account.account_id}: {option} = {said!r} must be a whole number from 1 to "
                f"{HARD_CAPS[traded]}"
            )
        caps[traded] = int(said)
    return caps


def set_leverage(desk: Desk, caps: Mapping[AssetClass, int], instrument: Instrument, wanted: int) -> None:
    """Set the leverage of a contract, buying and selling alike.

    raises   ConfigError above the cap, Unsupported where the venue takes it with each order only; before anything is
             sent. Leaves of Rejected; Ambiguous where the answer was lost
    """
    cap = caps.get(instrument.asset_class, 1)
    if not 1 <= wanted <= cap:
        raise ConfigError(f"leverage {wanted} of {instrument.symbol} is outside of 1 to {cap}, the cap of its class")
    _require_contract(desk, instrument, "leverage", desk.venue.no_leverage)
    market = desk.markets.of(instrument)
    with desk.line.calls("leverage", Lane.ORDERS, tells=True):
        for params in desk.venue.leverage_for(desk, market):
            _unless_so_already(partial(desk.exchange.set_leverage, wanted, market["symbol"], params))


def set_margin_mode(desk: Desk, instrument: Instrument, mode: MarginMode) -> None:
    """Set a contract's margin mode. Raises as `set_leverage`."""
    _require_contract(desk, instrument, "margin mode", desk.venue.no_margin_mode)
    market = desk.markets.of(instrument)
    with desk.line.calls("margin mode", Lane.ORDERS, tells=True):
        _unless_so_already(partial(desk.venue.set_margin_mode, desk, market, mode.value))


def _require_contract(desk: Desk, instrument: Instrument, what: str, why_not: str) -> None:
    """Raises Unsupported where the venue sets none, or the instrument has none."""
    if why_not:
        raise Unsupported(desk.venue.broker, f"sets no {what} of {instrument.symbol}: {why_not}")
    if not instrument.is_margined:
        raise Unsupported(desk.venue.broker, f"sets no {what} of {instrument.symbol}: it is bought outright")


def _unless_so_already(tell: Callable[[], object]) -> None:
    try:
        tell()
    except BrokerError as error:
        if not isinstance(error, Rejected) or error.code not in _SO_ALREADY:
            raise


_SO_ALREADY = frozenset({"-4046", "-4059", "110043", "110025", "110026", "59107"})
"""`No need to change`, in the numbers of Binance, Bybit and OKX: it stands as it was asked for."""
