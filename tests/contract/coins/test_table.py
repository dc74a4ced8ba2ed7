"""What the coin venues can do: every cell of the table ran or says why it is not there, and the pages show that."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from brokers.ccxt.setup import VENUES
from brokers.ccxt.venue import Venue
from tests.contract.coins import kucoin
from tests.contract.coins.benches import Bench, Row
from tests.contract.coins.canned import CannedRow
from tests.contract.coins.operations import OPERATIONS
from tests.contract.coins.table import ROWS, run
from tieout.instruments import AssetClass
from tieout.orders import OrderType

ROOT = Path(__file__).resolve().parents[3]
PAGE, OPERATIONS_PAGE = ROOT / "docs" / "capabilities.md", ROOT / "docs" / "venues" / "crypto.md"
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
        "yes",
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


def between(page: Path) -> str:
    """What stands between the marks of a page."""
    return page.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def shown() -> dict[tuple[str, str], str]:
    """The table of operations as its page has it, by operation and venue."""
    lines = [line.strip("| ").split(" | ") for line in between(OPERATIONS_PAGE).splitlines()]
    (_, *names), _, *rows = lines
    return {(operation, name): words for operation, *cells in rows for name, words in zip(names, cells, strict=True)}


def test_the_documentation_says_what_the_venue_files_say() -> None:
    assert between(PAGE) == table()


@pytest.mark.parametrize("of", ROWS, ids=lambda one: one.name)
def test_every_operation_ran_at_a_venue_or_is_unsupported_for_a_reason_and_its_page_says_so(
    of: Row | CannedRow,
) -> None:
    """`python -m tests.contract.coins.table` prints the table for the page."""
    found = [run(of, operation) for operation in OPERATIONS]

    assert [f"{one.operation}: {one.words}" for one in found if not one.holds] == []
    assert {one.operation: one.words for one in found} == {
        operation: words for (operation, name), words in shown().items() if name == of.name
    }


def test_the_page_has_every_venue_and_every_operation_and_no_others() -> None:
    assert set(shown()) == {(operation, of.name) for operation in OPERATIONS for of in ROWS}


def test_an_operation_that_did_nothing_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: Bench) -> None: ...

    monkeypatch.setitem(OPERATIONS, "balances", nothing)

    idle, unwritten = run(ROWS[0], "balances"), run(replace(kucoin.ROW, operations={}), "balances")

    assert (idle.holds, idle.words) == (False, "failed: the venue was asked nothing")
    assert (unwritten.holds, unwritten.words) == (False, "failed: nobody wrote down how it is asked")
    assert not replace(idle, words="Unsupported: ").holds


@pytest.mark.parametrize("name", sorted(VENUES))
def test_what_a_venue_says_it_can_do_it_has_a_way_for(name: str) -> None:
    of = venue(name)

    assert of.open_orders
    assert of.all_orders
    assert of.trades
    assert of.ledgers
    assert of.capabilities.activities
    contracts = {AssetClass.PERPETUAL, AssetClass.FUTURE} & of.capabilities.asset_classes
    assert bool(of.positions) is bool(contracts)
    assert of.capabilities.broker == of.broker == name
