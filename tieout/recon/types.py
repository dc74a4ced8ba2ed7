"""The words of reconciliation as types: kinds, causes, severities, differences, findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.ids import AccountId, BreakId, InstrumentId, derived_text
from tieout.instruments import AssetClass
from tieout.money import ZERO

DifferenceKey = tuple["BreakKind", str]


class Pair(StrEnum):
    """Which two of the three sources disagree."""

    BOOK_SNAPSHOT = "book_snapshot"
    BOOK_STATEMENT = "book_statement"
    STATEMENT_SNAPSHOT = "statement_snapshot"
    EXPECTED_CONFIRMED = "expected_confirmed"  # an option's forecast and the evidence of how it ended


class BreakKind(StrEnum):
    MISSING_AT_BROKER = "missing_at_broker"
    UNEXPECTED_AT_BROKER = "unexpected_at_broker"
    QUANTITY_MISMATCH = "quantity_mismatch"
    SIDE_MISMATCH = "side_mismatch"
    CASH_MISMATCH = "cash_mismatch"
    COST_BASIS_MISMATCH = "cost_basis_mismatch"
    SETTLED_CASH_MISMATCH = "settled_cash_mismatch"
    MISSING_EXECUTION = "missing_execution"  # the statement has it, our book does not, and the order was ours
    UNKNOWN_EXECUTION = "unknown_execution"  # the statement has it, and no order of ours explains it
    UNREPORTED_EXECUTION = "unreported_execution"  # our book has it, the complete statement does not
    EXECUTION_MISMATCH = "execution_mismatch"  # both have it and quantity, price or side differ
    DUPLICATE_EXECUTION = "duplicate_execution"
    MISSING_ACTIVITY = "missing_activity"  # our book has it, the complete statement does not
    UNBOOKED_ACTIVITY = "unbooked_activity"  # the statement has it, our book does not
    ACTIVITY_MISMATCH = "activity_mismatch"  # both have it and quantity, amount or instrument differ
    STALE_PRICE = "stale_price"
    FEE_MISMATCH = "fee_mismatch"
    ORDER_STATE_MISMATCH = "order_state_mismatch"
    INSTRUMENT_UNMAPPED = "instrument_unmapped"
    CURRENCY_MISMATCH = "currency_mismatch"
    OPTION_OUTCOME = "option_outcome"  # an option ended otherwise than expected, or nobody can prove how


class Cause(StrEnum):
    SETTLEMENT_TIMING = "settlement_timing"
    PENDING_ORDER = "pending_order"
    ASSIGNMENT = "option_assignment"
    EXERCISE = "option_exercise"
    EXPIRATION = "option_expiration"
    SPLIT = "split"
    CORPORATE_ACTION = "corporate_action"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FUNDING = "funding"
    TRANSFER = "transfer"
    INTERNAL_TRANSFER = "internal_transfer"
    FEE = "fee"
    FEE_IN_COIN = "fee_in_coin"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    CONVERSION = "conversion"
    DUST = "dust"
    REWARD = "reward"
    CONTRACT_SIZE = "contract_size"
    FRACTIONAL_ROUNDING = "fractional_rounding"
    MISSED_FILL = "missed_fill"
    MANUAL_TRADE = "manual_trade"
    BOOKING_ERROR = "booking_error"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class CaseState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"  # explained with evidence and booked or expected to clear; may be undone
    CLOSED = "closed"  # no longer there: both sides were seen to agree


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sources that disagree on one subject, before anybody has asked why.

    subject     stable name of what differs: canonical symbol, `cash:USD`, `execution:ID`, `activity:ID`, `order:ID`
    ours        the book's figure (units or currency), None where the book has no such row
    theirs      the broker's figure
    quantity    units by which the position differs, theirs − ours
    amount      money by which cash differs, theirs − ours, in `currency`
    price       currency per unit, to value the quantity at risk; None where nobody knows one
    detail      further fields of the rows compared, JSON-able
    """

    kind: BreakKind
    pair: Pair
    subject: str
    instrument_id: InstrumentId | None = None
    symbol: str | None = None
    asset_class: AssetClass | None = None
    currency: str | None = None
    ours: Decimal | None = None
    theirs: Decimal | None = None
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    price: Decimal | None = None
    multiplier: Decimal = Decimal(1)
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> DifferenceKey:
        """What makes two differences the same one, whatever their figures."""
        return self.kind, self.subject


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row that proves something, findable again.

    source    table or answer it stands in: `statement_activity`, `ledger_entry`, `snapshot_order`, `calendar`, …
    key       its id there
    says      what it proves, in one sentence a person can read
    """

    source: str
    key: str
    says: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a rule would resolve a break: what would be booked, and until when a timing difference may stand.

    accept_activities, accept_executions   ids in the statement to be booked as they stand
    adjust_quantity, adjust_amount         a reversing-capable adjustment entry (fractional rounding only)
    expected_until                         a timing difference must be gone after this date
    automatic                              the proof is complete: within the caps no person need look
    """

    rule: str
    accept_activities: tuple[str, ...] = ()
    accept_executions: tuple[str, ...] = ()
    adjust_quantity: Decimal = ZERO
    adjust_amount: Decimal = ZERO
    expected_until: date | None = None
    automatic: bool = False

    @property
    def books(self) -> bool:
        """Whether accepting it adds entries to the book; otherwise the difference is only expected to clear."""
        return bool(self.accept_activities or self.accept_executions or self.adjust_quantity or self.adjust_amount)


@dataclass(frozen=True, slots=True)
class Finding:
    """An explained difference: a break."""

    difference: Difference
    cause: Cause
    severity: Severity
    money_at_risk: Decimal  # base or instrument currency, zero or above
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    proposal: Proposal | None = None
    symptoms: tuple[Difference, ...] = ()  # position and cash differences that this finding accounts for


def break_id(account_id: AccountId, kind: BreakKind, subject: str) -> BreakId:
    """The stable fingerprint: the same account, kind and subject are the same case, whatever day it is."""
    return BreakId(derived_text("BRK", account_id, kind, subject, length=10))
