"""What is held: exposure by class, the largest positions, options by expiration."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from flows.dashboard import drawn
from flows.dashboard.drawn import Column
from flows.dashboard.reading import Facts, Row
from tasks.report.charts import Bar, bars

POSITIONS = (
    Column("symbol", "what"),
    Column("account_id", "account"),
    Column("units", "units", number=True),
    Column("value", "value", number=True),
    Column("weight", "of equity", number=True),
    Column("profit", "unrealised", number=True),
)
OPTIONS = (
    Column("symbol", "contract"),
    Column("account_id", "account"),
    Column("units", "contracts", number=True),
    Column("value", "value", number=True),
    Column("outcome", "expected"),
    Column("cash", "cash it moves", number=True),
    Column("decide", "decide"),
)


def positions(facts: Facts) -> Markup:
    """Exposure and positions, as the brokers last showed them."""
    rows = facts.measured("positions")
    exposure = facts.measured("exposure")
    total = rows[0]["total"] if rows else 0
    note = f"the largest {len(rows)} of {total}" if total > len(rows) else f"{total}"
    return drawn.page(
        drawn.heading("Exposure"),
        Markup('<div class="charts">{}</div>').format(Markup("").join(_exposure(exposure)) or drawn.empty("None.")),
        drawn.heading("Positions", note),
        drawn.table(POSITIONS, map(_position, rows), "Nothing is held."),
    )


def _exposure(rows: list[Row]) -> list[Markup]:
    made = []
    for currency in dict.fromkeys(row["currency"] for row in rows):
        some = [row for row in rows if row["currency"] == currency]
        sides = [
            Bar(f"{row['asset_class']} {side}", row[f"{side}_value"], drawn.short(row[f"{side}_value"]), side)
            for row in some
            for side in ("long", "short")
            if row[f"{side}_value"]
        ]
        long = sum((row["long_value"] for row in some), Decimal(0))
        short = sum((row["short_value"] for row in some), Decimal(0))
        sums = [
            Bar("gross", long - short, drawn.short(long - short), "info"),
            Bar("net", long + short, drawn.short(long + short), "long" if long + short >= 0 else "short"),
        ]
        unpriced = sum(row["unpriced"] for row in some)
        rest = f"{unpriced} without a value" if unpriced else ""
        title = f"Market value by class, {currency}"
        made.append(drawn.drawing(bars(title, [*sides, *sums], rest), title))
    return made


def _position(row: Row) -> Row:
    value, equity, profit = row["market_value"], row["equity"], row["unrealized_pnl"]
    return row | {
        "units": drawn.units(row["quantity"]),
        "value": drawn.money(value, row["currency"]),
        "weight": drawn.percent(value / equity) if value is not None and equity else drawn.NOTHING,
        "profit": drawn.signed(profit, drawn.money(profit)),
    }


def options(facts: Facts) -> Markup:
    """The calendar: every option that is held, by the day it expires."""
    today = facts.now.date()
    rows = facts.measured("options", today)
    with facts.happening() as journal:
        told = {(row["account_id"], row["instrument_id"]): row for row in journal.forecasts(today)}
    if not rows:
        return drawn.page(drawn.empty("No option is held."))
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row["expiration"]].append(row)
    parts = [part for day, some in by_day.items() for part in _day(day, some, told, facts)]
    if rows[0]["total"] > len(rows):
        parts.append(drawn.notice("warn", f"{rows[0]['total'] - len(rows)} later ones are not shown"))
    return drawn.page(*parts)


def _day(day: date, rows: list[Row], told: dict[tuple[str, int], Row], facts: Facts) -> list[Markup]:
    away = (day - facts.now.date()).days
    when = "today" if away == 0 else "tomorrow" if away == 1 else f"in {away} days"
    shown = (_option(row, told.get((row["account_id"], row["instrument_id"])), facts) for row in rows)
    return [drawn.heading(f"{day:%A %d %B %Y}", f"{when}, {len(rows)}"), drawn.table(OPTIONS, shown, "")]


def _option(row: Row, forecast: Row | None, facts: Facts) -> Row:
    name = f"{row['underlying'] or row['symbol']} {drawn.units(row['strike'])} {row['option_right']}"
    expected = (
        f"{drawn.words(forecast['outcome'])}, {drawn.words(forecast['likelihood'])}" if forecast else drawn.NOTHING
    )
    return row | {
        "symbol": name,
        "units": drawn.units(row["quantity"]),
        "value": drawn.money(row["market_value"], row["currency"]),
        "outcome": expected,
        "cash": drawn.signed(forecast["cash"], drawn.money(forecast["cash"])) if forecast else drawn.NOTHING,
        "decide": drawn.ago(forecast["decide_by"], facts.now) if forecast else drawn.NOTHING,
    }
