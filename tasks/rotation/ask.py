"""Asking a person for what no program may make: a login, a new key, the end of an old one.

The flow run pauses with a typed form that says what is wanted, by when, and where the secret is to be typed: on a
page of this machine's loopback, or at the prompt of `tieout credentials set`. The form itself only confirms, for
Prefect keeps what is typed into it: it has a yes and a name, and no box that a secret would fit into.
"""

from __future__ import annotations

import secrets as words_of_chance
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from prefect.input import RunInput
from pydantic import Field

from tasks.clock import now, wall_clock
from tasks.log import run_logger
from tasks.pause import ask_person
from tasks.rotation.page import NotTaken, Page, served
from tasks.rotation.steps import hands_of, look_again, take_step
from tasks.rotation.supply import ADDRESS, asked_parts, login_address, made_of, supply
from tasks.rotation.work import MOST_STEPS, Stand, stand_of
from tasks.runs import holder, is_dead
from tasks.settings import load_settings
from tasks.stores import open_stores
from tieout.due import countdown
from tieout.errors import StoreError, TieoutError
from tieout.redact import redact_text
from tieout.rotation_types import Action, Rotation

LEASE_KEY = "credentials:asking"
NAME = r"^[A-Za-zÀ-ÿ .'-]{1,40}$"  # a person's name; no key and no address fits


class SuppliedForm(RunInput):
    """What a person fills in. The secret is typed elsewhere."""

    done: bool = Field(default=False, description="Tick this when you have done what is asked above.")
    who: str = Field(pattern=NAME, max_length=40, description="Your name. Never a secret: Prefect keeps this form.")


def ask_people(stands: Sequence[Stand], seconds: int) -> tuple[Stand, ...]:
    """Ask for what waits for a person, for at most so many seconds; where it stands afterwards.

    One run asks at a time; tokens are refreshed by other runs meanwhile.
    """
    waiting = [one for one in stands if one.waits_for_person]
    if not waiting or seconds <= 0:
        return tuple(stands)
    try:
        with _asking(timedelta(seconds=seconds)):
            _ask_until(waiting, now() + timedelta(seconds=seconds))
    except StoreError as error:
        run_logger().info("%s", error)
        return tuple(stands)
    return tuple(stand_of(_row(one)) for one in stands)  # a login changes what the token's row says too


@contextmanager
def _asking(span: timedelta) -> Iterator[None]:
    from sql.leases import acquire, release

    with open_stores() as stores, stores.journal.write() as journal:
        lease = acquire(journal, LEASE_KEY, holder(), now(), span + timedelta(minutes=1), is_dead)
    try:
        yield
    finally:
        with open_stores() as stores, stores.journal.write() as journal:
            release(journal, lease, now())


def _ask_until(waiting: list[Stand], until: datetime) -> None:
    found = {(one.credential_id, one.part): one for one in waiting}
    while (open_ := [one for one in found.values() if one.waits_for_person]) and now() < until:
        rows = [_row(one) for one in open_]
        pages = {row.label: _page(row) for row in rows if row.action is Action.ASK}
        with served(tuple(pages.values()), _port(rows)) as base:
            form = _paused(_wanted(rows, {label: base + page.path for label, page in pages.items()}), rows, until)
        if form is None:
            break
        run_logger().info("%s says that it is done", form.who)
        found |= {(one.credential_id, one.part): _taken(one) for one in open_ if form.done}


def _taken(stand: Stand) -> Stand:
    """Go on with what a person says they have done, until it rests or waits again."""
    stand = look_again(stand.credential_id, stand.part)
    for _ in range(MOST_STEPS):
        if stand.held or stand.waits_for_person or not stand.ready:
            return stand
        stand = take_step(stand.credential_id, stand.part)
    return stand


def _paused(evidence: str, rows: Sequence[Rotation], until: datetime) -> SuppliedForm | None:
    """One pause, one answer; None where nobody gave one."""
    end = wall_clock() + (until - now())  # a rehearsed time may stand still
    form = ask_person(
        SuppliedForm.with_initial_data(description=evidence),
        key=f"{rows[0].label}-{words_of_chance.token_hex(4)}",
        until=until,
        over=lambda: wall_clock() >= end,
        nothing={"done": False, "who": "nobody"},
    )
    if form is None:
        run_logger().warning("nobody answered; the next run asks again")
    return form


def _row(stand: Stand) -> Rotation:
    from sql.rotations import read_rotation

    with open_stores() as stores, stores.journal.read() as journal:
        found = read_rotation(journal, stand.credential_id, stand.part)
    assert found is not None  # noqa: S101 - it waits for a person, so it is there
    return found


def _page(row: Rotation) -> Page:
    hands = hands_of(load_settings(), row.credential_id)
    parts, state = asked_parts(hands), words_of_chance.token_urlsafe(18)
    page = Page(f"{row.credential_id}: {row.reason}", parts, _taker(row, state))
    if parts == (ADDRESS,):
        page.login = login_address(hands.credential, hands.source.read(), state)
        page.back_path = _own_path(hands.credential.redirect_url)
    return page


def _taker(row: Rotation, state: str) -> Callable[[Mapping[str, str]], str]:
    """Store what a person gives; whatever is wrong with it is told on the page, without it."""

    def take(given: Mapping[str, str]) -> str:
        hands = hands_of(load_settings(), row.credential_id)
        try:
            return supply(hands, str(row.label), made_of(hands, given, state), row.venue_account)
        except TieoutError as error:
            raise NotTaken(redact_text(str(error), given.values())) from None

    return take


def _port(rows: Sequence[Rotation]) -> int:
    """The port of a login's way back, where that is on this machine; otherwise any."""
    settings = load_settings()
    for row in rows:
        url = settings.credentials[row.credential_id].redirect_url
        if row.action is Action.ASK and _own_path(url) is not None:
            return urlsplit(str(url)).port or 0
    return 0


def _own_path(url: str | None) -> str | None:
    """The path of a way back that leads to a page of ours."""
    parts = urlsplit(url or "")
    is_ours = parts.scheme == "http" and parts.hostname == "127.0.0.1" and parts.port
    return parts.path if is_ours else None


def _wanted(rows: Sequence[Rotation], pages: Mapping[str | None, str]) -> str:
    """What the person is shown."""
    settings = load_settings()
    lines = ["### Credentials wait for a person" if len(rows) > 1 else "### A credential waits for a person", ""]
    for row in rows:
        credential = settings.credentials[row.credential_id]
        lines += [f"**{row.credential_id}** ({', '.join(credential.accounts)}): {_what(row)}", ""]
        lines.append(f"- why: {redact_text(row.reason)}")
        lines.append(f"- who: {credential.owner}")
        if row.deadline is not None:
            left = countdown(row.deadline, now())
            words = "" if left is None else ", which is over" if left == "nothing" else f", {left} or less from now"
            lines.append(f"- by {row.deadline:%Y-%m-%d %H:%M} UTC{words}")
        if row.label in pages:
            lines.append(f"- type it here, in a browser on the machine of this run: {pages[row.label]}")
            lines.append(f"- or at a prompt there: `tieout credentials set {row.credential_id}`")
        lines.append("")
    return "\n".join([*lines, "Then confirm below. Never type a secret into this form."])


def _what(row: Rotation) -> str:
    if row.action is Action.ASK_REVOKE:
        return "revoke the old key at the venue; the new one is in use and works"
    return "log in again" if row.part != "key" else "make a new key at the venue, with the rights of the old one"
