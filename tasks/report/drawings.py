"""Which charts an account's part shows."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from markupsafe import Markup

from tasks.report.charts import Bar, bars, line
from tasks.report.model import AccountReport, Listed, Row

_AGES = ((0, 0, "today"), (1, 1, "1 session"), (2, 2, "2 sessions"), (3, 5, "3 to 5"), (6, 20, "6 to 20"))
_OLDER = "over 20"
_RANK = ("critical", "warning", "info")


def drawings(one: AccountReport) -> list[Markup]:
    """Equity over the sessions, exposure by class and by instrument, ageing of the open breaks; empty ones left out."""
    currency = one.account["base_currency"]
    made = [line("Equity", [(f"{row['business_date']}", row["equity"]) for row in one.nav], currency)]
    made += [_by_class(one.exposure, name) for name in dict.fromkeys(row["currency"] for row in one.exposure)]
    made += [_largest(one.largest, currency), _ageing(one.ages)]
    return [drawn for drawn in made if drawn]


def _by_class(exposure: tuple[Row, ...], currency: str) -> Markup:
    """Long and short market value by asset class; one chart a currency, for currencies do not add up."""
    rows = [row for row in exposure if row["currency"] == currency]
    drawn = [
        Bar(f"{row['asset_class']} {side}", row[f"{side}_value"], f"{row[f'{side}_value']:,.0f}", side)
        for row in rows
        for side in ("long", "short")
        if row[f"{side}_value"]
    ]
    unpriced = sum(row["unpriced"] for row in rows)
    return bars(f"Market value by class, {currency}", drawn, f"{unpriced} without a value" if unpriced else "")


def _largest(largest: Listed, currency: str) -> Markup:
    if len(largest.rows) < 2:
        return Markup("")
    drawn = [
        Bar(
            row["symbol"],
            row["market_value"],
            f"{row['market_value']:,.0f}",
            "long" if row["market_value"] > 0 else "short",
        )
        for row in largest.rows
    ]
    rest = f"and {largest.left_out:,} smaller" if largest.left_out else ""
    return bars(f"Largest positions, {currency}", drawn, rest)


def _ageing(ages: tuple[tuple[int, str], ...]) -> Markup:
    """Open breaks by the sessions they have stood, coloured by the worst among them."""
    count: Counter[str] = Counter(_bucket(age) for age, _ in ages)
    worst = {name: _RANK.index("info") for name in count}
    for age, severity in ages:
        worst[_bucket(age)] = min(worst[_bucket(age)], _RANK.index(severity))
    names = [*(name for _, _, name in _AGES), _OLDER]
    drawn = [Bar(name, Decimal(count[name]), f"{count[name]:,}", _RANK[worst[name]]) for name in names if count[name]]
    return bars("Open breaks by age", drawn)


def _bucket(age: int) -> str:
    return next((name for low, high, name in _AGES if low <= age <= high), _OLDER)
