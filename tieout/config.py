"""From `tieout.toml` and the environment to settings: every key known, every value checked, every default said once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from tieout.config_accounts import parse_accounts
from tieout.config_agreement import parse_agreement
from tieout.config_alerts import parse_alerts
from tieout.config_credentials import parse_credentials
from tieout.config_large import parse_large
from tieout.config_live import parse_going_live
from tieout.config_options import parse_options
from tieout.config_plan import parse_plan
from tieout.config_signals import parse_signals
from tieout.config_watch import parse_watch
from tieout.config_windows import Announced, parse_announced, parse_approvers, parse_windows
from tieout.environment import known_values
from tieout.errors import ConfigError
from tieout.ids import AccountId, derived_text
from tieout.instruments import AssetClass
from tieout.money import plain
from tieout.settings import AccountSettings, ResolutionCaps, Settings, Severities, Tolerances
from tieout.toml_table import TomlTable

FILE = "tieout.toml"
ENVIRONMENT_SETTINGS = {
    "TIEOUT_JOURNAL_URL": "journal_url",
    "TIEOUT_WAREHOUSE_URL": "warehouse_url",
    "TIEOUT_OUTPUT_DIR": "output_dir",
    "TIEOUT_PUBLIC_URL": "public_url",
}
"""Environment names that replace a top-level key of the file."""
_OTHER_NAMES = (
    "TIEOUT_CONFIG",
    "TIEOUT_NOW",
    "TIEOUT_FIXTURES",
    "TIEOUT_SEEDS",
    "TIEOUT_ALERT_URL",
    "TIEOUT_SECRETS_KEY_FILE",
    "TIEOUT_SECRETS_PASSPHRASE",
)


def parse_settings(toml: Mapping[str, object], env: Mapping[str, str], *, place: str = FILE) -> Settings:
    """Settings from the parsed file and the environment; a name set in both is taken from the environment.

    toml      what a TOML reader gives, decimals as Decimal or text; empty where there is no file
    env       the environment, .env included
    place     the file's name for messages
    raises    ConfigError naming the place, what is wrong and what to write instead; never a secret
    """
    root = TomlTable(place, {**toml, **_from_environment(env)})
    usual, run = Settings({}), root.table("run")
    approvers = parse_approvers(root)
    accounts = _with_closures(parse_accounts(root, env), parse_announced(root))
    settings = Settings(
        accounts=accounts,
        journal_url=root.text("journal_url", usual.journal_url),
        warehouse_url=root.text("warehouse_url", usual.warehouse_url),
        output_dir=root.text("output_dir", usual.output_dir),
        public_url=root.url_or_none("public_url"),
        retry_delays_s=run.many_seconds("retry_delays_s", usual.retry_delays_s),
        lease_s=run.seconds("lease_s", usual.lease_s),
        tolerances=_tolerances(root.table("tolerances")),
        caps=_caps(root.table("caps")),
        severities=_severities(root.table("severities")),
        alerts=parse_alerts(root.table("alerts")),
        watch=parse_watch(root.table("watch")),
        windows=parse_windows(root, (one.account for one in accounts.values())),
        approvers=approvers,
        agreement=parse_agreement(root, approvers),
        going_live=parse_going_live(root),
        credentials=parse_credentials(root, accounts),
        signals=parse_signals(root),
        options=parse_options(root),
        large_positions=parse_large(root, accounts),
        plan=parse_plan(root),
        environment=known_values(env),
    )
    run.close()
    root.close()
    _no_misspelt_names(env, settings)
    return settings


def _with_closures(
    accounts: dict[AccountId, AccountSettings], announced: Mapping[str, Announced]
) -> dict[AccountId, AccountSettings]:
    return {name: _announced_to(one, announced.get(one.account.calendar)) for name, one in accounts.items()}


def _announced_to(account: AccountSettings, said: Announced | None) -> AccountSettings:
    return account if said is None else replace(account, closures=said.closures, early_closes=said.early_closes)


def _from_environment(env: Mapping[str, str]) -> dict[str, str]:
    return {key: env[name] for name, key in ENVIRONMENT_SETTINGS.items() if env.get(name, "").strip()}


def _no_misspelt_names(env: Mapping[str, str], settings: Settings) -> None:
    """A TIEOUT_ name just beside a known one is a typing error that would silently change nothing."""
    known = [*ENVIRONMENT_SETTINGS, *_OTHER_NAMES]
    for name in env:
        if not name.startswith("TIEOUT_") or name in known or name in _referenced(settings):
            continue
        if near := get_close_matches(name, known, n=1, cutoff=0.88):
            raise ConfigError(f"environment: {name} is not known; did you mean {near[0]}?")


def _referenced(settings: Settings) -> tuple[str, ...]:
    alerts, hook = settings.alerts, settings.signals.webhook.secrets
    named = (*alerts.critical, *alerts.warning, *alerts.info, *alerts.fallback, *hook)
    return tuple(one.removeprefix("env:") for one in named)


def _tolerances(table: TomlTable) -> Tolerances:
    usual = Tolerances()
    values = table.table("value")
    by_class = {one: values.number(one.value, usual.value.get(one, usual.default_value)) for one in AssetClass}
    by_class = {one: value for one, value in by_class.items() if one in usual.value or one.value in values.content}
    values.close()
    read = Tolerances(
        version=usual.version,
        value=by_class,
        default_value=table.number("default_value", usual.default_value),
        cash=table.number("cash", usual.cash),
        cost_basis=table.number("cost_basis", usual.cost_basis),
        price_age_sessions=table.whole("price_age_sessions", usual.price_age_sessions),
    )
    version = table.text("version", usual.version if read == usual else _version_of(read))
    table.close()
    return replace(read, version=version)


def _version_of(tolerances: Tolerances) -> str:
    """A name that changes with the figures, for a file that sets tolerances and names no version."""
    figures = [f"{one}={plain(value)}" for one, value in sorted(tolerances.value.items())]
    rest = (tolerances.default_value, tolerances.cash, tolerances.cost_basis, Decimal(tolerances.price_age_sessions))
    return derived_text("file", *figures, *(plain(one) for one in rest), length=8)


def _caps(table: TomlTable) -> ResolutionCaps:
    usual = ResolutionCaps()
    caps = ResolutionCaps(
        enabled=table.flag("enabled", usual.enabled),
        max_count=table.whole("max_count", usual.max_count),
        max_money=table.number("max_money", usual.max_money),
        max_money_run=table.number("max_money_run", usual.max_money_run),
        max_money_timing=table.number("max_money_timing", usual.max_money_timing),
        rounding_quantity=table.number("rounding_quantity", usual.rounding_quantity),
        rounding_money=table.number("rounding_money", usual.rounding_money),
    )
    table.close()
    return caps


def _severities(table: TomlTable) -> Severities:
    usual = Severities()
    severities = Severities(
        warning_money=table.number("warning_money", usual.warning_money),
        critical_money=table.number("critical_money", usual.critical_money),
        critical_age=table.whole("critical_age", usual.critical_age, least=1),
    )
    if severities.warning_money > severities.critical_money:
        raise table.complain("warning_money", f"is above critical_money ({severities.critical_money})")
    table.close()
    return severities
