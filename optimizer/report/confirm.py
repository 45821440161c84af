"""Compute a stored design again from its own knobs, and name what does not come back.

A result is a file that anybody can edit. Every number of a design follows from its knobs, the
inputs that travel with the result and the rules; what a sheet or a comparison prints is held to
that. Nothing is searched or proved here: `optimize replay` does that.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs.errors import InputError
from optimizer.report.public import refuse_false_gaps
from optimizer.report.replay import Difference, broken_answer, broken_seal, differences
from optimizer.report.result import Design, Result

if TYPE_CHECKING:
    from optimizer.design import Design as Built
    from optimizer.design.space import DesignSpace
    from optimizer.projection import Prepared
    from optimizer.report.solve import Case

EDITED = "the file was edited after it was made"
CHANGED = "the data installed here are not those that it was made with"
STRIPPED = "the result is stripped of confidential values, so nothing can be computed again"
NOT_CONFIRMED = "NOT CONFIRMED"
REPLAY = "'optimize replay RESULT' solves it again and names every difference"
KNOBS = (
    "enabled_cores", "core_clock_mhz", "tensor_rate_fraction", "memory_part", "memory_gb_per_site",
    "clamshell", "memory_sites", "memory_data_rate_gbps", "links", "board_class",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a design cannot be confirmed.

    Attributes
    ----------
    cause : str
        `EDITED`, `CHANGED` or `STRIPPED`.
    where : str
        What does not come back first.
    """

    cause: str
    where: str = ""

    def __str__(self) -> str:
        """Cause, and the first value that parts."""
        return f"{self.cause}: {self.where}" if self.where else self.cause


@dataclass(frozen=True, slots=True)
class Again:
    """A design built again, or why it cannot stand for what the file says."""

    doubt: Doubt | None
    case: "Case | None" = None
    built: "Built | None" = None


def computed_again(result: Result, design: Design) -> Again:
    """Build a design of a result from the result's own inputs and compare every number.

    Parameters
    ----------
    result : Result
        As read from a file.
    design : Design
        One of its designs.
    """
    if result.stripped:
        refuse_false_gaps(result.inputs, result.stripped)
        return Again(Doubt(STRIPPED))
    seal = _seal(result)
    if seal:
        return Again(Doubt(EDITED, seal))
    from optimizer.solver.proof import ProofRefusedError

    try:
        case = _case(result)
        built, found = _found(case, result, design)
    except (InputError, ProofRefusedError) as error:
        return Again(Doubt(CHANGED if _renewed(result, None) else EDITED, str(error)))
    place = f"designs[{result.designs.index(design)}]"
    parted = list(differences(design.model_dump(), found.model_dump(), place))
    parted += _unproved(result, design, place)
    parted += _unsaid(result, case)
    parted += broken_answer(result)
    if not parted:
        return Again(None, case, built)
    return Again(Doubt(CHANGED if _renewed(result, case) else EDITED, str(parted[0])), case, built)


def _seal(result: Result) -> str:
    """What of the inputs contradicts the hashes beside them; empty where nothing does."""
    if not isinstance(result.inputs.get("options"), Mapping):
        return "inputs.options is no table"
    try:
        broken = broken_seal(result)
    except InputError as error:
        return str(error)
    return f"its inputs are not those that {broken[0].path.split()[-1]} names" if broken else ""


def _case(result: Result) -> "Case":
    """The request, from the files that the result carries and the built-in data."""
    from optimizer.report.embed import laid_out
    from optimizer.report.settings import Settings
    from optimizer.report.solve import load_case

    settings = Settings.from_dict(result.inputs.get("options", {}))
    with tempfile.TemporaryDirectory(prefix="optimize-confirm-") as folder:
        files = result.inputs.get("files", {})
        return load_case(laid_out(settings, files, Path(folder)), ambient=False)


def _found(case: "Case", result: Result, design: Design) -> "tuple[Built, Design]":
    """The design as the program writes it today."""
    from optimizer.projection import prepare
    from optimizer.report.build import design_of, placed
    from optimizer.solver.objective import requested
    from optimizer.solver.optimize import recompute, space_of
    from optimizer.solver.outcome import LeftOut
    from optimizer.solver.requirements import requirements

    request = case.request
    space = space_of(request, case.catalog, design.parent)
    if isinstance(space, LeftOut):
        raise InputError(f"{design.parent} cannot be built: {space.reason}", "inputs.catalog")
    prepared = prepare(request.workload, case.catalog, stack=request.stack)
    built = built_of(space, design, prepared)
    needs = requirements(request, space)
    objective = requested(request, space, prepared)
    solved = recompute(request, needs, objective, built)
    proved = design.status == "optimal"
    found = design_of(design.rank, built.space.parent, proved, solved, case)
    return built, found if found.rank == 1 else placed(found, result.designs[0], case)


def built_of(space: "DesignSpace", design: Design, prepared: "Prepared") -> "Built":
    """A stored design as a point of its space.

    Raises
    ------
    InputError
        A knob is absent, no number, or no step of the die.
    """
    from optimizer.design import Design as Built
    from optimizer.design.memory import RATE_STEPS_PER_GBPS
    from optimizer.design.space import RATE_UNITS

    knobs = design.knobs
    lacking = [name for name in KNOBS if knobs.get(name) is None]
    if lacking:
        raise InputError(f"its knobs are not complete: no {lacking[0]}", "knobs")
    wanted = (knobs["memory_part"], knobs["memory_gb_per_site"], knobs["clamshell"])
    options = [o for o in space.memory if (o.part, o.gb_per_site, o.clamshell) == wanted]
    if not options:
        raise InputError("its memory is not in the catalog", "knobs.memory_part")
    option, boards = options[0], tuple(b.form_factor for b in space.boards)
    rates = range(option.rate_min, option.rate_max + 1)
    rated = space.rated_clock_mhz
    clocks = space.clocks_mhz if rated is None else (rated,)
    built = Built(
        space,
        cores=_step(knobs, "enabled_cores", 1, space.cores),
        clock_mhz=_step(knobs, "core_clock_mhz", 1, clocks),
        rate_units=_step(knobs, "tensor_rate_fraction", RATE_UNITS, space.rate_units),
        option=option,
        sites=_step(knobs, "memory_sites", 1, space.sites),
        rate=_step(knobs, "memory_data_rate_gbps", RATE_STEPS_PER_GBPS, rates),
        links=_step(knobs, "links", 1, space.links),
        board=str(knobs["board_class"]),
    )
    if built.board not in boards:
        raise InputError(f"{built.board!r} is no board of {space.parent}", "knobs.board_class")
    return built if rated is None else _slowed(built, design, prepared)


def _slowed(built: "Built", design: Design, prepared: "Prepared") -> "Built":
    """The same at the clock that its board sustains, which is no knob: the stored speed tells."""
    from dataclasses import replace

    speed = design.projection.tokens_per_s_per_chip or 0
    slower = [replace(built, clock_mhz=clock) for clock in built.space.clocks_mhz]
    speeds = [float(prepared.project(b.resources()).tokens_per_s_per_chip[0]) for b in slower]
    return slower[int(np.argmin([abs(each - speed) for each in speeds]))]


def _step(knobs: Mapping[str, Any], name: str, steps: int, domain: Any) -> int:
    """A knob in integer steps of its domain; a word is no step. [1/steps]"""
    value = knobs[name]
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"{value!r} is no number", f"knobs.{name}")
    exact = Decimal(repr(value)) * steps
    if exact != int(exact) or int(exact) not in domain:
        raise InputError(f"{value!r} is no step of the die", f"knobs.{name}")
    return int(exact)


def _unproved(result: Result, design: Design, place: str) -> list[Difference]:
    """A design that is called optimal has corners, and none of them beats it."""
    if design.status != "optimal":
        return []
    proof = result.certificate
    corners = [c for c in proof.corners if c.parent == design.parent] if proof else []
    if not corners:
        return [Difference(f"{place}.status", design.status, "no corner that proves it")]
    return []


def _unsaid(result: Result, case: "Case") -> list[Difference]:
    """Assumptions and cautions that the rules ask for and the file leaves out."""
    from optimizer.report.grounds import assumptions_of, law_warnings

    lacking = [
        ("assumptions", text) for text in assumptions_of(case) if text not in result.assumptions
    ]
    lacking += [
        ("warnings", text) for text in law_warnings(case.ruleset) if text not in result.warnings
    ]
    return [Difference(name, "nothing", text) for name, text in lacking]


def _renewed(result: Result, case: "Case | None") -> bool:
    """Whether the data installed here differ from those that the result was made with."""
    from optimizer import __version__
    from optimizer.report.inputs import hashes_of, resolved_inputs

    if result.versions.get("optimize") != __version__:
        return True
    try:
        now = _case(result) if case is None else case
        files = result.inputs.get("files", {})
        return hashes_of(resolved_inputs(now, files=files)) != hashes_of(result.inputs)
    except InputError:
        return False
