"""Products at the catalog's prices: what a design costs, ready for `cost.unit_cost`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.economics import Economics, Figure, PackageKind, economics
from catalogs.errors import InputError, near_matches
from optimizer.silicon.cost import DieLot, Package, Product, Range
from optimizer.silicon.defaults import (
    as_range,
    cluster_alpha,
    defect_density_per_cm2,
    parametric_yield,
)
from optimizer.silicon.salvage import Floorplan, salvage_share
from optimizer.silicon.wafer import gross_dies, negative_binomial_yield, packed

Array = NDArray[np.float64]


def salvaged_share(
    floorplan: Floorplan,
    cores: ArrayLike,
    sites: ArrayLike,
    links: ArrayLike,
    figures: Economics | None = None,
) -> Range:
    """Return the share of gross dies fit for a bin, speed and leakage included. [1]

    The ends pair the low end of one loss with that of the other.

    Examples
    --------
    >>> from optimizer.silicon.defaults import floorplan
    >>> round(float(salvaged_share(floorplan("gh100"), 132, 5, 18).value), 3)
    0.885
    """
    density, alpha, speed = (
        defect_density_per_cm2(floorplan.process, figures),
        cluster_alpha(figures),
        parametric_yield(figures),
    )

    def share(d0: ArrayLike, rest: ArrayLike) -> Array:
        defects = salvage_share(floorplan, cores, sites, links, float(np.asarray(d0)), alpha)
        return np.asarray(defects * np.asarray(rest, np.float64))

    return Range(
        share(density.high, speed.low),
        share(density.value, speed.value),
        share(density.low, speed.high),
    )


def unmapped_share(area_mm2: float, process: str, figures: Economics | None = None) -> Range:
    """Return the share of gross dies that work where no floorplan is known. [1]

    Between a die in which nothing can be spared (negative binomial yield of the whole area) and
    one in which every defect can; the middle is the mean of the two. For costs alone: it says
    nothing of bins.

    Examples
    --------
    >>> found = unmapped_share(115, "n5")
    >>> round(float(found.low), 3), round(float(found.value), 3), round(float(found.high), 3)
    (0.896, 0.933, 0.97)
    """
    density = defect_density_per_cm2(process, figures).value
    speed = float(np.asarray(parametric_yield(figures).value))
    none = float(negative_binomial_yield(area_mm2, density, cluster_alpha(figures))) * speed
    return Range(none, (none + speed) / 2, speed)


def die_lot(
    area_mm2: float,
    process: str,
    good_share: Range,
    *,
    count: int = 1,
    year: int | None = None,
    figures: Economics | None = None,
) -> DieLot:
    """Return dies at the wafer price of a year (default: the newest).

    Parameters
    ----------
    area_mm2 : float
        Area of one die. [mm2]
    process : str
        Process key, see `defaults.process_of`.
    good_share : Range
        From `salvaged_share` or `unmapped_share`. [1]

    Examples
    --------
    >>> lot = die_lot(814, "n4", Range.exactly(1), year=2023)
    >>> lot.wafer_usd.value, round(lot.gross_per_wafer, 1)
    (17000.0, 63.5)
    """
    cost = (figures or economics()).cost
    prices = [(p.year, p.price_usd) for p in cost.wafer_prices if p.process == process]
    wafer = _dated(prices, f"wafer price for the process '{process}'", year)
    gross = float(gross_dies(area_mm2, float(cost.wafer.diameter_mm)))
    return DieLot(count, gross, wafer, good_share)


def memory_price(kind: str, year: int | None = None, figures: Economics | None = None) -> Range:
    """Return the contract price of memory of a kind in a year (default: the newest). [USD/GB]

    Examples
    --------
    >>> memory_price("HBM3", 2023).value, memory_price("HBM3").value
    (16.5, 12.5)
    """
    listed = (figures or economics()).cost.memory_prices
    prices = [(p.year, p.price_usd_per_gb) for p in listed if p.kind == kind.upper()]
    return _dated(prices, f"price for memory of kind '{kind}'", year)


def _dated(prices: Sequence[tuple[int, Figure]], what: str, year: int | None) -> Range:
    """Return the last price up to a year; none is an error that names it."""
    if not prices:
        raise InputError(f"no {what} is published", "cost")
    fit = [(y, figure) for y, figure in prices if year is None or y <= year]
    if not fit:
        first = min(y for y, _ in prices)
        raise InputError(f"no {what} as early as {year}", "cost", f"The first is of {first}")
    return as_range(max(fit, key=lambda dated: dated[0])[1])


def interposers_per_wafer(
    base_mm2: ArrayLike, stacks: ArrayLike, figures: Economics | None = None
) -> Array:
    """Return interposers per wafer: squares that fit, times packing efficiency. [1]

    Area = margin x (logic dies that stand on it + stacks x footprint), within the usable circle.

    Parameters
    ----------
    base_mm2 : array_like
        Dies that stand on the interposer; those stacked on others do not count. [mm2]
    stacks : array_like of int
        Memory sites, fillers included.

    Examples
    --------
    >>> interposers_per_wafer([814, 1600], [6, 8]).round(1).tolist()
    [30.4, 16.2]
    """
    wafer = (figures or economics()).cost.wafer
    usable = float(wafer.diameter_mm) - 2 * float(wafer.edge_exclusion_mm)
    carried = np.asarray(base_mm2, np.float64) + float(wafer.stack_footprint_mm2) * np.asarray(
        stacks, np.float64
    )
    sides, where = np.unique(np.sqrt(float(wafer.interposer_margin) * carried), return_inverse=True)
    counts = np.array([packed(float(side), float(side), usable) for side in sides])
    return np.asarray(counts[where].reshape(carried.shape) * float(wafer.packing_efficiency))


def _package(name: str, figures: Economics | None) -> PackageKind:
    known = (figures or economics()).cost.packages
    if name not in known:
        remedy = near_matches(name, known) or f"Known: {', '.join(known)}"
        raise InputError(f"no package kind '{name}'", "cost", remedy)
    return known[name]


def package_kind(
    name: str, per_wafer: ArrayLike = 1.0, figures: Economics | None = None
) -> Package:
    """Return a way to package: 'cowos_s', 'cowos_l_two_die', 'cowos_s_3d' or 'flip_chip'.

    Examples
    --------
    >>> package_kind("flip_chip").package_yield.value
    0.985
    """
    own = _package(name, figures)
    wafer, wafer_yield = own.interposer_wafer_usd, own.interposer_yield
    return Package(
        interposer_wafer_usd=Range.exactly(0) if wafer is None else as_range(wafer),
        interposers_per_wafer=1.0 if wafer is None else per_wafer,
        interposer_yield=Range.exactly(1) if wafer_yield is None else as_range(wafer_yield),
        assembly_usd=as_range(own.assembly_usd),
        package_yield=as_range(own.package_yield),
        test_board_usd=as_range(own.test_board_usd),
    )


def product(
    dies: Sequence[DieLot],
    memory_kind: str,
    memory_gb: ArrayLike,
    *,
    package: str | Sequence[str],
    stacks: ArrayLike = 0,
    base_mm2: ArrayLike | None = None,
    year: int | None = None,
    figures: Economics | None = None,
) -> Product:
    """Return one product, or many that share dies and kind of memory, at catalog prices.

    Parameters
    ----------
    memory_gb : array_like
        Memory bought for a unit, per design. [GB]
    package : str or sequence of str
        Kind of package, for all or per design.
    stacks, base_mm2 : array_like
        What the interposer carries, see `interposers_per_wafer`; not read for a flip chip.
    year : int, optional
        Year of the memory price; the newest where absent.

    Examples
    --------
    >>> from optimizer.silicon.cost import unit_cost
    >>> from optimizer.silicon.defaults import floorplan
    >>> dies = [die_lot(814, "n4", salvaged_share(floorplan("gh100"), 78, 6, 18), year=2024)]
    >>> h20 = product(dies, "HBM3", 96, package="cowos_s", stacks=6, base_mm2=814, year=2024)
    >>> unit_cost(h20).unit_usd.round(-1).tolist()
    [3420.0]
    """
    names = [package] if isinstance(package, str) else list(package)
    kinds = sorted(set(names))
    if base_mm2 is None and any(_package(kind, figures).interposer_wafer_usd for kind in kinds):
        raise InputError("the area of the dies on the interposer is missing", "cost")
    per_wafer = 1.0 if base_mm2 is None else interposers_per_wafer(base_mm2, stacks, figures)
    return Product(
        dies=tuple(dies),
        memory_usd_per_gb=memory_price(memory_kind, year, figures),
        memory_gb=memory_gb,
        packages=tuple(package_kind(kind, per_wafer, figures) for kind in kinds),
        package=[kinds.index(name) for name in names],
    )
