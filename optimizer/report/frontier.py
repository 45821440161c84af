"""How a frontier is made: every parent solved, points merged, checked and written down."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constraints.check import check
from optimizer.projection import prepare
from optimizer.report.aim import unit_of
from optimizer.report.canonical import plain
from optimizer.report.estimates import errors_of
from optimizer.report.frontier_document import (
    Frontier,
    FrontierParent,
    Goal,
    Status,
)
from optimizer.report.frontier_points import points_of
from optimizer.report.frontier_ratios import lacking, thinned
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.numbers import json_number, text_number
from optimizer.report.parents import in_words
from optimizer.report.solve import Case
from optimizer.solver.aspects import BEHIND, TRADED, behind
from optimizer.solver.checked import facts_of
from optimizer.solver.front import Front
from optimizer.solver.frontier import ParentAnswer, ParentFrontier, parent_frontier
from optimizer.solver.objective import power_of
from optimizer.solver.optimize import space_of
from optimizer.solver.outcome import Infeasible, LeftOut, Undecided, Unserved
from optimizer.solver.request import QUANTITIES, THROUGHPUT


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
        claim=_claim(fronts, others),
        points=points_of(case, listed, others),
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
    first = Goal(name=THROUGHPUT, better="more", unit=unit_of(THROUGHPUT), step=None)
    rest = tuple(
        Goal(
            name=name,
            better="more" if name in BEHIND or TRADED[name] > 0 else "less",
            unit=unit_of(name) if name in BEHIND else QUANTITIES[name],
            step=None if name not in steps else json_number(steps[name]),
        )
        for name in others
    )
    return (first, *rest)


def _claim(fronts: Sequence[ParentFrontier], others: Sequence[str]) -> str:
    if not fronts:
        return "no die has a frontier, so there is nothing to prove"
    if not all(front.proved for front in fronts):
        return "the points are what the search found; that nothing lawful beats them is not proved"
    base = (
        "proved: every design that meets the requirements and serves the workload is matched or "
        "beaten in every objective by a listed point (throughput within 1e-9 of it)"
    )
    rough = {n: s for front in fronts for n, s in front.proved_at.items()}
    steps = {n: s for front in fronts for n, s in front.steps.items()}
    if steps:
        base += f", at the resolution of the steps ({_stepped(steps)})"
    if rough:
        base += f"; frontiers of very many points are proved at every multiple of {_stepped(rough)}"
    for name in others:
        if name in BEHIND:
            base += f"; {name} is read from the proved set of throughput and {BEHIND[name]}"
    return base


def _stepped(steps: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} {text_number(step)}" for name, step in steps.items())


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
                errors=errors_of(answer.space),
                reason=answer.why or None,
            )
        case Infeasible(conflict=conflict):
            return FrontierParent(status="infeasible", conflict=conflict, **base)
        case Unserved(reason=reason):
            return FrontierParent(status="unranked", reason=reason, **base)
        case LeftOut(words=words):
            return FrontierParent(status="left_out", reason=words, **base)
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
