"""Orders as TWS frames, and the order that a placeOrder message asks for.

Field sequences: the vendor's client libraries, server version 176; values of fields that nobody set: recorded frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from simulator.orders import Role, WorkingOrder
from simulator.protocols.tws_wire import (
    UNSET_DOUBLE,
    UNSET_INTEGER,
    Frame,
    con_id,
    contract11,
    figure,
    home,
    ib_symbol,
    stamp,
)
from tieout.errors import NotTradable
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument, equity
from tieout.money import ZERO, plain
from tieout.orders import Order, OrderLeg, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.records import Execution, RecordStatus

_BROKER = "simulator"
_HUNDRED = Decimal(100)
_TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
    "MOC": OrderType.MARKET,
    "LOC": OrderType.LIMIT,
}
_WORDS = {kind: word for word, kind in _TYPES.items() if word not in ("MOC", "LOC")}
_TIMES = {
    "DAY": TimeInForce.DAY,
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "OPG": TimeInForce.OPEN,
}
_AT_CLOSE = {"MOC", "LOC"}
_LEG_FIELDS = 8
STATUSES = {
    OrderState.WORKING: "Submitted",
    OrderState.PARTIALLY_FILLED: "Submitted",
    OrderState.FILLED: "Filled",
    OrderState.CANCELLED: "Cancelled",
    OrderState.EXPIRED: "Cancelled",
    OrderState.REPLACED: "Cancelled",
    OrderState.REJECTED: "Inactive",
}
_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT)


@dataclass(slots=True)
class Ticket:
    """One order as this venue numbers it.

    order_id     of the client that placed it; zero for one placed by hand
    client_id    that client
    reference    the client's own text on it: not unique here
    parked       shown as Inactive although it is not over
    """

    working: WorkingOrder
    account: str
    order_id: int
    client_id: int
    perm_id: int
    reference: str
    parked: bool = False

    def status(self, state: OrderState | None = None) -> str:
        """The venue's word for a state; for its present one where none is given."""
        return "Inactive" if self.parked else STATUSES[state or self.working.state]


def placed(message: Frame, named: Callable[[int], Instrument | None], client_order_id: str) -> Order:
    """The order in a placeOrder message.

    named      the instrument of a contract number
    raises     NotTradable for a contract that nobody knows, ValueError for fields that make no order
    """
    extra = _bag_fields(message)
    word, until = message[18], message[21]
    legs = tuple(_legs(message, named)) if extra else ()
    kind = _TYPES[word]
    percent = _number(message[70 + extra])
    return Order(
        client_order_id=ClientOrderId(client_order_id),
        instrument=equity(message[3]) if legs else _instrument(message, named),
        side=Side.BUY if message[16] == "BUY" else Side.SELL,
        quantity=Decimal(message[17]),
        order_type=kind,
        time_in_force=TimeInForce.CLOSE if word in _AT_CLOSE else _TIMES[until],
        limit_price=_number(message[19]) if kind in _PRICED else None,
        stop_price=_number(message[20]) if word in ("STP", "STP LMT") else None,
        extended_hours=message[33] == "1",
        trail_amount=_number(message[20]) if word == "TRAIL" and percent is None else None,
        trail_percent=percent / _HUNDRED if word == "TRAIL" and percent is not None else None,
        legs=legs,
    )


def open_order(ticket: Ticket, report: OrderReport | None = None) -> Frame:
    """5: the order's description, as it is, or as it was when a report was made."""
    fields, order = _head(ticket), ticket.working.order
    margins = [UNSET_DOUBLE] * 9
    return [
        *("5", str(ticket.order_id), *fields, str(ticket.client_id), str(ticket.perm_id)),
        *("1" if order.extended_hours else "0", "0", "0", "", f"{ticket.perm_id}.0/{ticket.account}/100"),
        *("", "", "", "", "", "", "", "", "", "0", "", "-1", "0", "", "", "", "", "", UNSET_INTEGER),
        *("0", "0", "0", "", "3", "0", "0", "", "0", "0", "", "0", "None", ""),
        *("0", "", "", "", "?", "0", "0", ""),
        *("0", "0", figure(ticket.working.trail_stop), _percent(order), "", "", ""),
        *_combination(order),
        *(
            "",
            "",
            "",
            "",
            "0",
            "",
            "IB",
            "0",
            "0",
            "",
            "0",
            "0",
            ticket.status(report.state if report else None),
            *margins,
        ),
        *("", "", "", "", "", "0", "0", "0", "None", UNSET_DOUBLE),
        *(figure(ticket.working.trail_stop), *[UNSET_DOUBLE] * 4, "0", "", "", ""),
        *("0", "1", "0", "0", "0", "", "", "0", "", "", "", "", "", ""),
    ]


def completed_order(ticket: Ticket) -> Frame:
    """101: an order that is over. It names no order number and no client, and no quantity where it filled whole."""
    working, order = ticket.working, ticket.working.order
    fields = _head(ticket)
    whole = working.state is OrderState.FILLED
    fields[12] = "0" if whole else fields[12]
    words = {OrderState.FILLED: f"Filled Size: {plain(working.filled_quantity)}", OrderState.EXPIRED: "Expired"}
    return [
        *("101", *fields, str(ticket.perm_id), "1" if order.extended_hours else "0", "0", "0"),
        *("", "", "", "", "", "", "", "", "", "", "0", "", "-1", "", "", "", "", "", UNSET_INTEGER),
        *("0", "0", "", "3", "0", "", "0", "None", "", "0", "0", "0", ""),
        *("0", "0", figure(working.trail_stop), _percent(order), ""),
        *_combination(order),
        *(UNSET_INTEGER, UNSET_INTEGER, "", "", "", "IB", "0", "0", "", "0", ticket.status(), "0", "0", "0"),
        *(UNSET_DOUBLE, UNSET_DOUBLE, "0", "1", "0", "", plain(working.filled_quantity), UNSET_INTEGER, "0"),
        *("Not an insider or substantial shareholder", "0", "0", "9223372036854775807"),
        *(stamp(working.updated_at), words.get(working.state, "Cancelled by Trader"), "", "", "", "", ""),
    ]


def order_status(ticket: Ticket, report: OrderReport | None = None, last_price: Decimal = ZERO) -> Frame:
    """3: how the order stands, or stood when a report was made."""
    stood = report or ticket.working.report()
    left = (stood.quantity or ZERO) - stood.filled_quantity
    left -= ticket.working.taken if stood.state.is_live else ZERO
    return [
        *("3", str(ticket.order_id), ticket.status(stood.state), plain(stood.filled_quantity), plain(left)),
        *(plain(stood.average_fill_price or ZERO), str(ticket.perm_id), "0", plain(last_price)),
        *(str(ticket.client_id), "", "0"),
    ]


def execution_frames(
    request: str, ticket: Ticket, revisions: Iterable[Execution], *, of_the_bag: Execution | None = None
) -> list[Frame]:
    """11 for each revision of one trade; a trade taken back is its last revision with no units."""
    frames = []
    for number, one in enumerate(revisions, start=1):
        gone = one.status is RecordStatus.CANCELLED
        contract = bag11(ticket.working.order) if of_the_bag is one else contract11(one.instrument)
        frames.append(
            [
                *("11", request, str(ticket.order_id), *contract, f"{one.execution_id}.{number:02d}"),
                *(stamp(one.executed_at), ticket.account, home(one.instrument)),
                *("BOT" if one.side is Side.BUY else "SLD", "0" if gone else plain(one.quantity), plain(one.price)),
                *(str(ticket.perm_id), str(ticket.client_id), "0", plain(one.quantity), plain(one.price)),
                *(ticket.reference, "", "", "", "2"),
            ]
        )
    return frames


def commission_frame(execution: Execution, revision: int) -> Frame:
    """59: what one trade cost; it comes after the trade."""
    name = f"{execution.execution_id}.{revision:02d}"
    return ["59", "1", name, plain(execution.fee), execution.fee_currency, UNSET_DOUBLE, UNSET_DOUBLE, ""]


def bag11(order: Order) -> Frame:
    """The contract of a combination: it has no number of its own."""
    symbol = ib_symbol(order.instrument)
    return ["28812380", symbol, "BAG", "", "0", "?", "", "SMART", order.instrument.currency, symbol, "COMB"]


def _head(ticket: Ticket) -> list[str]:
    """contract11 and what follows it up to the reference."""
    order = ticket.working.order
    contract = bag11(order) if order.legs else contract11(order.instrument)
    contract = [*contract[:7], "SMART", *contract[8:]]
    word, until = _WORDS[order.order_type], order.time_in_force.value.upper()
    if order.time_in_force is TimeInForce.CLOSE:
        word, until = ("LOC" if order.order_type is OrderType.LIMIT else "MOC"), "DAY"
    aux = order.stop_price if order.stop_price is not None else order.trail_amount
    buys = ticket.working.role is Role.COMBINATION or order.side is Side.BUY
    return [
        *contract,
        *("BUY" if buys else "SELL", plain(order.quantity), word),
        *(plain(order.limit_price or ZERO), plain(aux or ZERO), until),
        *("", ticket.account, "", "0", ticket.reference),
    ]


def _percent(order: Order) -> str:
    return figure(None if order.trail_percent is None else order.trail_percent * _HUNDRED)


def _combination(order: Order) -> list[str]:
    fields = [str(len(order.legs))]
    for leg in order.legs:
        action = "BUY" if leg.side is Side.BUY else "SELL"
        opens = {True: "1", False: "2", None: "0"}[leg.opens]
        fields += [str(con_id(leg.instrument)), str(leg.ratio), action, "SMART", opens, "0", "", "-1"]
    return [*fields, "0", "0"]


def _bag_fields(message: Frame) -> int:
    """How many fields a combination puts between the plain ones."""
    if message[4] != "BAG":
        return 0
    end = 35 + 1 + int(message[35]) * _LEG_FIELDS
    prices = int(message[end])
    routing = end + 1 + prices
    return routing + 1 + 2 * int(message[routing]) - 35


def _legs(message: Frame, named: Callable[[int], Instrument | None]) -> Iterable[OrderLeg]:
    for number in range(int(message[35])):
        start = 36 + number * _LEG_FIELDS
        conid, ratio, action, _, opens = message[start : start + 5]
        instrument = named(int(conid))
        if instrument is None:
            raise NotTradable(_BROKER, f"no contract {conid}")
        side = Side.BUY if action == "BUY" else Side.SELL
        yield OrderLeg(instrument, side, int(ratio), {"1": True, "2": False}.get(opens))


def _instrument(message: Frame, named: Callable[[int], Instrument | None]) -> Instrument:
    instrument = named(int(message[2])) if message[2] not in ("", "0") else None
    if instrument is None:
        raise NotTradable(_BROKER, f"no contract {message[2]} {message[3]}")
    return instrument


def _number(text: str) -> Decimal | None:
    return None if text in ("", UNSET_DOUBLE) else Decimal(text)
