"""Cost of a packaged unit: good dies, memory, package, the packages that are lost, test and board.

::

    C_die  = P_wafer / (gross dies x good share)
    C_pkg  = P_interposer_wafer / (interposers per wafer x interposer yield) + assembly
    C_unit = (sum of C_die + C_memory + C_pkg) / Y_package + C_test_and_board

Packages are lost with their good dies and memory, so package yield divides all that is in them.
Every price is a `Range`; the same arithmetic reads its middle or a random draw
(`optimizer.silicon.uncertainty`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from catalogs.errors import InputError
from optimizer.silicon.uncertainty import Array, Range, Readable, Reader


@dataclass(frozen=True, slots=True)
class DieLot:
    """Dies of one kind in a package.

    Attributes
    ----------
    count : int
        How many a package holds.
    gross_per_wafer : Readable
        Dies on a wafer, good or not.
    wafer_usd : Range
        Price of a processed wafer. [USD]
    good_share : Readable
        Share of gross dies that can be used: all sellable bins share the wafer's price.
    """

    count: int
    gross_per_wafer: Readable
    wafer_usd: Range
    good_share: Readable

    def die_usd(self, read: Reader = Range.middle) -> Array:
        """Return the cost of one usable die. [USD]"""
        share, gross = self.good_share.read(read), self.gross_per_wafer.read(read)
        return die_cost_usd(read(self.wafer_usd), gross, share)


@dataclass(frozen=True, slots=True)
class Package:
    """A way to package; `interposers_per_wafer` may read as an array, one value per design."""

    interposer_wafer_usd: Range
    interposers_per_wafer: Readable
    interposer_yield: Range
    assembly_usd: Range
    package_yield: Range
    test_board_usd: Range

    def content_usd(self, read: Reader = Range.middle) -> Array:
        """Return the cost of the interposer and of assembly. [USD]"""
        per_wafer = self.interposers_per_wafer.read(read)
        if np.any(per_wafer <= 0):
            raise InputError("the interposer does not fit on a wafer", "cost")
        interposer = read(self.interposer_wafer_usd) / (per_wafer * read(self.interposer_yield))
        return np.asarray(interposer + read(self.assembly_usd))


@dataclass(frozen=True, slots=True)
class Product:
    """What a unit is made of; capacity and the choice of package may be arrays over designs.

    Attributes
    ----------
    memory_gb : array_like
        Memory that is bought, switched-off stacks and spare included. [GB]
    packages : tuple of Package
        The ways to package from which `package` picks.
    package : array_like of int
        Index into `packages`, per design.
    """

    dies: tuple[DieLot, ...]
    memory_usd_per_gb: Range
    memory_gb: ArrayLike
    packages: tuple[Package, ...]
    package: ArrayLike = 0


@dataclass(frozen=True, slots=True)
class CostBreakdown:
    """Cost of a unit by part, arrays over designs. [USD]"""

    logic_usd: Array
    memory_usd: Array
    package_usd: Array
    package_loss_usd: Array
    test_board_usd: Array
    unit_usd: Array = field(init=False)

    def __post_init__(self) -> None:
        """Add the parts up."""
        content = self.logic_usd + self.memory_usd + self.package_usd
        object.__setattr__(self, "unit_usd", content + self.package_loss_usd + self.test_board_usd)


def die_cost_usd(wafer_usd: ArrayLike, gross_per_wafer: ArrayLike, good_share: ArrayLike) -> Array:
    """Return the cost of a usable die: P_wafer / (gross x share); infinite where none is. [USD]

    Examples
    --------
    >>> round(float(die_cost_usd(17_000, 63.5, 0.885)))
    303
    """
    good = np.asarray(gross_per_wafer, np.float64) * np.asarray(good_share, np.float64)
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.asarray(wafer_usd, np.float64) / good)


def _packed(product: Product, read: Reader) -> tuple[Array, Array, Array]:
    """Return package cost, package yield, test and board, picked per design."""
    columns: tuple[list[Array], list[Array], list[Array]] = ([], [], [])
    for kind in product.packages:
        columns[0].append(kind.content_usd(read))
        columns[1].append(read(kind.package_yield))
        columns[2].append(read(kind.test_board_usd))
    which = np.atleast_1d(np.asarray(product.package, dtype=np.int64))
    if np.any((which < 0) | (which >= len(product.packages))):
        raise InputError(f"packages are numbered 0 to {len(product.packages) - 1}", "cost")
    picked = [np.choose(which, np.broadcast_arrays(*column, which)[:-1]) for column in columns]
    return picked[0], picked[1], picked[2]


def unit_cost(product: Product, read: Reader = Range.middle) -> CostBreakdown:
    """Return the cost of a unit by part, vectorized over designs. [USD]

    Parameters
    ----------
    product : Product
        See `prices.product` for one at catalog prices.
    read : callable
        Takes a `Range` to numbers; its middle unless a Monte Carlo run says otherwise.

    Examples
    --------
    >>> from optimizer.silicon.defaults import floorplan
    >>> from optimizer.silicon.prices import die_lot, product, salvaged_share
    >>> dies = [die_lot(750, "n4", salvaged_share(floorplan("gb202"), 156, 14, 0))]
    >>> card = product(dies, "GDDR7", memory_gb=[42, 84], package="flip_chip")
    >>> unit_cost(card).unit_usd.round(0).tolist()
    [1060.0, 1401.0]
    """
    logic = sum((lot.count * lot.die_usd(read) for lot in product.dies), start=np.zeros(1))
    memory = read(product.memory_usd_per_gb) * np.asarray(product.memory_gb, np.float64)
    package, package_yield, test_board = _packed(product, read)
    content, lost = np.broadcast_arrays(logic + memory + package, 1 / package_yield - 1)
    loss = np.multiply(content, lost, out=np.zeros(content.shape), where=lost > 0)
    parts = np.broadcast_arrays(logic, memory, package, loss, test_board)
    return CostBreakdown(*(np.array(part) for part in parts))
