from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from tests.unit.signals.samples import code_of, payload, rules, taken
from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.instruments import AssetClass
from tieout.orders import Side
from tieout.signals.formats import FIELDS, TRADINGVIEW, Format
from tieout.signals.types import Kept, RefusalCode

ALERT: dict[str, Kept] = {
    "ticker": "AAPL",
    "exchange": "NASDAQ",
    "interval": "5",
    "action": "Sell",
    "contracts": "3.5",
    "price": "150.1",
    "order_id": "Long",
    "market_position": "flat",
    "comment": "exit",
    "time": "2026-01-16T14:59:00Z",
}
CONFIGURED = """
[signals.formats.desk]
strategy = "alpha"
fields = { symbol = "sym", side = ["dir", "direction"], quantity = "n" }
constants = { account = "alpaca-main", time_in_force = "day" }
values = { side = { long = "buy", flat = "sell" }, symbol = { BTCUSD = "BTC/USD" } }
ignore = ["author"]
[signals.formats.money]
strategy = "alpha"
fields.symbol = "instrument"
fields.side = "way"
fields.notional = "dollars"
[signals.formats.chart]
like = "tradingview"
strategy = "b"
constants.asset_class = "crypto"
"""


def formats(text: str = CONFIGURED) -> tuple[Format, ...]:

    return parse_settings(tomllib.loads(text, parse_float=Decimal), {}).signals.formats


def test_an_alert_of_tradingview_is_read_without_being_configured() -> None:
    signal = taken(ALERT, strategy="alpha")
    assert (signal.instrument.symbol, signal.side, signal.quantity) == ("AAPL", Side.SELL, Decimal("3.5"))
    assert (signal.note, signal.limit_price) == ("exit", None)


def test_the_name_of_a_scripts_order_is_no_id() -> None:
    first, second = (taken(ALERT | {"time": f"2026-01-16T14:5{n}:00Z"}, strategy="alpha") for n in (8, 9))
    assert first.signal_id != second.signal_id


def test_several_formats_of_one_strategy_are_told_apart_by_their_fields() -> None:
    held = rules(*formats())
    desk = taken({"sym": "BTCUSD", "dir": "long", "n": "2", "author": "me"}, strategy="alpha", held_to=held)
    money = taken({"instrument": "MSFT", "way": "sell", "dollars": "500"}, strategy="alpha", held_to=held)
    plain = taken(payload(), held_to=held)

    assert (desk.instrument.symbol, desk.side, desk.quantity) == ("BTC/USD", Side.BUY, Decimal(2))
    assert (desk.account_id, desk.time_in_force) == ("alpaca-main", "day")
    assert (money.instrument.symbol, money.notional, money.account_id) == ("MSFT", Decimal(500), None)
    assert plain.instrument.symbol == "AAPL"


def test_a_format_belongs_to_its_strategy() -> None:
    assert code_of({"sym": "AAPL", "dir": "long", "n": "2"}, strategy="beta", held_to=rules(*formats()))[0] is (
        RefusalCode.UNKNOWN_FIELD
    )


def test_a_sender_may_name_the_format_and_cannot_change_its_constants() -> None:
    held = rules(*formats())
    named = {"sym": "AAPL", "dir": "long", "n": "2", "format": "desk"}

    assert taken(named, strategy="alpha", held_to=held).account_id == "alpaca-main"
    assert code_of(named | {"account": "alpaca-other"}, strategy="alpha", held_to=held) == (
        RefusalCode.UNKNOWN_FIELD,
        "account",
    )
    assert taken(
        ALERT | {"format": "chart", "ticker": "BTC/USD"}, strategy="b", held_to=held
    ).instrument.asset_class is (AssetClass.CRYPTO)


def test_two_names_for_one_field_are_refused() -> None:
    both: dict[str, Kept] = {"sym": "AAPL", "dir": "long", "direction": "flat", "n": "2"}
    assert code_of(both, strategy="alpha", held_to=rules(*formats())) == (RefusalCode.UNKNOWN_FIELD, "direction")


def test_the_secret_is_no_field_of_a_signal() -> None:
    assert "secret" not in FIELDS
    assert "secret" not in taken(payload(), held_to=rules(*formats())).raw
    assert all("secret" not in names for names in TRADINGVIEW.fields.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[signals]\ndrop_foldr = 'x'", "drop_foldr' is not known; did you mean 'drop_folder'"),
        ("[signals.webhook]\nsecret = 'hunter2hunter2'", "never the secret itself"),  # pragma: allowlist secret
        ("[signals.webhook]\nhost = '0.0.0.0'", "allowed is missing"),
        ("[signals.webhook]\nallowed = ['1.2.3.4/8']", "no address or network"),
        ("[signals.webhook]\nallowed = '1.2.3.4'", "must be a list"),
        ("[signals.webhook]\nport = 65536", "65535 or below"),
        ("[signals.webhook]\nmax_bytes = 10", "1024 or above"),
        ("[signals.webhook]\nper_minute = 0", "1 or above"),
        ("[signals.webhook]\ntime_to_live_s = 0", "above zero"),
        ("[signals]\nmost_quantity = 'NaN'", "finite number"),
        ("[signals.formats.tieout]", "none built in"),
        ("[signals.formats.'a b']", "is no name for a format"),
        ("[signals.formats.a]\nlike = 'tradingviw'", "did you mean 'tradingview'"),
        ("[signals.formats.a]\nfields.symbl = 's'", "no field of a signal; did you mean 'symbol'"),
        ("[signals.formats.a]\nfields.note = 'secret'", "the name of the secret"),
        ("[signals.formats.a]\nfields.note = 'x'\nfields.symbol = 'x'", "for both note and symbol"),
        ("[signals.formats.a]\nconstants.side = true", "must be a text"),
        ("[signals.formats.a]\nvalues.side = 'buy'", "must be a table"),
        ("[signals.formats.a]\nfeilds = {}", "is not known"),
    ],
)
def test_settings_that_disagree_are_told(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as told:
        formats(text)
    assert "hunter2" not in str(told.value)


def test_the_settings_are_read_as_written() -> None:
    text = """
    [signals]
    drop_folder = "in"
    most_quantity = "5000"
    [signals.webhook]
    host = "0.0.0.0"
    secret = ["env:NEW", "env:OLD"]
    allowed = ["52.89.214.238", "10.0.0.0/8"]
    proxies = ["127.0.0.1"]
    """
    signals = parse_settings(tomllib.loads(text), {}).signals
    assert (signals.drop_folder, signals.most_quantity) == ("in", Decimal(5000))
    assert signals.webhook.secrets == ("env:NEW", "env:OLD")
    assert [str(one) for one in signals.webhook.allowed] == ["52.89.214.238/32", "10.0.0.0/8"]
    assert (signals.webhook.max_bytes, signals.webhook.time_to_live_s) == (65536, 300)
