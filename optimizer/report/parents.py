"""Every parent's answer in one row, and one word for all of them."""

from collections import Counter
from dataclasses import replace
from typing import TypeVar

from optimizer.projection import Prepared, prepare
from optimizer.report.bindings import binding_rows
from optimizer.report.canonical import plain
from optimizer.report.classified import quantities_of
from optimizer.report.domains import outside_domain
from optimizer.report.projected import projection_of
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.result import Design, ParentRow, Status
from optimizer.report.solve import Case
from optimizer.solver.conflicts import in_clauses
from optimizer.solver.goals import Stage
from optimizer.solver.objective import requested
from optimizer.solver.outcome import (
    Feasible,
    Infeasible,
    LeftOut,
    Optimal,
    Outcome,
    ParentOutcome,
    Undecided,
    Unserved,
)
from optimizer.solver.request import QUANTITIES, THROUGHPUT, THROUGHPUT_NAME, Request, show

Answer = TypeVar("Answer")


def by_clause(outcome: Outcome, case: Case) -> Outcome:
    """The same answers with clauses for rules in a conflict, and goals for their levels."""
    if not any(isinstance(p, Infeasible) for p in outcome.parents):
        return outcome
    request = case.request
    prepared = prepare(request.workload, case.catalog, stack=request.stack)
    goals = {f"--limit {stage.level}": _goal_words(stage, case) for stage in case.stages}
    told = (in_words(each, request, prepared) for each in outcome.parents)
    found = tuple(
        replace(each, conflict=tuple(goals.get(label, label) for label in each.conflict))
        if isinstance(each, Infeasible)
        else each
        for each in told
    )
    return replace(outcome, parents=found)


def _goal_words(stage: Stage, case: Case) -> str:
    """The level of a goal as its reader asked for it, who typed no limit."""
    if stage.level is None:
        return stage.name
    value = show(stage.level.value)
    if stage.name == THROUGHPUT:
        within = case.settings.within
        asked = "the most throughput" if within is None else f"the floor of --within {within}"
        return f"{asked} ({value} {QUANTITIES[THROUGHPUT_NAME]})"
    side = "or more" if stage.level.op == ">=" else "or less"
    return f"goal {stage.name} ({value} {QUANTITIES[stage.name]}".rstrip() + f" {side})"


def in_words(answer: Answer, request: Request, prepared: Prepared) -> Answer:
    """The same answer of one die; a conflict has the clauses of a rule instead of the rule."""
    if not isinstance(answer, Infeasible):
        return answer
    objective = requested(request, answer.space, prepared)
    told = in_clauses(request, answer.space, objective, answer.conflict)
    return replace(answer, conflict=told)


def parent_rows(outcome: Outcome, case: Case, designs: tuple[Design, ...]) -> tuple[ParentRow, ...]:
    """One row per parent: ranked ones first, by value."""
    first = designs[0] if designs else None
    ranked = [
        _ranked_row(rank, parent, case, first)
        for rank, parent in enumerate(outcome.ranked, start=1)
    ]
    others = sorted(
        (p for p in outcome.parents if not isinstance(p, Optimal | Feasible)),
        key=lambda p: p.parent,
    )
    return (*ranked, *(_other_row(parent) for parent in others))


def _ranked_row(
    rank: int, parent: Optimal | Feasible, case: Case, first: Design | None
) -> ParentRow:
    best = parent.designs[0]
    projection = projection_of(best.projection)
    speed = projection.tokens_per_s_per_chip
    quantities = quantities_of(best)
    band = None if first is None else band_of(case, parent.parent, first.parent)
    return ParentRow(
        parent=parent.parent,
        status="optimal" if isinstance(parent, Optimal) else "feasible",
        rank=rank,
        tokens_per_s_per_chip=speed,
        low=projection.low,
        high=projection.high,
        objective_value=best.value,
        within_interval=None if first is None else inside(best.value, first.objective_value, band),
        ratio_band=group_of(band),
        quantities=quantities,
        knobs=plain(best.design.knobs()),
        binding=binding_rows(best, case.request, quantities),
        reason=_words(parent) or None,
    )


def _other_row(parent: ParentOutcome) -> ParentRow:
    match parent:
        case Infeasible(conflict=conflict, space=space):
            reason = outside_domain(conflict, space)
            return ParentRow(
                parent=parent.parent, status="infeasible", conflict=conflict, reason=reason
            )
        case Unserved(reason=reason):
            return ParentRow(parent=parent.parent, status="unranked", reason=reason)
        case LeftOut(missing=missing, reason=reason):
            return ParentRow(
                parent=parent.parent, status="left_out", missing=missing, reason=reason
            )
    return ParentRow(parent=parent.parent, status="undecided", reason=_words(parent))


def _words(parent: ParentOutcome) -> str:
    """Why a parent has no proved answer."""
    match parent:
        case Feasible(why=why) | Undecided(why=why):
            return why
        case Infeasible(conflict=conflict, space=space):
            said = "conflict of " + " with ".join(conflict) if conflict else "no design"
            hint = outside_domain(conflict, space)
            return f"{said}: {hint}" if hint else said
        case Unserved(reason=reason):
            return reason
        case LeftOut(words=words):
            return words
        case _:
            return ""


def reason_of(outcome: Outcome) -> str | None:
    """Why there is no proved answer; nothing where there is one.

    Of one parent its own words; of several how many are in which case, each row has the rest.
    """
    if outcome.ranked and not any(isinstance(p, Undecided | Feasible) for p in outcome.parents):
        return None
    if len(outcome.parents) == 1:
        (only,) = outcome.parents
        return f"{only.parent}: {words}" if (words := _words(only)) else None
    groups: dict[str, list[str]] = {}
    for parent in outcome.parents:
        groups.setdefault(_case(parent), []).append(parent.parent)
    return "; ".join(f"{words}: {_listed(names)}" for words, names in groups.items() if words)


def _case(parent: ParentOutcome) -> str:
    """What parents have in common that have no proved answer; empty for a proved one."""
    match parent:
        case Infeasible():
            return "no design meets the requirements"
        case LeftOut(reason=reason):
            return reason
        case Unserved():
            return "cannot serve the workload"
    return _words(parent)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} parents"


_NAMED = 4
"""Parents that a reason names; more are counted."""


def conflict_of(outcome: Outcome) -> tuple[str, ...]:
    """Requirements that no parent with known facts can meet together.

    The smallest conflict of one parent; of several all of theirs, the most frequent first.
    """
    if outcome.ranked:
        return ()
    found = Counter(
        label for p in outcome.parents if isinstance(p, Infeasible) for label in p.conflict
    )
    return tuple(label for label, _ in found.most_common())


def status_of(outcome: Outcome) -> Status:
    """One word for all parents: optimal, or infeasible, only if every one of them is settled.

    A ranking stands without the parents that lack facts; that there is no design at all does not,
    whether one parent was asked for or every one.
    """
    open_ = any(isinstance(p, Undecided | Feasible) for p in outcome.parents)
    if outcome.ranked:
        return "feasible" if open_ else "optimal"
    unknown = any(isinstance(p, LeftOut) for p in outcome.parents)
    return "undecided" if open_ or unknown else "infeasible"
