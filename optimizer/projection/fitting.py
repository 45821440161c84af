"""Fit constants to measured rows: Gauss-Newton on log errors with the weights of a Cauchy loss.

One set for all devices: the constants of the file and the factors of its software releases, each
inside its range. Nothing belongs to a device, a die family or a vendor's silicon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.parameters import Parameter, Vector, at
from optimizer.projection.samples import Sample

# Step of the numerical derivative, as a share of the range of a parameter.
_STEP = 1e-3
# Pull towards the stored constants and towards release factors of 1, in units of the range: keeps
# what the rows leave open. Against it a row weighs 1 / WIDTH^2.
_RIDGE = 0.7
# Levenberg's damping: first value, and what it is multiplied by when a step fails or succeeds.
_DAMPING, _HARDER, _EASIER, _TRIES = 1e-3, 5.0, 0.25, 8
# A round that lowers the loss by less than this share is the last.
_ENOUGH = 2e-4


@dataclass(frozen=True)
class Problem:
    """Rows, what is fitted to them, and the error that is made small.

    Parameters
    ----------
    error : callable
        Log error of a sample under some constants.
    width : float
        Errors far beyond this hardly count.
    pairs : ndarray of int, shape (n, 2)
        Places of two rows whose ratio counts too: its log error is the difference of theirs.
    """

    rows: Sequence[Sample]
    names: tuple[Parameter, ...]
    start: Calibration
    error: Callable[[Sample, Calibration], float]
    width: float
    pairs: NDArray[np.intp] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.intp))

    def errors(self, point: Vector) -> Vector:
        """Return the error of every row, then of the ratio of every pair."""
        cal = at(self.start, self.names, point)
        return self._with_ratios(np.array([self.error(row, cal) for row in self.rows]))

    def _with_ratios(self, each: Vector) -> Vector:
        """Append to what is known of each row its difference for each pair."""
        one, other = self.pairs.T
        return np.concatenate([each, each[one] - each[other]])

    def jacobian(self, point: Vector, base: Vector) -> Vector:
        """Return the derivative of every error, of `base` too, by every coordinate."""
        out = np.zeros((len(self.rows), len(self.names)))
        for column, parameter in enumerate(self.names):
            move = _STEP if point[column] + _STEP <= 1 else -_STEP
            shifted = point.copy()
            shifted[column] += move
            cal = at(self.start, self.names, shifted)
            for index, row in enumerate(self.rows):
                if parameter.told_by(row):
                    out[index, column] = (self.error(row, cal) - base[index]) / move
        return self._with_ratios(out)

    @property
    def center(self) -> Vector:
        """Point that the ridge pulls to."""
        return np.array([p.to(p.center) for p in self.names])

    def loss(self, errors: Vector, weights: Vector, point: Vector) -> float:
        """Return the Cauchy loss with the ridge."""
        soft = np.log1p((errors / self.width) ** 2) * self.width**2
        return float(weights @ soft + _RIDGE**2 * ((point - self.center) ** 2).sum())

    def step(
        self, jacobian: Vector, errors: Vector, weights: Vector, point: Vector, damping: float
    ) -> Vector:
        """Return the next point, inside the ranges.

        A coordinate that the step would carry out of its range stops at its end, and the step of
        the others is found again without it.
        """
        soft = weights / (1 + (errors / self.width) ** 2)
        normal = (jacobian * soft[:, None]).T @ jacobian + _RIDGE**2 * np.eye(len(self.names))
        pull = _RIDGE**2 * (self.center - point) - (jacobian * soft[:, None]).T @ errors
        normal += damping * np.diag(np.diag(normal))
        move = np.zeros_like(point)
        free = np.ones(point.size, dtype=bool)
        while free.any():
            rest = pull[free] - normal[np.ix_(free, ~free)] @ move[~free]
            move[free] = np.linalg.solve(normal[np.ix_(free, free)], rest)
            inside = np.clip(point + move, 0.0, 1.0)
            out = free & (inside != point + move)
            if not out.any():
                break
            move[out] = (inside - point)[out]
            free &= ~out
        return np.clip(point + move, 0.0, 1.0)


@dataclass(frozen=True)
class Solution:
    """Where a fit ended: constants, errors, and their derivatives at the last round's start."""

    point: Vector
    errors: Vector
    jacobian: Vector
    base: Vector

    def constants(self, problem: Problem) -> Calibration:
        """Return the constants."""
        return at(problem.start, problem.names, self.point)


def solve(
    problem: Problem, weights: Vector, point: Vector, rounds: int, jacobian: Vector | None = None
) -> Solution:
    """Lower the loss by damped Gauss-Newton rounds; a given Jacobian serves all of them.

    Errors and their weights are taken anew each round, so a Jacobian of a point near by leads to
    the same end (chord method).
    """
    errors = problem.errors(point)
    loss = problem.loss(errors, weights, point)
    found = Solution(point, errors, np.zeros((len(errors), len(point))), point)
    damping = _DAMPING
    for _ in range(rounds):
        slopes = problem.jacobian(point, errors) if jacobian is None else jacobian
        for _ in range(_TRIES):
            there = problem.step(slopes, errors, weights, point, damping)
            after = problem.errors(there)
            lower = problem.loss(after, weights, there)
            if lower < loss:
                break
            damping *= _HARDER
        else:
            return replace(found, jacobian=slopes, base=point)
        gain, loss, damping = loss - lower, lower, damping * _EASIER
        found = Solution(there, after, slopes, point)
        point, errors = there, after
        if gain < _ENOUGH * loss:
            break
    return found
