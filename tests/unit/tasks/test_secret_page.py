"""The page that takes a secret: once, from this machine, and telling nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx
import pytest

from tasks.rotation.page import MOST_WRONG, NotTaken, Page, served


@pytest.fixture
def given() -> list[dict[str, str]]:
    return []


@pytest.fixture
def page(given: list[dict[str, str]]) -> Page:
    def take(parts: Mapping[str, str]) -> str:
        if parts.get("secret") == "wrong":
            raise NotTaken("the venue refuses it")
        given.append(dict(parts))
        return "stored as main-key-1"

    return Page("main: due", ("key_id", "secret"), take)


@pytest.fixture
def base(page: Page) -> Iterator[str]:
    with served((page,)) as url:
        yield url


def post(base: str, page: Page, parts: dict[str, str], **headers: str) -> httpx.Response:
    return httpx.post(base + page.path, data=parts, headers={"Origin": base} | headers, trust_env=False)


def test_it_takes_one_secret_and_then_no_more(base: str, page: Page, given: list[dict[str, str]]) -> None:
    parts = {"key_id": "PKTEST", "secret": "test-secret", "other": "x"}

    first, second = post(base, page, parts), post(base, page, parts)

    assert (first.status_code, second.status_code) == (200, 410)
    assert given == [{"key_id": "PKTEST", "secret": "test-secret"}]
    assert "test-secret" not in first.text + second.text
    assert "stored as main-key-1" in httpx.get(base + page.path, trust_env=False).text


def test_what_is_wrong_is_told_and_may_be_given_again(base: str, page: Page, given: list[dict[str, str]]) -> None:
    told = post(base, page, {"key_id": "PKTEST", "secret": "wrong"})
    assert told.status_code == 422
    assert "the venue refuses it" in told.text
    assert post(base, page, {"key_id": "PKTEST", "secret": "test-secret"}).status_code == 200
    assert len(given) == 1


def test_it_is_kept_by_no_browser_and_framed_by_nobody(base: str, page: Page) -> None:
    answer = httpx.get(base + page.path, trust_env=False)
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert 'type="password"' in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example:80"}]
)
def test_another_site_cannot_use_the_browser(
    base: str, page: Page, given: list[dict[str, str]], headers: dict[str, str]
) -> None:
    assert post(base, page, {"key_id": "PKTEST", "secret": "test-secret"}, **headers).status_code in (403, 404)
    assert given == []


def test_its_address_is_not_to_be_guessed(base: str, page: Page) -> None:
    for _ in range(MOST_WRONG):
        assert httpx.get(f"{base}/guess", trust_env=False).status_code == 404
    assert httpx.get(base + page.path, trust_env=False).status_code == 404


def test_too_much_is_not_read(base: str, page: Page, given: list[dict[str, str]]) -> None:
    assert post(base, page, {"secret": "x" * 100_000}).status_code == 413
    assert given == []


def test_a_login_comes_back_by_its_own_path(given: list[dict[str, str]]) -> None:
    def take(parts: Mapping[str, str]) -> str:
        given.append(dict(parts))
        return "stored"

    page = Page("main", ("address",), take, back_path="/back")
    with served((page,)) as base:
        assert httpx.get(f"{base}/back?code=test-code&state=s", trust_env=False).status_code == 200
    assert given == [{"address": "/back?code=test-code&state=s"}]
