"""The table of what the coin venues can do, in the documentation as it is here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from brokers.ccxt.setup import VENUES
from brokers.ccxt.venue import Venue
from tieout.instruments import AssetClass
from tieout.orders import OrderType

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "capabilities.md"
BEGIN, END = "<!-- coin venues: begin -->", "<!-- coin venues: end -->"


def venue(name: str) -> Venue:
    module, _, kind = VENUES[name].partition(":")
    found: Venue = getattr(import_module(module), kind)()
    return found


def said(yes: bool, why: str) -> str:
    return "yes" if yes else why


def row(name: str) -> list[str]:
    """One venue: `yes`, or why not."""
    of = venue(name)
    can = of.capabilities
    by_market = any(one.market for one in of.trades)
    classes = [one.value for one in AssetClass if one in can.asset_classes]
    types = [one.value for one in OrderType if one in can.order_types]
    return [
        f"`{name}`",
        ", ".join(of.products),
        ", ".join(classes),
        ", ".join(types),
        "market by market" if any(one.market for one in of.lookups) else said(bool(of.lookups), "from the list"),
        said(can.replaces, "no: cancel, and decide anew"),
        "market by market" if by_market else "yes",
        said(can.activities, f"no: {of.no_activities}"),
        said(bool(of.positions), "no contracts"),
        said(can.enforces_unique_client_order_id, "among live orders"),
        said(bool(of.sandbox), "none: a rehearsal"),
    ]


HEAD = [
    "venue",
    "products",
    "classes",
    "orders",
    "found by our id",
    "replace",
    "executions",
    "activities",
    "positions",
    "id unique for ever",
    "sandbox",
]


def table() -> str:
    lines = [HEAD, ["---"] * len(HEAD), *(row(name) for name in sorted(VENUES))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def test_the_documentation_says_what_the_venue_files_say() -> None:
    page = PAGE.read_text()
    stated = page.partition(BEGIN)[2].partition(END)[0].strip()

    assert stated == table()


@pytest.mark.parametrize("name", sorted(VENUES))
def test_what_a_venue_says_it_can_do_it_has_a_way_for(name: str) -> None:
    of = venue(name)

    assert of.open_orders
    assert of.all_orders
    assert of.trades
    assert bool(of.ledgers) is of.capabilities.activities
    assert of.capabilities.activities or of.no_activities
    contracts = {AssetClass.PERPETUAL, AssetClass.FUTURE} & of.capabilities.asset_classes
    assert bool(of.positions) is bool(contracts)
    assert of.capabilities.broker == of.broker == name
