"""Announcing what is going to leave, enter or change in an account. With approvers, two people must say so."""

from __future__ import annotations

from datetime import UTC, datetime

from tasks.acts import Wish
from tasks.clock import now
from tasks.stores import Stores
from tieout.acts import Act
from tieout.agreement import ActKind
from tieout.announced import Announcement, said
from tieout.closing import choose_accounts
from tieout.errors import DataError
from tieout.ids import AccountId, derived_text
from tieout.transfers import Terms, What


def wish_for(stores: Stores, account: str, terms: Terms, until: datetime, by: str, reason: str) -> Wish:
    """What a person wants to announce, as an act.

    until     UTC, the last moment at which it may happen
    raises    ConfigError for an unknown account, DataError for a time that is over
    """
    (chosen,) = choose_accounts(stores.settings, [account])
    if until <= now():
        raise DataError(f"{until:%Y-%m-%d %H:%M} UTC is over already: nothing can be expected by then")
    subject = f"{account}: {said(terms)} by {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    what = {"what": terms.what.value, "subject": terms.subject, "value": terms.value}
    told = {"account_id": chosen.account.account_id, "until": until.astimezone(UTC).isoformat(), **what}
    return Wish(ActKind.TRANSFER, subject, told, by, reason)


def announce(stores: Stores, one: Act, by: str) -> Announcement:
    """Keep what people agreed to expect; the same act again changes nothing."""
    from sql.announced import append_announcement

    told = one.terms
    made = Announcement(
        derived_text("EXP", one.act_id),
        AccountId(told["account_id"]),
        Terms(What(told["what"]), told["subject"], told["value"]),
        by,
        one.reason,
        one.asked_at,
        datetime.fromisoformat(told["until"]),
    )
    with stores.journal.write() as journal:
        append_announcement(journal, made, now())
    return made
