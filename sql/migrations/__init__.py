"""Alembic migrations of the two stores, run by the program itself when a store is opened.

Each store has its own folder and its own version table, for both may live in one PostgreSQL database. A new migration
is a file `rNNNN_what.py` in `<store>/versions/` whose `revision` is that NNNN; released files are never edited.
Alembic takes most of a second to import: the version is read without it, and it is imported only when there is work.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

from tieout.errors import StoreVersionError

_FILE = re.compile(r"^r(\d{4})_\w+\.py$")
_ROOT = Path(__file__).parent


def version_table(store: str) -> str:
    """Where a store notes its version: `alembic_version_journal`, `alembic_version_warehouse`."""
    return f"alembic_version_{store}"


@cache
def revisions(store: str) -> tuple[str, ...]:
    """The versions this program knows, oldest first, from the names of the files."""
    found = (_FILE.match(path.name) for path in (_ROOT / store / "versions").iterdir())
    return tuple(sorted(match[1] for match in found if match))


def read_version(connection: Connection, store: str) -> str | None:
    """The version a database notes for a store, None where it has none yet."""
    return _noted(connection, store) if inspect(connection).has_table(version_table(store)) else None


def _noted(connection: Connection, store: str) -> str | None:
    version = column("version_num", String)
    return connection.execute(select(version).select_from(table(version_table(store), version))).scalar()


def is_current(connection: Connection, store: str, where: str, *, migrated: bool = False) -> bool:
    """Whether the database is at our newest version; False when it is older or empty.

    where       the store's URL without its password
    migrated    the database is known to have a version table, so nobody needs to look for it
    raises      StoreVersionError naming both versions when the database is newer than this program
    """
    found = _noted(connection, store) if migrated else read_version(connection, store)
    newest = revisions(store)[-1]
    if found is not None and found not in revisions(store):
        raise StoreVersionError(
            f"{where}: the {store} is at version {found}, this program knows versions up to {newest}. "
            "A newer tieout wrote it: update this installation (the same version everywhere), or restore the backup "
            "from before the update. Nothing was changed."
        )
    return found == newest


def upgrade(connection: Connection, store: str, to: str = "head") -> None:
    """Bring a database to our newest version, or up to an older one, inside the connection's transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    _register_duckdb(connection)
    config = Config()
    config.set_main_option("script_location", str(_ROOT / store).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)

    def steps(revision: object, _context: object) -> object:
        return scripts._upgrade_revs(to, revision)  # type: ignore[arg-type]

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(
            connection=connection, version_table=version_table(store), transaction_per_migration=False
        )
        environment.run_migrations()


def _register_duckdb(connection: Connection) -> None:
    if connection.dialect.name == "duckdb":
        import duckdb_sqlalchemy.alembic_impl  # noqa: F401  it registers itself, and only when imported after Alembic
