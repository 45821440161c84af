"""Share of the dies of a wafer that can serve a bin, before speed and leakage.

A die is groups of equal blocks that can be switched off one by one, memory sites, links, and a
part that must work. Given the defect rate of a die, blocks fail independently; the rate varies
from die to die as X times the average, X ~ Gamma(alpha, 1/alpha), which is the negative binomial
family (Stapper)::

    p_u(X) = exp(-X D0 A_u / 100)                                  A_u in mm2, D0 per cm2
    share  = E_X[ T(k) P(Bin(sites, p) >= s) P(Bin(links, p) >= l) p_must_work ]

T(k) is the chance that live groups hold k good blocks or more. The expectation is a generalized
Gauss-Laguerre sum (Golub and Welsch, 1969, doi:10.1090/S0025-5718-69-99647-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]

# Between 40 and 60 nodes the shares no longer move in the sixth digit (tests/silicon).
GAMMA_NODES = 48
MM2_PER_CM2 = 100.0
CACHE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Floorplan:
    """The parts of a die as defects see them; see `defaults.floorplan`.

    Attributes
    ----------
    groups, blocks_per_group, cores_per_block : int
        GPCs, TPCs in each, SMs in each TPC.
    sites, links : int
        HBM sites or 32-bit GDDR channels; links.
    block_area_mm2, site_area_mm2, link_area_mm2, must_work_area_mm2 : float
        Defect-critical areas. [mm2]
    min_good_blocks_per_group : int
        A group with fewer good blocks is switched off whole.
    min_live_groups : int
        A die with fewer live groups is scrap.
    """

    die: str
    process: str
    groups: int
    blocks_per_group: int
    cores_per_block: int
    sites: int
    links: int
    block_area_mm2: float
    site_area_mm2: float
    link_area_mm2: float
    must_work_area_mm2: float
    min_good_blocks_per_group: int = 1
    min_live_groups: int = 0

    @property
    def blocks(self) -> int:
        """All blocks of the die."""
        return self.groups * self.blocks_per_group

    @property
    def cores(self) -> int:
        """All cores of the die."""
        return self.blocks * self.cores_per_block

    @property
    def critical_area_mm2(self) -> float:
        """All defect-critical area. [mm2]"""
        spared = self.blocks * self.block_area_mm2 + self.sites * self.site_area_mm2
        return spared + self.links * self.link_area_mm2 + self.must_work_area_mm2


class Bin(NamedTuple):
    """What a die must offer at least."""

    cores: int
    sites: int
    links: int


def gamma_nodes(alpha: float, count: int = GAMMA_NODES) -> tuple[Array, Array]:
    """Return nodes and weights of the expectation over X ~ Gamma(alpha, 1/alpha).

    Parameters
    ----------
    alpha : float
        Clustering: the smaller, the more the defects gather on few dies.

    Examples
    --------
    >>> x, weight = gamma_nodes(3.0)
    >>> round(float(weight @ x), 12), round(float(weight @ (x - 1) ** 2), 12)
    (1.0, 0.333333333333)
    """
    if not alpha > 0:
        raise InputError(f"clustering alpha must be above 0, not {alpha}", "salvage")
    order = np.arange(count)
    off = np.sqrt(order[1:] * (order[1:] + alpha - 1))
    jacobi = np.diag(2 * order + alpha) + np.diag(off, 1) + np.diag(off, -1)
    nodes, vectors = np.linalg.eigh(jacobi)
    return nodes / alpha, vectors[0] ** 2


def _binomial(trials: int, good: Array) -> Array:
    """Return P(Bin(trials, good) = j) for each node (row) and j (column)."""
    j = np.arange(trials + 1)
    ways = np.array([comb(trials, int(i)) for i in j], dtype=np.float64)
    result: Array = ways * good[:, None] ** j * (1 - good[:, None]) ** (trials - j)
    return result


def at_least(mass: Array) -> Array:
    """Return P(>= j) from P(= j), along the last axis."""
    tail: Array = mass[..., ::-1].cumsum(axis=-1)[..., ::-1]
    return tail


def _convolved(left: Array, right: Array) -> Array:
    """Return the distribution of a sum of two independent counts, row by row."""
    result = np.zeros((left.shape[0], left.shape[1] + right.shape[1] - 1))
    for j in range(right.shape[1]):
        result[:, j : j + left.shape[1]] += left * right[:, j : j + 1]
    return result


def good_blocks(plan: Floorplan, good: Array, least: int) -> Array:
    """Return P(blocks in live groups >= k) by the least number of live groups that a die needs.

    Parameters
    ----------
    plan : Floorplan
        Its groups and blocks.
    good : ndarray, shape (nodes,)
        Chance that a block has no defect. [1]
    least : int
        A group with fewer good blocks is switched off whole.

    Returns
    -------
    ndarray, shape (groups + 1, nodes, blocks + 1)
    """
    mass = _binomial(plan.blocks_per_group, good)
    live = mass.copy()
    live[:, :least] = 0.0
    dead = mass[:, :least].sum(axis=1)
    total = np.zeros((plan.groups + 1, len(good), plan.blocks + 1))
    count = np.ones((len(good), 1))
    for groups in range(plan.groups + 1):
        ways = comb(plan.groups, groups) * dead ** (plan.groups - groups)
        total[: groups + 1, :, : count.shape[1]] += ways[:, None] * count
        count = _convolved(count, live)
    return at_least(total)


@lru_cache(maxsize=CACHE_SIZE)
def _full_table(plan: Floorplan, d0_per_cm2: float, alpha: float) -> Array:
    """Return shares for every number of blocks, sites and links from none to all and one more."""
    x, weight = gamma_nodes(alpha)

    def good(area_mm2: float) -> Array:
        chance: Array = np.exp(-x * d0_per_cm2 * area_mm2 / MM2_PER_CM2)
        return chance

    every = good_blocks(plan, good(plan.block_area_mm2), plan.min_good_blocks_per_group)
    blocks = every[plan.min_live_groups]
    sites = at_least(_binomial(plan.sites, good(plan.site_area_mm2)))
    links = at_least(_binomial(plan.links, good(plan.link_area_mm2)))
    scale = weight * good(plan.must_work_area_mm2)
    table = np.zeros((plan.blocks + 2, plan.sites + 2, plan.links + 2))
    inside = table[:-1, :-1, :-1]
    for node in range(len(x)):  # one order of addition, so that the table is exactly monotone
        rest = sites[node, :, None] * links[node, None, :]
        inside += (scale[node] * blocks[node])[:, None, None] * rest
    np.minimum(table, 1.0, out=table)
    table.setflags(write=False)
    return table


def _whole(name: str, values: ArrayLike, top: int, per: int = 1) -> NDArray[np.int64]:
    """Return counts as indices: whole, not negative, at most one above all there is."""
    given = np.asarray(values, dtype=np.float64)
    if np.any(given < 0) or np.any(given != np.floor(given)):
        raise InputError(f"{name} must be whole and not negative", "salvage")
    needed = np.ceil(given / per)
    return np.minimum(needed, top + 1).astype(np.int64)


def salvage_share(
    floorplan: Floorplan,
    cores: ArrayLike,
    sites: ArrayLike,
    links: ArrayLike,
    d0_per_cm2: float,
    alpha: float,
) -> Array:
    """Return the share of gross dies that offer a bin or better (inclusive). [1]

    Parameters
    ----------
    cores, sites, links : array_like of int
        The bin; broadcast against each other. Zero where a die offers less in all.
    d0_per_cm2 : float
        Defect density. [1/cm2]
    alpha : float
        Clustering of defects.

    Examples
    --------
    >>> from optimizer.silicon import floorplan, salvage_share
    >>> gh100 = floorplan("gh100")
    >>> salvage_share(gh100, 132, [6, 5], 18, d0_per_cm2=0.07, alpha=3).round(3).tolist()
    [0.851, 0.913]
    """
    table = _full_table(floorplan, float(d0_per_cm2), float(alpha))
    block = _whole("cores", cores, floorplan.blocks, floorplan.cores_per_block)
    site = _whole("sites", sites, floorplan.sites)
    link = _whole("links", links, floorplan.links)
    return np.asarray(table[block, site, link])


def salvage_table(
    floorplan: Floorplan,
    cores: ArrayLike,
    sites: ArrayLike,
    links: ArrayLike,
    d0_per_cm2: float,
    alpha: float,
) -> Array:
    """Return `salvage_share` on the product of three axes: shape (cores, sites, links).

    Never rises along any axis, to the last bit.

    Examples
    --------
    >>> from optimizer.silicon import floorplan, salvage_table
    >>> salvage_table(floorplan("gb202"), [156, 170], [14, 16], [0], 0.07, 3).shape
    (2, 2, 1)
    """
    block, site, link = np.ix_(np.ravel(cores), np.ravel(sites), np.ravel(links))
    return salvage_share(floorplan, block, site, link, d0_per_cm2, alpha)


def exclusive_share(
    floorplan: Floorplan, wanted: Bin, richer: Bin, d0_per_cm2: float, alpha: float
) -> float:
    """Return the share of gross dies that offer `wanted` but not `richer`. [1]

    Dies that offer both offer the larger of each, so the bins need not be nested.

    Examples
    --------
    >>> from optimizer.silicon import floorplan
    >>> gb202 = floorplan("gb202")
    >>> round(exclusive_share(gb202, Bin(156, 14, 0), Bin(170, 16, 0), 0.07, 3), 3)
    0.122
    """
    both = Bin(*np.maximum(wanted, richer).tolist())
    alone = salvage_share(floorplan, *wanted, d0_per_cm2, alpha)
    shared = salvage_share(floorplan, *both, d0_per_cm2, alpha)
    return float(alone - shared)
