"""A venue's key management over HTTP: list, make and revoke keys.

    GET    /v1/keys            {"items": [{"id", "label", "key_id", "rights", "ip_allow_list"}]}
    POST   /v1/keys            {"label", "rights", "ip_allow_list"} -> 201, the same with "secret", this once
    DELETE /v1/keys/{id}       204; 404 where it is gone

It is asked with a key of the account, by `X-Key-Id` and `X-Key-Secret`. Answers that are lost are a `Fault`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.account import SimulatedAccount
from simulator.key_ring import TRADING, VenueKey
from simulator.protocols.http_face import HttpFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from simulator.venue import SimulatedVenue
from tieout.errors import Unauthorised

KEYS = "/v1/keys"


class KeysFace(HttpFace):
    """The key management of one venue.

    most        keys that one account may have
    given       rights that a new key gets whatever was asked for; None gives what was asked for
    replaces    whether making a key ends those that were there, as some dashboards do
    """

    def __init__(self, venue: SimulatedVenue, port: int = 0) -> None:
        super().__init__(port)
        self.venue = venue
        self.most = 10
        self.given: tuple[str, ...] | None = None
        self.replaces = False

    def answer(self, request: FaceRequest) -> FaceAnswer:
        with self.venue.lock:
            try:
                account = self.venue.authenticate(
                    *(request.headers.get(f"x-key-{one}", "") for one in ("id", "secret"))
                )
            except Unauthorised:
                return answered({"message": "unauthorised"}, 401)
            match request.method, request.path:
                case "GET", "/v1/keys":
                    return answered({"items": [_row(key) for key in self.venue.keys.of(account)]})
                case "POST", "/v1/keys":
                    return self._made(account, request)
                case "DELETE", path if path.startswith(f"{KEYS}/"):
                    return self._revoked(account, path.removeprefix(f"{KEYS}/"))
        return answered({"message": "not spoken here"}, 404)

    def _made(self, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
        asked = request.json()
        if not isinstance(asked, Mapping) or not asked.get("label"):
            return answered({"message": "label is missing"}, 422)
        before = self.venue.keys.of(account)
        if len(before) >= self.most:
            return answered({"message": "too many keys"}, 422)
        for key in before if self.replaces else ():
            self.venue.keys.revoke(key.handle)
        rights = self.given or tuple(asked.get("rights") or TRADING)
        allowed = tuple(asked.get("ip_allow_list") or ())
        key = self.venue.keys.add(account, str(asked["label"]), rights=rights, ip_allow_list=allowed)
        return answered(_row(key) | {"secret": key.secret}, 201)

    def _revoked(self, account: SimulatedAccount, handle: str) -> FaceAnswer:
        if all(key.handle != handle for key in self.venue.keys.of(account)):
            return answered({"message": "no such key"}, 404)
        self.venue.keys.revoke(handle)
        return FaceAnswer(204)


def _row(key: VenueKey) -> dict[str, object]:
    return {
        "id": key.handle,
        "label": key.label,
        "key_id": key.key_id,
        "rights": list(key.rights),
        "ip_allow_list": list(key.ip_allow_list),
    }
