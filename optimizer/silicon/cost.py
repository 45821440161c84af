"""Cost of a packaged unit: good dies, memory, package, the packages that are lost, test and board.

::

    C_die  = P_wafer / (gross dies x good share)
    C_pkg  = P_interposer_wafer / (interposers per wafer x interposer yield) + assembly
    C_unit = (sum of C_die + C_memory + C_pkg) / Y_package + C_test_and_board

Packages are lost with their good dies and memory, so package yield divides all that is in them.
Every price is a `Range`; the same arithmetic reads its middle or a random draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]
# Reads one number (or one per draw) out of a range.
Reader = Callable[["Range"], Array]

# A seed, so that two runs print the same interval; and enough draws for its ends to settle.
DEFAULT_SEED = 0
DEFAULT_DRAWS = 10_000
# An 80 % interval, as projections state it.
INTERVAL = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is not known exactly; its ends may be arrays, one value per design."""

    low: ArrayLike
    value: ArrayLike
    high: ArrayLike

    @classmethod
    def exactly(cls, value: ArrayLike) -> Range:
        """Return the range of a known number."""
        return cls(value, value, value)

    def middle(self) -> Array:
        """Return the preferred value."""
        return np.atleast_1d(np.asarray(self.value, dtype=np.float64))

    def quantile(self, chance: Array) -> Array:
        """Return the quantiles of the triangular distribution over the range.

        Examples
        --------
        >>> import numpy as np
        >>> Range(0, 1, 2).quantile(np.array([0.0, 0.5, 1.0])).tolist()
        [0.0, 1.0, 2.0]
        """
        low, value, high = (np.asarray(v, np.float64) for v in (self.low, self.value, self.high))
        rise = chance * (high - low) * (value - low)
        fall = (1 - chance) * (high - low) * (high - value)
        left = chance * (high - low) <= value - low
        return np.where(left, low + np.sqrt(rise), high - np.sqrt(fall))


@dataclass(frozen=True, slots=True)
class DieLot:
    """Dies of one kind in a package.

    Attributes
    ----------
    count : int
        How many a package holds.
    gross_per_wafer : float
        Dies on a wafer, good or not.
    wafer_usd : Range
        Price of a processed wafer. [USD]
    good_share : Range
        Share of gross dies that can be used: all sellable bins share the wafer's price.
    """

    count: int
    gross_per_wafer: float
    wafer_usd: Range
    good_share: Range


@dataclass(frozen=True, slots=True)
class Package:
    """A way to package; `interposers_per_wafer` may be an array, one value per design."""

    interposer_wafer_usd: Range
    interposers_per_wafer: ArrayLike
    interposer_yield: Range
    assembly_usd: Range
    package_yield: Range
    test_board_usd: Range


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


@dataclass(frozen=True, slots=True)
class CostInterval:
    """The 80 % interval of unit cost and its median, arrays over designs. [USD]"""

    low_usd: Array
    median_usd: Array
    high_usd: Array


def die_cost_usd(wafer_usd: ArrayLike, gross_per_wafer: ArrayLike, good_share: ArrayLike) -> Array:
    """Return the cost of a usable die: P_wafer / (gross x share). [USD]

    Examples
    --------
    >>> round(float(die_cost_usd(17_000, 63.5, 0.885)))
    303
    """
    share = np.asarray(good_share, dtype=np.float64)
    if np.any(share <= 0):
        raise InputError("no die of the wafer can be used: the good share is 0", "cost")
    return np.asarray(wafer_usd, np.float64) / (np.asarray(gross_per_wafer, np.float64) * share)


def _packed(product: Product, read: Reader) -> tuple[Array, Array, Array]:
    """Return package cost, package yield, test and board, picked per design."""
    columns: tuple[list[Array], list[Array], list[Array]] = ([], [], [])
    for kind in product.packages:
        per_wafer = np.asarray(kind.interposers_per_wafer, np.float64)
        if np.any(per_wafer <= 0):
            raise InputError("the interposer does not fit on a wafer", "cost")
        interposer = read(kind.interposer_wafer_usd) / (per_wafer * read(kind.interposer_yield))
        columns[0].append(interposer + read(kind.assembly_usd))
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
    logic = sum(
        (lot.count * die_cost_usd(read(lot.wafer_usd), lot.gross_per_wafer, read(lot.good_share))
         for lot in product.dies),
        start=np.zeros(1),
    )  # fmt: skip
    memory = read(product.memory_usd_per_gb) * np.asarray(product.memory_gb, np.float64)
    package, package_yield, test_board = _packed(product, read)
    loss = (logic + memory + package) * (1 / package_yield - 1)
    parts = np.broadcast_arrays(logic, memory, package, loss, test_board)
    return CostBreakdown(*(np.array(part) for part in parts))


def cost_interval(
    product: Product, *, draws: int = DEFAULT_DRAWS, seed: int = DEFAULT_SEED
) -> CostInterval:
    """Return the 80 % interval of unit cost under the ranges of its prices. [USD]

    Each range is drawn once per run from a triangular distribution, the same draw for every
    design, so that differences between designs are not blurred.

    Examples
    --------
    >>> from optimizer.silicon.defaults import floorplan
    >>> from optimizer.silicon.prices import die_lot, product, salvaged_share
    >>> dies = [die_lot(814, "n4", salvaged_share(floorplan("gh100"), 132, 5, 18), year=2023)]
    >>> found = cost_interval(
    ...     product(dies, "HBM3", 80, package="cowos_s", stacks=6, base_mm2=814, year=2023)
    ... )
    >>> bool(found.low_usd[0] < 3320 < found.high_usd[0])
    True
    """
    found = cost_draws(product, draws=draws, seed=seed)
    low, median, high = np.quantile(found, INTERVAL, axis=0)
    return CostInterval(low, median, high)


def cost_draws(product: Product, *, draws: int = DEFAULT_DRAWS, seed: int = DEFAULT_SEED) -> Array:
    """Return unit cost at random draws of its ranges, shape (draws, designs). [USD]

    Products of one die lot read their ranges in one order, so that of two of them with one seed
    the same draw has the same prices.

    Examples
    --------
    >>> from optimizer.silicon.prices import package_kind
    >>> made = Product((), Range(4, 8, 15), [42, 84], (package_kind("flip_chip"),))
    >>> cost_draws(made, draws=3).shape
    (3, 2)
    """
    generator = np.random.default_rng(seed)

    def draw(one: Range) -> Array:
        return one.quantile(generator.random((draws, 1)))

    return unit_cost(product, draw).unit_usd
