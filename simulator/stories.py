"""Stories worth telling more than once."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from simulator.costs import FREE, US_RETAIL
from simulator.events import Dividend, ManualTrade, Split, Trade
from simulator.scenario import Opening, Scenario, Stock
from simulator.terms import AccountTerms, CashBasis
from tieout.instruments import crypto, equity, option
from tieout.orders import OrderType, Side

ACME, BOLT, CORE, DUNE, ELM = (equity(symbol) for symbol in ("ACME", "BOLT", "CORE", "DUNE", "ELM"))
COIN = crypto("BTC")
DUNE_PUT = option("DUNE260116P00085000")

CLEAN, BUSY, EVENTS, SETTLING, PARTIAL, OPTIONS = "clean", "busy", "events", "settling", "partial", "options"


def three_sessions(seed: int = 7) -> Scenario:
    """New York, 14 to 16 January 2026; the 16th is a monthly expiration. Six accounts, each with its own trouble.

    clean      trades each day, and everything agrees
    busy       a fill on the first day that the desk never hears of; on the second somebody trades by hand
    events     a 4:1 split of ACME on the second day; a dividend of ELM, ex on the second and paid on the third
    settling   cash counts when it is paid: a sale on the second day is money on the third
    partial    an ordinary book whose download the face may be told to spoil
    options    a short put that expires worthless on the third day
    """
    return Scenario(
        seed=seed,
        first=date(2026, 1, 14),
        sessions=3,
        stocks=(
            Stock(ACME, Decimal(480), Decimal("0.30"), fractionable=True),
            Stock(BOLT, Decimal(62), Decimal("0.18"), fractionable=True),
            Stock(CORE, Decimal(145), Decimal("0.22"), fractionable=True),
            Stock(DUNE, Decimal(100), Decimal("0.20"), fractionable=True),
            Stock(ELM, Decimal(88), Decimal("0.15"), fractionable=True),
            Stock(
                COIN,
                Decimal(95_000),
                Decimal("0.45"),
                half_spread=Decimal("2.50"),
                fractionable=True,
                shortable=False,
                calendar="24/7",
            ),
        ),
        accounts=_accounts(),
        events=_events(),
        actions=(
            Split(ACME, date(2026, 1, 15), Decimal(4)),
            Dividend(ELM, date(2026, 1, 15), date(2026, 1, 16), Decimal("0.42")),
        ),
    )


def _accounts() -> tuple[Opening, ...]:
    return (
        Opening(
            CLEAN,
            _terms(1, "CLEAN"),
            {"USD": Decimal(60_000)},
            ((CORE, Decimal(120), Decimal("131.40")), (BOLT, Decimal(300), Decimal("58.75"))),
        ),
        Opening(
            BUSY,
            AccountTerms("PA0000000002", "PKBUSY", "test-secret-busy", costs=US_RETAIL),
            {"USD": Decimal(45_000)},
            ((CORE, Decimal(80), Decimal("139.02")), (COIN, Decimal("0.35"), Decimal(88_120))),
        ),
        Opening(
            EVENTS,
            _terms(3, "EVENTS"),
            {"USD": Decimal(20_000)},
            ((ACME, Decimal(50), Decimal("402.18")), (ELM, Decimal(400), Decimal("85.10"))),
        ),
        Opening(
            SETTLING,
            AccountTerms("PA0000000004", "PKSETTLING", "test-secret-settling", cash_basis=CashBasis.SETTLED),
            {"USD": Decimal(8_000)},
            ((CORE, Decimal(200), Decimal("128.90")),),
        ),
        Opening(
            PARTIAL,
            _terms(5, "PARTIAL"),
            {"USD": Decimal(30_000)},
            ((BOLT, Decimal(150), Decimal("59.10")), (CORE, Decimal(60), Decimal("140.25"))),
        ),
        Opening(
            OPTIONS,
            AccountTerms("PA0000000006", "PKOPTIONS", "test-secret-options", leverage=Decimal(2), shorting=True),
            {"USD": Decimal(40_000)},
            ((DUNE, Decimal(100), Decimal("97.60")), (DUNE_PUT, Decimal(-3), Decimal("0.85"))),
        ),
    )


def _terms(number: int, name: str) -> AccountTerms:
    return AccountTerms(f"PA{number:010d}", f"PK{name}", f"test-secret-{name.lower()}", costs=FREE)


def _events() -> tuple[Trade | ManualTrade, ...]:
    buy, sell = Side.BUY, Side.SELL
    return (
        Trade(CLEAN, 1, time(10, 5), CORE, buy, Decimal(20)),
        Trade(CLEAN, 2, time(11, 40), BOLT, sell, Decimal(100)),
        Trade(CLEAN, 3, time(14, 20), CORE, sell, Decimal(35)),
        Trade(BUSY, 1, time(9, 45), CORE, buy, Decimal(15)),
        Trade(BUSY, 1, time(13, 10), BOLT, buy, Decimal(40), heard=False),
        ManualTrade(BUSY, 2, time(12, 30), CORE, sell, Decimal(25)),
        Trade(BUSY, 3, time(10, 15), CORE, buy, Decimal(10)),
        Trade(EVENTS, 1, time(15, 0), ACME, buy, Decimal(10)),
        Trade(SETTLING, 2, time(10, 30), CORE, sell, Decimal(50)),
        Trade(PARTIAL, 1, time(9, 50), BOLT, buy, Decimal(50)),
        Trade(PARTIAL, 2, time(15, 30), CORE, sell, Decimal(20)),
        Trade(OPTIONS, 1, time(10, 0), DUNE, buy, Decimal(10)),
        # Rests far below the market: an open order at every close
        Trade(OPTIONS, 2, time(9, 35), DUNE, buy, Decimal(5), OrderType.LIMIT, limit_price=Decimal("70.00")),
    )
