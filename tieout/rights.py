"""What a credential may do beyond what it needs. Pure."""

from __future__ import annotations

from tieout.accounts import Account, Identity
from tieout.errors import ConfigError

_TAKES_OUT = ("withdraw", "payout")
_NOT_GIVEN = frozenset({"false", "0", "no", "off", "none", "disabled", "inactive", "n/a"})


def withdrawal_rights(identity: Identity) -> tuple[str, ...]:
    """The permissions with which money can be taken out, in the venue's words: `withdraw`, `enableWithdrawals=true`."""
    return tuple(one for one in identity.permissions if _takes_out(one))


def require_no_withdrawal(account: Account, identity: Identity, *, accepted: bool) -> None:
    """Refuse to trade with a key that can take money out, unless that was accepted.

    raises    ConfigError naming the rights and both ways on
    """
    rights = withdrawal_rights(identity)
    if rights and not accepted:
        raise ConfigError(
            f"account {account.account_id}: its key can take money out ({', '.join(rights)}), and trading needs no "
            "such right. Take it from the key at the venue, or accept it with `accept_withdrawal = true`."
        )


def _takes_out(permission: str) -> bool:
    name, _, value = permission.partition("=")
    return any(word in name.lower() for word in _TAKES_OUT) and value.strip().lower() not in _NOT_GIVEN
