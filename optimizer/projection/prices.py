"""What a device asks for a FLOP or a byte: what the amounts of `work` are multiplied by."""

from __future__ import annotations

import numpy as np

from optimizer.projection.calibration import Calibration
from optimizer.projection.formats import gemm_rate, widened
from optimizer.projection.resources import Array, Resources
from optimizer.projection.work import (
    BF16,
    BUS,
    CACHE,
    GEMM,
    LINK,
    NETWORK,
    REREAD,
    SECONDS,
    SIZE,
    WEIGHTS,
    Vector,
)

# Rows of the hot path: weights and cache have one price, the network none inside an instance.
FLOP_GEMM, FLOP_BF16, STREAM, VIA_LINK, VIA_BUS, FIXED, AGAIN = range(7)
HOT_SIZE = 7
_HOT_ROWS = {
    GEMM: FLOP_GEMM,
    BF16: FLOP_BF16,
    WEIGHTS: STREAM,
    CACHE: STREAM,
    LINK: VIA_LINK,
    BUS: VIA_BUS,
    SECONDS: FIXED,
    REREAD: AGAIN,
}
# Rates below one per second are absent resources; the floor keeps 0 x infinity out of the sums.
_FLOOR = 1.0


def collapsed(work: Vector) -> Vector:
    """Return amounts (..., 9) for the prices of the hot path (..., 7)."""
    if np.any(work[..., NETWORK]):
        raise ValueError("the hot path knows no network inside an instance")
    out = np.zeros((*work.shape[:-1], HOT_SIZE))
    for row, hot in _HOT_ROWS.items():
        out[..., hot] += work[..., row]
    return out


def effective_flops(peak: Array, cal: Calibration) -> Array:
    """Rate that large matrix products reach: eta F with eta = e0 / (1 + (F / F0)^h). [FLOP/s]

    Parameters
    ----------
    peak : array
        Dense tensor rate. [FLOP/s]

    Notes
    -----
    A product of a given size leaves a faster chip idle for a larger share of its time: tiles do
    not divide the cores, pipelines fill and drain, power caps the clock. Grows with the rate as
    long as h <= 1, which the calibration checks. With the balance of FLOP and byte in place of
    the rate, parts left out of the fit are missed by more (`docs/validation.md`).

    References
    ----------
    .. [1] GEMM tables of 28 device and format pairs shipped with NVIDIA aiconfigurator and
       Alibaba InferSim: 0.88 of peak at 296 TFLOPS (H20), 0.63 at 1,979 (H100), 0.30 at 14,000.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> slow, fast = effective_flops(np.array([148e12, 2250e12]), load_calibration())
    >>> bool(148e12 / slow < 2250e12 / fast)
    True
    """
    return 1.0 / _flop_price(peak, cal)


def _flop_price(peak: Array, cal: Calibration) -> Array:
    """Seconds per FLOP of a large matrix product. [s]"""
    price = peak * (1.0 / cal.gemm_half_rate_flops)
    if cal.gemm_rate_exponent != 1:  # the same to the last bit, and a third of the hot path
        np.power(price, cal.gemm_rate_exponent, out=price)
    price += 1.0
    price /= peak
    price *= 1.0 / cal.gemm_efficiency_ceiling
    return price


def flop_price_elasticity(peak: Array, cal: Calibration) -> Array:
    """d ln p / d ln F of the price of a FLOP: h y / (1 + y) - 1 with y = (F / F0)^h. [1]

    Between -1 and 0 as long as h <= 1: a faster chip never makes a FLOP dearer.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> bool(-1 < flop_price_elasticity(np.array([148e12]), load_calibration())[0] < 0)
    True
    """
    relative = (peak / cal.gemm_half_rate_flops) ** cal.gemm_rate_exponent
    return np.asarray(cal.gemm_rate_exponent * relative / (1 + relative) - 1)


def widened_price(price: Array, cal: Calibration) -> Array:
    """Seconds per FLOP where weights are unpacked in the kernel: p / wo + 1 / Fw. [s]

    Such kernels multiply with the warp-level instructions of the generation before the
    asynchronous ones (Hopper `wgmma`, Blackwell `tcgen05`), whose rate does not grow with theirs.

    References
    ----------
    .. [1] E. Frantar et al., MARLIN, arXiv:2408.11743, section 3 (`mma.sync`).
    """
    return price * (1.0 / cal.widened_weight_efficiency) + 1.0 / cal.widened_rate_flops


def stream_bytes_per_s(resources: Resources) -> Array:
    """Bandwidth at which weights and cache reach the cores: the lower of DRAM and draw. [B/s]

    Examples
    --------
    >>> stream_bytes_per_s(Resources(1, 1, 1, 1, 4e12, 3e12, 1, 1, 1))
    array([3.e+12])
    """
    low = np.minimum(resources.dram_bytes_per_s, resources.core_draw_bytes_per_s)
    return np.maximum(np.atleast_1d(np.asarray(low, dtype=np.float64)), _FLOOR)


def carriers(resources: Resources) -> tuple[Array, Array]:
    """Link and bus bandwidth of one direction; links that are a bus count as one. [B/s]"""
    link = np.asarray(resources.link_bytes_per_s_per_dir, dtype=np.float64)
    bus = np.asarray(resources.pcie_bytes_per_s_per_dir, dtype=np.float64)
    if not resources.nvlink_class:
        link, bus = np.zeros_like(link), np.maximum(link, bus)
    return np.atleast_1d(link), np.atleast_1d(bus)


def hot_prices(weight_format: str, resources: Resources, cal: Calibration, count: int) -> Array:
    """Prices of the hot path, shape (7, n).

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> chip = Resources(1e15, 2e15, 2e15, 1e15, 3e12, np.inf, 8e10, 4e11, 6e10)
    >>> hot_prices("fp8", chip, load_calibration(), 1).shape
    (7, 1)
    """
    prices = np.empty((HOT_SIZE, count))
    stream = stream_bytes_per_s(resources)
    np.divide(1.0, stream, out=prices[STREAM])
    np.divide(prices[STREAM], np.sqrt(resources.l2_bytes), out=prices[AGAIN])
    wide = np.maximum(np.atleast_1d(np.asarray(resources.bf16_flops, float)), _FLOOR)
    prices[FLOP_BF16] = _flop_price(wide, cal)
    rate = gemm_rate(weight_format, resources)
    if rate is resources.bf16_flops:
        prices[FLOP_GEMM] = prices[FLOP_BF16]
    else:
        own = np.maximum(np.atleast_1d(np.asarray(rate, float)), _FLOOR)
        prices[FLOP_GEMM] = _flop_price(own, cal)
    if widened(weight_format, resources):
        prices[FLOP_GEMM] = widened_price(prices[FLOP_GEMM], cal)
    link, bus = carriers(resources)
    np.divide(1.0, np.maximum(link, _FLOOR), out=prices[VIA_LINK])
    np.divide(1.0, np.maximum(bus, _FLOOR), out=prices[VIA_BUS])
    prices[FIXED] = 1.0
    return prices


def expanded(prices: Array) -> Array:
    """Return hot prices (7, n) as prices of the rows of `work` (9, n); no network."""
    out = np.zeros((SIZE, prices.shape[1]))
    for row, hot in _HOT_ROWS.items():
        out[row] = prices[hot]
    return out
