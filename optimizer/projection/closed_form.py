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

# Layouts times designs of a chunk: about ten arrays of so many doubles stay in a second-level cache
# of 2 MiB; fewer designs leave the time to the interpreter.
CACHE_CELLS = 28_000
# Up to so many, all lines at once take less time than calls of NumPy for one after the other.
FEW_CELLS = 1_000


def chunk_size(layouts: int) -> int:
    """Designs per chunk such that the intermediates over so many layouts stay in cache."""
    return max(256, CACHE_CELLS // layouts)


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
    """Best output tokens per second and chip over the picked layouts. (R, n)

    With H the envelope of distinct experts, T(b) = K + A b + e H(g b) and throughput b / T(b)
    grows with b, so the best batch is the cap where T(cap) keeps the limit L, else the largest b
    with T(b) = L, and the rate is b / L there.
    """
    rows = plan.hot[: 5 if plan.prompt_limit_s is not None else 3, pick]
    times = (rows.reshape(-1, HOT_SIZE) @ prices).reshape(*rows.shape[:-1], memory.shape[0])
    caps = batch_caps(plan, pick, memory, cal)
    best = _served_rate(plan, plan.group_tokens[pick], times, caps)
    if plan.prompt_limit_s is not None:
        np.minimum(best, prompt_cap(plan, times[3], times[4], cal), out=best)
    best *= plan.per_chip[pick][:, None]
    best += 0.0  # a rate of -0.0 would be minus infinite seconds in a mix
    return best


def _served_rate(plan: MemberPlan, group: Array, times: Array, caps: Array) -> Array:
    """Output rate of a replica without the limit on the first token, zero below one sequence."""
    fixed, slope, expert = times[:3]
    step = slope * caps
    step += fixed
    if plan.model.moe_layers:
        step += expert * _distinct(plan.bends, caps * group[:, None])
    rate = np.divide(caps, step)
    rate *= caps >= 1.0
    if plan.step_limit_s is None:
        return np.asarray(rate)
    if not plan.model.moe_layers:
        # On one line the lower of the two rates is that of the smaller batch.
        np.subtract(plan.step_limit_s, fixed, out=step)
        step /= slope
        step *= step >= 1.0
        step *= 1.0 / plan.step_limit_s
        return np.asarray(np.minimum(rate, step, out=rate))
    late = np.flatnonzero(step > plan.step_limit_s)
    if late.size:
        rate.reshape(-1)[late] = _limited_rate(plan, group, times, late)
    return np.asarray(rate)


def _distinct(bends: Array, tokens: Array) -> Array:
    """Lower envelope of the lines at so many tokens; at once where few, else line by line."""
    if tokens.size <= FEW_CELLS:
        p, q = bends.T.reshape(2, -1, 1, 1)
        return np.asarray((tokens * q + p).min(axis=0))
    out = np.full_like(tokens, bends[-1, 0])
    line = np.empty_like(tokens)
    for p, q in bends[:-1]:
        np.multiply(tokens, q, out=line)
        line += p
        np.minimum(out, line, out=out)
    return out


def _limited_rate(plan: MemberPlan, group: Array, times: Array, late: NDArray[np.intp]) -> Array:
    """Rate b / L at the largest b of T(b) = L, over the lines; zero below one sequence."""
    limit = plan.step_limit_s or 0.0
    fixed, slope, expert = (row.reshape(-1)[late] for row in times[:3])
    room = limit - fixed
    reach = expert * group[late // times.shape[-1]]
    if late.size <= FEW_CELLS:
        p, q = plan.bends.T.reshape(2, -1, 1)
        batch = ((room - p * expert) / (slope + q * reach)).max(axis=0)
    else:
        batch = np.full_like(room, -np.inf)
        for p, q in plan.bends:
            np.maximum(batch, (room - p * expert) / (slope + q * reach), out=batch)
    batch *= batch >= 1.0
    return np.asarray(batch / limit)
