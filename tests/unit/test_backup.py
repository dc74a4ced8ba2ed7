"""A backup's manifest: what is written is read, and nothing that differs from it is let pass."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.audit import Head
from tieout.backup import FORMAT, Manifest, Member, Part, damages, obstacles, read, written
from tieout.errors import DataError

MADE = datetime(2026, 3, 2, 22, tzinfo=UTC)
KNOWN = {"journal": ("0001", "0002"), "warehouse": ("0001",)}
FILES = {"journal": "sqlite", "warehouse": "duckdb"}
names = st.text("abcdef/._", min_size=1, max_size=12)
members = st.builds(Member, names, st.integers(0, 10**12), st.text("0123456789abcdef", min_size=64, max_size=64))


def part(store: str, dialect: str, *files: Member, revision: str = "0001") -> Part:
    return Part((store,), dialect, {store: revision}, files, {})


def manifest(*files: Member) -> Manifest:
    parts = (part("journal", "sqlite", *files[:1]), part("warehouse", "duckdb", *files[1:]))
    return Manifest(MADE, "0.1.0", Head(7, "ab"), parts)


@given(st.lists(members, min_size=2, max_size=6), st.dictionaries(names, st.integers(0, 2**63 - 1)))
def test_what_is_written_is_read(files: list[Member], sequences: dict[str, int]) -> None:
    made = manifest(*files)
    made = replace(made, parts=(replace(made.parts[0], sequences=sequences), made.parts[1]))

    assert read(written(made), "here") == made


@given(st.lists(members, min_size=2, max_size=6, unique_by=lambda one: one.name))
def test_a_whole_backup_has_no_damage(files: list[Member]) -> None:
    assert list(damages(manifest(*files), files)) == []


def test_every_difference_is_named() -> None:
    files = [Member("a", 1, "00"), Member("b", 1, "11"), Member("c", 1, "22")]
    found = [Member("a", 2, "00"), Member("b", 1, "ff"), Member("d", 1, "33")]

    told = list(damages(manifest(*files), found))

    assert told == [
        "a has 2 bytes, not 1",
        "b was changed: its checksum differs",
        "c is missing",
        "d does not belong to it",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", json.dumps({"format": FORMAT}), json.dumps({"format": "tieout-backup-9"}), '{"format": null}'],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="here"):
        read(text, "here")


def test_a_manifest_is_read_whole_or_not_at_all() -> None:
    told = json.loads(written(manifest(Member("a", 1, "00"))))
    for key in told:
        with pytest.raises(DataError):
            read(json.dumps({name: value for name, value in told.items() if name != key}), "here")


def test_a_backup_that_fits_meets_no_obstacle() -> None:
    assert list(obstacles(manifest(), FILES, KNOWN, shared=False)) == []


def test_another_kind_of_store_a_newer_version_and_another_layout_are_told() -> None:
    made = replace(
        manifest(), parts=(part("journal", "sqlite", revision="0003"), part("warehouse", "duckdb", revision="0001"))
    )

    told = list(obstacles(made, {"journal": "postgresql", "warehouse": "postgresql"}, KNOWN, shared=True))

    assert told[0] == "it holds two databases, and the settings name one"
    assert told[1] == "its journal is sqlite, and the settings name postgresql"
    assert told[2].startswith("its journal is at version 0003, this program knows up to 0002")
    assert told[3] == "its warehouse is duckdb, and the settings name postgresql"


def test_one_database_does_not_fit_where_the_settings_name_two() -> None:
    shared = Part(("journal", "warehouse"), "postgresql", {"journal": "0001", "warehouse": "0001"}, (), {})
    made = replace(manifest(), parts=(shared,))
    there = {"journal": "postgresql", "warehouse": "postgresql"}

    assert list(obstacles(made, there, KNOWN, shared=True)) == []
    assert list(obstacles(made, there, KNOWN, shared=False)) == ["it holds one, and the settings name two"]
