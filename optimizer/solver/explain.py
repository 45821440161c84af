"""Why this answer: what each line is worth, what conflicts, what relaxing costs, why not other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from catalogs.errors import InputError
from constraints.expressions import NEGATED, conjunction
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared
from optimizer.solver.aspects import MORE, Trade, aspect
from optimizer.solver.binding import columns_of
from optimizer.solver.breakpoints import (
    OUT_OF_REACH,
    RELAXED_BY_RAISING,
    STRICT,
    Line,
    Move,
    Site,
    attribute_at,
    best_of,
    binding_lines,
    extreme,
    lines,
    moves_of,
)
from optimizer.solver.conflict_sets import ConflictSets, conflict_sets
from optimizer.solver.costs import COST
from optimizer.solver.model import Model
from optimizer.solver.objective import objective_of
from optimizer.solver.outcome import Feasible, Infeasible, Optimal, Unserved
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
from optimizer.solver.salvage import SALVAGE
from optimizer.solver.search import Search
from optimizer.solver.staircase import TOLERANCE
from optimizer.solver.tables import build_tables, design_at, with_columns
from optimizer.solver.ties import EQUAL_SHARE

# Any throughput above this counts as served. [token/s]
SERVED = 1e-300
SERVES = "the workload is served"


@dataclass(frozen=True, slots=True)
class Freed:
    """What one limit or fix of the user costs as a whole.

    Attributes
    ----------
    label : str
        As the user typed it.
    before, after : float
        Best throughput with it and without it. [token/s per chip]
    design : Design or None
        Best design without it.
    """

    label: str
    before: float
    after: float
    design: Design | None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least move of one line that makes the request feasible, all others kept.

    Attributes
    ----------
    label : str
    value : Fraction or None
        Where the line stands; None of a fix of a name.
    needed : Fraction, float, str or None
        Where it has to stand; None where no value of this line alone is enough.
    inclusive : bool
        Whether the line may stand exactly at `needed`.
    design : Design or None
        A best design there.
    """

    label: str
    value: Fraction | None
    needed: Fraction | float | str | None
    inclusive: bool
    design: Design | None
    throughput: float


@dataclass(frozen=True, slots=True)
class Worth:
    """Everything that is asked of a feasible answer."""

    moves: tuple[Move, ...]
    freed: tuple[Freed, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that is asked of an infeasible request."""

    sets: ConflictSets
    relaxations: tuple[Relaxation, ...]


def site_of(space: DesignSpace, prepared: Prepared) -> Site:
    """What every question on one space shares."""
    return Site(space, prepared, build_tables(space))


def worth(request: Request, answer: Optimal | Feasible, prepared: Prepared) -> Worth:
    """Exact moves of every binding threshold and of every limit, and what each limit costs."""
    plain = _throughput_only(request)
    site = site_of(answer.space, prepared)
    law = binding_lines(plain, answer)
    own = [line for limit in plain.limits for line in limit_lines(answer.space, limit)]
    moves = [*moves_of(plain, answer, site, (*law, *own))]
    for limit in plain.limits:
        if limit.name == TDP:
            moves += _class_moves(plain, answer, site, limit)
        elif limit.name == SALVAGE:
            moves += _salvage_moves(plain, answer, site, limit)
    return Worth(tuple(moves), tuple(_freed(plain, answer, site)))


def _throughput_only(request: Request) -> Request:
    if request.objective != "throughput":
        raise InputError(
            f"moves are worked out for throughput, not for {request.objective}", "explain"
        )
    if request.sustained:
        raise InputError("moves are worked out at the rated clock only", "explain")
    if COST in {x.name for x in request.limits} | {x.name for x in request.fixes}:
        raise InputError(f"moves are not worked out beside a limit on {COST}", "explain")
    return request


def limit_lines(space: DesignSpace, limit: Limit) -> Iterator[Line]:
    """The line of a user's limit; none of what is no linear quantity or has no single side."""
    if limit.name in (THROUGHPUT_NAME, TDP, SALVAGE) or limit.op == "==":
        return
    path = f"--limit {limit}"
    yield Line(path, limit.value, attribute_of(space, limit.name), NEGATED[limit.op], limit)


def _freed(request: Request, answer: Optimal | Feasible, site: Site) -> Iterator[Freed]:
    before = answer.designs[0].value
    asked: tuple[Limit | Fix, ...] = (*request.limits, *request.fixes)
    for each in asked:
        if isinstance(each, Limit) and each.name == THROUGHPUT_NAME:
            continue
        value, design = best_of(without(request, each), site)
        if value > before * (1 + TOLERANCE):
            yield Freed(label_of(each), before, value, design)


def without(request: Request, each: Limit | Fix) -> Request:
    """The request without one limit or fix."""
    limits = tuple(x for x in request.limits if x is not each)
    fixes = tuple(x for x in request.fixes if x is not each)
    return replace(request, limits=limits, fixes=fixes)


def label_of(each: Limit | Fix) -> str:
    """A limit or fix as its requirement is labeled."""
    return f"--limit {each}" if isinstance(each, Limit) else f"--fix {each}"


def _class_moves(
    request: Request, answer: Optimal | Feasible, site: Site, limit: Limit
) -> Iterator[Move]:
    """Moves of a bound on the power class, which takes few values: one after the other."""
    if limit.op not in ("<=", "<"):
        return
    best = answer.designs[0]
    classes = sorted({Fraction(c) for b in site.space.boards for c in b.tdp_classes_w})
    inside = [c for c in classes if c < limit.value or (c == limit.value and limit.op == "<=")]
    path = f"--limit {limit}"
    for value in classes[len(inside) :]:
        found, design = best_of(_at(request, limit, value), site)
        if found > best.value * (1 + TOLERANCE):
            yield Move(path, limit.value, True, value, True, best.value, found, design)
            break
    for value, below in zip(inside[::-1], [*inside[-2::-1], None], strict=True):
        found, design = (0.0, None) if below is None else best_of(_at(request, limit, below), site)
        if found < best.value * (1 - EQUAL_SHARE):
            yield Move(path, limit.value, False, value, False, best.value, found, design)
            break


def _at(request: Request, limit: Limit, value: Fraction) -> Request:
    new = replace(limit, op="<=", value=value)
    return replace(request, limits=tuple(new if x is limit else x for x in request.limits))


def _salvage_moves(
    request: Request, answer: Optimal | Feasible, site: Site, limit: Limit
) -> Iterator[Move]:
    """Moves of a least salvage share: the highest share above (or at) the optimum decides."""
    if limit.op not in (">=", ">"):
        return
    best, path = answer.designs[0].value, f"--limit {limit}"
    for relaxes in (True, False):
        level = best * (1 + TOLERANCE) if relaxes else best * (1 - EQUAL_SHARE)
        found = most_salvage(without(request, limit) if relaxes else request, site, level)
        if found is None:
            continue
        share = Fraction(found[1])
        past = replace(limit, op=">=" if relaxes else ">", value=share)
        moved = tuple(past if x is limit else x for x in request.limits)
        after, design = best_of(replace(request, limits=moved), site)
        if (after > best * (1 + TOLERANCE)) if relaxes else (after < best * (1 - EQUAL_SHARE)):
            yield Move(path, limit.value, relaxes, share, relaxes, best, after, design)


def most_salvage(request: Request, site: Site, level: float) -> tuple[Design, float] | None:
    """The design at or above a level whose salvage share is highest."""
    needs = requirements(request, site.space)
    objective = objective_of(site.space, site.prepared, request.objective)
    trade = Trade(objective, (aspect(site.space, SALVAGE, MORE),))
    tables = with_columns(site.tables, needs.board_columns)
    problem = Problem.compile(trade.extended(tables), needs.expr)
    if problem.empty:
        return None

    def share(joined: np.ndarray) -> np.ndarray:
        vectors = trade.vectors(joined)
        good = objective(vectors[:, :5]) >= level
        return np.asarray(np.where(good, trade.others(vectors)[:, 0], -np.inf))

    found = Search(problem, share).best()
    if found.rows is None:
        return None
    a, b, c = found.rows
    return design_at(site.space, problem.tables, (a, b, c)), found.value


def why_infeasible(request: Request, answer: Infeasible | Unserved, prepared: Prepared) -> Why:
    """All minimal conflicts, and the cheapest relaxation of every line taken alone."""
    plain = _throughput_only(request)
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
        needed = value if design is not None and value > 0 else None
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
    if limit.name == SALVAGE:
        found = most_salvage(without(request, limit), site, level)
        return none if found is None else replace(none, needed=found[1], design=found[0])
    if limit.name == TDP and limit.op in ("<=", "<"):
        for value in sorted({Fraction(c) for b in site.space.boards for c in b.tdp_classes_w}):
            worth_, design = best_of(_at(request, limit, value), site)
            if worth_ >= level:
                return Relaxation(label, limit.value, value, True, design, worth_)
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
    if value is None or fix.name in (TDP, SALVAGE):
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


__all__ = [
    "SERVES",
    "Freed",
    "Relaxation",
    "Why",
    "Worth",
    "label_of",
    "relaxations",
    "why_infeasible",
    "worth",
]
