"""What Binance tells of money that moved: income of futures, deposits, withdrawals, dust, conversions, interest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokers.ccxt.paging import Capped, FromRow, Listing, Skipping, Turning, rows_in
from brokers.ccxt.parse.ledger import LedgerWords, in_milliseconds, stated
from brokers.ccxt.venue import INVERSE, LINEAR, MARGIN, SPOT, Ledger, Scoped
from brokers.http.fields import Row
from tieout.errors import Malformed
from tieout.money import ZERO
from tieout.records import ActivityKind

SPAN = ("startTime", "endTime")
_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)


def _income(method: str) -> Listing:
    return Listing(
        method,
        "",
        ("incomeType", "tranId", "asset", "symbol", "tradeId"),
        FromRow("startTime", "time", 1000, most=True),
        *SPAN,
        longest=_WEEK,
        fixed={"limit": 1000},
    )


INCOMES = {LINEAR: _income("fapiPrivateGetIncome"), INVERSE: _income("dapiPrivateGetIncome")}


def _when(field: str) -> Any:
    """A moment that Binance writes as `2021-05-11 06:10:29`, UTC."""

    def read(found: Row) -> datetime:
        text = found.text(field)
        try:
            return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            raise Malformed(f"{found.where}: field `{field}`: {text!r} is not a time", received=text) from None

    return read


def _deposited(found: Row) -> Decimal:
    return found.number("amount") if str(found.values.get("status")) in ("1", "6") else ZERO


def _withdrawn(found: Row) -> Decimal:
    """What left, fee included: `amount` is what arrives."""
    if str(found.values.get("status")) != "6":
        return ZERO
    return -(found.number("amount") + (found.number_or_none("transactionFee") or ZERO))


def _dust(found: Row) -> list[Row]:
    """Each coin that was swept, and what came of it, the charge already taken."""
    legs = []
    for each in rows_in(dict(found.values), "userAssetDribbletDetails", "dust"):
        said = {"transId": each.values.get("transId"), "time": each.values.get("operateTime")}
        coin, gone, came = each.text("fromAsset"), each.number("amount"), each.number("transferedAmount")
        legs.append(Row({**said, "leg": f"{coin} out", "coin": coin, "amount": str(-gone)}, found.where))
        legs.append(Row({**said, "leg": f"{coin} in", "coin": "BNB", "amount": str(came)}, found.where))
    return legs


def _converted(found: Row) -> list[Row]:
    """Both sides of a conversion that succeeded."""
    if found.values.get("orderStatus") != "SUCCESS":
        return []
    said = {"transId": found.values.get("orderId"), "time": found.values.get("createTime")}
    gone, came = found.number("fromAmount"), found.number("toAmount")
    return [
        Row({**said, "leg": "out", "coin": found.text("fromAsset"), "amount": str(-gone)}, found.where),
        Row({**said, "leg": "in", "coin": found.text("toAsset"), "amount": str(came)}, found.where),
    ]


def _sapi(
    method: str,
    path: str,
    words: LedgerWords,
    longest: timedelta,
    paging: Any,
    products: tuple[str, ...] = (SPOT,),
    query: Mapping[str, object] | None = None,
    expand: Any = None,
) -> Ledger:
    listing = Listing(method, path, words.key if expand is None else (), paging, *SPAN, longest=longest)
    return Ledger(Scoped(products, (), listing, query or {}), words, expand)


_LEGS = LedgerWords(
    ("transId", "leg"),
    (),
    {"": ActivityKind.CONVERSION},
    frozenset(),
    "coin",
    stated("amount"),
    in_milliseconds("time"),
    group="transId",
)


def _moved(sign: int) -> Any:
    def read(found: Row) -> Decimal:
        return sign * found.number("amount") if found.values.get("status") == "CONFIRMED" else ZERO

    return read


def _transfers() -> Iterator[Ledger]:
    """Between the account's own wallets: what leaves one of them, or comes to it, from one that is another's view."""
    for kind, product, sign in (
        ("MAIN_UMFUTURE", SPOT, -1),
        ("UMFUTURE_MAIN", SPOT, 1),
        ("MAIN_CMFUTURE", SPOT, -1),
        ("CMFUTURE_MAIN", SPOT, 1),
        ("MAIN_MARGIN", SPOT, -1),
        ("MARGIN_MAIN", SPOT, 1),
        ("MAIN_FUNDING", SPOT, -1),
        ("FUNDING_MAIN", SPOT, 1),
        ("MAIN_MARGIN", MARGIN, 1),
        ("MARGIN_MAIN", MARGIN, -1),
    ):
        words = LedgerWords(
            ("tranId", "type"),
            ("type",),
            {kind: ActivityKind.JOURNAL},
            frozenset(),
            "asset",
            _moved(sign),
            in_milliseconds("timestamp"),
        )
        yield _sapi(
            "sapiGetAssetTransfer",
            "rows",
            words,
            _MONTH,
            Turning("current", 100),
            (product,),
            {"type": kind, "size": 100},
        )


_INCOME_WORDS = LedgerWords(
    ("tranId", "incomeType", "asset", "symbol"),
    ("incomeType",),
    {
        "FUNDING_FEE": ActivityKind.FUNDING,
        "TRANSFER": ActivityKind.JOURNAL,
        "INTERNAL_TRANSFER": ActivityKind.JOURNAL,
        "COIN_SWAP_DEPOSIT": ActivityKind.CONVERSION,
        "COIN_SWAP_WITHDRAW": ActivityKind.CONVERSION,
        "INSURANCE_CLEAR": ActivityKind.FEE,
        "WELCOME_BONUS": ActivityKind.REWARD,
        "REFERRAL_KICKBACK": ActivityKind.REWARD,
        "COMMISSION_REBATE": ActivityKind.REWARD,
        "API_REBATE": ActivityKind.REWARD,
    },
    frozenset({"REALIZED_PNL", "COMMISSION"}),
    "asset",
    stated("income"),
    in_milliseconds("time"),
    market="symbol",
)

LEDGERS = (
    *(Ledger(Scoped((product,), (), listing), _INCOME_WORDS) for product, listing in INCOMES.items()),
    _sapi(
        "sapiGetCapitalDepositHisrec",
        "",
        LedgerWords(
            ("txId", "coin", "insertTime"),
            (),
            {"": ActivityKind.TRANSFER},
            frozenset(),
            "coin",
            _deposited,
            in_milliseconds("insertTime"),
        ),
        timedelta(days=90),
        Skipping("offset", 1000),
        query={"limit": 1000},
    ),
    _sapi(
        "sapiGetCapitalWithdrawHistory",
        "",
        LedgerWords(("id",), (), {"": ActivityKind.TRANSFER}, frozenset(), "coin", _withdrawn, _when("applyTime")),
        timedelta(days=90),
        Skipping("offset", 1000),
        query={"limit": 1000},
    ),
    _sapi("sapiGetAssetDribblet", "userAssetDribblets", _LEGS, _MONTH, Capped(100), expand=_dust),
    _sapi("sapiGetConvertTradeFlow", "list", _LEGS, _MONTH, Capped(1000), query={"limit": 1000}, expand=_converted),
    _sapi(
        "sapiGetAssetAssetDividend",
        "rows",
        LedgerWords(
            ("tranId", "asset"),
            ("enInfo",),
            {},
            frozenset(),
            "asset",
            stated("amount"),
            in_milliseconds("divTime"),
            rest=ActivityKind.REWARD,
        ),
        timedelta(days=180),
        Capped(500),
        query={"limit": 500},
    ),
    _sapi(
        "sapiGetMarginInterestHistory",
        "rows",
        LedgerWords(
            ("txId",),
            ("type",),
            {},
            frozenset(),
            "asset",
            lambda found: -found.number("interest"),
            in_milliseconds("interestAccuredTime"),
            rest=ActivityKind.INTEREST,
        ),
        _MONTH,
        Turning("current", 100),
        (MARGIN,),
        {"size": 100},
    ),
    *_transfers(),
)
