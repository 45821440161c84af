"""Bounds on quantities that fall or rise together with whole knobs, as conditions on the knobs.

A quantity that never improves when a design needs one more core, site or link is bounded by:
for every number of sites and links, at most so many cores. Only the steps of that staircase are
written down; a table of all its cells never is.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constraints.expressions import Compare, Expr, Literal, Name, Number, conjunction, disjunction
from optimizer.design import DesignSpace


def within(space: DesignSpace, fits: np.ndarray) -> Expr:
    """The condition that a design lies in a set of bins that every poorer bin belongs to.

    Parameters
    ----------
    space : DesignSpace
    fits : ndarray of bool, shape (cores, sites, links)
        Whether a bin is in the set; never becomes true along an axis.
    """
    most = fits.sum(axis=0)
    steps: list[Expr] = []
    for i, sites in enumerate(space.sites):
        for j, links in enumerate(space.links):
            before = [most[i - 1, j]] if i else []
            before += [most[i, j - 1]] if j else []
            if most[i, j] >= min(before, default=len(space.cores)):
                continue
            reached = Literal(False) if not most[i, j] else compare(
                "enabled_cores", "<=", space.cores[most[i, j] - 1]
            )  # fmt: skip
            fewer = [compare("memory_sites", "<", sites)] if i else []
            fewer += [compare("links", "<", links)] if j else []
            steps.append(disjunction(*fewer, reached))
    return conjunction(*steps)


def compare(name: str, op: str, value: int) -> Compare:
    """A comparison of a knob with a whole number."""
    return Compare(op, Name(name), Number(Fraction(value)))
