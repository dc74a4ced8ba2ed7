"""The face speaks as the venue was recorded speaking: same fields, same kinds of values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import TERMS, a_world, an_order
from tests.simulation.options.evening import CALL, KO, NEXT_WED, PUT, an_evening, holding, new_york

HEADERS = {"APCA-API-KEY-ID": TERMS.key_id, "APCA-API-SECRET-KEY": TERMS.secret}
# Fields that older recordings have and the simulated world has no notion of
NOT_SIMULATED = {
    "account_ok": {
        "ACCOUNT_NUMBER",
        "regt_buying_power",
        "daytrading_buying_power",
        "created_at",
        "initial_margin",
        "maintenance_margin",
        "last_maintenance_margin",
        "sma",
        "daytrade_count",
    },
    "positions_list": {"unrealized_plpc", "unrealized_intraday_pl", "unrealized_intraday_plpc"},
}


@pytest.mark.parametrize(
    ("recording", "path"),
    [
        ("account_ok", "/v2/account"),
        ("positions_list", "/v2/positions"),
        ("order_by_client_id_ok", "/v2/orders?status=all"),
        ("activities_fill_with_partials", "/v2/account/activities?activity_types=FILL"),
        ("clock", "/v2/clock"),
        ("calendar_range", "/v2/calendar?start=2026-03-02&end=2026-03-06"),
        ("order_by_client_id_404", "/v2/orders:by_client_order_id?client_order_id=nobody"),
        ("position_404", "/v2/positions/NOBODY"),
    ],
)
def test_the_face_answers_with_the_recorded_fields(recordings: Path, recording: str, path: str) -> None:
    exchange = json.loads((recordings / f"{recording}.http.json").read_bytes())["response"]
    world = a_world()
    world.account.submit(an_order())

    with AlpacaFace(world.venue) as face:
        answer = requests.get(face.base_url + path, headers=HEADERS, timeout=5)

    assert answer.status_code == exchange["status"]
    recorded, simulated = first(exchange["body"]), first(answer.json())
    assert recorded.keys() - simulated.keys() == NOT_SIMULATED.get(recording, set())
    for name in recorded.keys() & simulated.keys():
        if recorded[name] is not None and simulated[name] is not None:
            assert type(simulated[name]) is type(recorded[name]), name


def test_rows_of_option_events_have_the_recorded_fields_and_words(recordings: Path) -> None:
    recorded = json.loads((recordings / "activities_option_events.json").read_bytes())
    venue = an_evening("62")
    holding(venue, (CALL, "1"), (PUT, "-1"))
    holding(venue, (CALL, "-1"), (KO, "100"), number=2)
    venue.advance(new_york(NEXT_WED, "05:00"))
    mine: dict[str, Any] = {}
    with AlpacaFace(venue) as face:
        for key in ("PKTEST1", "PKTEST2"):
            headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": "test-secret"}
            answer = requests.get(face.base_url + "/v2/account/activities", headers=headers, timeout=5)
            mine |= {row["activity_type"]: row for row in answer.json()}

    for row in recorded:
        if row["activity_type"].startswith("OP"):
            simulated = mine[row["activity_type"]]
            assert simulated.keys() == row.keys()
            assert simulated["description"] == row["description"]
            assert {name: type(value) for name, value in simulated.items()} == dict.fromkeys(row, str)


def test_a_wrong_key_is_refused_in_the_recorded_words(recordings: Path) -> None:
    exchange = json.loads((recordings / "account_401_bad_key.http.json").read_bytes())["response"]

    with AlpacaFace(a_world().venue) as face:
        answer = requests.get(face.base_url + "/v2/account", headers={"APCA-API-KEY-ID": "PKNOBODY"}, timeout=5)

    assert (answer.status_code, answer.json()) == (exchange["status"], exchange["body"])


def first(body: Any) -> Mapping[str, Any]:
    found = body[0] if isinstance(body, list) else body
    assert isinstance(found, dict)
    return found
