"""The `[agreement]` table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tieout.agreement import ActKind, Agreement
from tieout.approvers import Approver, Role
from tieout.toml_table import TomlTable


def parse_agreement(root: TomlTable, approvers: Mapping[str, Approver]) -> Agreement:
    """How many people must agree to what.

    raises    ConfigError where more are asked for than there are: nobody could ever do it
    """
    table = root.table("agreement")
    may = sum(one.role is not Role.OPERATOR for one in approvers.values())
    needed = {kind: table.whole(kind.value, 0) for kind in ActKind if table.has(kind.value)}
    for kind, people in needed.items():
        if people > may:
            raise table.complain(kind.value, f"asks for {people} people, and {may} approvers or admins are configured")
    usual = Agreement()
    seconds = table.seconds("time_to_agree_s", usual.time_to_agree.total_seconds())
    table.close()
    return Agreement(needed, timedelta(seconds=seconds))
