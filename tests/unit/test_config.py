"""Settings from a parsed file and an environment."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.accounts import Mode
from tieout.config import parse_settings
from tieout.errors import ConfigError
from tieout.instruments import AssetClass
from tieout.ledger.types import LotMethod
from tieout.settings import AccountSettings, Settings, Tolerances

ALPACA = {"ALPACA_API_KEY": "PKTEST", "ALPACA_API_SECRET": "test-secret"}  # pragma: allowlist secret
ACCOUNT = """
[accounts.alpaca-main]
broker = "alpaca"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
credential = "env:ALPACA"
endpoint = "http://127.0.0.1:8900/"
[accounts.alpaca-main.risk]
max_position_pct = 0.20
"""


def parse(text: str = "", **env: str) -> Settings:
    return parse_settings(tomllib.loads(text, parse_float=Decimal), env)


def only(settings: Settings) -> AccountSettings:
    (account,) = settings.accounts.values()
    return account


def test_an_empty_file_and_environment_give_the_defaults() -> None:
    assert parse() == Settings(accounts={})


def test_the_documented_account_is_read() -> None:
    account = only(parse(ACCOUNT))

    assert account.account.account_id == "alpaca-main"
    assert account.account.mode is Mode.PAPER
    assert account.credential == "env:ALPACA"
    assert account.endpoint == "http://127.0.0.1:8900"
    assert account.risk == {"max_position_pct": Decimal("0.20")}
    assert account.lot_method is LotMethod.FIFO


def test_an_account_needs_little_more_than_its_broker() -> None:
    account = only(parse('[accounts.a]\nbroker = "alpaca"'))

    assert (account.account.mode, account.account.calendar, account.account.base_currency) == ("paper", "XNYS", "USD")
    assert account == AccountSettings(account.account)


def test_every_key_of_an_account_is_kept() -> None:
    account = only(
        parse(
            """
            [accounts.a]
            broker = "Alpaca"
            mode = "live"
            live_enabled = true
            lot_method = "hifo"
            enabled = false
            timeout_s = 2.5
            reads = 3
            [accounts.a.options]
            feed = "iex"
            """
        )
    )

    assert (account.account.broker, account.account.mode, account.live_enabled) == ("alpaca", Mode.LIVE, True)
    assert (account.lot_method, account.enabled, account.timeout_s, account.reads) == ("hifo", False, 2.5, 3)
    assert account.options == {"feed": "iex"}


def test_a_crypto_account_trades_around_the_clock_by_default() -> None:
    assert only(parse('[accounts.a]\nbroker = "kraken"')).account.calendar == "24/7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('jurnal_url = "x"', "tieout.toml: 'jurnal_url' is not known; did you mean 'journal_url'?"),
        ("[acounts.a]", "tieout.toml: 'acounts' is not known; did you mean 'accounts'?"),
        (ACCOUNT.replace("calendar", "calender"), "[accounts.alpaca-main]: 'calender' is not known; did you mean 'cal"),
        (ACCOUNT.replace("max_position_pct", "max_pos_pct"), "[accounts.alpaca-main.risk]: 'max_pos_pct' is not known"),
        ("[tolerances]\nquantity = 1", "[tolerances]: 'quantity' is not known; known are cash, "),
        ("[tolerances.value]\nequities = 1", "did you mean 'equity'?"),
        ("[caps]\nmax_moneys = 1", "did you mean 'max_money'?"),
        ("[severities]\ncritical = 1", "[severities]: 'critical' is not known"),
        ("[alerts]\nfatal = []", "[alerts]: 'fatal' is not known"),
        ("[run]\nlease = 1", "[run]: 'lease' is not known; did you mean 'lease_s'?"),
    ],
)
def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_one(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("mode", '"demo"', "mode must be one of paper, live, was 'demo'"),
        ("mode", "1", "mode must be a text in quotes, was 1"),
        ("base_currency", '"dollars"', "a currency code"),
        ("calendar", '""', "calendar must be a text in quotes"),
        ("lot_method", '"best"', "must be one of fifo, lifo, hifo, average"),
        ("live_enabled", '"yes"', "must be true or false without quotes"),
        ("timeout_s", "0", "must be above zero seconds"),
        ("timeout_s", '"soon"', "must be a number, was 'soon'"),
        ("timeout_s", "nan", "must be a finite number"),
        ("reads", "0", "must be 1 or above, was 0"),
        ("reads", "1.5", "must be a whole number"),
        ("reads", "true", "must be a number, was True"),
        ("risk", "1", "risk must be a table"),
        ("endpoint", '"localhost"', "must be a URL"),
    ],
)
def test_a_wrong_value_says_what_was_expected(key: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f'[accounts.a]\nbroker = "alpaca"\n{key} = {value}')
    assert "[accounts.a]" in str(error.value)
    assert said in str(error.value)


def test_a_missing_broker_is_explained() -> None:
    with pytest.raises(ConfigError, match=r"broker is missing: name its adapter.*\(is \'brokr\' meant to be it\?\)"):
        parse('[accounts.a]\nbrokr = "alpaca"')


def test_a_calendar_is_asked_for_where_the_broker_does_not_tell_it() -> None:
    with pytest.raises(ConfigError, match="calendar is missing"):
        parse('[accounts.a]\nbroker = "somewhere"')


@pytest.mark.parametrize("value", ['"PKTEST"', '"test-secret"', "7", '["env:A", "env:B"]'])
def test_a_credential_that_is_no_reference_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f'[accounts.a]\nbroker = "alpaca"\ncredential = {value}')
    assert "PKTEST" not in str(error.value)
    assert "test-secret" not in str(error.value)


def test_an_endpoint_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as error:
        parse('[accounts.a]\nbroker = "alpaca"\nendpoint = "http://me:test-secret@host"')  # pragma: allowlist secret
    assert "test-secret" not in str(error.value)


def test_an_account_name_may_not_hold_odd_characters() -> None:
    with pytest.raises(ConfigError, match="may hold letters, digits"):
        parse('[accounts."a/b"]\nbroker = "alpaca"')


def test_settings_do_not_show_the_database_urls() -> None:
    url = "postgresql+psycopg://me:test-secret@h/d"  # pragma: allowlist secret

    assert "test-secret" not in repr(parse(f'journal_url = "{url}"'))


def test_run_tolerances_caps_severities_and_alerts_are_read() -> None:
    settings = parse(
        """
        output_dir = "out"
        public_url = "http://desk.example/"
        [run]
        retry_delays_s = [0, 1.5]
        lease_s = 30
        [tolerances]
        version = "desk-2"
        cash = "0.05"
        cost_basis = "1%"
        price_age_sessions = 2
        [tolerances.value]
        forex = 0.01
        [caps]
        enabled = false
        max_count = 3
        max_money = 5
        [severities]
        warning_money = 2
        critical_money = 3
        critical_age = 1
        [alerts]
        critical = ["env:TIEOUT_ALERT_URL_DESK"]
        """
    )

    assert (settings.output_dir, settings.public_url) == ("out", "http://desk.example")
    assert (settings.retry_delays_s, settings.lease_s) == ((0.0, 1.5), 30.0)
    tolerances = settings.tolerances
    assert (tolerances.version, tolerances.cash, tolerances.cost_basis) == ("desk-2", Decimal("0.05"), Decimal("0.01"))
    assert tolerances.price_age_sessions == 2
    assert tolerances.value[AssetClass.FOREX] == Decimal("0.01")
    assert tolerances.value[AssetClass.EQUITY] == Tolerances().value[AssetClass.EQUITY]
    assert (settings.caps.enabled, settings.caps.max_count, settings.caps.max_money) == (False, 3, 5)
    assert (settings.severities.warning_money, settings.severities.critical_age) == (2, 1)
    assert settings.alerts.critical == ("env:TIEOUT_ALERT_URL_DESK",)


def test_tolerances_without_a_version_are_named_after_their_figures() -> None:
    one, same, other = (parse(f"[tolerances]\ncash = {cash}").tolerances for cash in ("0.05", "0.050", "0.06"))

    assert one.version == same.version != other.version
    assert parse("[tolerances]\ncash = 0.01").tolerances.version == Tolerances().version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\nretry_delays_s = 5", "must be a list of seconds"),
        ("[run]\nretry_delays_s = [-1]", "must hold seconds of zero or above"),
        ("[tolerances]\ncash = -1", "cash must be 0 or above"),
        ("[severities]\nwarning_money = 500", "warning_money is above critical_money"),
        ('[alerts]\ncritical = ["https://hooks.example/test-secret"]', "must hold references"),
        ("accounts = 3", "accounts must be a table"),
    ],
)
def test_other_tables_complain_clearly(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert said in str(error.value)
    assert "test-secret" not in str(error.value)


def test_keys_in_the_environment_make_one_paper_account_where_no_table_is() -> None:
    account = only(parse(**ALPACA))

    assert (account.account.account_id, account.account.mode) == ("alpaca-main", Mode.PAPER)
    assert (account.account.broker, account.account.calendar) == ("alpaca", "XNYS")
    assert account.credential == "env:ALPACA"


@pytest.mark.parametrize("name", ["ALPACA_API_KEY", "APCA_API_KEY_ID"])
def test_either_name_of_the_key_makes_the_account(name: str) -> None:
    assert list(parse(**{name: "PKTEST"}).accounts) == ["alpaca-main"]


def test_a_table_of_accounts_stands_alone() -> None:
    assert list(parse('[accounts.a]\nbroker = "paper"', **ALPACA).accounts) == ["a"]


@pytest.mark.parametrize(
    ("env", "mode"),
    [
        ({"ALPACA_PAPER": "true"}, Mode.PAPER),
        ({"ALPACA_PAPER": "False"}, Mode.LIVE),
        ({"TRADING_MODE": "LIVE"}, Mode.LIVE),
        ({"TRADING_MODE": "paper", "ALPACA_PAPER": "1"}, Mode.PAPER),
    ],
)
def test_the_implied_account_has_the_mode_that_the_environment_says(env: dict[str, str], mode: Mode) -> None:
    account = only(parse(**ALPACA, **env))

    assert account.account.mode is mode
    assert not account.live_enabled


def test_contradicting_modes_are_refused() -> None:
    with pytest.raises(ConfigError, match="ALPACA_PAPER=true says paper and TRADING_MODE=live says live"):
        parse(**ALPACA, ALPACA_PAPER="true", TRADING_MODE="live")


def test_environment_urls_go_before_the_file() -> None:
    settings = parse('journal_url = "sqlite:///a"', TIEOUT_JOURNAL_URL="sqlite:///b", TIEOUT_OUTPUT_DIR="o")

    assert (settings.journal_url, settings.output_dir) == ("sqlite:///b", "o")


def test_a_misspelt_environment_name_is_named() -> None:
    with pytest.raises(ConfigError, match="TIEOUT_JOURNAL_ULR is not known; did you mean TIEOUT_JOURNAL_URL"):
        parse(TIEOUT_JOURNAL_ULR="sqlite:///x")


def test_a_name_that_an_alert_refers_to_is_no_misspelling() -> None:
    settings = parse('[alerts]\ninfo = ["env:TIEOUT_ALERT_URLS"]', TIEOUT_ALERT_URLS="json://localhost")

    assert settings.alerts.info == ("env:TIEOUT_ALERT_URLS",)


def test_secrets_are_not_kept_in_settings() -> None:
    shown = repr(parse(**ALPACA, KRAKEN_API_SECRET="test-secret", TRADIER_ACCESS_TOKEN="test-secret"))

    assert "test-secret" not in shown
    assert "PKTEST" not in shown


@given(st.text(max_size=20))
def test_no_text_of_an_environment_name_breaks_the_parser_with_anything_but_our_error(text: str) -> None:
    for name in ("DRY_RUN", "MAX_LEVERAGE", "MAX_POSITION_PCT", "TRADING_MODE", "LOG_LEVEL", "IB_PORT"):
        try:
            kept = parse(**{name: text}).environment
        except ConfigError:
            continue
        assert kept == ({name: text} if text.strip() else {})


@pytest.mark.parametrize(
    ("env", "broker", "mode", "currency"),
    [
        ({"BINANCE_API_KEY": "PKTEST", "BINANCE_TESTNET": "true"}, "binance", Mode.PAPER, "USDT"),
        ({"BYBIT_API_KEY": "PKTEST", "BYBIT_TESTNET": "false"}, "bybit", Mode.LIVE, "USDT"),
        ({"KRAKEN_API_KEY": "PKTEST", "TRADING_MODE": "live"}, "kraken", Mode.LIVE, "USD"),
        ({"OKX_API_KEY": "PKTEST"}, "okx", Mode.PAPER, "USDT"),
    ],
)
def test_a_key_of_a_coin_venue_makes_an_account(env: dict[str, str], broker: str, mode: Mode, currency: str) -> None:
    account = only(parse(**env, CRYPTO_SYMBOLS="BTC/USDT,ETH/USDT"))

    assert (account.account.broker, account.account.mode, account.account.base_currency) == (broker, mode, currency)
    assert (account.account.calendar, account.credential) == ("24/7", f"env:{broker.upper()}")
    assert account.options == ({"symbols": "BTC/USDT,ETH/USDT"} if broker in {"binance", "okx"} else {})
    assert not account.live_enabled
