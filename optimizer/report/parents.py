"""Every parent's answer in one row, and one word for all of them."""

from optimizer.report.bindings import binding_rows
from optimizer.report.canonical import plain
from optimizer.report.classified import quantities_of
from optimizer.report.projected import projection_of
from optimizer.report.result import Design, JsonNumber, ParentRow, Status
from optimizer.report.solve import Case
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


def parent_rows(outcome: Outcome, case: Case, designs: tuple[Design, ...]) -> tuple[ParentRow, ...]:
    """One row per parent: ranked ones first, by value."""
    low = designs[0].projection.low if designs else None
    ranked = [
        _ranked_row(rank, parent, case, low) for rank, parent in enumerate(outcome.ranked, start=1)
    ]
    others = sorted(
        (p for p in outcome.parents if not isinstance(p, Optimal | Feasible)),
        key=lambda p: p.parent,
    )
    return (*ranked, *(_other_row(parent) for parent in others))


def _ranked_row(
    rank: int, parent: Optimal | Feasible, case: Case, low: JsonNumber | None
) -> ParentRow:
    best = parent.designs[0]
    projection = projection_of(best.projection)
    speed = projection.tokens_per_s_per_chip
    quantities = quantities_of(best)
    return ParentRow(
        parent=parent.parent,
        status="optimal" if isinstance(parent, Optimal) else "feasible",
        rank=rank,
        tokens_per_s_per_chip=speed,
        low=projection.low,
        high=projection.high,
        within_interval=speed is not None and low is not None and speed >= low,
        quantities=quantities,
        knobs=plain(best.design.knobs()),
        binding=binding_rows(best, case.request, quantities),
        reason=_words(parent) or None,
    )


def _other_row(parent: ParentOutcome) -> ParentRow:
    match parent:
        case Infeasible(conflict=conflict):
            return ParentRow(parent=parent.parent, status="infeasible", conflict=conflict)
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
        case Infeasible(conflict=conflict):
            return "conflict of " + " with ".join(conflict) if conflict else "no design"
        case Unserved(reason=reason):
            return reason
        case LeftOut(reason=reason, missing=missing):
            return f"{reason}: {', '.join(missing)}" if missing else reason
        case _:
            return ""


def reason_of(outcome: Outcome) -> str | None:
    """Why there is no proved answer; nothing where there is one."""
    if outcome.ranked and not any(isinstance(p, Undecided | Feasible) for p in outcome.parents):
        return None
    reasons = [f"{p.parent}: {words}" for p in outcome.parents if (words := _words(p))]
    return "; ".join(reasons) or None


def conflict_of(outcome: Outcome) -> tuple[str, ...]:
    """The conflict of the only parent; with several parents each row has its own."""
    if outcome.ranked:
        return ()
    found = dict.fromkeys(p.conflict for p in outcome.parents if isinstance(p, Infeasible))
    return next(iter(found)) if len(found) == 1 else ()


def status_of(outcome: Outcome) -> Status:
    """One word for all parents: optimal only if every one of them is settled."""
    open_ = any(isinstance(p, Undecided | Feasible) for p in outcome.parents)
    if outcome.ranked:
        return "feasible" if open_ else "optimal"
    unknown = all(isinstance(p, LeftOut | Undecided) for p in outcome.parents)
    return "undecided" if open_ or unknown else "infeasible"
