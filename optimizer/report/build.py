"""From the solver's answer to the document: everything as plain, exact, ordered values."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalogs.dies import AREA
from constraints.check import UNDETERMINED, check
from optimizer.design import fuse_map
from optimizer.design.sustained import sustained_draw
from optimizer.projection import prepare
from optimizer.report.bindings import binding_rows
from optimizer.report.canonical import plain
from optimizer.report.classified import finding_of, quantities_of
from optimizer.report.derived import derived_of
from optimizer.report.drawn import drawn_low
from optimizer.report.evidence import evidence_of
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of_outcome
from optimizer.report.inputs import ANSWER, answer_hash, hashes_of, resolved_inputs
from optimizer.report.numbers import text_number
from optimizer.report.parents import by_clause, conflict_of, parent_rows, reason_of, status_of
from optimizer.report.projected import projection_of
from optimizer.report.public import hides_figures, stripped, without_estimates, without_parts
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.result import Certificate, Corner, Design, FuseRow, Result
from optimizer.report.solve import Case
from optimizer.silicon.defaults import missing_power
from optimizer.solver.objective import requested
from optimizer.solver.outcome import Optimal, Outcome, SolvedDesign
from optimizer.solver.request import THROUGHPUT
from optimizer.solver.tables import POWER_STEPS
from optimizer.solver.ties import DIGITS

# What a firmware limit alone can change; a part cut only so can be opened again.
_LIMITERS = ("tensor rate", "core clock", "memory data rate")
_LIMITER_FLAG = (
    "for counsel: cut by limiters alone, no unit is disabled: whether a limit that can be lifted "
    "counts is a question for counsel"
)


def build_result(outcome: Outcome, case: Case, *, files: Mapping[str, Any] | None = None) -> Result:
    """The document of an outcome.

    Parameters
    ----------
    outcome : Outcome
        Answers for every parent.
    case : Case
        What was asked, resolved.
    files : mapping, optional
        The user's embedded files, when a replay already has them.
    """
    inputs = resolved_inputs(case, files=files)
    outcome = by_clause(outcome, case)
    designs = _ranking(outcome, case)
    left_out: tuple[str, ...] = ()
    if case.settings.public:
        inputs, left_out = stripped(inputs)
        designs = tuple(without_parts(design, left_out) for design in designs)
    parents, certificate = parent_rows(outcome, case, designs), _certificate(outcome, case)
    if hides_figures(left_out):
        told: dict[str, Any] = {}
        if case.request.objective != THROUGHPUT:
            # A ratio to cost or power, and a corner on that axis, would tell what was left out.
            certificate, told = None, {"objective_value": None}
        designs = tuple(design.model_copy(update=told) for design in designs)
        parents = tuple(
            row.model_copy(update={"quantities": without_estimates(row.quantities), **told})
            for row in parents
        )
    found = Result(
        status=status_of(outcome),
        designs=designs,
        parents=parents,
        certificate=certificate,
        conflict=conflict_of(outcome),
        reason=reason_of(outcome),
        assumptions=assumptions_of(case),
        warnings=warnings_of_outcome(outcome, case),
        inputs=inputs,
        hashes=hashes_of(inputs),
        versions=versions_of(case),
        stripped=left_out,
    )
    hashes = {**found.hashes, ANSWER: answer_hash(found.to_dict())}
    return found.model_copy(update={"hashes": hashes})


def _ranking(outcome: Outcome, case: Case) -> tuple[Design, ...]:
    """The best designs over all parents; equal ones keep the solver's order of ties."""
    solved = [(p, d) for p in outcome.ranked for d in p.designs]
    solved.sort(key=lambda pair: -float(f"{pair[1].value:.{DIGITS - 1}e}"))
    designs = [
        design_of(rank, parent.parent, isinstance(parent, Optimal), design, case)
        for rank, (parent, design) in enumerate(solved[: case.request.top], start=1)
    ]
    return (*designs[:1], *(placed(each, designs[0], case) for each in designs[1:]))


def placed(design: Design, first: Design, case: Case) -> Design:
    """A next rank, with whether the model can tell it from the first."""
    band = band_of(case, design.parent, first.parent)
    near = inside(design.objective_value, first.objective_value, band)
    return design.model_copy(update={"within_interval": near, "ratio_band": group_of(band)})


def design_of(rank: int, parent: str, proved: bool, solved: SolvedDesign, case: Case) -> Design:
    """One design of the document, from its numbers as they were recomputed.

    Parameters
    ----------
    rank : int
        Place in the ranking.
    parent : str
        Die that it is cut from.
    proved : bool
        Whether nothing lawful of this die is better.
    solved : SolvedDesign
    case : Case
        What was asked, resolved.
    """
    said = solved.assessment
    cuts = tuple(
        FuseRow(name=c.name, die=c.die, parent=c.parent, design=c.design, changed=c.changed)
        for c in fuse_map(solved.design)
    )
    quantities = quantities_of(solved)
    kinds = {rule.id: rule.kind for rule in case.ruleset.rules}
    return Design(
        rank=rank,
        parent=parent,
        reference=solved.design.space.reference.id,
        status="optimal" if proved else "feasible",
        verdict=said.verdict,
        tier=said.tier,
        needs=said.needs,
        knobs=plain(solved.design.knobs()),
        quantities=quantities,
        derived=derived_of(solved, case),
        projection=projection_of(solved.projection),
        objective_value=solved.value,
        classification=tuple(
            finding_of(f, kinds[f.rule]) for f in (*said.findings, *said.engineering)
        ),
        fuse_map=cuts,
        binding=binding_rows(solved, case.request, quantities),
        flags=(*_flags(cuts, solved), *_disputed(solved, case)),
        evidence=evidence_of(case.catalog.dies[parent]),
        proofs=_proofs(proved, case),
    )


def _proofs(proved: bool, case: Case) -> dict[str, str]:
    """What is proved of each stage of the objective."""
    goals = {
        f"goal {number}, {stage.name}": "proved" if stage.proved else "not proved"
        for number, stage in enumerate(case.stages, start=1)
        if stage.level is not None
    }
    return {
        **goals,
        case.request.objective.replace("_", " "): "proved" if proved else "not proved",
        "ties (least power, most salvage, fewest changes)": "ordered, not proved",
    }


def _flags(cuts: Iterable[FuseRow], solved: SolvedDesign) -> tuple[str, ...]:
    changed = [cut.name for cut in cuts if cut.changed]
    limited = bool(changed) and all(name.startswith(_LIMITERS) for name in changed)
    found = (*((_LIMITER_FLAG,) if limited else ()), *drawn_low(solved), *_stand_ins(solved))
    if solved.power is None or solved.tdp_w is None or solved.power <= solved.tdp_w * POWER_STEPS:
        return found
    return (
        *found,
        f"for power: {solved.power / POWER_STEPS:.0f} W modeled at full activity of all units is "
        f"more than the largest class of {solved.design.board}, {solved.tdp_w} W, so such a load "
        f"lowers the clock; {_in_prefill(solved)}--limit power_w<={solved.tdp_w} keeps full "
        "activity inside it",
    )


def _stand_ins(solved: SolvedDesign) -> tuple[str, ...]:
    """What stands for facts that the die lacks, and the engineering limits that lack one."""
    space = solved.design.space
    found = [
        f"{each.rule} is not applied: whether {each.condition} hangs on the power, which is "
        f"unknown: {missing_power(space.parent)}"
        for each in solved.assessment.engineering
        if each.verdict == UNDETERMINED and space.power is None
    ]
    if space.reference.die != space.parent:
        found.append(f"boards and reference are those of {space.reference.die}, no part of "
                     f"{space.parent} is on sale")  # fmt: skip
    return tuple(found)


def _in_prefill(solved: SolvedDesign) -> str:
    """What the same model says of the load that sets the sustained clock."""
    drawn, found = sustained_draw(solved.design), solved.sustained
    if drawn is None or found is None or found.mhz is None:
        return ""
    held = "" if found.mhz < solved.design.rated_mhz else ", its rated clock"
    if held and not solved.design.space.sustained:
        held += ", so --sustained changes nothing"
    return (
        f"prefill, the heavier phase of serving, draws {drawn / POWER_STEPS:.0f} W at "
        f"{text_number(solved.design.clock_mhz)} MHz and sustains "
        f"{text_number(found.mhz)} MHz{held}; "
    )


def _disputed(solved: SolvedDesign, case: Case) -> tuple[str, ...]:
    """Say so where the verdict hangs on which source of the die area is right."""
    area = solved.design.space.die.fact(AREA)
    if area.low is None or area.high is None or area.low == area.high:
        return ()
    said = check(
        solved.assessment.facts,
        case.ruleset,
        case.request.destination,
        intervals={AREA: (area.low, area.high)},
    )
    if said.holds is not False or said.at_worst is None:
        return ()
    verdict, tier = said.at_worst
    return (
        f"for counsel: sources give {text_number(area.low)} to {text_number(area.high)} mm2 for "
        f"the die area, and at the most adverse of them the verdict is {verdict}, tier {tier}; "
        "put the vendor's figure into an overlay of the catalog",
    )


def _certificate(outcome: Outcome, case: Case) -> Certificate | None:
    """Corners of every proved parent; each parent's own optimum is the level of its corners."""
    proved = [p for p in outcome.ranked if isinstance(p, Optimal)]
    if not proved:
        return None
    request = case.request
    prepared = prepare(request.workload, case.catalog, stack=request.stack)
    values = {
        p.parent: requested(request, p.space, prepared)(p.certificate.corners) for p in proved
    }
    corners = tuple(
        Corner(
            parent=p.parent,
            resources=dict(zip(p.certificate.axes, row.tolist(), strict=True)),
            objective_value=float(value),
        )
        for p in proved
        for row, value in zip(p.certificate.corners, values[p.parent], strict=True)
    )
    best = max(p.certificate.value for p in proved)
    return Certificate(level=best, tolerance=proved[0].certificate.tolerance, corners=corners)
