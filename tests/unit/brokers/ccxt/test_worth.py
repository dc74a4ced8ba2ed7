"""An account's worth in its base currency: prices over another currency, debts, contracts that pay in coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from brokers.base import Quote
from brokers.ccxt import reference
from brokers.ccxt.worth import Prices, valued
from brokers.http.reading import Reading
from tieout.coins import Wallet, held
from tieout.errors import NotTradable, Unavailable
from tieout.instruments import Instrument, crypto, perpetual
from tieout.snapshots import Position

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
D = Decimal


class Venue:
    """Markets with a bid and an ask, or an error in place of them; counts what is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, markets: Mapping[str, object], base: str = "USDT") -> None:
        self.markets = markets
        self.asked: list[str] = []
        self.together: list[int] = []
        listed = {one: {"active": True} for one in markets}
        exchange = SimpleNamespace(markets=listed)
        self.desk = SimpleNamespace(
            base_currency=base, now=lambda: NOW, markets=SimpleNamespace(require=lambda: exchange)
        )
        monkeypatch.setattr(reference, "fetch_quote", self.quote)
        monkeypatch.setattr(reference, "fetch_quotes", self.quotes)

    def quote(self, _: object, instrument: Instrument, lane: object) -> Quote:
        self.asked.append(instrument.symbol)
        found = self.markets[instrument.symbol]
        if isinstance(found, Exception):
            raise found
        bid, ask, last = (None if one is None else D(one) for one in found)  # type: ignore[attr-defined]
        return Quote(instrument, bid, ask, NOW, last=last)

    def quotes(self, _: object, symbols: list[str], lane: object) -> list[Quote]:
        self.together.append(len(symbols))
        return [self.quote(_, crypto(*one.split("/")), lane) for one in symbols if one != "CC/USDT"]

    def of(self, *wallets: Wallet, contracts: tuple[Position, ...] = ()) -> Reading:
        found = held(wallets, self.desk.base_currency)
        reading = Reading(NOW, (*found.positions, *contracts), found.balances)
        return valued(reading, Prices(self.desk), self.desk.base_currency)  # type: ignore[arg-type]


def worth(reading: Reading) -> Decimal | None:
    (found,) = [one.equity for one in reading.balances if one.currency in ("USDT", "EUR")][:1]
    return found


def contract(instrument: Instrument, quantity: str, entry: str, mark: str, pnl: str | None = None) -> Position:
    return Position(instrument, D(quantity), D(entry), D(mark), None, None, None if pnl is None else D(pnl))


def test_the_middle_of_bid_and_ask_is_the_price_and_the_last_trade_where_a_side_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": ("99", "101", "90"), "ETH/USDT": (None, "12", "10")})

    found = venue.of(Wallet("BTC", D(2)), Wallet("ETH", D(3)), Wallet("USDT", D(5)))

    assert [(one.market_price, one.market_value) for one in found.positions] == [(D(100), D(200)), (D(10), D(30))]
    assert worth(found) == 235


def test_a_coin_without_a_market_of_its_own_is_priced_over_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"EUR/USDT": ("1.25", "1.25", None), "SOL/USDT": ("150", "150", None)}, base="EUR")

    found = venue.of(Wallet("SOL", D(2)), Wallet("USDT", D(50)), Wallet("EUR", D(7)))

    assert found.positions[0].market_price == 120
    assert worth(found) == 240 + 40 + 7
    assert {one.currency: one.rate for one in found.balances} == {"EUR": D(1), "USDT": D("0.8")}


def test_each_market_is_asked_once_however_often_the_account_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": ("99", "101", None)})
    prices = Prices(venue.desk)  # type: ignore[arg-type]

    assert {prices.of("BTC") for _ in range(3)} == {prices.of("BTC")}
    assert venue.asked == ["BTC/USDT"]


def test_many_coins_are_priced_in_one_request_and_what_it_leaves_out_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    coins = [f"{letter}{letter}" for letter in "ABCDEF"]
    venue = Venue(monkeypatch, {f"{one}/USDT": ("9", "11", None) for one in coins})

    found = venue.of(*(Wallet(one, D(1)) for one in coins))

    assert venue.together == [6]
    assert {one.market_price for one in found.positions} == {D(10)}
    assert worth(found) == 60


def test_what_no_market_trades_counts_for_nothing_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Venue(monkeypatch, {}).of(Wallet("DUST", D(9)), Wallet("USDT", D(5)))

    assert worth(found) == 5
    assert found.notes == ("no market prices DUST/USDT: counted for nothing",)
    assert found.faults == ()


def test_a_price_that_could_not_be_asked_leaves_the_worth_unknown_and_no_other_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": Unavailable("test", "down"), "ETH/USDT": ("9", "11", None)})

    found = venue.of(Wallet("BTC", D(1)), Wallet("ETH", D(1)), Wallet("USDT", D(5)))

    assert worth(found) is None
    assert found.notes == ("the account's worth is not known, for prices could not be asked: BTC/USDT: down",)
    assert (found.faults, venue.asked) == ((), ["BTC/USDT"])


def test_buying_power_in_coin_is_unknown_where_a_price_could_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": Unavailable("test", "down")})
    found = held([Wallet("BTC", D(3), free=D(2)), Wallet("USDT", D(7), free=D(5))], "USDT")

    reading = valued(Reading(NOW, found.positions, found.balances), Prices(venue.desk), "USDT", found.free)  # type: ignore[arg-type]

    assert reading.balances[0].buying_power is None


def test_a_debt_that_nothing_prices_leaves_the_equity_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Venue(monkeypatch, {}).of(Wallet("DUST", D(0), borrowed=D(9)), Wallet("USDT", D(5)))

    assert worth(found) is None


def test_a_perpetual_says_the_price_where_the_coin_itself_is_not_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT:USDT": ("99", "101", None), "ETH/USDT:ETH": ("9", "11", None)})

    assert worth(venue.of(Wallet("BTC", D(1)), Wallet("ETH", D(2)))) == 100 + 20


@pytest.mark.parametrize(("pnl", "result"), [("42", 42), (None, -50)])
def test_a_linear_contract_adds_what_the_venue_states_or_entry_and_mark_make(
    monkeypatch: pytest.MonkeyPatch, pnl: str | None, result: int
) -> None:
    short = contract(perpetual("BTC", "USDT", "USDT"), "-0.05", "60000", "61000", pnl)

    found = Venue(monkeypatch, {}).of(Wallet("USDT", D(1000)), contracts=(short,))

    assert worth(found) == 1000 + result


def test_an_inverse_contract_adds_coin(monkeypatch: pytest.MonkeyPatch) -> None:
    long = contract(perpetual("BTC", "USD", "BTC"), "1000", "50000", "62500")
    venue = Venue(monkeypatch, {"BTC/USDT": ("62500", "62500", None)})

    found = venue.of(Wallet("USDT", D(10)), contracts=(long,))

    assert worth(found) == 10 + (D(1000) / 50000 - D(1000) / 62500) * 62500


def test_free_coins_are_buying_power_where_coins_are_the_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": ("99", "101", None)})
    found = held(
        [Wallet("BTC", D(3), free=D(2)), Wallet("DUST", D(1), free=D(1)), Wallet("USDT", D(7), free=D(5))], "USDT"
    )

    reading = valued(Reading(NOW, found.positions, found.balances), Prices(venue.desk), "USDT", found.free)  # type: ignore[arg-type]

    assert reading.balances[0].buying_power == 2 * 100 + 5


def test_a_contract_of_unknown_result_leaves_the_equity_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = replace(contract(perpetual("BTC", "USDT", "USDT"), "1", "1", "1"), avg_entry_price=None)

    assert worth(Venue(monkeypatch, {}).of(Wallet("USDT", D(1000)), contracts=(blank,))) is None


def test_a_market_that_is_closed_for_now_still_has_its_price(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": ("99", "101", None)})
    venue.desk.markets.require().markets["BTC/USDT"]["active"] = False

    assert worth(venue.of(Wallet("BTC", D(1)), Wallet("USDT", D(5)))) == 105


def test_a_market_that_the_venue_does_not_know_any_more_prices_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"OLD/USDT": NotTradable("test", "delisted"), "ETH/USDT": ("9", "11", None)})

    assert worth(venue.of(Wallet("OLD", D(1)), Wallet("ETH", D(1)), Wallet("USDT", D(5)))) == 15


def test_holdings_are_named_as_the_book_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(monkeypatch, {"BTC/USDT": ("99", "101", None)})

    assert venue.of(Wallet("BTC", D(1))).positions[0].instrument == crypto("BTC", "USDT")
