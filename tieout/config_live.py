"""The `[going_live]` table."""

from __future__ import annotations

from tieout.live_settings import GoingLive
from tieout.toml_table import TomlTable


def parse_going_live(root: TomlTable) -> GoingLive:
    """What must be proven first.

    raises    ConfigError naming the key and what to write instead
    """
    table, usual = root.table("going_live"), GoingLive()
    found = GoingLive(
        enforced=table.flag("enforced", usual.enforced),
        paper_sessions=table.whole("paper_sessions", usual.paper_sessions, least=0),
        clean_sessions=table.whole("clean_sessions", usual.clean_sessions, least=0),
        people=table.whole("people", usual.people, least=0),
        halt_rehearsed=table.flag("halt_rehearsed", usual.halt_rehearsed),
    )
    table.close()
    return found
