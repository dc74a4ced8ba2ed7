"""What a coin venue trades and on which grid: the filters of its instrument lists, under its own symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.market import Listing, Market
from tieout.hedge import contract_key, whole
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO

TRADED = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})
Named = Callable[[Instrument], str]
Usual = Callable[[Instrument], "CoinRules"]


@dataclass(frozen=True, slots=True)
class CoinRules:
    """Limits of one market.

    step          smallest step of a quantity, units of the instrument
    least, most   smallest and largest quantity of one order
    least_value   smallest worth of one order, quote currency
    size          units in one contract, where the venue counts contracts
    """

    step: Decimal = Decimal("0.00001")
    least: Decimal = Decimal("0.00001")
    most: Decimal = Decimal(9_000)
    least_value: Decimal = Decimal(5)
    size: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class CoinMarket:
    """One market of a venue.

    symbol    what the venue calls it
    """

    symbol: str
    listing: Listing
    rules: CoinRules

    @property
    def instrument(self) -> Instrument:
        return self.listing.instrument

    @property
    def base(self) -> str:
        return self.instrument.underlying or ""

    @property
    def quote(self) -> str:
        return self.instrument.currency

    @property
    def settle(self) -> str:
        return self.instrument.profit_currency

    @property
    def is_spot(self) -> bool:
        return self.instrument.asset_class is AssetClass.CRYPTO

    @property
    def is_tradable(self) -> bool:
        return self.listing.tradable

    @property
    def is_inverse(self) -> bool:
        return self.instrument.is_inverse


class CoinMarkets:
    """Every coin market of a simulated world, by the venue's own symbols.

    named    the venue's symbol of an instrument
    usual    limits of an instrument that nobody set any for
    rules    by canonical symbol; the usual ones for the rest
    """

    def __init__(
        self, market: Market, named: Named, usual: Usual, rules: Mapping[str, CoinRules] | None = None
    ) -> None:
        self._market = market
        self._named = named
        self._usual = usual
        self._rules = rules or {}

    def __iter__(self) -> Iterator[CoinMarket]:
        for listing in self._market.listings:
            if listing.instrument.asset_class in TRADED:
                yield self.of(listing.instrument)

    def of(self, instrument: Instrument) -> CoinMarket:
        """The market of an instrument."""
        rules = self._rules.get(instrument.symbol) or self._usual(instrument)
        return CoinMarket(self._named(instrument), self._market.listing(instrument), rules)

    def is_listed(self, symbol: str) -> bool:
        """Whether a canonical symbol, or the contract behind a leg, is traded here."""
        return any(one.instrument.symbol == contract_key(symbol) for one in self)

    def behind(self, instrument: Instrument) -> CoinMarket:
        """The market of an instrument or of one of its legs."""
        return self.of(whole(instrument))

    def find(self, symbol: str, chosen: Callable[[CoinMarket], bool] = lambda _: True) -> CoinMarket | None:
        """The market that the venue calls so, among those chosen."""
        return next((one for one in self if one.symbol == symbol and chosen(one)), None)

    def coins(self) -> tuple[str, ...]:
        """Every coin of every market, in the order of the alphabet."""
        return tuple(sorted({coin for one in self for coin in (one.base, one.quote, one.settle)}))


def usual(instrument: Instrument) -> CoinRules:
    """Limits as most venues have them: coins in small steps, inverse contracts one by one."""
    return _INVERSE if instrument.is_inverse else CoinRules()


_INVERSE = CoinRules(step=Decimal(1), least=Decimal(1), most=Decimal(1_000_000), least_value=ZERO)
