"""How things stand over time: equity and drawdown, health of the desk, quality of what brokers sent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from markupsafe import Markup

from flows.dashboard import drawn
from flows.dashboard.drawn import Column
from flows.dashboard.reading import Facts, Row
from tasks.report.charts import line

SESSIONS = 30  # of the strips
SPANS = {"1 month": 31, "3 months": 92, "1 year": 366, "all": 36_600}
RUNS = (
    Column("flow", "flow"),
    Column("account_id", "account"),
    Column("shown", "state"),
    Column("business_date", "session"),
    Column("when", "began"),
    Column("took", "took", number=True),
    Column("run", "run"),
)
BROKERS = (
    Column("account_id", "account"),
    Column("shown", "broker"),
    Column("since_", "since"),
    Column("checked", "probed"),
    Column("took", "answers in", number=True),
    Column("left", "requests left", number=True),
    Column("reason", "says", wide=True),
)
ALERTS = (
    Column("title", "told", wide=True),
    Column("shown", "weight"),
    Column("account_id", "account"),
    Column("seen", "last seen"),
    Column("times", "seen and told", number=True),
    Column("taken", "taken by"),
)
CREDENTIALS = (
    Column("account_id", "account"),
    Column("shown", "state"),
    Column("mode", "mode"),
    Column("kept", "kept in"),
    Column("checked", "checked"),
    Column("lapses", "lapses"),
)
FAILED = (
    Column("expectation", "what failed"),
    Column("account_id", "account"),
    Column("shown", "weight"),
    Column("rows_failed", "rows", number=True),
    Column("observed", "observed", wide=True),
)


def equity(facts: Facts, span: str = "1 year") -> Markup:
    """Equity and how far it is below its peak, by currency."""
    since = facts.now.date() - timedelta(days=SPANS[span])
    rows = facts.measured("equity", since)
    parts = [_curve(name, list(some)) for name, some in groupby(rows, key=lambda row: row["currency"])]
    return drawn.page(*parts) if parts else drawn.page(drawn.empty("No session has been closed in that time."))


def _curve(currency: str, rows: list[Row]) -> Markup:
    falls = [(row["business_date"], row["equity"] / row["peak"] - 1 if row["peak"] else Decimal(0)) for row in rows]
    first, last = rows[0]["equity"], rows[-1]["equity"]
    worst_day, worst = min(falls, key=lambda one: one[1])
    inside = drawn.figures(
        [
            ("last", drawn.money(last, currency)),
            ("over the time", drawn.signed(last - first, f"{drawn.money(last - first)} ({_share(first, last)})")),
            ("drawdown now", drawn.percent(falls[-1][1], 2)),
            ("deepest", f"{drawn.percent(worst, 2)} on {worst_day}"),
            ("sessions", len(rows)),
        ]
    )
    curve = line("Equity", [(f"{row['business_date']}", row["equity"]) for row in rows], currency)
    fall = line("Below the peak", [(f"{day}", share * 100) for day, share in falls], "%")
    told = f"{currency}: {drawn.money(first)} on {rows[0]['business_date']}, {drawn.money(last)} at the end"
    charts = drawn.drawing(curve, f"Equity, {told}") + drawn.drawing(fall, "How far below its peak", "fall")
    return inside + Markup('<div class="charts large">{}</div>').format(
        charts or drawn.empty("No curve of one session.")
    )


def _share(first: Decimal, last: Decimal) -> str:
    return drawn.percent(last / first - 1, 2) if first else drawn.NOTHING


def health(facts: Facts) -> Markup:
    """Breakers, credentials, and the last runs of every flow."""
    from sql.breakers import read_breakers

    with facts.happening() as journal:
        off = [one for one in read_breakers(journal.connection) if one.holds(facts.now)]
        credentials, runs = journal.credentials(), journal.runs()
        brokers, alerts = journal.brokers(), journal.alerts()
    told = [drawn.notice("bad", f"{one.account_id} {drawn.words(one.name)} {one.scope}: {one.reason}") for one in off]
    return drawn.page(
        drawn.heading("Circuit breakers"),
        Markup("").join(told) or drawn.empty("No breaker is off."),
        drawn.heading("Brokers", "as tieout watch probes them"),
        drawn.table(BROKERS, (_broker(row, facts) for row in brokers), "Nobody probes them: start tieout watch."),
        drawn.heading("Alerts", "that are not over; tieout alerts takes them"),
        drawn.table(ALERTS, (_alert(row, facts) for row in alerts), "Nothing is being told."),
        drawn.heading("Credentials"),
        drawn.table(CREDENTIALS, (_credential(row, facts) for row in credentials), "None has been checked yet."),
        drawn.heading("Runs", "the newest first"),
        drawn.table(RUNS, (_run(row, facts) for row in runs), "Nothing has run yet."),
    )


def _broker(row: Row, facts: Facts) -> Row:
    limits = (row["requests_left"], row["requests_most"])
    return row | {
        "shown": drawn.mark(row["state"]),
        "since_": drawn.ago(row["since"], facts.now),
        "checked": drawn.ago(row["checked_at"], facts.now),
        "took": drawn.NOTHING if row["latency_ms"] is None else f"{row['latency_ms']} ms",
        "left": drawn.NOTHING if None in limits else f"{limits[0]} of {limits[1]}",
        "reason": row["reason"] or drawn.NOTHING,
    }


def _alert(row: Row, facts: Facts) -> Row:
    until = f" until {row['until']:%d %b %H:%M}" if row["until"] else ""
    return row | {
        "shown": drawn.mark(row["severity"]),
        "account_id": row["account_id"] or "all",
        "seen": drawn.ago(row["last_seen"], facts.now),
        "times": f"{row['occurrences']} and {row['tellings']}",
        "taken": f"{row['taken_by']}{until}" if row["taken_by"] else "nobody",
    }


def _credential(row: Row, facts: Facts) -> Row:
    near = row["expires_at"] is not None and row["expires_at"] < facts.now + timedelta(days=7)
    state = "healthy" if row["healthy"] and not near else "warning" if row["healthy"] else "failed"
    return row | {
        "shown": drawn.mark(state),
        "kept": str(row["reference"]).partition(":")[0],
        "checked": drawn.ago(row["checked_at"], facts.now),
        "lapses": drawn.ago(row["expires_at"], facts.now) if row["expires_at"] else "does not say",
    }


def _run(row: Row, facts: Facts) -> Row:
    ended = row["ended_at"]
    seconds = None if ended is None else (ended - row["started_at"]).total_seconds()
    return row | {
        "shown": drawn.mark(row["state"]),
        "when": drawn.ago(row["started_at"], facts.now),
        "took": drawn.NOTHING if seconds is None else f"{seconds:,.0f} s",
        "run": Markup("<code>{}</code>").format(row["run_id"]),
    }


def quality(facts: Facts) -> Markup:
    """Whether what the brokers sent was fit to be used, session by session, and how the closes ended."""
    checks, closes = facts.measured("quality", SESSIONS), facts.measured("closes", SESSIONS)
    failed = [row | {"shown": drawn.mark(row["severity"])} for row in facts.measured("failed_checks")]
    return drawn.page(
        drawn.heading("Closes", f"the last {SESSIONS} sessions, the newest at the right"),
        _strips(closes, lambda row: drawn.kind_of(row["state"]), lambda row: drawn.words(row["state"])),
        drawn.heading("Snapshots", "accepted, with failed checks, or quarantined"),
        _strips(checks, _fitness, _fit_words),
        drawn.heading("Failed in the newest snapshot"),
        drawn.table(FAILED, failed, "No check failed."),
    )


def _fitness(row: Row) -> str:
    return "bad" if row["status"] != "accepted" else "warn" if row["failed"] else "good"


def _fit_words(row: Row) -> str:
    return f"{row['status']}, {row['failed']} of {row['checks']} checks failed"


def _strips(rows, kind, told) -> Markup:  # type: ignore[no-untyped-def]
    by_account = sorted(rows, key=lambda row: (row["account_id"], row["business_date"]))
    made = [
        _strip(name, list(some), kind, told) for name, some in groupby(by_account, key=lambda row: row["account_id"])
    ]
    return Markup("").join(made) or drawn.empty("Nothing yet.")


def _strip(name: str, rows: list[Row], kind, told) -> Markup:  # type: ignore[no-untyped-def]
    marks = Markup("").join(
        Markup('<i class="{}" title="{}: {}"></i>').format(kind(row), row["business_date"], told(row)) for row in rows
    )
    return Markup('<div class="row"><span>{}</span><div class="strip">{}</div></div>').format(name, marks)
