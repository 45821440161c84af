"""What the checker reads of a design: facts of its die, its knobs, what the models say of it."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from constraints.expressions import names
from constraints.rulesets import Ruleset
from optimizer.design import Design
from optimizer.solver.column_reader import constants, live_gpcs, tdp_class
from optimizer.solver.objective import power_of
from optimizer.solver.salvage import SALVAGE, salvage_of


def facts_of(design: Design, rules: Ruleset) -> dict[str, Any]:
    """Facts of a design for the checker, as exact as the solver has them.

    The share of dies that can serve is worked out only where a rule reads it; what no model of
    the die tells is left out, so that the checker calls it unknown.

    Parameters
    ----------
    design : Design
    rules : Ruleset
    """
    facts = {**constants(design.space), **design.facts()}
    facts["live_gpcs"] = live_gpcs(design.space, design.cores)
    tdp = tdp_of(design)
    if tdp is not None:
        facts["tdp_w"] = tdp
    share = salvage_of(design) if _read(rules, SALVAGE) else None
    if share is not None:
        facts[SALVAGE] = Fraction(share)
    return facts


def tdp_of(design: Design) -> int | None:
    """Power class of a design; None where its power is not known. [W]"""
    power = power_of(design)
    return None if power is None else tdp_class(design.space, design.board, power)


@lru_cache(maxsize=64)
def _read(rules: Ruleset, name: str) -> bool:
    """Whether a rule reads a fact."""
    return any(name in names(rule.applies) for rule in rules.rules)
