from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from tieout import errors
from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    DataError,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    StoreError,
    StoreVersionError,
    TieoutError,
    Unauthorised,
    Unavailable,
    Unreadable,
    Unsupported,
)


def leaves(kind: type[BrokerError] = BrokerError) -> Iterator[type[BrokerError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from leaves(child)


def test_the_tree_asks_whether_an_order_is_working() -> None:
    assert all(issubclass(kind, Rejected) for kind in (Unauthorised, NotFound))
    assert all(issubclass(kind, Unavailable) for kind in (RateLimited, Unreadable))
    assert not issubclass(Ambiguous, Rejected | Unavailable)
    assert not issubclass(Unsupported, Rejected | Unavailable | Ambiguous)
    assert all(issubclass(kind, TieoutError) for kind in (ConfigError, DataError, StoreError, BrokerError))
    assert issubclass(Malformed, DataError)
    assert issubclass(StoreVersionError, StoreError)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, TieoutError):
            assert name in (errors.__doc__ or ""), f"{name} is missing from the tree"


def test_a_broker_error_says_who_what_and_the_venue_s_code() -> None:
    error = Rejected("alpaca", "insufficient buying power", code="40310000")
    assert str(error) == "alpaca: insufficient buying power [40310000]"
    assert (error.broker, error.reason, error.code) == ("alpaca", "insufficient buying power", "40310000")
    assert str(Ambiguous("alpaca", "answer lost")) == "alpaca: answer lost"


@pytest.mark.parametrize("kind", list(leaves()))
def test_every_broker_error_travels_between_processes(kind: type[BrokerError]) -> None:
    error = kind("alpaca", "no", code="7")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert (str(copy), copy.broker, copy.reason, copy.code) == (str(error), "alpaca", "no", "7")


def test_what_an_error_learnt_later_travels_too() -> None:
    limited = RateLimited("alpaca", "slow down")
    limited.retry_after_s = 2.5
    unreadable = Unreadable("alpaca", "no JSON")
    unreadable.received = "<html>"
    assert pickle.loads(pickle.dumps(limited)).retry_after_s == 2.5  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(unreadable)).received == "<html>"  # noqa: S301 - our own bytes


def test_malformed_content_is_kept() -> None:
    assert Malformed("not a number", received="abc").received == "abc"
    assert Malformed("not a number").received == ""
