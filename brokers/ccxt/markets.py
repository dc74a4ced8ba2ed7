"""The venue's markets: what each is to us, and the steps in which it is traded.

Quantities are counted in units everywhere (`tieout.coins`): of the base coin, or of the quote currency for a
coin-margined contract. The venue counts contracts; the size of one stands between the two and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from brokers.base import Contract
from brokers.ccxt.fields import moment_of, number_of
from brokers.http.errors import unreadable
from brokers.http.unmapped import Unmapped
from tieout.errors import InvalidOrder, Malformed, NotTradable
from tieout.hedge import Leg, in_leg, whole
from tieout.instruments import ONE, AssetClass, Instrument, crypto, perpetual
from tieout.money import WIDE, ZERO
from tieout.options.osi import OptionRight
from tieout.orders import Order, OrderReport, Side
from tieout.snapshots import Position

Market = dict[str, Any]
AGAIN = timedelta(minutes=1)

_RIGHTS = {"call": OptionRight.CALL, "put": OptionRight.PUT}
_CLASSES = {
    "spot": AssetClass.CRYPTO,
    "swap": AssetClass.PERPETUAL,
    "future": AssetClass.FUTURE,
    "option": AssetClass.OPTION,
}


class Markets:
    """An exchange's markets, by its ids and by our instruments.

    They are asked for once. The answer may have come short, and markets are opened while a session lasts: what is not
    among them is looked for again, at most once in AGAIN.

    load     asks the venue for them, anew where told; gives the exchange that has them
    now      aware UTC
    """

    def __init__(self, broker: str, load: Callable[[bool], Any], now: Callable[[], datetime]) -> None:
        self._broker = broker
        self._load = load
        self._now = now
        self._exchange: Any = None
        self._loaded_at: datetime | None = None
        self._thread = 0

    def require(self) -> Any:
        """The exchange with its markets loaded. Raises Unreadable where the venue lists none at all."""
        if self._exchange is None:
            self._exchange = self._fresh(again=False)
        return self._exchange

    def by_id(self, market_id: object, kinds: Collection[str]) -> Market | None:
        """The market under the venue's own id that is of one of these kinds, None where there is none."""

        def look() -> Market | None:
            found: list[Market] = self.require().markets_by_id.get(market_id, [])
            return next((one for one in found if is_among(one, kinds)), None)

        return self._found(look) if market_id else look()

    def named(self, symbol: object, where: str) -> Market:
        """The market under ccxt's symbol. Raises Unmapped where the venue lists none."""
        found = self._found(lambda: self.require().markets.get(symbol))
        if found is None:
            raise Unmapped(f"{where}: the venue lists no {symbol!r}", received=str(symbol))
        return found

    def _found(self, look: Callable[[], Market | None]) -> Market | None:
        """What a look finds, the second time among markets that were asked for anew."""
        found = look()
        if found is None and self._may_ask_again():
            self._fresh(again=True)
            found = look()
        return found

    def _may_ask_again(self) -> bool:
        """Only the thread that asks at other times: ccxt is not made for two."""
        since = self._loaded_at
        return threading.get_ident() == self._thread and since is not None and self._now() - since >= AGAIN

    def _fresh(self, *, again: bool) -> Any:
        exchange = self._load(again)
        if not exchange.markets:
            exchange.markets = None  # or ccxt would take them for loaded
            raise unreadable(self._broker, "markets: the venue lists none at all", "")
        self._loaded_at, self._thread = self._now(), threading.get_ident()
        return exchange

    def find(self, instrument: Instrument) -> Market | None:
        """The market in which an instrument is traded, None where the venue lists none."""
        return self._found(lambda: self.require().markets.get(symbol_of(instrument)))

    def of(self, instrument: Instrument) -> Market:
        """As `find`. Raises NotTradable where the venue lists none."""
        found = self.find(instrument)
        if found is None:
            raise NotTradable(
                self._broker,
                f"the venue lists no {instrument.symbol} among what is in scope: correct its symbol, or add its "
                "product to options.products",
            )
        return found

    def open_for(self, instrument: Instrument) -> Market:
        """As `of`, for an order: raises NotTradable also where the venue has closed the market."""
        found = self.of(instrument)
        if found.get("active") is False:
            raise NotTradable(
                self._broker,
                f"{instrument.symbol} is not traded there now: the venue has closed its market; take it out of the "
                "signals, and what is still held out by hand",
            )
        return found

    def contract(self, instrument: Instrument) -> Contract:
        """What the venue says the instrument is, in units."""
        market = self.of(instrument)
        lot = _step(market, "amount")
        return Contract(
            instrument=instrument,
            tradable=market.get("active") is not False,
            fractionable=lot is not None and lot % 1 != 0,
            shortable=market["type"] != "spot",
            lot=None if lot is None else WIDE.multiply(lot, size_of(market)),
            tick=_step(market, "price"),
            min_notional=_limit(market, "cost", "min") or ZERO,
        )


def is_among(market: Market, kinds: Collection[str]) -> bool:
    """Whether a market is of one of these kinds: ccxt's types, and of swaps and futures `linear` and `inverse` too."""
    margined = market["type"] in ("swap", "future")
    return market["type"] in kinds or (
        margined and any(market.get(one) for one in ("linear", "inverse") if one in kinds)
    )


def symbol_of(instrument: Instrument) -> str:
    """ccxt's symbol: ours, without the leg of hedge mode."""
    return whole(instrument).symbol


def instrument_of(market: Market, leg: Leg | None = None) -> Instrument:
    """What a market is to us. Raises Unmapped for what has no key of ours."""
    try:
        found = _instrument(market)
        return found if leg is None else in_leg(found, leg)
    except (Malformed, ValueError) as error:
        raise Unmapped(f"market {market.get('symbol')}: {error}", received=str(market.get("symbol"))) from None


def _instrument(market: Market) -> Instrument:
    kind, base, quote = market.get("type"), str(market.get("base")), str(market.get("quote"))
    if kind == "spot":
        return crypto(base, quote)
    if kind == "swap":
        return perpetual(base, quote, str(market["settle"]))
    if kind not in _CLASSES:
        raise Malformed(f"{kind} is no kind of market that we know")
    is_option = kind == "option"
    return Instrument(
        asset_class=_CLASSES[kind],
        symbol=str(market["symbol"]).upper(),
        currency=quote.upper(),
        underlying=base.upper(),
        expiration=_expiration(market),
        option_right=_RIGHTS.get(str(market.get("optionType"))) if is_option else None,
        strike=number_of(market, "strike") if is_option else None,
    )


def _expiration(market: Market) -> date | None:
    expires = moment_of(market, "expiry")
    return None if expires is None else expires.date()


def size_of(market: Market) -> Decimal:
    """Units of one contract; one where the venue counts units itself."""
    return number_of(market, "contractSize") or ONE if market["type"] != "spot" else ONE


def in_units(contracts: Decimal, market: Market) -> Decimal:
    """Units of a number of contracts."""
    return WIDE.multiply(contracts, size_of(market))


def amount_of(order: Order, market: Market, broker: str) -> Decimal:
    """The order's quantity as the venue counts it, on its steps: never more than was decided.

    raises   InvalidOrder where nothing is left of it, or it is outside of what the market takes; nothing was sent
    """
    amount = to_step(WIDE.divide(order.quantity, size_of(market)), _step(market, "amount"), ROUND_DOWN)
    least, most = _limit(market, "amount", "min"), _limit(market, "amount", "max")
    if amount <= 0 or (least is not None and amount < least):
        raise InvalidOrder(
            broker,
            f"{order.quantity:f} of {order.instrument.symbol} is below the least order there, {_least(least, market)}: "
            "order more, or leave it as dust",
        )
    if most is not None and 0 < most < amount:
        raise InvalidOrder(
            broker,
            f"{order.quantity:f} of {order.instrument.symbol} is above the largest order there, "
            f"{in_units(most, market).normalize():f}: order it in parts",
        )
    least_worth = _limit(market, "cost", "min")
    if order.limit_price is not None and least_worth is not None:
        units = in_units(amount, market)
        worth = units if market.get("inverse") else WIDE.multiply(units, order.limit_price)
        if worth < least_worth:
            raise InvalidOrder(
                broker,
                f"{order.quantity:f} of {order.instrument.symbol} is worth {worth.normalize():f}, and the least worth "
                f"of an order there is {least_worth.normalize():f}: order more, or leave it as dust",
            )
    return amount


def _least(least: Decimal | None, market: Market) -> str:
    """The smallest order in units, or the step where the venue names none."""
    step = _step(market, "amount")
    found = max((one for one in (least, step) if one is not None), default=None)
    return "a step" if found is None else f"{in_units(found, market).normalize():f}"


def off_rules(report: OrderReport, market: Market) -> Iterator[str]:
    """What of a working order the market's own steps and limits do not allow, in words."""
    name = f"order {report.broker_order_id} in {market['symbol']}"
    tick, least_worth = _step(market, "price"), _limit(market, "cost", "min")
    if report.quantity is not None:
        yield from _off_step(name, "quantity", report.quantity, market)
    if report.limit_price is not None and tick and report.limit_price % tick:
        yield f"{name}: its limit {report.limit_price.normalize():f} is not on the tick of {tick.normalize():f}"
    if report.quantity is not None and report.limit_price is not None and least_worth is not None:
        worth = report.quantity if market.get("inverse") else WIDE.multiply(report.quantity, report.limit_price)
        if worth < least_worth:
            yield f"{name}: its worth of {worth.normalize():f} is below the least, {least_worth.normalize():f}"


def off_step(position: Position, market: Market) -> Iterator[str]:
    """As `off_rules`, of a contract that is held."""
    return _off_step(f"position in {market['symbol']}", "quantity", abs(position.quantity), market)


def _off_step(name: str, what: str, units: Decimal, market: Market) -> Iterator[str]:
    lot = _step(market, "amount")
    step = None if lot is None else in_units(lot, market)
    if step and units % step:
        yield f"{name}: its {what} {units.normalize():f} is not on the step of {step.normalize():f}"


def limit_of(price: Decimal, side: Side, market: Market) -> Decimal:
    """A limit on the market's steps, never worse than the one asked for."""
    return to_step(price, _step(market, "price"), ROUND_DOWN if side is Side.BUY else ROUND_UP)


def trigger_of(price: Decimal, side: Side, market: Market) -> Decimal:
    """A stop's trigger on the market's steps, never earlier than the one asked for."""
    return to_step(price, _step(market, "price"), ROUND_UP if side is Side.BUY else ROUND_DOWN)


def to_step(number: Decimal, step: Decimal | None, rounding: str) -> Decimal:
    """`number` on a multiple of `step`; as it is where there is none."""
    if step is None or step <= 0:
        return number
    return WIDE.multiply(WIDE.divide(number, step).to_integral_value(rounding), step)


def _step(market: Market, of: str) -> Decimal | None:
    return number_of(market.get("precision") or {}, of)


def _limit(market: Market, of: str, end: str) -> Decimal | None:
    return number_of((market.get("limits") or {}).get(of) or {}, end)
