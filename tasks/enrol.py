"""Enrolling people: a new secret for one-time codes, proven by a code before it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.clock import now, wall_clock
from tasks.proof import first_use, prove, step_of
from tasks.secrets.opening import open_source
from tasks.stores import Stores
from tieout.approvers import Approver, Role
from tieout.errors import ConfigError, DataError, SecretSourceError
from tieout.secret import VALUE, Secret

ISSUER = "tieout"


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A secret that nobody has yet but the person who sees it. Shows itself nowhere."""

    person: Approver
    secret: str

    @property
    def uri(self) -> str:
        """What the QR code holds."""
        import pyotp

        return pyotp.TOTP(self.secret).provisioning_uri(name=self.person.name, issuer_name=ISSUER)


def is_enrolled(person: Approver) -> bool:
    """Whether the place of the person's secret holds one."""
    try:
        open_source(person.totp, f"approvers.{person.name}", single=True).read()
    except (ConfigError, SecretSourceError):
        return False
    return True


def begin(stores: Stores, name: str, by: str | None, code: str | None) -> Enrolment:
    """Make a secret for a person. Nothing is kept yet.

    by, code    an admin who is enrolled, where there is one: nobody lets themselves in
    raises      ConfigError for a name that is not configured, or a place that cannot be written to; NotProven
    """
    import pyotp

    person = stores.settings.approvers.get(name)
    if person is None:
        raise ConfigError(f"{name!r} is not in [approvers]: add `[approvers.{name}]` with `totp` and `role` first")
    if not open_source(person.totp, f"approvers.{name}", single=True).writable:
        raise ConfigError(
            f"approvers.{name}: {person.totp} cannot be written to; use file:, keyring:, prefect: or aws:"
        )
    admins = [one.name for one in stores.settings.approvers.values() if one.role is Role.ADMIN and is_enrolled(one)]
    if admins:
        if by not in admins or code is None:
            raise DataError(f"an admin must let {name} in: --by {' or '.join(admins)}, with a one-time code")
        prove(stores, by, code, (f"enrol {name}",))
    return Enrolment(person, pyotp.random_base32(32))


def finish(stores: Stores, enrolment: Enrolment, code: str, by: str) -> None:
    """Keep the secret, where the code proves that the person has it.

    raises    DataError for a wrong code: the secret is then forgotten
    """
    from sql.audit import append

    person = enrolment.person
    step = step_of(enrolment.secret, code, wall_clock())
    if step is None:
        raise DataError("the code is wrong: nothing was kept; enrol again, with a new secret")
    source = open_source(person.totp, f"approvers.{person.name}", single=True)
    version = f"e{now():%Y%m%d%H%M%S}"
    source.store(version, Secret({VALUE: enrolment.secret}))
    source.promote(version)
    first_use(stores, person.name, step)
    detail = {"role": person.role, "reference": person.totp, "version": version}
    with stores.journal.write() as journal:
        append(journal, actor=by, action="approver.enrolled", subject=person.name, detail=detail, now=now())
