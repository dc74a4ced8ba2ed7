"""A million random series through the codec: what goes in comes out, exactly."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from tieout.options.osi import OptionRight, OsiSymbol, parse_osi

COUNT = 1_000_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST = date(2000, 1, 1)
DAYS = (date(2099, 12, 31) - FIRST).days
RIGHTS = tuple(OptionRight)


def test_a_million_random_strikes_come_back_exactly() -> None:
    draw = random.Random(20_260_320)
    roots = ["".join(draw.choices(LETTERS, k=draw.randint(1, 5))) + draw.choice(("", "1")) for _ in range(500)]
    passed = 0
    for number in range(COUNT):
        mills = draw.randint(1, 99_999_999)
        day = FIRST + timedelta(draw.randint(0, DAYS))
        symbol = OsiSymbol(roots[number % 500], day, RIGHTS[number & 1], Decimal(mills).scaleb(-3))
        back = parse_osi(symbol.compact if number & 2 else symbol.padded)
        passed += back == symbol and back.strike * 1000 == mills
    print(f"{passed:,} of {COUNT:,} random strikes came back exactly")
    assert passed == COUNT
