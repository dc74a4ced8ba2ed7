"""Interactive Brokers' Flex web service on loopback: order a report, ask for it until it is made, read its XML.

Sources: the vendor's guide to the Flex web service, recorded answers, and elements recorded from real reports.
"""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

from simulator.protocols.flex_rows import report
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue

_XML = {"Content-Type": "text/xml;charset=UTF-8"}
_FIRST_REFERENCE = 7_000_000_000
_DAY = "%Y%m%d"


class FlexFace(HttpFace):
    """Reports of every account of the venue, for one query and its token.

    in_progress   how often a report is answered as still being made
    refusal       a code and its words, answered instead of everything
    """

    def __init__(self, venue: SimulatedVenue, query: str, token: str, port: int = 0) -> None:
        super().__init__(port)
        self.venue = venue
        self.in_progress = 0
        self.refusal: tuple[str, str] | None = None
        self._query = query
        self._token = token
        self._ordered: dict[str, tuple[str, str]] = {}

    def answer(self, request: FaceRequest) -> FaceAnswer:
        query = request.query
        if self.refusal is not None:
            return self._word("Fail", *self.refusal)
        if query.get("t") != self._token:
            return self._word("Fail", "1015", "Token is invalid.")
        if request.path == "/SendRequest":
            return self._order(query)
        if request.path != "/GetStatement":
            return FaceAnswer(404, b"", {"Content-Type": "text/html"})
        return self._statement(query.get("q", ""))

    def _order(self, query: dict[str, str] | object) -> FaceAnswer:
        asked = dict(query) if isinstance(query, dict) else {}
        if asked.get("q") != self._query:
            return self._word("Fail", "1014", "Query is invalid.")
        today = self.venue.clock.now.astimezone(self.venue.sessions.zone).strftime(_DAY)
        reference = str(_FIRST_REFERENCE + len(self._ordered))
        self._ordered[reference] = (asked.get("fd", today), asked.get("td", today))
        return self._word("Success", reference=reference)

    def _statement(self, reference: str) -> FaceAnswer:
        if reference not in self._ordered:
            return self._word("Fail", "1017", "Reference code is invalid.")
        if self.in_progress > 0:
            self.in_progress -= 1
            return self._word("Warn", "1019", "Statement generation in progress. Please try again shortly.")
        first, last = (datetime.strptime(one, _DAY).date() for one in self._ordered[reference])  # noqa: DTZ007
        with self.venue.lock:
            root = report(self.venue, first, last)
        return FaceAnswer(200, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), _XML)

    def _word(self, status: str, code: str = "", message: str = "", reference: str = "") -> FaceAnswer:
        stamp = f"{self.venue.clock.now.astimezone(self.venue.sessions.zone):%d %B, %Y %I:%M %p} EST"
        root = ElementTree.Element("FlexStatementResponse", timestamp=stamp)
        fields = {"Status": status, "ReferenceCode": reference, "ErrorCode": code, "ErrorMessage": message}
        if reference:
            fields["Url"] = f"{self.base_url}/GetStatement"
        for name, text in fields.items():
            if text:
                ElementTree.SubElement(root, name).text = text
        return FaceAnswer(200, ElementTree.tostring(root), _XML)
