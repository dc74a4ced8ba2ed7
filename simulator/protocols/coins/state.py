"""What a coin account holds and how it is set, as the faces show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from weakref import WeakKeyDictionary

from simulator.account import SimulatedAccount
from simulator.coin_orders import CoinOrder
from simulator.fees import fee_row
from simulator.holdings import Holding
from simulator.orders import WorkingOrder
from simulator.protocols.coins.face import Question
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rules import CoinMarket, CoinMarkets
from tieout.errors import NotTradable
from tieout.hedge import Leg, leg_of, whole
from tieout.instruments import Instrument
from tieout.ledger.trades import notional
from tieout.money import ZERO
from tieout.orders import Order
from tieout.records import Execution

_BASIS_POINT = Decimal("0.0001")
_SATOSHI = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Wallet:
    """One coin of an account.

    total         what is there
    locked        of it bound by live spot orders
    margin        bound by contracts that pay in it
    order_margin  bound by live orders of such contracts
    unrealised    profit of such contracts
    """

    coin: str
    total: Decimal
    locked: Decimal
    margin: Decimal
    order_margin: Decimal
    unrealised: Decimal

    @property
    def equity(self) -> Decimal:
        return self.total + self.unrealised

    @property
    def free(self) -> Decimal:
        """What may be spent on anything."""
        return max(self.equity - self.locked - self.margin - self.order_margin, ZERO)


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """One position, or one leg of it.

    quantity   signed contracts
    entry      average price of entry, quote currency
    mark       present price
    value      worth at entry, in what the contract pays in, counted positive
    profit     unrealised, in what the contract pays in
    margin     initial margin, in what the contract pays in
    since      when it was opened; `updated` when it last changed, UTC
    """

    market: CoinMarket
    leg: Leg | None
    quantity: Decimal
    entry: Decimal
    mark: Decimal
    value: Decimal
    profit: Decimal
    margin: Decimal
    leverage: Decimal
    since: datetime
    updated: datetime


@dataclass(slots=True)
class _Settings:
    """What the owner has set for contracts, by symbol."""

    leverage: dict[str, Decimal] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)


_SETTINGS: WeakKeyDictionary[SimulatedAccount, _Settings] = WeakKeyDictionary()


def wallets(account: SimulatedAccount, markets: CoinMarkets) -> Iterator[Wallet]:
    """Coins that the venue trades or the account has, in the order of the alphabet."""
    for coin in sorted({*markets.coins(), *account.wallets()}):
        yield wallet(account, coin)


def wallet(account: SimulatedAccount, coin: str) -> Wallet:
    """One coin of an account."""
    total, locked = account.wallets().get(coin, (ZERO, ZERO))
    held = [one for one in contracts(account) if one.instrument.profit_currency == coin]
    waiting = [one for one in account.live if one.order.instrument.is_margined]
    return Wallet(
        coin,
        total,
        locked,
        sum((initial_margin(account, one) for one in held), ZERO),
        sum((_order_margin(account, one) for one in waiting if _pays_in(one, coin)), ZERO),
        sum((one.profit(_mark(account, one.instrument)) for one in held), ZERO),
    )


def contracts(account: SimulatedAccount) -> list[Holding]:
    """Contracts held, by symbol and leg."""
    return [one for one in account.holdings.values() if one.instrument.is_margined]


def positions(account: SimulatedAccount, markets: CoinMarkets) -> list[ContractPosition]:
    """Everything held in contracts, by symbol and leg."""
    return [_position(account, markets, one) for one in contracts(account)]


def is_hedged(account: SimulatedAccount) -> bool:
    """Whether long and short of one contract stand side by side."""
    return account.desk.hedge


def switch_mode(account: SimulatedAccount, *, hedged: bool) -> bool:
    """Set the position mode; False where positions or orders of contracts stand in the way."""
    if contracts(account) or any(one.order.instrument.is_margined for one in account.live):
        return False
    account.desk.hedge = hedged
    return True


def leverage(account: SimulatedAccount, instrument: Instrument) -> Decimal:
    """What is set for a contract; the account's where nothing was."""
    return _settings(account).leverage.get(whole(instrument).symbol, account.terms.leverage)


def set_leverage(account: SimulatedAccount, instrument: Instrument, times: Decimal) -> None:
    """Set the leverage of a contract: what is shown, and what an order of it must find free."""
    _settings(account).leverage[instrument.symbol] = times


def is_isolated(account: SimulatedAccount, instrument: Instrument) -> bool:
    """Whether a contract is shown with a margin of its own."""
    return whole(instrument).symbol in _settings(account).isolated


def set_isolated(account: SimulatedAccount, instrument: Instrument, *, isolated: bool) -> None:
    """Show a contract with a margin of its own, or with that of all."""
    (set.add if isolated else set.discard)(_settings(account).isolated, instrument.symbol)


def rates(account: SimulatedAccount, instrument: Instrument) -> tuple[Decimal, Decimal]:
    """The account's fees for makers and takers, as parts of the traded value."""
    costs = account.terms.costs
    if costs.venue:
        row = fee_row(costs.venue, instrument, account.books.today)
        return row.maker, row.taker
    return costs.maker * _BASIS_POINT, costs.taker * _BASIS_POINT


def is_maker(account: SimulatedAccount, execution: Execution) -> bool:
    """Whether the order had been waiting at its price."""
    return execution.execution_id in account.books.makers


def realised(account: SimulatedAccount, execution: Execution) -> Decimal:
    """Profit that a trade realised, before its fee, in what the contract pays in."""
    return account.books.realised.get(execution.execution_id, ZERO)


def initial_margin(account: SimulatedAccount, held: Holding) -> Decimal:
    """What one position binds, in what it pays in."""
    worth = held.worth(held.quantity, _mark(account, held.instrument)) * held.instrument.multiplier
    return (abs(worth) / leverage(account, held.instrument)).quantize(_SATOSHI)


def require_margin(account: SimulatedAccount, order: CoinOrder, price: Decimal) -> None:
    """Refuse an order of contracts whose own leverage leaves too little for it. Raises No."""
    instrument = order.instrument
    if order.reduce_only or not instrument.is_margined:
        return
    needed = _margin_of(account, order, order.quantity, price)
    if needed > wallet(account, instrument.profit_currency).free:
        raise No(Why.FUNDS, f"{needed} {instrument.profit_currency}")


def _order_margin(account: SimulatedAccount, working: WorkingOrder) -> Decimal:
    order = working.order
    price = order.limit_price or order.stop_price or _mark(account, order.instrument)
    return _margin_of(account, order, working.remaining, price)


def _margin_of(account: SimulatedAccount, order: Order, units: Decimal, price: Decimal) -> Decimal:
    """What an order would bind beyond what it closes."""
    against = max(-account.books.units(order.instrument) * order.side.sign, ZERO)
    opens = max(units - against, ZERO)
    worth = abs(notional(order.instrument, opens, price))
    return (worth / leverage(account, order.instrument)).quantize(_SATOSHI)


def is_priced(asked: Question, market: CoinMarket) -> bool:
    """Whether a market has a price by now."""
    try:
        asked.venue.market.price(market.instrument, asked.now)
    except NotTradable:
        return False
    return True


def worth(asked: Question, coin: str) -> Decimal:
    """Price of a coin in US dollars or what stands for them; zero where nothing tells."""
    for currency in ("USD", "USDT"):
        try:
            return asked.venue.market.rate(coin, currency, asked.now)
        except NotTradable:
            continue
    return ZERO


def _position(account: SimulatedAccount, markets: CoinMarkets, held: Holding) -> ContractPosition:
    mark = _mark(account, held.instrument)
    standing = account.books.standing[held.instrument.symbol]
    return ContractPosition(
        markets.behind(held.instrument),
        leg_of(held.instrument),
        held.quantity,
        held.average,
        mark,
        abs(held.cost_basis),
        held.profit(mark).quantize(_SATOSHI),
        initial_margin(account, held),
        leverage(account, held.instrument),
        standing.since,
        standing.updated,
    )


def _pays_in(working: WorkingOrder, coin: str) -> bool:
    return working.order.instrument.profit_currency == coin


def _mark(account: SimulatedAccount, instrument: Instrument) -> Decimal:
    return account.mark(instrument)


def _settings(account: SimulatedAccount) -> _Settings:
    return _SETTINGS.setdefault(account, _Settings())
