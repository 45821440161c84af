"""Work of a forward pass as amounts, one per price: FLOP, bytes and seconds.

A term of the model is an amount times a price. The amounts hang on the model and the layout, the
prices on the device, so throughput over many designs is one small matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

# Rows of the price vector.
GEMM = 0  # [FLOP] at the weight format, against effective GEMM rate
BF16 = 1  # [FLOP] at bf16, against effective GEMM rate
WEIGHTS = 2  # [B] of weights, against stream bandwidth
CACHE = 3  # [B] that grow with the batch, against stream bandwidth
LINK = 4  # [B] over scale-up links
BUS = 5  # [B] over the host bus
NETWORK = 6  # [B] over the scale-out network
SECONDS = 7  # [s] fixed
REREAD = 8  # [B^1.5] of tiles, against stream bandwidth times the root of the second-level cache
SIZE = 9

# What each row is called when it binds.
BINDING = ("compute", "compute", "weights", "kv", "links", "links", "links", "host", "weights")


def amount(row: int, value: float) -> Vector:
    """Return a vector of amounts with one entry.

    Examples
    --------
    >>> amount(SECONDS, 2.0)[SECONDS]
    np.float64(2.0)
    """
    vector = np.zeros(SIZE)
    vector[row] = value
    return vector


@dataclass(frozen=True, slots=True)
class Affine:
    """Amounts that are a fixed part plus a part per token (or sequence) of the pass.

    Examples
    --------
    >>> term = Affine(amount(SECONDS, 1.0), amount(SECONDS, 0.5))
    >>> term.at(4.0)[SECONDS]
    np.float64(3.0)
    """

    fixed: Vector
    slope: Vector

    def __add__(self, other: Affine) -> Affine:
        """Add two terms."""
        return Affine(self.fixed + other.fixed, self.slope + other.slope)

    def __mul__(self, factor: float) -> Affine:
        """Repeat a term, once per layer for example."""
        return Affine(self.fixed * factor, self.slope * factor)

    def at(self, count: float) -> Vector:
        """Return the amounts for `count` tokens."""
        return self.fixed + self.slope * count


NOTHING = Affine(np.zeros(SIZE), np.zeros(SIZE))
