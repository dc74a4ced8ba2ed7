"""The table: option positions from forecast to book, one line of the table each."""

# ruff: noqa: E501 - a table is read across
from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.unit.options.table import FRIDAY, MONDAY, THURSDAY, Case, Row, ny
from tieout.options.dividends import Dividend
from tieout.options.evidence import Basis, Trait
from tieout.options.legs import Outcome
from tieout.options.likelihood import Likelihood

CERTAIN, LIKELY, PIN = Likelihood.CERTAIN, Likelihood.LIKELY, Likelihood.PIN
UNLIKELY, UNKNOWN = Likelihood.UNLIKELY, Likelihood.UNKNOWN
ASSIGNED, EXERCISED, EXPIRED, SETTLED = Outcome.ASSIGNED, Outcome.EXERCISED, Outcome.EXPIRED, Outcome.CASH_SETTLED
RECORD, ALONE, ALGEBRA, PARTLY = Basis.RECORD, Basis.RECORD_ALONE, Basis.ALGEBRA, Basis.PARTIAL_ALGEBRA
HALF, GONE = Basis.RECORD_INCOMPLETE, Basis.GONE
PUT, CALL = "KO    260320P00060000", "KO    260320C00060000"
LOWER, HIGHER = "KO    260320P00055000", "KO    260320C00065000"
AFTER = ny(FRIDAY, 16, 5)
WEDNESDAY = date(2026, 3, 18)


def traits(*names: Trait) -> frozenset[Trait]:
    return frozenset(names)


def assigned(
    contracts: int, *moves: tuple[str, int, str], symbol: str = PUT, day: date = FRIDAY, group: str | None = "g"
) -> tuple[Row, ...]:
    rows = [Row("OPASN", symbol, str(contracts), day=day, group=group)]
    return (*rows, *(Row("OPTRD", name, str(units), cash, day=day, group=group) for name, units, cash in moves))


def exercised(
    contracts: int, *moves: tuple[str, int, str], symbol: str = CALL, day: date = FRIDAY, group: str | None = "g"
) -> tuple[Row, ...]:
    rows = [Row("OPEXC", symbol, str(-contracts), day=day, group=group)]
    return (*rows, *(Row("OPTRD", name, str(units), cash, day=day, group=group) for name, units, cash in moves))


def settled(contracts: int, money: str, symbol: str, day: date = FRIDAY) -> tuple[Row, ...]:
    """Contracts held, signed, that ended for money."""
    kind = "OPEXC" if contracts > 0 else "OPASN"
    return Row(kind, symbol, str(-contracts), day=day), Row("OPCSH", symbol, money=money, day=day)


def expired(contracts: int, symbol: str = PUT, day: date = FRIDAY) -> tuple[Row, ...]:
    return (Row("OPEXP", symbol, str(-contracts), group=None, day=day),)


# fmt: off
SHORTS = (
    Case("a short put in the money is assigned", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("a short put dated on Monday by the broker", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000"), day=MONDAY), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("three short puts are assigned at once", PUT, -3, "2", "57", CERTAIN, "-18000", assigned(3, ("KO", 300, "-18000")), ASSIGNED, RECORD, {"KO": ("300", "17400")}),
    Case("two of three short puts are assigned, one is still listed", PUT, -3, "2", "59.9", PIN, "-18000", (*assigned(2, ("KO", 200, "-12000")),), ASSIGNED, RECORD, {"KO": ("200", "11600"), PUT: ("-1", "-200")}, traits=traits(Trait.PARTIAL), ended=-2),
    Case("a short put out of the money expires", PUT, -1, "2", "64", UNLIKELY, "-6000", expired(-1), EXPIRED, RECORD, profit="200"),
    Case("a short put that just left the money is likely", PUT, -1, "2", "59.4", LIKELY, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("a short put on a naked account is expected and expires", PUT, -1, "2", "57", CERTAIN, "-6000", expired(-1), EXPIRED, RECORD, profit="200", traits=traits(Trait.NOT_EXERCISED)),
    Case("a short put is assigned although it was out of the money", PUT, -1, "2", "64", UNLIKELY, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("a short put is assigned early", PUT, -1, "2", "48", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000"), day=WEDNESDAY), ASSIGNED, RECORD, {"KO": ("100", "5800")}, traits=traits(Trait.EARLY), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("one of two short puts is assigned early", PUT, -2, "2", "48", CERTAIN, "-12000", assigned(1, ("KO", 100, "-6000"), day=WEDNESDAY), ASSIGNED, RECORD, {"KO": ("100", "5800"), PUT: ("-1", "-200")}, traits=traits(Trait.EARLY, Trait.PARTIAL), ended=-1, at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("a short put brings shares to those that were held", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("150", "8550")}, traits=traits(Trait.HELD_SHARES), held=(("KO", "50", "55"),)),
    Case("a short put covers stock that was short", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {}, profit="700", held=(("KO", "-100", "65"),)),
    Case("a covered call is called away", CALL, -1, "1.5", "63", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL), ASSIGNED, RECORD, {}, profit="1150", traits=traits(Trait.CALLED_AWAY), held=(("KO", "100", "50"),)),
    Case("half of the shares are called away", CALL, -1, "1.5", "63", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL), ASSIGNED, RECORD, {"KO": ("100", "5000")}, profit="1150", traits=traits(Trait.CALLED_AWAY), held=(("KO", "200", "50"),)),
    Case("a naked call leaves stock short at strike and premium", CALL, -1, "1.5", "63", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL), ASSIGNED, RECORD, {"KO": ("-100", "-6150")}, traits=traits(Trait.SHORT_STOCK)),
    Case("a call on too few shares leaves the rest short", CALL, -1, "1.5", "63", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL), ASSIGNED, RECORD, {"KO": ("-60", "-3690")}, profit="460", traits=traits(Trait.CALLED_AWAY, Trait.SHORT_STOCK), held=(("KO", "40", "50"),)),
    Case("assigned and sold the same day nets to zero", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {}, profit="-50", traits=traits(Trait.NET_ZERO), trades=(("KO", "-100", "57.5"),)),
    Case("a short put was bought back before it could be assigned", PUT, -1, "2", "57", CERTAIN, "-6000", (), None, None, {}, profit="-100", trades=((PUT, "1", "3"),)),
    Case("nothing happened to a short put before its day", PUT, -1, "2", "57", CERTAIN, "-6000", (), None, None, {PUT: ("-1", "-200")}, at=ny(THURSDAY, 14), morning=FRIDAY),
)
LONGS = (
    Case("a long call in the money is exercised by exception", CALL, 1, "1.5", "63", CERTAIN, "-6000", exercised(1, ("KO", 100, "-6000")), EXERCISED, RECORD, {"KO": ("100", "6150")}, traits=traits(Trait.AUTOMATIC)),
    Case("a long put in the money sells shares that were held", PUT, 1, "2", "57", CERTAIN, "6000", exercised(1, ("KO", -100, "6000"), symbol=PUT), EXERCISED, RECORD, {}, profit="300", traits=traits(Trait.AUTOMATIC, Trait.CALLED_AWAY), held=(("KO", "100", "55"),)),
    Case("a long put without shares leaves stock short", PUT, 1, "2", "57", CERTAIN, "6000", exercised(1, ("KO", -100, "6000"), symbol=PUT), EXERCISED, RECORD, {"KO": ("-100", "-5800")}, traits=traits(Trait.AUTOMATIC, Trait.SHORT_STOCK)),
    Case("a long call out of the money expires", CALL, 1, "1.5", "57", UNLIKELY, "-6000", expired(1, CALL), EXPIRED, RECORD, profit="-150"),
    Case("an instruction not to exercise is honoured", CALL, 1, "1.5", "63", UNLIKELY, "-6000", expired(1, CALL), EXPIRED, RECORD, profit="-150", instructed=False),
    Case("an instruction to exercise out of the money is carried out", CALL, 1, "1.5", "59.5", CERTAIN, "-6000", exercised(1, ("KO", 100, "-6000")), EXERCISED, RECORD, {"KO": ("100", "6150")}, instructed=True, traits=traits(Trait.AUTOMATIC)),
    Case("an instruction not to exercise is overlooked", CALL, 1, "1.5", "63", UNLIKELY, "-6000", exercised(1, ("KO", 100, "-6000")), EXERCISED, RECORD, {"KO": ("100", "6150")}, instructed=False, traits=traits(Trait.AUTOMATIC)),
    Case("a long put that the account cannot deliver is let lapse by the broker", PUT, 1, "2", "57", CERTAIN, "6000", expired(1), EXPIRED, RECORD, profit="-200", traits=traits(Trait.NOT_EXERCISED)),
    Case("a long call is exercised early by hand", CALL, 1, "1.5", "72", CERTAIN, "-6000", exercised(1, ("KO", 100, "-6000"), day=WEDNESDAY), EXERCISED, RECORD, {"KO": ("100", "6150")}, traits=traits(Trait.EARLY), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("one of two long calls is exercised early", CALL, 2, "1.5", "72", CERTAIN, "-12000", exercised(1, ("KO", 100, "-6000"), day=WEDNESDAY), EXERCISED, RECORD, {"KO": ("100", "6150"), CALL: ("1", "150")}, ended=1, traits=traits(Trait.EARLY, Trait.PARTIAL), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("the broker sold an under-funded call before the close", CALL, 1, "1.5", "63", CERTAIN, "-6000", (), None, None, {}, profit="150", trades=((CALL, "-1", "3"),)),
    Case("a cent in the money at the close is exercised", CALL, 1, "1.5", "60.01", CERTAIN, "-6000", exercised(1, ("KO", 100, "-6000")), EXERCISED, RECORD, {"KO": ("100", "6150")}, at=AFTER, official=True, traits=traits(Trait.AUTOMATIC)),
    Case("half a cent in the money at the close is not", CALL, 1, "1.5", "60.005", UNLIKELY, "-6000", expired(1, CALL), EXPIRED, RECORD, profit="-150", at=AFTER, official=True),
    Case("exactly at the strike at the close expires", CALL, 1, "1.5", "60", UNLIKELY, "-6000", expired(1, CALL), EXPIRED, RECORD, profit="-150", at=AFTER, official=True),
)
PINS = (
    Case("at the money nobody can say", PUT, -1, "2", "60", PIN, "-6000", expired(-1), EXPIRED, RECORD, profit="200"),
    Case("a short at the money after the close is still open", PUT, -1, "2", "60", PIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=AFTER, official=True),
    Case("a short just out of the money after the close may be assigned", PUT, -1, "2", "60.03", PIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=AFTER, official=True),
    Case("a short clearly in the money after the close is certain", PUT, -1, "2", "59", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=AFTER, official=True),
    Case("five sessions before, the band is wider", PUT, -1, "2", "59.4", PIN, "-6000", expired(-1), EXPIRED, RECORD, profit="200", at=ny(date(2026, 3, 13), 14)),
    Case("two closes that disagree across the strike", PUT, -1, "2", ("59.8", "60.4"), PIN, "-6000", expired(-1), EXPIRED, RECORD, profit="200", at=AFTER),
    Case("two closes that disagree on one side", PUT, -1, "2", ("57", "57.5"), CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=AFTER),
    Case("no price at all", PUT, -1, "2", None, UNKNOWN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("the official close is late and the last price counts", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=AFTER),
)
SPREADS = (
    Case("the short leg of a put spread is assigned, the long expires", PUT, -1, "3", "57", CERTAIN, "-6000", (*assigned(1, ("KO", 100, "-6000")), *expired(1, LOWER)), ASSIGNED, RECORD, {"KO": ("100", "5700")}, profit="-100", traits=traits(Trait.SPREAD_LEG), held=((LOWER, "1", "1"),)),
    Case("both legs of a put spread in the money cancel out", PUT, -1, "3", "50", CERTAIN, "-6000", (*assigned(1, ("KO", 100, "-6000")), *exercised(1, ("KO", -100, "5500"), symbol=LOWER, group="h")), ASSIGNED, RECORD, {}, profit="-300", traits=traits(Trait.SPREAD_LEG), held=((LOWER, "1", "1"),)),
    Case("the short leg of a call spread is assigned early, the long stays", CALL, -1, "3", "70", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL, day=WEDNESDAY), ASSIGNED, RECORD, {"KO": ("-100", "-6300"), HIGHER: ("1", "100")}, traits=traits(Trait.EARLY, Trait.SPREAD_LEG, Trait.SHORT_STOCK), held=((HIGHER, "1", "1"),), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("a straddle: the put is assigned, the call expires", PUT, -1, "2", "57", CERTAIN, "-6000", (*assigned(1, ("KO", 100, "-6000")), *expired(-1, CALL)), ASSIGNED, RECORD, {"KO": ("100", "5800")}, profit="150", traits=traits(Trait.SPREAD_LEG), held=((CALL, "-1", "1.5"),)),
    Case("a call before an ex-date is assigned for its dividend", CALL, -1, "1.5", "70", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL, day=WEDNESDAY), ASSIGNED, RECORD, {}, profit="1150", traits=traits(Trait.EARLY, Trait.CALLED_AWAY), held=(("KO", "100", "50"),), mark="10.05", dividends=(Dividend("KO", THURSDAY, Decimal("0.48")),), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
)
SPX_AM, SPX_PM = "SPX   260320C05000000", "SPXW  260320C05000000"
VIX_AM, OEX = "VIX   260318C00020000", "OEX   260320P02500000"
PRODUCTS = (
    Case("an AM settled index call pays in cash", SPX_AM, 1, "30", "5050", LIKELY, "5000", settled(1, "5000", SPX_AM), SETTLED, RECORD, profit="2000", traits=traits(Trait.AM_SETTLED), at=ny(THURSDAY, 14)),
    Case("a short AM settled index call costs cash", SPX_AM, -1, "30", "5100", CERTAIN, "-10000", settled(-1, "-10000", SPX_AM), SETTLED, RECORD, profit="-7000", traits=traits(Trait.AM_SETTLED), at=ny(THURSDAY, 14)),
    Case("a PM settled weekly pays by the close", SPX_PM, 2, "30", "5050", CERTAIN, "10000", settled(2, "10000", SPX_PM), SETTLED, RECORD, profit="4000", at=AFTER, official=True),
    Case("a PM settled weekly at its strike pays nothing", SPX_PM, 1, "30", "5000", UNLIKELY, "0", expired(1, SPX_PM), EXPIRED, RECORD, profit="-3000", at=AFTER, official=True),
    Case("a VIX call is settled on a Wednesday morning", VIX_AM, 1, "2", "23", CERTAIN, "300", settled(1, "300", VIX_AM, WEDNESDAY), SETTLED, RECORD, profit="100", traits=traits(Trait.AM_SETTLED), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("an American index put is assigned early, in cash", OEX, -1, "20", "2300", CERTAIN, "-20000", settled(-1, "-20000", OEX, WEDNESDAY), SETTLED, RECORD, profit="-18000", traits=traits(Trait.EARLY), at=ny(date(2026, 3, 17), 14), morning=THURSDAY),
    Case("a fund option that trades late is assigned like any other", "SPY   260320P00600000", -1, "5", "590", CERTAIN, "-60000", assigned(1, ("SPY", 100, "-60000"), symbol="SPY   260320P00600000"), ASSIGNED, RECORD, {"SPY": ("100", "59500")}),
    Case("a half day: the put of the Friday after Thanksgiving", "KO    261127P00060000", -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000"), symbol="KO    261127P00060000", day=date(2026, 11, 27)), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=ny(date(2026, 11, 27), 12), morning=date(2026, 11, 30)),
    Case("a holiday: the June monthly of Juneteenth expires on Thursday", "KO    260619P00060000", -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000"), symbol="KO    260619P00060000", day=date(2026, 6, 18)), ASSIGNED, RECORD, {"KO": ("100", "5800")}, at=ny(date(2026, 6, 18), 14), morning=date(2026, 6, 22)),
    Case("a Good Friday weekly expires on Thursday", "KO    260403C00060000", -1, "2", "57", UNLIKELY, "6000", expired(-1, "KO    260403C00060000", date(2026, 4, 2)), EXPIRED, RECORD, profit="200", at=ny(date(2026, 4, 2), 14), morning=date(2026, 4, 6)),
)
KO1 = "KO1   260320P00060000"
ADJUSTED = (
    Case("an adjusted put delivers fifty shares and cash", KO1, -1, "2", "100", CERTAIN, "-5500", (Row("OPASN", KO1, "1"), Row("OPTRD", "KO", "50", "-6000"), Row("OPCSH", KO1, money="500")), ASSIGNED, RECORD, {"KO": ("50", "5300")}, traits=traits(Trait.ADJUSTED), delivers=("50 KO", "500 USD"), multiplier="100", underlying="KO"),
    Case("an adjusted put delivers two securities", KO1, -1, "2", "40", CERTAIN, "-6000", (Row("OPASN", KO1, "1"), Row("OPTRD", "KO", "100", "-6000"), Row("OPTRD", "NEW", "10")), ASSIGNED, RECORD, {"KO": ("100", "5800"), "NEW": ("10", "0")}, traits=traits(Trait.ADJUSTED), delivers=("100 KO", "10 NEW"), multiplier="100", underlying="KO", index={"NEW": "20"}),
    Case("an adjusted call with a multiplier of 150", KO1.replace("P", "C"), 1, "2", "70", CERTAIN, "-9000", (Row("OPEXC", KO1.replace("P", "C"), "-1"), Row("OPTRD", "KO", "150", "-9000")), EXERCISED, RECORD, {"KO": ("150", "9300")}, delivers=("150 KO",), multiplier="150", underlying="KO", traits=traits(Trait.AUTOMATIC)),
    Case("an adjusted contract whose deliverable nobody states", KO1, -1, "2", "57", UNKNOWN, "0", assigned(1, ("KO", 100, "-6000"), symbol=KO1), ASSIGNED, RECORD, {"KO": ("100", "5800")}, traits=traits(Trait.ADJUSTED), multiplier="100", underlying="KO", refused=True),
    Case("a deliverable that cannot be read is refused", PUT, -1, "2", "57", UNKNOWN, "0", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, delivers=("None KO",), refused=True, traits=traits(Trait.ADJUSTED)),
)
FIGURES = (
    Case("no row at all: shares and cash say assigned", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, ALGEBRA, {"KO": ("100", "5800")}, hidden="all"),
    Case("no row: two of three were assigned, one ran out", PUT, -3, "2", "60", PIN, "-18000", (*assigned(2, ("KO", 200, "-12000")), *expired(-1)), ASSIGNED, ALGEBRA, {"KO": ("200", "11600")}, profit="200", hidden="all", ended=-2, traits=traits(Trait.PARTIAL)),
    Case("no row: a long call was exercised", CALL, 1, "1.5", "63", CERTAIN, "-6000", exercised(1, ("KO", 100, "-6000")), EXERCISED, ALGEBRA, {"KO": ("100", "6150")}, hidden="all", traits=traits(Trait.AUTOMATIC)),
    Case("no row: called away and sold shares besides", CALL, -1, "1.5", "63", CERTAIN, "6000", assigned(1, ("KO", -100, "6000"), symbol=CALL), ASSIGNED, ALGEBRA, {"KO": ("40", "2000")}, profit="1750", hidden="all", held=(("KO", "200", "50"),), trades=(("KO", "-60", "60"),), traits=traits(Trait.CALLED_AWAY)),
    Case("no row: assigned and sold the same day", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, ALGEBRA, {}, profit="-50", hidden="all", traits=traits(Trait.NET_ZERO), trades=(("KO", "-100", "57.5"),)),
    Case("no row: out of the money, gone, nothing moved", PUT, -1, "2", "64", UNLIKELY, "-6000", expired(-1), EXPIRED, ALGEBRA, profit="200", hidden="all"),
    Case("no row: in the money and gone without shares is a silent settlement", PUT, -1, "2", "57", CERTAIN, "-6000", expired(-1), EXPIRED, GONE, {PUT: ("-1", "-200")}, hidden="all", traits=traits(Trait.NOT_EXERCISED)),
    Case("no row: without a price nothing is said to have run out", PUT, -1, "2", None, UNKNOWN, "-6000", expired(-1), EXPIRED, GONE, {PUT: ("-1", "-200")}, hidden="all"),
    Case("no row: the shares came and the money did not", PUT, -1, "2", "57", CERTAIN, "-6000", (Row("OPASN", PUT, "1"), Row("OPTRD", "KO", "100", "-1")), ASSIGNED, PARTLY, {PUT: ("-1", "-200")}, hidden="all"),
    Case("no row: the settlement of one index option is left over", SPX_PM, 1, "30", "5050", LIKELY, "5000", settled(1, "4900", SPX_PM), SETTLED, PARTLY, {SPX_PM: ("1", "3000")}, hidden="all"),
    Case("no row yet: the figures are kept until the rows had their time", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, ALGEBRA, {PUT: ("-1", "-200")}, hidden="all", patience=1),
    Case("an assignment row without its share row", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, HALF, {PUT: ("-1", "-200")}, hidden="OPTRD"),
    Case("rows without a group are joined by what they deliver", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000"), group=None), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("a row that comes twice is booked once", PUT, -1, "2", "57", CERTAIN, "-6000", (Row("OPASN", PUT, "1", number="x"), Row("OPTRD", "KO", "100", "-6000"), Row("OPASN", PUT, "1", number="x")), ASSIGNED, RECORD, {"KO": ("100", "5800")}),
    Case("rows that come two sessions late", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, RECORD, {"KO": ("100", "5800")}, traits=traits(Trait.LATE), morning=date(2026, 3, 25)),
    Case("the list does not show the shares yet", PUT, -1, "2", "57", CERTAIN, "-6000", assigned(1, ("KO", 100, "-6000")), ASSIGNED, ALONE, {"KO": ("100", "5800")}, unlisted=("KO",)),
)
# fmt: on
CASES = (*SHORTS, *LONGS, *PINS, *SPREADS, *PRODUCTS, *ADJUSTED, *FIGURES)
