"""What the pages read: stores opened once a process, the warehouse asked again when a copy is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sql.dashboard import Happening, Measured
from sql.looking import Looking
from tasks.clock import now

if TYPE_CHECKING:
    from tieout.settings import Settings

Row = dict[str, Any]


@dataclass(slots=True)
class Facts:
    """One page's view of both stores.

    account_id    None for all
    kept          answers of the warehouse by question, thrown away with the copy they came from
    """

    looking: Looking
    settings: Settings
    account_id: str | None
    kept: dict[Any, Any]

    @property
    def now(self) -> datetime:
        """UTC."""
        return now()

    def measured(self, name: str, *more: Any) -> list[Row]:
        """An answer of the warehouse."""
        stamp = self.looking.published
        key = (stamp, self.account_id, name, more)
        found: list[Row] | None = None if stamp is None else self.kept.get(key)
        if found is None:
            if any(one[0] != stamp for one in list(self.kept)):
                self.kept.clear()  # other pages do so too, at any moment
            with self.looking.warehouse() as connection:
                found = getattr(Measured(connection, self.account_id), name)(*more)
            self.kept[key] = found
        return found

    @contextmanager
    def happening(self) -> Iterator[Happening]:
        """The journal in one consistent view."""
        with self.looking.journal() as connection:
            yield Happening(connection, self.account_id)

    def own(self, row: Row) -> bool:
        """Whether a row is about the chosen account."""
        return self.account_id is None or row["account_id"] == self.account_id


Page = Callable[[Facts], Any]
