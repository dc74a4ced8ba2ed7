"""What the dashboard asks of the stores: one statement each, read-only, over all accounts or one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sql.load import query
from sql.looking import Looking
from sql.rows import read_rows

Row = dict[str, Any]
MOST = 200  # rows of a table; the commands list all


@dataclass(frozen=True, slots=True)
class Measured:
    """Tables of the warehouse, as last published."""

    connection: Connection
    account_id: str | None = None

    def accounts(self) -> list[Row]:
        """Every account, whichever was chosen: with its value, how its last close ended."""
        return read_rows(self.connection, query("dashboard_accounts"))

    def positions(self) -> list[Row]:
        """The largest positions."""
        return self._of("dashboard_positions", most=MOST)

    def exposure(self) -> list[Row]:
        """Long and short by class."""
        return self._of("dashboard_exposure")

    def equity(self, since: date) -> list[Row]:
        """Equity with its peak so far, by currency and session."""
        return self._of("dashboard_equity", since=since)

    def closes(self, sessions: int) -> list[Row]:
        """How the last closes ended."""
        return self._of("dashboard_closes", most=sessions)

    def quality(self, sessions: int) -> list[Row]:
        """Checks made and failed by session."""
        return self._of("dashboard_quality", most=sessions)

    def failed_checks(self) -> list[Row]:
        """What failed in the newest snapshots."""
        return self._of("dashboard_failed_checks", most=MOST)

    def options(self, today: date) -> list[Row]:
        """Options that are held, the next to expire first."""
        return self._of("dashboard_options", from_date=today, most=MOST)

    def _of(self, name: str, **binds: Any) -> list[Row]:
        return read_rows(self.connection, query(name), {"account_id": self.account_id, **binds})


@dataclass(frozen=True, slots=True)
class Happening:
    """Tables of the journal, as they are now."""

    connection: Connection
    account_id: str | None = None

    def orders(self) -> list[Row]:
        """Decisions to trade, those that changed last first."""
        return self._of("dashboard_orders", most=MOST)

    def order_states(self) -> list[Row]:
        """How many of them stand where."""
        return self._of("dashboard_order_states")

    def breaks(self) -> list[Row]:
        """Open breaks, the heaviest and oldest first."""
        return self._of("dashboard_breaks", most=MOST)

    def ages(self) -> list[Row]:
        """Open breaks counted by age and severity."""
        return self._of("dashboard_ages")

    def runs(self) -> list[Row]:
        """Runs of every flow."""
        return self._of("dashboard_runs", most=40)

    def forecasts(self, today: date) -> list[Row]:
        """What is expected of options that are held."""
        return self._of("dashboard_forecasts", from_date=today)

    def credentials(self) -> list[Row]:
        """Every account's credential as it was last checked."""
        return self._of("dashboard_credentials")

    def brokers(self) -> list[Row]:
        """How each account's broker is."""
        return self._of("dashboard_brokers")

    def alerts(self) -> list[Row]:
        """What people were told and is not over."""
        return self._of("dashboard_alerts", most=40)

    def _of(self, name: str, **binds: Any) -> list[Row]:
        return read_rows(self.connection, query(name), {"account_id": self.account_id, **binds})


__all__ = ["Happening", "Looking", "Measured", "Row"]
