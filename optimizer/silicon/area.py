"""Area of a die that does not exist yet, and the area that a density threshold asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GddrArea:
    """Regression of published die sizes of one family; see `defaults.gddr_area`.

    Attributes
    ----------
    base_mm2, core_mm2, channel_mm2 : float
        Fixed part; one core; one 32-bit channel with 8 MB of L2. [mm2]
    worst_error : float
        Largest error on the dies of the fit, as a share. [1]
    """

    family: str
    base_mm2: float
    core_mm2: float
    channel_mm2: float
    worst_error: float

    def area_mm2(self, cores: ArrayLike, channels: ArrayLike) -> Array:
        """Return base + core x cores + channel x channels, for the full die. [mm2]

        Examples
        --------
        >>> from optimizer.silicon import gddr_area
        >>> gddr_area("ada").area_mm2([144, 60], [12, 6]).round(1).tolist()
        [610.9, 288.3]
        """
        cores_part = self.core_mm2 * np.asarray(cores, np.float64)
        return self.base_mm2 + cores_part + self.channel_mm2 * np.asarray(channels, np.float64)


def density_floor_mm2(tpp: ArrayLike, density_threshold: ArrayLike) -> Array:
    """Return the area above which a TPP stays under a density threshold: TPP / density. [mm2]

    The thresholds themselves belong to the law; this is the engineering estimate in floats.

    Parameters
    ----------
    tpp : array_like
        Total processing performance. [TPP]
    density_threshold : array_like
        Performance density. [TPP/mm2]

    Examples
    --------
    >>> density_floor_mm2([1912, 2368], 3.2).round(1).tolist()
    [597.5, 740.0]
    """
    density = np.asarray(density_threshold, np.float64)
    if np.any(density <= 0):
        raise InputError("a density threshold must be above 0", "area")
    return np.asarray(np.asarray(tpp, np.float64) / density)


def dies_needed(area_mm2: ArrayLike, reticle_mm2: float) -> NDArray[np.int64]:
    """Return how many dies within the reticle hold an area. [1]

    Examples
    --------
    >>> dies_needed([740, 858, 1500, 3000], 858).tolist()
    [1, 1, 2, 4]
    """
    return np.ceil(np.asarray(area_mm2, np.float64) / reticle_mm2).astype(np.int64)
