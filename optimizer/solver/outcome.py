"""Answers as types: a planner signs on the word optimal, so it is a type of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from constraints.check import Assessment
from optimizer.design import Design, DesignSpace
from optimizer.design.cost_estimate import CostEstimate
from optimizer.design.sustained import SustainedClock
from optimizer.projection.table import ProjectionTable
from optimizer.solver.binding import Binding


@dataclass(frozen=True, slots=True)
class SolvedDesign:
    """A design with everything recomputed from its knobs.

    Attributes
    ----------
    value : float
        Objective. [token/s per chip, or token/s per W]
    projection : ProjectionTable
        One row.
    assessment : Assessment
        Classification by the checker.
    power : int or None
        Anchored board power. [0.1 mW]
    tdp_w : int or None
        Power class. [W]
    salvage_share : float or None
        Share of the parent's dies that can serve as this part. [1]
    unit_cost : CostEstimate or None
        Cost of a packaged, tested unit on its board. [cent]
    sustained : SustainedClock or None
        Clock within the board's class at the activity of prefill.
    binding : tuple of Binding
        Requirements and domain ends that hold the design where it is.
    """

    design: Design
    value: float
    projection: ProjectionTable
    assessment: Assessment
    power: int | None
    tdp_w: int | None
    salvage_share: float | None
    unit_cost: CostEstimate | None
    sustained: SustainedClock | None
    binding: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The staircase: no lawful design lies outside all corners, and no corner beats the value.

    Attributes
    ----------
    axes : tuple of str
        Meaning of the columns of `corners`.
    corners : ndarray, shape (n, axes)
    value : float
        Proved optimum.
    tolerance : float
        Relative.
    """

    axes: tuple[str, ...]
    corners: np.ndarray
    value: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Optimal:
    """The best throughput, proved; ties ordered by the stated rule, which is not proved.

    Attributes
    ----------
    unstated : tuple of str
        Facts that a rule asks for and no design states.
    """

    parent: str
    designs: tuple[SolvedDesign, ...]
    certificate: Certificate
    space: DesignSpace
    boxes: int
    unstated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feasible:
    """A design that meets everything, without proof that it is the best."""

    parent: str
    designs: tuple[SolvedDesign, ...]
    why: str
    space: DesignSpace
    unstated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No design of this parent meets the requirements; the smallest conflict says why."""

    parent: str
    conflict: tuple[str, ...]
    space: DesignSpace


@dataclass(frozen=True, slots=True)
class Undecided:
    """No answer that can be stood behind."""

    parent: str
    why: str


@dataclass(frozen=True, slots=True)
class Unserved:
    """Even the whole die cannot serve the workload; shown with the reason, not ranked."""

    parent: str
    reason: str
    space: DesignSpace


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A die without the facts that a design space, or what was asked for, needs.

    Attributes
    ----------
    why : str
        Why what is missing is unknown, where that is known.
    """

    parent: str
    missing: tuple[str, ...]
    reason: str
    why: str = ""

    @property
    def words(self) -> str:
        """All of it as one phrase."""
        said = f"{self.reason}: {', '.join(self.missing)}" if self.missing else self.reason
        return f"{said} ({self.why})" if self.why else said


ParentOutcome = Optimal | Feasible | Infeasible | Undecided | Unserved | LeftOut


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers for every parent of a request, best first."""

    parents: tuple[ParentOutcome, ...]
    seconds: Mapping[str, float]

    @property
    def ranked(self) -> tuple[Optimal | Feasible, ...]:
        """Parents with a design, best value first."""
        found = [p for p in self.parents if isinstance(p, Optimal | Feasible)]
        return tuple(sorted(found, key=lambda p: (-p.designs[0].value, p.parent)))


__all__ = [
    "Certificate",
    "Feasible",
    "Infeasible",
    "LeftOut",
    "Optimal",
    "Outcome",
    "ParentOutcome",
    "SolvedDesign",
    "Undecided",
    "Unserved",
]
