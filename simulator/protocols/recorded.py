"""A face that answers with recorded exchanges and bare bodies, for recorded tests and for rehearsals from a folder.

`*.http.json` holds one exchange `{request: {method, path, body}, response: {status, headers, body}}`. What was not
recorded is answered 404 in the venue's words, never made up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered, from_json, to_json

NOT_RECORDED = {"code": 40410000, "message": "no such exchange was recorded"}


class RecordedFace(HttpFace):
    """Serves each exchange by method and path.

    Several exchanges of one path: the one whose query fits best; of equals one after the other, the last one stays.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._exchanges: dict[tuple[str, str], list[_Exchange]] = defaultdict(list)

    def play(self, file: Path) -> None:
        """Serve one `*.http.json` file."""
        exchange = from_json(file.read_bytes())
        if not isinstance(exchange, dict) or not {"request", "response"} <= exchange.keys():
            raise ValueError(f"{file.name} holds no exchange of a request and a response")
        request, response = exchange["request"], exchange["response"]
        body = b"" if response["body"] is None else to_json(response["body"])
        self.serve(request["method"], request["path"], body, response["status"], response["headers"])

    def play_folder(self, folder: Path) -> int:
        """Serve every `*.http.json` file of a folder, by name; gives their number."""
        files = sorted(folder.glob("*.http.json"))
        for file in files:
            self.play(file)
        return len(files)

    def serve(
        self, method: str, path: str, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Serve a bare body under a method and path, with or without a query."""
        parts = urlsplit(path)
        answer = FaceAnswer(status, body, dict(headers or {"Content-Type": "application/json"}))
        self._exchanges[(method, parts.path)].append(_Exchange(dict(parse_qsl(parts.query)), answer))

    def answer(self, request: FaceRequest) -> FaceAnswer:
        known = self._exchanges.get((request.method, request.path))
        if not known:
            return answered(NOT_RECORDED, 404)
        best = max(exchange.fit(request.query) for exchange in known)
        fitting = [exchange for exchange in known if exchange.fit(request.query) == best]
        if len(fitting) > 1:
            known.remove(fitting[0])
        return fitting[0].answer


class _Exchange:
    def __init__(self, query: Mapping[str, str], answer: FaceAnswer) -> None:
        self.query = query
        self.answer = answer

    def fit(self, query: Mapping[str, str]) -> int:
        """Query values in common."""
        return sum(query.get(name) == value for name, value in self.query.items())
