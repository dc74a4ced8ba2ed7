"""The paper broker: a simulated venue spoken to over its own JSON protocol, on loopback or on a rehearsal host."""

from brokers.paper.adapter import PaperBroker

__all__ = ["PaperBroker"]
