"""From the solver's answer to the document: everything as plain, exact, ordered values."""

from collections.abc import Mapping
from typing import Any

from optimizer.design import fuse_map
from optimizer.projection import prepare
from optimizer.report.bindings import binding_rows
from optimizer.report.canonical import plain
from optimizer.report.classified import finding_of, quantities_of
from optimizer.report.derived import derived_of
from optimizer.report.evidence import evidence_of
from optimizer.report.flags import flags_of
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of_outcome
from optimizer.report.inputs import ANSWER, answer_hash, hashes_of, resolved_inputs
from optimizer.report.parents import by_clause, conflict_of, parent_rows, reason_of, status_of
from optimizer.report.projected import projection_of
from optimizer.report.public import hides_figures, stripped, without_estimates, without_parts
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.result import Certificate, Corner, Design, FuseRow, Result
from optimizer.report.solve import Case
from optimizer.solver.objective import requested
from optimizer.solver.outcome import Optimal, Outcome, SolvedDesign
from optimizer.solver.request import THROUGHPUT
from optimizer.solver.ties import DIGITS


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
        flags=flags_of(solved.design, case),
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
