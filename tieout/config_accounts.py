"""The `[accounts.NAME]` tables, and the accounts that a venue's environment names imply where there is no table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from tieout.accounts import Account, Mode
from tieout.config_lanes import parse_lanes, require_in_flight
from tieout.config_risk import READERS, environment_limits, parse_limits
from tieout.config_routes import parse_routes, require_routes
from tieout.environment import RISK, default_risk, secret_names, trading_mode, truth
from tieout.errors import ConfigError, DataError
from tieout.ids import AccountId
from tieout.ledger.types import LotMethod
from tieout.outages import Outage, parse_outage
from tieout.risk.limits import Limits
from tieout.settings import AccountSettings
from tieout.toml_table import TomlTable

_ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CALENDARS = {
    "alpaca": "XNYS",
    "paper": "XNYS",
    "tradier": "XNYS",
    "ibkr": "XNYS",
    "oanda": "24/5",
    "binance": "24/7",
    "bybit": "24/7",
    "coinbase": "24/7",
    "cryptocom": "24/7",
    "kraken": "24/7",
    "krakenfutures": "24/7",
    "kucoin": "24/7",
    "okx": "24/7",
}
"""The calendar of an account that names none, by adapter."""
_OPTIONS = {
    "ibkr": {"IB_HOST": "host", "IB_PORT": "port", "IB_CLIENT_ID": "client_id"},
    **{venue: {"CRYPTO_SYMBOLS": "symbols"} for venue in ("binance", "kucoin", "okx")},
}
"""Environment names that stand for an option, by adapter."""

_COIN_VENUES = {
    "binance": "USDT",
    "bybit": "USDT",
    "coinbase": "USD",
    "cryptocom": "USD",
    "kraken": "USD",
    "kucoin": "USDT",
    "okx": "USDT",
}
"""Venues of coins that a key in the environment implies, each with the currency in which its account is kept."""


def parse_accounts(root: TomlTable, env: Mapping[str, str]) -> dict[AccountId, AccountSettings]:
    """Every configured account by name.

    raises    ConfigError naming the table, the key and what to write instead
    """
    limits = parse_limits(root.table("risk"), environment_limits(env))
    if not root.has("accounts"):
        return {one.account.account_id: one for one in _implied_accounts(env, limits)}
    tables = root.table("accounts")
    for name in tables.content:
        if not _ACCOUNT_NAME.fullmatch(name):
            raise ConfigError(f"{tables.place}: account name {name!r} may hold letters, digits, '.', '_' and '-' only")
    accounts = {AccountId(name): _account(AccountId(name), tables.table(name), env, limits) for name in tables.content}
    require_routes(tables, accounts)
    return accounts


def _implied_accounts(env: Mapping[str, str], limits: Limits) -> Iterator[AccountSettings]:
    """Without an accounts table, a venue's own environment names make one account: paper, unless they say live."""
    if any(env.get(name) for name in secret_names("ALPACA").key_id):
        account = Account(AccountId("alpaca-main"), "alpaca", _implied_mode(env, "ALPACA_PAPER"), "USD", "XNYS")
        yield AccountSettings(account, credential="env:ALPACA", risk=default_risk(env), limits=limits)
    if any(env.get(name, "").strip() for name in ("IB_HOST", "IB_PORT")):
        account = Account(AccountId("ibkr-main"), "ibkr", _implied_mode(env), "USD", "XNYS")
        flex = "env:IBKR" if any(env.get(name) for name in secret_names("IBKR").key_id) else None
        options = _environment_options("ibkr", env)
        yield AccountSettings(account, credential=flex, risk=default_risk(env), limits=limits, options=options)
    for broker, currency in _COIN_VENUES.items():
        prefix = broker.upper()
        if any(env.get(name, "").strip() for name in secret_names(prefix).key_id):
            mode = _implied_mode(env, f"{prefix}_TESTNET", f"{prefix}_API_TESTNET")
            account = Account(AccountId(f"{broker}-main"), broker, mode, currency, "24/7")
            options = _environment_options(broker, env)
            yield AccountSettings(
                account, credential=f"env:{prefix}", risk=default_risk(env), limits=limits, options=options
            )


def _environment_options(broker: str, env: Mapping[str, str]) -> dict[str, str]:
    """What the environment says of the program that an adapter talks to; an account's own options go first."""
    names = _OPTIONS.get(broker, {})
    return {option: env[name].strip() for name, option in names.items() if env.get(name, "").strip()}


def _implied_mode(env: Mapping[str, str], *own: str) -> Mode:
    """What the venue's own names and TRADING_MODE say together; paper where nobody says anything.

    own    names of which a true one means paper
    """
    said = {name: Mode.PAPER if truth(name, text) else Mode.LIVE for name in own if (text := env.get(name))}
    if text := env.get("TRADING_MODE"):
        said["TRADING_MODE"] = Mode(trading_mode("TRADING_MODE", text))
    if len(set(said.values())) > 1:
        told = " and ".join(f"{name}={env[name]} says {mode}" for name, mode in said.items())
        raise ConfigError(f"environment: {told}. Correct one of them, or write the account into tieout.toml.")
    return next(iter(said.values()), Mode.PAPER)


def _account(name: AccountId, table: TomlTable, env: Mapping[str, str], limits: Limits) -> AccountSettings:
    risk = table.table("risk")
    broker = table.required("broker", 'name its adapter, such as broker = "alpaca"').lower()
    settings = AccountSettings(
        account=Account(
            account_id=name,
            broker=broker,
            mode=table.choice("mode", Mode, Mode.PAPER),
            base_currency=table.matching("base_currency", "USD", "[A-Z0-9]{2,12}", 'a currency code such as "USD"'),
            calendar=_calendar(table, broker),
        ),
        credential=table.reference_or_none("credential"),
        endpoint=table.url_or_none("endpoint"),
        live_enabled=table.flag("live_enabled", False),
        accept_withdrawal=table.flag("accept_withdrawal", False),
        lot_method=table.choice("lot_method", LotMethod, LotMethod.FIFO),
        enabled=table.flag("enabled", True),
        timeout_s=table.seconds("timeout_s", 10.0),
        reads=table.whole("reads", 2, least=1),
        risk={**default_risk(env), **_risk(risk)},
        limits=parse_limits(risk, limits),
        rates=_rates(table),
        options={**_environment_options(broker, env), **_options(table.table("options"))},
        routes=parse_routes(table.table("routes")),
        lanes=parse_lanes(table.table("lanes"), table.seconds("timeout_s", 10.0)),
        outages=_outages(table),
        written=frozenset(risk.content) & READERS.keys(),
    )
    table.close()
    require_in_flight(table, settings)
    return settings


def _outages(table: TomlTable) -> tuple[Outage, ...]:
    try:
        return tuple(parse_outage(one) for one in table.texts("planned_outages"))
    except DataError as error:
        raise table.complain("planned_outages", str(error)) from error


def _calendar(table: TomlTable, broker: str) -> str:
    if broker in _CALENDARS:
        return table.text("calendar", _CALENDARS[broker])
    return table.required("calendar", 'name the exchange calendar, such as "XNYS", or "24/7" for crypto')


def _rates(table: TomlTable) -> dict[str, Decimal]:
    """What one unit of a currency is worth in the account's base currency."""
    rates = table.table("rates")
    found = {code: rates.number(code, Decimal(1)) for code in rates.content}
    for code, rate in found.items():
        if rate <= 0:
            raise rates.complain(code, f"a rate is above zero, was {rate}")
    return found


def _risk(table: TomlTable) -> dict[str, Decimal]:
    found = {}
    for key, check in RISK.items():
        if table.has(key):
            value = table.content[key]
            found[key] = check(f"{table.place}: {key}", str(value))
    return found


def _options(table: TomlTable) -> dict[str, str]:
    """Extras that only the account's adapter understands; it complains about those it does not."""
    return {key: str(value) for key, value in table.content.items()}
