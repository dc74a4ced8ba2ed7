from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.hedge import Leg, in_leg, leg_of, whole
from tieout.instruments import AssetClass, Instrument, crypto, future, perpetual

LINEAR = perpetual("BTC", "USDT", "USDT")
INVERSE = perpetual("BTC", "USD", "BTC")
DATED = Instrument(AssetClass.FUTURE, "BTC/USD:BTC-260327", "USD", underlying="BTC")


@pytest.mark.parametrize("contract", [LINEAR, INVERSE, DATED])
@pytest.mark.parametrize("leg", Leg)
def test_a_leg_is_an_instrument_of_its_own_that_pays_as_its_contract_does(contract: Instrument, leg: Leg) -> None:
    held = in_leg(contract, leg)
    assert held.symbol == f"{contract.symbol} {leg}"
    assert (leg_of(held), whole(held)) == (leg, contract)
    assert (held.profit_currency, held.is_inverse) == (contract.profit_currency, contract.is_inverse)


@pytest.mark.parametrize("one", [LINEAR, crypto("LONG", "USD"), future("ES", date(2026, 3, 20), Decimal(50))])
def test_what_is_held_one_way_has_no_leg_and_is_its_own_contract(one: Instrument) -> None:
    assert (leg_of(one), whole(one)) == (None, one)


@pytest.mark.parametrize("one", [crypto("BTC"), in_leg(LINEAR, Leg.LONG)])
def test_only_a_whole_contract_has_legs(one: Instrument) -> None:
    with pytest.raises(ValueError, match="has no short leg"):
        in_leg(one, Leg.SHORT)


def test_the_sign_of_a_leg_is_that_of_every_position_in_it() -> None:
    assert (Leg.LONG.sign, Leg.SHORT.sign) == (1, -1)


def test_an_inverse_contract_is_worth_its_quote_units_at_any_price() -> None:
    assert INVERSE.value(Decimal(-500), Decimal(60_000)) == INVERSE.value(Decimal(-500), Decimal(30_000)) == -500
