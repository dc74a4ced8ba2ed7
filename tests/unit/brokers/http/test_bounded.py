"""No answer is too large, too slow or too late without an error that says so."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Iterator

import pytest
import requests
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, SSLError

from brokers.http.answers import AnswerLost, NeverSent
from brokers.http.bounded import BoundedAdapter, failure_of
from simulator.protocols.recorded import RecordedFace


@pytest.fixture
def face() -> Iterator[RecordedFace]:
    with RecordedFace() as face:
        yield face


def session(max_bytes: int = 1_000, read_s: float = 5.0) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", BoundedAdapter(read_s, max_bytes))
    session.mount("https://", BoundedAdapter(read_s, max_bytes))
    return session


def test_a_body_within_the_bound_comes_whole(face: RecordedFace) -> None:
    face.serve("GET", "/", b"x" * 1_000)

    assert session().get(face.base_url + "/").content == b"x" * 1_000


def test_a_body_beyond_the_bound_is_given_up(face: RecordedFace) -> None:
    face.serve("GET", "/", b"x" * 1_001)

    with pytest.raises(AnswerLost, match="larger than 1000 bytes"):
        session().get(face.base_url + "/")


def test_a_small_body_that_unpacks_beyond_the_bound_is_given_up(face: RecordedFace) -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    face.serve("GET", "/", packed, headers={"Content-Encoding": "gzip"})
    assert len(packed) < 2_000

    with pytest.raises(AnswerLost, match="larger than"):
        session(max_bytes=10_000).get(face.base_url + "/")


def test_a_body_that_says_gzip_and_is_none_is_lost(face: RecordedFace) -> None:
    face.serve("GET", "/", b"plain text", headers={"Content-Encoding": "gzip"})

    with pytest.raises(AnswerLost, match="broke off"):
        session().get(face.base_url + "/")


def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NeverSent, match="no connection"):
            session().get(f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_a_server_without_tls_is_an_error_and_not_a_hang(face: RecordedFace) -> None:
    with pytest.raises((AnswerLost, NeverSent)):
        session().get(face.base_url.replace("http://", "https://") + "/")


def test_an_untrusted_certificate_was_never_sent() -> None:

    untrusted = SSLError(ssl.SSLCertVerificationError("self-signed certificate"))
    error = requests.exceptions.SSLError(MaxRetryError(HTTPSConnectionPool("api.example"), "/", untrusted))

    assert isinstance(failure_of(error), NeverSent)
