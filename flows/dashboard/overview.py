"""The first page: what the desk is worth, how its closes ended, and what waits for a person."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from markupsafe import Markup

from flows.dashboard import drawn
from flows.dashboard.reading import Facts, Row
from tieout.accounts import Mode
from tieout.breakers import ALL_ACCOUNTS

STALE_H = 30  # hours after which a snapshot of a weekday is old


def overview(facts: Facts) -> Markup:
    """All of it."""
    accounts = [row for row in facts.measured("accounts") if facts.own(row)]
    if not accounts:
        return drawn.page(drawn.empty("No account has been closed yet: `tieout run eod-reconciliation` closes one."))
    return drawn.page(
        _alarms(facts),
        drawn.cards(_total(currency, rows) for currency, rows in _by_currency(accounts).items()),
        drawn.heading("Accounts", f"{len(accounts)}"),
        drawn.cards(_account(row, facts) for row in accounts),
    )


def _by_currency(accounts: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in accounts:
        found[row["base_currency"]].append(row)
    return dict(found)


def _total(currency: str, rows: list[Row]) -> Markup:
    valued = [row for row in rows if row["equity"] is not None]
    now = sum((row["equity"] for row in valued), Decimal(0))
    both = [row for row in valued if row["previous_equity"] is not None]
    change = sum((row["equity"] - row["previous_equity"] for row in both), Decimal(0)) if both else None
    critical = sum(row["critical_open"] or 0 for row in rows)
    inside = drawn.figures(
        [
            ("since the close before", drawn.signed(change, drawn.money(change))),
            ("breaks open", sum(row["breaks_open"] or 0 for row in rows)),
            ("of them critical", drawn.signed(Decimal(-critical), str(critical)) if critical else 0),
            ("tied out", f"{sum(row['state'] == 'tied_out' for row in rows)} of {len(rows)}"),
        ]
    )
    paper = sum(row["mode"] != Mode.LIVE for row in rows)
    top = Markup('<div class="top"><span>All in {}</span><span class="quiet">{} paper, {} live</span></div>')
    big = Markup('<div class="big">{} <small>{}</small></div>').format(drawn.money(now), currency)
    kind = "bad" if critical else "good" if all(row["state"] == "tied_out" for row in rows) else "warn"
    return drawn.card(top.format(currency, paper, len(rows) - paper) + big + inside, kind)


def _account(row: Row, facts: Facts) -> Markup:
    equity, before = row["equity"], row["previous_equity"]
    change = None if equity is None or before is None else equity - before
    share = None if change is None or not before else change / before
    live = row["mode"] == Mode.LIVE
    badge = Markup('<span class="mark {}">{}</span>').format("solid" if live else "quiet", str(row["mode"]).upper())
    top = Markup('<div class="top"><span>{}</span>{}</div>').format(row["account_id"], badge)
    big = Markup('<div class="big">{} <small>{}</small></div>').format(drawn.money(equity), row["base_currency"])
    moved = Markup("<p>{} {}</p>").format(
        drawn.signed(change, drawn.money(change)), drawn.signed(share, drawn.percent(share, 2)) if share else ""
    )
    inside = drawn.figures(
        [
            ("buying power", drawn.money(row["buying_power"])),
            ("cash", drawn.money(row["cash"])),
            ("positions", row["positions"] if row["positions"] is not None else drawn.NOTHING),
            ("breaks open", f"{row['breaks_open'] or 0} ({row['critical_open'] or 0} critical)"),
            ("last close", drawn.mark(row["state"])),
            ("coverage", drawn.percent(row["coverage"], 0)),
        ]
    )
    foot = Markup('<p class="foot">{} · session {} · seen {}</p>').format(
        row["broker"], row["business_date"] or drawn.NOTHING, drawn.ago(row["captured_at"], facts.now)
    )
    return drawn.card(top + big + moved + inside + foot, drawn.kind_of(row["state"]))


def _alarms(facts: Facts) -> Markup:
    """What stops trading, and what waits for somebody."""
    from sql.acts import read_open
    from sql.approvals import read_open as questions
    from sql.breakers import read_breakers

    with facts.looking.journal() as journal:
        off = [one for one in read_breakers(journal) if one.holds(facts.now)]
        acts, asked = read_open(journal, facts.now), questions(journal)
    told = [
        drawn.notice(
            "bad",
            f"{'all accounts' if one.account_id == ALL_ACCOUNTS else one.account_id}: "
            f"{drawn.words(one.effect)} by {drawn.words(one.name)} {one.scope}: {one.reason}",
        )
        for one in off
        if facts.account_id in (None, one.account_id) or one.account_id == ALL_ACCOUNTS
    ]
    if waiting := len(acts) + len(asked):
        told.append(drawn.notice("warn", f"{waiting} wait for a person: tieout approve lists them"))
    return Markup("").join(told)
