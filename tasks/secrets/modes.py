"""Who may read a file that holds a secret: its owner, and nobody else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tieout.errors import ConfigError

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
PRIVATE = 0o600


def require_private(path: Path) -> None:
    """Refuse a file that others can read or change, or that somebody else owns.

    raises    ConfigError with the command that puts it right. Nothing is checked where the system knows no such modes
    """
    if not hasattr(os, "getuid"):
        return
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: is no regular file; a secret is not read from there")
    if found.st_uid not in {os.getuid(), 0}:
        raise ConfigError(f"{path}: belongs to another user (uid {found.st_uid}), who could change it under us")
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise ConfigError(f"{path}: mode {mode:o} lets others read or change it: chmod 600 {path}")
