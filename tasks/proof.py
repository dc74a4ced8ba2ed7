"""Proving who a person is by a one-time code: RFC 6238. A code serves once, and none goes back in time.

The code before and after the present one are good as well, for clocks that differ by half a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tasks.clock import now, wall_clock
from tasks.credentials import open_reference
from tasks.stores import Stores
from tieout.approvers import Approver
from tieout.errors import ConfigError, DataError

STEP_S = 30
DRIFT = 1  # steps before and after


class NotProven(DataError):
    """The answer does not count: nobody proved to be an approver. The question stays open."""


def prove(stores: Stores, name: str, code: str, about: Sequence[str]) -> Approver:
    """The person behind a name and a one-time code.

    about     what it is for; a refusal is audited with it
    raises    NotProven where they do not go together, ConfigError for a secret that cannot be opened
    """
    person = stores.settings.approvers.get(name)
    step = None if person is None else step_of(_secret(person), code, wall_clock())
    if person is not None and step is not None and first_use(stores, person.name, step):
        return person
    _audit_refusal(stores, person, about)
    raise NotProven("name and one-time code do not go together, or the code was used before; the question stays open")


def step_of(secret: str, code: str, moment: datetime) -> int | None:
    """The time step that a code belongs to; None for a wrong one. Compared in constant time by the library."""
    import pyotp

    digits = code.strip().replace(" ", "")
    clock = pyotp.TOTP(secret, interval=STEP_S)
    present = int(moment.timestamp()) // STEP_S
    near = range(present - DRIFT, present + DRIFT + 1)
    return max((one for one in near if pyotp.utils.strings_equal(digits, clock.at(one * STEP_S))), default=None)


def first_use(stores: Stores, name: str, step: int) -> bool:
    """Whether no code of this step or a later one was used: each serves once, and none goes back in time."""
    from sql.one_time_codes import use

    with stores.journal.write() as journal:
        return use(journal, name, step, now())


def _secret(person: Approver) -> str:
    secret = open_reference(person.totp, f"approvers.{person.name}")
    if not secret:
        raise ConfigError(f"approver {person.name}: {person.totp} holds no secret")
    return secret


def _audit_refusal(stores: Stores, claimed: Approver | None, about: Sequence[str]) -> None:
    """Names that nobody has are left out: people type codes and passwords into the wrong field."""
    from sql.audit import append

    who, subject = claimed.name if claimed is not None else "unknown", about[0] if about else ""
    with stores.journal.write() as journal:
        append(journal, actor=who, action="code.refused", subject=subject, detail={"about": list(about)}, now=now())
