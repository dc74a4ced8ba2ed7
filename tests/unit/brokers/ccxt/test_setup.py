"""What an account at a coin venue is made of, before anything is sent."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.ccxt.adapter import CcxtBroker
from brokers.ccxt.endpoint import proven_mode
from brokers.ccxt.markets import limit_of, to_step, trigger_of
from brokers.ccxt.venues.binance import Binance
from brokers.credentials import Credential
from tests.recorded.coins.desk import desk_of, market
from tieout.accounts import Account, Mode
from tieout.errors import ConfigError, InvalidOrder, NotTradable, Unsupported
from tieout.hedge import Leg, in_leg
from tieout.ids import AccountId, client_order_id
from tieout.instruments import crypto, perpetual
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.settings import AccountSettings

HERE = "http://127.0.0.1:1"
SWAP = perpetual("BTC", "USDT", "USDT")


def broker(name: str, mode: Mode = Mode.PAPER, endpoint: str | None = HERE, **options: str) -> CcxtBroker:
    account = Account(AccountId("coins"), name, mode, "USDT", "24/7")
    settings = AccountSettings(account, endpoint=endpoint, options=options)
    return CcxtBroker(settings, Credential("PKTEST", "test-secret"), lambda: datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize("name", ["kraken", "kucoin", "coinbase"])
def test_a_paper_account_without_a_sandbox_needs_a_rehearsal(name: str) -> None:
    with pytest.raises(ConfigError, match="has no sandbox"):
        broker(name, endpoint=None)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("binance", {"colour": "red"}, "colour are unknown"),
        ("binance", {"products": "spot,options"}, "options.products options"),
        ("bybit", {"position_mode": "both"}, "one-way, hedge"),
        ("bybit", {"max_leverage_perpetual": "11"}, "from 1 to 10"),
        ("bybit", {"max_leverage_perpetual": "2.5"}, "from 1 to 10"),
    ],
)
def test_options_that_cannot_be_used_are_named(name: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        broker(name, Mode.PAPER, HERE, **options)


@pytest.mark.parametrize("endpoint", ["http://example.com", "ftp://127.0.0.1", "http://user:x@127.0.0.1:1"])
def test_an_endpoint_that_would_show_the_key_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="endpoint"):
        broker("binance", endpoint=endpoint)


@pytest.mark.parametrize(
    ("endpoint", "hosts", "simulated", "mode"),
    [
        (HERE, {"api.binance.com"}, False, Mode.PAPER),
        ("https://proxy.example", {"api.binance.com"}, False, Mode.LIVE),
        (None, {"api.binance.com"}, False, Mode.LIVE),
        (None, {"testnet.binance.vision"}, False, Mode.PAPER),
        (None, {"testnet.binance.vision", "api.binance.com"}, False, Mode.LIVE),
        (None, {"www.okx.com"}, True, Mode.PAPER),
        (None, set(), False, Mode.LIVE),
    ],
)
def test_what_is_not_known_to_be_a_sandbox_is_live(
    endpoint: str | None, hosts: set[str], simulated: bool, mode: Mode
) -> None:
    found, evidence = proven_mode(endpoint, hosts, simulated, Binance())

    assert found is mode
    assert evidence


@pytest.mark.parametrize("name", ["kucoin", "okx"])
def test_a_missing_passphrase_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="passphrase"):
        broker(name).fetch_clock()


def test_a_flow_run_that_trades_no_coins_does_not_wait_for_ccxt() -> None:
    program = (
        "import sys\n"
        "import tests.unit.brokers.ccxt.test_setup as one\n"
        "capabilities = one.broker('binance').capabilities\n"
        "assert capabilities.broker == 'binance'\n"
        "assert 'ccxt' not in sys.modules, 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


POSITIVE = st.decimals(min_value="0.00000001", max_value="1000000", places=8)
STEP = st.sampled_from([Decimal(one) for one in ("0.00000001", "0.0005", "0.01", "0.25", "1", "100")])


@given(number=POSITIVE, step=STEP)
def test_a_quantity_on_a_step_is_never_more_than_was_decided(number: Decimal, step: Decimal) -> None:
    found = to_step(number, step, "ROUND_DOWN")

    assert 0 <= number - found < step
    assert found % step == 0


@given(price=POSITIVE, step=STEP, side=st.sampled_from(Side))
def test_a_limit_on_a_tick_is_never_worse_and_a_trigger_never_earlier(
    price: Decimal, step: Decimal, side: Side
) -> None:
    of = {"precision": {"price": str(step)}}

    assert (limit_of(price, side, of) - price) * side.sign <= 0
    assert (trigger_of(price, side, of) - price) * side.sign >= 0


def an_order(**more: Any) -> Order:
    plain: dict[str, Any] = {"instrument": crypto("BTC", "USDT"), "quantity": Decimal(1)}
    given_ = {**plain, **more}
    return Order(
        client_order_id("one"),
        given_["instrument"],
        Side.BUY,
        given_["quantity"],
        OrderType.LIMIT,
        TimeInForce.GTC,
        Decimal(50_000),
    )


def test_a_delisted_market_is_refused_before_anything_is_sent() -> None:
    closed = {**market("BTC/USDT", "BTCUSDT"), "active": False}
    desk = desk_of("binance", closed)

    with pytest.raises(NotTradable, match="has closed its market"):
        desk.markets.open_for(crypto("BTC", "USDT"))


def test_contracts_are_counted_in_units_and_sent_in_contracts() -> None:
    from brokers.ccxt.markets import amount_of

    of = market("BTC/USDT:USDT", "BTC-USDT-SWAP", size="0.01", step="1")

    assert amount_of(an_order(instrument=SWAP, quantity=Decimal("0.057")), of, "okx") == 5
    with pytest.raises(InvalidOrder, match="least order"):
        amount_of(an_order(instrument=SWAP, quantity=Decimal("0.009")), of, "okx")


def test_an_order_names_its_leg_in_hedge_mode_and_none_otherwise() -> None:
    from brokers.ccxt.ordering import require

    of = market("BTC/USDT:USDT", "BTCUSDT")
    hedged, one_way = desk_of("bybit", of, options={"position_mode": "hedge"}), desk_of("bybit", of)

    require(hedged, an_order(instrument=in_leg(SWAP, Leg.LONG)))
    require(one_way, an_order(instrument=SWAP))
    with pytest.raises(Unsupported, match="name no leg"):
        require(hedged, an_order(instrument=SWAP))
    with pytest.raises(Unsupported, match="one-way mode"):
        require(one_way, an_order(instrument=in_leg(SWAP, Leg.LONG)))


def test_a_classic_account_at_bybit_is_told_to_upgrade() -> None:
    desk = desk_of("bybit", market("BTC/USDT", "BTCUSDT"))
    answers = {
        "privateGetV5UserQueryApi": {"result": {"userID": 1}},
        "privateGetV5AccountInfo": {"result": {"unifiedMarginStatus": 1}},
    }
    desk.call = lambda method, query=None: answers[method]  # type: ignore[method-assign]

    with pytest.raises(ConfigError, match="unified account is not enabled"):
        desk.venue.facts(desk)


def test_a_market_that_nobody_named_is_not_searched_for_in_vain() -> None:
    from brokers.ccxt.statements import fetch_executions
    from tieout.errors import Unavailable

    desk = desk_of("binance", market("BTC/USDT", "BTCUSDT"))
    desk.markets._exchange = desk.exchange
    with pytest.raises(Unavailable, match=r"options\.symbols"):
        fetch_executions(desk, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


def test_leverage_above_the_cap_is_refused_before_anything_is_sent() -> None:
    found = broker("bybit", max_leverage_perpetual="3")

    with pytest.raises(ConfigError, match="outside of 1 to 3"):
        found.set_leverage(SWAP, 5)
