"""Exhaustive enumeration of a reduced space: the oracle of the solver, sharing none of its code.

Every design is listed by plain nested axes; law is asked of `constraints.evaluate` on exact facts;
throughput comes from the projection. No tables, boxes, corners or CP-SAT.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np

from constraints.expressions import Expr, compiled
from optimizer.design import Design, DesignSpace
from optimizer.design.design import resources_of
from optimizer.design.space import priced
from optimizer.design.unit_cost import UnitCost
from optimizer.projection import Prepared


@dataclass(frozen=True)
class Listing:
    """All designs of a space, as parallel columns."""

    space: DesignSpace
    cores: np.ndarray
    clock: np.ndarray
    units: np.ndarray
    option: np.ndarray
    sites: np.ndarray
    rate: np.ndarray
    board: np.ndarray
    links: np.ndarray

    def __len__(self) -> int:
        return len(self.cores)

    def design(self, i: int) -> Design:
        s = self.space
        return Design(
            s,
            int(self.cores[i]),
            int(self.clock[i]),
            int(self.units[i]),
            s.memory[int(self.option[i])],
            int(self.sites[i]),
            int(self.rate[i]),
            int(self.links[i]),
            s.boards[int(self.board[i])].form_factor,
        )


def listing(space: DesignSpace) -> Listing:
    """List the whole space."""
    memory = [
        (o, s, r)
        for o, option in enumerate(space.memory)
        for s in space.sites
        for r in range(option.rate_min, option.rate_max + 1)
    ]
    wiring = [
        (b, n) for b, board in enumerate(space.boards) for n in space.links if n <= board.links_max
    ]
    compute = list(product(space.cores, space.clocks_mhz, space.rate_units))
    m, w = np.array(memory), np.array(wiring)
    wide = [
        (o, b)
        for o, b in product(range(len(memory)), range(len(wiring)))
        if not space.memory[memory[o][0]].clamshell or space.boards[wiring[b][0]].clamshell
    ]
    pairs = np.array(wide)
    c = np.repeat(np.array(compute), len(pairs), axis=0)
    mi, wi = np.tile(pairs[:, 0], len(compute)), np.tile(pairs[:, 1], len(compute))
    return Listing(space, *c.T, *m[mi].T, *w[wi].T)


def lawful(space: DesignSpace, found: Listing, controlled: Expr) -> np.ndarray:
    """Exact verdict on every design, asked once per distinct (TPP, DRAM, I/O)."""
    per_mhz = {u: space.tpp_per_core_mhz(u) for u in space.rate_units}
    tpp = found.cores.astype(np.int64) * found.clock * np.vectorize(per_mhz.get)(found.units)
    width = np.array([o.width_bits for o in space.memory])[found.option]
    dram_kb = found.sites.astype(np.int64) * found.rate * width * 1250
    io = found.links.astype(np.int64) * space.link_mb_s + space.pcie_mb_s
    triples, inverse = np.unique(np.stack([tpp, dram_kb, io], axis=1), axis=0, return_inverse=True)
    known = {"datacenter": space.datacenter}
    if space.area_mm2 is not None:
        known["applicable_die_area_mm2"] = Fraction(space.area_mm2)
    read = compiled(controlled)
    verdicts = np.array([read({**known, **_facts(*row)}) is False for row in triples.tolist()])
    return verdicts[inverse.ravel()]


def _facts(tpp: int, dram_kb: int, io_mb: int) -> dict[str, Fraction]:
    performance, io = Fraction(tpp, 10**6), Fraction(io_mb, 1000)
    return {
        "tpp": performance,
        "bit_length_x_tops": performance,
        "dram_bandwidth_gb_s": Fraction(dram_kb, 10**6),
        "io_bandwidth_gb_s": io,
        "io_transfer_rate_gb_s": io,
    }


def throughput(space: DesignSpace, found: Listing, prepared: Prepared) -> np.ndarray:
    """Projected throughput of every design."""
    product_ = (found.cores * found.clock).astype(float)
    gb = np.array([o.gb_per_site for o in space.memory])[found.option]
    mb = np.array([o.mb_s_per_rate for o in space.memory])[found.option]
    return prepared.tokens_per_s_per_chip(
        resources_of(
            space,
            tensor=product_ * found.units,
            draw=product_,
            dram=(found.sites * found.rate * mb).astype(float),
            capacity=(found.sites * gb).astype(float),
            link=(found.links * space.link_mb_s).astype(float),
        )
    )


def thinned(
    space: DesignSpace, cores: int, clocks: int, sites: int, rates: int, links: int = 3
) -> DesignSpace:
    """A reduced space that keeps the ends of every knob and about so many values of it.

    Of the memory parts the first and the last two options stay, and of the data rates the highest.
    """
    options = space.memory if len(space.memory) < 4 else (space.memory[0], *space.memory[-2:])
    small = replace(
        space,
        cores=_spread(space.cores, cores),
        clocks_mhz=_spread(space.clocks_mhz, clocks),
        sites=_spread(space.sites, sites),
        links=_spread(space.links, links),
        memory=tuple(replace(o, rate_min=max(o.rate_min, o.rate_max - rates + 1)) for o in options),
    )
    return priced(small)


def _spread(values: tuple[int, ...], count: int) -> tuple[int, ...]:
    picks = np.unique(np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(int))
    return tuple(values[i] for i in picks)


def columns(space, found) -> dict[str, np.ndarray]:
    """Exact quantities of every listed design, as integers; less is better."""
    per_mhz = np.zeros(8, dtype=np.int64)
    for u in space.rate_units:
        per_mhz[u] = space.tpp_per_core_mhz(u)
    tpp = found.cores.astype(np.int64) * found.clock * per_mhz[found.units]
    width = np.array([o.width_bits for o in space.memory])[found.option]
    gb = np.array([o.gb_per_site for o in space.memory])[found.option]
    return {
        "tpp": tpp,
        "performance_density": tpp,
        "dram_bandwidth_gb_s": found.sites.astype(np.int64) * found.rate * width * 1250,
        "io_bandwidth_gb_s": found.links.astype(np.int64) * space.link_mb_s,
        "memory_capacity_gb": -(found.sites * gb),
        "power_w": powers(space, found),
        "salvage_share": -salvage(space, found),
        "unit_cost_usd": cents(space, found),
    }


def powers(space, found) -> np.ndarray:
    p = space.power
    own = found.cores * p.per_core(found.clock, found.units)
    memory = found.sites * found.rate * np.array(p.per_rate_unit)[found.option]
    return own + memory + found.links * p.per_link + p.base


def cents(space, found) -> np.ndarray:
    cost = space.cost
    if not isinstance(cost, UnitCost):
        return np.zeros(len(found), dtype=np.int64)
    places = (
        np.searchsorted(np.array(domain), knob)
        for domain, knob in (
            (cost.cores, found.cores),
            (cost.sites, found.sites),
            (cost.links, found.links),
        )
    )
    memory = np.array([cost.memory_cents(m) or 10**9 for m in space.memory])[found.option]
    board = np.array([cost.boards[b.form_factor] for b in space.boards])[found.board]
    return cost.dies[tuple(places)] + found.sites * memory + board


def salvage(space, found) -> np.ndarray:
    from optimizer.silicon import floorplan, salvage_share
    from optimizer.silicon.defaults import cluster_alpha, defect_density_per_cm2

    plan = floorplan(space.parent)
    if plan is None:
        return np.zeros(len(found))
    d0 = float(defect_density_per_cm2(plan.process).value)
    share = salvage_share(plan, found.cores, found.sites, found.links, d0, cluster_alpha())
    return np.floor(share * 1e12) / 1e12  # the steps in which a share is counted


def undominated(speed: np.ndarray, costs: list[np.ndarray]) -> set[tuple[float, ...]]:
    """Pareto set by plain comparison with everything that is kept, fastest first."""
    points = np.unique(np.column_stack([-speed, *costs]), axis=0)
    kept: list[np.ndarray] = []
    block = np.zeros((0, points.shape[1]))
    for point in points:
        if not (block <= point).all(axis=1).any():
            kept.append(point)
            block = np.array(kept)
    return {tuple(p) for p in block}
