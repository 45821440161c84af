"""The hot path: best batch and throughput of many designs, in closed form.

Per replica a step of b sequences takes T(b) = K + A b, so throughput b / T(b) grows with b and
the best batch is the largest one allowed:
b* = min(b_cap, b_max, (limit - K) / A), X* = b* / (K + A b*).
For a mixture of experts T(b) is the lowest of a few such lines, and X* the best over the lines.
A limit on the first token caps the share of time spent on prompts and so caps X itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.plan import MemberPlan
from optimizer.projection.prices import HOT_SIZE
from optimizer.projection.resources import Array

# Doubles of the largest intermediate that stay in the second-level cache.
CACHE_DOUBLES = 48_000


def chunk_size(plans: tuple[MemberPlan, ...]) -> int:
    """Designs per chunk such that the intermediates of every member stay in cache."""
    widest: int = max(plan.lines.shape[1] * plan.lines.shape[2] for plan in plans)
    return max(256, CACHE_DOUBLES // (2 * widest))


def batch_caps(plan: MemberPlan, pick: NDArray[np.intp], memory: Array, cal: Calibration) -> Array:
    """Sequences per replica that memory holds, not above the server's own limit. (R, n)

    usable = share x C - weights - reserve; b_cap = usable / cache bytes per sequence.
    """
    caps = np.multiply.outer(cal.memory_usable_share * plan.per_cache_byte[pick], memory)
    caps -= (plan.weight_bytes[pick] * plan.per_cache_byte[pick])[:, None]
    np.minimum(caps, plan.batch_limit, out=caps)
    return caps


def batches(plan: MemberPlan, fixed: Array, slope: Array, caps: Array) -> Array:
    """Largest allowed batch on each line, (R, J, n); below one means infeasible."""
    if plan.step_limit_s is None:
        return np.broadcast_to(caps[:, None, :], fixed.shape)
    limited = np.subtract(plan.step_limit_s, fixed)
    limited /= slope
    return np.minimum(limited, caps[:, None, :], out=limited)


def prompt_cap(plan: MemberPlan, alone: Array, share: Array, cal: Calibration) -> Array:
    """Highest output rate of a replica at which the first token keeps its limit. [tokens/s]

    The 99th percentile of the first token is t1 + z rho t1 / (2 (1 - rho)) (M/D/1, tail factor
    z), so rho <= (L - t1) / (L - t1 + z t1 / 2), and the output rate is rho n_out / t_share.
    Negative or zero if one prompt alone takes longer than the limit.

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, vol. 1, 1975, M/D/1.
    """
    limit = plan.prompt_limit_s
    if limit is None:
        return np.full_like(alone, np.inf)
    room = limit - alone
    np.maximum(room, 0.0, out=room)
    wait = alone * (cal.wait_tail_factor / 2)
    wait += room
    wait *= share
    room *= plan.member.output_tokens
    return np.divide(room, wait, out=room)


def rate_per_chip(
    plan: MemberPlan, pick: NDArray[np.intp], prices: Array, memory: Array, cal: Calibration
) -> Array:
    """Best output tokens per second and chip over the picked layouts. (R, n)"""
    n = memory.shape[0]
    rows = plan.lines[:, pick]
    times = (rows.reshape(-1, HOT_SIZE) @ prices).reshape(*rows.shape[:-1], n)
    fixed, slope = times[0], times[1]
    caps = batch_caps(plan, pick, memory, cal)
    batch = batches(plan, fixed, slope, caps)
    slope *= batch
    slope += fixed
    rate = np.divide(batch, slope, out=slope)
    rate *= batch >= 1.0
    best: Array = rate[:, 0] if rate.shape[1] == 1 else rate.max(axis=1)
    if plan.prompt_limit_s is not None:
        alone, share = plan.prompts[:, pick] @ prices
        np.minimum(best, prompt_cap(plan, alone, share, cal), out=best)
    best *= plan.per_chip[pick][:, None]
    best += 0.0  # a rate of -0.0 would be minus infinite seconds in a mix
    return best
