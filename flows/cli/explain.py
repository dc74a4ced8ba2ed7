"""`tieout explain`: the chain of evidence behind a break, a position or an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.show import print_json, print_table, words

if TYPE_CHECKING:
    from sqlalchemy import Connection

WIDEST = 8  # columns

app = typer.Typer(help="Walk the chain of evidence back to what the broker said.", no_args_is_help=True)


@app.command("break")
def explain_break(
    break_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a break, as `tieout breaks` prints it.")],
    as_json: AsJson = False,
) -> None:
    """Break -> events -> evidence -> run -> snapshot -> raw answers."""
    from sql.chain import break_chain

    with _stores() as (journal, warehouse):
        chain = break_chain(journal, warehouse, break_id)
    if as_json:
        print_json(chain)
        return
    case = chain["case"]
    typer.echo(f"{case['break_id']}  {case['kind']} of {case['subject']} in {case['account_id']}: {case['state']}")
    typer.echo(case["explanation"])
    _facts("Case", case, leave_out=("evidence", "explanation", "break_id"))
    _rows("Events", chain["events"], ("at", "business_date", "event", "actor", "run_id"))
    _evidence(case["evidence"] or [])
    for one in chain.get("evidence_rows", ()):
        _facts(f"Row of {one['table']}", one["row"])
    for name in ("run", "reconciliation", "snapshot"):
        _facts(name.capitalize(), chain.get(name) or {}, leave_out=("unmapped",))
    _rows("What the snapshot says", chain.get("snapshot_rows", ()))
    _raw(chain.get("raw", ()))


@app.command("position")
def explain_position(
    symbol: Annotated[
        str, typer.Argument(metavar="ID", help="Canonical symbol, such as AAPL or an option's OSI code.")
    ],
    account: OneAccount = None,
    as_json: AsJson = False,
) -> None:
    """Position -> ledger entries -> records and where they came from -> lots -> last snapshot line -> raw answer."""
    from sql.chain import position_chain
    from tieout.ids import AccountId

    with _stores() as (journal, warehouse):
        chains = position_chain(journal, warehouse, AccountId(account) if account else None, symbol)
    if as_json:
        print_json(chains)
        return
    for chain in chains:
        held = f"{words(chain['quantity'])} at a cost of {words(chain['cost_basis'])}"
        typer.echo(f"{chain['account_id']}: {chain['instrument']['symbol']}, the book holds {held}")
        _rows("Ledger entries", [_entry(one) for one in chain["ledger_entries"]])
        _rows("Open lots", chain["lots"])
        _option_chain(chain["options"])
        _facts("Last snapshot line", chain["snapshot_line"] or {})
        _raw(chain["raw"])


@app.command("order")
def explain_order(
    order_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of an intent, our client order id, or the broker's order id.")
    ],
    as_json: AsJson = False,
) -> None:
    """Signal -> intents -> events -> approval -> proofs -> orders -> executions -> ledger -> the broker's statement."""
    from sql.chain import order_chain

    with _stores() as (journal, warehouse):
        chain = order_chain(journal, warehouse, order_id)
    if as_json:
        print_json(chain)
        return
    for intent in chain["intents"]:
        typer.echo(_sentence(intent))
    for name, rows in chain.items():
        _rows(name.replace("_", " ").capitalize(), [_event(one) for one in rows] if name == "events" else rows)


def _option_chain(told: Mapping[str, Any]) -> None:
    """From an option to what it brought, or from what was brought to the option."""
    made = ("at", "moment", "contracts", "likelihood", "outcome", "cash", "decide_by")
    _rows("Forecasts", told.get("forecasts", ()), made)
    kept = ("amount", "currency", "until", "why", "since", "released_at", "released_why")
    _rows("Cash kept", told.get("reservations", ()), kept)
    proof = ("event_id", "business_date", "outcome", "contracts", "basis", "confidence", "state", "words", "booked")
    _rows("Option events", told["option_events"], proof)
    _rows("What they brought", told.get("brought", ()))


@contextmanager
def _stores() -> Iterator[tuple[Connection, Connection]]:
    from tasks.stores import open_stores

    with open_stores() as stores, stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        yield journal, warehouse


def _sentence(intent: Mapping[str, Any]) -> str:
    """An intent in one line: what was to be done where, and what became of it."""
    price = f" {words(intent['limit_price'])}" if intent["limit_price"] is not None else ""
    wish = f"{intent['side']} {words(intent['quantity'])} {intent['symbol']} {intent['order_type']}{price}"
    became = f"{intent['state']}, {words(intent['filled'])} filled"
    reason, heir = intent["detail"].get("reason"), intent["detail"].get("heir")
    said = (reason if reason != intent["state"] else None, f"{heir} goes on with the rest" if heir else None)
    more = "".join(f"; {one}" for one in said if one)
    return f"{intent['intent_id']}  {wish} at {intent['account_id']}: {became}{more}"


def _event(one: Mapping[str, Any]) -> dict[str, Any]:
    """An event with its words beside it; those of other tables keep their detail as it is."""
    detail = dict(one["detail"])
    told = {name: detail.pop(name, None) for name in ("state", "words")}
    call = detail.pop("call", False)
    detail.pop("version", None)
    shown = {name: one[name] for name in ("at", "account_id", "event")}
    return shown | told | {"call": "a person was called" if call else None, "detail": detail or None}


def _entry(one: Mapping[str, Any]) -> dict[str, Any]:
    record = one["record"] or {}
    shown = ("seq", "business_date", "event", "quantity", "cost_basis", "realized_pnl", "record_id")
    return {name: one[name] for name in shown} | {"source": record.get("source"), "evidence": record.get("evidence")}


def _evidence(evidence: Iterable[Mapping[str, Any]]) -> None:
    _rows("Evidence", [{"source": one["source"], "key": one["key"], "says": one["says"]} for one in evidence])


def _facts(title: str, row: Mapping[str, Any], *, leave_out: Iterable[str] = ()) -> None:
    """One row as a list of names and values; what is empty is not shown."""
    facts = [(name, value) for name, value in row.items() if value not in (None, "", []) and name not in leave_out]
    if facts:
        print_table(("field", "value"), facts, title=title)


def _rows(title: str, rows: Iterable[Mapping[str, Any]], columns: Iterable[str] | None = None) -> None:
    """Rows as a table; columns that are empty in every row are not shown. One wide row reads better as a list."""
    listed = list(rows)
    if not listed:
        return
    if len(listed) == 1 and columns is None and len(listed[0]) > WIDEST:
        _facts(title, listed[0])
        return
    named = list(columns or listed[0])
    shown = [name for name in named if any(row[name] not in (None, "", []) for row in listed)]
    print_table(shown, ([row[name] for name in shown] for row in listed), title=title)


def _raw(answers: Iterable[Mapping[str, Any]]) -> None:
    listed = list(answers)
    _rows("Raw answers", listed, ("received_at", "part", "status", "bytes", "path"))
    for answer in listed:
        for row in answer["mentions"]:
            typer.echo(f"  {answer['part']}: {row}")
