"""Why nothing is feasible: all minimal conflicts, and the least move of each line alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from constraints.expressions import NEGATED, conjunction
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.binding import columns_of
from optimizer.solver.breakpoints import (
    OUT_OF_REACH,
    RELAXED_BY_RAISING,
    STRICT,
    Line,
    Site,
    attribute_at,
    best_of,
    extreme,
    lines,
)
from optimizer.solver.conflict_sets import ConflictSets, conflict_sets
from optimizer.solver.explain import (
    JOINT,
    OUTWARD,
    at_most,
    best_aspect,
    label_of,
    limit_lines,
    site_of,
    throughput_only,
    without,
)
from optimizer.solver.model import Model
from optimizer.solver.objective import objective_of
from optimizer.solver.outcome import Infeasible, Unserved
from optimizer.solver.problem import Problem
from optimizer.solver.request import Fix, Limit, Request
from optimizer.solver.requirements import (
    STRUCTURE,
    TDP,
    THROUGHPUT_NAME,
    Requirements,
    attribute_of,
    requirements,
)
from optimizer.solver.search import Search
from optimizer.solver.tables import design_at, with_columns

# Any throughput above this counts as served. [token/s]
SERVED = 1e-300
SERVES = "the workload is served"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least move of one line that makes the request feasible, all others kept.

    Attributes
    ----------
    label : str
    value : Fraction or None
        Where the line stands; None of a fix of a name.
    needed : Fraction, str or None
        Where it has to stand; None where no value of this line alone is enough.
    inclusive : bool
        Whether the line may stand exactly at `needed`.
    design : Design or None
        A best design there.
    """

    label: str
    value: Fraction | None
    needed: Fraction | str | None
    inclusive: bool
    design: Design | None
    throughput: float


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that is asked of an infeasible request."""

    sets: ConflictSets
    relaxations: tuple[Relaxation, ...]


def why_infeasible(request: Request, answer: Infeasible | Unserved, prepared: Prepared) -> Why:
    """All minimal conflicts, and the cheapest relaxation of every line taken alone."""
    plain = throughput_only(request)
    site = site_of(answer.space, prepared)
    needs = requirements(plain, answer.space)
    structure = [r.condition for r in needs.items if r.kind == STRUCTURE]
    conditions = {r.label: r.condition for r in needs.items if r.kind != STRUCTURE}
    floors = {label_of(x): float(x.value) for x in plain.limits if x.name == THROUGHPUT_NAME}
    tables = with_columns(site.tables, needs.board_columns)
    objective = objective_of(answer.space, prepared, plain.objective)

    def possible(kept: Sequence[str]) -> bool:
        parts = [conditions[x] for x in kept if x in conditions]
        level = max([floors[x] for x in kept if x in floors], default=SERVED)
        problem = Problem.compile(tables, conjunction(*structure, *parts))
        if problem.empty:
            return False
        return bool(Search(problem.undominated(), objective).collect(level, 1))

    sets = conflict_sets([*conditions, *floors], possible)
    confirmed = tuple(_confirmed(answer.space, needs, each, floors) for each in sets.conflicts)
    return Why(replace(sets, conflicts=confirmed), tuple(relaxations(plain, site)))


def _confirmed(
    space: DesignSpace, needs: Requirements, conflict: tuple[str, ...], floors: Mapping[str, float]
) -> tuple[str, ...]:
    """A conflict of conditions as the exact solver sees it too; one that is not says what more.

    A set that only conflicts because what it leaves cannot serve the workload names that as well.
    """
    if set(conflict) & set(floors):
        return conflict
    model = Model(space, needs.by_label(), named=True, board_columns=needs.board_columns)
    fixed = [r.label for r in needs.items if r.kind == STRUCTURE]
    found = model.solve([*fixed, *conflict])
    return conflict if found is None else (*conflict, SERVES)


def relaxations(request: Request, site: Site) -> Iterator[Relaxation]:
    """For every threshold, limit and fix: where it alone would have to stand."""
    floors = [x for x in request.limits if x.name == THROUGHPUT_NAME]
    level = max([float(x.value) for x in floors], default=SERVED)
    rest = replace(request, limits=tuple(x for x in request.limits if x not in floors))
    for floor in floors:
        value, design = best_of(rest, site)
        needed = Fraction(value) if design is not None and value > 0 else None
        yield Relaxation(label_of(floor), floor.value, needed, True, design, value)
    for line in lines(request.ruleset, request.destination):
        found = _relaxed(rest, site, line, level)
        if found is not None:
            yield found
    for limit in rest.limits:
        yield _relaxed_limit(rest, site, limit, level)
    for fix in rest.fixes:
        yield _relaxed_fix(rest, site, fix, level)


def _relaxed(request: Request, site: Site, line: Line, level: float) -> Relaxation | None:
    """Move one line out of reach, and take the design at the level that needs least of it."""
    anyone = design_at(site.space, site.tables, (0, 0, 0))
    if attribute_at(line, site.space, columns_of(anyone)) is None:
        return None
    upward = line.op in RELAXED_BY_RAISING
    asked = line.moved(request, Fraction(OUT_OF_REACH if upward else 0))
    deciding = extreme(asked, site, line, level, least=upward)
    if deciding is None:
        return None
    _, needed = deciding
    inclusive = line.op in STRICT
    step = Fraction(0) if inclusive else Fraction(1, 10**9)
    value, best = best_of(line.moved(request, needed + (step if upward else -step)), site)
    return Relaxation(line.path, line.value, needed, inclusive, best, value)


def _relaxed_limit(request: Request, site: Site, limit: Limit, level: float) -> Relaxation:
    label = label_of(limit)
    none = Relaxation(label, limit.value, None, True, None, 0.0)
    for line in limit_lines(site.space, limit):
        return _relaxed(request, site, line, level) or none
    if limit.name in JOINT and limit.op in OUTWARD[limit.name]:
        found = best_aspect(without(request, limit), site, limit.name, level)
        if found is None:
            return none
        there = replace(limit, op=OUTWARD[limit.name][0], value=found[1])
        moved = tuple(there if x is limit else x for x in request.limits)
        worth_, design = best_of(replace(request, limits=moved), site)
        at = limit.op == OUTWARD[limit.name][0]
        return Relaxation(label, limit.value, found[1], at, design, worth_)
    if limit.name == TDP and limit.op in ("<=", "<"):
        for value in sorted({Fraction(c) for b in site.space.boards for c in b.tdp_classes_w}):
            worth_, design = best_of(at_most(request, limit, value), site)
            if worth_ >= level:
                return Relaxation(label, limit.value, value, limit.op == "<=", design, worth_)
        return none
    return replace(
        _relaxed_fix(request, site, Fix(limit.name, limit.value), level, limit), label=label
    )


def _relaxed_fix(
    request: Request, site: Site, fix: Fix, level: float, each: Limit | None = None
) -> Relaxation:
    """The value nearest to a fix at which a design exists; of a named choice, the best other."""
    free = without(request, each or next(x for x in request.fixes if x is fix))
    label = label_of(fix)
    value = fix.value if isinstance(fix.value, Fraction) else None
    worth_, design = best_of(free, site)
    if design is None or worth_ < level:
        return Relaxation(label, value, None, True, None, 0.0)
    if value is None or fix.name in (TDP, *JOINT):
        other = str(design.knobs().get(fix.name, "another value"))
        return Relaxation(label, value, other, True, design, worth_)
    near = []
    for op, least in ((">=", True), ("<=", False)):
        bound = Limit(fix.name, op, value)
        asked = replace(free, limits=(*free.limits, bound))
        line = Line(label, value, attribute_of(site.space, fix.name), NEGATED[op], bound)
        found = extreme(asked, site, line, level, least=least)
        if found is not None:
            near.append((abs(found[1] - value), found[1]))
    if not near:
        return Relaxation(label, value, None, True, None, 0.0)
    needed = min(near)[1]
    there = replace(free, limits=(*free.limits, Limit(fix.name, "==", needed)))
    worth_, design = best_of(there, site)
    return Relaxation(label, value, needed, True, design, worth_)


__all__ = ["SERVES", "Relaxation", "Why", "relaxations", "why_infeasible"]
