"""The loopback face: real sockets, faults to order, and a log without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.protocols.faults import DropRows, Reset, SameAgain, SetField, Status, Truncate, html
from simulator.protocols.recorded import RecordedFace
from simulator.protocols.wire import from_json, to_json


@pytest.fixture
def face() -> Iterator[RecordedFace]:
    with RecordedFace() as face:
        face.serve("GET", "/rows", b'[{"a":1},{"a":2}]')
        yield face


def get(face: RecordedFace, path: str = "/rows") -> requests.Response:
    return requests.get(face.base_url + path, timeout=5, headers={"X-Api-Key": "test-secret"})


def test_a_fault_lets_some_pass_and_strikes_as_often_as_told(face: RecordedFace) -> None:
    face.faults.add(Status(500), "/rows", skip=1, times=2)

    assert [get(face).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_strikes_only_its_path_and_method(face: RecordedFace) -> None:
    face.faults.add(Status(500), "/other*")
    face.faults.add(Status(500), "/rows", "POST")

    assert get(face).status_code == 200
    assert get(face, "/otherwise").status_code == 500


def test_faults_can_be_taken_back(face: RecordedFace) -> None:
    face.faults.add(Status(500))
    face.faults.clear()

    assert get(face).status_code == 200


@pytest.mark.parametrize(
    ("effect", "body"),
    [
        (Truncate(5), b'[{"a"'),
        (SetField("a", None), b'[{"a":null},{"a":2}]'),
        (SetField("a", float("nan"), row=1), b'[{"a":1},{"a":NaN}]'),
        (DropRows(1), b'[{"a":2}]'),
    ],
)
def test_an_effect_changes_the_body(face: RecordedFace, effect: object, body: bytes) -> None:
    face.faults.add(effect)  # type: ignore[arg-type]

    assert get(face).content == body


def test_a_gateway_page_is_html(face: RecordedFace) -> None:
    face.faults.add(html(502))

    answer = get(face)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")


@pytest.mark.parametrize("effect", [Reset(), Truncate(5, honest=False)])
def test_a_connection_can_break(face: RecordedFace, effect: object) -> None:
    face.faults.add(effect)  # type: ignore[arg-type]

    with pytest.raises(requests.RequestException):
        get(face)


def test_a_page_can_repeat(face: RecordedFace) -> None:
    face.serve("GET", "/rows", b"[]")
    face.faults.add(SameAgain(), times=3)

    assert [get(face).content for _ in range(4)] == [b'[{"a":1},{"a":2}]'] * 3 + [b"[]"]


def test_the_log_keeps_the_request_and_not_its_key(face: RecordedFace) -> None:
    get(face, "/rows?limit=5")

    (line,) = face.log
    assert (line.method, line.path, dict(line.query), line.status) == ("GET", "/rows", {"limit": "5"}, 200)
    assert "test-secret" not in repr(line)


def test_what_was_not_recorded_is_not_made_up(face: RecordedFace) -> None:
    answer = get(face, "/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, 40410000)


def test_exchanges_of_one_path_come_by_their_query_and_then_in_order(face: RecordedFace) -> None:
    face.serve("GET", "/list?page=1", b"[1]")
    face.serve("GET", "/list?page=2", b"[2]")
    face.serve("GET", "/list?page=2", b"[22]")

    shown = [get(face, f"/list?page={page}").content for page in (1, 2, 2, 2, 1)]

    assert shown == [b"[1]", b"[2]", b"[22]", b"[22]", b"[1]"]


def test_a_folder_of_exchanges_is_played_digit_for_digit(face: RecordedFace, tmp_path: Path) -> None:
    body = '{"price": 0.1234567890123456789, "qty": "1.50"}'
    (tmp_path / "a.http.json").write_text(
        '{"request": {"method": "GET", "path": "/a", "body": null},'
        f' "response": {{"status": 200, "headers": {{}}, "body": {body}}}}}'
    )
    (tmp_path / "note.json").write_text("{}")

    assert face.play_folder(tmp_path) == 1
    assert get(face, "/a").content == b'{"price":0.1234567890123456789,"qty":"1.50"}'


def test_a_file_that_is_no_exchange_is_refused(face: RecordedFace, tmp_path: Path) -> None:
    file = tmp_path / "a.http.json"
    file.write_text(json.dumps({"request": {}}))

    with pytest.raises(ValueError, match=r"a\.http\.json holds no exchange"):
        face.play(file)


def test_numbers_survive_a_fault_digit_for_digit() -> None:
    text = b'[{"a":0.1234567890123456789,"b":"0.1","c":1e400}]'

    assert to_json(from_json(text)) == text


def test_a_face_stops_and_its_port_is_free_again() -> None:
    with RecordedFace() as face:
        url = face.base_url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
