"""Looking for secrets in every file and text, in each spelling in which they travel."""

from __future__ import annotations

import stat
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> set[bytes]:
    """Plain, URL-encoded, and base64 by itself or at any place within something longer."""
    coded = secret.encode()
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    within = (b64encode(b"\x00" * shift + coded).decode() for shift in range(3))
    assert len(coded) > 8, "too short to be told from an accident"  # and cut at both ends below
    return {one.encode() for one in plain} | {one.rstrip("=")[4:-4].encode() for one in within}


@dataclass
class Search:
    """Where a secret would be found."""

    folders: tuple[Path, ...]
    texts: list[str] = field(default_factory=list)
    kept_on_purpose: tuple[Path, ...] = ()
    looked: int = 0

    def hits(self, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
        wanted = {name: spellings(secret) for name, secret in secrets.items()}
        found = []
        for where, content in self._contents():
            self.looked += 1
            found += [(name, where) for name, ways in wanted.items() if any(one in content for one in ways)]
        return found

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        for number, text in enumerate(self.texts):
            yield f"text {number}: {text[:60]}", text.encode("utf-8", "replace")
        for folder in self.folders:
            for file in folder.rglob("*"):
                if file.is_file() and not stat.S_ISSOCK(file.stat().st_mode) and file not in self.kept_on_purpose:
                    yield str(file), file.read_bytes()
