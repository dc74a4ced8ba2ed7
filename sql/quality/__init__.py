"""Is a stored snapshot fit to be compared at all? Expectations over its rows, run as SQL where the rows lie."""

from sql.quality.judge import judge
from sql.quality.types import CheckResult, Row, Verdict

__all__ = ["CheckResult", "Row", "Verdict", "judge"]
