"""How an explanation is made: solve again, ask the solver, and write the document."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from catalogs.errors import InputError
from optimizer.design import Design, DesignSpace
from optimizer.design.design import BYTES_PER_PRINTED_GB
from optimizer.projection import Prepared, prepare
from optimizer.projection.answer_json import gradient_json, shares_json
from optimizer.projection.gradients import gradients
from optimizer.report.aim import unit_of
from optimizer.report.bindings import binding_rows
from optimizer.report.canonical import plain
from optimizer.report.classified import quantities_of
from optimizer.report.embed import laid_out
from optimizer.report.explain_bounds import left_out, reason_of
from optimizer.report.explain_document import (
    Cure,
    Explanation,
    LimitCost,
    Marginal,
    NotThis,
    ParentExplanation,
    Step,
)
from optimizer.report.explain_named import not_this
from optimizer.report.flags import flags_of
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of_outcome
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.numbers import json_number
from optimizer.report.parents import status_of
from optimizer.report.projected import speed_of
from optimizer.report.ratio import apart
from optimizer.report.replay import broken_answer
from optimizer.report.result import Result, Value
from optimizer.report.settings import Settings
from optimizer.report.solve import Case, load_case
from optimizer.solver import Feasible, Infeasible, Optimal, Outcome
from optimizer.solver.breakpoints import Move as Moved
from optimizer.solver.conflicts import settled_at_once
from optimizer.solver.explain import worth
from optimizer.solver.objective import requested
from optimizer.solver.optimize import solve_parent, space_of, unknown_quantities
from optimizer.solver.outcome import LeftOut, ParentOutcome, Undecided, Unserved
from optimizer.solver.relaxation import Relaxation as Relaxed
from optimizer.solver.relaxation import why_infeasible
from optimizer.solver.request import NUMBERS, THROUGHPUT
from optimizer.solver.requirements import requirements
from optimizer.solver.why_not import named_design, why_not


def explain_result(stored: Result, named: Sequence[str] = ()) -> Explanation:
    """Explain a stored result: solve its best parent again from the embedded inputs."""
    if stored.stripped:
        raise InputError("a public result lacks the values to solve it again", "explain")
    settings = Settings.from_dict(stored.inputs.get("options", {}))
    files = stored.inputs.get("files", {})
    best = stored.designs[0] if stored.designs else None
    with tempfile.TemporaryDirectory(prefix="optimize-explain-") as folder:
        case = load_case(laid_out(settings, files, Path(folder)), ambient=False)
        if best is not None:
            case = replace(case, request=replace(case.request, parents=(best.parent,)))
        found = explain_case(case, named, files=files, settings=settings)
    first = found.parents[0] if found.parents else None
    same = (best is None) == (found.status in ("infeasible", "undecided"))
    if best is not None and first is not None:
        same = same and plain(best.knobs) == first.knobs
    return found.model_copy(update={"reproduced": same and not broken_answer(stored)})


def explain_case(
    case: Case,
    named: Sequence[str] = (),
    *,
    files: Any = None,
    settings: Settings | None = None,
) -> Explanation:
    """Solve a case and explain its best parent, or every parent that has no design.

    Parameters
    ----------
    case : Case
    named : sequence of str
        ``KNOB=VALUE`` of a design that the user has in mind.
    """
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    outcome = _answers(case, prepared)
    if named and not outcome.ranked:
        raise InputError("no design is found, so there is no optimum to compare", "--why-not")
    empty = tuple(p for p in outcome.parents if isinstance(p, Infeasible | Unserved))
    told: tuple[ParentOutcome, ...] = outcome.ranked[:1] or empty or outcome.parents
    open_ = [p for p in outcome.parents if isinstance(p, Undecided | LeftOut) and p not in told]
    parents = tuple(_parent(case, p, prepared, named) for p in told)
    inputs = resolved_inputs(replace(case, settings=settings or case.settings), files=files)
    return Explanation(
        status=parents[0].status if outcome.ranked else status_of(outcome),
        objective=case.request.objective,
        unit=unit_of(case.request.objective),
        parents=parents,
        unanswered=tuple(f"{each.parent}: {_why_open(each)}" for each in open_),
        assumptions=assumptions_of(case),
        warnings=warnings_of_outcome(Outcome(outcome.ranked[:1], {}), case),
        inputs=inputs,
        hashes=hashes_of(inputs),
        versions=versions_of(case),
    )


def _answers(case: Case, prepared: Prepared) -> Outcome:
    """Answers of every parent; the best is only sought of one that has a design at all."""
    request, found = case.request, list[ParentOutcome]()
    for name in request.parents or tuple(sorted(case.catalog.dies)):
        parent = case.catalog.die(name).id
        space = space_of(request, case.catalog, parent)
        none = None
        if isinstance(space, DesignSpace) and not unknown_quantities(request, space):
            none = settled_at_once(request, space, prepared)
        found.append(none or solve_parent(request, case.catalog, prepared, parent))
    return Outcome(tuple(found), {})


def _why_open(answer: Undecided | LeftOut) -> str:
    """Why a die has no answer."""
    return answer.why if isinstance(answer, Undecided) else answer.words


def _parent(
    case: Case, answer: ParentOutcome, prepared: Prepared, named: Sequence[str]
) -> ParentExplanation:
    request = case.request
    if isinstance(answer, Infeasible | Unserved):
        return _infeasible(case, answer, prepared)
    if isinstance(answer, Undecided | LeftOut):
        status: Literal["undecided", "left_out"] = (
            "undecided" if isinstance(answer, Undecided) else "left_out"
        )
        return ParentExplanation(parent=answer.parent, status=status, reason=_why_open(answer))
    best = answer.designs[0]
    found = worth(request, answer, prepared)
    return ParentExplanation(
        parent=answer.parent,
        status="optimal" if isinstance(answer, Optimal) else "feasible",
        value=best.value,
        **speed_of(best.design, prepared),
        knobs=plain(best.design.knobs()),
        binding=binding_rows(best, request, quantities_of(best)),
        steps=tuple(_step(case, move, prepared) for move in found.moves),
        costs=tuple(
            LimitCost(
                limit=f.label,
                before=f.before,
                after=f.after,
                **speed_of(f.design, prepared),
                told_apart=apart(f.after, f.before),
                knobs=_knobs(f.design),
            )
            for f in found.freed
        ),
        shares=shares_json(prepared, best.projection),
        gradients=_marginals(prepared, best.design),
        flags=flags_of(best.design, case),
        not_had=(*found.not_had, *_of_throughput(request.objective)),
        why_not=_named(case, answer, prepared, named) if named else None,
    )


def _of_throughput(objective: str) -> tuple[str, ...]:
    """What an explanation says of throughput alone, where that is not the objective."""
    if objective == THROUGHPUT:
        return ()
    return (f"derivatives by each resource are of throughput, not of {objective}",)


def _named(
    case: Case, answer: Optimal | Feasible, prepared: Prepared, named: Sequence[str]
) -> NotThis:
    """A design that the user has in mind, beside the optimum."""
    request, best = case.request, answer.designs[0].design
    needs = requirements(request, answer.space)
    objective = requested(request, answer.space, prepared)
    design = named_design(best, named)
    return not_this(case, why_not(request, needs, objective, best, design), prepared)


def _marginals(prepared: Prepared, design: Design) -> dict[str, Marginal]:
    whole, _ = gradients(prepared, design.resources())
    found = gradient_json(whole, float(BYTES_PER_PRINTED_GB))
    return {name: Marginal(**each) for name, each in found.items()}


def _infeasible(case: Case, answer: Infeasible | Unserved, prepared: Prepared) -> ParentExplanation:
    found = why_infeasible(case.request, answer, prepared)
    return ParentExplanation(
        parent=answer.parent,
        status="infeasible" if isinstance(answer, Infeasible) else "unranked",
        conflicts=found.sets.conflicts,
        corrections=found.sets.corrections,
        complete=found.sets.complete,
        cures=tuple(_cure(each, prepared) for each in found.relaxations),
        left_out=tuple(left_out(found)),
        reason=reason_of(answer, found),
    )


def _knobs(design: Design | None) -> dict[str, Value]:
    return {} if design is None else plain(design.knobs())


def _step(case: Case, move: Moved, prepared: Prepared) -> Step:
    at = json_number(move.beyond, [move.value])
    distance = abs(move.beyond - move.value)
    change = move.after - move.before
    left = move.design if move.after > 0 else None
    return Step(
        line=move.path,
        unit=_unit(case, move.path),
        value=json_number(move.value),
        direction="up" if _upward(move) else "down",
        relaxes=move.relaxes,
        breakpoint=at,
        at_or_beyond="at" if move.inclusive else "beyond",
        distance=json_number(distance),
        before=move.before,
        after=move.after,
        change=change,
        per_unit=change / float(distance) if distance else None,
        **speed_of(left, prepared),
        told_apart=apart(move.after, move.before),
        knobs=_knobs(left),
    )


def _upward(move: Moved) -> bool:
    """Which way a line moves; at a breakpoint that it stands on, by what the move does."""
    if move.beyond != move.value:
        return move.beyond > move.value
    return move.relaxes


def _unit(case: Case, path: str) -> str:
    if path.startswith("--limit "):
        name = path.removeprefix("--limit ").split("<")[0].split(">")[0].split("=")[0]
        return NUMBERS.get(name, "")
    use = case.ruleset.atoms(case.request.destination).get(path)
    return "" if use is None else str(use.unit or "")


def _cure(each: Relaxed, prepared: Prepared) -> Cure:
    needed: Value = None
    if each.needed is not None:
        needed = each.needed if isinstance(each.needed, str) else json_number(each.needed)
    ends = speed_of(None if each.throughput is None else each.design, prepared)
    return Cure(
        line=each.label,
        value=None if each.value is None else json_number(each.value),
        needed=needed,
        at_or_beyond="at" if each.inclusive else "beyond",
        tokens_per_s_per_chip=each.throughput if needed is not None else None,
        low=ends["low"],
        high=ends["high"],
        knobs=_knobs(each.design) if needed is not None else {},
        settled=each.settled,
    )
