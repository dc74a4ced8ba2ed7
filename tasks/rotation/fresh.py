"""A fresh process that opens an account by its reference, as any flow run will: `python -m tasks.rotation.fresh`.

What works in the process that made a key may work by what that one remembers. This one remembers nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from tieout.errors import TieoutError
from tieout.rotation_types import Lost, NotSent, Outcome, Refused, Worked

LIMIT_S = 180.0
_NAMED: dict[str, Callable[[str], Outcome]] = {
    "worked": Worked,
    "refused": Refused,
    "not_sent": NotSent,
    "lost": Lost,
}


def verify(account_id: str, version: str) -> Outcome:
    """Whether a fresh process can use the version that a reference now leads to.

    Its answer is one line of JSON that says what came of it; nothing secret passes between the two.
    """
    command = [sys.executable, "-m", "tasks.rotation.fresh", account_id, version]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell, arguments are names
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        return NotSent(f"the fresh process did not answer ({type(error).__name__})")
    try:
        said = json.loads(done.stdout.strip().rpartition("\n")[2])
        return _NAMED[said["outcome"]](f"fresh process: {said['words']}")
    except (ValueError, KeyError, TypeError):
        return NotSent(f"the fresh process ended with {done.returncode} and said nothing that can be read")


def look(account_id: str, version: str) -> Outcome:
    """What this process finds."""
    from brokers.http.calls import CallLog
    from tasks.audit import keep_calls
    from tasks.rotation.probe import outcome_of, probe
    from tasks.secrets.opening import open_source
    from tasks.settings import load_settings
    from tieout.ids import AccountId

    try:
        settings = load_settings()
        account, calls = settings.accounts[AccountId(account_id)], CallLog()
        source = open_source(str(account.credential), account_id)
        if source.current() != version:
            return Refused(f"the reference leads to {source.current()}, not to {version}")
        try:
            return Worked(probe(settings, account, source.read(), calls).words)
        finally:
            keep_calls(settings, account.account.account_id, calls)
    except TieoutError as error:
        return outcome_of(error)


def main() -> None:
    """One line of JSON on stdout."""
    found = look(*sys.argv[1:3])
    name = next(name for name, kind in _NAMED.items() if kind is type(found))
    sys.stdout.write(json.dumps({"outcome": name, "words": found.words}) + "\n")


if __name__ == "__main__":
    main()
