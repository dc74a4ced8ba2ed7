"""The adapter on bad days: rows it cannot read, lists that lie, and contracts that were adjusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from brokers.alpaca.adapter import AlpacaBroker
from simulator.protocols.recorded import RecordedFace
from tests.alpaca_accounts import LIVE_KEY, NOW, PAPER_KEY, broker_at, settings_for
from tieout.accounts import Mode, require_mode
from tieout.errors import ConfigError, Unauthorised, Unavailable, Unreadable
from tieout.instruments import equity
from tieout.records import RecordStatus
from tieout.snapshots import Completeness

DAY = date(2026, 10, 9)
EARLY, LATE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ACCOUNT = {
    "account_number": "PA0000000001",
    "status": "ACTIVE",
    "currency": "USD",
    "cash": "100.10",
    "equity": "220.60",
    "buying_power": "200",
}
KO = {
    "symbol": "KO",
    "asset_class": "us_equity",
    "qty": "2",
    "side": "long",
    "avg_entry_price": "58.1",
    "current_price": "60.25",
    "market_value": "120.5",
    "cost_basis": "116.2",
}
RESTING = {
    "id": "11111111-0000-4000-8000-000000000000",
    "client_order_id": "0" * 32,
    "submitted_at": "2026-10-09T15:00:00Z",
    "symbol": "KO",
    "asset_class": "us_equity",
    "status": "new",
    "qty": "2",
    "filled_qty": "0",
    "side": "buy",
    "type": "market",
    "time_in_force": "day",
}


@pytest.fixture
def face() -> Iterator[RecordedFace]:
    with RecordedFace() as face:
        serve(face, "/v2/account", ACCOUNT)
        serve(face, "/v2/clock", {"timestamp": "2026-10-09T20:05:00Z", "is_open": False})
        yield face


@pytest.fixture
def broker(face: RecordedFace) -> Iterator[AlpacaBroker]:
    with broker_at(face.base_url) as broker:
        yield broker


def serve(face: RecordedFace, path: str, body: object) -> None:
    face.serve("GET", path, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"qty": None}, "positions row 2 (KO): field `qty`: a number in text was expected, got None"),
        ({"qty": "NaN"}, "positions row 2 (KO): field `qty`: 'NaN' is not a finite number"),
        ({"cost_basis": "n/a"}, "positions row 2 (KO): field `cost_basis`: 'n/a' is not a number"),
        ({"asset_class": "crypto_perp"}, "positions row 2 (KO): field `asset_class`: 'crypto_perp' is not known"),
        ({"side": "short"}, "positions row 2 (KO): field `qty`: 2 contradicts the side short"),
    ],
)
def test_a_row_that_cannot_be_read_makes_the_snapshot_partial_and_is_named(
    face: RecordedFace, broker: AlpacaBroker, change: dict[str, object], note: str
) -> None:
    serve(face, "/v2/positions", [KO | {"symbol": "BAC"}, KO | change])
    serve(face, "/v2/orders", [])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert snapshot.proof.notes[0] == note
    assert [p.instrument for p in snapshot.positions] == [equity("BAC")]


def test_a_row_of_an_unknown_class_is_kept_word_for_word(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/positions", [KO | {"asset_class": "crypto_perp"}])
    serve(face, "/v2/orders", [])

    (row,) = broker.fetch_snapshot(DAY).unmapped

    assert json.loads(row) == KO | {"asset_class": "crypto_perp"}


@pytest.mark.parametrize("symbol", ["KO'; DROP TABLE positions", "КО", "../../etc/passwd", "A B"])
def test_an_odd_symbol_is_unmapped_in_a_snapshot_that_is_whole(
    face: RecordedFace, broker: AlpacaBroker, symbol: str
) -> None:
    serve(face, "/v2/positions", [KO, KO | {"symbol": symbol}])
    serve(face, "/v2/orders", [])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.COMPLETE
    assert [json.loads(row)["symbol"] for row in snapshot.unmapped] == [symbol]


def test_an_order_of_unknown_status_makes_the_snapshot_partial(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/positions", [])
    serve(face, "/v2/orders", [RESTING, RESTING | {"id": "2", "status": "gone_fishing"}])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert "field `status`: 'gone_fishing' is not a known order status" in snapshot.proof.notes[0]
    assert len(snapshot.open_orders) == 1


def test_bare_numbers_keep_their_digits_and_the_bytes_are_kept(face: RecordedFace, broker: AlpacaBroker) -> None:
    body = json.dumps([KO]).replace('"qty": "2"', '"qty": 0.123456789012345678').encode()
    face.serve("GET", "/v2/positions", body)
    serve(face, "/v2/orders", [])

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.positions[0].quantity == Decimal("0.123456789012345678")
    assert body in [answer.body for answer in snapshot.raw]


def test_an_adjusted_contract_is_valued_by_the_venues_multiplier(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/positions", [KO | {"symbol": "AAPL1270115P00150000", "asset_class": "us_option"}])
    serve(face, "/v2/orders", [])
    contract = {"symbol": "AAPL1270115P00150000", "underlying_symbol": "AAPL", "multiplier": "150", "tradable": True}
    serve(face, "/v2/options/contracts/AAPL1270115P00150000", contract)

    (position,) = broker.fetch_snapshot(DAY).positions

    assert position.instrument.multiplier == 150
    assert len([line for line in face.log if "contracts" in line.path]) == 1


def test_an_adjusted_contract_that_the_venue_does_not_know_is_unmapped(
    face: RecordedFace, broker: AlpacaBroker
) -> None:
    serve(face, "/v2/positions", [KO | {"symbol": "AAPL1270115P00150000", "asset_class": "us_option"}])
    serve(face, "/v2/orders", [])

    snapshot = broker.fetch_snapshot(DAY)

    assert (snapshot.positions, len(snapshot.unmapped)) == ((), 1)


def test_prices_may_move_between_two_readings(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/positions", [KO])
    serve(face, "/v2/positions", [KO | {"current_price": "61", "market_value": "122"}])
    serve(face, "/v2/orders", [])

    snapshot = broker.fetch_snapshot(DAY)

    assert (snapshot.proof.completeness, snapshot.proof.reads) == (Completeness.COMPLETE, 2)
    assert snapshot.positions[0].market_price == 61


def test_more_readings_are_made_where_the_settings_want_them(face: RecordedFace) -> None:
    serve(face, "/v2/positions", [KO])
    serve(face, "/v2/orders", [])
    with AlpacaBroker(settings_for(face.base_url, reads=5), PAPER_KEY, lambda: NOW) as broker:
        assert broker.fetch_snapshot(DAY).proof.reads == 5


def test_a_venue_without_its_clock_still_gives_a_whole_snapshot(broker: AlpacaBroker, face: RecordedFace) -> None:
    serve(face, "/v2/positions", [])
    serve(face, "/v2/orders", [])
    face.serve("GET", "/v2/clock", b"<html>", 200)

    first, second = broker.fetch_snapshot(DAY), broker.fetch_snapshot(DAY)

    assert first.proof.broker_time == datetime(2026, 10, 9, 20, 5, tzinfo=UTC)
    assert (second.proof.completeness, second.proof.broker_time) == (Completeness.COMPLETE, None)
    assert second.proof.notes[0].startswith("clock: ")


def test_a_live_key_on_a_paper_account_is_refused(face: RecordedFace) -> None:
    with broker_at(face.base_url, LIVE_KEY) as broker:
        identity = broker.fetch_identity()

    with pytest.raises(ConfigError, match=r"configured as paper.*key id starts with AK: live"):
        require_mode(settings_for(face.base_url).account, identity)


def test_a_paper_key_on_a_live_account_is_refused(face: RecordedFace) -> None:
    settings = settings_for(face.base_url, Mode.LIVE)
    with AlpacaBroker(settings, PAPER_KEY, lambda: NOW) as broker:
        identity = broker.fetch_identity()

    with pytest.raises(ConfigError, match=r"configured as live.*key id starts with PK: paper"):
        require_mode(settings.account, identity)


def test_a_refused_key_of_the_other_mode_is_told_so(face: RecordedFace) -> None:
    with RecordedFace() as refusing:
        refusing.serve("GET", "/v2/account", b'{"code":40110000,"message":"access key verification failed"}', 401)
        with broker_at(refusing.base_url, LIVE_KEY) as broker, pytest.raises(Unauthorised) as refused:
            broker.fetch_identity()

    assert "configured as paper and its key id starts with AK: live" in str(refused.value)


def test_options_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"options limit_file are unknown.*limits_file"):
        AlpacaBroker(settings_for("http://127.0.0.1:9", limit_file="x"), PAPER_KEY, lambda: NOW)


@pytest.mark.parametrize("rate", ["0", "-1", "many", "1.5"])
def test_a_request_rate_that_is_no_count_is_refused(rate: str) -> None:
    with pytest.raises(ConfigError, match="requests_per_minute"):
        AlpacaBroker(settings_for("http://127.0.0.1:9", requests_per_minute=rate), PAPER_KEY, lambda: NOW)


def test_a_host_that_speaks_no_stream_is_unavailable(face: RecordedFace, broker: AlpacaBroker) -> None:
    with pytest.raises(Unavailable):
        list(broker.order_updates())


def test_every_call_leaves_an_audit_line(face: RecordedFace, broker: AlpacaBroker) -> None:
    broker.fetch_clock()
    face.serve("GET", "/v2/calendar", b"<html>")
    with pytest.raises(Unreadable):
        broker.fetch_sessions(DAY, DAY)

    assert [(c.method, c.path, c.status, c.outcome) for c in broker.calls] == [
        ("GET", "/v2/clock", 200, "ok"),
        ("GET", "/v2/calendar?start=2026-10-09&end=2026-10-09", 200, "Unreadable"),
    ]
    assert broker.calls[0].sent_at == NOW


# Lists


def fee(row_id: str, amount: str = "-1", **more: object) -> dict[str, object]:
    row = {"id": row_id, "activity_type": "FEE", "date": "2026-10-08", "net_amount": amount, "status": "executed"}
    return row | more


def test_a_corrected_row_takes_the_place_of_the_first(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/account/activities", [fee("a"), fee("b"), fee("a", "-3", status="correct")])

    fetched = broker.fetch_activities(EARLY, LATE)

    assert [(a.activity_id, a.amount, a.status) for a in fetched.records] == [
        ("b", Decimal(-1), RecordStatus.EXECUTED),
        ("a", Decimal(-3), RecordStatus.CORRECTED),
    ]


def test_a_cancelled_row_says_so(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/account/activities", [fee("a"), fee("a", status="canceled")])

    (record,) = broker.fetch_activities(EARLY, LATE).records

    assert record.status is RecordStatus.CANCELLED


@pytest.mark.parametrize("again", [fee("a"), fee("a", "-3")])
def test_a_row_that_comes_again_makes_the_list_unreadable(
    face: RecordedFace, broker: AlpacaBroker, again: dict[str, object]
) -> None:
    serve(face, "/v2/account/activities", [fee("a"), fee("b"), again])

    with pytest.raises(Unreadable, match="row a again"):
        broker.fetch_activities(EARLY, LATE)


def test_a_duplicated_page_is_noticed(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/account/activities", [fee(str(number)) for number in range(100)])

    with pytest.raises(Unreadable, match="activities: page 2 shows row 0 again"):
        broker.fetch_activities(EARLY, LATE)


def test_a_duplicated_page_of_orders_is_noticed(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/orders", [RESTING | {"id": str(number)} for number in range(500)])

    with pytest.raises(Unreadable, match="orders: page 2 shows nothing new"):
        broker.fetch_orders(EARLY, LATE)


def test_an_order_twice_on_one_page_is_noticed(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/orders", [RESTING, RESTING])

    with pytest.raises(Unreadable, match="the same order twice"):
        broker.fetch_orders(EARLY, LATE)


def test_orders_that_share_an_instant_across_a_page_are_all_read(face: RecordedFace, broker: AlpacaBroker) -> None:
    first = [RESTING | {"id": str(number)} for number in range(500)]
    serve(face, "/v2/orders", first)
    serve(face, "/v2/orders", [*first[498:], RESTING | {"id": "500"}])

    assert len(broker.fetch_orders(EARLY, LATE)) == 501


def test_half_a_list_of_orders_is_never_a_whole_one(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/orders", [RESTING, RESTING | {"id": "2", "asset_class": "crypto_perp"}])

    with pytest.raises(Unreadable, match="crypto_perp"):
        broker.fetch_orders(EARLY, LATE)


def test_an_activity_of_an_unknown_instrument_is_kept_word_for_word(face: RecordedFace, broker: AlpacaBroker) -> None:
    serve(face, "/v2/account/activities", [fee("a"), fee("b", symbol="К О")])

    fetched = broker.fetch_activities(EARLY, LATE)

    assert [a.activity_id for a in fetched.records] == ["a"]
    assert json.loads(fetched.unmapped[0])["symbol"] == "К О"


def test_an_activity_that_cannot_be_read_fails_the_list_and_keeps_the_row(
    face: RecordedFace, broker: AlpacaBroker
) -> None:
    serve(face, "/v2/account/activities", [fee("a"), fee("b", net_amount=None)])

    with pytest.raises(Unreadable, match=r"activities row 2 \(b\): field `net_amount`") as unreadable:
        broker.fetch_activities(EARLY, LATE)

    assert unreadable.value.received


def test_fills_of_older_orders_find_our_id_one_by_one(face: RecordedFace, broker: AlpacaBroker) -> None:
    fill = {
        "id": "1",
        "activity_type": "FILL",
        "transaction_time": "2026-10-08T15:00:00Z",
        "type": "fill",
        "price": "60",
        "qty": "1",
        "side": "buy",
        "symbol": "KO",
        "order_id": RESTING["id"],
    }
    serve(face, "/v2/account/activities", [fill])
    serve(face, "/v2/orders", [])
    serve(face, f"/v2/orders/{RESTING['id']}", RESTING)

    fetched = broker.fetch_executions(EARLY, LATE)

    assert fetched.records[0].client_order_id == "0" * 32
    assert fetched.notes == ()
