"""Balances, and whether they and the positions make equity."""

from __future__ import annotations

from sql.quality.subject import Subject
from sql.quality.suites.base import Expectations, Suite


def _balances(_subject: Subject) -> Expectations:
    from sql.quality.expectations import balances as expect

    return [
        expect.ExpectCurrencyOnce(),
        expect.ExpectBalanceOfThisAccount(),
        expect.ExpectBalanceCurrencyCode(),
        expect.ExpectCashAndPositionsToMakeEquity(),
        expect.ExpectEquityToBeProvable(severity="warning"),
    ]


BALANCES = Suite("balances", "quality_balances", _balances)
