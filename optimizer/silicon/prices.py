"""Products at the catalog's prices: what a design costs, ready for `cost.unit_cost`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from catalogs.economics import Economics, PackageKind, Wafer, economics
from catalogs.errors import InputError, near_matches
from catalogs.figures import Figure
from optimizer.silicon.bins import BinShare, UnmappedShare
from optimizer.silicon.cost import DieLot, Package, Product
from optimizer.silicon.defaults import as_range, losses, plan_ranges
from optimizer.silicon.salvage import Floorplan
from optimizer.silicon.uncertainty import Array, Range, Readable, Reader
from optimizer.silicon.wafer import gross_dies, packed

ONE = Range.exactly(1)


def salvaged_share(
    floorplan: Floorplan,
    cores: ArrayLike,
    sites: ArrayLike,
    links: ArrayLike,
    figures: Economics | None = None,
) -> BinShare:
    """Return the share of gross dies fit for a bin, speed and leakage included. [1]

    Examples
    --------
    >>> from optimizer.silicon.defaults import floorplan
    >>> found = salvaged_share(floorplan("gh100"), 132, 5, 18)
    >>> float(found.read(Range.middle).round(3)[0])
    0.885
    """
    ranges, lost = plan_ranges(floorplan.die, figures), losses(floorplan.process, figures)
    return BinShare(floorplan, ranges, lost, cores, sites, links)


def unmapped_share(
    area_mm2: float, process: str, figures: Economics | None = None
) -> UnmappedShare:
    """Return the share of gross dies that work where no floorplan is known. [1]

    Examples
    --------
    >>> float(unmapped_share(115, "n5").read(Range.middle).round(3)[0])
    0.933
    """
    spared = as_range((figures or economics()).losses.spared_without_floorplan)
    return UnmappedShare(area_mm2, losses(process, figures), spared)


def die_lot(
    area_mm2: float | Readable,
    process: str,
    good_share: Readable,
    *,
    count: int = 1,
    year: int | None = None,
    figures: Economics | None = None,
) -> DieLot:
    """Return dies at the wafer price of a year (default: the newest).

    Parameters
    ----------
    area_mm2 : float or Readable
        Area of one die. [mm2]
    process : str
        Process key, see `defaults.process_of`.
    good_share : Readable
        From `salvaged_share` or `unmapped_share`. [1]

    Examples
    --------
    >>> lot = die_lot(814, "n4", Range.exactly(1), year=2023)
    >>> lot.wafer_usd.value, float(lot.gross_per_wafer.read(Range.middle).round(1)[0])
    (17000.0, 63.5)
    """
    cost = (figures or economics()).cost
    prices = [(p.year, p.price_usd) for p in cost.wafer_prices if p.process == process]
    wafer = _dated(prices, f"wafer price for the process '{process}'", year)
    area = Range.exactly(area_mm2) if isinstance(area_mm2, int | float) else area_mm2
    gross = GrossDies(area, float(cost.wafer.diameter_mm))
    return DieLot(count, gross, wafer, good_share)


@dataclass(frozen=True, slots=True)
class GrossDies:
    """Dies of an area on a wafer, good or not; see `wafer.gross_dies`. [1]"""

    area_mm2: Readable
    diameter_mm: float

    def read(self, reader: Reader) -> Array:
        """Return the count."""
        return gross_dies(self.area_mm2.read(reader), self.diameter_mm)


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


@dataclass(frozen=True, slots=True)
class Interposers:
    """Interposers per wafer: squares that fit, times packing efficiency. [1]

    Area = margin x (logic dies that stand on it + stacks x footprint), within the usable circle.
    At draws the count of the middle moves as the areas of circle and square do.

    Attributes
    ----------
    base_mm2 : array_like
        Dies that stand on the interposer; those stacked on others do not count. [mm2]
    stacks : array_like of int
        Memory sites, fillers included.
    """

    base_mm2: ArrayLike
    stacks: ArrayLike
    wafer: Wafer

    def read(self, reader: Reader) -> Array:
        """Return the count."""
        side, usable = self._sizes(Range.middle)
        sides, where = np.unique(side, return_inverse=True)
        counts = np.array([packed(float(each), float(each), float(usable[0])) for each in sides])
        own_side, own_usable = self._sizes(reader)
        moved = (own_usable / usable * side / own_side) ** 2
        efficiency = reader(as_range(self.wafer.packing_efficiency))
        return np.asarray(counts[where].reshape(side.shape) * moved * efficiency)

    def _sizes(self, reader: Reader) -> tuple[Array, Array]:
        """Return the side of an interposer and the diameter that can be used. [mm]"""
        wafer = self.wafer
        edge, margin, footprint = (
            reader(as_range(figure))
            for figure in (
                wafer.edge_exclusion_mm, wafer.interposer_margin, wafer.stack_footprint_mm2
            )
        )  # fmt: skip
        standing = np.atleast_1d(np.asarray(self.base_mm2, np.float64))
        carried = standing + footprint * np.asarray(self.stacks, np.float64)
        return np.sqrt(margin * carried), float(wafer.diameter_mm) - 2 * edge


def interposers_per_wafer(
    base_mm2: ArrayLike, stacks: ArrayLike, figures: Economics | None = None
) -> Interposers:
    """Return the interposers of dies and stacks, arrays over designs.

    Examples
    --------
    >>> interposers_per_wafer([814, 1600], [6, 8]).read(Range.middle).round(1).tolist()
    [30.4, 16.2]
    """
    return Interposers(base_mm2, stacks, (figures or economics()).cost.wafer)


def _package(name: str, figures: Economics | None) -> PackageKind:
    known = (figures or economics()).cost.packages
    if name not in known:
        remedy = near_matches(name, known) or f"Known: {', '.join(known)}"
        raise InputError(f"no package kind '{name}'", "cost", remedy)
    return known[name]


def package_kind(
    name: str,
    per_wafer: Readable = ONE,
    figures: Economics | None = None,
    *,
    board: str | None = None,
) -> Package:
    """Return a way to package: 'cowos_s', 'cowos_l_two_die', 'cowos_s_3d' or 'flip_chip'.

    Test and board are those of the form factor `board` where it has a figure of its own.

    Examples
    --------
    >>> package_kind("flip_chip").package_yield.value
    0.985
    """
    own = _package(name, figures)
    boards = (figures or economics()).cost.board_test_usd
    test_board = boards.get((board or "").split("_")[0], own.test_board_usd)
    wafer, wafer_yield = own.interposer_wafer_usd, own.interposer_yield
    return Package(
        interposer_wafer_usd=Range.exactly(0) if wafer is None else as_range(wafer),
        interposers_per_wafer=ONE if wafer is None else per_wafer,
        interposer_yield=Range.exactly(1) if wafer_yield is None else as_range(wafer_yield),
        assembly_usd=as_range(own.assembly_usd),
        package_yield=as_range(own.package_yield),
        test_board_usd=as_range(test_board),
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
    per_wafer = ONE if base_mm2 is None else interposers_per_wafer(base_mm2, stacks, figures)
    return Product(
        dies=tuple(dies),
        memory_usd_per_gb=memory_price(memory_kind, year, figures),
        memory_gb=memory_gb,
        packages=tuple(package_kind(kind, per_wafer, figures) for kind in kinds),
        package=[kinds.index(name) for name in names],
    )
