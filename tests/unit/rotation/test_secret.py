"""A secret and its versions as text: round trips, and nothing of it shows."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.accounts import Account, Identity, Mode
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.rights import require_no_withdrawal, withdrawal_rights
from tieout.secret import KEPT, KEY_ID, SECRET, Secret, Vault, looks_swapped, read_vault, vault_text

words = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=40)
secrets_ = st.dictionaries(words, words, min_size=1, max_size=4).map(Secret)


@given(st.dictionaries(words, secrets_, min_size=1, max_size=4), st.data())
def test_a_vault_comes_back_as_it_was(versions: dict[str, Secret], data: st.DataObject) -> None:
    vault = Vault(data.draw(st.sampled_from([None, *versions])), versions)
    back = read_vault(vault_text(vault), "test")
    assert back.current == vault.current
    assert {name: dict(one.parts) for name, one in back.versions.items()} == {
        name: dict(one.parts) for name, one in versions.items()
    }


def test_a_secret_hides_in_every_rendering_and_refuses_to_be_written_down() -> None:
    secret = Secret({KEY_ID: "PKTEST", SECRET: "test-secret"})
    vault = Vault("one", {"one": secret})
    for text in (repr(secret), str(secret), f"{secret}", repr([secret]), repr(vault)):
        assert "PKTEST" not in text
        assert "test-secret" not in text
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            write(secret)


@pytest.mark.parametrize(
    "text", ['{"tieout": 2, "versions": {}}', '{"tieout": 1, "current": "x", "versions": {}}', '{"key_id": 7}', "{oops"]
)
def test_text_that_is_no_vault_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_vault(text, "file:x")
    assert "oops" not in str(refused.value)


@pytest.mark.parametrize("part", ["", " padded", "two\nlines", "null\0byte"])
def test_a_part_that_no_key_has_is_refused(part: str) -> None:
    with pytest.raises(ConfigError, match="is empty, or has characters that no key has"):
        Secret({SECRET: part})


def test_old_versions_give_way_and_the_current_one_never() -> None:
    vault = Vault().stored("v0", Secret({SECRET: "s0"})).promoted("v0")
    for number in range(1, 10):
        vault = vault.stored(f"v{number}", Secret({SECRET: f"s{number}"}))
    assert len(vault.versions) == KEPT
    assert "v0" in vault.versions
    assert vault.read("v9").part(SECRET) == "s9"


def test_swapped_halves_are_noticed() -> None:
    assert looks_swapped(Secret({KEY_ID: "a-long-mixed-Case-secret-of-forty-characters", SECRET: "PKTEST1234"}))
    assert not looks_swapped(Secret({KEY_ID: "PKTEST1234", SECRET: "a-long-mixed-Case-secret-of-forty-characters"}))


@pytest.mark.parametrize(
    ("permissions", "found"),
    [
        (("read", "trade"), ()),
        (("read", "withdraw"), ("withdraw",)),
        (("enableWithdrawals=true",), ("enableWithdrawals=true",)),
        (("enableWithdrawals=false", "can_withdraw=0"), ()),
    ],
)
def test_withdrawal_rights_are_found_and_refused_unless_accepted(
    permissions: tuple[str, ...], found: tuple[str, ...]
) -> None:
    identity = Identity("*1", Mode.PAPER, (), "USD", permissions)
    account = Account(AccountId("desk"), "paper", Mode.PAPER, "USD", "XNYS")
    assert withdrawal_rights(identity) == found
    require_no_withdrawal(account, identity, accepted=True)
    if found:
        with pytest.raises(ConfigError, match="accept_withdrawal = true"):
            require_no_withdrawal(account, identity, accepted=False)
    else:
        require_no_withdrawal(account, identity, accepted=False)
