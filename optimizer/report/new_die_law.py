"""What the law reads of a die that does not exist yet, and the least area that it leaves."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalogs.errors import InputError
from constraints.asked import facts_read
from constraints.check import Assessment, check
from constraints.expressions import compiled, exact
from optimizer.design import Design
from optimizer.design.unit_cost import CENTS
from optimizer.report.new_die_cost import NewDie
from optimizer.report.solve import Case
from optimizer.silicon.defaults import reticle_mm2
from optimizer.silicon.new_die import Blocks, needed_area_mm2
from optimizer.solver.column_reader import constants

# Areas are compared in hundredths of a square millimeter.
STEPS_PER_MM2 = 100
# Dies and dark dies beside them, in reticles: no package of more is sold.
MOST_RETICLES = 8
# Facts of the parent's own dies, which the new one does not have.
OWN = frozenset({"largest_die_area_mm2", "total_logic_area_mm2", "transistor_count_bn"})
COST = "unit_cost_usd"


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule set as it reads the knobs, the area and the cost of a new die.

    Attributes
    ----------
    case : Case
    family : str
        Area family.
    filler_process : str or None
        Process of dark dies beyond the reticle; the die's own where absent.
    asked : frozenset of str
        What its rules read.
    controlled : callable
        Whether they catch facts; None where that hangs on one that is not known.
    """

    case: Case
    family: str
    filler_process: str | None
    asked: frozenset[str]
    controlled: Callable[[dict[str, Any]], bool | None]

    @classmethod
    def of(cls, case: Case, family: str, filler_process: str | None = None) -> "Reading":
        """Return how the rule set of a case reads."""
        rules = case.ruleset
        found = compiled(rules.controlled(case.request.destination))
        asked = facts_read(rules) - rules.vocabulary.definitions.keys()
        return cls(case, family, filler_process, asked, found)

    def fits(self, design: Design) -> bool:
        """Whether no control catches a design of ample area, whatever it costs."""
        return self._caught(design, self._most(), costed=False) is not True

    def classified(self, design: Design) -> Assessment:
        """Return the verdict on a new die of the area of its space."""
        facts = self._facts(design, costed=True)
        return check(facts, self.case.ruleset, self.case.request.destination)

    def least_area(self, design: Design) -> Decimal | None:
        """Return the least area that no control catches; None where each is caught. [mm2]

        Where that hangs on a fact that is not known, the least that may not be caught.
        """
        least = self._least(lambda steps: self._caught(design, steps, costed=False) is not True)
        if least is None:
            return None
        caught = self._caught(design, least or 1, costed=True)
        if caught is not False:
            sure = self._least(lambda steps: self._caught(design, steps, costed=True) is False)
            if sure is None and caught:
                return None
            least = least if sure is None else sure
        return Decimal(least) / STEPS_PER_MM2

    def _least(self, lawful: Callable[[int], bool]) -> int | None:
        """Least steps of area that are lawful, where more area never harms; 0 where any is."""
        low, high = 1, self._most()
        if not lawful(high):
            return None
        if lawful(low):
            return 0
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if lawful(middle) else (middle, high)
        return high

    def _most(self) -> int:
        return int(reticle_mm2(self.case.request.figures) * MOST_RETICLES * STEPS_PER_MM2)

    def _caught(self, design: Design, steps: int, *, costed: bool) -> bool | None:
        built = of_area(design, Decimal(steps) / STEPS_PER_MM2)
        facts = self._facts(built, costed=costed)
        return self.controlled({k: exact(v) for k, v in facts.items()})

    def _facts(self, design: Design, *, costed: bool) -> dict[str, Any]:
        """Facts of the new die: those of the family, its knobs and its own area and cost."""
        family = {k: v for k, v in constants(design.space).items() if k not in OWN}
        facts = {**family, **design.facts()}
        known = {**design.quantities(), **design.knobs()}
        facts |= {name: known[name] for name in (self.asked - facts.keys()) & known.keys()}
        if costed and COST in self.asked - facts.keys():
            facts |= self._cost(design)
        return facts

    def made(self, design: Design) -> NewDie:
        """Return the die to cost: of the area of the design, or what its blocks need if more."""
        blocks, figures = Blocks(self.family, design.cores, design.sites), self.case.request.figures
        needed = needed_area_mm2(blocks, figures).value
        area = max(
            design.space.area_mm2 or Decimal(0),
            Decimal(math.ceil(needed * STEPS_PER_MM2)) / STEPS_PER_MM2,
        )
        built = of_area(design, area)
        return NewDie(self.case, blocks, built, float(area), self.filler_process)

    def _cost(self, design: Design) -> dict[str, Fraction]:
        """What a unit costs, rounded up to whole cents; nothing where that is not known."""
        try:
            usd = self.made(design).unit_usd()
        except InputError:
            return {}
        if not math.isfinite(usd):
            return {}
        return {COST: Fraction(math.ceil(usd * CENTS), CENTS)}


def of_area(design: Design, area_mm2: Decimal) -> Design:
    """Return the same part on a die of another area."""
    return replace(design, space=replace(design.space, area_mm2=area_mm2))
