"""Settings as values. `tasks/settings.py` reads files and environment; `tieout/config.py` parses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from tieout.accounts import Account
from tieout.agreement import Agreement
from tieout.approvers import Approver
from tieout.credentials import CredentialId, CredentialSettings
from tieout.ids import AccountId
from tieout.instruments import AssetClass
from tieout.lanes import Lanes
from tieout.large_settings import LargePositionSettings
from tieout.ledger.types import LotMethod
from tieout.live_settings import GoingLive
from tieout.options.settings import OptionSettings
from tieout.outages import Outage
from tieout.planning.settings import PlanSettings
from tieout.risk.limits import Limits
from tieout.signals.settings import SignalSettings
from tieout.windows import USUAL, Window


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One `[accounts.NAME]` table.

    credential   a reference such as `env:ALPACA`, never a secret
    endpoint     base URL that replaces the venue's own
    """

    account: Account
    credential: str | None = None
    endpoint: str | None = None
    live_enabled: bool = False
    accept_withdrawal: bool = False  # trade with a key that can also take money out
    lot_method: LotMethod = LotMethod.FIFO
    enabled: bool = True
    timeout_s: float = 10.0
    reads: int = 2  # readings of the account that must agree
    risk: dict[str, Decimal] = field(default_factory=dict)  # as written; `limits` is what holds
    limits: Limits = field(default_factory=Limits)
    routes: dict[AssetClass, tuple[AccountId, ...]] = field(default_factory=dict)  # who goes on with a rest, in order
    closures: tuple[date, ...] = ()  # days its exchange stays closed although the calendar does not know it
    early_closes: tuple[tuple[date, time], ...] = ()  # the same for days on which it closes early, by its own clock
    rates: dict[str, Decimal] = field(default_factory=dict)  # base currency for one unit of another
    options: dict[str, str] = field(default_factory=dict)  # venue-specific extras, each known to its adapter
    lanes: Lanes = field(default_factory=Lanes)
    limits_url: str | None = field(default=None, repr=False)  # PostgreSQL in which machines share a request budget
    outages: tuple[Outage, ...] = ()  # hours at which its venue is known to be away
    written: frozenset[str] = frozenset()  # limits that its own risk table states


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far two figures may be apart and still agree. Position quantities have none: zero, always.

    version      goes into every reconciliation run, so that a replay uses what held then
    value        relative, by asset class, for market values and prices
    cash         absolute, in the account's currency
    cost_basis   relative
    """

    version: str = "default-1"
    value: dict[AssetClass, Decimal] = field(
        default_factory=lambda: {
            AssetClass.EQUITY: Decimal("0.0005"),
            AssetClass.OPTION: Decimal("0.001"),
            AssetClass.CRYPTO: Decimal("0.002"),
        }
    )
    default_value: Decimal = Decimal("0.001")
    cash: Decimal = Decimal("0.01")
    cost_basis: Decimal = Decimal("0.001")
    price_age_sessions: int = 1


@dataclass(frozen=True, slots=True)
class ResolutionCaps:
    """How much the automatic rules may resolve in one run before a person must look."""

    enabled: bool = True
    max_count: int = 25
    max_money: Decimal = Decimal(25_000)  # per break, base currency; proven dividends, fees and splits
    max_money_run: Decimal = Decimal(100_000)
    max_money_timing: Decimal = Decimal(1_000_000)  # per break; differences that clear by themselves, nothing is booked
    rounding_quantity: Decimal = Decimal("0.00001")  # units, fractional rounding
    rounding_money: Decimal = Decimal("1")


@dataclass(frozen=True, slots=True)
class Severities:
    """Money at risk (base currency) and age (sessions) from which a break weighs more."""

    warning_money: Decimal = Decimal(1)
    critical_money: Decimal = Decimal(100)
    critical_age: int = 3


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Apprise targets by severity, as references (`env:TIEOUT_ALERT_URL`), never the URLs themselves.

    fallback            tried in order where a target does not take a warning or something critical
    repeat_after_s      after which a trouble that lasts is told again; doubled each time, up to longest_repeat_s
    burst, roll_up_s    messages of one kind that a target takes in such a window; what is more leaves as one
    budget_per_hour     messages to one target, beyond which only what is critical leaves
    quiet_hours         when only what is critical leaves
    critical_money      at risk, base currency, from which any message is critical
    critical_after_s    after which a warning that nobody has taken is critical
    close_within_s      of the end of a session, in which its close must have been confirmed
    """

    critical: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    repeat_after_s: float = 900.0
    longest_repeat_s: float = 43_200.0
    burst: int = 3
    roll_up_s: float = 300.0
    budget_per_hour: int = 20
    quiet_hours: tuple[Outage, ...] = ()
    critical_money: Decimal = Decimal(100_000)
    critical_after_s: float = 86_400.0
    close_within_s: float = 14_400.0


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How often the watch looks, and when it believes what it sees.

    down_after, up_after    probes in a row without, and with, an answer
    slow_ms                 from which an answer counts as slow
    metrics_port            of Prometheus' metrics; 0 for none
    lease_s                 how long a watch that died keeps the next one waiting
    """

    probe_every_s: float = 30.0
    risk_every_s: float = 60.0
    down_after: int = 3
    up_after: int = 2
    slow_ms: int = 3_000
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9464
    lease_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `tieout.toml` and the environment say."""

    accounts: dict[AccountId, AccountSettings]
    # a URL may hold a database password, so neither is shown
    journal_url: str = field(default="sqlite:///data/journal.sqlite", repr=False)
    warehouse_url: str = field(default="duckdb:///data/tieout.duckdb", repr=False)
    output_dir: str = "data/out"  # reports, Data Docs
    public_url: str | None = None  # where output_dir can be reached by a browser, for links in the Prefect UI
    retry_delays_s: tuple[float, ...] = (5.0, 30.0, 120.0)  # waits before a read is tried again
    lease_s: float = 600.0  # how long a run holds its account before another may take it over
    tolerances: Tolerances = field(default_factory=Tolerances)
    caps: ResolutionCaps = field(default_factory=ResolutionCaps)
    severities: Severities = field(default_factory=Severities)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    windows: tuple[Window, ...] = USUAL
    approvers: dict[str, Approver] = field(default_factory=dict)
    credentials: dict[CredentialId, CredentialSettings] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=Agreement)
    going_live: GoingLive = field(default_factory=GoingLive)
    signals: SignalSettings = field(default_factory=SignalSettings)
    options: OptionSettings = field(default_factory=OptionSettings)
    large_positions: LargePositionSettings = field(default_factory=LargePositionSettings)
    plan: PlanSettings = field(default_factory=PlanSettings)
    environment: dict[str, str] = field(default_factory=dict)  # the known non-secret names, as given
