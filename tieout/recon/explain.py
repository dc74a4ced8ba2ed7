"""From differences to breaks: rows account for figures first, then the rules explain what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tieout.recon.attribution import attribute
from tieout.recon.context import Context
from tieout.recon.rules import RULES
from tieout.recon.rules.common import Rule
from tieout.recon.types import Difference, DifferenceKey, Finding

VERSION = "1"  # of attribution and rules together; goes into every run


def explain(differences: Sequence[Difference], context: Context, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Every difference explained once, in a fixed order whatever the order of the rows.

    raises    ValueError where the rules leave something unexplained: the last one must take all
    """
    attributed = attribute(sorted(differences, key=_order), context)
    left = attributed.left
    findings: list[Finding] = []
    for rule in rules:
        taken: set[DifferenceKey] = set()
        for found in rule(left, context):
            if found.difference.key in taken:
                continue
            taken |= {found.difference.key, *(symptom.key for symptom in found.symptoms)}
            findings.append(found)
        left = [one for one in left if one.key not in taken]
    if left:
        raise ValueError(f"no rule explained {', '.join(one.subject for one in left)}")
    return tuple(sorted((_with_symptoms(one, attributed.symptoms) for one in findings), key=_finding_order))


def _with_symptoms(found: Finding, symptoms: dict[DifferenceKey, list[Difference]]) -> Finding:
    """The finding with the figures that its rows account for, each once."""
    rows = [found.difference.key, *(leg.key for leg in found.symptoms)]
    added = {one.key: one for row in rows for one in symptoms.get(row, ())}
    return replace(found, symptoms=(*found.symptoms, *(added[key] for key in sorted(added)))) if added else found


def _order(one: Difference) -> tuple[str, str]:
    return one.kind.value, one.subject


def _finding_order(found: Finding) -> tuple[str, str]:
    return _order(found.difference)
