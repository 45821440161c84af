"""The only device argument of the projection: what a chip offers to inference, in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

# Formats whose tensor rate the projection knows, and the wider one that each can be run at.
# A 4-bit floating weight without native units is widened to bf16, as weight-only kernels do.
FALLBACK: Mapping[str, str] = MappingProxyType({"fp8": "bf16", "int8": "bf16", "fp4": "bf16"})


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources of n designs (arrays of shape (n,), or scalars that broadcast).

    Parameters
    ----------
    bf16_flops, fp8_flops, int8_flops, fp4_flops : array
        Dense tensor rate usable by inference, not below the wider format that the format falls
        back to (`usable_rates` sees to that). [FLOP/s]
    dram_bytes_per_s : array
        DRAM bandwidth. [B/s]
    core_draw_bytes_per_s : array
        Bytes per second that the enabled cores can draw; infinite only where the caller says
        that the draw is not published. [B/s]
    memory_bytes : array
        DRAM capacity. [B]
    link_bytes_per_s_per_dir, pcie_bytes_per_s_per_dir : array
        Scale-up links and host bus, one direction; zero where absent. [B/s]
    l2_bytes : array
        Second-level cache; infinite, so that no tile is read again, only where the caller says
        that its size is not published. [B]
    scale_up_domain : int
        Chips that the links join.
    scale_out_bytes_per_s : float
        Network bandwidth per chip, one direction; zero where unknown. [B/s]
    nvlink_class : bool
        True if the links are memory-semantic (NVLink, Infinity Fabric), not a bus.
    native : frozenset of str
        Formats that the die executes natively.
    family, maker : str
        Die family and maker, which no rate depends on: one that was never measured widens the
        interval; a blank maker is unknown and does not.

    Examples
    --------
    >>> h20 = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, 96 * 2**30, 450e9, 64e9)
    >>> h20.count
    1
    """

    bf16_flops: Array | float
    fp8_flops: Array | float
    int8_flops: Array | float
    fp4_flops: Array | float
    dram_bytes_per_s: Array | float
    core_draw_bytes_per_s: Array | float
    memory_bytes: Array | float
    link_bytes_per_s_per_dir: Array | float
    pcie_bytes_per_s_per_dir: Array | float
    l2_bytes: Array | float = np.inf
    scale_up_domain: int = 8
    scale_out_bytes_per_s: float = 0.0
    nvlink_class: bool = True
    native: frozenset[str] = frozenset({"bf16", "fp8", "int8"})
    family: str = ""
    maker: str = ""

    @property
    def count(self) -> int:
        """Number of designs."""
        return int(np.broadcast(*(getattr(self, name) for name in ARRAYS)).size)

    def columns(self) -> dict[str, Array]:
        """Return every array field, broadcast to shape (n,)."""
        values = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(getattr(self, name), dtype=np.float64)) for name in ARRAYS)
        )
        return dict(zip(ARRAYS, values, strict=True))

    def where(self) -> dict[str, Any]:
        """Return the categorical fields."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ARRAYS}


ARRAYS = (
    "bf16_flops",
    "fp8_flops",
    "int8_flops",
    "fp4_flops",
    "dram_bytes_per_s",
    "core_draw_bytes_per_s",
    "memory_bytes",
    "link_bytes_per_s_per_dir",
    "pcie_bytes_per_s_per_dir",
    "l2_bytes",
)

# Throughput never falls when one of these grows.
DIRECTIONS: Mapping[str, int] = MappingProxyType(dict.fromkeys(ARRAYS, 1))


def usable_rates(dense_flops: Mapping[str, Array | float]) -> dict[str, Array | float]:
    """Dense rate of each format, or that of the wider one it falls back to if that is higher.

    Parameters
    ----------
    dense_flops : mapping
        Rates of the formats that the die executes: `bf16` (or `fp16`), and any of `fp8`, `int8`,
        `fp4`. [FLOP/s]

    Returns
    -------
    dict
        The four rate fields of `Resources`. [FLOP/s]

    Examples
    --------
    >>> usable_rates({"fp16": 312e12, "int8": 624e12})["fp8_flops"]
    312000000000000.0
    """
    wide = dense_flops["bf16"] if "bf16" in dense_flops else dense_flops["fp16"]
    rates: dict[str, Array | float] = {"bf16_flops": wide}
    for narrow in FALLBACK:
        own = dense_flops.get(narrow)
        if own is None:
            rates[f"{narrow}_flops"] = wide
        elif narrow == "fp4" and "fp8" in dense_flops:
            rates["fp4_flops"] = _higher(own, _higher(dense_flops["fp8"], wide))
        else:
            rates[f"{narrow}_flops"] = _higher(own, wide)
    return rates


def _higher(a: Array | float, b: Array | float) -> Array | float:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.maximum(a, b)
    return max(a, b)
