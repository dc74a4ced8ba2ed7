"""Options on the Alpaca face: exercise by the SDK's own call, contracts in its own model, rows as recorded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.models import OptionContract

from simulator.account import SimulatedAccount
from simulator.protocols.alpaca import AlpacaFace
from simulator.venue import SimulatedVenue
from tests.simulation.options.evening import (
    ADJUSTED,
    CALL,
    FRI,
    KO,
    LATER_CALL,
    NEXT_WED,
    PUT,
    THU,
    TUE,
    WEEKLY,
    an_evening,
    holding,
    new_york,
    rows,
    units,
)
from tieout.records import ActivityKind

HEADERS = {"APCA-API-KEY-ID": "PKTEST1", "APCA-API-SECRET-KEY": "test-secret"}


@pytest.fixture
def venue() -> SimulatedVenue:
    return an_evening("62")


@pytest.fixture
def account(venue: SimulatedVenue) -> SimulatedAccount:
    return holding(venue, (CALL, "2"), (LATER_CALL, "3"), (PUT, "-1"), (ADJUSTED, "1"), (WEEKLY, "1"))


@pytest.fixture
def face(venue: SimulatedVenue, account: SimulatedAccount) -> Iterator[AlpacaFace]:
    with AlpacaFace(venue) as face:
        yield face


@pytest.fixture
def client(face: AlpacaFace) -> TradingClient:
    return TradingClient("PKTEST1", "test-secret", paper=True, url_override=face.base_url)


def compact(symbol: str) -> str:
    return symbol.replace(" ", "")


def test_the_sdk_exercises_a_whole_position_tonight(
    face: AlpacaFace, client: TradingClient, account: SimulatedAccount
) -> None:
    client.exercise_options_position(compact(LATER_CALL.symbol))

    face.venue.advance(new_york(THU, "04:20"))

    assert rows(account) == [
        (ActivityKind.EXERCISE, LATER_CALL, -3, 0),
        (ActivityKind.OPTION_TRADE, KO, 300, -15_000),
    ]


def test_a_position_is_found_by_the_contract_s_id_too(
    face: AlpacaFace, client: TradingClient, account: SimulatedAccount
) -> None:
    contract_id = get(face, f"/v2/options/contracts/{compact(LATER_CALL.symbol)}").json()["id"]

    client.exercise_options_position(contract_id)

    face.venue.advance(new_york(THU, "04:20"))
    assert LATER_CALL.symbol not in units(account)


def test_a_do_not_exercise_request_lets_the_call_lapse(
    face: AlpacaFace, client: TradingClient, account: SimulatedAccount
) -> None:
    client.post(f"/positions/{compact(CALL.symbol)}/do-not-exercise")

    face.venue.advance(new_york(NEXT_WED, "04:20"))

    assert (ActivityKind.EXPIRATION, CALL, -2, 0) in rows(account)


@pytest.mark.parametrize("word", ["exercise", "do-not-exercise"])
def test_between_the_close_and_midnight_both_are_refused(face: AlpacaFace, client: TradingClient, word: str) -> None:
    path = f"/positions/{compact(LATER_CALL.symbol)}/{word}"

    face.venue.advance(new_york(THU, "16:00"))
    with pytest.raises(APIError) as evening:
        client.post(path)
    face.venue.advance(new_york(FRI, "00:00"))
    client.post(path)

    assert evening.value.status_code == 403


@pytest.mark.parametrize(
    ("symbol", "status"), [(PUT.symbol, 404), ("KO260116C00099000", 404), ("NOSUCH", 404), (WEEKLY.symbol, 422)]
)
def test_what_cannot_be_exercised_is_refused(client: TradingClient, symbol: str, status: int) -> None:
    with pytest.raises(APIError) as refused:
        client.exercise_options_position(compact(symbol))

    assert refused.value.status_code == status


def test_an_adjusted_contract_states_its_deliverables(face: AlpacaFace) -> None:
    body = get(face, f"/v2/options/contracts/{compact(ADJUSTED.symbol)}").json()

    assert OptionContract(**body).underlying_symbol == "KO"
    assert (body["root_symbol"], body["multiplier"], body["size"], body["style"]) == ("KO1", "100", "100", "american")
    assert [(one["type"], one["symbol"], one["amount"]) for one in body["deliverables"]] == [
        ("equity", "KO", "100"),
        ("equity", "SPUN", "25"),
        ("cash", "USD", "7.5"),
    ]


def test_an_index_contract_is_european_and_an_expired_one_inactive(face: AlpacaFace) -> None:
    weekly = get(face, f"/v2/options/contracts/{WEEKLY.symbol}").json()
    face.venue.advance(new_york(TUE, "10:00"))
    over = get(face, f"/v2/options/contracts/{compact(CALL.symbol)}").json()

    assert (weekly["style"], weekly["underlying_symbol"], weekly["status"]) == ("european", "SPX", "active")
    assert (over["status"], over["tradable"]) == ("inactive", False)


def test_an_adjusted_contract_has_a_quote_and_can_be_sold(
    face: AlpacaFace, client: TradingClient, account: SimulatedAccount
) -> None:
    symbol = compact(ADJUSTED.symbol)
    quote = get(face, f"/v1beta1/options/quotes/latest?symbols={symbol}").json()["quotes"][symbol]
    client.post("/orders", {"symbol": symbol, "qty": "1", "side": "sell", "type": "market", "time_in_force": "day"})

    assert quote["bp"] > 0
    assert ADJUSTED.symbol not in units(account)


def test_rows_are_created_before_dawn_and_dated_the_day_they_are_about(
    face: AlpacaFace, account: SimulatedAccount
) -> None:
    face.venue.advance(new_york(NEXT_WED, "05:00"))

    told = {
        row["activity_type"]: (row["date"], row["created_at"]) for row in get(face, "/v2/account/activities").json()
    }
    assert told["OPEXC"] == ("2026-01-16", "2026-01-20T09:20:00.000000000Z")
    assert told["OPEXP"] == ("2026-01-20", "2026-01-21T09:20:00.000000000Z")


def get(face: AlpacaFace, path: str) -> requests.Response:
    return requests.get(face.base_url + path, headers=HEADERS, timeout=5)
