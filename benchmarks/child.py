"""One case in a process of its own: `python -m benchmarks.child CASE ROWS FOLDER`. Prints one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from benchmarks import coins, flowing, judging, looking, ordering, peers, reconciling, starting, writing

CASES = {
    case.__name__: case
    for topic in (reconciling, peers, writing, judging, flowing, ordering, starting, looking, coins)
    for case in topic.CASES
}


def main(case: str, rows: str, folder: str) -> None:
    """Run the case and add the peak memory of this process, MiB."""
    measured = CASES[case](int(rows), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(measured | {"peak_mb": round(peak, 1)}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
