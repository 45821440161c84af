"""Throughput beside the aspects that it is traded against: vectors over one space."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.design import Design
from optimizer.design.unit_cost import UNIT_COST
from optimizer.solver.aspects import Aspect, Axis
from optimizer.solver.costs import Grid, grid_of
from optimizer.solver.lowering import Linear
from optimizer.solver.objective import Objective
from optimizer.solver.tables import RESOURCES, WIRING, Table

# Significant digits at which two projected values are one.
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Trade:
    """Throughput and the aspects it is traded against, over one space.

    A *vector* has the resources first, then the axes; resources are better larger, axes smaller.
    """

    objective: Objective
    aspects: tuple[Aspect, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes of all aspects, in order."""
        return tuple(axis for each in self.aspects for axis in each.axes)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Meaning of the coordinates of a vector, for the exact solver."""
        return (*RESOURCES, *(axis.coordinate for axis in self.axes))

    @property
    def forms(self) -> dict[str, Linear]:
        """Axes that are linear, by coordinate."""
        return {axis.coordinate: axis.form for axis in self.axes if not axis.joint}

    @property
    def extra(self) -> tuple[str, ...]:
        """Joint axes that the search has to read."""
        return tuple(axis.coordinate for axis in self.axes if axis.joint)

    @property
    def grid(self) -> Grid | None:
        """Joint table of unit cost, if it is traded."""
        return grid_of(self.objective.space, UNIT_COST) if self.extra else None

    def extended(self, tables: tuple[Table, ...]) -> tuple[Table, ...]:
        """Tables whose rows carry their share of every axis, negated, beside the resources."""
        return tuple(
            replace(t, resources=np.column_stack([t.resources, *(-a.share(t) for a in self.axes)]))
            for t in tables
        )

    def vectors(self, joined: np.ndarray) -> np.ndarray:
        """Vectors of joined rows of the extended tables."""
        count, width = len(self.axes), 2 + len(self.axes)
        starts = (0, width, 2 * width)
        heads = (0, 1, starts[1], starts[1] + 1, starts[2])
        firsts = (2, starts[1] + 2, starts[WIRING] + 1)
        axes = -np.add.reduce([joined[:, f : f + count] for f in firsts])
        after = len(RESOURCES) + 3 * count
        for j, axis in enumerate(self.axes):
            if axis.joint and joined.shape[1] > after:
                axes[:, j] = joined[:, after]
        return np.concatenate([joined[:, heads], axes], axis=1)

    def speed(self, vectors: np.ndarray) -> np.ndarray:
        """Throughput of vectors, at 12 significant digits."""
        return rounded(self.objective(vectors[:, : len(RESOURCES)]))

    def others(self, vectors: np.ndarray) -> np.ndarray:
        """Every aspect of vectors, oriented so that more is better; shape (n, aspects)."""
        resources = vectors[:, : len(RESOURCES)]
        found, at = [], len(RESOURCES)
        for each in self.aspects:
            found.append(each.read(resources, vectors[:, at : at + len(each.axes)]))
            at += len(each.axes)
        return np.stack(found, axis=1) if found else np.zeros((len(vectors), 0))

    def vector(self, design: Design) -> np.ndarray:
        """Vector of a design."""
        axes = [axis.at(design) for axis in self.axes]
        return np.concatenate([self.objective.vector(design), np.array(axes, dtype=float)])


def rounded(values: np.ndarray) -> np.ndarray:
    """Values at 12 significant digits.

    Examples
    --------
    >>> rounded(np.array([0.0, 1.23456789012345, 98765.4321098765])).tolist()
    [0.0, 1.23456789012, 98765.4321099]
    """
    size = np.where(values > 0, values, 1.0)
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    return np.asarray(np.rint(values * scale) / scale)
