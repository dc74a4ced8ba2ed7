"""What may go wrong while a key is replaced, each as one preparation of the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.key_ring import VenueKey
from simulator.protocols.faults import Reset, Status
from simulator.protocols.keys import KEYS
from tests.simulation.rotation.world import ADMIN, Desk

ANY_KEY = f"{KEYS}/*"


def none(_: Desk) -> None:
    """All goes well."""


def create_answer_lost(desk: Desk) -> None:
    desk.keys.faults.add(Reset(booked=True), KEYS, "POST")


def create_request_lost(desk: Desk) -> None:
    desk.keys.faults.add(Reset(), KEYS, "POST")


def create_fails_after_it_was_done(desk: Desk) -> None:
    desk.keys.faults.add(Status(503, booked=True), KEYS, "POST")


def create_refused(desk: Desk) -> None:
    desk.keys.most = 2


def new_key_may_withdraw(desk: Desk) -> None:
    desk.keys.given = ("read", "trade", "withdraw")


def new_key_ends_the_old_one(desk: Desk) -> None:
    ring = desk.world.venue.keys
    made = ring.add

    def add(*words: Any, **more: Any) -> VenueKey:
        for key in desk.trading_keys():
            desk.by_venue(key.handle)
        return made(*words, **more)

    ring.add = add  # type: ignore[method-assign]


def fresh_process_is_refused(desk: Desk) -> None:
    desk.refuse_fresh = 1


def new_key_revoked_early(desk: Desk) -> None:
    """Somebody ends the new key just before the fresh process looks."""
    _before_action(desk, "verify", lambda: _end(desk, new=True))


def new_key_revoked_before_the_switch(desk: Desk) -> None:
    _before_action(desk, "compare", lambda: _end(desk, new=True))


def old_key_revoked_early(desk: Desk) -> None:
    _before_action(desk, "compare", lambda: _end(desk, new=False))


def probe_fails_after_the_switch_and_the_old_one_is_gone(desk: Desk) -> None:
    """The worst that has a way out: the old one died, and the first look of the new one came to nothing."""
    desk.refuse_fresh = 1
    _before_action(desk, "switch", lambda: _end(desk, new=False))


def revoke_answer_lost(desk: Desk) -> None:
    desk.keys.faults.add(Reset(booked=True), ANY_KEY, "DELETE")


def revoke_request_lost(desk: Desk) -> None:
    desk.keys.faults.add(Reset(), ANY_KEY, "DELETE")


def revoke_fails_for_a_while(desk: Desk) -> None:
    desk.keys.faults.add(Status(503), ANY_KEY, "DELETE", times=3)


def venue_is_away_for_a_while(desk: Desk) -> None:
    desk.native.faults.add(Status(503), "*", "GET", skip=3, times=4)


def source_fails_once(desk: Desk) -> None:
    desk.fails.append("throttled")


def source_fails_for_long(desk: Desk) -> None:
    desk.fails += ["throttled"] * 3


FAULTS: dict[str, Callable[[Desk], None]] = {
    one.__name__: one
    for one in (
        none,
        create_answer_lost,
        create_request_lost,
        create_fails_after_it_was_done,
        create_refused,
        new_key_may_withdraw,
        new_key_ends_the_old_one,
        fresh_process_is_refused,
        new_key_revoked_early,
        new_key_revoked_before_the_switch,
        old_key_revoked_early,
        probe_fails_after_the_switch_and_the_old_one_is_gone,
        revoke_answer_lost,
        revoke_request_lost,
        revoke_fails_for_a_while,
        venue_is_away_for_a_while,
        source_fails_once,
        source_fails_for_long,
    )
}


def _before_action(desk: Desk, action: str, happens: Callable[[], None]) -> None:
    """Something happens once, just before an action is carried out."""
    desk.before[action] = happens


def _end(desk: Desk, *, new: bool) -> None:
    """The venue ends a key by itself."""
    for key in desk.trading_keys():
        if key.label.startswith("main-key-") == new and key.key_id != ADMIN[0]:
            desk.by_venue(key.handle)
