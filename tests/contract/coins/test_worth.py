"""What an account is worth and what of it is free, by each venue's own prices: sizing and every limit stand on it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from brokers.base import Broker
from brokers.ccxt.reference import fetch_quotes
from simulator.protocols.faults import Status
from simulator.protocols.http_face import HttpFace
from tests.contract.coins.test_contracts import an_order as a_contract
from tests.contract.coins.test_spot import an_order, spoil
from tests.contract.coins.venues import CONTRACTS, CoinVenue
from tests.unit.simulator.protocols.coins.world import BTC, ETH, START, CoinWorld
from tieout.lanes import Lane
from tieout.orders import Side
from tieout.snapshots import Balance, Completeness, Snapshot

DAY = START.date()
DOWN = Status(503, b"")
QUOTED = {
    "binance": ["/api/v3/ticker/24hr", "/api/v3/ticker/bookTicker", "/api/v3/depth"],
    "bybit": ["/v5/market/tickers", "/v5/market/orderbook"],
    "okx": ["/api/v5/market/ticker", "/api/v5/market/books"],
    "kraken": ["/0/public/Ticker", "/0/public/Depth"],
    "coinbase": [
        "/api/v3/brokerage/market/products/*",
        "/api/v3/brokerage/products/*",
        "/api/v3/brokerage/product_book",
    ],
}


def money(snapshot: Snapshot, base: str = "USDT") -> Balance:
    (found,) = [one for one in snapshot.balances if one.currency == base]
    return found


def test_equity_is_money_and_coins_at_the_venues_price(broker: Broker) -> None:
    snapshot = broker.fetch_snapshot(DAY)

    (held,) = snapshot.positions
    assert (held.instrument, held.market_price, held.market_value) == (BTC, Decimal(60_000), Decimal(60_000))
    assert held.priced_at == START
    assert money(snapshot).equity == 160_000
    assert money(snapshot).buying_power == 100_000
    assert snapshot.proof.notes == ()


def test_many_prices_come_in_one_request(broker: Broker, face: HttpFace) -> None:
    desk = broker._desk  # type: ignore[attr-defined]
    desk.markets.require()
    asked = len(face.log)

    found = fetch_quotes(desk, ["BTC/USDT", "ETH/USDT"], Lane.DATA)

    assert {one.instrument: one.last or one.bid for one in found}.keys() == {BTC, ETH}
    assert all(59_000 < (one.last or one.bid or 0) < 61_000 for one in found if one.instrument == BTC)
    assert len(face.log) - asked <= 2


def test_what_a_resting_order_holds_is_not_free(broker: Broker) -> None:
    broker.submit(an_order("resting", quantity="0.5", limit="50000"))

    found = money(broker.fetch_snapshot(DAY))

    assert (found.cash, found.equity) == (Decimal(100_000), Decimal(160_000))
    assert found.buying_power is not None
    assert 74_900 <= found.buying_power <= 75_000  # some venues hold the fee as well


def test_a_price_that_cannot_be_asked_leaves_the_account_whole_and_its_worth_unknown(
    broker: Broker, venue: CoinVenue, face: HttpFace
) -> None:
    broker.fetch_snapshot(DAY)  # with the markets loaded
    for path in QUOTED[venue.name]:
        spoil(face, DOWN, path)

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert snapshot.positions[0].market_price is None
    assert money(snapshot).equity is None  # without the coin it would look like a loss
    (note,) = snapshot.proof.notes
    assert note.startswith("the account's worth is not known, for prices could not be asked: BTC/USDT: ")


@pytest.mark.parametrize("venue", CONTRACTS, ids=str)
def test_a_contract_adds_its_result_and_not_its_size(
    venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]
) -> None:
    base = "USD" if venue.contract.is_inverse else "USDT"
    with venue.broker(face.base_url, lambda: world.clock.now, *keys, base_currency=base) as broker:
        before = money(broker.fetch_snapshot(DAY), base)
        broker.submit(a_contract(venue, "short", side=Side.SELL))
        after = money(broker.fetch_snapshot(DAY), base)
        quote = broker.fetch_quote(venue.contract)

    assert before.equity is not None
    assert after.equity is not None
    assert before.equity > 50_000
    assert abs(after.equity - before.equity) < 20  # half a spread and a fee, on no more than 3,000
    if not venue.contract.is_inverse or "spot" not in venue.options.get("products", ""):
        assert (before.buying_power or 0) > 50_000  # the coin that margins it counts where nothing is bought outright
    assert (quote.day_low, quote.day_high) != (None, None)  # an order's price is held against them


def test_a_quote_is_as_old_as_the_answer_and_not_as_the_last_trade(broker: Broker) -> None:
    assert broker.fetch_quote(BTC).quoted_at == START
