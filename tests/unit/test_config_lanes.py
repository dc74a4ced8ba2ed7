"""`[accounts.NAME.lanes]`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.ids import AccountId
from tieout.lanes import Lanes


def lanes_of(account: dict[str, object] | None = None, **lanes: object) -> Lanes:
    toml = {"accounts": {"a": {"broker": "alpaca", "lanes": lanes} | (account or {})}}
    return parse_settings(toml, {}).accounts[AccountId("a")].lanes


def test_an_account_without_the_table_has_the_usual_rule() -> None:
    assert lanes_of() == Lanes()


def test_shares_and_waits_are_read() -> None:
    assert lanes_of(reconciliation_share="60%", data_share="0.3", data_wait_s=5) == Lanes(
        Decimal("0.6"), Decimal("0.3"), data_wait_s=5
    )


@pytest.mark.parametrize(
    ("lanes", "complaint"),
    [
        ({"data_share": "0.8"}, r"accounts\.a\.lanes.*data_share must not be above reconciliation_share"),
        ({"reconciliation_share": "1.2"}, "at most 1"),
        ({"data_share": "0"}, "above 0"),
        ({"orders_wait_s": 0}, "above zero seconds"),
        ({"orders_wait_s": 11}, "must not be above timeout_s, 10"),
        ({"order_wait_s": 1}, "did you mean 'orders_wait_s'"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(lanes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        lanes_of(**lanes)


def test_orders_may_wait_as_long_as_a_request_may_take() -> None:
    assert lanes_of({"timeout_s": 30}, orders_wait_s=30).orders_wait_s == 30
