"""Both wires of Interactive Brokers as one face: the TWS socket, and beside it the Flex service."""

from __future__ import annotations

from typing import Self

from simulator.protocols.flex import FlexFace
from simulator.protocols.tws import TwsFace
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
        return f"{super().base_url}{_BESIDE}{self.flex.base_url}"

    def start(self) -> Self:
        self.flex.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.flex.stop()


def both(base_url: str) -> tuple[str, str | None]:
    """Where the socket is, and where Flex is."""
    socket, beside, flex = base_url.partition(_BESIDE)
    return socket, flex if beside else None
