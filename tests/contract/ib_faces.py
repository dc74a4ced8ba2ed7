"""Both wires of Interactive Brokers as one face: the TWS socket, and beside it the Flex service."""

from __future__ import annotations

from typing import Self

from simulator.protocols.flex import FlexFace
from simulator.protocols.tws import TwsFace
from simulator.protocols.tws_rows import wire_account
from simulator.venue import SimulatedVenue

QUERY, TOKEN = "123456", "test-secret-flex-token"
_BESIDE = "#"


class IbFaces(TwsFace):
    """The TWS face with its Flex service; `base_url` names both."""

    def __init__(self, venue: SimulatedVenue) -> None:
        super().__init__(venue)
        self.flex = FlexFace(venue, QUERY, TOKEN)

    @property
    def base_url(self) -> str:
        accounts = self.venue.accounts.values()
        named = ",".join(f"{one.key_id}={wire_account(one)}" for one in accounts)
        return f"{super().base_url}{_BESIDE}{self.flex.base_url}{_BESIDE}{named}"

    def start(self) -> Self:
        self.flex.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.flex.stop()


def both(base_url: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Where the socket is; the options that name Flex; and accounts by their keys, for a login sees them all."""
    socket, *beside = base_url.split(_BESIDE)
    flex, named = beside or ("", "")
    numbers = dict(one.split("=") for one in named.split(",") if one)
    return socket, {"flex_endpoint": flex} if flex else {}, numbers
