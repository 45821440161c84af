"""What has to be said beside a design: points for counsel, power beyond the board, stand-ins."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.dies import AREA
from constraints.check import UNDETERMINED, claimed, screen
from constraints.findings import Finding, View, findings
from constraints.rulesets import ENGINEERING
from optimizer.design import Design, fuse_map
from optimizer.design.sustained import sustained_clock, sustained_draw
from optimizer.report.drawn import drawn_low
from optimizer.report.numbers import text_number
from optimizer.report.solve import Case
from optimizer.silicon.defaults import missing_power
from optimizer.solver.checked import facts_of, tdp_of
from optimizer.solver.objective import power_of
from optimizer.solver.tables import POWER_STEPS

# What a firmware limit alone can change; a part cut only so can be opened again.
_LIMITERS = ("tensor rate", "core clock", "memory data rate")
_LIMITER_FLAG = (
    "for counsel: cut by limiters alone, no unit is disabled: whether a limit that can be lifted "
    "counts is a question for counsel"
)


def flags_of(design: Design, case: Case) -> tuple[str, ...]:
    """Every flag of a design under the law of a case, for each command that names the design.

    Parameters
    ----------
    design : Design
    case : Case
        What was asked, resolved.
    """
    changed = [cut.name for cut in fuse_map(design) if cut.changed]
    limited = bool(changed) and all(name.startswith(_LIMITERS) for name in changed)
    return (
        *((_LIMITER_FLAG,) if limited else ()),
        *drawn_low(design),
        *_stand_ins(design, case),
        *_beyond_board(design),
        *_disputed(design, case),
    )


def adverse_of(design: Design, case: Case) -> tuple[str, str] | None:
    """Verdict and tier at the most adverse source of the die area; None where all agree."""
    area = design.space.die.fact(AREA)
    if area.low is None or area.high is None or area.low == area.high:
        return None
    ready = screen(case.ruleset, case.request.destination)
    return claimed(ready, _given(design, case), {AREA: (area.low, area.high)}).worst


def at_worst(design: Design, cases: Sequence[Case], said: Mapping[str, str]) -> dict[str, str]:
    """By scenario, the verdict at the most adverse source of the die area where it is another.

    Parameters
    ----------
    cases : sequence of Case
        Scenarios in the order of `said`.
    said : mapping
        Verdict on the preferred facts by scenario.
    """
    found = zip(said, (adverse_of(design, case) for case in cases), strict=True)
    return {name: worst[0] for name, worst in found if worst and worst[0] != said[name]}


def _given(design: Design, case: Case) -> dict[str, Any]:
    """Facts of a design that the rule set knows."""
    known = case.ruleset.vocabulary
    return known.read(known.known(facts_of(design, case.ruleset)))


def _disputed(design: Design, case: Case) -> tuple[str, ...]:
    """Say so where the verdict hangs on which source of the die area is right."""
    adverse = adverse_of(design, case)
    if adverse is None:
        return ()
    area, (verdict, tier) = design.space.die.fact(AREA), adverse
    return (
        f"for counsel: sources give {text_number(area.low)} to {text_number(area.high)} mm2 for "
        f"the die area, and at the most adverse of them the verdict is {verdict}, tier {tier}; "
        "put the vendor's figure into an overlay of the catalog",
    )


def _beyond_board(design: Design) -> tuple[str, ...]:
    """Say so where full activity draws more than the largest class of the board."""
    power, tdp = power_of(design), tdp_of(design)
    if power is None or tdp is None or power <= tdp * POWER_STEPS:
        return ()
    return (
        f"for power: {power / POWER_STEPS:.0f} W modeled at full activity of all units is "
        f"more than the largest class of {design.board}, {tdp} W, so such a load "
        f"lowers the clock; {_in_prefill(design)}--limit power_w<={tdp} keeps full "
        "activity inside it",
    )


def _stand_ins(design: Design, case: Case) -> tuple[str, ...]:
    """What stands for facts that the die lacks, and the engineering limits that lack one."""
    space = design.space
    found = [
        f"{each.rule} is not applied: whether {each.condition} hangs on the power, which is "
        f"unknown: {missing_power(space.parent)}"
        for each in (_engineering(design, case) if space.power is None else ())
        if each.verdict == UNDETERMINED
    ]
    if space.reference.die != space.parent:
        found.append(f"boards and reference are those of {space.reference.die}, no part of "
                     f"{space.parent} is on sale")  # fmt: skip
    return tuple(found)


def _engineering(design: Design, case: Case) -> tuple[Finding, ...]:
    whole = case.ruleset.vocabulary.completed(_given(design, case))
    view = View(case.ruleset, whole, case.request.destination, None, {})
    return findings(view, (ENGINEERING,))


def _in_prefill(design: Design) -> str:
    """What the same model says of the load that sets the sustained clock."""
    drawn, found = sustained_draw(design), sustained_clock(design)
    if drawn is None or found is None or found.mhz is None:
        return ""
    held = "" if found.mhz < design.rated_mhz else ", its rated clock"
    if held and not design.space.sustained:
        held += ", so --sustained changes nothing"
    return (
        f"prefill, the heavier phase of serving, draws {drawn / POWER_STEPS:.0f} W at "
        f"{text_number(design.clock_mhz)} MHz and sustains "
        f"{text_number(found.mhz)} MHz{held}; "
    )
