"""Share of gross dies fit for a bin, read at the middle of its inputs or at draws of them.

At the middle it is that of `salvage`, to the last digit. At draws the same sum is taken over fewer
nodes, with the chance of enough good blocks read from a table: within a thousandth of the share
(tests/silicon/test_uncertainty.py), which its inputs do not know so well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from optimizer.silicon.salvage import (
    MM2_PER_CM2,
    Bin,
    Floorplan,
    gamma_nodes,
    good_blocks,
    salvage_share,
)
from optimizer.silicon.uncertainty import Array, Range, Reader
from optimizer.silicon.wafer import negative_binomial_yield

# Nodes of the sum over defect rates, and rows of the table of good blocks.
NODES, ROWS = 20, 193
# Clustering is drawn to a tenth, so that its nodes are worked out once a tenth.
ALPHA_STEPS = 10
# Tables of good blocks, sets of nodes, and bins with their draws that are kept.
TABLES, NODE_SETS, BINS = 64, 256, 8


@dataclass(frozen=True, slots=True)
class PlanRanges:
    """Ranges of the figures of a floorplan, under the names that they have there."""

    block_area_mm2: Range
    site_area_mm2: Range
    link_area_mm2: Range
    must_work_area_mm2: Range
    min_good_blocks_per_group: Range
    min_live_groups: Range


@dataclass(frozen=True, slots=True)
class Losses:
    """Ranges of what is lost on a wafer.

    Attributes
    ----------
    d0_per_cm2, alpha : Range
        Defect density [1/cm2] and clustering.
    kept : Range
        Share that speed and leakage leave; exactly 1 where only defects count. [1]
    """

    d0_per_cm2: Range
    alpha: Range
    kept: Range


@dataclass(frozen=True, slots=True)
class BinShare:
    """Share of gross dies that offer a bin or better; cores, sites and links may be arrays. [1]"""

    plan: Floorplan
    ranges: PlanRanges
    losses: Losses
    cores: ArrayLike
    sites: ArrayLike
    links: ArrayLike

    def read(self, reader: Reader) -> Array:
        """Return the share; a row per draw where the reader draws, for one bin then."""
        kept, figures = reader(self.losses.kept), _figures(self.ranges, self.losses, reader)
        if all(each.size == 1 for each in figures):
            wanted, (d0, alpha) = (self.cores, self.sites, self.links), figures[:2]
            share = salvage_share(self.plan, *wanted, d0.item(), alpha.item())
        else:
            one = Bin(*(np.asarray(n).item() for n in (self.cores, self.sites, self.links)))
            share = _shares(self.plan, self.ranges, self.of_defects.losses, one, reader)
        return np.asarray(share * kept)

    @property
    def of_defects(self) -> BinShare:
        """The share before speed and leakage."""
        return replace(self, losses=replace(self.losses, kept=Range.exactly(1)))


@dataclass(frozen=True, slots=True)
class UnmappedShare:
    """Share of gross dies that work where no floorplan is known. [1]

    Between a die in which nothing can be spared (negative binomial yield of the whole area) and
    one in which every defect can. For costs alone: it says nothing of bins.

    Attributes
    ----------
    spared : Range
        Share of the dies with a defect that can be sold all the same. [1]
    """

    area_mm2: float
    losses: Losses
    spared: Range

    def read(self, reader: Reader) -> Array:
        """Return the share."""
        alpha, spared = reader(self.losses.alpha), reader(self.spared)
        clean = negative_binomial_yield(self.area_mm2, reader(self.losses.d0_per_cm2), alpha)
        return np.asarray((clean + spared * (1 - clean)) * reader(self.losses.kept))


def _figures(ranges: PlanRanges, losses: Losses, reader: Reader) -> tuple[Array, ...]:
    """Return what the shares of all bins of a die are worked out from."""
    each = (losses.d0_per_cm2, losses.alpha, *(getattr(ranges, n) for n in PlanRanges.__slots__))
    return tuple(reader(of) for of in each)


@lru_cache(maxsize=BINS)
def _shares(
    plan: Floorplan, ranges: PlanRanges, losses: Losses, wanted: Bin, reader: Reader
) -> Array:
    """Return the share of each row of a reader, before speed and leakage.

    Kept, since cost and salvage of a design, and designs of one bin, read the same.
    """
    figures = np.broadcast_arrays(*_figures(ranges, losses, reader))
    found = _drawn(plan, wanted, *map(np.ravel, figures)).reshape(figures[0].shape)
    found.setflags(write=False)
    return found


def _drawn(
    plan: Floorplan,
    wanted: Bin,
    d0: Array,
    alpha: Array,
    block: Array,
    site: Array,
    link: Array,
    rest: Array,
    least: Array,
    live: Array,
) -> Array:
    """Return the share of each row of figures."""
    needed = -(-wanted.cores // plan.cores_per_block)
    if needed > plan.blocks or wanted.sites > plan.sites or wanted.links > plan.links:
        return np.zeros_like(d0)
    x, weight = _nodes(alpha)
    rate = x * d0[:, None] / MM2_PER_CM2
    share = weight * np.exp(-rate * rest[:, None])
    share *= _tail(plan.sites, wanted.sites, rate * site[:, None])
    share *= _tail(plan.links, wanted.links, rate * link[:, None])
    share *= _blocks(plan, needed, rate * block[:, None], np.rint(least), np.rint(live))
    return np.asarray(np.minimum(share.sum(axis=1), 1.0))


def _nodes(alpha: Array) -> tuple[Array, Array]:
    """Return nodes and weights of each row."""
    steps, which = np.unique(np.rint(alpha * ALPHA_STEPS), return_inverse=True)
    found = [_nodes_of(max(step, 1.0) / ALPHA_STEPS) for step in steps.tolist()]
    return np.array([x for x, _ in found])[which], np.array([w for _, w in found])[which]


@lru_cache(maxsize=NODE_SETS)
def _nodes_of(alpha: float) -> tuple[Array, Array]:
    return gamma_nodes(alpha, NODES)


def _tail(trials: int, least: int, defects: Array) -> Array:
    """Return P(least or more of the trials have none) at a mean number of defects of each.

    The sum of comb(trials, j) good^j bad^(trials - j) over j from `least`, as a polynomial.
    """
    if least == 0:
        return np.ones_like(defects)
    good = np.exp(-defects)
    bad, power = 1 - good, np.ones_like(good)
    found = np.full_like(good, comb(trials, trials))
    for j in range(trials - 1, least - 1, -1):
        power *= bad
        found *= good
        found += comb(trials, j) * power
    return np.asarray(found * np.exp(-least * defects))


def _blocks(plan: Floorplan, needed: int, defects: Array, least: Array, live: Array) -> Array:
    """Return P(enough blocks in live groups) at the mean number of defects of a block."""
    top = float(defects.max())
    grid = np.linspace(0.0, top, ROWS)
    found = np.empty_like(defects)
    for fewest in np.unique(least):
        # Only groups and blocks count; so designs and draws of one die share a table.
        table = _table(plan.groups, plan.blocks_per_group, int(fewest), top)
        for groups in np.unique(live[least == fewest]):
            rows = (least == fewest) & (live == groups)
            found[rows] = np.interp(defects[rows], grid, table[int(groups), :, needed])
    return found


@lru_cache(maxsize=TABLES)
def _table(groups: int, per_group: int, least: int, top: float) -> Array:
    plan = Floorplan("", "", groups, per_group, 1, 0, 0, 0.0, 0.0, 0.0, 0.0)
    return good_blocks(plan, np.exp(-np.linspace(0.0, top, ROWS)), least)
