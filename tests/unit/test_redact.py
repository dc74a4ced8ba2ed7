from __future__ import annotations

import base64
import json
import logging
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.log import redact_logs
from tieout.errors import ConfigError
from tieout.redact import (
    REMOVED,
    SHORTEST_SECRET,
    beginning,
    forget,
    is_secret_name,
    redact_bytes,
    redact_headers,
    redact_json,
    redact_text,
    redact_url,
    remember,
)

# Printable and not made of the mask's own star: such a word could be found in what masking leaves.
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="*"),
    min_size=SHORTEST_SECRET,
    max_size=40,
)
TOKENS = st.from_regex(r"[A-Za-z0-9+/_~.-]{8,40}", fullmatch=True).filter(lambda word: REMOVED not in word)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-ghi\nnext line", f"Authorization: {REMOVED}\nnext line"),
        ("authorization=Basic dXNlcjpwYXNz", f"authorization={REMOVED}"),
        ("sent with Bearer abcdefgh123", f"sent with Bearer {REMOVED}"),
        ("{'APCA-API-SECRET-KEY': 'test-secret', 'x': 1}", f"{{'APCA-API-SECRET-KEY': '{REMOVED}', 'x': 1}}"),
        ("APCA-API-KEY-ID: PKTEST refused", f"APCA-API-KEY-ID: {REMOVED} refused"),
        ('{"api_key": "a\\"b", "qty": "1"}', f'{{"api_key": "{REMOVED}", "qty": "1"}}'),
        ('{"token": "cut off in the mid', f'{{"token": "{REMOVED}'),
        ("error: token=xyz, and more", f"error: token={REMOVED}, and more"),
        ("signature=1a2b&time=3", f"signature={REMOVED}&time=3"),
        ("API-Sign: abcd", f"API-Sign: {REMOVED}"),
        ("Set-Cookie: session=abc; path=/", f"Set-Cookie: {REMOVED}"),
        ("ALPACA_API_SECRET=test-secret", f"ALPACA_API_SECRET={REMOVED}"),
        ("key PK" + "TEST" * 4 + "ABCD refused", f"key {REMOVED} refused"),
        ("postgresql+psycopg://desk:p@ss/w@db:5432/book failed", f"postgresql+psycopg://{REMOVED}@db:5432/book failed"),
        ("could not reach (json://test-token@127.0.0.1)", f"could not reach (json://{REMOVED}"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- end", f"{REMOVED} end"),
    ],
)
def test_what_looks_like_a_secret_is_masked_and_the_rest_is_left(text: str, shown: str) -> None:
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "alpaca-main-20260115-01: tied out, 0 open (0 critical), coverage 100%",
        "GET http://127.0.0.1:8900/v2/account/activities?after=2026-01-15&page_size=100 answered 503",
        "side: buy, quantity: 10, price: 100.25, design=flat",
        "expect_positions_to_be_unique: 2 rows [symbol AAPL, quantity 10]",
        "AAPL  260116P00150000",
        "",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert redact_text(text) == text


def test_known_secrets_go_in_every_spelling_they_have_on_the_wire() -> None:
    secret = 'p/ä"s & s+1'
    spelt = [secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret), repr(secret)]
    spelt.append(base64.b64encode(secret.encode()).decode())

    shown = redact_text(" | ".join(spelt), [secret])

    assert "p/" not in shown
    assert "p%2F" not in shown
    assert spelt[-1].rstrip("=") not in shown


def test_of_two_secrets_that_contain_each_other_nothing_is_left() -> None:
    assert redact_text("x longsecretword y", ["secret", "longsecretword"]) == f"x {REMOVED} y"


def test_a_word_too_short_to_be_a_secret_does_not_tear_the_text() -> None:
    assert redact_text("a b c", ["a", ""]) == "a b c"


def test_headers_keep_their_names_and_harmless_values() -> None:
    shown = redact_headers(
        {"APCA-API-KEY-ID": "PKTEST", "X-Request-ID": "7f", "Authorization": "Bearer x", "Location": "http://u:p@h/"}
    )
    assert shown == {
        "APCA-API-KEY-ID": REMOVED,
        "X-Request-ID": "7f",
        "Authorization": REMOVED,
        "Location": f"http://{REMOVED}@h/",
    }


def test_json_is_masked_under_secret_names_at_any_depth_and_its_figures_stay() -> None:
    found = redact_json({"order": [{"qty": "1.50", "clientSecret": {"a": 1}}], "token": None, "url": "http://a:b@c"})
    assert found == {
        "order": [{"qty": "1.50", "clientSecret": REMOVED}],
        "token": None,
        "url": f"http://{REMOVED}@c",
    }


def test_a_url_loses_user_password_and_secret_parameters_only() -> None:
    shown = redact_url("https://u:p@host:8443/a/b?symbol=AAPL&X-Api-Key=k1&page=2#access_token=t")
    assert shown == f"https://{REMOVED}@host:8443/a/b?symbol=AAPL&X-Api-Key={REMOVED}&page=2#access_token={REMOVED}"


def test_a_port_is_not_taken_for_a_password() -> None:
    assert redact_url("http://127.0.0.1:8900/mail/a@b") == "http://127.0.0.1:8900/mail/a@b"


@pytest.mark.parametrize("name", ["sign", "X-BAPI-SIGN", "KC-API-PASSPHRASE", "x-mbx-apikey", "pwd", "refreshToken"])
def test_names_that_hold_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["key", "symbol", "design", "assigned", "author", "side"])
def test_names_that_hold_none_are_not_taken_for_one(name: str) -> None:
    assert not is_secret_name(name)


@given(secret=SECRETS, before=st.text(max_size=30), after=st.text(max_size=30))
def test_no_known_secret_survives_in_text_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret not in redact_text(before + secret + after, [secret])


def texts(value: Any) -> Iterator[str]:
    """Every name and text in a JSON value, as it is and not as JSON escapes it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from (*texts(name), *texts(one))
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@given(secret=SECRETS, name=st.text(max_size=10))
def test_no_known_secret_survives_in_json(secret: str, name: str) -> None:
    value = {name: [secret, {"deep": f"x{secret}y"}], secret: 1}
    assert not [text for text in texts(redact_json(value, [secret])) if secret in text]


@given(secret=SECRETS)
def test_no_known_secret_survives_in_a_url(secret: str) -> None:
    url = f"https://host/{quote(secret, safe='')}?a={quote_plus(secret)}"
    shown = redact_text(url, [secret])
    assert quote(secret, safe="") not in shown
    assert quote_plus(secret) not in shown


@given(token=TOKENS, name=st.sampled_from(["token", "API-Key", "client_secret", "signature", "password"]))
def test_a_value_behind_a_secret_name_goes_though_nobody_knew_it(token: str, name: str) -> None:
    assert token not in redact_text(f"call failed: {name}={token}")
    assert token not in redact_text(json.dumps({"a": 1, name: token}))
    assert token not in redact_text(f"https://host/path?{name}={token}&a=1")
    assert token not in str(redact_headers({name: token}))


def test_of_a_scheme_that_may_carry_secrets_anywhere_only_the_scheme_is_left() -> None:
    assert redact_url("tgram://123:abc/chat") == f"tgram://{REMOVED}"
    assert redact_url("https://chat.example/services/T0/B0/x?a=1") == f"https://chat.example/services/{REMOVED}?a=1"


def test_bytes_that_are_no_text_come_back_as_they_were_but_for_the_secret() -> None:
    assert redact_bytes(b"\xff token=abcdef \xfe") == f"token={REMOVED}".join(["\udcff ", " \udcfe"]).encode(
        "utf-8", "surrogateescape"
    )


@given(text=st.text(max_size=80), secret=SECRETS)
def test_redacting_twice_changes_nothing_more_that_is_secret(text: str, secret: str) -> None:
    once = redact_text(text, [secret])
    assert secret not in redact_text(once, [secret])


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    body = b'\xff\x00{"token": "abc", "note": "test-secret"}\xfe'
    assert redact_bytes(body, ["test-secret"]) == b'\xff\x00{"token": "***", "note": "***"}\xfe'


def test_json_hides_known_numbers_bytes_and_names_and_keeps_its_shape() -> None:
    value = {"account": 123456, "raw": b"token=abc", "rows": ("123456", 7), "of 123456": Decimal("1.50"), 9: None}
    assert redact_json(value, ["123456"]) == {
        "account": REMOVED,
        "raw": b"token=***",
        "rows": (REMOVED, 7),
        f"of {REMOVED}": Decimal("1.50"),
        9: None,
    }


def test_a_webhook_is_known_by_its_host_too_and_a_url_may_hold_what_the_caller_knows() -> None:
    assert redact_url("https://hooks.example/T0/B0/x") == f"https://hooks.example/{REMOVED}"
    assert redact_url("https://host/v2/test-secret/orders", ["test-secret"]) == f"https://host/v2/{REMOVED}/orders"
    assert redact_url("no url, token=abc") == f"no url, token={REMOVED}"


@pytest.mark.parametrize("text", ["https://hooks.example/T0/x", "a=b&token=x", "json://u:p@h", "Cookie: a=b; c=d"])
def test_what_was_cleared_once_is_left_alone(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_is_found_within_base64_of_something_longer(before: bytes, after: bytes) -> None:
    secret = "test-secret-of-the-desk"
    for encode in (b64encode, urlsafe_b64encode):
        left = redact_text(encode(before + secret.encode() + after).decode(), [secret])
        assert "***" in left
        assert len(left) <= len("***") + 2 * 8 + 4


def test_what_was_remembered_is_looked_for_until_it_is_forgotten() -> None:
    remember("canary-of-the-desk", "short")
    assert redact_text("a canary-of-the-desk, short") == "a ***, short"
    assert str(ConfigError("not canary-of-the-desk: short")) == "not ***: short"
    forget()
    assert redact_text("a canary-of-the-desk") == "a canary-of-the-desk"


def test_log_records_and_their_tracebacks_are_cleared_when_they_are_made(caplog: pytest.LogCaptureFixture) -> None:
    redact_logs()
    remember("canary-of-the-desk")
    try:
        raise ValueError("canary-of-the-desk")
    except ValueError:
        logging.getLogger("anybody").exception("it was %s", "canary-of-the-desk")

    assert caplog.records[0].getMessage() == "it was ***"
    assert "canary" not in logging.Formatter().format(caplog.records[0])


def test_a_record_with_wrong_arguments_is_left_to_its_handler() -> None:
    redact_logs()
    made = logging.getLogRecordFactory()("n", logging.INFO, "p", 1, "%d", ("x",), None)
    assert made.args == ("x",)


@pytest.mark.parametrize("most", range(20, 60, 3))
def test_a_secret_is_removed_before_a_body_is_cut(most: int) -> None:
    remember("test-secret-of-the-desk")
    body = b'{"message": "key test-secret-of-the-desk is wrong"}' * 200

    shown = beginning(body, most)

    assert len(shown) == most
    assert "test" not in shown
