"""The frames of the TWS socket: a length of four bytes, then text fields, each ended by NUL. Pure.

Source: what the vendor's client libraries send and decode, and frames recorded from a real TWS.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.instruments import AssetClass, Instrument
from tieout.money import plain
from tieout.options.osi import OptionRight

Frame = list[str]

NEW_YORK = ZoneInfo("America/New_York")
UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INTEGER = "2147483647"
HELLO = b"API\0"
_LENGTH = 4
_LONGEST = 1 << 24
_CLASSES = {
    AssetClass.EQUITY: "STK",
    AssetClass.OPTION: "OPT",
    AssetClass.CRYPTO: "CRYPTO",
    AssetClass.FUTURE: "FUT",
    AssetClass.FOREX: "CASH",
}
_HOMES = {AssetClass.OPTION: "SMART", AssetClass.CRYPTO: "PAXOS", AssetClass.FOREX: "IDEALPRO"}


def framed(fields: Iterable[object]) -> bytes:
    """One message as it goes over the wire."""
    payload = "".join(f"{one}\0" for one in fields).encode()
    return len(payload).to_bytes(_LENGTH, "big") + payload


@dataclass(slots=True)
class Incoming:
    """Bytes of one client, cut into messages as they become whole."""

    waiting: bytes = b""
    greeted: bool = False
    versions: str = field(default="", init=False)  # `v157..178`, once greeted

    def take(self, received: bytes) -> Iterator[Frame]:
        """The messages that are whole now; the greeting is kept aside. Raises ValueError for what is no TWS client."""
        self.waiting += received
        if not self.greeted:
            if len(self.waiting) < len(HELLO) + _LENGTH:
                return
            if not self.waiting.startswith(HELLO):
                raise ValueError("this is no TWS client")
        while (cut := self._whole()) is not None:
            yield cut

    def _whole(self) -> Frame | None:
        start = 0 if self.greeted else len(HELLO)
        length = int.from_bytes(self.waiting[start : start + _LENGTH], "big")
        end = start + _LENGTH + length
        if length > _LONGEST:
            raise ValueError(f"a message of {length} bytes")
        if len(self.waiting) < start + _LENGTH or len(self.waiting) < end:
            return None
        text, self.waiting = self.waiting[start + _LENGTH : end].decode(), self.waiting[end:]
        if self.greeted:
            return text.split("\0")[:-1]
        self.greeted, self.versions = True, text.partition(" ")[0]
        return [self.versions]


def con_id(instrument: Instrument) -> int:
    """The venue's number of an instrument: the same in every world."""
    return zlib.crc32(instrument.symbol.encode()) % 900_000_000 + 1_000_000


def contract11(instrument: Instrument) -> Frame:
    """conId, symbol, secType, expiry, strike, right, multiplier, exchange, currency, localSymbol, tradingClass."""
    kind = instrument.asset_class
    return [
        str(con_id(instrument)),
        ib_symbol(instrument),
        _CLASSES.get(kind, "CMDTY"),
        f"{instrument.expiration:%Y%m%d}" if instrument.expiration else "",
        plain(instrument.strike) if instrument.strike is not None else "0.0",
        {OptionRight.CALL: "C", OptionRight.PUT: "P"}[instrument.option_right] if instrument.option_right else "",
        plain(instrument.multiplier) if instrument.multiplier != 1 else "",
        home(instrument),
        instrument.currency,
        local_symbol(instrument),
        instrument.symbol[:6].strip() if kind is AssetClass.OPTION else ib_symbol(instrument),
    ]


def ib_symbol(instrument: Instrument) -> str:
    """The symbol as the venue writes it: the underlying of a derivative or a pair, a blank in a share class."""
    if instrument.asset_class in (AssetClass.EQUITY, AssetClass.FUND):
        return instrument.symbol.replace(".", " ")
    return (instrument.underlying or instrument.symbol).replace(".", " ")


def local_symbol(instrument: Instrument) -> str:
    """The venue's own name of one contract: the padded OSI symbol of an option, a pair with a point."""
    if instrument.asset_class in (AssetClass.CRYPTO, AssetClass.FOREX):
        return instrument.symbol.replace("/", ".")
    return instrument.symbol if instrument.asset_class is AssetClass.OPTION else ib_symbol(instrument)


def home(instrument: Instrument) -> str:
    """The exchange that positions and executions name."""
    return _HOMES.get(instrument.asset_class, "NASDAQ")


def stamp(moment: datetime) -> str:
    """A time of an execution, in the exchange's zone and with its name."""
    return f"{moment.astimezone(NEW_YORK):%Y%m%d %H:%M:%S} America/New_York"


def figure(number: Decimal | None) -> str:
    """A number, or the venue's word for one that is not there."""
    return UNSET_DOUBLE if number is None else plain(number)
