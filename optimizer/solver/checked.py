"""What the checker reads of a design: facts of its die, its knobs, what the models say of it."""

from __future__ import annotations

from typing import Any

from constraints.asked import facts_read
from constraints.rulesets import Ruleset
from optimizer.design import Design
from optimizer.solver.column_reader import constants, live_gpcs, tdp_class
from optimizer.solver.limits import printed
from optimizer.solver.objective import power_of
from optimizer.solver.request import NUMBERS


def facts_of(design: Design, rules: Ruleset) -> dict[str, Any]:
    """Facts of a design for the checker, as exact as the solver has them.

    Knobs, and what the models of the die say of it, are worked out only where a rule reads them;
    what no model tells is left out, so that the checker calls it unknown.

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
    asked = facts_read(rules) - facts.keys() - rules.vocabulary.definitions.keys()
    if asked & NUMBERS.keys():
        values = printed(design)
        facts |= {n: values[n] for n in asked & values.keys() if values[n] is not None}
    return facts


def tdp_of(design: Design) -> int | None:
    """Power class of a design; None where its power is not known. [W]"""
    power = power_of(design)
    return None if power is None else tdp_class(design.space, design.board, power)
