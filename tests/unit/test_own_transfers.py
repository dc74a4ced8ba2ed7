from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.ids import AccountId, ActivityId
from tieout.instruments import crypto, equity
from tieout.own_transfers import End, end_of, matched
from tieout.records import Activity, ActivityKind

D = Decimal
NOON = datetime(2026, 1, 13, 12, tzinfo=UTC)


def end(name: str, account: str, amount: str, *, code: str = "BTC", hours: float = 0, reference: str = "") -> End:
    return End(AccountId(account), name, code, D(amount), NOON + timedelta(hours=hours), reference)


def pairs(*ends: End) -> list[tuple[str, str]]:
    return [(one.out.activity_id, one.into.activity_id) for one in matched(ends)]


def test_what_left_one_account_and_came_into_another_is_one_event() -> None:
    (one,) = matched([end("in", "kraken", "0.9998", hours=1), end("out", "binance", "-1")])
    assert (one.out.activity_id, one.into.activity_id, one.fee) == ("out", "in", D("0.0002"))


@pytest.mark.parametrize(
    "other",
    [
        end("in", "binance", "1"),
        end("in", "kraken", "1", code="ETH"),
        end("in", "kraken", "0.98"),
        end("in", "kraken", "1.0001"),
        end("in", "kraken", "1", hours=25),
        end("in", "kraken", "1", reference="another"),
    ],
)
def test_what_does_not_fit_is_not_matched(other: End) -> None:
    assert pairs(end("out", "binance", "-1", reference="tx"), other) == []


def test_what_could_be_two_transfers_is_matched_to_neither() -> None:
    assert pairs(end("out", "binance", "-1"), end("a", "kraken", "1"), end("b", "bybit", "1")) == []
    assert pairs(end("a", "binance", "-1"), end("b", "bybit", "-1"), end("in", "kraken", "1")) == []


def test_a_shared_reference_settles_what_amounts_leave_open() -> None:
    ends = [
        end("a", "binance", "-1", reference="t1"),
        end("b", "binance", "-1", reference="t2", hours=1),
        end("x", "kraken", "1", reference="t2", hours=2),
        end("y", "kraken", "1", reference="t1", hours=3),
    ]
    assert pairs(*ends) == [("a", "y"), ("b", "x")]


def test_one_arrival_is_the_other_end_of_one_leaving_whatever_they_share() -> None:
    """A venue sends several withdrawals in one transaction of the network; the second has not come yet."""
    both = [end("a", "binance", "-1", reference="tx"), end("b", "binance", "-1.001", reference="tx")]
    assert pairs(*both, end("in", "kraken", "1", reference="tx")) == []


def test_an_arrival_dated_before_its_leaving_still_fits() -> None:
    assert pairs(end("out", "binance", "-1"), end("in", "kraken", "1", hours=-2)) == [("out", "in")]


def activity(kind: ActivityKind = ActivityKind.TRANSFER, **more: object) -> Activity:
    return Activity(ActivityId("a"), kind, NOON, **more)  # type: ignore[arg-type]


def test_units_of_a_coin_and_money_of_it_are_the_same_whatever_they_stand_against() -> None:
    home = AccountId("home")
    units = end_of(home, activity(instrument=crypto("BTC", "USDT"), quantity=D(-1), group_id="tx"))
    assert units == End(home, "a", "BTC", D(-1), NOON, "tx")
    assert end_of(home, activity(amount=D(1), currency="BTC")) == End(home, "a", "BTC", D(1), NOON)
    shares = end_of(home, activity(instrument=equity("KO"), quantity=D(5)))
    assert shares is not None
    assert shares.code == "KO"


def test_what_is_no_transfer_or_moves_both_or_nothing_is_no_end() -> None:
    home = AccountId("home")
    assert end_of(home, activity(ActivityKind.INTEREST, amount=D(1))) is None
    assert end_of(home, activity()) is None
    assert end_of(home, activity(instrument=equity("KO"), quantity=D(5), amount=D(1))) is None
