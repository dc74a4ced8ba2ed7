"""Blotter and confirmations: every trade once, and nothing lost between the two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.blotter import Trade, blotter, confirmations
from tieout.ids import AccountId, BrokerOrderId, ClientOrderId, ExecutionId
from tieout.instruments import crypto, equity, option, perpetual
from tieout.money import rounded
from tieout.orders import Side
from tieout.records import Execution

D = Decimal
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
KO, PUT, BTC = equity("KO"), option("KO260306P00050000"), crypto("BTC")


def a_trade(number: int = 1, day: date = MONDAY, account: str = "one", **changed: Any) -> Trade:
    fields: dict[str, Any] = {
        "instrument": KO,
        "side": Side.BUY,
        "quantity": D(10),
        "price": D("60.25"),
        "executed_at": NOON + timedelta(minutes=number),
        "fee": D("0.10"),
        "client_order_id": ClientOrderId("c-1"),
    }
    made = Execution(ExecutionId(f"e-{number}"), **(fields | changed))
    return Trade(AccountId(account), made, day, day + timedelta(days=1), strategy="mean")


def test_what_is_paid_is_below_zero_and_fees_make_it_worse() -> None:
    bought, sold = blotter([a_trade(), a_trade(2, side=Side.SELL)])

    assert (bought.gross, bought.net) == (D("602.5"), D("-602.60"))
    assert (sold.gross, sold.net) == (D("602.5"), D("602.40"))
    assert (bought.trade_date, bought.settles_on, bought.strategy) == (MONDAY, TUESDAY, "mean")


def test_an_option_counts_a_hundred_shares_and_a_fee_in_a_coin_no_dollars() -> None:
    put, coin, swap = blotter(
        [
            a_trade(1, instrument=PUT, quantity=D(2), price=D("1.20")),
            a_trade(2, instrument=BTC, quantity=D("0.5"), price=D(60_000), fee=D("0.001"), fee_currency="BTC"),
            a_trade(3, instrument=perpetual("BTC", "USDT", "USDT"), fee_currency="USDT"),
        ]
    )

    assert (put.gross, put.net) == (D(240), D("-240.10"))
    assert (coin.net, coin.fee, coin.fee_currency) == (D(-30_000), D("0.001"), "BTC")
    assert (swap.gross, swap.net) == (D("602.5"), None)


def test_the_fills_of_an_order_are_one_confirmation_with_their_average_price() -> None:
    (one,) = confirmations([a_trade(2, price=D(61), quantity=D(30)), a_trade(1, price=D(60))])

    assert (one.quantity, one.average_price, one.gross) == (D(40), D("60.75"), D(2430))
    assert (one.fees, one.net, one.executions) == (D("0.20"), D("-2430.20"), 2)
    assert (one.first_at, one.last_at) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))


def test_an_options_average_price_is_per_share() -> None:
    (one,) = confirmations([a_trade(1, instrument=PUT, price=D(1)), a_trade(2, instrument=PUT, price=D(2))])

    assert (one.average_price, one.gross) == (D("1.5"), D(3000))


def test_another_day_order_account_leg_or_fee_currency_is_another_confirmation() -> None:
    trades = [
        a_trade(1),
        a_trade(2, TUESDAY),
        a_trade(3, client_order_id=ClientOrderId("c-2")),
        a_trade(4, account="two"),
        a_trade(5, instrument=PUT),
        a_trade(6, fee_currency="EUR"),
        a_trade(7, client_order_id=None, broker_order_id=BrokerOrderId("b-1")),
        a_trade(8, client_order_id=None, broker_order_id=BrokerOrderId("b-1")),
        a_trade(9, client_order_id=None),
        a_trade(10, client_order_id=None),
    ]

    assert [one.executions for one in confirmations(trades)] == [1, 1, 1, 1, 1, 1, 2, 1, 1]


NUMBERS = st.decimals("0.000001", "1000000", places=6)
TRADES = st.lists(
    st.builds(
        lambda number, order, side, instrument, quantity, price, fee: a_trade(
            number,
            client_order_id=order,
            side=side,
            instrument=instrument,
            quantity=quantity,
            price=price,
            fee=fee,
        ),
        st.integers(0, 500),
        st.sampled_from(["c-1", "c-2", None]),
        st.sampled_from(Side),
        st.sampled_from([KO, PUT, BTC]),
        NUMBERS,
        NUMBERS,
        NUMBERS,
    ),
    unique_by=lambda one: one.execution.execution_id,
    max_size=20,
)


@given(TRADES)
def test_confirmations_say_in_all_what_the_blotter_says(trades: list[Trade]) -> None:
    rows, confirmed = blotter(trades), confirmations(trades)

    assert len(rows) == len(trades) == sum(one.executions for one in confirmed)
    assert sum(one.quantity for one in rows) == sum(one.quantity for one in confirmed)
    assert sum((one.net or D(0)) for one in rows) == sum((one.net or D(0)) for one in confirmed)
    assert rounded(sum((one.fee for one in rows), D(0))) == rounded(sum((one.fees for one in confirmed), D(0)))
    assert rows == blotter(reversed(trades))
    for one in confirmed:
        prices = [each.price for each in rows if each.client_order_id == one.client_order_id]
        assert min(prices) <= one.average_price <= max(prices)
