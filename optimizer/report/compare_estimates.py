"""What the silicon models say of a part that a vendor sells, by the functions of the back-test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from catalogs import Catalog, Sku
from optimizer.design import Design, DesignSpace, Incomplete, build_space
from optimizer.design.cost_estimate import cost_estimate
from optimizer.design.shipped import any_design, at_own_rates, bin_of, knobs_of_sku, twin_of
from optimizer.design.uncertain import ESTIMATES, SALVAGE, UNIT_COST_USD, spreads_of
from optimizer.design.unit_cost import CENTS
from optimizer.report.compare_parts import Measure
from optimizer.report.estimates import error_notes, errors_of, grade_of, rounded
from optimizer.report.words import label
from optimizer.silicon.defaults import missing_floorplan, missing_power

# Without a law there is no day; prices are the newest.
NEWEST = date.max


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of a part by row, and what is to be said of them."""

    measures: Mapping[str, Measure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def estimates_of(sku: Sku, catalog: Catalog, on: date | None = None) -> Estimates:
    """Power, salvage share and unit cost of a part, as far as it is a bin of a die of the catalog.

    Parameters
    ----------
    sku : Sku
    catalog : Catalog
    on : date, optional
        Day of the prices, and by which its memory is on sale; the newest where absent.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog(ambient=False)
    >>> found = estimates_of(catalog.sku("h20"), catalog).measures
    >>> [(name, each.basis, each.grade) for name, each in found.items()][:2]
    [('unit_cost_usd', 'estimated', 'C'), ('salvage_share', 'estimated', 'C')]
    """
    if sku.die not in catalog.dies:
        return Estimates(notes=("power, salvage share and unit cost: its die is not known",))
    space = build_space(catalog, str(sku.die), on or NEWEST, sku.datacenter is not False)
    if isinstance(space, Incomplete):
        said = f"power, salvage share and unit cost of {sku.die}: {space.words}"
        return Estimates(notes=(said,))
    design, names, why = _nearest(sku, space)
    found = {} if design is None else _measures(design, names)
    dated = ("unit cost at the newest prices",) if on is None and UNIT_COST_USD in found else ()
    left = [label(name) for name in ESTIMATES if name not in found]
    why = why or missing_floorplan(space.parent) or missing_power(space.parent)
    notes = (f"not estimated: {', '.join(left)}: {why}",) if left else ()
    errors = error_notes(errors_of(space), space.parent, tuple(found))
    return Estimates(found, (*errors, *dated, *notes))


def _nearest(sku: Sku, space: DesignSpace) -> tuple[Design | None, Sequence[str], str]:
    """The part as a design of its die, the estimates that read no more of it, and what it lacks."""
    knobs, other = knobs_of_sku(sku), any_design(space)
    twin = twin_of(knobs, other)
    if isinstance(twin, str):
        return bin_of(knobs, other), (SALVAGE,), twin
    own = at_own_rates(knobs, twin)
    if own is None:
        return twin, (UNIT_COST_USD, SALVAGE), "its clock or rates are none of the die's"
    return own, ESTIMATES, ""


def _measures(design: Design, names: Sequence[str]) -> dict[str, Measure]:
    """Estimates of a design with their p10 and p90."""
    spreads, cost = spreads_of(design), cost_estimate(design)
    found = {}
    for name in (each for each in names if each in spreads):
        ends = spreads[name]
        middle = cost.cents / CENTS if cost and name == UNIT_COST_USD else ends.middle
        low, value, high = (rounded(name, each) for each in (ends.low, middle, ends.high))
        grade = grade_of(design, name)
        found[name] = Measure(value, "estimated", grade, low=low, high=high)
    return found
