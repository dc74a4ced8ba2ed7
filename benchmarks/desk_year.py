"""A desk with a past, made by formula: accounts, sessions, positions, orders, breaks, as the stores hold them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from sql.journal import Journal
from sql.schema import alerts as a
from sql.schema import journal as j
from sql.schema import options as o
from sql.schema import warehouse as w
from sql.warehouse import Warehouse

END = date(2026, 3, 2)
KINDS = (
    "quantity_mismatch",
    "cash_mismatch",
    "unknown_execution",
    "unbooked_activity",
    "stale_price",
    "missing_at_broker",
)
STATES = (
    "filled",
    "filled",
    "filled",
    "working",
    "partially_filled",
    "cancelled",
    "rejected",
    "unknown",
    "awaiting_approval",
)
WALK = (5, -3, 4, -2, 3, -6, 2, 7, -4, 1, -5, 6)  # tenths of a percent a session
OPTIONS = 12  # contracts that each account holds


def make(journal_url: str, warehouse_url: str, *, accounts: int = 5, sessions: int = 252, positions: int = 100) -> None:
    """Fill two new stores."""
    journal, warehouse = Journal.open(journal_url), Warehouse.open(warehouse_url)
    try:
        days = _sessions(sessions)
        with journal.write() as connection:
            _journal(connection, accounts, days, positions)
        with warehouse.write() as connection:
            _warehouse(connection, accounts, days, positions, mirrored=journal_url != warehouse_url)
        warehouse.publish()
    finally:
        journal.close()
        warehouse.close()


def name_of(index: int) -> str:
    """`alpaca-01`."""
    return f"{('alpaca', 'ibkr')[index % 2]}-{index + 1:02d}"


def _sessions(count: int) -> list[date]:
    found, day = [], END
    while len(found) < count:
        if day.weekday() < 5:
            found.append(day)
        day -= timedelta(days=1)
    return found[::-1]


def _at(day: date, hour: int = 21) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 45, tzinfo=UTC)


def _symbol(index: int, positions: int) -> tuple[str, str, dict[str, Any]]:
    """Symbol, class and terms of the instrument of that number, from 1."""
    if index <= positions:
        return f"{'ABCDEFGHIJ'[index % 10]}{'KLMNOPQR'[index % 8]}{'STUVWXYZ'[index // 8 % 8]}{index}", "equity", {}
    number = index - positions
    expires = END + timedelta(days=4 + 7 * (number % 4))
    right, strike = ("call", "put")[number % 2], Decimal(50 + 5 * number)
    root = f"{'ABCDEFGHIJ'[number % 10]}{'KLMNOPQR'[number % 8]}"
    symbol = f"{root:<6}{expires:%y%m%d}{right[0].upper()}{int(strike * 1000):08d}"
    terms = {"underlying": root, "expiration": expires, "option_right": right, "strike": strike}
    return symbol, "option", terms


def _instruments(positions: int) -> Iterator[dict[str, Any]]:
    bare = {"underlying": None, "expiration": None, "option_right": None, "strike": None}
    for index in range(1, positions + OPTIONS + 1):
        symbol, kind, terms = _symbol(index, positions)
        multiplier = Decimal(100 if kind == "option" else 1)
        yield (
            {"instrument_id": index, "asset_class": kind, "symbol": symbol, "multiplier": multiplier, "currency": "USD"}
            | bare
            | terms
        )


def _accounts(accounts: int) -> list[dict[str, Any]]:
    return [
        {
            "account_id": name_of(index),
            "broker": name_of(index).partition("-")[0],
            "mode": "live" if index == 1 else "paper",
            "base_currency": "USD",
            "calendar": "XNYS",
        }
        for index in range(accounts)
    ]


def _equity(account: int, session: int) -> Decimal:
    """A walk that repeats, with a rise, and a fall in its last third."""
    tenths = sum(WALK[(one + account * 5) % len(WALK)] for one in range(session % len(WALK)))
    drift = session * 4 - max(0, session - 170) * 9 + max(0, session - 210) * 11
    return Decimal(250_000 * (account + 1)) * (Decimal(1000 + tenths + drift) / 1000)


def _journal(connection: Connection, accounts: int, days: list[date], positions: int) -> None:
    connection.execute(insert(j.account), _accounts(accounts))
    connection.execute(insert(j.instrument), list(_instruments(positions)))
    intents, runs, breaks = [], [], []
    for index in range(accounts):
        for number, day in enumerate(days):
            runs.append(_run(index, day))
            intents += [_intent(index, number, day, one, len(days)) for one in range(8)]
        breaks += [_break(index, one) for one in range(6 if index % 2 else 2)]
    connection.execute(insert(j.intent), intents)
    connection.execute(insert(j.run), runs)
    connection.execute(insert(j.break_case), breaks)
    credentials = [_credential(index) for index in range(accounts)]
    connection.execute(insert(j.credential_state), credentials)
    connection.execute(insert(a.broker_health), [_health(index) for index in range(accounts)])
    connection.execute(insert(a.alert), [_alert(index) for index in range(accounts)])
    connection.execute(insert(o.option_forecast), [_forecast(index, positions) for index in range(accounts)])


def _run(account: int, day: date) -> dict[str, Any]:
    return {
        "run_id": f"{name_of(account)}-{day:%Y%m%d}-01",
        "account_id": name_of(account),
        "flow": "eod-reconciliation",
        "business_date": day,
        "number": 1,
        "state": "critical_breaks" if account == 1 else "tied_out",
        "started_at": _at(day),
        "ended_at": _at(day) + timedelta(seconds=20 + account),
    }


def _intent(account: int, number: int, day: date, one: int, sessions: int) -> dict[str, Any]:
    last = number == sessions - 1
    state = STATES[one % len(STATES)] if last else "filled"
    quantity = Decimal(10 * (one + 1))
    moment = _at(day, 15) + timedelta(minutes=one * 7)
    key = f"{account:02d}{number:04d}{one:02d}"
    return {
        "intent_id": f"INT-{key}",
        "account_id": name_of(account),
        "client_order_id": key.rjust(32, "0"),
        "instrument_id": 1 + (number + one) % 20,
        "side": ("buy", "sell")[one % 2],
        "quantity": quantity,
        "order_type": ("market", "limit")[one % 2],
        "limit_price": Decimal("101.25") if one % 2 else None,
        "time_in_force": "day",
        "state": state,
        "created_at": moment,
        "updated_at": moment,
        "filled": quantity if state == "filled" else Decimal(5) if state == "partially_filled" else Decimal(0),
        "business_date": day,
        "window": "session",
    }


def _break(account: int, one: int) -> dict[str, Any]:
    age = (0, 1, 2, 4, 9, 25)[one]
    worth = (Decimal("12.50"), Decimal(480), Decimal("15250.75"), Decimal("0.40"), Decimal(99), Decimal(2_300))[one]
    kind = KINDS[one]
    subject = "cash:USD" if kind == "cash_mismatch" else "execution:20260302-77812" if "execution" in kind else "AKS1"
    return {
        "break_id": f"BRK-{account:02d}{one:08d}",
        "account_id": name_of(account),
        "kind": kind,
        "cause": ("manual_trade", "fee", "unknown")[one % 3],
        "severity": "critical" if worth > 1000 or age > 2 else "warning" if worth > 1 else "info",
        "state": "open",
        "subject": subject,
        "currency": "USD",
        "pair": "book_snapshot",
        "ours": Decimal(100),
        "theirs": Decimal(100) + worth,
        "first_seen": END - timedelta(days=age),
        "last_seen": END,
        "age_sessions": age,
        "money_at_risk": worth,
        "owner": "desk" if one == 2 else None,
        "explanation": f"{subject}: the broker has {100 + worth}, the book 100; no row of the statement explains it.",
        "evidence": [],
        "updated_at": _at(END),
    }


def _credential(account: int) -> dict[str, Any]:
    return {
        "account_id": name_of(account),
        "reference": ("env:DESK", "file:desk.vault")[account % 2],
        "mode": "live" if account == 1 else "paper",
        "checked_at": _at(END),
        "expires_at": _at(END) + timedelta(days=3) if account == 2 else None,
        "healthy": account != 3,
        "detail": {},
    }


def _health(account: int) -> dict[str, Any]:
    return {
        "account_id": name_of(account),
        "broker": name_of(account).partition("-")[0],
        "state": ("up", "degraded", "up", "down", "maintenance")[account % 5],
        "since": _at(END),
        "checked_at": _at(END) + timedelta(minutes=30),
        "watched_since": _at(END),
        "latency_ms": 80 + 40 * account,
        "requests_left": 150,
        "requests_most": 180,
        "reason": "" if account % 2 == 0 else "three probes of ten were not answered",
        "recent": [],
    }


def _alert(account: int) -> dict[str, Any]:
    return {
        "subject": f"close {name_of(account)}",
        "source": "eod-reconciliation",
        "account_id": name_of(account),
        "fingerprint": f"{account:064d}",
        "severity": ("info", "critical", "warning")[account % 3],
        "title": f"{name_of(account)}: breaks are open",
        "state": ("over", "open", "acknowledged")[account % 3],
        "first_seen": _at(END) - timedelta(days=2),
        "last_seen": _at(END),
        "occurrences": 9,
        "tellings": 2,
        "taken_by": "desk" if account % 3 == 2 else None,
    }


def _forecast(account: int, positions: int) -> dict[str, Any]:
    symbol = positions + 1
    return {
        "account_id": name_of(account),
        "run_id": f"{name_of(account)}-{END:%Y%m%d}-02",
        "business_date": END,
        "moment": "forecast",
        "instrument_id": symbol,
        "contracts": Decimal(-2),
        "expires": _symbol(symbol, positions)[2]["expiration"],
        "likelihood": "likely",
        "outcome": "assignment",
        "cash": Decimal(-11_000),
        "decide_by": _at(END) + timedelta(days=4),
        "report_only": False,
        "detail": {},
        "at": _at(END),
    }


def _warehouse(connection: Connection, accounts: int, days: list[date], positions: int, *, mirrored: bool) -> None:
    """What was measured; accounts and instruments stand there a second time unless both stores are one database."""
    from sql.bulk import arrow_table, insert_arrow

    rows: dict[Any, list[dict[str, Any]]] = {
        w.account: _accounts(accounts),
        w.instrument: list(_instruments(positions)),
        w.snapshot: [],
        w.snapshot_balance: [],
        w.snapshot_position: [],
        w.nav: [],
        w.recon_run: [],
        w.quality_result: [],
    }
    held = [_symbol(one, positions) for one in range(1, positions + OPTIONS + 1)]
    for index in range(accounts):
        for number, day in enumerate(days):
            _close(rows, index, number, day, held, positions)
    shared = () if mirrored else (w.account, w.instrument)
    for table, some in ((table, some) for table, some in rows.items() if table not in shared):
        insert_arrow(connection, table, arrow_table(table, some))


def _close(
    rows: dict[Any, list[dict[str, Any]]], account: int, number: int, day: date, held: Any, positions: int
) -> None:
    name, equity = name_of(account), _equity(account, number)
    snapshot = 1 + account * 10_000 + number
    spoiled = (number + account * 7) % 61 == 60
    run = f"{name}-{day:%Y%m%d}-01"
    head = {"snapshot_id": snapshot, "account_id": name}
    rows[w.snapshot].append(
        head
        | {
            "business_date": day,
            "captured_at": _at(day),
            "completeness": "partial" if spoiled else "complete",
            "status": "quarantined" if spoiled else "accepted",
            "run_id": run,
            "reads": 2,
            "positions": len(held),
            "proof": {},
            "unmapped": [],
            "reason": "the download broke off" if spoiled else None,
        }
    )
    rows[w.quality_result] += [_check(head, one, spoiled) for one in range(8)]
    if spoiled:
        return
    cash = equity * Decimal("0.3")
    rows[w.snapshot_balance].append(
        head | {"currency": "USD", "cash": cash, "equity": equity, "buying_power": cash * 2}
    )
    value = equity * Decimal("0.7") / positions
    rows[w.snapshot_position] += [_position(head, index, one, value) for index, one in enumerate(held, start=1)]
    figures = {
        "currency": "USD",
        "cash": cash,
        "long_value": equity - cash,
        "short_value": Decimal(0),
        "equity": equity,
    }
    rows[w.nav].append({"account_id": name, "business_date": day, "run_id": run, "source": "broker"} | figures)
    open_ = 6 if account % 2 else 2
    rows[w.recon_run].append(
        {
            "run_id": run,
            "account_id": name,
            "business_date": day,
            "state": ("tied_out", "critical_breaks", "tied_out", "breaks_open")[account % 4],
            "coverage": Decimal("0.89") if account == 3 else Decimal(1),
            "rows_compared": positions * 3,
            "breaks_opened": 0,
            "breaks_closed": 0,
            "breaks_open": open_ if account % 4 else 0,
            "critical_open": 3 if account % 4 == 1 else 0,
            "snapshot_id": snapshot,
            "inputs": {},
            "result": "",
            "result_sha256": "",
            "finished_at": _at(day) + timedelta(seconds=20),
        }
    )


def _position(
    head: dict[str, Any], index: int, held: tuple[str, str, dict[str, Any]], value: Decimal
) -> dict[str, Any]:
    symbol, kind, _ = held
    short = index % 9 == 0
    worth = (value * (1 + index % 5) / 3).quantize(Decimal("0.01")) * (-1 if short else 1)
    if kind == "option":
        worth /= 20
    units = Decimal(-2 if short else 3) if kind == "option" else (worth / 100).quantize(Decimal("0.001"))
    return head | {
        "instrument_id": index,
        "symbol": symbol,
        "asset_class": kind,
        "quantity": units,
        "side": "short" if short else "long",
        "market_price": Decimal(100),
        "market_value": worth,
        "unrealized_pnl": worth * (index % 7 - 3) / 50,
        "multiplier": Decimal(100 if kind == "option" else 1),
        "currency": "USD",
    }


def _check(head: dict[str, Any], one: int, spoiled: bool) -> dict[str, Any]:
    return head | {
        "suite": "snapshot" if one == 0 else "position_snapshot",
        "expectation": ("snapshot.expect_snapshot_to_be_complete" if one == 0 else f"positions.expect_rule_{one}"),
        "severity": "critical" if one == 0 else "warning",
        "success": not (spoiled and one == 0) and not (one == 5 and head["snapshot_id"] % 13 == 0),
        "observed": "as it must be",
        "rows_failed": 0,
        "sample": [],
    }
