"""The webhook over a real socket: what it takes, what it refuses, and that the secret ends nowhere."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import MetaData, func, select

from sql.schema.journal import broker_order, intent
from sql.signals import read_pending, read_signals
from tasks.signals.webhook import Webhook, open_secrets
from tests.databases import Stores
from tests.unit.signals.samples import NOW
from tieout.errors import ConfigError, StoreError
from tieout.settings import Settings
from tieout.signals.settings import SignalSettings, WebhookSettings
from tieout.signals.types import SignalState

SECRET = "test-secret-of-the-webhook"  # pragma: allowlist secret
OLD_SECRET = "test-secret-from-before"  # pragma: allowlist secret
HEADERS = {"Content-Type": "application/json"}
PROVEN = {**HEADERS, "X-Tieout-Secret": SECRET}
WISH = {"symbol": "AAPL", "side": "buy", "quantity": 10, "time": "2026-01-16T14:59:30Z"}
ALERT = {
    "secret": SECRET,
    "ticker": "AAPL",
    "exchange": "NASDAQ",
    "action": "buy",
    "contracts": "10",
    "time": "2026-01-16T14:59:30Z",
}


@dataclass(frozen=True)
class Desk:
    """A running webhook and the journal behind it."""

    webhook: Webhook
    stores: Stores

    def post(
        self,
        content: object = WISH,
        headers: Mapping[str, str] = PROVEN,
        path: str = "/signals/alpha",
        method: str = "POST",
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer; text is sent as it is, everything else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        connection = http.client.HTTPConnection(urlsplit(self.webhook.url).netloc, timeout=20)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def raw(self, sent: bytes, *, finish: bool = False) -> bytes:
        """Whatever comes back for bytes as they are."""
        address = urlsplit(self.webhook.url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
            connection.sendall(sent)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))

    def pending(self) -> list[str]:
        with self.stores.journal.read() as connection:
            return [str(one.signal_id) for one in read_pending(connection, NOW)]

    def refused(self) -> list[dict[str, Any]]:
        with self.stores.journal.read() as connection:
            return read_signals(connection, [SignalState.REFUSED])


Opener = Callable[..., Desk]


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("HOOK_BEFORE", OLD_SECRET)


def settings(**changed: Any) -> Settings:
    usual = WebhookSettings(port=0, secrets=("env:HOOK", "env:HOOK_BEFORE"), per_minute=1000)
    return Settings({}, signals=SignalSettings(webhook=replace(usual, **changed)))


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def desk(file_stores: Stores, running: ExitStack) -> Opener:
    """Start a webhook on the file stores, with other settings where wanted."""

    def start(stores: Stores = file_stores, *, at: datetime = NOW, **changed: Any) -> Desk:
        made: AbstractContextManager[Webhook] = Webhook(stores.journal, settings(**changed), lambda: at)
        return Desk(running.enter_context(made), stores)

    return start


def test_two_identical_posts_are_one_signal_and_no_order(stores: Stores, desk: Opener) -> None:
    one = desk(stores)
    first, second = one.post(ALERT, HEADERS), one.post(dict(reversed(ALERT.items())), HEADERS)

    assert (first[0], second[0]) == (202, 202)
    assert first[1]["signal_id"] == second[1]["signal_id"]
    assert (first[1]["new"], second[1]["new"]) == (True, False)
    assert one.pending() == [first[1]["signal_id"]]
    with stores.journal.read() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(each)).scalar() for each in (intent, broker_order)
        ]
    assert counts == [0, 0]


def test_identical_posts_at_once_are_one_signal(stores: Stores, desk: Opener) -> None:
    one = desk(stores)
    answers: list[tuple[int, dict[str, Any]]] = []
    posting = [threading.Thread(target=lambda: answers.append(one.post())) for _ in range(8)]
    for thread in posting:
        thread.start()
    for thread in posting:
        thread.join()
    assert [status for status, _ in answers] == [202] * 8
    assert sorted(told["new"] for _, told in answers) == [False] * 7 + [True]
    assert len(one.pending()) == 1


def test_the_secret_may_be_a_header_or_a_field_and_the_one_before_still_opens(desk: Opener) -> None:
    one = desk()
    assert one.post(WISH | {"secret": SECRET}, HEADERS)[0] == 202
    assert one.post(WISH | {"quantity": 11, "secret": OLD_SECRET}, HEADERS)[0] == 202
    assert one.post(WISH | {"quantity": 12})[0] == 202
    text = {**PROVEN, "Content-Type": "text/plain; charset=utf-8"}
    assert one.post(WISH | {"quantity": 13}, text)[0] == 202
    assert len(one.pending()) == 4


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (WISH, HEADERS),
        (WISH | {"secret": "test-secret-of-the-webhooK"}, HEADERS),  # pragma: allowlist secret
        (WISH | {"secret": SECRET[:-1]}, HEADERS),
        (WISH | {"secret": ""}, HEADERS),
        (WISH | {"secret": None}, HEADERS),
        (WISH | {"secret": True}, HEADERS),
        (WISH | {"secret": [SECRET]}, HEADERS),
        (WISH | {"secret": "\ud800"}, HEADERS),
        ([WISH | {"secret": SECRET}], HEADERS),
        (WISH | {"secret": SECRET}, {**HEADERS, "X-Tieout-Secret": "wrong"}),  # pragma: allowlist secret
        (WISH, {**HEADERS, "X-Tieout-Secret": ""}),
        (WISH, {**HEADERS, "X-Tieout-Secret": f"{SECRET},{SECRET}"}),
        (b"{", HEADERS),
        (b'{"secret": "a", "secret": "b"}', HEADERS),
    ],
)
def test_without_the_right_secret_nothing_is_taken_or_kept_of_the_content(
    desk: Opener, content: object, headers: dict[str, str]
) -> None:
    one = desk()
    assert one.post(content, headers)[0] == 401
    assert one.post(content, headers)[1]["error"] == "wrong_secret"
    assert one.pending() == []
    (kept,) = one.refused()  # once an hour, for operations
    assert kept["payload"] == {"hour": "2026-01-16T15Z", "turned_away": "wrong_secret"}
    assert "127.0.0.1" in kept["reason"]


def test_a_secret_that_is_sent_twice_or_in_the_address_opens_nothing(desk: Opener) -> None:
    one = desk()
    twice = f"X-Tieout-Secret: {SECRET}\r\n" * 2
    body = json.dumps(WISH).encode()
    head = f"POST /signals/alpha HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    assert one.raw(f"{head}{twice}\r\n".encode() + body).startswith(b"HTTP/1.1 401 ")
    assert one.post(WISH, HEADERS, f"/signals/alpha?secret={SECRET}")[0] == 401


@pytest.mark.parametrize(
    ("changed", "status", "error", "field"),
    [
        ({"time": "2026-01-16T14:54:59Z"}, 422, "too_old", "time"),
        ({"time": None}, 422, "missing", "time"),
        ({"time": "2026-01-16T15:02:00Z"}, 422, "time", "time"),
        ({"expires_at": "2026-01-16T14:59:59Z"}, 422, "expired", "expires_at"),
        ({"quantity": float("nan")}, 422, "not_a_number", "quantity"),
        ({"quantity": float("inf")}, 422, "not_a_number", "quantity"),
        ({"quantity": 0}, 422, "size", "quantity"),
        ({"quantity": -10}, 422, "size", "quantity"),
        ({"quantity": 10**12}, 422, "size", "quantity"),
        ({"leverage": 5}, 422, "unknown_field", "leverage"),
        ({"account": "nobody"}, 422, "account", "account"),
        ({"strategy": "beta"}, 422, "strategy", "strategy"),
        ({"symbol": "<script>"}, 422, "symbol", "symbol"),
    ],
)
def test_a_bad_signal_is_refused_with_a_reason_and_kept_for_operations(
    desk: Opener, changed: dict[str, object], status: int, error: str, field: str
) -> None:
    one = desk()
    answer = one.post(WISH | changed)
    assert (answer[0], answer[1]["error"], answer[1]["field"]) == (status, error, field)
    assert field in answer[1]["reason"]
    assert one.pending() == []
    (kept,) = one.refused()
    assert kept["reason"] == f"{error}: {answer[1]['reason']}"
    assert (kept["strategy"], kept["payload"]["side"]) == ("alpha", "buy")


def test_an_id_used_for_another_wish_is_refused_and_the_first_stands(desk: Opener) -> None:
    one = desk()
    assert one.post(WISH | {"id": "A1"})[1] == {"signal_id": "A1", "state": "pending", "new": True}
    assert one.post(WISH | {"id": "A1", "time": "2026-01-16T14:59:59Z"})[1]["new"] is False
    assert one.post(WISH | {"id": "A1", "quantity": 11})[1]["error"] == "duplicate_id"
    assert one.pending() == ["A1"]


def test_a_captured_post_is_the_same_signal_while_it_is_young_and_too_old_afterwards(desk: Opener) -> None:
    one, later = desk(), desk(at=NOW + timedelta(minutes=5))
    first = one.post(ALERT, HEADERS)
    assert one.post(ALERT, HEADERS)[1] == first[1] | {"new": False}
    assert later.post(ALERT, HEADERS)[1]["error"] == "too_old"
    assert len(one.pending()) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status", "error"),
    [
        (b"a" * 1_000_000, PROVEN, 413, "too_large"),
        (b"a" * 65_537, PROVEN, 413, "too_large"),
        (b"a" * 65_536, PROVEN, 400, "unreadable"),
        (b"{", PROVEN, 400, "unreadable"),
        (b"\xff", PROVEN, 400, "unreadable"),
        (b'{"side": "buy", "side": "sell"}', PROVEN, 400, "unreadable"),
        (b"[" * 60_000, PROVEN, 400, "unreadable"),
        ([WISH], PROVEN, 400, "unreadable"),
        (WISH, {**PROVEN, "Content-Type": "application/xml"}, 415, "content_type"),
        (WISH, {"X-Tieout-Secret": SECRET}, 415, "content_type"),
    ],
)
def test_what_cannot_be_read_is_refused(
    desk: Opener, content: object, headers: dict[str, str], status: int, error: str
) -> None:
    one = desk()
    answer = one.post(content, headers)
    assert (answer[0], answer[1]["error"]) == (status, error)
    assert answer[1]["reason"]
    assert one.pending() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/signals/alpha", 405),
        ("PUT", "/signals/alpha", 405),
        ("POST", "/", 404),
        ("POST", "/signals/", 404),
        ("POST", "/signals/a%20b", 404),
        ("POST", "/signals/../etc", 404),
        ("POST", "/signals/" + "a" * 65, 404),
    ],
)
def test_other_places_and_methods_are_told_so(desk: Opener, method: str, path: str, status: int) -> None:
    assert desk().post(WISH, PROVEN, path, method)[0] == status


HEAD = f"POST /signals/alpha HTTP/1.1\r\nX-Tieout-Secret: {SECRET}\r\nContent-Type: application/json\r\n".encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"\r\n", 411),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", 411),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1e3\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
        (HEAD + b"Content-Length: 50\r\n\r\n{}", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /signals/alpha HTTP/9.9\r\n\r\n", 505),
        (b"GET " + b"a" * 20_000, 431),
        (HEAD + b"a: b\r\n" * 4000 + b"\r\n", 431),
    ],
)
def test_odd_requests_are_answered_and_leave_nothing(desk: Opener, sent: bytes, status: int) -> None:
    one = desk()
    assert one.raw(sent, finish=True).split(b" ")[1] == str(status).encode()
    assert one.pending() == []
    assert one.post()[0] == 202  # and the next sender is served


def test_a_sender_who_drips_is_cut_off_and_holds_up_nobody(desk: Opener) -> None:
    one = desk(timeout_s=0.3)
    assert one.raw(HEAD + b"Content-Length: 50\r\n\r\n{").startswith(b"HTTP/1.1 408 ")
    assert one.raw(HEAD).startswith(b"HTTP/1.1 408 ")
    assert one.raw(b"").startswith(b"HTTP/1.1 408 ")
    assert one.post()[0] == 202


def test_more_connections_than_there_is_room_for_are_turned_away(desk: Opener) -> None:
    one = desk(connections=1, timeout_s=5.0)
    address = urlsplit(one.webhook.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as holding:
        holding.sendall(b"POST ")
        while not (answer := one.raw(b"")).startswith(b"HTTP/1.1 503 "):
            assert answer == b""  # pragma: no cover - the first thread has not started yet
        holding.sendall(b"/ HTTP/1.1\r\n\r\n")
        assert holding.recv(4096).startswith(b"HTTP/1.1 404 ")


def test_an_address_that_is_not_named_is_refused_before_anything_is_read(desk: Opener) -> None:
    one = desk(allowed=(ip_network("10.0.0.0/8"),))
    status, told = one.post(ALERT, PROVEN)
    assert (status, told["error"]) == (403, "wrong_address")
    assert one.pending() == []
    assert [row["payload"]["turned_away"] for row in one.refused()] == ["wrong_address"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [
        ((), "52.89.214.238", 403),  # a proxy that nobody named: the connection's address proves nothing
        ((ip_network("127.0.0.1"),), "52.89.214.238", 202),
        ((ip_network("127.0.0.1"),), "127.0.0.1, 52.89.214.238", 202),
        ((ip_network("127.0.0.1"),), "52.89.214.238, 66.66.66.66", 403),
        ((ip_network("127.0.0.1"),), "52.89.214.238, 127.0.0.1", 202),
        ((ip_network("127.0.0.1"),), "52.89.214.238, nonsense\t<b>", 403),
        ((ip_network("127.0.0.1"),), "::ffff:52.89.214.238", 202),
    ],
)
def test_behind_a_proxy_the_last_address_that_is_not_ours_counts(
    desk: Opener, proxies: tuple[Any, ...], forwarded: str, status: int
) -> None:
    one = desk(allowed=(ip_network("52.89.214.238"), ip_network("127.0.0.0/8")), proxies=proxies)
    assert one.post(WISH, {**PROVEN, "X-Forwarded-For": forwarded})[0] == status


def test_more_posts_than_allowed_in_a_minute_are_told_to_wait(desk: Opener) -> None:
    one = desk(per_minute=3)
    wrong = {**HEADERS, "X-Tieout-Secret": "a wrong guess"}  # pragma: allowlist secret
    statuses = [one.post(WISH, wrong)[0] for _ in range(3)]
    status, told = one.post()
    assert statuses == [401] * 3
    assert (status, told["error"]) == (429, "rate")
    assert one.pending() == []


def test_a_store_that_fails_tells_the_sender_to_send_again(
    desk: Opener, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk(stores)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("sql.signals.append_signal", full)
    status, told = one.post()
    assert (status, told["error"]) == (503, "store")
    monkeypatch.undo()
    monkeypatch.setenv("HOOK", SECRET)
    assert one.post()[0] == 202


def everything(stores: Stores) -> str:
    """Every row of every table of the journal."""
    found = MetaData()
    with stores.journal.read() as connection:
        found.reflect(connection)
        return "\n".join(repr(connection.execute(select(one)).all()) for one in found.sorted_tables)


def test_the_secret_ends_in_no_table_no_file_no_log_and_no_answer(
    stores: Stores, desk: Opener, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    one = desk(stores)
    answers = []
    with caplog.at_level(logging.DEBUG):
        for content in (
            ALERT,
            WISH | {"secret": SECRET},
            WISH | {"secret": SECRET, "note": f"my secret is {SECRET}"},
            WISH | {"secret": SECRET, "symbol": SECRET},
            WISH | {"secret": SECRET, SECRET: SECRET},
            WISH | {"secret": SECRET, "secert": SECRET},
            WISH | {"secret": SECRET, "id": SECRET},
            [SECRET],
            f'{{"secret": "{SECRET}"'.encode(),
            f'{{"{SECRET}": 1, "{SECRET}": 2}}'.encode(),
            WISH | {"secret": OLD_SECRET, "side": OLD_SECRET},
        ):
            answers += [one.post(content, HEADERS), one.post(content, PROVEN)]
        answers.append(one.post(WISH, PROVEN, f"/signals/{SECRET}"))
        answers.append(one.post(WISH, PROVEN, f"/{SECRET}"))
        one.raw(f"{SECRET} {SECRET}\r\n\r\n".encode())

    told = [caplog.text, everything(stores), json.dumps(answers)]
    assert all("test-secret" not in one for one in told)
    assert len(one.pending()) == 2
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert files or stores.journal.dialect == "postgresql"
    assert [each for each in files if b"test-secret" in each.read_bytes()] == []


def test_posts_that_are_being_answered_are_finished_before_it_stops(
    file_stores: Stores, desk: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sql import signals

    one, entered, go_on = desk(), threading.Event(), threading.Event()
    append = signals.append_signal

    def slowly(*given: Any) -> Any:
        entered.set()
        go_on.wait(20)
        return append(*given)

    monkeypatch.setattr(signals, "append_signal", slowly)
    answers: list[tuple[int, dict[str, Any]]] = []
    posting = threading.Thread(target=lambda: answers.append(one.post()))
    posting.start()
    entered.wait(20)
    stopping = threading.Thread(target=one.webhook.stop)
    stopping.start()
    go_on.set()
    posting.join()
    stopping.join()
    assert answers[0][0] == 202
    with pytest.raises(ConnectionRefusedError):
        one.post()


def test_it_does_not_start_without_a_secret_worth_the_name(
    file_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="secret is missing"):
        open_secrets(settings(secrets=()))
    with pytest.raises(ConfigError, match="set NOT_THERE"):
        open_secrets(settings(secrets=("env:NOT_THERE",)))
    for bad in ("short", "with\nnewline", "gehéimnis"):
        monkeypatch.setenv("HOOK", bad)
        with pytest.raises(ConfigError, match="needs at least 8 characters|characters that no key has") as told:
            open_secrets(settings())
        assert bad not in str(told.value)


def test_a_port_that_is_taken_is_told(file_stores: Stores) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="cannot listen at 127"),
    ):
        Webhook(file_stores.journal, settings(port=taken.getsockname()[1]))
