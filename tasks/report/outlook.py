"""What the close's report says of the days ahead: when credentials lapse, and which options expire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tieout.ids import AccountId
from tieout.money import plain

if TYPE_CHECKING:
    from tasks.stores import Stores

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Lines as they stand when the page is made, whatever its session.

    credentials    of the expiry calendar
    options        newest forecast of each position that has not expired, the first to expire at the top
    """

    credentials: tuple[Row, ...] = ()
    options: tuple[Row, ...] = ()


def read_outlook(stores: Stores, accounts: Iterable[AccountId]) -> Outlook:
    """Of the desk's credentials, and of the options of those accounts that are still configured."""
    from tasks.options.listing import forecasts_ahead
    from tasks.rotation.expiry import read_calendar, shown

    known = [name for name in accounts if name in stores.settings.accounts]
    due = tuple(shown(one) for one in read_calendar(stores.journal, stores.settings))
    return Outlook(due, tuple(_told(one) for one in forecasts_ahead(stores, known)))


def _told(one: Row) -> Row:
    return {
        "contract": one["symbol"],
        "likelihood": one["likelihood"],
        "account": one["account"],
        "held": plain(one["contracts"]),
        "expires": str(one["expires"]),
        "cash": plain(one["cash"]),
        "decide by": one["decide_by"].isoformat(timespec="minutes"),
        "left": one["left"],
        "note": one["note"],
    }
