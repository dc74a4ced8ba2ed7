from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.unit.options.table import FRIDAY, MONDAY, THURSDAY, XNYS, ny
from tieout.config import parse_settings
from tieout.errors import ConfigError, DataError
from tieout.ids import AccountId
from tieout.instruments import option
from tieout.options.account import AccountForecast, Standing, account_forecast
from tieout.options.alert import about_forecasts
from tieout.options.closes import Spot, official_close, traded
from tieout.options.dividends import Dividend
from tieout.options.forecast import OpenOption, Outlook, forecast
from tieout.options.moment import Moment, countdown, moment_of
from tieout.options.suggest import Action, suggestions
from tieout.options.told import told_account
from tieout.options.wheel import monthly_after
from tieout.recon.types import Severity

D = Decimal
PUT, LOWER = "KO    260320P00060000", "KO    260320P00055000"
CALL = "KO    260320C00060000"
FRIDAY_NOON = ny(FRIDAY, 12)


def account(
    *held: tuple[str, int],
    spot: str = "57",
    at: datetime = FRIDAY_NOON,
    cash: str = "100000",
    shares: dict[str, Decimal] | None = None,
    borrow: bool = False,
    power: str | None = None,
    mark: str | None = None,
    dividends: tuple[Dividend, ...] = (),
) -> AccountForecast:
    spots = {"KO": traded(D(spot))}
    outlook = Outlook("alpaca", XNYS, at, spots, dividends)
    options = [OpenOption(option(symbol), D(contracts), mark=D(mark) if mark else None) for symbol, contracts in held]
    standing = Standing(AccountId("a"), "USD", shares or {}, D(cash), D(power) if power else None, borrow)
    return account_forecast(standing, [forecast(one, outlook) for one in options], spots)


def actions(found: AccountForecast) -> list[tuple[Action, Severity]]:
    return [(one.action, one.severity) for one in suggestions(found)]


def test_a_likely_put_assignment_keeps_its_cash_until_it_is_paid() -> None:
    (kept,) = account((PUT, -2)).reservations
    assert (kept.amount, kept.until, kept.symbol) == (D(12000), MONDAY, PUT)


def test_a_certain_long_leg_pays_for_part_of_the_short_one() -> None:
    (kept,) = account((PUT, -1), (LOWER, 1), spot="50").reservations
    assert kept.amount == D(500)


def test_nothing_is_kept_for_what_is_unlikely_or_brings_money() -> None:
    assert account((PUT, -1), spot="70").reservations == ()
    assert account((CALL, -1), spot="70").reservations == ()


def test_the_worst_case_assigns_every_short_and_exercises_no_long() -> None:
    found = account((PUT, -1), (LOWER, 1), spot="50", cash="1000")
    assert (found.expected.cash, found.expected.units) == (D(-500), {"KO": D(0)})
    assert (found.worst.cash, found.worst.units, found.worst.shortfall) == (D(-6000), {"KO": D(100)}, D(5000))
    assert found.by_date == {MONDAY: D(-500)}


def test_a_straddle_at_its_strike_does_not_cancel_out_at_the_worst() -> None:
    found = account((PUT, -1), (CALL, -1), spot="60", cash="1000", shares={"KO": D(100)})
    assert (found.worst.cash, found.worst.shortfall) == (D(-6000), D(5000))


def test_a_naked_call_ends_short_and_its_margin_is_told() -> None:
    found = account((CALL, -1), spot="70", borrow=True, power="1000")
    assert (found.expected.new_shorts, found.expected.margin, found.expected.shortfall) == (("KO",), D(3500), D(2500))


def test_a_put_that_the_account_cannot_carry_is_critical() -> None:
    found = account((PUT, -1), cash="1000")
    assert actions(found) == [
        (Action.CLOSE, Severity.CRITICAL),
        (Action.ROLL, Severity.CRITICAL),
        (Action.FUND, Severity.CRITICAL),
    ]


def test_a_pin_asks_for_a_decision_about_a_long_and_for_a_close_of_a_short() -> None:
    assert [one for one, _ in actions(account((PUT, -1), spot="60"))] == [Action.CLOSE]
    found = [one for one, _ in actions(account((CALL, 1), spot="60"))]
    assert found == [Action.CLOSE, Action.DO_NOT_EXERCISE, Action.EXERCISE]


def test_a_long_that_cannot_be_carried_is_to_be_sold_or_let_lapse() -> None:
    found = [one for one, _ in actions(account((CALL, 1), spot="65", cash="100"))]
    assert found == [Action.CLOSE, Action.DO_NOT_EXERCISE, Action.FUND]


def test_a_worthless_long_with_a_price_may_be_sold() -> None:
    assert actions(account((CALL, 1), spot="50", mark="0.02")) == [(Action.CLOSE, Severity.INFO)]


def test_after_the_cut_off_nothing_is_suggested_and_the_forecast_says_so() -> None:
    found = account((PUT, -1), at=ny(FRIDAY, 15, 30), cash="1000")
    assert found.positions[0].report_only
    assert suggestions(found) == ()
    assert told_account(found, (), ny(FRIDAY, 15, 30))["positions"][0]["left"] == "report only"


@pytest.mark.parametrize(("mark", "likely"), [("10.10", True), ("12", False), (None, True)])
def test_a_short_call_over_an_ex_date_is_screened(mark: str | None, likely: bool) -> None:
    paid = Dividend("KO", THURSDAY, D("0.48"))
    found = account((CALL, -1), spot="70", mark=mark, dividends=(paid,), at=ny(date(2026, 3, 17), 12))
    risk = found.positions[0].dividend
    assert risk is not None
    assert (risk.likely, risk.at_risk) == (likely, date(2026, 3, 18))


@pytest.mark.parametrize(("symbol", "contracts", "spot"), [(PUT, -1, "50"), (CALL, 1, "70"), (CALL, -1, "50")])
def test_puts_longs_and_calls_out_of_the_money_have_no_dividend_to_fear(symbol: str, contracts: int, spot: str) -> None:
    paid = Dividend("KO", THURSDAY, D("0.48"))
    found = account((symbol, contracts), spot=spot, dividends=(paid,), at=ny(date(2026, 3, 17), 12))
    assert found.positions[0].dividend is None


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        (ny(THURSDAY, 12), Moment.FORECAST),
        (ny(FRIDAY, 10), Moment.FORECAST),
        (ny(FRIDAY, 13, 15), Moment.DECIDE),
        (ny(FRIDAY, 15, 30), Moment.FORECAST),
        (ny(FRIDAY, 16, 30), Moment.EXPECT),
    ],
)
def test_a_run_knows_what_it_is_for(at: datetime, moment: Moment) -> None:
    assert moment_of(account((PUT, -1), at=at).positions, XNYS, at) is moment


@pytest.mark.parametrize(
    ("minutes", "words"), [(-1, "over"), (12, "12 min"), (185, "3 h 05 min"), (60 * 51, "2 d 3 h")]
)
def test_a_countdown_is_said_in_hours_and_days(minutes: int, words: str) -> None:
    start = datetime(2026, 3, 20, tzinfo=UTC)
    assert countdown(start + timedelta(minutes=minutes), start) == words


def test_the_message_has_the_worst_severity_and_the_hours_left() -> None:
    found = account((PUT, -1), cash="1000")
    alert = about_forecasts([(found, suggestions(found))], FRIDAY_NOON)
    assert alert is not None
    assert (alert.severity, "3 h 15 min left" in alert.title) == (Severity.CRITICAL, True)
    later = about_forecasts([(found, suggestions(found))], FRIDAY_NOON + timedelta(minutes=5))
    assert later is not None
    assert later.title != alert.title
    assert later.about == alert.about, "five minutes less are no news"
    assert {one.account_id for one in alert.about} == {found.standing.account_id}
    calm = account((PUT, -1), spot="70")
    assert about_forecasts([(calm, suggestions(calm))], FRIDAY_NOON) is None


def test_closes_are_taken_together_and_a_late_one_is_waited_for() -> None:
    assert official_close({"a": None}) is None
    assert official_close({"a": D("57"), "b": None}) == Spot(D(57), D(57), official=True, source="a 57")
    both = official_close({"a": D("57"), "b": D("57.4")})
    assert both is not None
    assert (both.disputed, both.price) == (True, D("57.2"))
    with pytest.raises(DataError):
        official_close({"a": D(-1)})


def test_a_calls_month_is_the_third_friday_three_weeks_away() -> None:
    assert monthly_after(MONDAY, XNYS) == date(2026, 4, 17)
    assert monthly_after(date(2026, 5, 20), XNYS) == date(2026, 6, 18)  # Juneteenth is the third Friday


def test_the_options_table_is_read_and_checked() -> None:
    written = {"options": {"days": 3, "pin_band": D("0.01"), "dividends": {"KO": "2026-03-13 0.51"}}}
    found = parse_settings(written, {}).options
    assert (found.days, found.bands.pin) == (3, D("0.01"))
    assert found.dividends == (Dividend("KO", date(2026, 3, 13), D("0.51")),)
    for wrong in ("soon 0.51", "2026-03-13", "2026-03-13 -1"):
        with pytest.raises(ConfigError):
            parse_settings({"options": {"dividends": {"KO": wrong}}}, {})
