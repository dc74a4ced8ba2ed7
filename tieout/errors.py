"""Every error tieout raises, as one tree that asks one question: is an order working over there?

TieoutError
├── ConfigError            settings disagree: stop before anything is sent
├── DataError              a file or record we were given cannot be used as it stands
│   └── Malformed          an answer or file whose content is unreadable; carries what was received
├── SecretSourceError      where a secret is kept cannot be opened now: locked, denied, throttled, out of reach
├── StoreError             our own records cannot be read or written
│   └── StoreVersionError  the database is newer (or older) than this program
├── NotDelivered           an alert did not reach its target: told in the run, which stands as it is
└── BrokerError            all that leaves an adapter; SDK and HTTP errors never do
    ├── Unsupported        the venue lacks the capability; raised before anything is sent
    ├── Rejected           no, and final
    │   ├── InsufficientFunds, InvalidOrder, NotTradable, MarketClosed, DuplicateOrder
    │   ├── Unauthorised   the key was refused or has lapsed: stop the account
    │   └── NotFound       the venue itself says there is no such thing
    ├── Ambiguous          maybe: look it up by our own id, never resend
    └── Unavailable        nothing can have happened: ask again later
        ├── KnownDown      the same, for a venue that our own probes find down: what may go elsewhere does
        ├── RateLimited    the same, with retry_after_s; only where documented as not accepted
        ├── PlannedOutage  the same, for hours at which the venue is known to be away
        └── Unreadable     a read was answered with something we cannot parse: kept, quarantined, never guessed
"""

from __future__ import annotations

from datetime import datetime

from tieout.redact import known_removed


class TieoutError(Exception):
    """The root: everything tieout raises on purpose. The message says what, where and what to do; never a secret."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(known_removed(one) if isinstance(one, str) else one for one in args))


class ConfigError(TieoutError):
    """Settings disagree or are missing: stop before anything is sent."""


class DataError(TieoutError):
    """A file or record we were given cannot be used as it stands."""


class Malformed(DataError):
    """Content that cannot be read. `received` keeps what was there, cut to a readable length."""

    def __init__(self, message: str, *, received: str = "") -> None:
        super().__init__(message)
        self.received = received


class SecretSourceError(TieoutError):
    """A place where secrets are kept cannot be opened now: locked, denied, throttled or out of reach. Holds no secret.

    retry    whether asking again may help by itself
    """

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


class StoreError(TieoutError):
    """Our own records cannot be read or written."""


class StoreVersionError(StoreError):
    """The database was written by another version of tieout."""


class NotDelivered(TieoutError):
    """An alert did not reach a target. Names the target by its reference, never by its URL; no run fails for it."""


class BrokerError(TieoutError):
    """All that leaves an adapter.

    broker    names the venue; code: the venue's own, if it gave one
    advice    what a person does about it, where the adapter knows; the message says it too
    """

    advice: str = ""

    def __init__(self, broker: str, message: str, *, code: str | None = None) -> None:
        message = known_removed(message)
        super().__init__(f"{broker}: {message}" + (f" [{code}]" if code else ""))
        self.broker = broker
        self.reason = message
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Prefect pickles exceptions between processes; keyword-only arguments need help."""
        return _rebuild, (type(self), self.broker, self.reason, self.code, self.__dict__)


def _rebuild(
    kind: type[BrokerError], broker: str, reason: str, code: str | None, state: dict[str, object]
) -> BrokerError:
    error = kind(broker, reason, code=code)
    error.__dict__.update(state)
    return error


class Unsupported(BrokerError):
    """The venue lacks this capability. Raised before anything is sent."""


class Rejected(BrokerError):
    """No, and final: the venue refused and nothing is working there."""


class InsufficientFunds(Rejected):
    """Not enough cash, buying power or quantity."""


class InvalidOrder(Rejected):
    """The order's fields were refused."""


class NotTradable(Rejected):
    """The instrument is unknown to the venue or not tradable there."""


class MarketClosed(Rejected):
    """The venue takes no such order at this hour."""


class DuplicateOrder(Rejected):
    """The client order id was used before: an answer, so fetch that order."""


class Unauthorised(Rejected):
    """The key was refused or has lapsed: stop the account."""


class NotFound(Rejected):
    """The venue itself says there is no such thing."""


class Ambiguous(BrokerError):
    """Maybe: a timeout or reset after sending, a 5xx, an unreadable answer to a write. Look it up, never resend."""


class Unavailable(BrokerError):
    """Nothing can have happened: connection refused, a read that failed, our own limiter. Ask again later."""


class KnownDown(Unavailable):
    """As Unavailable, for a venue that our own probes find down: nothing new is sent there while they do."""


class RateLimited(Unavailable):
    """As Unavailable, with the venue's own waiting time in seconds where it gave one."""

    retry_after_s: float | None = None


class PlannedOutage(Unavailable):
    """As Unavailable, for hours at which the venue is known to be away. It is back at `until`, aware UTC."""

    until: datetime | None = None


class Unreadable(Unavailable):
    """A read was answered with something we cannot parse. The answer is kept and quarantined, never guessed at."""

    received: str = ""
