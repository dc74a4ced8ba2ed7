"""Hedge mode: the long and the short leg of one contract, each an instrument of its own. Pure.

A venue in hedge mode holds both sides of one symbol at once, and an order says which of them it is for. The leg stands
behind the contract's key, `BTC/USDT:USDT LONG` and `BTC/USDT:USDT SHORT`, so that a position, an order, an execution, a
lot and a break of one leg never meet those of the other (decision 0016). The contract without a leg is one-way mode.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from tieout.instruments import Instrument


class Leg(StrEnum):
    """One side of a contract in hedge mode."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def sign(self) -> int:
        """Of every position in it: +1 for the long leg, -1 for the short one."""
        return 1 if self is Leg.LONG else -1


def in_leg(contract: Instrument, leg: Leg) -> Instrument:
    """One leg of a contract.

    raises    ValueError for what has no legs, and for what is a leg already
    """
    if not contract.is_margined or leg_of(contract) is not None:
        raise ValueError(f"{contract.symbol} has no {leg.lower()} leg")
    return replace(contract, symbol=f"{contract.symbol} {leg}")


def leg_of(instrument: Instrument) -> Leg | None:
    """Which leg an instrument is; None for one-way mode and for everything that is no contract on coins."""
    _, _, last = instrument.symbol.rpartition(" ")
    return Leg(last) if instrument.is_margined and last in Leg.__members__ else None


def contract_key(symbol: str) -> str:
    """The key of a contract from that of a leg; any other key as it is."""
    head, _, last = symbol.rpartition(" ")
    return head if ":" in head and last in Leg.__members__ else symbol


def whole(instrument: Instrument) -> Instrument:
    """The contract behind a leg: what is listed, quoted and priced. Anything else is itself."""
    return instrument if leg_of(instrument) is None else replace(instrument, symbol=contract_key(instrument.symbol))
