"""How a frontier is made: every parent solved, points merged, checked and written down."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from catalogs.errors import InputError
from constraints.check import check
from constraints.screening import Screen, screen
from optimizer.design import Design
from optimizer.projection import prepare
from optimizer.projection.ratios import RatioBand
from optimizer.report.canonical import plain
from optimizer.report.frontier_document import (
    Frontier,
    FrontierParent,
    FrontierPoint,
    Goal,
    Status,
)
from optimizer.report.frontier_ratios import UNITS as RATIO_UNITS
from optimizer.report.frontier_ratios import lacking, ratio_of, thinned
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.numbers import json_number
from optimizer.report.parents import in_words
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.result import JsonNumber
from optimizer.report.solve import Case
from optimizer.solver.aspects import BEHIND, TRADED, behind
from optimizer.solver.checked import facts_of
from optimizer.solver.front import Front
from optimizer.solver.frontier import ParentAnswer, ParentFrontier, parent_frontier
from optimizer.solver.limits import printed
from optimizer.solver.objective import power_of
from optimizer.solver.optimize import space_of
from optimizer.solver.outcome import Infeasible, LeftOut, Undecided, Unserved
from optimizer.solver.request import QUANTITIES, THROUGHPUT
from optimizer.solver.tables import POWER_STEPS

NOT_CONTROLLED: Literal["not_controlled"] = "not_controlled"


def frontier(
    case: Case, others: tuple[str, ...], steps: Mapping[str, Fraction], *, exact: bool = False
) -> Frontier:
    """Pareto set over the parents of a case.

    Parameters
    ----------
    case : Case
    others : tuple of str
        Objectives beside throughput.
    steps : mapping of str to Fraction
        Resolution by objective.
    exact : bool
        Choose no steps by itself.
    """
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    names = case.request.parents or tuple(sorted(case.catalog.dies))
    answers: list[tuple[str, ParentAnswer]] = []
    for name in names:
        space = space_of(case.request, case.catalog, name)
        if isinstance(space, LeftOut):
            answers.append((name, space))
            continue
        missing = lacking(space, others)
        if missing:
            answers.append((name, LeftOut(name, missing, "an objective is not known of this die")))
            continue
        read = behind(others)
        found = parent_frontier(case.request, space, prepared, read, steps, exact=exact)
        answers.append((name, in_words(found, case.request, prepared)))
    asked = {"objectives": [THROUGHPUT, *others], "steps": plain(steps), "exact": exact}
    return _document(case, others, answers, asked)


def _document(
    case: Case,
    others: tuple[str, ...],
    answers: Sequence[tuple[str, ParentAnswer]],
    asked: Mapping[str, object],
) -> Frontier:
    fronts = [a for _, a in answers if isinstance(a, ParentFrontier)]
    listed = thinned(fronts, others) if {*others} & {*BEHIND} else _merged(fronts)
    counts = [sum(1 for owner, _ in listed if owner is front) for front in fronts]
    inputs = resolved_inputs(case)
    inputs["frontier"] = dict(asked)
    rows = iter(counts)
    return Frontier(
        status=_status([a for _, a in answers]),
        objectives=_goals(others, fronts),
        claim=_claim(fronts),
        points=_points(case, listed, others),
        parents=tuple(
            _parent(name, a, next(rows) if isinstance(a, ParentFrontier) else 0)
            for name, a in answers
        ),
        assumptions=assumptions_of(case),
        warnings=_warnings(case, fronts),
        inputs=inputs,
        hashes=hashes_of(inputs),
        versions=versions_of(case),
    )


def _merged(fronts: Sequence[ParentFrontier]) -> list[tuple[ParentFrontier, int]]:
    """Points that no point of another parent dominates, slowest first: (parent, index)."""
    rows = [(front, i) for front in fronts for i in range(len(front.points))]
    if len(fronts) < 2:
        return rows
    speed, others, power = [], [], []
    for front in fronts:
        vectors = np.array([front.trade.vector(p.design) for p in front.points])
        speed.append(front.trade.speed(vectors))
        others.append(front.trade.others(vectors))
        power.append(np.array([float(power_of(p.design) or 0) for p in front.points]))
    s, o, p = np.concatenate(speed), np.concatenate(others), np.concatenate(power)
    whole = Front.of(s, o, p)
    stays = ~whole.covers(s, o, p)
    seen: set[tuple[float, ...]] = set()
    kept = []
    for i in np.lexsort([p, s]):
        key = (float(s[i]), *o[i].tolist())
        if stays[i] and key not in seen:
            seen.add(key)
            kept.append(rows[i])
    return kept


def _goals(others: tuple[str, ...], fronts: Sequence[ParentFrontier]) -> tuple[Goal, ...]:
    steps = {name: step for front in fronts for name, step in front.steps.items()}
    first = Goal(name=THROUGHPUT, better="more", unit="token/s per chip", step=None)
    rest = tuple(
        Goal(
            name=name,
            better="more" if name in BEHIND or TRADED[name] > 0 else "less",
            unit=RATIO_UNITS[name] if name in BEHIND else QUANTITIES[name],
            step=None if name not in steps else json_number(steps[name]),
        )
        for name in others
    )
    return (first, *rest)


def _claim(fronts: Sequence[ParentFrontier]) -> str:
    if not fronts:
        return "no die has a frontier, so there is nothing to prove"
    if not all(front.proved for front in fronts):
        return "the points are what the search found; that nothing lawful beats them is not proved"
    base = (
        "proved: every design that meets the requirements and serves the workload is matched or "
        "beaten in every objective by a listed point (throughput within 1e-9 of it)"
    )
    rough = {n: s for front in fronts for n, s in front.proved_at.items()}
    if any(front.steps for front in fronts):
        base += ", at the resolution of the steps"
    if rough:
        at = ", ".join(f"{name} {json_number(step)}" for name, step in rough.items())
        base += f"; frontiers of very many points are proved at every multiple of {at}"
    return base


def _points(
    case: Case, listed: Sequence[tuple[ParentFrontier, int]], others: Sequence[str]
) -> tuple[FrontierPoint, ...]:
    ready = screen(case.ruleset, case.request.destination)
    ratios = [name for name in others if name in BEHIND]
    ends = {id(front): _intervals(front) for front in {id(f): f for f, _ in listed}.values()}
    best = max(((front.points[i].speed, front.parent) for front, i in listed), default=(0.0, ""))
    bands = {front.parent: band_of(case, front.parent, best[1]) for front, _ in listed}
    return tuple(
        _point(
            ready,
            facts_of(front.points[i].design, case.ruleset),
            front,
            i,
            ends[id(front)][i],
            inside(front.points[i].speed, best[0], bands[front.parent]),
            bands[front.parent],
            ratios,
        )
        for front, i in listed
    )


def _intervals(front: ParentFrontier) -> list[tuple[float, float]]:
    """80 % interval of the throughput of every point of a parent. [1/s per chip]"""
    objective = front.trade.objective
    vectors = np.array([objective.vector(point.design) for point in front.points])
    table = objective.prepared.project(objective.resources(vectors))
    return list(zip(table.low.tolist(), table.high.tolist(), strict=True))


def _warnings(case: Case, fronts: Sequence[ParentFrontier]) -> tuple[str, ...]:
    """What the checker says of the fastest point of each parent, and what was never measured."""
    said = [
        text
        for front in fronts
        for text in check(
            facts_of(front.points[-1].design, case.ruleset),
            case.ruleset,
            case.request.destination,
        ).warnings
    ]
    unstated = [name for front in fronts for name in front.unstated]
    return warnings_of(case, [front.space for front in fronts], said, unstated)


def _point(
    ready: Screen,
    facts: Mapping[str, Any],
    front: ParentFrontier,
    index: int,
    ends: tuple[float, float],
    near: bool | None,
    band: RatioBand | None,
    ratios: Sequence[str],
) -> FrontierPoint:
    design, speed = front.points[index].design, front.points[index].speed
    power = power_of(design)
    verdict = ready.classify(facts)[0]
    if verdict != NOT_CONTROLLED:
        raise RuntimeError(f"the checker calls a point of the frontier {verdict}: {facts}")
    return FrontierPoint(
        parent=front.parent,
        tokens_per_s_per_chip=speed,
        low=ends[0],
        high=ends[1],
        within_interval=near,
        ratio_band=group_of(band),
        tokens_per_s_per_watt=None if power is None else speed * POWER_STEPS / power,
        verdict=NOT_CONTROLLED,
        quantities=quantities_of(design) | {n: ratio_of(n, design, speed) for n in ratios},
        knobs=plain(design.knobs()),
    )


def quantities_of(design: Design) -> dict[str, JsonNumber | None]:
    """Every quantity of a design that is no knob."""
    knobs = design.knobs()
    return {
        name: None if value is None else json_number(value)
        for name, value in printed(design).items()
        if name not in knobs
    }


def _parent(name: str, answer: ParentAnswer, listed: int) -> FrontierParent:
    base: dict[str, Any] = {
        "parent": name, "points": 0, "listed": 0, "proof": "none", "statements": 0, "corners": 0,
    }  # fmt: skip
    match answer:
        case ParentFrontier():
            return FrontierParent(
                parent=name,
                status="optimal" if answer.proved else "feasible",
                points=len(answer.points),
                listed=listed,
                proof=_proof(answer),
                statements=answer.slices,
                corners=answer.corners,
                reason=answer.why or None,
            )
        case Infeasible(conflict=conflict):
            return FrontierParent(status="infeasible", conflict=conflict, **base)
        case Unserved(reason=reason):
            return FrontierParent(status="unranked", reason=reason, **base)
        case LeftOut(reason=reason, missing=missing):
            return FrontierParent(
                status="left_out", reason=f"{reason}: {', '.join(missing)}", **base
            )
        case Undecided(why=why):
            return FrontierParent(status="undecided", reason=why, **base)
    raise TypeError(type(answer).__name__)


def _proof(answer: ParentFrontier) -> str:
    if not answer.proved:
        return "not proved"
    return "at stated bounds" if answer.proved_at else "every point"


def _status(answers: Sequence[ParentAnswer]) -> Status:
    open_ = any(
        isinstance(a, Undecided) or (isinstance(a, ParentFrontier) and not a.proved)
        for a in answers
    )
    if any(isinstance(a, ParentFrontier) for a in answers):
        return "feasible" if open_ else "optimal"
    unknown = all(isinstance(a, LeftOut | Undecided) for a in answers)
    return "undecided" if open_ or unknown else "infeasible"


def read_steps(texts: Sequence[str], others: Sequence[str]) -> dict[str, Fraction]:
    """Steps as typed: ``tpp=50``.

    Examples
    --------
    >>> read_steps(["tpp=50"], ["tpp"])
    {'tpp': Fraction(50, 1)}
    """
    from optimizer.solver.request import Fix

    found: dict[str, Fraction] = {}
    for text in texts:
        try:
            step = Fix.parse(text)
        except InputError as error:
            raise InputError(error.what, "--step", error.remedy) from None
        if step.name not in others or isinstance(step.value, str) or step.value <= 0:
            raise InputError(
                f"'{text}' is no step of an objective", "--step", f"Of {', '.join(others)} only"
            )
        found[step.name] = step.value
    return found
