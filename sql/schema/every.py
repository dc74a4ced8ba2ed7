"""All tables of both stores. A module of this package that is not imported here has tables that nobody copies."""

from __future__ import annotations

from sql.schema import alerts, fills, journal, options, planning, transfers, warehouse

__all__ = ["JOURNAL", "WAREHOUSE", "alerts", "fills", "options", "planning", "transfers"]

JOURNAL = journal.metadata  # the others add their tables to it
WAREHOUSE = warehouse.metadata
