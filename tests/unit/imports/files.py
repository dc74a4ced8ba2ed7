"""Small files for the import tests."""

from __future__ import annotations

from tieout.ids import AccountId
from tieout.imports.csv_table import SourceFile
from tieout.imports.microcap import MicrocapBook, read_microcap
from tieout.sessions import Sessions

NYSE = Sessions("XNYS")
BOOK = AccountId("hand")
DAILY = (
    "Date,Ticker,Shares,Buy Price,Cost Basis,Stop Loss,Current Price,Total Value,PnL,Action,Cash Balance,Total Equity\n"
)
LOG = "Date,Ticker,Shares Bought,Buy Price,Cost Basis,PnL,Reason,Shares Sold,Sell Price\n"


def source(text: str | bytes, name: str = "file.csv") -> SourceFile:
    return SourceFile(name, text if isinstance(text, bytes) else text.encode())


def microcap(daily: str, log: str, accepted: frozenset[int] = frozenset()) -> MicrocapBook:
    """Both files with their headers put on: the first row is line 2."""
    return read_microcap(
        source(DAILY + daily, "daily.csv"),
        source(LOG + log, "log.csv"),
        BOOK,
        signed_off_by="desk",
        sessions=NYSE,
        accepted=accepted,
    )


def found(book: MicrocapBook) -> list[tuple[str, int, str, str]]:
    """Each blemish as file, line, kind and subject."""
    return [(one.file, one.line, one.kind.value, one.subject) for one in book.batch.blemishes]
