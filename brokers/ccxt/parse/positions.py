"""A venue's own row of a derivative position to ours. ccxt's reader is passed over: it loses signs and legs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.ccxt.markets import Market, instrument_of, size_of
from brokers.ccxt.parse.orders import LEGS
from brokers.http.fields import Row
from tieout.coins import units
from tieout.errors import Malformed
from tieout.ledger.trades import notional
from tieout.money import ZERO, rounded
from tieout.orders import Side
from tieout.snapshots import Position

_SIGNS = {"buy": 1, "long": 1, "sell": -1, "short": -1}
_NET = frozenset({"", "none", "both", "net", "fcm_position_side_unspecified"})


@dataclass(frozen=True, slots=True)
class PositionWords:
    """How a venue writes its positions.

    size     contracts, or units where the venue counts those
    side     says long or short where `size` has no sign; a word that says neither leaves the sign to `size`
    entry    average price of entry; mark: the venue's own price; pnl: unrealised
    leg      the leg of hedge mode
    prefix   of the words for a side
    """

    size: str
    side: str = ""
    entry: str = ""
    mark: str = ""
    pnl: str = ""
    leg: str = ""
    prefix: str = ""


def position(row: Row, market: Market, words: PositionWords) -> Position | None:
    """One line of the position list; None where it is flat.

    raises    Malformed for a side that is neither long nor short, or that its size contradicts
    """
    contracts = row.number_or_none(words.size) or ZERO
    if contracts == 0:
        return None
    sign = _sign(row, contracts, words)
    quantity = units(abs(contracts), size_of(market), Side.BUY if sign > 0 else Side.SELL)
    instrument = instrument_of(market, LEGS.get(str(row.values.get(words.leg))))
    entry, mark = _price(row, words.entry), _price(row, words.mark)
    return Position(
        instrument=instrument,
        quantity=quantity,
        avg_entry_price=entry,
        market_price=mark,
        market_value=None if mark is None else rounded(instrument.value(quantity, mark)),
        cost_basis=None if entry is None else notional(instrument, quantity, entry),  # as the ledger counts it
        unrealized_pnl=row.number_or_none(words.pnl) if words.pnl else None,
        side="long" if sign > 0 else "short",
    )


def _sign(row: Row, contracts: Decimal, words: PositionWords) -> int:
    said = str(row.values.get(words.side, "") if words.side else "").lower().removeprefix(words.prefix)
    by_size = 1 if contracts > 0 else -1
    if said in _NET:
        return by_size
    if said not in _SIGNS:
        raise Malformed(f"{row.where}: field `{words.side}`: {said!r} is neither long nor short", received=said)
    if by_size < 0 < _SIGNS[said]:
        raise Malformed(f"{row.where}: a size of {contracts} contradicts the side {said}", received=said)
    return _SIGNS[said]


def _price(row: Row, field: str) -> Decimal | None:
    found = row.number_or_none(field) if field else None
    return None if found == 0 else found
