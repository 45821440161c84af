"""What the lists of an explanation do not hold, and why, in words."""

from collections.abc import Iterator

from optimizer.report.domains import outside_domain
from optimizer.solver.outcome import Infeasible, Unserved
from optimizer.solver.relaxation import Why


def reason_of(answer: Infeasible | Unserved, found: Why) -> str | None:
    """Why nothing is ranked, or what a knob takes that is fixed where the die has no value."""
    if isinstance(answer, Unserved):
        return answer.reason
    said = (outside_domain(conflict, answer.space) for conflict in found.sets.conflicts)
    return "; ".join(filter(None, said)) or None


def left_out(found: Why) -> Iterator[str]:
    """What the bound of the search kept from the lists."""
    sets = found.sets
    if sets.open:
        yield (
            f"{sets.open} of {sets.asked} questions whether some requirements can be met together "
            "stayed open: sets may be missing, and a listed set may hold a superfluous member"
        )
    if not sets.complete and not sets.open:
        yield (
            f"the listing ended after {sets.asked} questions with {len(sets.conflicts)} conflicts "
            f"and {len(sets.corrections)} sets to give up; there may be more of both"
        )
    for each in found.unconfirmed:
        yield f"the exact solver did not confirm: {' with '.join(each)}"
    for cure in found.relaxations:
        if not cure.settled:
            said = f"not settled: whether moving {cure.label} alone is enough, and how far"
            yield f"{said}: {cure.why}" if cure.why else said
