"""Who is assigned: a random draw over every open short contract of the series.

Source: OCC rule 803 (random allocation among clearing members) and FINRA rule 2360(b)(23)(C), by which a member allots
to its customers at random or first in, first out. Here one draw over single contracts stands for both: each short
contract has the same chance, so a position can be assigned in part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from random import Random

STRANGERS = ""
"""The name under which everybody outside the simulated accounts holds, exercises and is assigned."""


def assign(exercised: int, shorts: Mapping[str, int], draw: Random) -> dict[str, int]:
    """Contracts assigned to each holder of shorts, those with none left out.

    exercised   contracts exercised by anybody
    shorts      open short contracts by holder, counted positive
    raises      ValueError where more is exercised than is short: a long without a short does not exist
    """
    holders = [holder for holder, count in shorts.items() if count > 0]
    ends = list(accumulate(shorts[holder] for holder in holders))
    total = ends[-1] if ends else 0
    if not 0 <= exercised <= total:
        raise ValueError(f"{exercised} contracts exercised and {total} short: the series does not balance")
    drawn = range(total) if exercised == total else draw.sample(range(total), exercised)
    return dict(Counter(holders[bisect_right(ends, number)] for number in drawn))
