"""Whether coins are traded at all, and which. Their own bounds of size and loss stand with the rules of that name."""

from __future__ import annotations

from tieout.orders import Order
from tieout.risk.checks.common import rule
from tieout.risk.codes import DenialCode
from tieout.risk.effect import parts
from tieout.risk.limits import CRYPTO_CLASSES
from tieout.risk.types import Denial, RiskContext


@rule(
    DenialCode.CRYPTO_DISABLED,
    DenialCode.CRYPTO_SYMBOL,
    settings=("enable_crypto", "crypto_symbols"),
)
def crypto_allowed(order: Order, context: RiskContext) -> Denial | None:
    """Coins and perpetuals are opened only where crypto is enabled, and only those that are listed, if any are."""
    limits = context.limits
    for part in parts(order, context):
        if part.instrument.asset_class not in CRYPTO_CLASSES or part.opens == 0:
            continue
        symbol = part.instrument.symbol
        if not limits.enable_crypto:
            return Denial(DenialCode.CRYPTO_DISABLED, f"{symbol} is crypto, and enable_crypto is off")
        if limits.crypto_symbols and symbol not in limits.crypto_symbols:
            listed = ", ".join(limits.crypto_symbols)
            return Denial(DenialCode.CRYPTO_SYMBOL, f"{symbol} is not among crypto_symbols: {listed}")
    return None
