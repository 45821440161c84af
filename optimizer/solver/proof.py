"""The proof: CP-SAT finds nothing lawful beyond the staircase, and is shown to be able to find.

INFEASIBLE alone proves nothing, since a model that is too tight looks the same. So every proof
carries two positive controls: the optimum itself must be feasible, and so must the model once
the corners that cover the optimum are taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from constraints.expressions import Expr
from optimizer.design import Design, DesignSpace
from optimizer.solver.lowering import Linear
from optimizer.solver.model import Model
from optimizer.solver.staircase import LIFT_SHARE, TOLERANCE, lift
from optimizer.solver.tables import RESOURCES

# Corners that the proof may add by itself before it gives up: each costs one solve.
ROUNDS = 200
# Points under the corners at which the value is probed.
PROBES = 1024

Value = Callable[[np.ndarray], np.ndarray]


class ProofRefusedError(RuntimeError):
    """Search, law and model disagree; the answer is not printed as an optimum."""

    def __init__(self, why: str, design: Design | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.design = design


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proved.

    Attributes
    ----------
    space : DesignSpace
    requirements : mapping of str to Expr
        Conditions in negation normal form, by label.
    design : Design
        The optimum that the search proposes.
    value : float
        Its value.
    objective : callable
        Value of resource vectors, shape (n, axes).
    vector : callable
        Resource vector of a design, shape (axes,).
    board_columns : mapping
        Further integer columns of the board class.
    axes : tuple of str
        Meaning of the coordinates of a vector.
    forms : mapping of str to Linear
        Axes that are forms over columns, by name; less is better.
    """

    space: DesignSpace
    requirements: Mapping[str, Expr]
    design: Design
    value: float
    objective: Value
    vector: Callable[[Design], np.ndarray]
    board_columns: Mapping[str, Sequence[int]]
    axes: tuple[str, ...] = RESOURCES
    forms: Mapping[str, Linear] = field(default_factory=dict)

    def model(self) -> Model:
        """A fresh model without corners."""
        return Model(
            self.space, self.requirements, board_columns=self.board_columns, forms=self.forms
        )


def prove(claim: Claim, corners: np.ndarray, levels: tuple[np.ndarray, ...]) -> np.ndarray:
    """Prove that no design meets the requirements and beats the claim; return the staircase.

    Parameters
    ----------
    claim : Claim
    corners : ndarray, shape (n, axes)
        Staircase from the search; completed here where it has a gap.
    levels : tuple of ndarray
        Attainable values of each axis.

    Raises
    ------
    ProofRefusedError
        The optimum is not feasible in the model, a corner is worth more than the optimum, a
        better design exists, or the model has no design at all.
    TimeoutError
        CP-SAT reached its deterministic limit.
    """
    _control_value(claim, corners, levels)
    covering = _covering(claim, corners)
    model = claim.model()
    for corner in corners[~covering]:
        model.exclude(corner, axes=claim.axes)
    _control(claim, model)
    _control_axes(claim)
    for corner in corners[covering]:
        model.exclude(corner, axes=claim.axes)
    for _ in range(ROUNDS):
        better = model.solve()
        if better is None:
            return corners
        added = _corner_of(claim, better, levels)
        model.exclude(added[0], axes=claim.axes)
        corners = np.concatenate([corners, added])
    raise TimeoutError(f"the staircase was not complete after {ROUNDS} rounds")


def _control_value(claim: Claim, corners: np.ndarray, levels: tuple[np.ndarray, ...]) -> None:
    """The value must be the optimum's own, and no corner or point under one may be worth more.

    Corners speak for all that lies under them only if the value never falls when a resource
    grows; probing finds a projection that breaks this, it does not replace the tests of it.
    """
    point, below = claim.vector(claim.design)[None, :], _probes(corners, levels)
    worth = claim.objective(np.concatenate([point, corners, below]))
    own, at, under = (float(w.max(initial=-np.inf)) for w in np.split(worth, [1, 1 + len(corners)]))
    highest = claim.value * (1 + TOLERANCE)
    if at > highest:
        raise ProofRefusedError(
            f"a corner is worth {at:.12g}, more than the optimum {claim.value:.12g}"
        )
    if abs(own - claim.value) > claim.value * TOLERANCE:
        raise ProofRefusedError(
            f"the optimum is worth {own:.12g}, not {claim.value:.12g}", claim.design
        )
    if under > highest:
        raise ProofRefusedError(
            f"fewer resources than a corner's are worth {under:.12g}, more than the "
            f"optimum {claim.value:.12g}: the value falls where a resource grows"
        )


def _probes(corners: np.ndarray, levels: tuple[np.ndarray, ...]) -> np.ndarray:
    """Points under the corners: single axes lowered to some shares, and all at once, repeatably."""
    if not len(corners):
        return corners
    draw = np.random.default_rng(0)
    each = max(1, PROBES // len(corners))
    shares = draw.uniform(0.0, 1.0, (each, len(corners), len(levels)))
    shares[draw.uniform(0.0, 1.0, shares.shape) < 0.5] = 1.0
    found = np.empty_like(shares)
    for axis, steps in enumerate(levels):
        sign = 1.0 if steps[-1] >= steps[0] else -1.0
        highest = np.searchsorted(sign * steps, sign * corners[:, axis], side="right") - 1
        place = (shares[:, :, axis] * np.maximum(highest, 0)).astype(int)
        lowered = steps[place]
        keep = shares[:, :, axis] == 1.0
        found[:, :, axis] = np.where(keep, corners[:, axis], lowered)
    return found.reshape(-1, len(levels))


def _corner_of(claim: Claim, design: Design, levels: tuple[np.ndarray, ...]) -> np.ndarray:
    point = claim.vector(design)[None, :]
    worth = float(claim.objective(point)[0])
    if worth > claim.value * (1 + TOLERANCE):
        raise ProofRefusedError(
            f"the model holds a design worth {worth:.12g}, better than {claim.value:.12g}", design
        )
    limit = max(claim.value * (1 + LIFT_SHARE), worth)
    return lift(point, claim.objective, limit, levels)


def _covering(claim: Claim, corners: np.ndarray) -> np.ndarray:
    """Which corners the optimum lies under."""
    point = claim.vector(claim.design)
    sign = np.ones(len(point))
    sign[len(RESOURCES) :] = -1.0
    return np.asarray(((corners - point) * sign >= 0).all(axis=1))


def _control(claim: Claim, model: Model) -> None:
    """Without the corners over the optimum, the model must admit it and find a design by itself."""
    if not model.admits(claim.design):
        raise ProofRefusedError("the model forbids the design that the search found", claim.design)
    if model.solve(presolve=False) is None:
        raise ProofRefusedError("the model has no design even below the optimum", claim.design)
    model.forget_hints()


def _control_axes(claim: Claim) -> None:
    """On an axis where less is better, the model must place the optimum where it is, to the step.

    A reading of cost or power that is too tight would drop the way out of a corner that cheaper
    designs have, and prove too much.
    """
    point = claim.vector(claim.design)
    for axis, value in zip(claim.axes[len(RESOURCES) :], point[len(RESOURCES) :], strict=True):
        for line, inside in ((value + 1, True), (value, False)):
            model = claim.model()
            model.exclude(np.array([line]), axes=(axis,))
            if model.admits(claim.design) is not inside:
                raise ProofRefusedError(f"the model misplaces the optimum on {axis}", claim.design)
