"""A credential shows itself nowhere."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from brokers.credentials import Credential
from tieout.errors import ConfigError

KEY = Credential("PKTEST", "test-secret", {"passphrase": "test-phrase"})


def test_a_credential_hides_in_every_rendering() -> None:
    for text in (repr(KEY), str(KEY), f"{KEY}", repr({"credential": KEY}), repr([KEY])):
        assert "PKTEST" not in text
        assert "test-secret" not in text


def test_a_credential_refuses_to_be_written_down() -> None:
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            write(KEY)


def test_every_part_is_removed_from_text_and_bytes() -> None:
    assert KEY.scrub("key PKTEST secret test-secret phrase test-phrase") == "key *** secret *** phrase ***"
    assert KEY.scrub_bytes(b'{"k":"PKTEST"}') == b'{"k":"***"}'


def test_a_longer_part_goes_before_one_that_it_contains() -> None:
    assert Credential("test", "test-secret").scrub("test-secret") == "***"


@pytest.mark.parametrize("bad", ["", " padded", "line\nbreak", "tab\tbed", "ümlaut", "null\0byte"])
def test_a_part_that_no_header_may_carry_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Credential("PKTEST", bad)

    assert not bad or bad not in "".join(traceback.format_exception_only(refused.value))
