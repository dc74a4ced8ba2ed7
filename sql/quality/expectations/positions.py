"""What must hold for each position of a snapshot."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations.core import ExpectTableRowCountToEqual

from sql.quality.expectations.base import Flagged, Known, Unique
from sql.quality.expectations.rendering import Rendered

_ID = ("symbol", "instrument_id")


class ExpectAsManyRowsAsSent(Rendered, ExpectTableRowCountToEqual):
    """As many rows are stored as the broker sent."""

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        sent, stored = self._get_success_kwargs()["value"], metrics["table.row_count"]
        found = {"observed_value": f"{stored} stored, {sent} sent", "element_count": stored}
        return {
            "success": stored == sent,
            "result": {**found, "unexpected_count": abs(sent - stored), "partial_unexpected_list": []},
        }


class ExpectInstrumentOnce(Unique):
    """No (account, instrument) is listed twice."""

    key: tuple[str, ...] = ("account_id", "instrument_id")


class ExpectPositionOfThisAccount(Flagged):
    """Every position belongs to the snapshot's account."""

    flag: str = "account_differs"
    shows: ClassVar = (*_ID, "account_id")


class ExpectAssetClassToBeKnown(Known):
    """Every asset class is one we know how to value."""

    column: str = "asset_class"
    shows: ClassVar = (*_ID, "asset_class")


class ExpectSideToBeKnown(Known):
    """The side is long, short, or left out by a venue that only signs the quantity."""

    column: str = "side"
    shows: ClassVar = (*_ID, "side", "quantity")


class ExpectSignToAgreeWithSide(Flagged):
    """A long position has a quantity above zero, a short one below."""

    flag: str = "side_disagrees"
    shows: ClassVar = (*_ID, "side", "quantity")


class ExpectQuantityNotZero(Flagged):
    """A listed position holds something."""

    flag: str = "quantity_zero"
    shows: ClassVar = (*_ID, "quantity")


class ExpectPositionCurrencyCode(Flagged):
    """The currency is a code: 2 to 12 capital letters or digits."""

    flag: str = "currency_malformed"
    shows: ClassVar = (*_ID, "currency")


class ExpectMultiplierAboveZero(Flagged):
    """The multiplier is above zero."""

    flag: str = "multiplier_not_positive"
    shows: ClassVar = (*_ID, "multiplier")


class ExpectPriceNotNegative(Flagged):
    """No price is below zero; only futures have traded there."""

    flag: str = "price_negative"
    shows: ClassVar = (*_ID, "market_price", "asset_class")


class ExpectPriceAboveZero(Flagged):
    """A price is above zero. Zero may be true of a worthless option or a delisted share: somebody should look."""

    flag: str = "price_zero"
    shows: ClassVar = (*_ID, "market_price", "quantity")


class ExpectPriceToBeStated(Flagged):
    """The venue states a price."""

    flag: str = "price_unstated"
    shows: ClassVar = (*_ID, "market_price", "market_value", "quantity")


class ExpectPriceToBeFresh(Flagged):
    """The price is no older than the configured number of sessions. Prices without a time are not judged."""

    flag: str = "price_stale"
    shows: ClassVar = (*_ID, "market_price", "priced_at")


class ExpectValueToBeStated(Flagged):
    """The venue states a market value."""

    flag: str = "value_unstated"
    shows: ClassVar = (*_ID, "quantity", "market_price", "market_value")


class ExpectValueToHaveTheSignOfQuantity(Flagged):
    """The market value has the sign of the quantity, for everything that is paid for in full."""

    flag: str = "value_sign_wrong"
    shows: ClassVar = (*_ID, "quantity", "market_value")


class ExpectMarketValueToAgree(Flagged):
    """Market value is quantity × price × multiplier, within the tolerance of its asset class."""

    flag: str = "value_disagrees"
    shows: ClassVar = (*_ID, "quantity", "market_price", "multiplier", "market_value")


class ExpectMarginedValueToAgree(Flagged):
    """The same for futures, perpetuals, forex and CFDs, of which some venues state the notional and some the result."""

    flag: str = "margined_value_disagrees"
    shows: ClassVar = (*_ID, "quantity", "market_price", "multiplier", "market_value")


class ExpectOptionToAgreeWithItsSymbol(Flagged):
    """Expiration, right and strike of an option are those its OSI symbol writes, and nothing else has a strike."""

    flag: str = "option_disagrees"
    shows: ClassVar = (*_ID, "expiration", "option_right", "strike", "asset_class")


class ExpectLegToHaveItsSign(Flagged):
    """In hedge mode the long leg holds above zero and the short leg below."""

    flag: str = "leg_disagrees"
    shows: ClassVar = (*_ID, "quantity", "side")


class ExpectContractsCountedInUnits(Flagged):
    """A contract on coins is counted in units, contracts times contract size, and so its multiplier is one."""

    flag: str = "contract_multiplied"
    shows: ClassVar = (*_ID, "quantity", "multiplier")


class ExpectInverseContractsWhole(Flagged):
    """A coin-margined contract is held in whole units of its quote currency."""

    flag: str = "inverse_broken"
    shows: ClassVar = (*_ID, "quantity")


class ExpectCoinsNotNegative(Flagged):
    """No spot coin is below zero, unless it was borrowed: somebody should know of it."""

    flag: str = "coin_negative"
    shows: ClassVar = (*_ID, "quantity")
