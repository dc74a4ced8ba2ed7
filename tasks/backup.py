"""Backup and restore of both stores, as a folder or as one packed file."""

from __future__ import annotations

import errno
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from tasks.audit import user
from tasks.clock import now
from tasks.runs import is_dead
from tasks.stores import Stores, open_stores
from tieout.backup import PACKED, Manifest
from tieout.errors import DataError, StoreError
from tieout.settings import Settings


def make_backup(target: Path) -> Manifest:
    """Copy both stores while flows go on. There is no target until the copy is whole.

    target    a folder that is not there yet, or a file that ends with .tar, .tar.gz or .tgz
    raises    DataError where the target is there already; StoreError for a full disk
    """
    from sql.backup.make import make, urls

    if target.exists():
        raise DataError(f"{target} is there already: a backup never replaces another")
    with open_stores() as stores, _made(target) as folder:
        places = urls(stores.settings.journal_url, stores.settings.warehouse_url)
        manifest = make(stores.journal, stores.warehouse, places, folder, version("tieout"), now())
        _put(folder, target)
        _note(stores, target, manifest)
    return manifest


def restore_backup(source: Path, settings: Settings, *, overwrite: bool) -> tuple[Manifest, tuple[Path, ...]]:
    """Put a backup in the place of both stores, and halt trading until a person lets it go on.

    returns    the manifest, and the files that were replaced under their new names
    raises     DataError for a backup that is damaged or does not fit; StoreError where stores hold something and may
               not be replaced, or are in use
    """
    from sql.backup.make import urls
    from sql.backup.restore import Wish, open_backup, restore

    places = urls(settings.journal_url, settings.warehouse_url)
    with _unpacked(source) as root:
        manifest = open_backup(root, places, str(source))
        _require_nobody_works(settings)
        kept = restore(manifest, root, places, Wish(str(source), user(), overwrite, now()))
    return manifest, kept


def _require_nobody_works(settings: Settings) -> None:
    """A journal that cannot be read is no obstacle: it may be what the backup is needed for."""
    from sql.backup.restore import read_holders
    from sql.engines import parse_url
    from sql.journal import Journal

    url = parse_url(settings.journal_url, "TIEOUT_JOURNAL_URL", ("sqlite", "postgresql"))
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return
    holders: list[str] = []
    with suppress(StoreError):
        journal = Journal.open(settings.journal_url)
        with journal.read() as connection:
            holders = [one for one in read_holders(connection, now()) if not is_dead(one)]
        journal.close()
    if holders:
        raise StoreError(f"runs are at work: {', '.join(holders)}. Let them end, or stop them, and restore then")


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """A private folder beside the target, gone at the end."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as made:
            folder = Path(made) / "backup"
            folder.mkdir(mode=0o700)
            yield folder
    except OSError as error:
        raise StoreError(f"{target}: the backup cannot be written: {error.strerror}") from error


def _put(folder: Path, target: Path) -> None:
    from sql.backup.files import sync

    if not target.name.endswith(PACKED):
        folder.rename(target)
        return
    part = folder.parent / target.name
    with tarfile.open(part, "w" if target.suffix == ".tar" else "w:gz") as packed:
        packed.add(folder, arcname=".")
    part.chmod(0o600)
    sync(part)
    part.rename(target)


def _note(stores: Stores, target: Path, manifest: Manifest) -> None:
    from sql.audit import append

    detail = {"made_at": manifest.made_at, "event": manifest.head.number, "files": len(manifest.members)}
    with stores.journal.write() as journal:
        append(journal, actor=user(), action="store.copied", subject=str(target), detail=detail, now=now())


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    """The backup as a folder."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise DataError(f"{source}: there is no such backup")
    with tempfile.TemporaryDirectory(prefix="tieout-restore-") as made:
        try:
            with tarfile.open(source) as packed:
                packed.extractall(made, filter="data")
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreError(f"{made}: there is no room to unpack {source}; nothing was restored") from error
            raise DataError(f"{source}: cannot be unpacked, nothing was restored ({error})") from error
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise DataError(f"{source}: the packed backup is damaged, nothing was restored ({error})") from error
        yield Path(made)
