"""Number formats: bytes that they take and the tensor rate that they run at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from optimizer.projection.resources import Array, Resources

# Bits per weight with the scales: 16-element blocks of NVFP4 carry an 8-bit scale, 32-element
# blocks of MXFP4 one of 8 bits (OCP MX 1.0), int4 groups of 128 a 16-bit scale and zero (AWQ).
WEIGHT_BYTES: Mapping[str, float] = MappingProxyType(
    {
        "fp16": 2.0,
        "bf16": 2.0,
        "fp8": 1.0,
        "int8": 1.0,
        "nvfp4": (4 + 8 / 16) / 8,
        "mxfp4": (4 + 8 / 32) / 8,
        "int4": (4 + 16 / 128) / 8,
    }
)
CACHE_BYTES: Mapping[str, float] = MappingProxyType(
    {"fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "int8": 1.0}
)
# Field of `Resources` whose rate a weight format runs at; int4 is widened to bf16 in the kernel.
_RATE = {
    "fp16": "bf16_flops",
    "bf16": "bf16_flops",
    "fp8": "fp8_flops",
    "int8": "int8_flops",
    "int4": "bf16_flops",
}
_FOUR_BIT_FLOAT = {"nvfp4": "fp4_flops", "mxfp4": "fp8_flops"}


def widened(weight_format: str, resources: Resources) -> bool:
    """Whether weights of this format are unpacked to bf16 in the kernel (weight-only).

    Unpacking costs instructions beside the multiplication: the kernel reaches a share of the bf16
    rate (`widened_weight_efficiency`).

    References
    ----------
    .. [1] J. Lin et al., AWQ, arXiv:2306.00978; E. Frantar et al., MARLIN, arXiv:2408.11743.

    Examples
    --------
    >>> chip = Resources(1.0, 2.0, 2.0, 4.0, 1, 1, 1, 1, 1, native=frozenset({"fp4"}))
    >>> widened("int4", chip), widened("nvfp4", chip)
    (True, False)
    """
    if weight_format in _FOUR_BIT_FLOAT:
        return "fp4" not in resources.native
    return weight_format == "int4"


def gemm_rate(weight_format: str, resources: Resources) -> Array | float:
    """Dense tensor rate at which weights of this format are multiplied. [FLOP/s]

    On a die with 4-bit units NVFP4 runs at their rate and MXFP4 weights meet FP8 activations; on
    one without, both are widened to bf16.

    Examples
    --------
    >>> chip = Resources(1.0, 2.0, 2.0, 4.0, 1, 1, 1, 1, 1, native=frozenset({"fp4"}))
    >>> gemm_rate("mxfp4", chip), gemm_rate("int4", chip)
    (2.0, 1.0)
    """
    if weight_format in _FOUR_BIT_FLOAT:
        name = _FOUR_BIT_FLOAT[weight_format] if "fp4" in resources.native else "bf16_flops"
        wide: Array | float = getattr(resources, name)
        return wide
    rate: Array | float = getattr(resources, _RATE[weight_format])
    return rate
