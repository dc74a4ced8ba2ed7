"""What an account's wallets have, as coin venues split it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.protocols.coins.rules import CoinMarkets
from simulator.wallet_means import WalletMeans


def means(account: SimulatedAccount) -> WalletMeans:
    """What the account can pay for; TypeError for one without wallets."""
    if not isinstance(account.desk.means, WalletMeans):
        raise TypeError(f"account {account.account_number} has no wallets: open it with WalletTerms")
    return account.desk.means


def wallet_coins(account: SimulatedAccount, markets: CoinMarkets) -> tuple[str, ...]:
    """Coins that the venue trades or the account ever had, in the order of the alphabet."""
    return tuple(sorted({*markets.coins(), *account.books.cash.currencies}))


def free_and_locked(account: SimulatedAccount, markets: CoinMarkets) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Each coin, what is free of it and what live orders hold."""
    for coin in wallet_coins(account, markets):
        locked = means(account).locked(coin, account.live)
        yield coin, account.books.cash.traded(coin) - locked, locked
