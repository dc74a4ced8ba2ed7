"""Acts that take the yes of two people: proposed with a one-time code, agreed to with another's, then carried out.

`tieout approve` and the commands that propose share this with the approval of orders. An act that was agreed to and not
carried out, because a process died, is carried out when it is approved again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tasks.clock import now
from tasks.going_live import require_ready
from tasks.proof import prove
from tasks.stores import Stores, open_journal
from tieout.accounts import Identity
from tieout.acts import Act, ActState, enough, people_needed, still_needed, terms_of, why_not
from tieout.agreement import ActKind
from tieout.approvers import Approver
from tieout.errors import ConfigError, DataError
from tieout.rights import withdrawal_rights
from tieout.settings import AccountSettings, Settings

PREFIX = "ACT-"
LONGEST = 64  # characters of the columns that name who did it


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants done, and why.

    terms    what carrying it out needs, JSON-able
    """

    kind: ActKind
    subject: str
    terms: Mapping[str, Any]
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a proposal or an answer.

    told    the same for programs
    """

    words: str
    told: Mapping[str, Any]
    waits: bool = False


def needed(settings: Settings, kind: ActKind) -> int:
    """How many people must agree."""
    return people_needed(kind, settings.agreement, settings.approvers.values())


def propose(stores: Stores, wish: Wish, code: str | None) -> Came:
    """Ask for an act. Where nobody needs to agree it is carried out; otherwise the proposer's code is the first yes.

    code      None: the proposer is not proven, and counts for nobody
    raises    NotProven where name and code do not go together; DataError without name or reason
    """
    if not wish.by.strip() or not wish.reason.strip():
        raise DataError("say who wants it (--by) and why (--reason): both are kept")
    moment, people = now(), needed(stores.settings, wish.kind)
    person = prove(stores, wish.by, code, (wish.kind.value, wish.subject)) if people and code is not None else None
    one = Act(
        f"{PREFIX}{secrets.token_hex(6)}",
        wish.kind,
        wish.subject,
        dict(wish.terms),
        wish.by.strip(),
        wish.reason.strip(),
        people,
        moment,
        moment + stores.settings.agreement.time_to_agree,
    )
    if not people:  # what is done is audited as what it is
        return _HANDS[one.kind](stores, one, one.proposer)
    from sql.acts import ask

    with stores.journal.write() as journal:
        ask(journal, one)
    return _said(stores, one) if person is None else agree(stores, one.act_id, person)


def agree(stores: Stores, name: str, person: Approver) -> Came:
    """A proven person's yes; with the last one that is needed, the act is carried out."""
    from sql.acts import agree as note
    from sql.acts import lock_act, move

    moment = now()
    with stores.journal.write() as journal:
        one = lock_act(journal, name)
        if one.state is not ActState.AGREED:
            if reason := why_not(one, person, moment):
                return _came(name, f"not counted, {reason}", waits=True)
            one = replace(one, agreed=note(journal, one, person.name, moment))
            if not enough(one, one.agreed, stores.settings.approvers):
                return _said(stores, one)
            move(journal, one, ActState.AGREED, person.name, moment)
    return _carry_out(stores, one, ", ".join(one.agreed)[:LONGEST])


def decline(stores: Stores, name: str, person: Approver) -> str:
    """A proven person's no ends it."""
    from sql.acts import lock_act, move

    with stores.journal.write() as journal:
        one = lock_act(journal, name)
        stuck = one.kind is ActKind.BOOK and one.state is ActState.AGREED  # the break has changed since it was proposed
        if one.state is not ActState.ASKED and not stuck:
            return f"{name}: not counted, it is {one.state} already"
        move(journal, one, ActState.DECLINED, person.name, now())
        if one.kind is ActKind.INSTRUCT:
            from tasks.options.instruct import ended_act

            ended_act(journal, one, person.name)
    return f"{name}: declined"


def open_acts(stores: Stores) -> list[Act]:
    """Acts that wait for people."""
    from sql.acts import read_open

    with stores.journal.read() as journal:
        return read_open(journal, now())


def revoke(stores: Stores, kind: ActKind, subject: str, by: str) -> str:
    """Take back what people agreed to. One person is enough to shut a door.

    raises    DataError where nothing stands
    """
    from sql.acts import move, standing

    with stores.journal.write() as journal:
        one = standing(journal, kind, subject)
        if one is None:
            raise DataError(f"{subject}: nobody agreed to that, or it was revoked already")
        move(journal, one, ActState.REVOKED, by, now())
    return f"{one.act_id}: revoked by {by}"


def require_agreed(settings: Settings, account: AccountSettings, kind: ActKind) -> None:
    """Refuse to go on where people must have agreed about an account, and have not, or about other terms.

    raises    ConfigError saying what to do
    """
    from sql.acts import standing

    if not needed(settings, kind):
        if kind is ActKind.LIVE:  # nobody was asked, so nobody has gone through the list either
            require_ready(settings, account)
        return
    name = account.account.account_id
    with open_journal() as opened, opened.read() as journal:
        one = standing(journal, kind, name)
    if one is None or one.terms.get("terms") != terms_of(account):
        changed = "" if one is None else " to what it is now: its key, endpoint or mode was changed"
        raise ConfigError(
            f"account {name}: {needed(settings, kind)} people must agree{changed}. "
            f"`tieout agree {kind.value.replace('_', '-')} {name}` asks them."
        )


def require_rights_agreed(settings: Settings, account: AccountSettings, identity: Identity) -> None:
    """Refuse to use a key that can take money out unless people have agreed to it; raises as `require_agreed`."""
    if withdrawal_rights(identity):
        require_agreed(settings, account, ActKind.WITHDRAWAL_KEY)


def _came(name: str, words: str, told: Mapping[str, Any] | None = None, *, waits: bool = False) -> Came:
    state = {} if told is not None else {"waits": waits}
    return Came(f"{name}: {words}", {"act": name, **(told or {}), **state, "words": words}, waits)


def _said(stores: Stores, one: Act) -> Came:
    words = f"{still_needed(one, stores.settings.approvers)}: `tieout approve {one.act_id} --by NAME`"
    return _came(one.act_id, words, waits=True)


def _carry_out(stores: Stores, one: Act, by: str) -> Came:
    from sql.acts import move

    done = _HANDS[one.kind](stores, one, by)
    with stores.journal.write() as journal:
        move(journal, one, ActState.DONE, by, now())
    return _came(one.act_id, done.words, done.told)


def _resume(stores: Stores, one: Act, by: str) -> Came:
    from tasks.trading.halt import let_go, still_off
    from tasks.trading.halt_outcome import let_go_words
    from tieout.breakers import BreakerName
    from tieout.ids import AccountId

    who = AccountId(one.subject)
    lifted = let_go(stores, who, one.reason, by, BreakerName(one.terms["breaker"]))
    told = let_go_words(who, lifted, still_off(stores, who))
    return Came(told["words"], told)


def _book(stores: Stores, one: Act, by: str) -> Came:
    """An act about the book either takes a resolution back, or makes one."""
    return _resolve(stores, one, by) if "how" in one.terms else _undo(stores, one, by)


def _resolve(stores: Stores, one: Act, by: str) -> Came:
    from tasks.by_hand import carry_out

    return carry_out(stores, one, by)


def _undo(stores: Stores, one: Act, by: str) -> Came:
    from sql.cases import undo_resolution

    case = undo_resolution(stores.journal, one.subject, by, one.reason, now())
    words = f"{case.break_id} is {case.state} again. What was booked for it is reversed by entries of its own."
    return Came(words, {"break_id": case.break_id, "state": case.state, "by": by, "reason": one.reason})


def _stands(_stores: Stores, one: Act, by: str) -> Came:
    return Came(f"agreed by {by}: {one.words}", {"kind": one.kind, "account": one.subject, "by": by})


def _expect(stores: Stores, one: Act, by: str) -> Came:
    from tasks.announced import announce

    made = announce(stores, one, by)
    words = f"{made.account_id}: {made.words} is expected as {made.announced_id}"
    return Came(words, {"expected": made.announced_id, "account": made.account_id, "by": by, "words": words})


def _instruct(stores: Stores, one: Act, by: str) -> Came:
    from tasks.options.instruct import carry_out_act

    return carry_out_act(stores, one, by)


_HANDS: dict[ActKind, Callable[[Stores, Act, str], Came]] = {
    ActKind.RESUME: _resume,
    ActKind.BOOK: _book,
    ActKind.LIVE: _stands,
    ActKind.WITHDRAWAL_KEY: _stands,
    ActKind.TRANSFER: _expect,
    ActKind.INSTRUCT: _instruct,
}
