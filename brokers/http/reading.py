"""A snapshot: the account read again until two readings agree, with the proof of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from brokers.base import Clock
from brokers.http.fields import Row
from brokers.http.unmapped import word_for_word
from tieout.errors import BrokerError, Unauthorised
from tieout.orders import OrderReport
from tieout.settings import AccountSettings
from tieout.snapshots import Balance, Completeness, Position, Proof, RawAnswer, Snapshot

FEWEST_READINGS = 2  # one reading has nothing to agree with
MOST_READINGS = 4  # an account that changed four times in a row is trading: its close comes later


@dataclass(frozen=True, slots=True)
class Reading:
    """The account as one pass over its three parts gave it.

    began_at   UTC, before the first part was asked
    faults     what could not be read, naming part, row and field: each makes the snapshot partial
    pages      parts whose last page was seen, with the number of pages
    notes      what could not be said beside the account itself: it makes nothing partial
    off_rules  see `Proof`
    """

    began_at: datetime
    positions: tuple[Position, ...] = ()
    balances: tuple[Balance, ...] = ()
    orders: tuple[OrderReport, ...] = ()
    unmapped: tuple[Row, ...] = ()
    faults: tuple[str, ...] = ()
    pages: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    off_rules: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[object, ...]:
        """What two readings must have in common: units, cash and orders. Prices may move between them."""
        return (
            sorted((p.instrument.symbol, p.quantity) for p in self.positions),
            sorted((b.currency, b.cash) for b in self.balances),
            sorted((o.broker_order_id, o.venue_status, str(o.quantity), o.filled_quantity) for o in self.orders),
            sorted((str(r.values.get("symbol")), str(r.values.get("qty"))) for r in self.unmapped),
        )

    def with_part(self, part: str, pages: int, unmapped: Sequence[Row] = (), faults: Sequence[str] = ()) -> Reading:
        """The same with one more part read to its end, and what of it could not be mapped or read."""
        return replace(
            self,
            unmapped=(*self.unmapped, *unmapped),
            faults=(*self.faults, *faults),
            pages=self.pages | {part: pages},
        )


ReadPart = Callable[[Reading], Reading]


class Reader:
    """Reads an account part by part; what a part could not give is a fault of the reading, not an error.

    parts    name of each part and how it is read, in order
    """

    def __init__(self, clock: Callable[[], datetime], parts: Sequence[tuple[str, ReadPart]]) -> None:
        self._clock = clock
        self._parts = parts

    def readings(self, fewest: int) -> Iterator[Reading]:
        """Readings until two in a row agree, one has a fault, or the bound is reached. Raises Unauthorised only."""
        previous: Reading | None = None
        for number in range(1, max(MOST_READINGS, fewest) + 1):
            reading = self._read()
            yield reading
            agreed = previous is not None and reading.held == previous.held
            if reading.faults or (agreed and number >= fewest):
                return
            previous = reading

    def _read(self) -> Reading:
        reading = Reading(self._clock())
        for part, read in self._parts:
            try:
                reading = read(reading)
            except Unauthorised:
                raise
            except BrokerError as error:
                reading = replace(reading, faults=(*reading.faults, f"{part}: {error.reason}"))
        return reading


def fetch_snapshot(
    settings: AccountSettings,
    business_date: date,
    reader: Reader,
    fetch_clock: Callable[[], Clock],
    answers: Callable[[], tuple[RawAnswer, ...]],
) -> Snapshot:
    """The whole account with its proof; see `brokers.base.Broker.fetch_snapshot`.

    `captured_at` is when the last reading began: what it says was already so in the reading before it.
    answers   every answer of the session so far: those of this snapshot are kept with it
    """
    kept = len(answers())
    fewest = max(FEWEST_READINGS, settings.reads)
    broker_time, notes = _broker_time(fetch_clock)
    readings = list(reader.readings(fewest))
    last = readings[-1]
    return Snapshot(
        account_id=settings.account.account_id,
        business_date=business_date,
        captured_at=last.began_at,
        positions=last.positions,
        balances=last.balances,
        open_orders=last.orders,
        proof=_proof_of(readings, fewest, broker_time, notes),
        raw=answers()[kept:],
        unmapped=tuple(word_for_word(row) for row in last.unmapped),
    )


def _broker_time(fetch_clock: Callable[[], Clock]) -> tuple[datetime | None, tuple[str, ...]]:
    try:
        return fetch_clock().now, ()
    except Unauthorised:
        raise
    except BrokerError as error:
        return None, (f"clock: {error.reason}",)


def _proof_of(readings: list[Reading], fewest: int, broker_time: datetime | None, notes: tuple[str, ...]) -> Proof:
    """What the readings prove, judged by the last one."""
    last = readings[-1]
    agreed = len(readings) >= max(FEWEST_READINGS, fewest) and last.held == readings[-2].held and not last.faults
    if not agreed and not last.faults:
        notes += (f"the account changed between each of {len(readings)} readings",)
    return Proof(
        completeness=_completeness(last, agreed),
        reads=len(readings),
        agreed=agreed,
        pages=last.pages,
        end_markers=tuple(last.pages),
        broker_time=broker_time,
        notes=(*last.faults, *notes, *last.notes),
        off_rules=last.off_rules,
    )


def _completeness(last: Reading, agreed: bool) -> Completeness:
    if not last.pages:
        return Completeness.FAILED
    return Completeness.COMPLETE if agreed else Completeness.PARTIAL
