"""A backup as its manifest describes it: which files, of which stores and versions, and where the audit trail ended.

Pure. A backup that is not exactly what its manifest says is damaged, and nothing of it is restored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tieout.audit import Head
from tieout.errors import DataError

MANIFEST = "manifest.json"
FORMAT = "tieout-backup-1"
PACKED = (".tar", ".tar.gz", ".tgz")
_OTHER_FILES = (
    *(".7z", ".bak", ".bz2", ".db", ".duckdb", ".dump", ".gz", ".lz4", ".rar", ".sql", ".sqlite", ".sqlite3"),
    *(".tar", ".tbz2", ".tgz", ".txz", ".xz", ".zip", ".zst"),
)
TOKENS_AHEAD = 1_000_000
"""What each lease's fencing token is raised by at a restore: more than any token granted since the backup."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup; `name` is its path below the manifest."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """One database.

    stores       `journal`, `warehouse`, or both where they share one
    dialect      `sqlite`, `duckdb` or `postgresql`
    revisions    store -> version of its schema
    files        in the order in which they are read back
    sequences    name -> last number given, on PostgreSQL
    """

    stores: tuple[str, ...]
    dialect: str
    revisions: Mapping[str, str]
    files: tuple[Member, ...]
    sequences: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    made_at    UTC, when the last database was copied
    program    version of tieout that made it
    head       where the audit trail ended
    """

    made_at: datetime
    program: str
    head: Head
    parts: tuple[Part, ...]

    def part_of(self, store: str) -> Part:
        """The database that holds a store."""
        return next(one for one in self.parts if store in one.stores)

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(member for part in self.parts for member in part.files)


def promises_another_file(name: str) -> bool:
    """Whether a backup under that name would be a folder that looks like an archive or a database of another kind."""
    return name.lower().endswith(_OTHER_FILES) and not name.endswith(PACKED)


def written(manifest: Manifest) -> str:
    """The manifest as its file holds it."""
    told = asdict(manifest) | {"format": FORMAT, "made_at": manifest.made_at.astimezone(UTC).isoformat()}
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def read(text: str, place: str) -> Manifest:
    """The manifest that a file holds.

    place     the file's name, for messages
    raises    DataError for anything that `written` would not have written
    """
    try:
        told: dict[str, Any] = json.loads(text)
        if told["format"] != FORMAT:
            raise DataError(f"{place}: is of format {told['format']!r}, this program reads {FORMAT}")
        return Manifest(
            datetime.fromisoformat(told["made_at"]),
            str(told["program"]),
            Head(int(told["head"]["number"]), str(told["head"]["event_hash"])),
            tuple(_part(one) for one in told["parts"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{place}: is no manifest of a backup ({error!r})") from error


def damages(manifest: Manifest, found: Iterable[Member]) -> Iterator[str]:
    """How the files differ from what the manifest says; nothing where the backup is whole."""
    there = {one.name: one for one in found}
    for member in manifest.members:
        actual = there.pop(member.name, None)
        if actual is None:
            yield f"{member.name} is missing"
        elif actual.size != member.size:
            yield f"{member.name} has {actual.size} bytes, not {member.size}"
        elif actual.sha256 != member.sha256:
            yield f"{member.name} was changed: its checksum differs"
    yield from (f"{name} does not belong to it" for name in sorted(there))


def obstacles(
    manifest: Manifest, dialects: Mapping[str, str], known: Mapping[str, tuple[str, ...]], *, shared: bool
) -> Iterator[str]:
    """Why a whole backup cannot go into the configured stores.

    dialects    store -> kind of database that the settings name
    known       store -> versions of its schema that this program has, oldest first
    shared      the settings name one database for both
    """
    if shared != (len(manifest.parts) == 1):
        yield "it holds " + ("two databases, and the settings name one" if shared else "one, and the settings name two")
    for part in manifest.parts:
        for store in part.stores:
            if part.dialect != dialects[store]:
                yield f"its {store} is {part.dialect}, and the settings name {dialects[store]}"
            if part.revisions[store] not in known[store]:
                yield (
                    f"its {store} is at version {part.revisions[store]}, this program knows up to {known[store][-1]}: "
                    "a newer tieout made it"
                )


def _part(told: Mapping[str, Any]) -> Part:
    return Part(
        tuple(told["stores"]),
        str(told["dialect"]),
        {str(store): str(version) for store, version in told["revisions"].items()},
        tuple(Member(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in told["files"]),
        {str(name): int(value) for name, value in told["sequences"].items()},
    )
