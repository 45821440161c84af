"""Spaces and rule sets for `bench_scale`: those of the catalog, thinned or refined, and moved law.

Refined knobs are synthetic: they make a space larger, not truer.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from catalogs.load import load_catalog
from constraints.rules import load_law
from optimizer.design import DesignSpace, build_space
from optimizer.design.space import priced
from optimizer.design.unit_cost import CostUnknown
from optimizer.projection import prepare
from optimizer.solver import Limit, Request
from optimizer.solver.lines import lines
from optimizer.solver.objective import objective_of
from optimizer.solver.requirements import requirements
from optimizer.solver.tables import build_tables, with_columns

RULES, WORKLOAD, DESTINATION = "us-2025", "default-mix", "CN"
# Thresholds are moved to these shares of their value; power limits lie at these shares of the
# board power of the parent's whole die; every so many cases have one.
SHARES, POWER_SHARES, POWER_EVERY = (0.5, 1.6), (0.3, 0.9), 3
SEED = 20251231
LANES = 5
# Values kept of each long knob in a thinned space.
THINNED = {"1e6": 14, "1e7": 30}
FINER = ("finer clock", "finer links", "finer memory", "finer cores")


class Case:
    """One space and one rule set, with what every method needs."""

    def __init__(
        self, parent: str, size: str, index: int = 0, shared: "Case | None" = None
    ) -> None:
        catalog, law = load_catalog(ambient=False), load_law().ruleset(RULES)
        if shared is None:
            space = build_space(catalog, parent, law.on)
            assert isinstance(space, DesignSpace), space
            self.space = sized(space, size)
            self.prepared = prepare(catalog.workload(WORKLOAD), catalog)
            self.built = build_tables(self.space)
        else:
            self.space, self.prepared, self.built = shared.space, shared.prepared, shared.built
        draw = np.random.default_rng([SEED, index])
        rules = moved_rules(law, draw) if index else law
        limited = index % POWER_EVERY == POWER_EVERY - 1 and self.space.power is not None
        limits = (self.power_limit(draw),) if limited else ()
        self.request = Request(rules, catalog.workload(WORKLOAD), limits=limits)
        self.needs = requirements(self.request, self.space)
        self.objective = objective_of(self.space, self.prepared, "throughput")

    def tables(self):
        """Tables of the space, with the columns that TDP limits need."""
        return with_columns(self.built, self.needs.board_columns)

    def power_limit(self, draw) -> Limit:
        """A limit at a random share of what the whole die draws."""
        whole = sum(float(t.power.max()) for t in self.built) / 1e4
        watts = Fraction(round(whole * float(draw.uniform(*POWER_SHARES))))
        return Limit("power_w", "<=", watts)


def moved_rules(law, draw):
    """The rule set with every number of its controls moved at random."""
    for line in lines(law, DESTINATION):
        share = Fraction(round(float(draw.uniform(*SHARES)), 3))
        law = law.override(line.path, line.value * share)
    return law


def sized(space: DesignSpace, size: str) -> DesignSpace:
    """A copy of a space: whole, thinned to about ``1e6`` or ``1e7`` points, or refined.

    Each step of `FINER` has those before it: the clock in steps of 1 MHz; link bandwidth in fifths
    of a link; capacities of every whole GB and half the data-rate floor; single cores.
    """
    if size == "whole":
        return space
    if size in THINNED:
        return thinned(space, THINNED[size])
    steps = FINER[: FINER.index(size) + 1]
    low, high = space.clocks_mhz[0], space.clocks_mhz[-1]
    space = replace(space, clocks_mhz=tuple(range(low, high + 1)))
    if "finer links" in steps and len(space.links) > 1:
        most = space.links[-1] * LANES
        boards = tuple(replace(b, links_max=b.links_max * LANES) for b in space.boards)
        space = replace(
            space, links=tuple(range(most + 1)), link_mb_s=space.link_mb_s // LANES, boards=boards
        )
    if "finer memory" in steps:
        space = replace(space, memory=more_memory(space))
    if "finer cores" in steps:
        space = replace(space, cores=tuple(range(1, space.cores[-1] + 1)))
    return unpriced(space)


def unpriced(space: DesignSpace) -> DesignSpace:
    """A space with power but without cost: what a fifth of a link costs is not known."""
    with np.errstate(over="ignore"):
        return replace(priced(space), cost=CostUnknown(("synthetic knobs",)))


def more_memory(space: DesignSpace):
    """Every part in every whole GB between its least and largest capacity, and eight more."""
    found = []
    for part, clamshell in sorted({(m.part, m.clamshell) for m in space.memory}):
        own = [m for m in space.memory if (m.part, m.clamshell) == (part, clamshell)]
        least, most = min(m.gb_per_site for m in own), max(m.gb_per_site for m in own)
        found += [
            replace(own[0], gb_per_site=gb, rate_min=own[0].rate_min // 2)
            for gb in range(least, max(most, least + 8) + 1)
        ]
    return tuple(found)


def thinned(space: DesignSpace, count: int) -> DesignSpace:
    """A copy that keeps the ends of every knob and about so many values of it."""

    def spread(values, many):
        picks = np.unique(np.linspace(0, len(values) - 1, min(many, len(values))).round())
        return tuple(values[int(i)] for i in picks)

    return unpriced(
        replace(
            space,
            cores=spread(space.cores, count),
            clocks_mhz=spread(space.clocks_mhz, count),
            sites=spread(space.sites, 4),
            links=spread(space.links, 3),
            memory=tuple(
                replace(m, rate_min=max(m.rate_min, m.rate_max - count)) for m in space.memory
            ),
        )
    )
