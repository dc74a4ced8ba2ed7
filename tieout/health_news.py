"""What a broker's health means for trading and for people: a breaker that goes off or lets go, and words. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from tieout.alert import Alert, lasting, quoted
from tieout.breakers import BreakerName, TradingState, Trip
from tieout.health import UNUSABLE, USABLE, Health, HealthState, severity_of
from tieout.recon.types import Severity
from tieout.risk.limits import Limits
from tieout.settings import WatchSettings

SOURCE = "watch"
LIFTED_BY = "connection"
_HALTED = "Trading of it is halted meanwhile."
_ADVICE = {
    HealthState.DOWN: f"{_HALTED} Look at the venue's status page, and at `tieout orders`.",
    HealthState.DEGRADED: "It answers, and trading goes on.",
    HealthState.UNAUTHORISED: f"{_HALTED} Check the key: `tieout doctor`, `tieout credentials list`.",
    HealthState.MISMATCHED: f"{_HALTED} Compare its settings with what the venue says: `tieout doctor`.",
}


def subject_of(health: Health) -> str:
    """What alerts about it are about."""
    return f"broker {health.account_id}"


def trip_of(health: Health, limits: Limits, rules: WatchSettings, now: datetime) -> Trip | None:
    """The breaker that must be off while a broker cannot be used; None where it can, or breakers are switched off.

    It lets go by itself once nobody has said for a while that it lasts: a watch that died halts nobody for ever.
    """
    if health.state not in UNUSABLE or not limits.enable_circuit_breakers:
        return None
    until = now + timedelta(seconds=max(limits.pause_s, 3 * rules.probe_every_s))
    words = f"its broker is {health.state} since {health.since:%Y-%m-%d %H:%M:%S} UTC"
    return Trip(health.account_id, BreakerName.CONNECTIVITY, words, TradingState.HALTED, until=until)


def lets_go(health: Health) -> bool:
    """Whether a connectivity breaker has no reason left."""
    return health.state in USABLE


def compose_trouble(health: Health) -> Alert | None:
    """The message while it is in trouble; None where it is in none. Its words differ only where its state does."""
    severity = severity_of(health.state)
    if severity is None:
        return None
    about = lasting(subject_of(health), health.state, account_id=health.account_id)
    lines = [
        f"{health.broker} of {health.account_id} is {health.state} since {health.since:%Y-%m-%d %H:%M:%S} UTC.",
        f"The last probe said: {quoted(health.reason)}",
        _ADVICE[health.state],
    ]
    return Alert(severity, f"tieout watch: {health.account_id} is {health.state}", "\n".join(lines), (about,), SOURCE)


def compose_over(before: Health, after: Health) -> Alert:
    """The message to whoever heard of the trouble."""
    minutes = round((after.since - before.since).total_seconds() / 60)
    title = f"tieout watch: {after.account_id} is {after.state} again"
    words = f"{after.broker} of {after.account_id} was {before.state} for {minutes} minutes."
    about = lasting(subject_of(after), after.state, account_id=after.account_id)
    return Alert(Severity.INFO, title, words, (about,), SOURCE)


def event_of(before: Health, after: Health) -> dict[str, str]:
    """What goes with the Prefect event of a change."""
    told = {"account": after.account_id, "broker": after.broker, "was": before.state.value, "state": after.state.value}
    return told | {"since": after.since.isoformat(), "reason": quoted(after.reason)}
