"""Distinct experts that a step reads, as the lower envelope of a few lines, and their kernels.

A batch of T tokens, each choosing k of E experts, reads H = E (1 - (1 - k/E)^T) distinct ones. H
is concave in T, so the smallest of some chords follows it; on each chord a step time is affine
in the batch and the dense closed form applies. Throughput is the best over the chords.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.formats import WEIGHT_BYTES

# Largest relative distance of the envelope from H.
LINE_TOLERANCE = 0.01
# Bisections that place a breakpoint; 2^-40 of the range.
_BISECTIONS = 40
# Experts of a layer from which they are many and small: of the catalog, 8 to 32 are fewer and, but
# for one, larger.
MANY_EXPERTS = 64


def distinct_experts(tokens: float, experts: int, top_k: int, spread: float = 1.0) -> float:
    """Expected distinct experts that `tokens` tokens choose. [experts]

    H = E (1 - (1 - k/E)^(T^s)); s = 1 if choices are even and independent. Like tokens choose
    like experts, so T of them reach as many as T^s independent ones (s at most 1).

    References
    ----------
    .. [1] The occupancy (coupon) problem, W. Feller, An Introduction to Probability Theory, 1968.

    Examples
    --------
    >>> round(distinct_experts(16, 128, 8), 1)
    82.4
    """
    idle: float = (1 - top_k / experts) ** (tokens**spread)
    return experts * (1 - idle)


@cache
def envelope(experts: int, top_k: int, spread: float = 1.0) -> NDArray[np.float64]:
    """Lines (p, q) with H(T) about min over lines of p + q T, for T >= 1, within 1 %.

    Returns
    -------
    array, shape (lines, 2)
        Intercept and slope. The last line is flat: every expert is read.

    Examples
    --------
    >>> lines = envelope(128, 8)
    >>> bool(lines[-1, 0] == 128 and lines[-1, 1] == 0)
    True
    """
    lines = []
    start = 1.0
    while distinct_experts(start, experts, top_k, spread) < experts * (1 - 2 * LINE_TOLERANCE):
        stop = _reach(start, experts, top_k, spread)
        low, high = (distinct_experts(t, experts, top_k, spread) for t in (start, stop))
        slope = (high - low) / (stop - start)
        lines.append(((low - slope * start) * (1 + LINE_TOLERANCE), slope * (1 + LINE_TOLERANCE)))
        start = stop
    lines.append((float(experts), 0.0))
    table = np.array(lines)
    table.setflags(write=False)
    return table


def _reach(start: float, experts: int, top_k: int, spread: float) -> float:
    """Return the farthest end of a chord from `start` that stays within twice the tolerance."""
    reach, limit = start, start * 2 + experts
    low, high = start * (1 + LINE_TOLERANCE), limit
    for _ in range(_BISECTIONS):
        reach = (low + high) / 2
        if _sag(start, reach, experts, top_k, spread) > 2 * LINE_TOLERANCE:
            high = reach
        else:
            low = reach
    return low


def _sag(start: float, stop: float, experts: int, top_k: int, spread: float) -> float:
    """Return the largest relative distance between the curve and its chord."""
    tokens = np.linspace(start, stop, 100)
    curve = experts * (1 - (1 - top_k / experts) ** (tokens**spread))
    chord = curve[0] + (curve[-1] - curve[0]) * (tokens - start) / (stop - start)
    return float(((curve - chord) / curve).max())


def kernel_factor(model: ModelArchitecture, weight_format: str, cal: Calibration) -> float:
    """Factor of model class and format on the work of routed experts. [1]

    Grouped kernels of many small experts with weights of a byte or more take longer for a FLOP or
    byte than those of few large ones: a block of 128 x 128 weights has a scale of its own, and
    partial sums leave the tensor cores to meet it. Kernels of MXFP4 take less.

    References
    ----------
    .. [1] DeepSeek-V3 technical report, arXiv:2412.19437, section 3.3.2; grouped-GEMM tables
       shipped with NVIDIA aiconfigurator: 0.54 of the roofline in FP8 blocks, 0.72 in NVFP4 (B200,
       4 to 32 tokens an expert).

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> from optimizer.projection.calibration import load_calibration
    >>> kernel_factor(load_catalog().model("mixtral_8x7b"), "fp8", load_calibration())
    1.0
    """
    if weight_format == "mxfp4":
        return cal.mxfp4_expert_factor
    small = model.experts >= MANY_EXPERTS and WEIGHT_BYTES[weight_format] >= 1
    return cal.small_expert_factor if small else 1.0
