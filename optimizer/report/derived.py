"""What the silicon models say of a design: value, 80 % interval, what moves it, error, grade."""

from collections.abc import Collection

from optimizer.design.cost_estimate import cost_lacking
from optimizer.design.uncertain import CLOCK, GOOD_DIE, POWER, SALVAGE, spreads_of
from optimizer.design.unit_cost import CENTS
from optimizer.report.estimates import POWER_GRADE, errors_of, grade_of, rounded
from optimizer.report.numbers import json_number
from optimizer.report.ranges import hidden_of, said
from optimizer.report.result import Estimate, Moved
from optimizer.report.solve import Case
from optimizer.silicon.defaults import floorplan, missing_floorplan, missing_power
from optimizer.silicon.uncertainty import Spread
from optimizer.solver.costs import COST
from optimizer.solver.outcome import SolvedDesign
from optimizer.solver.tables import POWER_STEPS

EIGHTY = "80 %"
UNTESTED = {
    GOOD_DIE: "no price of a die is public; a foundry's invoice and a count of good dies would do",
    SALVAGE: "no count of good dies is public; the bins of one lot of wafers would do",
}


def derived_of(solved: SolvedDesign, case: Case) -> dict[str, Estimate]:
    """Every number of the silicon models under its name; what is unknown names what it lacks."""
    spreads = spreads_of(solved.design, case.draws)
    hidden = hidden_of(case)
    found = {
        COST: _cost(solved),
        GOOD_DIE: _good_die(solved, spreads.get(GOOD_DIE)),
        SALVAGE: _salvage(solved),
        POWER: _power(solved),
        CLOCK: _clock(solved),
    }
    return {
        name: each if each.estimate is None else _spread(name, each, spreads.get(name), hidden)
        for name, each in found.items()
    }


def _spread(name: str, each: Estimate, spread: Spread | None, hidden: Collection[str]) -> Estimate:
    """An estimate with the interval of its draws and its strongest inputs."""
    if spread is None:
        return each
    plain = said(spread, hidden)
    moved = [
        {key: value if key == "name" else rounded(name, value) for key, value in m.items()}
        for m in plain["moved_by"]
    ]
    return each.model_copy(
        update={
            **{end: rounded(name, plain[end]) for end in ("low", "median", "high")},
            "spans": EIGHTY,
            "moved_by": tuple(Moved(**m) for m in moved),
            "untested": UNTESTED.get(name, "") if each.relative_error is None else "",
        }
    )


def _cost(solved: SolvedDesign) -> Estimate:
    found = solved.unit_cost
    if found is None:
        return Estimate(estimate=None, missing=cost_lacking(solved.design))
    return Estimate(
        estimate=json_number(found.cents / CENTS),
        relative_error=found.relative_error,
        grade=found.grade,
    )


def _good_die(solved: SolvedDesign, spread: Spread | None) -> Estimate:
    """Cash cost of the good logic dies of a unit."""
    if spread is None or solved.unit_cost is None:
        return Estimate(estimate=None, missing=cost_lacking(solved.design))
    return Estimate(estimate=round(spread.middle, 2), grade=solved.unit_cost.grade)


def _salvage(solved: SolvedDesign) -> Estimate:
    space = solved.design.space
    if floorplan(space.parent, space.figures) is None or solved.salvage_share is None:
        return Estimate(estimate=None, missing=(missing_floorplan(space.parent) or "floorplan",))
    return Estimate(
        estimate=solved.salvage_share,
        relative_error=errors_of(space)[SALVAGE],
        grade=grade_of(solved.design, SALVAGE),
    )


def _no_power(solved: SolvedDesign) -> tuple[str, ...]:
    return (f"power model: {missing_power(solved.design.space.parent)}",)


def _power(solved: SolvedDesign) -> Estimate:
    power = solved.design.space.power
    if power is None or solved.power is None:
        return Estimate(estimate=None, missing=_no_power(solved))
    return Estimate(
        estimate=json_number(solved.power / POWER_STEPS),
        relative_error=power.relative_error,
        grade=POWER_GRADE,
    )


def _clock(solved: SolvedDesign) -> Estimate:
    found = solved.sustained
    if found is None:
        return Estimate(estimate=None, missing=_no_power(solved))
    return Estimate(
        estimate=found.mhz,
        relative_error=found.relative_error,
        grade=POWER_GRADE,
        missing=() if found.mhz is not None else ("a clock within the board class",),
    )
