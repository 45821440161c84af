"""Why nothing is feasible: all minimal conflicts, and the least move of each line alone.

Every question is asked within a number of boxes; what stays open is named, never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from constraints.clause_by_clause import by_clause
from constraints.expressions import NEGATED, Expr, Name, names
from optimizer.design import Design
from optimizer.projection import Prepared
from optimizer.solver.bench import Bench
from optimizer.solver.binding import columns_of
from optimizer.solver.column_reader import TDP, attribute_of
from optimizer.solver.conflict_sets import ConflictSets, conflict_sets
from optimizer.solver.conflicts import confirming, open_conditions, possible_on
from optimizer.solver.explain import (
    JOINT,
    best_aspect,
    label_of,
    site_of,
    without,
)
from optimizer.solver.lines import RELAXED_BY_RAISING, STRICT, Line, attribute_at, lines
from optimizer.solver.objective import objective_of
from optimizer.solver.outcome import Infeasible, Unserved
from optimizer.solver.possible import SERVED, Meter, OpenError
from optimizer.solver.request import (
    THROUGHPUT,
    THROUGHPUT_NAME,
    Fix,
    Limit,
    Request,
    contradiction,
)
from optimizer.solver.requirements import requirements
from optimizer.solver.tables import design_at

SERVES = "the workload is served"
# A threshold moved here excludes nothing that silicon can reach.
OUT_OF_REACH = 10**9
# A strict line just past an attribute; no attribute lies between.
STEP = Fraction(1, 10**9)
Moved = TypeVar("Moved", Line, Limit, Fix)


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
    throughput : float or None
        Its throughput; None where that stayed open. [token/s per chip]
    settled : bool
        Whether the question was answered within its boxes; if not, nothing else here is known.
    why : str
        Why the question is not asked at all; empty where it is.
    """

    label: str
    value: Fraction | None
    needed: Fraction | str | None = None
    inclusive: bool = True
    design: Design | None = None
    throughput: float | None = None
    settled: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that is asked of an infeasible request.

    Attributes
    ----------
    sets : ConflictSets
        By clause of a rule, limit and fix.
    relaxations : tuple of Relaxation
    unconfirmed : tuple of tuple of str
        Conflicts that the exact solver did not settle within its limit.
    """

    sets: ConflictSets
    relaxations: tuple[Relaxation, ...]
    unconfirmed: tuple[tuple[str, ...], ...] = ()


def why_infeasible(request: Request, answer: Infeasible | Unserved, prepared: Prepared) -> Why:
    """All minimal conflicts, and the cheapest relaxation of every line taken alone.

    Whether anything is feasible does not hang on the objective: designs are told by throughput.
    """
    site = site_of(answer.space, prepared)
    objective = objective_of(answer.space, prepared, THROUGHPUT)
    apart = replace(request, ruleset=by_clause(request.ruleset, request.destination))
    needs = requirements(apart, answer.space)
    floors = {label_of(x): float(x.value) for x in request.limits if x.name == THROUGHPUT_NAME}
    meter = Meter()
    possible = possible_on(site.tables, needs, objective, floors, meter, unserved=SERVED)
    sets = conflict_sets([*open_conditions(needs), *floors], possible)
    confirmed = confirming(answer.space, needs)
    told, unconfirmed = [], []
    for each in sets.conflicts:
        said = True if set(each) & set(floors) else confirmed(each)
        # What the exact solver can meet conflicts only because it cannot serve the workload.
        told.append((*each, SERVES) if said is False else each)
        unconfirmed += [each] if said is None else []
    bench = Bench(site, objective, _level(request), meter)
    found = tuple(relaxations(replace(request, objective=THROUGHPUT), bench))
    return Why(replace(sets, conflicts=tuple(told)), found, tuple(unconfirmed))


def _level(request: Request) -> float:
    floors = [float(x.value) for x in request.limits if x.name == THROUGHPUT_NAME]
    return max(floors, default=SERVED)


def relaxations(request: Request, bench: Bench) -> Iterator[Relaxation]:
    """For every threshold, limit and fix: where it alone would have to stand.

    Of thresholds only those are given that can be enough, or whose question stayed open.
    """
    floors = [x for x in request.limits if x.name == THROUGHPUT_NAME]
    rest = replace(request, limits=tuple(x for x in request.limits if x not in floors))
    anyone = columns_of(design_at(bench.site.space, bench.site.tables, (0, 0, 0)))
    for floor in floors:
        yield _settled(_relaxed_floor, rest, bench, floor)
    for line in lines(request.ruleset, request.destination):
        read = names(line.attribute) & {TDP, *JOINT}
        if read and not _is_joint(line.attribute):
            why = f"{' and '.join(sorted(read))} of a design hangs on several knobs at once"
            yield replace(_none(line), settled=False, why=why)
            continue
        if not read and attribute_at(line, bench.site.space, anyone) is None:
            continue
        found = _settled(_relaxed, rest, bench, line)
        if found.needed is not None or not found.settled:
            yield found
    for limit in rest.limits:
        yield _settled(_relaxed_limit, rest, bench, limit)
    for fix in rest.fixes:
        yield _settled(_relaxed_fix, rest, bench, fix)


def _settled(
    ask: Callable[[Request, Bench, Moved], Relaxation], request: Request, bench: Bench, each: Moved
) -> Relaxation:
    try:
        return ask(request, bench, each)
    except OpenError:
        return replace(_none(each), settled=False)


def _none(each: Line | Limit | Fix) -> Relaxation:
    """That no value of a line alone is enough."""
    label = each.path if isinstance(each, Line) else label_of(each)
    return Relaxation(label, each.value if isinstance(each.value, Fraction) else None)


def _with(
    none: Relaxation,
    needed: Fraction | str,
    bench: Bench,
    request: Request,
    *,
    inclusive: bool = True,
) -> Relaxation:
    """The relaxation with the best design that a request allows, if that is settled."""
    try:
        worth, design = bench.best(request)
    except OpenError:
        return replace(none, needed=needed, inclusive=inclusive)
    return replace(none, needed=needed, inclusive=inclusive, design=design, throughput=worth)


def _relaxed_floor(rest: Request, bench: Bench, floor: Limit) -> Relaxation:
    worth, design = bench.best(rest)
    if design is None or worth <= 0:
        return _none(floor)
    return replace(_none(floor), needed=Fraction(worth), design=design, throughput=worth)


def _relaxed(request: Request, bench: Bench, line: Line) -> Relaxation:
    """Move one line out of reach, and take the design at the level that needs least of it."""
    upward = line.op in RELAXED_BY_RAISING
    deciding = _end(line.moved(request, Fraction(OUT_OF_REACH if upward else 0)), bench, line)
    if deciding is None:
        return _none(line)
    needed, inclusive = deciding[1], line.op in STRICT
    step = Fraction(0) if inclusive else STEP
    there = line.moved(request, needed + (step if upward else -step))
    return _with(_none(line), needed, bench, there, inclusive=inclusive)


def _is_joint(attribute: Expr) -> bool:
    """Whether it is a quantity that hangs on several knobs at once, and nothing else."""
    return isinstance(attribute, Name) and attribute.id in JOINT


def _end(free: Request, bench: Bench, line: Line) -> tuple[Design, Fraction] | None:
    """The least that designs have of what a line forbids above it, the most of what below."""
    upward = line.op in RELAXED_BY_RAISING
    if _is_joint(line.attribute):
        (name,) = names(line.attribute)
        return best_aspect(free, bench.site, name, bench.level, bench.meter, least=upward)
    asked = bench.asked(free, line)
    return asked.least() if upward else asked.greatest()


def _relaxed_limit(request: Request, bench: Bench, limit: Limit) -> Relaxation:
    if limit.name == TDP or limit.op == "==":
        return _relaxed_value(without(request, limit), bench, limit)
    attribute = _attribute(bench, limit.name)
    line = Line(label_of(limit), limit.value, attribute, NEGATED[limit.op], limit)
    return _relaxed(request, bench, line)


def _attribute(bench: Bench, name: str) -> Expr:
    """What a limit is compared with: columns, or a quantity that hangs on several knobs at once."""
    return Name(name) if name in JOINT else attribute_of(bench.site.space, name)


def _relaxed_class(free: Request, bench: Bench, each: Limit | Fix, value: Fraction) -> Relaxation:
    """The nearest power class that is enough."""
    classes = {Fraction(c) for b in bench.site.space.boards for c in b.tdp_classes_w}
    bounds = [x for x in free.limits if x.name == TDP]
    bounds += [
        Limit(TDP, "==", x.value)
        for x in free.fixes
        if x.name == TDP and isinstance(x.value, Fraction)
    ]
    at = isinstance(each, Fix) or each.op not in ("<", ">")
    for needed in sorted(classes, key=lambda c: (abs(c - value), c)):
        held = Limit(TDP, "==", needed)
        if contradiction([held, *bounds]):
            continue
        there = replace(free, limits=(*free.limits, held))
        if bench.any(there):
            return _with(_none(each), needed, bench, there, inclusive=at)
    return _none(each)


def _relaxed_fix(request: Request, bench: Bench, fix: Fix) -> Relaxation:
    return _relaxed_value(without(request, fix), bench, fix)


def _relaxed_value(free: Request, bench: Bench, each: Limit | Fix) -> Relaxation:
    """The value nearest to one that is asked for; of a named choice, that of the best design."""
    none, value, name = _none(each), each.value, each.name
    if isinstance(value, str):
        worth, design = bench.best(free)
        if design is None or worth < bench.level:
            return none
        return replace(none, needed=str(design.knobs()[name]), design=design, throughput=worth)
    if name == TDP:
        return _relaxed_class(free, bench, each, value)
    near = []
    for op in (">=", "<="):
        side = replace(free, limits=(*free.limits, Limit(name, op, value)))
        found = _end(side, bench, Line(none.label, value, _attribute(bench, name), op))
        near += [] if found is None else [found[1]]
    if not near:
        return none
    needed = min(near, key=lambda v: (abs(v - value), v))
    there = replace(free, limits=(*free.limits, Limit(name, "==", needed)))
    return _with(none, needed, bench, there)


__all__ = ["SERVES", "Relaxation", "Why", "relaxations", "why_infeasible"]
