"""The body of an order request to an order, and what Alpaca refuses in it before any account is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from simulator.protocols.alpaca_lists import Refused, invalid
from simulator.protocols.alpaca_order_rows import MULTI_LEG
from tieout.errors import Malformed, NotTradable
from tieout.ids import ClientOrderId
from tieout.instruments import AssetClass, Instrument, crypto, equity, option
from tieout.options.osi import is_osi, parse_osi
from tieout.orders import Order, OrderLeg, OrderType, Side, TimeInForce

Fields = Mapping[str, object]
Listed = Callable[[str], Instrument]

_CLASSES = frozenset({"", "simple", "bracket", "oco", "oto", MULTI_LEG})
_SIDES = {Side.BUY: ("buy", "buy_to_open", "buy_to_close"), Side.SELL: ("sell", "sell_to_open", "sell_to_close")}
_HUNDRED = Decimal(100)


def order_of(fields: Fields, client_order_id: str, listed: Listed) -> Order:
    """The order that a request asks for. Raises Refused.

    listed   the instrument under a canonical symbol, for adjusted contracts: their symbol does not say all
    """
    kind = str(fields.get("order_class") or "")
    if kind not in _CLASSES:
        raise invalid(f"invalid order_class {kind}")
    if fields.get("notional") is not None:
        raise invalid("notional orders are not simulated")
    quantity = number(fields, "qty")
    if quantity is None or quantity <= 0:
        raise invalid("qty must be > 0")
    legs = _legs(fields, listed) if kind == MULTI_LEG else ()
    try:
        order = Order(
            client_order_id=ClientOrderId(client_order_id),
            instrument=equity(legs[0].instrument.underlying or "")
            if legs
            else instrument_of(_text(fields, "symbol"), listed),
            side=Side.BUY if legs else Side(_text(fields, "side")),
            quantity=quantity,
            order_type=OrderType(_text(fields, "type")),
            time_in_force=TimeInForce(_text(fields, "time_in_force")),
            limit_price=None if kind == "oco" else number(fields, "limit_price"),
            stop_price=number(fields, "stop_price"),
            extended_hours=fields.get("extended_hours") is True,
            trail_amount=number(fields, "trail_price"),
            trail_percent=share(number(fields, "trail_percent")),
            take_profit=_inside(fields, "take_profit", "limit_price"),
            stop_loss=_inside(fields, "stop_loss", "stop_price"),
            is_exit=kind == "oco",
            legs=legs,
        )
    except ValueError as error:
        raise invalid(f"invalid order: {error}") from None
    _require_class(order, kind)
    _require_hours(order)
    return order


def instrument_of(symbol: str, listed: Listed | None = None) -> Instrument:
    """The instrument a request names. Raises Refused in the venue's words."""
    try:
        if is_osi(symbol):
            osi = parse_osi(symbol)
            return listed(osi.padded) if listed is not None and osi.is_adjusted else option(symbol)
        if "/" in symbol:
            return crypto(*symbol.split("/", 1))
        return equity(symbol)
    except (Malformed, NotTradable):
        raise unknown_asset(symbol) from None


def _traded(fields: Fields, legs: tuple[OrderLeg, ...], listed: Listed) -> Instrument:
    """What the order names; a combination names nothing, and stands under its first leg's underlying."""
    return equity(legs[0].instrument.underlying or "") if legs else instrument_of(_text(fields, "symbol"), listed)


def unknown_asset(symbol: str) -> Refused:
    """422 in the venue's words."""
    return invalid(f'could not find asset "{symbol}"')


def number(fields: Fields, name: str) -> Decimal | None:
    """A number of a request, None where it is left out. Raises Refused."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"{name} is no number") from None
    if not found.is_finite():
        raise invalid(f"{name} is no number")
    return found


def share(percent: Decimal | None) -> Decimal | None:
    """Percent to a fraction: the venue writes two percent as 2."""
    return None if percent is None else percent / _HUNDRED


def _require_class(order: Order, kind: str) -> None:
    gain, loss = order.take_profit, order.stop_loss
    if kind in ("bracket", "oco") and (gain is None or loss is None):
        raise invalid(f"{kind} orders require take_profit.limit_price and stop_loss.stop_price")
    if kind == "oto" and (gain is None) is (loss is None):
        raise invalid("oto orders require either take_profit.limit_price or stop_loss.stop_price")
    if kind in ("", "simple", MULTI_LEG) and (gain is not None or loss is not None):
        raise invalid("take_profit and stop_loss need an order_class of bracket, oco or oto")
    if kind == "oco" and order.order_type is not OrderType.LIMIT:
        raise invalid("oco orders must be limit orders")


def _require_hours(order: Order) -> None:
    traded, until = order.instrument.asset_class, order.time_in_force
    if (traded is AssetClass.OPTION or order.legs) and until is not TimeInForce.DAY:
        raise invalid("invalid time_in_force for options: only day is supported")
    if traded is AssetClass.CRYPTO and until in (TimeInForce.OPEN, TimeInForce.CLOSE):
        raise invalid(f"invalid crypto time_in_force {until}")
    fractional = order.quantity != order.quantity.to_integral_value()
    if traded is AssetClass.EQUITY and fractional and until is not TimeInForce.DAY:
        raise invalid("fractional orders must be DAY orders")
    if order.extended_hours and (order.order_type is not OrderType.LIMIT or until is not TimeInForce.DAY):
        raise invalid("extended hours order must be DAY limit orders")
    if order.extended_hours and (order.take_profit is not None or order.stop_loss is not None):
        raise invalid("complex orders not supported for extended hours trading")


def _legs(fields: Fields, listed: Listed) -> tuple[OrderLeg, ...]:
    found = fields.get("legs")
    if not isinstance(found, list) or not 2 <= len(found) <= 4:
        raise invalid("mleg orders must have between 2 and 4 legs")
    return tuple(_leg(each, listed) for each in found)


def _leg(found: object, listed: Listed) -> OrderLeg:
    if not isinstance(found, dict):
        raise invalid("invalid leg")
    intent = str(found.get("position_intent") or "")
    word = str(found.get("side") or intent)
    sides = [side for side, words in _SIDES.items() if word in words]
    ratio, instrument = number(found, "ratio_qty"), instrument_of(_text(found, "symbol"), listed)
    if (
        not sides
        or ratio is None
        or ratio != int(ratio)
        or ratio < 1
        or instrument.asset_class is not AssetClass.OPTION
    ):
        raise invalid("a leg needs an option symbol, a side and a whole ratio_qty")
    opens = intent.endswith("_open") if intent else None
    return OrderLeg(instrument, sides[0], int(ratio), opens)


def _inside(fields: Fields, name: str, price: str) -> Decimal | None:
    found = fields.get(name)
    if found is None:
        return None
    if not isinstance(found, dict) or set(found) - {price}:
        raise invalid(f"{name} takes {price} here and nothing else")
    return number(found, price)


def _text(fields: Fields, name: str) -> str:
    return str(fields.get(name) or "")
