"""Dies by the parts that they can serve: what a plan of bins shares out.

Shares of classes follow from shares of bins by inclusion and exclusion; every set of parts is a
possible class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from catalogs.errors import InputError
from optimizer.silicon.salvage import Bin, Floorplan, salvage_share

# Every subset of the parts is a possible class of die.
MOST_PARTS = 12
# A share within this of zero is zero.
NO_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """A part that dies can be sold as.

    Attributes
    ----------
    name : str
    bin : Bin
        What a die must offer.
    margin_usd : float
        Price less fees and cash cost of a unit. [USD]
    demand : float or None
        Most that can be sold; None for no limit.
    uses : mapping of str to float
        Resources that a unit takes.
    """

    name: str
    bin: Bin
    margin_usd: float
    demand: float | None
    uses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DieClass:
    """Dies that can serve exactly these parts. `share` is of gross dies. [1]"""

    serves: frozenset[str]
    share: float


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Exclusive shares of gross dies by the set of parts that they can serve, one row per draw.

    Attributes
    ----------
    serves : tuple of frozenset of str
    shares : ndarray, shape (classes, rows)
    """

    serves: tuple[frozenset[str], ...]
    shares: np.ndarray

    def row(self, index: int) -> tuple[DieClass, ...]:
        """Classes of one draw that there are dies of."""
        each = zip(self.serves, self.shares[:, index].tolist(), strict=True)
        return tuple(DieClass(serves, share) for serves, share in each if share > NO_SHARE)


def class_table(parts: Sequence[Part], share: Callable[[Bin], ArrayLike]) -> ClassTable:
    """Exclusive shares from shares of bins, by inclusion and exclusion.

    Parameters
    ----------
    parts : sequence of Part
    share : callable
        Share of gross dies that offer a bin or better, one per draw. [1]
    """
    count = len(parts)
    if count > MOST_PARTS:
        raise InputError(f"{count} parts are too many", "allocate", f"Give {MOST_PARTS}.")
    sets = [[p for i, p in enumerate(parts) if members >> i & 1] for members in range(2**count)]
    needed = [Bin(*np.max([p.bin for p in chosen], axis=0).tolist()) for chosen in sets[1:]]
    known = {each: np.ravel(np.asarray(share(each))) for each in dict.fromkeys(needed)}
    at_least = [known[each] for each in needed]
    exactly = np.array([np.zeros_like(at_least[0]), *at_least])
    # Over supersets, one part after the other.
    for i in range(count):
        for members in range(2**count):
            if not members >> i & 1:
                exactly[members] -= exactly[members | 1 << i]
    return ClassTable(tuple(frozenset(p.name for p in chosen) for chosen in sets[1:]), exactly[1:])


def die_classes(
    plan: Floorplan, parts: Sequence[Part], d0_per_cm2: float, alpha: float, kept: float = 1.0
) -> tuple[DieClass, ...]:
    """Exclusive shares of the dies of a wafer at one defect density.

    Parameters
    ----------
    plan : Floorplan
    parts : sequence of Part
    d0_per_cm2 : float
        Defect density. [1/cm2]
    alpha : float
        Clustering of defects.
    kept : float
        Share that speed and leakage leave, the same for every class. [1]

    Examples
    --------
    >>> from optimizer.silicon import floorplan
    >>> whole = Part("h200", Bin(132, 6, 18), 1.0, None, {})
    >>> cut = Part("h100", Bin(132, 5, 18), 1.0, None, {})
    >>> [(sorted(c.serves), round(c.share, 3))
    ...  for c in die_classes(floorplan("gh100"), [whole, cut], 0.07, 3)]
    [(['h100'], 0.061), (['h100', 'h200'], 0.851)]
    """

    def share(of: Bin) -> ArrayLike:
        return salvage_share(plan, *of, d0_per_cm2, alpha) * kept

    return class_table(parts, share).row(0)
