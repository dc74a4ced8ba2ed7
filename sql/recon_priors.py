"""The cases as they stood before a run, remembered as far as the run asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sql.case_rows import case_from_json
from sql.cases import before_run, cases_by_id, not_closed
from tieout.errors import StoreError
from tieout.ids import AccountId, BreakId, RunId
from tieout.recon.cases import Case
from tieout.recon.context import Prior
from tieout.recon.types import CaseState


@dataclass(slots=True)
class Priors:
    """Open and resolved cases of the account; closed ones where a run finds them again.

    touched    cases that an earlier try of the same run has changed, as they stood before it
    journal    None in a replay
    """

    known: dict[BreakId, Case] = field(default_factory=dict)
    asked: set[BreakId] = field(default_factory=set)
    touched: dict[BreakId, Case | None] = field(default_factory=dict)
    journal: Connection | None = None

    @classmethod
    def read(cls, journal: Connection, account_id: AccountId, run_id: RunId) -> Priors:
        """The account's cases as they stood before the run."""
        touched = before_run(journal, run_id)
        now = {name: case for name, case in not_closed(journal, account_id).items() if name not in touched}
        earlier = {name: case for name, case in touched.items() if case and case.state is not CaseState.CLOSED}
        return cls(now | earlier, set(now | earlier), touched, journal)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Priors:
        """The cases as a run stored them."""
        known = {BreakId(one["break_id"]): case_from_json(one) for one in stored["known"]}
        return cls(known, {BreakId(one) for one in stored["asked"]})

    def as_json(self) -> dict[str, Any]:
        """To be stored with the run: every case it used, and every id it asked for in vain."""
        return {"known": [self.known[name] for name in sorted(self.known)], "asked": sorted(self.asked)}

    def for_rules(self) -> dict[BreakId, Prior]:
        """What rules may know: cases that had not ended."""
        return {name: case.as_prior() for name, case in self.known.items() if case.state is not CaseState.CLOSED}

    def of(self, ids: Iterable[BreakId]) -> dict[BreakId, Case]:
        """Every case that had not ended, and those of the named ones that had."""
        missing = set(ids) - self.asked
        if missing:
            if self.journal is None:
                raise StoreError(f"the run kept no case {sorted(missing)[0]}: it cannot be replayed")
            found = cases_by_id(self.journal, missing - self.touched.keys())
            earlier = {name: case for name in missing if (case := self.touched.get(name)) is not None}
            self.known |= found | earlier
            self.asked |= missing
        return dict(self.known)
