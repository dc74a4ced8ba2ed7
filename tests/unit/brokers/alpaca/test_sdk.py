"""What we rely on inside alpaca-py, so that a new version cannot change it unseen."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from alpaca.common.rest import RESTClient
from alpaca.trading.client import TradingClient

from brokers.alpaca.transport import SignedClient, send
from brokers.http.answers import Request
from simulator.protocols.faults import ALWAYS, Status
from simulator.protocols.recorded import RecordedFace
from tests.alpaca_accounts import PAPER_KEY


@pytest.fixture
def face() -> Iterator[RecordedFace]:
    with RecordedFace() as face:
        yield face


def test_the_sdk_still_sends_through_the_method_we_replace() -> None:
    assert list(inspect.signature(RESTClient._one_request).parameters) == ["self", "method", "url", "opts", "retry"]
    assert TradingClient._one_request is RESTClient._one_request
    assert {"_retry", "_session"} <= vars(TradingClient("PKTEST", "test-secret")).keys()


@pytest.mark.parametrize("status", [429, 504])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_nothing_is_ever_sent_again_by_itself(face: RecordedFace, method: str, status: int) -> None:
    face.faults.add(Status(status), method=method, times=ALWAYS)
    client = SignedClient(PAPER_KEY, face.base_url, 5.0, behind_proxy=False)

    answer = send(client, Request("order", method, "/v2/orders"), face.base_url)

    assert answer.status == status
    assert len(face.log) == 1


def test_the_sdk_signs_and_sends_text_as_text() -> None:
    seen = []

    class Watching(RecordedFace):
        def answer(self, request):  # type: ignore[no-untyped-def]
            seen.append(request)
            return super().answer(request)

    with Watching() as face:
        client = SignedClient(PAPER_KEY, face.base_url, 5.0, behind_proxy=False)
        send(client, Request("order", "POST", "/v2/orders", {"qty": "0.30", "limit_price": "1.10"}), face.base_url)

    (request,) = seen
    assert request.headers["apca-api-key-id"] == "PKTEST"
    assert request.headers["apca-api-secret-key"] == "test-secret"
    assert request.json() == {"qty": "0.30", "limit_price": "1.10"}
    assert "PKTEST" not in repr(face.log)
