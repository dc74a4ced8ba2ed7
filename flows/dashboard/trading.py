"""Order flow as it happens, and the open breaks with their age."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from flows.dashboard import drawn
from flows.dashboard.drawn import Column
from flows.dashboard.reading import Facts, Row
from tasks.report.charts import Bar, bars
from tasks.report.page import plural

ORDERS = (
    Column("what", "order"),
    Column("account_id", "account"),
    Column("state", "state"),
    Column("filled", "filled", number=True),
    Column("price", "at", number=True),
    Column("execution_window", "window"),
    Column("when", "changed"),
    Column("intent", "intent"),
)
OPEN = ("planned", "awaiting_approval", "approved", "sending", "unknown", "working", "partially_filled")
_AGES = ((0, 0, "today"), (1, 1, "1 session"), (2, 2, "2 sessions"), (3, 5, "3 to 5"), (6, 20, "6 to 20"))
_RANK = ("critical", "warning", "info")


def orders(facts: Facts) -> Markup:
    """The newest decisions to trade and how far each got."""
    with facts.happening() as journal:
        states, rows = journal.order_states(), journal.orders()
    count = {row["state"]: row["orders"] for row in states}
    unknown = count.get("unknown", 0)
    warned = drawn.notice("bad", f"{unknown} of unknown fate: they are looked up, and block their instruments")
    return drawn.page(
        warned if unknown else Markup(""),
        drawn.heading("Now", "the last session's orders, and all that are open"),
        drawn.figures((drawn.words(name), number) for name, number in count.items()) if count else drawn.empty("None."),
        drawn.heading("Orders", "those that changed last come first"),
        drawn.table(ORDERS, (_order(row, facts) for row in rows), "No order yet."),
    )


def _order(row: Row, facts: Facts) -> Row:
    limit = drawn.units(row["limit_price"]) if row["limit_price"] is not None else drawn.words(row["order_type"])
    return row | {
        "what": f"{row['side']} {drawn.units(row['quantity'])} {row['symbol'] or '?'}",
        "state": drawn.mark(row["state"]),
        "filled": f"{drawn.units(row['filled'])} of {drawn.units(row['quantity'])}",
        "price": limit,
        "when": drawn.ago(row["updated_at"], facts.now),
        "intent": Markup("<code>{}</code>").format(row["intent_id"]),
    }


def breaks(facts: Facts) -> Markup:
    """Every open break, the heaviest and oldest first."""
    with facts.happening() as journal:
        ages, rows = journal.ages(), journal.breaks()
    if not rows:
        return drawn.page(drawn.empty("No break is open."), _covered(facts))
    total = rows[0]["total"]
    note = f"the heaviest {len(rows)} of {total}; tieout breaks lists all" if total > len(rows) else f"{total}"
    listed = Markup("").join(_break(row) for row in rows)
    return drawn.page(
        drawn.heading("Age"),
        Markup('<div class="charts">{}</div>').format(_ageing(ages)),
        drawn.heading("Open breaks", note),
        Markup('<div class="breaks">{}</div>').format(listed),
        _covered(facts),
    )


def _covered(facts: Facts) -> Markup:
    """No breaks means something only where everything was compared."""
    short = [row for row in facts.measured("accounts") if facts.own(row) and row["coverage"] != 1]
    told = (f"{row['account_id']}: {drawn.percent(row['coverage'], 0)} compared at its last close" for row in short)
    return Markup("").join(drawn.notice("warn", one) for one in told)


def _break(row: Row) -> Markup:
    kind = "bad" if row["severity"] == "critical" else "warn" if row["severity"] == "warning" else "quiet"
    top = Markup('<div class="top"><span>{} · {}</span>{}</div>').format(
        drawn.words(row["kind"]), row["subject"], drawn.mark(row["severity"])
    )
    figures = drawn.figures(
        [
            ("account", row["account_id"]),
            ("at risk", drawn.money(row["money_at_risk"], row["currency"] or "")),
            ("age", plural(row["age_sessions"], "session")),
            ("ours", drawn.units(row["ours"])),
            ("theirs", drawn.units(row["theirs"])),
            ("cause", drawn.words(row["cause"])),
            ("owner", row["owner"] or "nobody"),
        ]
    )
    told = Markup("<p>{}</p><code>tieout explain break {}</code>").format(row["explanation"], row["break_id"])
    return drawn.card(top + told + figures, kind)


def _ageing(ages: list[Row]) -> Markup:
    names = [*(name for _, _, name in _AGES), "over 20"]
    count = dict.fromkeys(names, 0)
    worst = dict.fromkeys(names, "info")
    for row in ages:
        name = next((told for low, high, told in _AGES if low <= row["age_sessions"] <= high), "over 20")
        count[name] += row["breaks"]
        worst[name] = min(worst[name], row["severity"], key=_RANK.index)
    made = [Bar(name, Decimal(number), f"{number:,}", worst[name]) for name, number in count.items() if number]
    told = ", ".join(f"{one.name}: {one.shown}" for one in made)
    return drawn.drawing(bars("Open breaks by age", made), f"Open breaks by age: {told}")
