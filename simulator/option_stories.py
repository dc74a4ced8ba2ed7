"""A week with an expiration in it: what options do to a book that nobody traded, one account for each way.

Prices are scripted, not drawn: each outcome below happens whatever the seed, which only decides how many contracts of a
partial assignment are whose.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from simulator.contracts import ContractTerms, DecidedBy, Deliverable
from simulator.costs import FREE
from simulator.events import Dividend, Fixing, Instruct, StrangersExercise
from simulator.exercise import Choice
from simulator.policy import ALPACA
from simulator.prices import Tick, TickReplay
from simulator.scenario import Opening, Scenario, Stock
from simulator.terms import AccountTerms
from tieout.instruments import Instrument, equity, option
from tieout.sessions import Sessions

ACME, BOLT, CORE, DUNE, ELM, SPX = (equity(symbol) for symbol in ("ACME", "BOLT", "CORE", "DUNE", "ELM", "SPX"))
PUT, LOWER_PUT = option("DUNE260116P00097000"), option("DUNE260116P00092000")
BEFORE_DIVIDEND = option("ELM260220C00080000")
COVERED = option("BOLT260220C00055000")
WEEKLY, MONTHLY = option("SPXW260116C06900000"), option("SPX260116C06910000")
UNPAID, EXERCISED_CALL = option("CORE260116C00140000"), option("BOLT260116C00060000")
ADJUSTED = option("ACME1260116C00055000", multiplier=Decimal(100), underlying="ACME")

WEEKEND, SPREAD, EX_DATE, PARTLY = "weekend", "spread", "ex-date", "partly"
INDEX, UNFUNDED, DECLINED, DELIVERED, SPUN_OFF = "index", "unfunded", "declined", "delivered", "spun-off"

_CALENDAR = "XNYS"
_WED, _THU, _FRI, _TUE, _NEXT_WED = (date(2026, 1, day) for day in (14, 15, 16, 20, 21))
_HALF_HOURS = [time(hour, minute) for hour in range(9, 16) for minute in (0, 30)][1:]


def option_week(seed: int = 7) -> Scenario:
    """New York, 14 to 21 January 2026: the 16th is a monthly expiration, and Monday the 19th a holiday.

    weekend     a short put in the money on Friday; shares on Tuesday morning
    spread      the same put with a lower one as its wing: one leg is assigned, the other expires
    ex-date     a covered call taken on the eve of its share's ex-date, and the dividend with it
    partly      ten covered calls of which strangers' exercise on Wednesday takes some
    index       a weekly index call paid in cash at the close; a monthly one that its opening quotation leaves worthless
    unfunded    three calls that the account could not pay for: sold at 15:15 on Friday by the broker
    declined    a call in the money whose holder says not to exercise it
    delivered   a call in the money, exercised by exception
    spun-off    an adjusted call over two securities and cash, assigned
    """
    return Scenario(
        seed=seed,
        first=_WED,
        sessions=5,
        stocks=(
            _stock(ACME, "50.00", "50.00", "50.00", "50.50", "50.50"),
            _stock(BOLT, "62.00", "62.00", "62.40", "62.40", "62.10"),
            _stock(CORE, "143.00", "144.00", "145.00", "145.50", "145.00"),
            _stock(DUNE, "100.00", "98.40", "95.40", "96.10", "96.00"),
            _stock(ELM, "88.00", "87.40", "87.50", "87.50", "87.60"),
            _stock(SPX, "6890.10", "6898.40", "6925.35", "6930.00", "6931.20", tradable=False),
        ),
        accounts=_accounts(),
        events=(Instruct(DECLINED, 3, time(15, 40), EXERCISED_CALL, Choice.DO_NOT_EXERCISE),),
        actions=(Dividend(ELM, _THU, _FRI, Decimal("0.62")),),
        calendar=_CALENDAR,
        policy=ALPACA,
        contracts=(_spun_off(),),
        fixings=(Fixing(SPX, _FRI, DecidedBy.OPENING, Decimal("6903.27")),),
        strangers=(StrangersExercise(BEFORE_DIVIDEND, _WED), StrangersExercise(COVERED, _WED, 500)),
    )


def _spun_off() -> ContractTerms:
    """ACME gave one ELM for each four shares: 100 ACME, 25 ELM, and the cash of a fraction."""
    return ContractTerms(ADJUSTED, (Deliverable(ACME, Decimal(100)), Deliverable(ELM, Decimal(25))), Decimal("7.50"))


def _accounts() -> tuple[Opening, ...]:
    return (
        _opening(1, WEEKEND, 25_000, (PUT, -2, "1.15")),
        _opening(2, SPREAD, 12_000, (PUT, -1, "1.15"), (LOWER_PUT, 1, "0.30")),
        _opening(3, EX_DATE, 5_000, (ELM, 200, "81.20"), (BEFORE_DIVIDEND, -2, "8.60")),
        _opening(4, PARTLY, 5_000, (BOLT, 1_000, "57.10"), (COVERED, -10, "7.90")),
        _opening(5, INDEX, 80_000, (WEEKLY, 1, "31.00"), (MONTHLY, 1, "24.00")),
        _opening(6, UNFUNDED, 2_000, (UNPAID, 3, "4.10")),
        _opening(7, DECLINED, 20_000, (EXERCISED_CALL, 2, "1.90")),
        _opening(8, DELIVERED, 20_000, (EXERCISED_CALL, 2, "1.90")),
        _opening(9, SPUN_OFF, 3_000, (ACME, 100, "44.00"), (ELM, 25, "80.00"), (ADJUSTED, -1, "6.00")),
    )


def _opening(number: int, name: str, cash: int, *held: tuple[Instrument, int, str]) -> Opening:
    key = name.replace("-", "").upper()
    terms = AccountTerms(f"PA{number:010d}", f"PK{key}", f"test-secret-{name}", costs=FREE, shorting=True)
    return Opening(name, terms, {"USD": Decimal(cash)}, tuple((one, Decimal(n), Decimal(p)) for one, n, p in held))


def _stock(instrument: Instrument, *prices: str, tradable: bool = True) -> Stock:
    return Stock(
        instrument, volatility=Decimal("0.15"), shortable=tradable, tradable=tradable, source=_scripted(*prices)
    )


def _scripted(*prices: str) -> TickReplay:
    """One price a session, quoted anew every half hour: an option's time value is as old as its share's quote."""
    zone = Sessions(_CALENDAR).zone
    days = (_WED, _THU, _FRI, _TUE, _NEXT_WED)
    ticks = [Tick(datetime.combine(date(2026, 1, 13), time(15, 30), zone), Decimal(prices[0]))]
    for day, price in zip(days, prices, strict=True):
        ticks += [Tick(datetime.combine(day, clock, zone), Decimal(price)) for clock in _HALF_HOURS]
    return TickReplay(ticks)
