"""A venue's ledger to activities, from its own rows: ccxt files funding under fees, and drops signs.

Rows of trades, their profit and their fees are left out: the executions bring those. Unknown kinds come as `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokers.ccxt.fields import text_in, time_in
from brokers.ccxt.markets import Market, in_units, instrument_of
from brokers.http.fields import Row
from tieout.errors import Malformed
from tieout.ids import ActivityId
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind

FORCED = frozenset({ActivityKind.LIQUIDATION, ActivityKind.DELEVERAGING})
"""What moves units without an order of ours: the ledger tells it, and the list of trades leaves it out."""


@dataclass(frozen=True, slots=True)
class LedgerWords:
    """How a venue writes its ledger.

    key         fields that name a row together
    kind        fields whose words together, joined by a dot, say what it is about; `kinds` is asked for the whole and
                for the first word alone
    kinds       what the words mean
    trading     words of rows that the executions bring
    currency    the coin
    amount      signed change of the balance, fees included
    happened    when, UTC
    group       field that joins the rows of one event
    market      field with the venue's id of the contract that the row is about
    rest        what every other word means
    moved       contracts that a forced close moved, signed, and its price
    """

    key: tuple[str, ...]
    kind: tuple[str, ...]
    kinds: Mapping[str, ActivityKind]
    trading: frozenset[str]
    currency: str
    amount: Callable[[Row], Decimal]
    happened: Callable[[Row], datetime]
    group: str = ""
    market: str = ""
    rest: ActivityKind = ActivityKind.OTHER
    moved: Callable[[Row], tuple[Decimal, Decimal]] | None = None


def activity(
    row: Row, words: LedgerWords, coin: Callable[[str], str], contract: Callable[[object], Market | None]
) -> Activity | None:
    """One row; None for what the executions bring.

    coin        our code of the venue's word for a coin
    contract    the contract's market under the venue's own id, None where it is none
    raises      Malformed for what cannot be read
    """
    said = ".".join(str(row.values.get(one, "")) for one in words.kind)
    first = said.partition(".")[0]
    if said in words.trading or (first in words.trading and said not in words.kinds):
        return None
    amount, kind = words.amount(row), words.kinds.get(said) or words.kinds.get(first) or words.rest
    market = contract(row.values.get(words.market)) if words.market else None
    moved, price = _moved(row, words, market) if kind in FORCED else (ZERO, None)
    if amount == ZERO and moved == ZERO:
        return None
    group = row.values.get(words.group) if words.group else None
    return Activity(
        activity_id=ActivityId(_name(row, words.key)),
        kind=kind,
        occurred_at=words.happened(row),
        instrument=None if market is None else instrument_of(market),
        quantity=moved,
        price=price,
        amount=amount,
        currency=coin(text_in(row, words.currency)),
        group_id=str(group) if group else None,
        venue_kind=said,
    )


def _moved(row: Row, words: LedgerWords, market: Market | None) -> tuple[Decimal, Decimal | None]:
    """Units that the venue closed by itself, and at what price. Raises Malformed where it does not say of what."""
    if words.moved is None:
        return ZERO, None
    if market is None:
        raise Malformed(f"{row.where}: contracts were closed, and the row names none that is known")
    contracts, price = words.moved(row)
    return in_units(contracts, market), price


def _name(row: Row, fields: tuple[str, ...]) -> str:
    """What names the row; a field of several may be empty. Raises Malformed where all are."""
    parts = [str(row.values.get(one) or "") for one in fields]
    if not any(parts):
        raise Malformed(f"{row.where}: nothing names it among {', '.join(fields)}")
    return ":".join(parts)


def in_milliseconds(name: str) -> Callable[[Row], datetime]:
    """Reads a field that counts milliseconds since the epoch."""
    return lambda row: time_in(row, name)


def stated(name: str) -> Callable[[Row], Decimal]:
    """Reads a field that is the signed change itself."""
    return lambda row: row.number(name)


def forced_rows(row: Row, kind: str, *, closed: Mapping[str, str], fee: Decimal) -> list[Row]:
    """A trade by which the venue closed a position, and its fee, counted positive, as `FORCED_WORDS` read them.

    closed    id, time in milliseconds, coin, amount (zero where the venue states no profit), units, price and symbol
    """
    rows = [Row({**closed, "kind": kind}, row.where)]
    if fee:
        charged = {**closed, "id": f"{closed['id']}:fee", "amount": str(-fee), "kind": "forced fee"}
        rows.append(Row(charged, f"{row.where}, fee"))
    return rows


FORCED_WORDS = LedgerWords(
    ("id",),
    ("kind",),
    {
        "liquidation": ActivityKind.LIQUIDATION,
        "deleveraging": ActivityKind.DELEVERAGING,
        "forced fee": ActivityKind.FEE,
    },
    frozenset(),
    "coin",
    stated("amount"),
    in_milliseconds("time"),
    group="order",
    market="symbol",
    moved=lambda row: (row.number("units"), row.number("price")),
)
"""Of trades that the venue made itself, where its list of trades is all that tells of them."""
