from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from tieout.ids import client_order_id, derived_int, derived_text

PARTS = st.lists(st.text() | st.integers() | st.dates(), max_size=4)


def test_a_client_order_id_is_the_same_for_every_try() -> None:
    one = client_order_id("alpaca-main/2026-01-05/KO/1")
    assert one == client_order_id("alpaca-main/2026-01-05/KO/1")
    assert one != client_order_id("alpaca-main/2026-01-05/KO/2")
    assert len(one) == 32
    assert uuid.UUID(one).version == 5


def test_ids_do_not_change_between_releases() -> None:
    """They stand in stores: another value for the same parts would book a record twice."""
    assert client_order_id("intent") == "75643152dae45434817ab3648d2cc6a2"
    assert derived_int("snapshot", "alpaca-main", "2026-01-05", 1) == 2871597419803129
    assert derived_text("BRK", "alpaca-main", "KO") == "BRK-659f0cb06edf"


@given(PARTS)
def test_a_derived_integer_fits_into_what_a_dashboard_can_read(parts: list[object]) -> None:
    number = derived_int(*parts)
    assert 0 <= number < 2**53
    assert number == derived_int(*parts)


@given(st.text(max_size=8), PARTS, st.integers(1, 64))
def test_a_derived_text_has_its_prefix_and_length(prefix: str, parts: list[object], length: int) -> None:
    text = derived_text(prefix, *parts, length=length)
    assert text.startswith(f"{prefix}-")
    assert len(text) == len(prefix) + 1 + length


def test_where_one_part_ends_matters() -> None:
    assert derived_int("ab", "c") != derived_int("a", "bc")
    assert derived_text("X", "ab", "c") != derived_text("X", "a", "bc")
