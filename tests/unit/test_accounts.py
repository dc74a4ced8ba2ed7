from __future__ import annotations

import pytest

from tieout.accounts import Account, Identity, Mode, require_mode
from tieout.errors import ConfigError
from tieout.ids import AccountId


def an_account(mode: Mode) -> Account:
    return Account(AccountId("alpaca-main"), "alpaca", mode, "USD", "XNYS")


def an_identity(mode: Mode) -> Identity:
    return Identity("…1234", mode, ("key starts with PK", "endpoint is paper"), "USD")


@pytest.mark.parametrize("mode", list(Mode))
def test_the_proven_mode_may_be_the_configured_one(mode: Mode) -> None:
    require_mode(an_account(mode), an_identity(mode))


@pytest.mark.parametrize(("configured", "proven"), [(Mode.PAPER, Mode.LIVE), (Mode.LIVE, Mode.PAPER)])
def test_another_mode_is_refused_with_its_evidence(configured: Mode, proven: Mode) -> None:
    with pytest.raises(ConfigError) as caught:
        require_mode(an_account(configured), an_identity(proven))
    message = str(caught.value)
    for part in ("alpaca-main", f"configured as {configured}", f"prove {proven}", "key starts with PK"):
        assert part in message
