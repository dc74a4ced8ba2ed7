"""Days of a coin account that tie out, and what is said of each error that is put into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from sql.reconcile import ReconOutcome
from tests.databases import Stores
from tests.recon_world import MON, TUE, WED, World, event, fill, number
from tieout.accounts import Account, Mode
from tieout.hedge import Leg, in_leg
from tieout.ids import AccountId
from tieout.instruments import Instrument, crypto, perpetual
from tieout.recon.types import BreakKind, Cause, Severity
from tieout.records import Activity, ActivityKind, Execution

D = Decimal
ACCOUNT = Account(AccountId("coins"), "binance", Mode.PAPER, "USDT", "24/7")
BTC, ETH, BNB, ETH_BTC, USDC = (
    crypto("BTC", "USDT"),
    crypto("ETH", "USDT"),
    crypto("BNB", "USDT"),
    crypto("ETH", "BTC"),
    crypto("USDC", "USDT"),
)
LINEAR, INVERSE = perpetual("BTC", "USDT", "USDT"), perpetual("BTC", "USD", "BTC")
LONG, SHORT = in_leg(LINEAR, Leg.LONG), in_leg(LINEAR, Leg.SHORT)
PRICES = {
    "BTC/USDT": "60000",
    "ETH/USDT": "3000",
    "BNB/USDT": "600",
    LINEAR.symbol: "60000",
    INVERSE.symbol: "60000",
    LONG.symbol: "60000",
    SHORT.symbol: "60000",
}
Records = tuple[Execution | Activity, ...]
Held = Mapping[Instrument, str | Decimal]


@pytest.fixture
def coins(file_stores: Stores) -> World:
    return opened(World(file_stores, account=ACCOUNT))


@pytest.fixture
def everywhere(stores: Stores) -> World:
    return opened(World(stores, account=ACCOUNT))


def opened(world: World) -> World:
    """A bitcoin, ten of the venue's coins and 100,000, all signed off, and a Monday on which nothing happened."""
    price = {"BTC/USDT": "60000", "BNB/USDT": "600"}
    world.book(
        event("OPEN-cash", ActivityKind.OPENING, MON, amount=100_000, currency="USDT"),
        *(
            event(
                f"OPEN-{one.symbol}", ActivityKind.OPENING, MON, instrument=one, quantity=units, price=price[one.symbol]
            )
            for one, units in ((BTC, "1"), (BNB, "10"))
        ),
        source="import",
    )
    close(world, MON, {BTC: "1", BNB: "10"}, "100000")
    return world


def close(
    world: World, day: object, held: Held, cash: str | Decimal, *records: Execution | Activity, **more: str
) -> ReconOutcome:
    shown = {one: units for one, units in held.items() if number(units)}
    return world.close(day, world.see(day, shown, cash, *records, prices=PRICES, currencies=more))  # type: ignore[arg-type]


def trade(name: str, one: Instrument, units: str, price: str, fee: str = "0", currency: str = "USDT") -> Execution:
    return fill(name, one, units, price, TUE, fee=fee, fee_currency=currency)


def funding(name: str, amount: str, one: Instrument = LINEAR, currency: str = "USDT") -> Activity:
    return event(name, ActivityKind.FUNDING, TUE, instrument=one, amount=amount, currency=currency)


FEE_IN_COIN: Records = (
    trade("f1", BTC, "0.5", "60000", "0.0005", "BTC"),
    trade("f2", ETH, "10", "3000", "0.0375", "BNB"),
    trade("f3", ETH_BTC, "-4", "0.05", "0.0002", "BTC"),
    trade("f4", USDC, "1000", "0.999", "1", "USDC"),
)
AFTER_FEES: Held = {BTC: "1.6993", ETH: "6", BNB: "9.9625"}

HEDGED: Records = (
    trade("h1", LONG, "0.5", "60000", "15"),
    trade("h2", SHORT, "-0.2", "60000", "6"),
    trade("h3", LONG, "0.3", "61000", "9"),
    trade("h4", LONG, "-0.4", "62000", "12"),
    trade("h5", SHORT, "0.1", "59000", "3"),
)
# 0.8 long at 60,375 on average, 0.4 sold at 62,000; 0.1 of the short bought back a thousand lower
HEDGE_PROFIT = D("0.4") * (62_000 - D(60_375)) + 100

INVERSED: Records = (
    trade("i1", INVERSE, "-12000", "60000", "0.00006", "BTC"),
    trade("i2", INVERSE, "6000", "50000", "0.00006", "BTC"),
)
COIN_PROFIT = D(6000) / 50_000 - D(6000) / 60_000

FUNDED: Records = (
    trade("u1", LINEAR, "1", "60000"),
    trade("u2", INVERSE, "-6000", "60000", "0", "BTC"),
    funding("n1", "-6"),
    funding("n2", "4.5"),
    funding("n3", "0.00001", INVERSE, "BTC"),
    funding("n4", "-0.000002", INVERSE, "BTC"),
)

DAYS: dict[str, tuple[Records, Held, str | Decimal, dict[str, str]]] = {
    "fees in coins": (FEE_IN_COIN, AFTER_FEES, D(100_000) - 30_000 - 30_000 - 999, {"USDC": "999"}),
    "hedge mode": (
        HEDGED,
        {BTC: "1", BNB: "10", LONG: "0.4", SHORT: "-0.1"},
        D(100_000) + HEDGE_PROFIT - 45,
        {},
    ),
    "coin-margined": (INVERSED, {BTC: D(1) + COIN_PROFIT - D("0.00012"), BNB: "10", INVERSE: "-6000"}, "100000", {}),
    "funding": (FUNDED, {BTC: "1.000008", BNB: "10", LINEAR: "1", INVERSE: "-6000"}, D("99998.5"), {}),
    "forced closing": (
        (
            trade("q1", LINEAR, "1", "60000"),
            trade("q2", INVERSE, "-6000", "60000", "0", "BTC"),
            event(
                "q3",
                ActivityKind.LIQUIDATION,
                TUE,
                instrument=LINEAR,
                quantity=-1,
                amount=-500,
                price="59500",
                currency="USDT",
            ),
            event("q4", ActivityKind.FEE, TUE, amount="-59.5", currency="USDT", group="q3"),
            event(
                "q5",
                ActivityKind.DELEVERAGING,
                TUE,
                instrument=INVERSE,
                quantity=3000,
                amount="0.01",
                price="50000",
                currency="BTC",
            ),
        ),
        {BTC: "1.01", BNB: "10", INVERSE: "-3000"},
        D("99440.5"),
        {},
    ),
    "conversions and rewards": (
        (
            event("c1", ActivityKind.CONVERSION, TUE, instrument=BTC, quantity="-0.001", group="d", currency="USDT"),
            event("c2", ActivityKind.CONVERSION, TUE, instrument=BNB, quantity="0.09", group="d", currency="USDT"),
            event("c3", ActivityKind.REWARD, TUE, instrument=ETH, quantity="0.01", currency="USDT"),
            event("c4", ActivityKind.INTEREST, TUE, amount="-0.0001", currency="BTC"),
            event("c5", ActivityKind.TRANSFER, TUE, instrument=BTC, quantity="0.5", currency="USDT"),
            event("c6", ActivityKind.TRANSFER, TUE, amount="0.25", currency="BTC"),
        ),
        {BTC: "1.7489", ETH: "0.01", BNB: "10.09"},
        "100000",
        {},
    ),
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_ties_out_without_a_break(everywhere: World, name: str) -> None:
    records, held, cash, more = DAYS[name]
    everywhere.book(*records)

    outcome = close(everywhere, TUE, held, cash, *records, **more)

    assert [(one.difference.kind, one.difference.subject, one.explanation) for one in outcome.findings] == []
    assert (outcome.state, outcome.coverage) == ("tied_out", D(1))
    quiet = close(everywhere, WED, held, cash, **more)
    assert (quiet.findings, quiet.state) == ((), "tied_out")


def test_a_run_of_a_coin_account_replays_to_the_same_bytes(everywhere: World) -> None:
    from sql.replay import replay

    records, held, cash, more = DAYS["fees in coins"]
    everywhere.book(*records[1:])
    outcome = close(everywhere, TUE, held, cash, *records, **more)
    assert outcome.findings
    replayed = replay(everywhere.stores.journal, everywhere.stores.warehouse, outcome.run_id, everywhere.sessions)
    assert replayed.same, replayed


def without(records: Records, name: str) -> Records:
    return tuple(one for one in records if _id(one) != name)


def instead(records: Records, name: str, **changed: object) -> Records:
    return tuple(replace(one, **changed) if _id(one) == name else one for one in records)  # type: ignore[arg-type]


def _id(one: Execution | Activity) -> str:
    return one.execution_id if isinstance(one, Execution) else one.activity_id


ERRORS: dict[str, tuple[str, Records, BreakKind, Cause]] = {
    "funding is missing": ("funding", without(FUNDED, "n1"), BreakKind.UNBOOKED_ACTIVITY, Cause.FUNDING),
    "funding in coin is missing": ("funding", without(FUNDED, "n3"), BreakKind.UNBOOKED_ACTIVITY, Cause.FUNDING),
    "funding has the other sign": (
        "funding",
        instead(FUNDED, "n2", amount=D("-4.5")),
        BreakKind.ACTIVITY_MISMATCH,
        Cause.FUNDING,
    ),
    "fee in money that was in coin": (
        "fees in coins",
        instead(FEE_IN_COIN, "f1", fee=D(30), fee_currency="USDT"),
        BreakKind.EXECUTION_MISMATCH,
        Cause.FEE_IN_COIN,
    ),
    "fee in money that was in the token": (
        "fees in coins",
        instead(FEE_IN_COIN, "f2", fee=D("22.5"), fee_currency="USDT"),
        BreakKind.FEE_MISMATCH,
        Cause.FEE_IN_COIN,
    ),
    "fee in the token is another": (
        "fees in coins",
        instead(FEE_IN_COIN, "f2", fee=D("0.05")),
        BreakKind.FEE_MISMATCH,
        Cause.FEE,
    ),
    "counted in contracts": (
        "hedge mode",
        instead(HEDGED, "h1", quantity=D(50)),
        BreakKind.EXECUTION_MISMATCH,
        Cause.CONTRACT_SIZE,
    ),
    "liquidation is missing": (
        "forced closing",
        without(DAYS["forced closing"][0], "q3"),
        BreakKind.UNBOOKED_ACTIVITY,
        Cause.LIQUIDATION,
    ),
    "deleveraging is missing": (
        "forced closing",
        without(DAYS["forced closing"][0], "q5"),
        BreakKind.UNBOOKED_ACTIVITY,
        Cause.DELEVERAGING,
    ),
    "transfer stands twice": (
        "conversions and rewards",
        (
            *DAYS["conversions and rewards"][0],
            event("c6-again", ActivityKind.TRANSFER, TUE, amount="0.25", currency="BTC"),
        ),
        BreakKind.MISSING_ACTIVITY,
        Cause.BOOKING_ERROR,
    ),
    "reward is missing": (
        "conversions and rewards",
        without(DAYS["conversions and rewards"][0], "c3"),
        BreakKind.UNBOOKED_ACTIVITY,
        Cause.REWARD,
    ),
    "trade paid in coin is missing": (
        "fees in coins",
        without(FEE_IN_COIN, "f3"),
        BreakKind.UNKNOWN_EXECUTION,
        Cause.MANUAL_TRADE,
    ),
    "interest in coin is missing": (
        "conversions and rewards",
        without(DAYS["conversions and rewards"][0], "c4"),
        BreakKind.UNBOOKED_ACTIVITY,
        Cause.INTEREST,
    ),
    "fill of the wrong leg": (
        "hedge mode",
        instead(HEDGED, "h5", instrument=LONG),
        BreakKind.EXECUTION_MISMATCH,
        Cause.BOOKING_ERROR,
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_each_error_is_found_once_and_named(coins: World, name: str) -> None:
    day, ours, kind, cause = ERRORS[name]
    records, held, cash, more = DAYS[day]
    coins.book(*ours)

    outcome = close(coins, TUE, held, cash, *records, **more)

    roots = [one for one in outcome.findings if one.difference.subject.startswith(("execution:", "activity:"))]
    told = [(one.difference.kind, one.cause) for one in roots]
    assert told == [(kind, cause)], [(one.difference.subject, one.cause, one.explanation) for one in outcome.findings]


def test_dust_is_named_and_booked_with_both_of_its_legs(everywhere: World) -> None:
    legs = tuple(
        replace(one, venue_kind="DUST_CONVERSION")
        for one in DAYS["conversions and rewards"][0][:2]
        if isinstance(one, Activity)
    )

    outcome = close(everywhere, TUE, {BTC: "0.999", BNB: "10.09"}, "100000", *legs)

    assert [one.cause for one in outcome.findings] == [Cause.DUST, Cause.DUST]
    assert (outcome.resolved, outcome.open_breaks) == (2, 0)


def test_missing_funding_that_the_wallet_shows_is_booked_by_itself(everywhere: World) -> None:
    everywhere.book(*without(FUNDED, "n3"))
    records, held, cash, _ = DAYS["funding"]

    outcome = close(everywhere, TUE, held, cash, *records)

    assert [one.cause for one in outcome.findings] == [Cause.FUNDING]
    assert (outcome.resolved, outcome.open_breaks, outcome.state) == (1, 0, "tied_out")


def test_a_missed_liquidation_is_critical_and_waits_for_a_person(coins: World) -> None:
    records, held, cash, _ = DAYS["forced closing"]
    coins.book(*without(records, "q3"))

    outcome = close(coins, TUE, held, cash, *records)

    (found,) = outcome.findings
    assert (found.cause, found.severity, outcome.resolved) == (Cause.LIQUIDATION, Severity.CRITICAL, 0)
    assert {one.subject for one in found.symptoms} == {LINEAR.symbol, "cash:USDT"}


def test_a_stablecoin_is_not_the_currency_that_it_stands_for(coins: World) -> None:
    outcome = close(coins, TUE, {BTC: "1", BNB: "10"}, "90000", USD="10000")
    assert {one.difference.subject for one in outcome.findings} == {"cash:USD", "cash:USDT"}


def test_what_is_owed_in_coin_is_weighed_at_the_price_of_the_coin(coins: World) -> None:
    outcome = close(
        coins,
        TUE,
        {BTC: "1.5", BNB: "10"},
        "100000",
        event("t", ActivityKind.INTEREST, TUE, amount="0.5", currency="BTC"),
    )
    (found,) = outcome.findings
    assert (found.cause, found.money_at_risk, found.severity) == (Cause.INTEREST, D(30_000), Severity.CRITICAL)


def test_a_transfer_between_own_accounts_is_known_by_its_other_end(everywhere: World) -> None:
    other = opened(
        World(everywhere.stores, account=replace(ACCOUNT, account_id=AccountId("kraken"), base_currency="USD"))
    )
    came = event("in", ActivityKind.TRANSFER, TUE, instrument=crypto("BTC", "USD"), quantity="0.1999", group="tx")
    other.see(TUE, {BTC: "1", BNB: "10"}, "100000", came, prices=PRICES)
    left = event("out", ActivityKind.TRANSFER, TUE, instrument=BTC, quantity="-0.2", group="tx", currency="USDT")

    outcome = close(everywhere, TUE, {BTC: "0.8", BNB: "10"}, "100000", left)

    (found,) = outcome.findings
    assert (found.cause, outcome.resolved) == (Cause.INTERNAL_TRANSFER, 0)
    assert "the other end being kraken in" in found.explanation


def test_a_transfer_to_a_stranger_is_a_transfer(coins: World) -> None:
    left = event("out", ActivityKind.TRANSFER, TUE, instrument=BTC, quantity="-0.2", group="tx", currency="USDT")
    outcome = close(coins, TUE, {BTC: "0.8", BNB: "10"}, "100000", left)
    assert [one.cause for one in outcome.findings] == [Cause.TRANSFER]
